//! Matches records against the table of patterns: one pass over the bytes, records in, events out.

mod candidates;
mod event;
mod pass;

use std::ops::ControlFlow;

use anyhow::Result;

pub use event::Event;

use self::candidates::Candidates;
use crate::catalogue::Pattern;
use crate::sources::Source;
use crate::sources::stamp::{Clock, Zone};
use crate::words::Level;

/// All patterns, compiled together.
#[derive(Debug)]
pub struct Scanner {
    candidates: Candidates,
    min_levels: Vec<Option<Level>>,
}

impl Scanner {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// A pattern that does not compile, or is too large, by its name.
    pub fn new(patterns: &[Pattern]) -> Result<Self> {
        Ok(Self {
            candidates: Candidates::new(patterns)?,
            min_levels: patterns.iter().map(|pattern| pattern.min_level).collect(),
        })
    }

    /// Reads a source to its end and gives every event in the window to `sink`. `progress` gets the bytes read so far,
    /// and may break off.
    pub fn scan(
        &self,
        source: &mut Source,
        sink: &mut dyn FnMut(&Event<'_>),
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) {
        pass::run(self, source, sink, progress);
    }

    /// The patterns that see this line, `min_level` applied, in the table's order.
    #[must_use]
    pub fn explain(&self, line: &[u8]) -> Vec<usize> {
        let epoch = chrono::DateTime::<chrono::FixedOffset>::default();
        let level = pass::level_of(line, &Clock { zone: Zone::Host, written: epoch });
        let mut seen = Vec::new();
        self.patterns_of(line, level, &mut seen);
        seen
    }

    /// The patterns that see a line of this record and that its level does not rule out.
    fn patterns_of(&self, record: &[u8], level: Option<Level>, seen: &mut Vec<usize>) {
        self.candidates.patterns_in(record, seen);
        let ruled_out = |at: &usize| {
            let least = self.min_levels.get(*at).copied().flatten();
            matches!((least, level), (Some(least), Some(level)) if level < least)
        };
        seen.retain(|at| !ruled_out(at));
    }
}

#[cfg(test)]
mod tests;
