//! One pass over one source: blocks in, events out, memory independent of the source's size.

mod looked;

use std::ops::ControlFlow;

use chrono::{DateTime, FixedOffset};
use looked::{Lines, Looked};

use super::event::Event;
use super::judge::{self, Judgement, Known};
use super::lines::{Passed, after_filled, beginning, count, extent, joined, line_at, line_before, without_end};
use super::scanner::{Matches, Scanner};
use crate::sources::{Application, Clock, MOST_BYTES, Source, Start, application, header, leading_time};
use crate::words::Level;

/// Bytes read at once.
pub(super) const BLOCK: usize = 96 * 1024;
/// A longer line is scanned on in pieces.
pub(super) const LONGEST_LINE: usize = 1024 * 1024;

/// Takes an event; may end the scan.
pub(super) type Sink<'a> = dyn FnMut(&Event<'_>) -> ControlFlow<()> + 'a;

/// The numbers of lines.
enum Numbers {
    /// Not asked for yet.
    Uncounted,
    /// All too many stand before.
    None,
    /// So many stand before those that were read.
    After(u64),
}

pub(super) struct Pass<'a> {
    pub(super) scanner: &'a Scanner,
    pub(super) source: &'a mut Source,
    pub(super) sink: &'a mut Sink<'a>,
    pub(super) clock: Clock,
    block: usize,
    /// What is not done with yet. Starts with a record.
    pub(super) buffer: Vec<u8>,
    /// `buffer` in ASCII lower case.
    folded: Vec<u8>,
    /// Place of the buffer in the source.
    pub(super) base: u64,
    /// Number of the first line in the buffer, counted from where reading began.
    pub(super) line: u64,
    /// Lines before that; counted when the first event needs it.
    numbers: Numbers,
    /// Lines of an earlier run that stand in the buffer at first.
    lines_again: u64,
    /// Bytes at the buffer's start that an earlier run has read.
    old: usize,
    /// The last stamp before the buffer.
    pub(super) stamp: Option<DateTime<FixedOffset>>,
    /// Whether any stamp was seen.
    stamped: bool,
    pub(super) set: Matches,
    passed: Passed,
    cut: u64,
    pub(super) long: u64,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        scanner: &'a Scanner,
        source: &'a mut Source,
        start: Start,
        block: usize,
        sink: &'a mut Sink<'a>,
    ) -> Self {
        let old = start.context.len();
        Self {
            clock: source.clock(),
            stamp: source.last_stamp(),
            set: scanner.pattern_set(),
            passed: Passed::default(),
            base: start.offset - old as u64,
            line: 1,
            numbers: Numbers::Uncounted,
            lines_again: count(&start.context),
            old,
            buffer: start.context,
            folded: Vec::new(),
            block: block.max(1),
            stamped: false,
            cut: 0,
            long: 0,
            scanner,
            source,
            sink,
        }
    }

    pub(super) fn run(mut self, progress: &mut dyn FnMut(u64) -> ControlFlow<()>) {
        let mut settled = false;
        loop {
            let before = self.buffer.len();
            let more = self.source.read(&mut self.buffer, self.block);
            if more && progress((self.buffer.len() - before) as u64).is_break() {
                return self.source.stop();
            }
            let newline = self.buffer.get(before..).and_then(|new| memchr::memrchr(b'\n', new));
            if more && newline.is_none() {
                let half = self.half_line();
                if self.buffer.len() - half > LONGEST_LINE {
                    self.settle(&mut settled);
                    if self.flush(half).is_break() || self.long_line().is_break() {
                        return self.source.stop();
                    }
                }
                continue;
            }
            self.settle(&mut settled);
            let complete = if !more && self.source.gives_half() { self.buffer.len() } else { self.half_line() };
            if self.process(complete, !more).is_break() {
                return self.source.stop();
            }
            if !more {
                break;
            }
        }
        if self.cut > 0 {
            self.source.remark(&format!(
                "{} of its records were longer than 200 lines or 64 KiB and are shown in part",
                self.cut
            ));
        }
        if self.long > 0 {
            self.source
                .remark(&format!("{} of its lines were longer than 1 MiB and were scanned in pieces", self.long));
        }
    }

    /// Where the line without an end begins.
    fn half_line(&self) -> usize {
        memchr::memrchr(b'\n', &self.buffer).map_or(0, |newline| newline + 1)
    }

    /// With the first new line at hand: does it go on with the last record of the earlier run?
    fn settle(&mut self, settled: &mut bool) {
        if std::mem::replace(settled, true) || self.old == 0 {
            return;
        }
        let (old, whole) = (self.old, self.base == 0);
        let mut keep = old;
        if old < self.buffer.len() {
            let next = line_at(&self.buffer, old);
            let last = line_before(&self.buffer, old);
            // The earlier run may have been given half a line.
            if next.start < old || joined(self.bytes(last), self.bytes(next.clone()), &self.clock) {
                let start = beginning(&self.buffer, next.start, 0, &mut self.passed, &self.clock);
                // A record whose beginning is out of reach is not gone on with.
                keep = if start > 0 || whole { start } else { old };
            }
        }
        self.line += count(self.bytes(0..keep));
        self.base += keep as u64;
        self.old -= keep;
        self.buffer.drain(..keep);
    }

    pub(super) fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Everything before `end`, where a record surely ends.
    fn flush(&mut self, end: usize) -> ControlFlow<()> {
        self.process(end, true)
    }

    /// Looks at the lines before `complete`; what may go on stays in the buffer, unless this is `last`.
    fn process(&mut self, complete: usize, last: bool) -> ControlFlow<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut folded = std::mem::take(&mut self.folded);
        let block = buffer.get(..complete).unwrap_or_default();
        folded.clear();
        folded.extend_from_slice(block);
        folded.make_ascii_lowercase();
        let mut stamps = Stamps { floor: 0, last: self.stamp, seen: false };
        let result = self.events(block, &folded, last, &mut stamps);
        if let ControlFlow::Continue(keep) = result {
            self.stamps(block, keep, &mut stamps);
            let (old, new) = block.get(..keep).unwrap_or_default().split_at(self.old.min(keep));
            let lines = count(new);
            self.source.consume(new, lines);
            self.line += count(old) + lines;
            self.base += keep as u64;
            self.old = self.old.saturating_sub(keep);
            buffer.drain(..keep);
        }
        (self.buffer, self.folded) = (buffer, folded);
        result.map_continue(|_| ())
    }

    /// Tells the events of the block; gives where the record begins that is not known to have ended.
    fn events(&mut self, block: &[u8], folded: &[u8], last: bool, stamps: &mut Stamps) -> ControlFlow<(), usize> {
        let scanner = self.scanner;
        let mut search = scanner.filter.search(block, folded);
        let mut frontier = 0;
        let mut from = self.old;
        let mut looked = Looked::new(scanner);
        self.set.clear();
        let mut numbered = (0, self.line);
        let mut lines = Lines { every: scanner.every_record, objects: self.source.takes_reports(), next: 0..0 };
        while let Some(candidate) = lines.before(block, from, search.next(from)) {
            if !lines.wants(candidate.at) && !looked.look(scanner, block, &candidate, &self.clock, &mut self.set) {
                from = candidate.at + 1;
                continue;
            }
            looked.go_to(block, candidate.at);
            let mut start = beginning(block, looked.line.start, frontier, &mut self.passed, &self.clock);
            let mut end = extent(block, start, &mut self.passed, &self.clock);
            while end.end <= looked.line.start {
                start = end.end;
                end = extent(block, start, &mut self.passed, &self.clock);
            }
            if !end.closed && !last {
                return ControlFlow::Continue(start);
            }
            numbered.1 += count(block.get(numbered.0..start).unwrap_or_default());
            numbered.0 = start;
            // What the filter has passed by matches nothing; what an earlier run was given it has not seen.
            let known = Known { header: looked.header(start), patterns: start >= self.old };
            looked.rest(scanner, block, candidate.at..end.end, &mut search, &mut self.set);
            let record = block.get(start..end.end).unwrap_or_default();
            let clock = self.clock;
            self.tell(record, end.cut, (start, numbered.1), known, || stamps.before(block, start, &clock))?;
            self.set.clear();
            (frontier, from) = (end.end, end.end);
        }
        if last {
            return ControlFlow::Continue(block.len());
        }
        let last_line = line_before(block, block.len()).start;
        let mut start = beginning(block, last_line, frontier, &mut self.passed, &self.clock);
        loop {
            let end = extent(block, start, &mut self.passed, &self.clock);
            if end.end >= block.len() {
                return ControlFlow::Continue(if end.closed { block.len() } else { start });
            }
            start = end.end;
        }
    }

    /// Judges a record and hands it on if it is an event.
    fn tell(
        &mut self,
        record: &[u8],
        cut: bool,
        (start, line): (usize, u64),
        known: Known,
        stamp: impl FnOnce() -> Option<DateTime<FixedOffset>>,
    ) -> ControlFlow<()> {
        let report = self.source.takes_reports().then(|| application(without_end(record), &self.clock)).flatten();
        // What an application sends here is an error unless it says otherwise.
        let told = report.as_ref().map(|report| report.level.unwrap_or(Level::Error));
        let judgement = judge::judge(self.scanner, record, &self.clock, told, known, &mut self.set);
        if !judgement.is_event() && !self.scanner.every_record {
            return ControlFlow::Continue(());
        }
        if let Some(earlier) = self.old.checked_sub(start).filter(|length| *length > 0) {
            // The earlier run has seen its beginning; if that was an event, it has counted.
            let earlier = record.get(..earlier).unwrap_or(record);
            if judge::judge(self.scanner, earlier, &self.clock, None, Known::default(), &mut self.set).is_event() {
                return ControlFlow::Continue(());
            }
        }
        let time = judgement.time.or(report.as_ref().and_then(|report| report.time)).or_else(stamp);
        let text = without_end(record);
        self.cut += u64::from(cut || text.len() > MOST_BYTES);
        self.deliver(text, &judgement, time, (self.base + start as u64, line), report.as_ref())
    }

    /// Hands an event on if it lies in the window.
    pub(super) fn deliver(
        &mut self,
        text: &[u8],
        judgement: &Judgement,
        time: Option<DateTime<FixedOffset>>,
        (offset, line): (u64, u64),
        report: Option<&Application>,
    ) -> ControlFlow<()> {
        if !self.source.wants(time) {
            return ControlFlow::Continue(());
        }
        if let Numbers::Uncounted = self.numbers {
            let before = self.source.lines_before().map(|before| before.saturating_sub(self.lines_again));
            self.numbers = before.map_or(Numbers::None, Numbers::After);
        }
        let line = if let Numbers::After(before) = self.numbers { before + line } else { 0 };
        let record = text.get(..text.len().min(MOST_BYTES)).unwrap_or_default();
        let beyond = report.and_then(|report| report.message.as_deref());
        let message = judgement.message.start.min(record.len())..judgement.message.end.min(record.len());
        (self.sink)(&Event {
            source: report.and_then(|report| report.name.as_deref()).unwrap_or_else(|| self.source.name()),
            line,
            offset,
            time,
            stamped: judgement.time.or(report.and_then(|report| report.time)).is_some(),
            level: judgement.level,
            pattern: judgement.patterns.first().copied(),
            also: judgement.patterns.get(1..).unwrap_or_default(),
            origin: None,
            record,
            message: beyond.unwrap_or_else(|| record.get(message).unwrap_or_default()),
        })
    }

    /// Some of the times in between, for the log's rhythm.
    fn sample(&mut self, block: &[u8], old: usize, keep: usize) {
        const SAMPLES: usize = 24;
        let step = (keep - old) / SAMPLES;
        let mut at = old;
        while at < keep {
            let line = line_at(block, at);
            at = line.end.max(at + step);
            if let Some(time) = time(block.get(line).unwrap_or_default(), &self.clock) {
                self.source.sampled(time);
            }
        }
    }

    /// Notes the first and the last stamp of what is done with.
    fn stamps(&mut self, block: &[u8], keep: usize, stamps: &mut Stamps) {
        let old = self.old.min(keep);
        self.sample(block, old, keep);
        self.stamp = stamps.before(block, keep, &self.clock);
        let mut first = None;
        let mut at = old;
        // Where no last one was seen there is no first.
        while stamps.seen && !self.stamped && at < keep {
            let line = line_at(block, at);
            at = line.end;
            first = time(block.get(line).unwrap_or_default(), &self.clock);
            self.stamped = first.is_some();
        }
        if self.stamped {
            self.source.stamped(first, self.stamp);
        }
    }
}

