//! One file while it is read: where it begins, what was read of it, and how far.

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, Offset, TimeDelta, Utc};

use super::stamp::{Clock, Zone};
use super::{Coverage, State};
use crate::config::Reach;
use crate::store::Position;
use crate::sys::disk::sha256;
use crate::sys::logfile::LogFile;

/// Bytes that tell one generation of a file from another.
const FINGERPRINT: u64 = 1024;

/// How a file is to be read.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub path: PathBuf,
    pub name: String,
    pub entry: String,
    pub required: bool,
    pub now: DateTime<FixedOffset>,
    /// A half line at the end counts; no position is kept.
    pub whole: bool,
    pub position: Option<Position>,
    pub window: Reach,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            path: PathBuf::new(),
            name: String::new(),
            entry: String::new(),
            required: false,
            now: DateTime::<Utc>::UNIX_EPOCH.with_timezone(&Utc.fix()),
            whole: false,
            position: None,
            window: Reach::All,
        }
    }
}

/// A log file, open.
#[derive(Debug)]
pub struct Source {
    opening: Opening,
    file: LogFile,
    clock: Clock,
    start: u64,
    start_line: u64,
    /// Behind the last complete line that was scanned.
    reached: u64,
    lines: u64,
    from: Option<DateTime<FixedOffset>>,
    to: Option<DateTime<FixedOffset>>,
    long_lines: u64,
    state: State,
    remarks: Vec<String>,
    cut: Option<DateTime<FixedOffset>>,
}

impl Source {
    pub(super) fn open(opening: Opening, follow: bool) -> io::Result<Self> {
        let file = LogFile::open(&opening.path, follow)?;
        let written = DateTime::from_timestamp_nanos(file.stat().mtime_ns).with_timezone(opening.now.offset());
        let cut = match opening.window {
            Reach::All => None,
            Reach::Last(reach) => {
                TimeDelta::from_std(reach).ok().and_then(|reach| opening.now.checked_sub_signed(reach))
            }
        };
        let mut source = Self {
            clock: Clock { zone: Zone::Host, written },
            start: 0,
            start_line: 0,
            reached: 0,
            lines: 0,
            from: None,
            to: None,
            long_lines: 0,
            state: State::Ok,
            remarks: Vec::new(),
            cut,
            opening,
            file,
        };
        source.go_on()?;
        Ok(source)
    }

    /// Goes on where the last run ended, when this is still the same file.
    fn go_on(&mut self) -> io::Result<()> {
        let Some(position) = self.opening.position.take() else { return Ok(()) };
        let stat = *self.file.stat();
        let same_inode = stat.device == position.device && stat.inode == position.inode;
        let why = if !same_inode {
            Some("it was replaced since the last run; read from its beginning")
        } else if stat.size < position.offset {
            Some("it shrank since the last run; read from its beginning")
        } else if self.fingerprints(position.offset)? != (position.head_hash.clone(), position.tail_hash.clone()) {
            Some("it was written anew since the last run; read from its beginning")
        } else {
            None
        };
        if let Some(why) = why {
            self.remarks.push(why.to_owned());
        } else {
            (self.start, self.reached, self.start_line) = (position.offset, position.offset, position.lines);
            self.to = None;
        }
        // A file that was read before has no window: what was appended since counts.
        self.opening.position = Some(position);
        Ok(())
    }

    /// Hashes of the first bytes, and of those before `offset`.
    fn fingerprints(&self, offset: u64) -> io::Result<(String, String)> {
        let length = offset.min(FINGERPRINT);
        let size = usize::try_from(length).unwrap_or(0);
        let (mut head, mut tail) = (vec![0; size], vec![0; size]);
        let read = self.file.read_at(&mut head, 0)?;
        head.truncate(read);
        let read = self.file.read_at(&mut tail, offset - length)?;
        tail.truncate(read);
        Ok((sha256(&head), sha256(&tail)))
    }

