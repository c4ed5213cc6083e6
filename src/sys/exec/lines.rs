//! What a program writes, line by line as it comes: memory does not grow with the output.

use std::io::{self, PipeReader, Read as _};
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::output::{DRAIN, Output};
use super::{Command, Ending, ExecError, Pipes, Running, located, start};

/// Bytes of standard error kept.
const ERROR_LIMIT: usize = 16 * 1024;
/// Bytes read at once.
const BLOCK: usize = 64 * 1024;

/// A line of standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Without its line end.
    pub bytes: &'a [u8],
    /// It was longer than the bound; its beginning is here.
    pub cut: bool,
    /// The program was killed before it wrote the rest.
    pub half: bool,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streamed {
    /// The exit code; `None` when a signal ended it, or it could not even be killed.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The end of standard error.
    pub stderr: Vec<u8>,
    /// It ran into its time limit.
    pub timed_out: bool,
    /// heal was interrupted, and it was killed.
    pub interrupted: bool,
    /// The consumer had enough, and it was killed.
    pub stopped: bool,
    /// How long it ran.
    pub took: Duration,
}

impl Streamed {
    /// Whether it ended by itself with exit code 0.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == Some(0) && !self.timed_out && !self.interrupted && !self.stopped
    }

    /// The last line of standard error that says anything, as text.
    #[must_use]
    pub fn last_words(&self) -> Option<String> {
        let lines = self.stderr.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        lines.rev().find(|line| !line.is_empty()).map(|line| String::from_utf8_lossy(line).into_owned())
    }
}

/// Runs `command` as [`run`](super::run) does, and hands each line of its standard output to `sink`, at most
/// `max_line` bytes of it. The program waits while `sink` works; `sink` may end it. A line without an end counts,
/// as half of one when the program ran into its time limit; not when heal was interrupted.
///
/// # Errors
/// When it could not be started at all.
pub fn lines(
    command: &Command,
    max_line: usize,
    sink: &mut dyn FnMut(Line<'_>) -> ControlFlow<()>,
) -> Result<Streamed, ExecError> {
    let (name, arguments, program) = located(command)?;
    let failed = |error: io::Error| ExecError::Start(name.clone(), error);
    let (reader, writer) = io::pipe().map_err(failed)?;
    let (error_reader, error_writer) = io::pipe().map_err(failed)?;
    fcntl_getfl(&reader)
        .and_then(|flags| fcntl_setfl(&reader, flags | OFlags::NONBLOCK))
        .map_err(|error| failed(error.into()))?;
    let errors = Output::new(error_reader, ERROR_LIMIT).map_err(failed)?;
    let child = start(&program, arguments, command.cwd, writer, error_writer).map_err(failed)?;
    let mut lines = Lines {
        pipe: reader,
        open: true,
        errors,
        buffer: vec![0; BLOCK],
        line: Vec::new(),
        cut: false,
        max_line,
        sink,
        stopped: false,
    };
    let ending: Ending = Running::new(child).watch(command, &mut lines);
    if !ending.interrupted {
        lines.finish(ending.timed_out);
    }
    Ok(Streamed {
        status: ending.status,
        signal: ending.signal,
        stopped: lines.stopped,
        stderr: lines.errors.take().0,
        timed_out: ending.timed_out,
        interrupted: ending.interrupted,
        took: ending.took,
    })
}

struct Lines<'a> {
    pipe: PipeReader,
    open: bool,
    errors: Output,
    buffer: Vec<u8>,
    /// What is known of the line that has not ended yet.
    line: Vec<u8>,
    cut: bool,
    max_line: usize,
    sink: &'a mut dyn FnMut(Line<'_>) -> ControlFlow<()>,
    stopped: bool,
}

impl Pipes for Lines<'_> {
    fn wait(&mut self, ended: Option<&OwnedFd>, most: Duration) {
        let timeout = Timespec::try_from(most).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
        let mut descriptors = Vec::with_capacity(3);
        if self.open {
            descriptors.push(PollFd::new(&self.pipe, PollFlags::IN));
        }
        descriptors.extend(self.errors.descriptor());
        if let Some(ended) = ended {
            descriptors.push(PollFd::new(ended, PollFlags::IN));
        }
        // A signal cuts the sleep short, as it should.
        let _ = poll(&mut descriptors, Some(&timeout));
        drop(descriptors);
        self.errors.read();
        self.read();
    }

    fn drain(&mut self) {
        self.errors.drain();
        let mut left = DRAIN;
        while left > 0 {
            match self.read() {
                0 => return,
                count => left = left.saturating_sub(count),
            }
        }
    }

    fn has_enough(&self) -> bool {
        self.stopped
    }
}

impl Lines<'_> {
    fn read(&mut self) -> usize {
        if !self.open {
            return 0;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let count = loop {
            match self.pipe.read(&mut buffer) {
                Ok(0) => self.open = false,
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => self.open = false,
            }
            break 0;
        };
        for part in buffer.get(..count).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            let room = self.max_line.saturating_sub(self.line.len());
            self.line.extend_from_slice(text.get(..room.min(text.len())).unwrap_or_default());
            self.cut |= text.len() > room;
            if text.len() < part.len() {
                self.tell(false);
            }
        }
        self.buffer = buffer;
        count
    }

    fn tell(&mut self, half: bool) {
        let line = std::mem::take(&mut self.line);
        let cut = std::mem::take(&mut self.cut);
        if !self.stopped {
            self.stopped = (self.sink)(Line { bytes: &line, cut, half }).is_break();
        }
        // One long line must not hold its memory for all that follow.
        if line.capacity() <= BLOCK {
            self.line = line;
            self.line.clear();
        }
    }

    fn finish(&mut self, half: bool) {
        if !self.line.is_empty() {
            self.tell(half);
        }
    }
}
