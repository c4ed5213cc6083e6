//! One file to be read: from where, how far, and what is to be remembered of it.

use std::io::ErrorKind;
use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, Utc};

use super::clock::{Clock, Zone};
use super::coverage::{Coverage, State};
use super::generation::{self, PROOF};
use super::record::MOST_BYTES;
use crate::store::Position;
use crate::sys::logfile::{LogFile, Stat};

/// Where a source comes from.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) entry: String,
    pub(super) required: bool,
    pub(super) whole: bool,
    pub(super) since: Option<DateTime<FixedOffset>>,
    pub(super) zone: Zone,
    pub(super) stat: Stat,
    /// What earlier runs have read of it, or of a file that had its name; the likeliest first.
    pub(super) earlier: Vec<Position>,
}

/// A file that is to be scanned. Opened by the scan, closed when dropped.
#[derive(Debug)]
pub struct Source {
    origin: Origin,
    file: Option<LogFile>,
    stat: Stat,
    coverage: Coverage,
    /// The next byte to read.
    at: u64,
    /// Bytes that are done with; just after a newline unless the file is read whole.
    offset: u64,
    lines: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    last_stamp: Option<DateTime<FixedOffset>>,
    grown_ns: Option<i64>,
    stopped: bool,
    opened: bool,
}

/// How far a source was, to go back to.
#[derive(Debug)]
pub struct Mark {
    offset: u64,
    lines: u64,
    head: usize,
    tail: Vec<u8>,
    counted: (u64, u64),
}

/// Where a scan of a source begins.
#[derive(Debug)]
pub struct Start {
    /// What stands before the first new byte, for a record that goes on; at most 64 KiB.
    pub context: Vec<u8>,
    /// The first new byte.
    pub offset: u64,
    /// Lines before it.
    pub lines: u64,
}

impl Source {
    pub(super) fn new(origin: Origin) -> Self {
        let coverage = Coverage::new(&origin.name, &origin.entry, origin.required);
        Self {
            file: None,
            stat: origin.stat,
            coverage,
            at: 0,
            offset: 0,
            lines: 0,
            head: Vec::new(),
            tail: Vec::new(),
            last_stamp: None,
            grown_ns: None,
            stopped: false,
            opened: false,
            origin,
        }
    }