/// Finds the stamp that holds at a place; each line is read for it once.
struct Stamps {
    /// Up to here `last` is known to be the last one.
    floor: usize,
    last: Option<DateTime<FixedOffset>>,
    /// One stands in this block.
    seen: bool,
}

impl Stamps {
    /// Of so many lines without a stamp the whole header is read; of those before them only how they begin.
    const IN_VAIN: usize = 64;
    /// A line of a time alone, `1:02:03`, with its end.
    const SHORTEST: usize = 8;

    fn before(&mut self, block: &[u8], start: usize, clock: &Clock) -> Option<DateTime<FixedOffset>> {
        let mut at = start;
        let mut in_vain = 0;
        while at > self.floor {
            let line = line_before(block, after_filled(block, at, self.floor));
            at = line.start;
            let line = block.get(line).unwrap_or_default();
            if line.len() < Self::SHORTEST {
                continue;
            }
            let time = if in_vain < Self::IN_VAIN { time(line, clock) } else { leading_time(line, clock) };
            if let Some(time) = time {
                (self.last, self.seen) = (Some(time), true);
                break;
            }
            in_vain += 1;
        }
        self.floor = self.floor.max(start);
        self.last
    }
}

/// The time of a line. None has one without a digit.
fn time(line: &[u8], clock: &Clock) -> Option<DateTime<FixedOffset>> {
    if line.iter().any(u8::is_ascii_digit) { header(without_end(line), clock).time } else { None }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests of the window need the time of the files that they write")]
pub(super) mod tests;
