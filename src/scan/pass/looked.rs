//! Which lines of a block are worth finding their record.

use crate::scan::candidates::{Candidate, Search};
use crate::scan::judge::tells_trouble;
use crate::scan::lines::{line_at, without_end};
use crate::scan::scanner::{Matches, Scanner};
use crate::sources::{Clock, Header, header};

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
    header: Option<Header>,
    level: bool,
    /// When each pattern was tried last.
    tried: Vec<usize>,
    /// Lines so far.
    turn: usize,
}

impl Looked {
    pub(super) fn new(scanner: &Scanner) -> Self {
        Self { line: 0..0, header: None, level: false, tried: vec![0; scanner.patterns()], turn: 0 }
    }

    /// Whether the line of the candidate is worth finding its record. Each line is looked at once in each respect,
    /// so that a long line full of candidates takes no longer than any other.
    pub(super) fn look(
        &mut self,
        scanner: &Scanner,
        block: &[u8],
        candidate: &Candidate<'_>,
        clock: &Clock,
        set: &mut Matches,
    ) -> bool {
        self.go_to(block, candidate.at);
        if self.find(scanner, block, candidate, set) {
            return true;
        }
        candidate.level && !std::mem::replace(&mut self.level, true) && {
            let line = without_end(block.get(self.line.clone()).unwrap_or_default());
            let header = self.header.get_or_insert_with(|| header(line, clock));
            tells_trouble(line, header)
        }
    }

    /// Tries the patterns of the candidate, which lies in the line. Whether one matches that was not known to.
    fn find(&mut self, scanner: &Scanner, block: &[u8], candidate: &Candidate<'_>, set: &mut Matches) -> bool {
        let line = without_end(block.get(self.line.clone()).unwrap_or_default());
        let mut found = false;
        for pattern in candidate.patterns.into_iter().flatten() {
            let Some(tried) = self.tried.get_mut(*pattern) else { continue };
            if std::mem::replace(tried, self.turn) != self.turn && !set.has(*pattern) && scanner.matches(*pattern, line)
            {
                set.add(*pattern);
                found = true;
            }
        }
        found
    }

    /// Finds what else matches from the candidate at hand to the end of its record.
    pub(super) fn rest(
        &mut self,
        scanner: &Scanner,
        block: &[u8],
        range: std::ops::Range<usize>,
        search: &mut Search<'_>,
        set: &mut Matches,
    ) {
        let mut from = range.start;
        while let Some(candidate) = search.next(from).filter(|candidate| candidate.at < range.end) {
            self.go_to(block, candidate.at);
            self.find(scanner, block, &candidate, set);
            from = candidate.at + 1;
        }
    }

    /// The header of the line that starts at `start`, when it was read.
    pub(super) fn header(&self, start: usize) -> Option<Header> {
        self.header.clone().filter(|_| self.line.start == start)
    }

    pub(super) fn go_to(&mut self, block: &[u8], at: usize) {
        if at >= self.line.end {
            self.line = line_at(block, at);
            self.turn += 1;
            self.header = None;
            self.level = false;
        }
    }
}
