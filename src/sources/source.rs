//! One file to be read: from where, how far, and what is to be remembered of it.

mod place;

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};

use super::clock::{Clock, Zone};
use super::coverage::{Coverage, State};
use super::generation::{self, PROOF};
use super::text::Text;
use super::{order, rhythm};
use crate::store::{Place, Position, Rhythm};
use crate::sys::logfile::Stat;

/// Where a text is found.
#[derive(Debug)]
pub(super) enum Input {
    File(PathBuf),
    Standard,
    /// What a program has printed.
    Printed(Vec<u8>),
}

/// Where a source comes from.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Origin {
    pub(super) input: Input,
    /// Where a file really lies, when its path leads through a link.
    pub(super) target: Option<String>,
    pub(super) name: String,
    pub(super) entry: String,
    pub(super) required: bool,
    /// Silent for longer is trouble.
    pub(super) expect: Option<Duration>,
    /// Told even when there was nothing to read.
    pub(super) listed: bool,
    /// Its text stands in another file: it is `skipped`.
    pub(super) copy: bool,
    /// A half line at the end counts.
    pub(super) half: bool,
    /// How far it is read is remembered.
    pub(super) kept: bool,
    pub(super) since: Option<DateTime<FixedOffset>>,
    pub(super) until: Option<DateTime<FixedOffset>>,
    pub(super) zone: Zone,
    /// Of a file, when it was found.
    pub(super) stat: Option<Stat>,
    /// What an earlier run has read of it.
    pub(super) after: Option<Position>,
    /// Nothing in it is wanted; only what is written from now on.
    pub(super) at_end: bool,
    /// What a person should know of it.
    pub(super) remark: String,
}

/// A file that is to be scanned. Opened by the scan, closed when dropped.
#[derive(Debug)]
pub struct Source {
    origin: Origin,
    text: Option<Text>,
    stat: Option<Stat>,
    now: DateTime<FixedOffset>,
    coverage: Coverage,
    /// The next byte to read.
    at: u64,
    /// Bytes that are done with; just after a newline unless the file is read whole.
    offset: u64,
    /// Lines before the place where reading began; `None` until somebody counts them.
    before: Option<u64>,
    began: u64,
    /// Lines read since.
    lines: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    last_stamp: Option<DateTime<FixedOffset>>,
    grown_ns: Option<i64>,
    rhythm: Rhythm,
    stopped: bool,
    opened: bool,
    order: order::Order,
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
}

impl Source {
    pub(super) fn new(origin: Origin, now: DateTime<FixedOffset>) -> Self {
        let mut coverage = Coverage::new(&origin.name, &origin.entry, origin.required);
        coverage.detail.clone_from(&origin.remark);
        Self {
            text: None,
            stat: origin.stat,
            now,
            coverage,
            at: 0,
            offset: 0,
            before: Some(0),
            began: 0,
            lines: 0,
            head: Vec::new(),
            tail: Vec::new(),
            last_stamp: None,
            grown_ns: None,
            rhythm: Rhythm::default(),
            stopped: false,
            opened: false,
            order: order::Order::default(),
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

    /// What it takes to read its stamps.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock {
            zone: self.origin.zone,
            last_write: self.last_write(),
            day_first: self.order.day_first,
            epoch_field: self.order.epoch_field,
        }
    }

    /// When the file was last written, by its modification time; what comes from a pipe was written just now.
    #[must_use]
    pub fn last_write(&self) -> DateTime<FixedOffset> {
        self.stat.map_or(self.now, |stat| DateTime::<Utc>::from_timestamp_nanos(stat.mtime_ns).fixed_offset())
    }

    /// Whether a record of this time counts; one without was written when the file was.
    #[must_use]
    pub fn wants(&self, time: Option<DateTime<FixedOffset>>) -> bool {
        if self.origin.since.is_none() && self.origin.until.is_none() {
            return true;
        }
        let time = time.unwrap_or_else(|| self.last_write());
        self.origin.since.is_none_or(|since| time >= since) && self.origin.until.is_none_or(|until| time <= until)
    }

    /// Stamp of the last stamped line that an earlier run has read.
    #[must_use]
    pub const fn last_stamp(&self) -> Option<DateTime<FixedOffset>> {
        self.last_stamp
    }

    /// Whether a half line at the end counts.
    #[must_use]
    pub const fn gives_half(&self) -> bool {
        self.origin.half
    }

