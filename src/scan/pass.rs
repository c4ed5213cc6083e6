//! One pass over one source: blocks of whole records, and from each the events.

use std::ops::{ControlFlow, Range};

use chrono::{DateTime, FixedOffset};

use super::{Event, Scanner};
use crate::sources::stamp::{self, Clock};
use crate::sources::{Source, header, record};
use crate::words::Level;

/// Bytes read at once.
const BLOCK: usize = 512 * 1024;
/// Longest line that is held whole; a longer one is scanned in pieces.
const MAX_LINE: usize = 1024 * 1024;
/// What two pieces of a long line share, so that no match is lost between them.
const OVERLAP: usize = 64 * 1024;
/// Lines looked at for the first or last stamp of a block.
const STAMP_REACH: usize = 256;

type Time = DateTime<FixedOffset>;
type Sink<'a> = &'a mut dyn FnMut(&Event<'_>);

/// Reads and scans to the end, or until `progress` breaks off.
pub(super) fn run(
    scanner: &Scanner,
    source: &mut Source,
    sink: Sink<'_>,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) {
    let (start, start_line) = source.start();
    let mut pass = Pass { scanner, base: start, line: start_line, last: None, seen: Vec::new() };
    let mut buffer: Vec<u8> = Vec::with_capacity(BLOCK * 2);
    let mut read_to = start;
    loop {
        let ended = fill(source, &mut buffer, &mut read_to);
        let complete = match memchr::memrchr(b'\n', &buffer) {
            _ if ended && source.is_whole() => buffer.len(),
            Some(newline) => newline + 1,
            None => 0,
        };
        let long = buffer.len() - complete > MAX_LINE;
        let consumed = pass.block(source, buffer.get(..complete).unwrap_or_default(), ended || long, sink);
        buffer.drain(..consumed);
        if long {
            pass.long_line(source, &mut buffer, &mut read_to, sink);
        }
        source.scanned(pass.base, pass.line - start_line, None, pass.last);
        if ended {
            return;
        }
        if progress(read_to - start).is_break() {
            source.interrupted();
            return;
        }
    }
}

/// Reads the next block behind what is there; tells whether the source has ended.
fn fill(source: &mut Source, buffer: &mut Vec<u8>, read_to: &mut u64) -> bool {
    let left = usize::try_from(source.size().saturating_sub(*read_to)).unwrap_or(usize::MAX);
    let wanted = left.min(BLOCK);
    let had = buffer.len();
    buffer.resize(had + wanted, 0);
    let read = source.read_at(buffer.get_mut(had..).unwrap_or_default(), *read_to);
    buffer.truncate(had + read);
    *read_to += read as u64;
    read < wanted || wanted == left
}

/// What goes from block to block.
struct Pass<'s> {
    scanner: &'s Scanner,
    /// Byte of the block's first line.
    base: u64,
    /// Lines before it.
    line: u64,
    /// The last stamp before it.
    last: Option<Time>,
    seen: Vec<usize>,
}

