//! A line longer than the bound: scanned on in overlapping pieces, told as one event.

use std::ops::ControlFlow;

use super::judge::Judgement;
use super::lines::without_end;
use super::pass::{BLOCK, LONGEST_LINE, Pass};
use crate::sources::{MOST_BYTES, header, tells_failure};
use crate::words::Level;

/// What one piece has in common with the next: a match as long as this is not missed.
const OVERLAP: usize = 64 * 1024;

impl Pass<'_> {
    /// The buffer begins with a line of more than 1 MiB and holds no line end. Reads on until the line has ended,
    /// and tells it. A half line at the end of a growing file waits.
    pub(super) fn long_line(&mut self) -> ControlFlow<()> {
        let mark = self.source.mark();
        let (offset, number) = (self.base, self.line);
        let head = header(&self.buffer, &self.clock);
        let failed = tells_failure(self.bytes(head.message.clone()), head.time.is_some());
        let text = self.bytes(0..MOST_BYTES).to_vec();
        let mut set = self.scanner.pattern_set();
        let mut first = true;
        let ended = loop {
            let newline = memchr::memchr(b'\n', &self.buffer);
            if newline.is_none() && self.buffer.len() < LONGEST_LINE + OVERLAP {
                if self.source.read(&mut self.buffer, BLOCK) {
                    continue;
                }
                let length = self.buffer.len();
                self.scanner.add_matches(&self.buffer, usize::from(!first)..length, &mut set);
                break None;
            }
            if let Some(newline) = newline {
                let line = without_end(self.bytes(0..newline + 1));
                self.scanner.add_matches(line, usize::from(!first).min(line.len())..line.len(), &mut set);
                break Some(newline + 1);
            }
            // One byte at either end is seen by anchors and word boundaries only.
            let end = self.buffer.len() - 1;
            self.scanner.add_matches(&self.buffer, usize::from(!first)..end, &mut set);
            first = false;
            self.drop_front(self.buffer.len() - OVERLAP, 0);
        };
        if ended.is_none() && !self.source.gives_half() {
            self.source.go_back(mark);
            self.buffer.clear();
            return ControlFlow::Continue(());
        }
        self.drop_front(ended.unwrap_or(self.buffer.len()), u64::from(ended.is_some()));
        self.long += 1;
        if head.time.is_some() {
            self.stamp = head.time;
            self.source.stamped(head.time, head.time);
        }
        let level = head.level.or(failed.then_some(Level::Error));
        let patterns = self.scanner.allowed(&set, level).collect();
        let judgement = Judgement { time: head.time, level, message: head.message, patterns };
        if judgement.is_event() || self.scanner.every_record {
            self.deliver(&text, &judgement, self.stamp, (offset, number), None)
        } else {
            ControlFlow::Continue(())
        }
    }

    fn drop_front(&mut self, length: usize, lines: u64) {
        self.source.consume(self.buffer.get(..length).unwrap_or_default(), lines);
        self.buffer.drain(..length);
        self.base += length as u64;
        self.line += lines;
    }
}
