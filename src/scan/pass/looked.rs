//! Which lines of a block are worth finding their record.

use crate::scan::candidates::Candidate;
use crate::scan::judge::tells_trouble;
use crate::scan::lines::{line_at, without_end};
use crate::scan::scanner::Scanner;
use crate::sources::Clock;

/// Lines that are looked at whatever the filter says of them.
pub(super) struct Lines {
    pub(super) every: bool,
    /// Those that may be an application's report.
    pub(super) objects: bool,
    /// From where on the next one is known, and where it begins.
    pub(super) next: std::ops::Range<usize>,
}

impl Lines {
    /// The first place to look at: that of the filter, or one of these lines.
    pub(super) fn before<'a>(
        &mut self,
        block: &[u8],
        from: usize,
        found: Option<Candidate<'a>>,
    ) -> Option<Candidate<'a>> {
        if !self.every && !self.objects {
            return found;
        }
        if from >= self.next.end || self.next.is_empty() {
            let begins = |at: &usize| self.every || block.get(*at) == Some(&b'{');
            let newlines = memchr::memchr_iter(b'\n', block.get(from..).unwrap_or_default());
            let starts = newlines.map(|newline| from + newline + 1).filter(|at| *at < block.len());
            let here = Some(from).filter(|at| *at == 0 || block.get(at - 1) == Some(&b'\n'));
            let next = here.into_iter().chain(starts).find(begins).unwrap_or(block.len());
            self.next = from..next.max(from);
        }
        let own = Candidate { at: self.next.end, ..Candidate::default() };
        match found {
            Some(found) if found.at < own.at => Some(found),
            found => Some(own).filter(|own| own.at < block.len()).or(found),
        }
    }

    pub(super) const fn wants(&self, at: usize) -> bool {
        (self.every || self.objects) && at == self.next.end
    }
}

/// The line that was looked at last, and in which respects.
pub(super) struct Looked {
    pub(super) line: std::ops::Range<usize>,
    /// The patterns that were tried; few.
    patterns: Vec<usize>,
    level: bool,
}

impl Looked {
    pub(super) const fn new() -> Self {
        Self { line: 0..0, patterns: Vec::new(), level: false }
    }

    /// Whether the line of the candidate is worth finding its record. Each line is looked at once in each respect,
    /// so that a long line full of candidates takes no longer than any other.
    pub(super) fn look(&mut self, scanner: &Scanner, block: &[u8], candidate: &Candidate<'_>, clock: &Clock) -> bool {
        self.go_to(block, candidate.at);
        let line = without_end(block.get(self.line.clone()).unwrap_or_default());
        for pattern in candidate.patterns.into_iter().flatten() {
            if !self.patterns.contains(pattern) {
                self.patterns.push(*pattern);
                if scanner.matches(*pattern, line) {
                    return true;
                }
            }
        }
        candidate.level && !std::mem::replace(&mut self.level, true) && tells_trouble(line, clock)
    }

    pub(super) fn go_to(&mut self, block: &[u8], at: usize) {
        if at >= self.line.end {
            self.line = line_at(block, at);
            self.patterns.clear();
            self.level = false;
        }
    }
}