impl Pass<'_> {
    /// Scans the whole records of a block; gives the bytes that are done with. `last_block`: nothing follows that
    /// could belong to its last record.
    fn block(&mut self, source: &mut Source, block: &[u8], last_block: bool, sink: Sink<'_>) -> usize {
        let end = if last_block { block.len() } else { last_record_start(block) };
        let block = block.get(..end).unwrap_or_default();
        let clock = *source.clock();
        source.scanned(self.base, self.line - source.start().1, first_stamp(block, &clock), self.last);
        let mut counted = (0, self.line);
        let (mut from, mut stamped_until) = (0, 0);
        while from < block.len() {
            let Some(hit) = self.scanner.candidates.next(block, from) else { break };
            let line = line_around(block, hit.max(from), from);
            let bounds = record_around(block, line, from);
            let text = trimmed(block.get(bounds.clone()).unwrap_or_default());
            let own = header::read(first_line(text), &clock);
            let time = own.time.or_else(|| last_stamp(block.get(stamped_until..bounds.start), &clock)).or(self.last);
            (self.last, stamped_until) = (time.or(self.last), bounds.start);
            from = bounds.end.max(from + 1);
            let level = level_in(text, own.level);
            self.scanner.patterns_of(text, level, &mut self.seen);
            let (pattern, also) = self.seen.split_first().map_or((None, &[][..]), |(first, also)| (Some(*first), also));
            let counts = pattern.is_some() || level.is_some_and(|level| level >= Level::Warning);
            if !counts || !source.in_window(time) {
                continue;
            }
            let newlines = memchr::memchr_iter(b'\n', block.get(counted.0..bounds.start).unwrap_or_default()).count();
            counted = (bounds.start, counted.1 + newlines as u64);
            sink(&Event {
                source: source.name(),
                line: counted.1 + 1,
                offset: self.base + bounds.start as u64,
                time,
                level,
                pattern,
                also,
                record: text,
                message: own.message,
            });
        }
        self.last = last_stamp(block.get(stamped_until..), &clock).or(self.last);
        let newlines = memchr::memchr_iter(b'\n', block).count();
        let half_line = usize::from(!block.is_empty() && !block.ends_with(b"\n"));
        self.line += (newlines + half_line) as u64;
        self.base += end as u64;
        end
    }

    /// The buffer begins with a line that is longer than any buffer should be: it is scanned piece by piece, and is one
    /// event. What is left of the buffer begins with the next line.
    fn long_line(&mut self, source: &mut Source, buffer: &mut Vec<u8>, read_to: &mut u64, sink: Sink<'_>) {
        let head = buffer.get(..record::MAX_BYTES).unwrap_or(buffer).to_vec();
        let (mut patterns, mut length) = (Vec::new(), 0_u64);
        let closed = loop {
            let newline = memchr::memchr(b'\n', buffer);
            let piece = buffer.get(..newline.unwrap_or(buffer.len())).unwrap_or_default();
            self.scanner.candidates.patterns_in(piece, &mut self.seen);
            patterns.append(&mut self.seen);
            if let Some(newline) = newline {
                length += newline as u64 + 1;
                buffer.drain(..=newline);
                break true;
            }
            let done = buffer.len().saturating_sub(OVERLAP);
            length += done as u64;
            buffer.drain(..done);
            let before = *read_to;
            fill(source, buffer, read_to);
            if *read_to == before {
                break false;
            }
        };
        if !closed && !source.is_whole() {
            // A half line waits for its end; it is read again then.
            buffer.clear();
            return;
        }
        if !closed {
            length += buffer.len() as u64;
            buffer.clear();
        }
        source.long_line();
        self.long_event(source, &head, patterns, sink);
        self.line += 1;
        self.base += length;
    }

    fn long_event(&mut self, source: &Source, head: &[u8], mut patterns: Vec<usize>, sink: Sink<'_>) {
        patterns.sort_unstable();
        patterns.dedup();
        let own = header::read(head, source.clock());
        let least = |at: &usize| self.scanner.min_levels.get(*at).copied().flatten();
        patterns.retain(|at| !matches!((least(at), own.level), (Some(least), Some(level)) if level < least));
        self.last = own.time.or(self.last);
        let (pattern, also) = patterns.split_first().map_or((None, &[][..]), |(first, also)| (Some(*first), also));
        let counts = pattern.is_some() || own.level.is_some_and(|level| level >= Level::Warning);
        if counts && source.in_window(self.last) {
            sink(&Event {
                source: source.name(),
                line: self.line + 1,
                offset: self.base,
                time: self.last,
                level: own.level,
                pattern,
                also,
                record: head,
                message: own.message,
            });
        }
    }
}

/// The level of a single line.
pub(super) fn level_of(line: &[u8], clock: &Clock) -> Option<Level> {
    level_in(line, header::level_of(line, clock))
}

