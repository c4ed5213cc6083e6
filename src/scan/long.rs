//! A line longer than the bound: scanned on in overlapping pieces, told as one event.

use std::ops::{ControlFlow, Range};

use super::judge::Judgement;
use super::lines::without_end;
use super::pass::{BLOCK, LONGEST_LINE, Pass};
use crate::sources::{Application, LongApplication, MOST_BYTES, header, tells_failure};
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
        // An object ends with what may matter most. So many bytes of the buffer went into it.
        let mut report = self.opens_object().then(LongApplication::default);
        let mut fed = 0;
        let ended = loop {
            let newline = memchr::memchr(b'\n', &self.buffer);
            if newline.is_none() && self.buffer.len() < LONGEST_LINE + OVERLAP {
                if self.source.read(&mut self.buffer, BLOCK) {
                    continue;
                }
                self.feed(report.as_mut(), fed..self.buffer.len());
                let length = self.buffer.len();
                self.scanner.add_matches(&self.buffer, usize::from(!first)..length, &mut set);
                break None;
            }
            if let Some(newline) = newline {
                self.feed(report.as_mut(), fed..newline);
                let line = without_end(self.bytes(0..newline + 1));
                self.scanner.add_matches(line, usize::from(!first).min(line.len())..line.len(), &mut set);
                break Some(newline + 1);
            }
            // One byte at either end is seen by anchors and word boundaries only.
            let end = self.buffer.len() - 1;
            self.scanner.add_matches(&self.buffer, usize::from(!first)..end, &mut set);
            first = false;
            self.feed(report.as_mut(), fed..self.buffer.len());
            fed = OVERLAP;
            self.drop_front(self.buffer.len() - OVERLAP, 0);
        };
        if ended.is_none() && !self.source.gives_half() {
            self.source.go_back(mark);
            self.buffer.clear();
            return ControlFlow::Continue(());
        }
        self.drop_front(ended.unwrap_or(self.buffer.len()), u64::from(ended.is_some()));
        self.long += 1;
        let report = report.and_then(LongApplication::finish);
        let time = head.time.or(report.as_ref().and_then(|report| report.time));
        if time.is_some() {
            self.stamp = time;
            self.source.stamped(time, time);
        }
        let report_level = report.as_ref().and_then(|report| report.level);
        let told = report.as_ref().filter(|_| self.source.takes_reports()).map(|_| Level::Error);
        let level = head.level.or(report_level).or(told).or(failed.then_some(Level::Error));
        let patterns = self.scanner.allowed(&set, level).collect();
        let judgement = Judgement { time, level, message: head.message, patterns };
        if judgement.is_event() || self.scanner.every_record {
            // Only on standard input may it call itself what it wants.
            let named = self.source.takes_reports();
            let report = report.map(|report| Application { name: report.name.filter(|_| named), ..report });
            self.deliver(&text, &judgement, self.stamp, (offset, number), report.as_ref())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn opens_object(&self) -> bool {
        self.buffer.trim_ascii_start().starts_with(b"{")
    }

    fn feed(&self, report: Option<&mut LongApplication>, range: Range<usize>) {
        if let Some(report) = report {
            report.feed(self.bytes(range), &self.clock);
        }
    }

    fn drop_front(&mut self, length: usize, lines: u64) {
        self.source.consume(self.buffer.get(..length).unwrap_or_default(), lines);
        self.buffer.drain(..length);
        self.base += length as u64;
        self.line += lines;
    }
}