    /// Whether applications report their errors through it: standard input.
    #[must_use]
    pub const fn takes_reports(&self) -> bool {
        matches!(self.origin.input, Input::Standard)
    }

    /// Appends the next block to `buffer`. `false` when there is no more; `coverage` says when that came too early.
    pub fn read(&mut self, buffer: &mut Vec<u8>, most: usize) -> bool {
        let Some(text) = &mut self.text else { return false };
        let size = self.stat.map(|stat| stat.size).filter(|_| text.is_plain());
        // What is written meanwhile waits, where a next run will come.
        let end = size.filter(|_| self.origin.kept).unwrap_or(u64::MAX);
        let most = usize::try_from(end - self.at.min(end)).unwrap_or(usize::MAX).min(most);
        if most == 0 || (self.origin.at_end && self.origin.after.is_none()) {
            return false;
        }
        match text.read(buffer, self.at, most) {
            Ok(0) => {
                if text.leaves_out() {
                    self.remark("what stands behind its compressed text is none and was left out");
                } else if size.is_some_and(|size| self.at < size) {
                    self.fail(State::Truncated, &format!("it shrank while it was read; {} bytes were seen", self.at));
                }
                false
            }
            Ok(length) => {
                self.at += length as u64;
                true
            }
            Err(error) => {
                let state = if size.is_some() || self.at == 0 { State::Unreadable } else { State::Truncated };
                self.fail(state, &format!("reading stopped at byte {}: {error}", self.at));
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
        self.coverage.lines += lines + u64::from(half && self.origin.half && self.file_ended());
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

    /// The time of a line, now and then one of many.
    pub fn sampled(&mut self, time: DateTime<FixedOffset>) {
        rhythm::note(&mut self.rhythm, time);
    }

    /// A log that is still written to has a rhythm.
    fn listen(&mut self) {
        let living = self.origin.kept && !self.origin.half && !self.origin.copy && self.stat.is_some();
        if !living || !matches!(self.coverage.state, State::Ok | State::Empty) {
            return;
        }
        let silence = rhythm::silence(&self.rhythm, self.origin.expect, Some(self.last_write()), self.now);
        if let Some(silence) = &silence {
            self.coverage.alarm = silence.expected || !self.rhythm.silent;
            self.fail(State::Silent, &silence.text);
        }
        self.rhythm.silent = silence.is_some();
    }

    /// Something that a person should know.
    pub fn remark(&mut self, text: &str) {
        if self.coverage.detail.ends_with(text) {
            return;
        }
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

    /// What was read, unless there is nothing to tell, and from where the next run goes on. No position when the file was read whole, or when there
    /// is none to be kept.
    #[must_use]
    pub fn finish(mut self) -> (Option<Coverage>, Option<Position>) {
        if self.coverage.state == State::Ok && self.coverage.bytes == 0 {
            self.coverage.state = if self.origin.copy { State::Skipped } else { State::Empty };
        }
        self.listen();
        let whole = self.text.as_ref().is_none_or(Text::is_plain);
        self.rhythm.cut = !whole && self.coverage.state == State::Truncated;
        self.rhythm.gone = None;
        let told = self.origin.listed || self.coverage.bytes > 0 || self.coverage.state.is_trouble();
        let grew = self.coverage.lines > 0;
        let coverage = told.then_some(self.coverage);
        let (Some(stat), Input::File(path)) = (self.stat, &self.origin.input) else { return (coverage, None) };
        if !self.origin.kept || self.stopped || !self.opened {
            return (coverage, None);
        }
        let before = self.origin.after.as_ref().map(|after| (after.device, after.inode));
        let position = Position {
            moved_from: before.filter(|before| *before != (stat.device, stat.inode)),
            path: Place::from(path.as_path()),
            target: self.origin.target.map(Place::Known),
            copy: self.origin.copy,
            entry: self.origin.entry,
            device: stat.device,
            inode: stat.inode,
            offset: self.offset,
            lines: self.before.map(|before| before + self.lines),
            head_hash: generation::hash(&self.head),
            tail_hash: generation::hash(&self.tail),
            size: stat.size,
            mtime_ns: stat.mtime_ns,
            ctime_ns: stat.ctime_ns,
            last_stamp: self.last_stamp,
            rhythm: self.rhythm,
            grown_ns: if grew { stat.mtime_ns } else { self.grown_ns.unwrap_or(stat.mtime_ns) },
        };
        (coverage, Some(position))
    }
}