/// A crash below a harmless line is no harmless record.
fn level_in(text: &[u8], own: Option<Level>) -> Option<Level> {
    if own.is_some_and(|level| level >= Level::Warning) {
        return own;
    }
    let crash = text.split(|byte| *byte == b'\n').skip(1).any(record::opens_softly)
        || (own.is_none() && record::opens_with_error(first_line(text)));
    if crash { Some(Level::Error) } else { own }
}

fn first_line(text: &[u8]) -> &[u8] {
    let line = text.get(..memchr::memchr(b'\n', text).unwrap_or(text.len())).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn trimmed(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// The line, with its line end, that holds the byte before `hit`.
fn line_around(block: &[u8], hit: usize, from: usize) -> Range<usize> {
    let inside = hit.saturating_sub(1).max(from);
    let start =
        block.get(from..inside).and_then(|before| memchr::memrchr(b'\n', before)).map_or(from, |at| from + at + 1);
    start..line_end(block, inside)
}

fn line_end(block: &[u8], at: usize) -> usize {
    block.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(block.len(), |newline| at + newline + 1)
}

fn line_before(block: &[u8], start: usize, floor: usize) -> Option<Range<usize>> {
    let end = start.checked_sub(1).filter(|end| *end >= floor && start > floor)?;
    let begin =
        block.get(floor..end).and_then(|before| memchr::memrchr(b'\n', before)).map_or(floor, |at| floor + at + 1);
    Some(begin..start)
}

/// The record that a line belongs to, not beginning before `floor`.
fn record_around(block: &[u8], line: Range<usize>, floor: usize) -> Range<usize> {
    let text = |range: &Range<usize>| trimmed(block.get(range.clone()).unwrap_or_default());
    let (mut first, mut lines) = (line.clone(), 1);
    while let Some(before) = line_before(block, first.start, floor) {
        let fits = lines < record::MAX_LINES && line.end - before.start <= record::MAX_BYTES;
        if !fits || !record::continues(text(&before), text(&first)) {
            break;
        }
        first = before;
        lines += 1;
    }
    let mut last = line;
    while last.end < block.len() {
        let next = last.end..line_end(block, last.end);
        let fits = lines < record::MAX_LINES && next.end - first.start <= record::MAX_BYTES;
        if !fits || !record::continues(text(&last), text(&next)) {
            break;
        }
        last = next;
        lines += 1;
    }
    first.start..last.end
}

/// Where the last record of a block begins: its other lines may come with the next block.
fn last_record_start(block: &[u8]) -> usize {
    let text = |range: &Range<usize>| trimmed(block.get(range.clone()).unwrap_or_default());
    let Some(mut first) = line_before(block, block.len(), 0) else { return 0 };
    for _ in 0..record::MAX_LINES {
        let Some(before) = line_before(block, first.start, 0) else { break };
        if block.len() - before.start > record::MAX_BYTES {
            return block.len();
        }
        if !record::continues(text(&before), text(&first)) {
            return first.start;
        }
        first = before;
    }
    // All of the block is one record, or a record hit its bound.
    if block.len() > record::MAX_BYTES || first.start > 0 { block.len() } else { 0 }
}

fn first_stamp(block: &[u8], clock: &Clock) -> Option<Time> {
    let lines = block.split(|byte| *byte == b'\n').take(STAMP_REACH);
    lines.into_iter().find_map(|line| stamp::find(line, clock)).map(|found| found.time)
}

/// The last stamp in a part of a block.
fn last_stamp(part: Option<&[u8]>, clock: &Clock) -> Option<Time> {
    let part = trimmed(part?);
    let lines = part.rsplit(|byte| *byte == b'\n').take(STAMP_REACH);
    lines.into_iter().find_map(|line| stamp::find(line, clock)).map(|found| found.time)
}