    /// As `coverage` shows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.origin.name
    }

    /// The `logs[]` entry it belongs to.
    #[must_use]
    pub fn entry(&self) -> &str {
        &self.origin.entry
    }

    /// Bytes that a scan will have to read, as far as is known before it starts.
    #[must_use]
    pub fn size(&self) -> u64 {
        let done = self.origin.earlier.first().map_or(0, |position| position.offset);
        if done <= self.stat.size { self.stat.size - done } else { self.stat.size }
    }

    /// What it takes to read its stamps.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock { zone: self.origin.zone, last_write: self.last_write() }
    }

    /// When the file was last written, by its modification time.
    #[must_use]
    pub fn last_write(&self) -> DateTime<FixedOffset> {
        DateTime::<Utc>::from_timestamp_nanos(self.stat.mtime_ns).fixed_offset()
    }

    /// Records before it do not count.
    #[must_use]
    pub const fn since(&self) -> Option<DateTime<FixedOffset>> {
        self.origin.since
    }

    /// Stamp of the last stamped line that an earlier run has read.
    #[must_use]
    pub const fn last_stamp(&self) -> Option<DateTime<FixedOffset>> {
        self.last_stamp
    }

    /// Whether a half line at the end counts.
    #[must_use]
    pub const fn whole(&self) -> bool {
        self.origin.whole
    }

    /// Opens the file and finds the place to go on from. `None` when there is nothing to read; `coverage` says why.
    pub fn start(&mut self) -> Option<Start> {
        let (file, stat) = match LogFile::open(&self.origin.path) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.fail(State::Missing, "it vanished before it could be read");
                return None;
            }
            Err(error) => {
                self.fail(State::Unreadable, &error.to_string());
                return None;
            }
        };
        self.stat = stat;
        let context = match self.go_on(&file) {
            Ok(found) => found.unwrap_or_default(),
            Err(error) => {
                self.fail(State::Unreadable, &error.to_string());
                return None;
            }
        };
        if self.at == 0
            && let Some(kind) = foreign(&file)
        {
            self.fail(State::Skipped, &format!("{kind} is not read as text"));
            return None;
        }
        self.file = Some(file);
        self.opened = true;
        Some(Start { context, offset: self.offset, lines: self.lines })
    }

    /// Sets the place after what earlier runs have read, and gives the text before it.
    fn go_on(&mut self, file: &LogFile) -> std::io::Result<Option<Vec<u8>>> {
        for position in &self.origin.earlier {
            if self.stat.size < position.offset {
                continue;
            }
            let Some(proof) = generation::prove(file, position, MOST_BYTES)? else { continue };
            (self.at, self.offset, self.lines) = (position.offset, position.offset, position.lines);
            (self.last_stamp, self.grown_ns) = (position.last_stamp, Some(position.grown_ns));
            self.head = proof.head;
            self.tail = proof.context.get(proof.context.len().saturating_sub(PROOF)..).unwrap_or_default().to_vec();
            return Ok(Some(proof.context));
        }
        if let Some(position) = self.origin.earlier.first() {
            let same = position.device == self.stat.device && position.inode == self.stat.inode;
            self.coverage.detail = if same && self.stat.size < position.offset {
                format!("it shrank from {} to {} bytes and is read from its start", position.offset, self.stat.size)
            } else if same {
                "what was read before has changed: it is read from its start".to_owned()
            } else {
                "it was replaced by a new file, which is read from its start".to_owned()
            };
        }
        Ok(None)
    }

    /// Appends the next block to `buffer`. `false` when there is no more; `coverage` says when that came too early.
    pub fn read(&mut self, buffer: &mut Vec<u8>, most: usize) -> bool {
        let Some(file) = &self.file else { return false };
        let end = if self.origin.whole { u64::MAX } else { self.stat.size };
        let most = usize::try_from(end - self.at.min(end)).unwrap_or(usize::MAX).min(most);
        if most == 0 {
            return false;
        }
        match file.read_at(buffer, self.at, most) {
            Ok(0) => {
                if self.at < self.stat.size {
                    self.fail(State::Truncated, &format!("it shrank while it was read; {} bytes were seen", self.at));
                }
                false
            }
            Ok(length) => {
                self.at += length as u64;
                true
            }
            Err(error) => {
                self.fail(State::Unreadable, &format!("reading stopped at byte {}: {error}", self.at));
                false
            }
        }
    }

    /// These bytes, in order, are done with; they hold so many line ends.
    pub fn consume(&mut self, bytes: &[u8], lines: u64) {
        let wanted = PROOF.saturating_sub(self.head.len()).min(bytes.len());
        if self.head.len() as u64 == self.offset {
            self.head.extend_from_slice(bytes.get(..wanted).unwrap_or_default());
        }
        if bytes.len() >= PROOF {
            self.tail.clear();
        }
        self.tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(PROOF)..).unwrap_or_default());
        let surplus = self.tail.len().saturating_sub(PROOF);
        self.tail.drain(..surplus);
        self.offset += bytes.len() as u64;
        self.lines += lines;
        self.coverage.bytes += bytes.len() as u64;
        let half = bytes.last().is_some_and(|byte| *byte != b'\n');
        self.coverage.lines += lines + u64::from(half && self.origin.whole && self.file_ended());
    }

    /// Remembers how far the source is.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            offset: self.offset,
            lines: self.lines,
            head: self.head.len(),
            tail: self.tail.clone(),
            counted: (self.coverage.lines, self.coverage.bytes),
        }
    }

    /// What was consumed since is not done with after all.
    pub fn go_back(&mut self, mark: Mark) {
        (self.offset, self.lines, self.tail) = (mark.offset, mark.lines, mark.tail);
        self.head.truncate(mark.head);
        (self.coverage.lines, self.coverage.bytes) = mark.counted;
    }

    fn file_ended(&self) -> bool {
        self.offset == self.at
    }

    /// A stamped line was read; they come in order.
    pub fn stamped(&mut self, first: Option<DateTime<FixedOffset>>, last: Option<DateTime<FixedOffset>>) {
        self.coverage.from = self.coverage.from.or(first);
        self.coverage.to = last.or(self.coverage.to);
        self.last_stamp = last.or(self.last_stamp);
    }

    /// Something that a person should know.
    pub fn remark(&mut self, text: &str) {
        if !self.coverage.detail.is_empty() {
            self.coverage.detail.push_str("; ");
        }
        self.coverage.detail.push_str(text);
    }

    /// The scan was given up before the end: nothing of it is to be remembered.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.fail(State::Truncated, "reading was stopped before its end");
    }

    fn fail(&mut self, state: State, text: &str) {
        self.coverage.state = state;
        self.remark(text);
    }

    /// What was read, and from where the next run goes on. No position when the file was read whole, or when there
    /// is none to be kept.
    #[must_use]
    pub fn finish(mut self) -> (Coverage, Option<Position>) {
        if self.coverage.state == State::Ok && self.coverage.bytes == 0 {
            self.coverage.state = State::Empty;
        }
        if self.origin.whole || self.stopped || !self.opened {
            return (self.coverage, None);
        }
        let position = Position {
            entry: self.origin.entry,
            path: self.origin.path.to_string_lossy().into_owned(),
            device: self.stat.device,
            inode: self.stat.inode,
            offset: self.offset,
            lines: self.lines,
            head_hash: generation::hash(&self.head),
            tail_hash: generation::hash(&self.tail),
            size: self.stat.size,
            mtime_ns: self.stat.mtime_ns,
            ctime_ns: self.stat.ctime_ns,
            last_stamp: self.last_stamp,
            grown_ns: if self.coverage.lines > 0 {
                self.stat.mtime_ns
            } else {
                self.grown_ns.unwrap_or(self.stat.mtime_ns)
            },
        };
        (self.coverage, Some(position))
    }
}

/// What is no text, by its first bytes.
fn foreign(file: &LogFile) -> Option<&'static str> {
    let magic = file.read_range(0, 8).ok()?;
    Some(match magic.as_slice() {
        [0x1f, 0x8b, 8, ..] => "a file compressed by gzip",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "a file compressed by zstd",
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => "a file compressed by xz",
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26] => "a file compressed by bzip2",
        b"LPKSHHRH" => "a journal of systemd",
        _ => return None,
    })
}
