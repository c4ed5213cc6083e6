//! Lines and records within a block.

use std::ops::Range;

use crate::sources::{Before, Clock, MOST_BYTES, MOST_LINES, continues, header};
use crate::words::Level;

/// The line that holds the byte `at`, its line end included.
pub(super) fn line_at(block: &[u8], at: usize) -> Range<usize> {
    let before = block.get(..at).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let rest = block.get(at..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).map_or(block.len(), |newline| at + newline + 1);
    start..end
}

/// The line that starts at `start`, its line end included.
fn line_from(block: &[u8], start: usize) -> Range<usize> {
    let rest = block.get(start..).unwrap_or_default();
    // Of many empty lines each is found at once.
    if let [b'\n', ..] = rest {
        return start..start + 1;
    }
    start..memchr::memchr(b'\n', rest).map_or(block.len(), |newline| start + newline + 1)
}

/// The line before the one that starts at `start`, its line end included.
pub(super) fn line_before(block: &[u8], start: usize) -> Range<usize> {
    if let Some([b'\n', _]) = block.get(start.saturating_sub(2)..start) {
        return start - 1..start;
    }
    let before = block.get(..start.saturating_sub(1)).unwrap_or_default();
    memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)..start
}

/// Where the line ends that is followed by the empty lines before `at`, of which none lies before `floor`.
pub(super) fn after_filled(block: &[u8], at: usize, floor: usize) -> usize {
    let before = block.get(floor..at).unwrap_or_default();
    at - before.iter().rev().take_while(|byte| **byte == b'\n').count().saturating_sub(1)
}

/// A line without `\n`, `\r\n`, and what careless programs make of them, `\r\r\n`.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let mut line = line.strip_suffix(b"\n").unwrap_or(line);
    while let [head @ .., b'\r'] = line {
        line = head;
    }
    line
}

/// How many lines end in it.
pub(super) fn count(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

struct Previous<'a> {
    line: &'a [u8],
    clock: &'a Clock,
}

impl Before for Previous<'_> {
    fn has_header(&self) -> bool {
        let header = header(self.line, self.clock);
        header.time.is_some() || header.level.is_some()
    }

    fn failed(&self) -> bool {
        header(self.line, self.clock).level >= Some(Level::Error)
    }

    fn lacks_level(&self) -> bool {
        let header = header(self.line, self.clock);
        header.time.is_some() && header.level.is_none()
    }

    fn line(&self) -> &[u8] {
        self.line
    }
}

/// Whether the second line goes on with the record of the first.
pub(super) fn joined(first: &[u8], second: &[u8], clock: &Clock) -> bool {
    // Whatever stands before: said first, since such lines come in long runs.
    if let [] | [b'\n' | b'}', ..] | [b'\r', b'\n'] | [b'.', b'.', b'.', b' ', ..] = second {
        return true;
    }
    continues(&Previous { line: without_end(first), clock }, without_end(second))
}

/// Where a record ends, as far as the block tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) end: usize,
    /// What follows is known not to belong to it.
    pub(super) closed: bool,
    /// It would go on, but for the bounds of a record.
    pub(super) cut: bool,
}

/// Follows the record that starts at `start`, up to the end of the complete lines of `block`.
pub(super) fn extent(block: &[u8], start: usize, passed: &mut Passed, clock: &Clock) -> Extent {
    passed.forget_to(start);
    let mut line = line_from(block, start);
    for _ in 1..MOST_LINES {
        let end = line.end;
        if end >= block.len() {
            return Extent { end, closed: false, cut: false };
        }
        let next = line_from(block, end);
        if !passed.joined(block, line, next.clone(), clock) {
            return Extent { end, closed: true, cut: false };
        }
        if next.end - start > MOST_BYTES {
            return Extent { end, closed: true, cut: true };
        }
        line = next;
    }
    let end = line.end;
    if end >= block.len() {
        return Extent { end, closed: true, cut: false };
    }
    let next = line_from(block, end);
    Extent { end, closed: true, cut: passed.joined(block, line, next, clock) }
}

/// Where the record begins that holds the line starting at `start`, not before `floor`, which is one's beginning.
pub(super) fn beginning(block: &[u8], start: usize, floor: usize, passed: &mut Passed, clock: &Clock) -> usize {
    passed.starts.clear();
    if start <= floor {
        return start;
    }
    let mut line = line_from(block, start);
    while line.start > floor {
        if let [b'\n', ..] = block.get(line.start..).unwrap_or_default() {
            // It goes on with whatever stands before it, as each empty line does.
            line.start = after_filled(block, line.start, floor);
        }
        let before = line_before(block, line.start);
        let (first, second) = (block.get(before.clone()), block.get(line.clone()));
        if !joined(first.unwrap_or_default(), second.unwrap_or_default(), clock) {
            break;
        }
        passed.starts.push(line.start);
        line = before.start.max(floor)..line.start;
    }
    line.start
}

/// Where lines begin that are known to go on with the one before: those walked back over, the first one last. What is
/// known is not found out again on the way forth.
#[derive(Debug, Default)]
pub(super) struct Passed {
    starts: Vec<usize>,
}

impl Passed {
    fn forget_to(&mut self, start: usize) {
        while self.starts.last().is_some_and(|known| *known <= start) {
            self.starts.pop();
        }
    }

    fn joined(&mut self, block: &[u8], first: Range<usize>, second: Range<usize>, clock: &Clock) -> bool {
        if self.starts.last() == Some(&second.start) {
            self.starts.pop();
            return true;
        }
        joined(block.get(first).unwrap_or_default(), block.get(second).unwrap_or_default(), clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Zone;

    #[test]
    fn from_each_of_the_empty_lines_behind_a_record_its_beginning_is_found() {
        let clock = Clock {
            zone: Zone::Host,
            last_write: chrono::DateTime::UNIX_EPOCH.fixed_offset(),
            day_first: None,
            epoch_field: None,
        };
        let block = b"\n\n2026-01-01 00:00:00 INFO x\n2026-01-01 00:00:01 INFO y\n\n\n\n\n";
        for (floor, expected) in [(0, 29), (29, 29), (56, 56), (58, 58)] {
            for start in (56..block.len()).filter(|start| *start >= floor) {
                let mut passed = Passed::default();
                assert_eq!(beginning(block, start, floor, &mut passed, &clock), expected, "{start} {floor}");
                let end = extent(block, expected, &mut passed, &clock);
                assert_eq!(end, Extent { end: block.len(), closed: false, cut: false }, "{start} {floor}");
            }
        }
        assert_eq!(beginning(block, 1, 0, &mut Passed::default(), &clock), 0);
        assert_eq!([0, 1, 2].map(|at| after_filled(block, at, 0)), [0, 1, 1]);
        assert_eq!(
            [(56, 0), (60, 0), (60, 57), (60, 60)].map(|(at, floor)| after_filled(block, at, floor)),
            [56, 56, 58, 60]
        );
    }
}