    /// As `coverage` shows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.opening.name
    }

    /// The `logs[]` entry that it belongs to.
    #[must_use]
    pub fn entry(&self) -> &str {
        &self.opening.entry
    }

    /// What fills in the missing parts of a stamp.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where reading begins: byte and number of lines before it.
    #[must_use]
    pub const fn start(&self) -> (u64, u64) {
        (self.start, self.start_line)
    }

    /// The size when it was opened; what is appended later is for the next run.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.file.stat().size
    }

    /// Whether a half line at the end counts.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.opening.whole
    }

    /// Reads at `offset` until the buffer is full or the file ends. An error ends the source, and is remembered.
    pub fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> usize {
        match self.file.read_at(buffer, offset) {
            Ok(read) => {
                if read < buffer.len() && offset.saturating_add(read as u64) < self.size() {
                    self.state = State::Truncated;
                    self.remarks.push("it became shorter while it was read".to_owned());
                }
                read
            }
            Err(error) => {
                self.state = if offset == self.start { State::Unreadable } else { State::Truncated };
                self.remarks.push(format!("reading stopped at byte {offset}: {error}"));
                0
            }
        }
    }

    /// Whether an event of this time is looked at; without any time the file's own decides.
    #[must_use]
    pub fn in_window(&self, time: Option<DateTime<FixedOffset>>) -> bool {
        self.cut.is_none_or(|cut| time.unwrap_or(self.clock.written) >= cut)
    }

    /// Notes that lines up to here were scanned, and the first and last stamp among them.
    pub fn scanned(
        &mut self,
        reached: u64,
        lines: u64,
        first: Option<DateTime<FixedOffset>>,
        last: Option<DateTime<FixedOffset>>,
    ) {
        self.reached = reached;
        self.lines = lines;
        self.from = self.from.or(first);
        self.to = last.or(self.to);
    }

    /// Notes a line that was longer than the bound.
    pub fn long_line(&mut self) {
        self.long_lines += 1;
    }

    /// Notes that somebody interrupted the reading.
    pub fn interrupted(&mut self) {
        self.state = State::Truncated;
        self.remarks.push("interrupted".to_owned());
    }

    /// What was read, and how far.
    #[must_use]
    pub fn finish(mut self) -> (Coverage, Option<Position>) {
        let bytes = self.reached.saturating_sub(self.start);
        if self.long_lines > 0 {
            let lines = if self.long_lines == 1 { "line was" } else { "lines were" };
            self.remarks.push(format!("{} {lines} longer than 1 MiB and cut in the sample", self.long_lines));
        }
        if self.state == State::Ok && bytes == 0 {
            self.state = State::Empty;
        }
        let position = self.position(bytes);
        let coverage = Coverage {
            state: self.state,
            lines: self.lines,
            bytes,
            from: self.from,
            to: self.to,
            required: self.opening.required,
            ..Coverage::left_out(&self.opening.name, &self.opening.entry, self.state, &self.remarks.join("; "))
        };
        (coverage, position)
    }

    fn position(&self, bytes: u64) -> Option<Position> {
        if self.opening.whole || self.state == State::Unreadable {
            return None;
        }
        let stat = self.file.stat();
        let old = self.opening.position.as_ref();
        // Unreadable meanwhile: the next run finds no match and reads it as new, which is said.
        let (head_hash, tail_hash) = self.fingerprints(self.reached).ok()?;
        Some(Position {
            entry: self.opening.entry.clone(),
            path: self.opening.path.to_string_lossy().into_owned(),
            device: stat.device,
            inode: stat.inode,
            offset: self.reached,
            lines: self.start_line + self.lines,
            head_hash,
            tail_hash,
            size: stat.size,
            mtime_ns: stat.mtime_ns,
            ctime_ns: stat.ctime_ns,
            last_stamp: self.to.or_else(|| old.and_then(|old| old.last_stamp)),
            grown_ns: if bytes > 0 { stat.mtime_ns } else { old.map_or(stat.mtime_ns, |old| old.grown_ns) },
        })
    }
}
