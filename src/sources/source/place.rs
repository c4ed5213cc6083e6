//! Opening a source, and the place where reading begins.

use std::io::ErrorKind;

use super::{Input, Source, Start};
use crate::sources::coverage::State;
use crate::sources::generation;
use crate::sources::order;
use crate::sources::record::MOST_BYTES;
use crate::sources::text::{Ends, Foreign, Text};
use crate::sources::window;
use crate::sys::environment;
use crate::sys::logfile::LogFile;

/// Where more bytes than this stand before the place where reading begins, their lines are not counted.
const MOST_COUNTED: u64 = 256 << 20;
/// Bytes read at once to count their lines.
const COUNTED: usize = 128 * 1024;

impl Source {
    /// Opens the file and finds the place to go on from. `None` when there is nothing to read; `coverage` says why.
    pub fn start(&mut self) -> Option<Start> {
        let text = match self.open() {
            Ok(Ok(text)) => text,
            Ok(Err(Foreign(what))) => {
                self.fail(State::Skipped, &format!("{what} is not read"));
                return None;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.fail(State::Missing, "it vanished before it could be read");
                return None;
            }
            Err(error) => {
                // What was thought of it without having read it is not known.
                self.coverage.detail.clear();
                self.fail(State::Unreadable, &error.to_string());
                return None;
            }
        };
        let same = match (self.origin.stat, self.stat) {
            (Some(found), Some(opened)) => !self.origin.kept || found.same_file(&opened),
            _ => true,
        };
        match self.place(text) {
            Ok(Some(context)) if same => {
                self.opened = true;
                Some(Start { context, offset: self.offset })
            }
            Ok(_) => {
                self.remark("it was replaced or cut while heal looked at it; the next run reads on");
                None
            }
            Err(error) => {
                self.fail(State::Unreadable, &error.to_string());
                None
            }
        }
    }

    fn open(&mut self) -> std::io::Result<Result<Text, Foreign>> {
        match &mut self.origin.input {
            Input::File(path) => {
                let (file, stat) = LogFile::open(path)?;
                self.stat = Some(stat);
                Text::of_file(file, stat.size)
            }
            Input::Standard => Text::of_stream(environment::stdin()?),
            Input::Printed(bytes) => Text::of_stream(std::io::Cursor::new(std::mem::take(bytes))),
        }
    }

    /// Sets the place after what earlier runs have read, and gives the text before it. `None` when that text is gone.
    fn place(&mut self, mut text: Text) -> std::io::Result<Option<Vec<u8>>> {
        let mut context = Vec::new();
        if self.origin.at_end && self.origin.after.is_none() {
            // No line of it will be read in this run.
        } else if let Some(size) = self.stat.map(|stat| stat.size).filter(|_| text.is_plain()) {
            self.order = order::of_file(&mut text, size)?;
        } else {
            self.order = order::of_stream(&mut text);
        }
        if let Some(position) = &self.origin.after {
            let Some(Ends { head, before }) = generation::prove(&mut text, position, MOST_BYTES)? else {
                return Ok(None);
            };
            (self.at, self.before) = (position.offset, position.lines);
            (self.last_stamp, self.grown_ns) = (position.last_stamp, Some(position.grown_ns));
            self.head = head;
            self.rhythm = position.rhythm.clone();
            context = before;
        } else if self.origin.at_end && !text.is_plain() {
            let (length, Ends { head, before }, _) = text.read_to_end();
            (self.at, self.before, self.head) = (length, None, head);
            self.tail = generation::tail(&before).to_vec();
        } else if let Some(size) = self.stat.map(|stat| stat.size).filter(|_| text.is_plain()) {
            let begin = if self.origin.at_end && self.origin.half {
                size
            } else if self.origin.at_end {
                window::end(&mut text, size)?
            } else if let Some(since) = self.origin.since {
                window::begin(&mut text, size, since, &self.clock())?
            } else {
                0
            };
            if begin > 0 {
                let Some(Ends { head, before }) = text.go_to(begin, MOST_BYTES)? else { return Ok(None) };
                (self.at, self.before, self.head) = (begin, None, head);
                // What stands before the window is no part of a record in it.
                self.tail = generation::tail(&before).to_vec();
            }
        }
        if !context.is_empty() {
            self.tail = generation::tail(&context).to_vec();
        }
        (self.offset, self.began) = (self.at, self.at);
        self.text = Some(text);
        Ok(Some(context))
    }

    /// The number of lines before the place where reading began; `None` where counting them would take longer than
    /// reading the rest.
    pub fn lines_before(&mut self) -> Option<u64> {
        if self.before.is_some() {
            return self.before;
        }
        if self.began > MOST_COUNTED {
            if self.origin.after.is_none() {
                self.remark("its lines have no numbers: too many stand before the window");
            }
            return None;
        }
        let mut block = Vec::new();
        let (mut at, mut count) = (0, 0);
        while let Some(text) = self.text.as_mut().filter(|text| text.is_plain() && at < self.began) {
            block.clear();
            let most = usize::try_from(self.began - at).unwrap_or(usize::MAX).min(COUNTED);
            match text.read(&mut block, at, most) {
                Ok(length) if length > 0 => at += length as u64,
                _ => break,
            }
            count += memchr::memchr_iter(b'\n', &block).count() as u64;
        }
        self.before = Some(count);
        self.before
    }
}
