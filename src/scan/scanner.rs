//! The table of patterns, compiled: one filter over the block, one regex over a line that is worth a look.

use std::ops::ControlFlow;

use anyhow::{Context, anyhow};
use regex_automata::{Input, MatchKind, PatternSet, meta};

use super::candidates::Filter;
use super::event::Event;
use super::lines::without_end;
use super::pass::Pass;
use crate::catalogue::Pattern;
use crate::catalogue::regex::{SIZE_LIMIT, line_safe_hir};
use crate::sources::{Clock, Source, Zone, header};
use crate::words::Level;

/// Compiled patterns; used for any number of sources.
#[derive(Debug)]
pub struct Scanner {
    pub(super) filter: Filter,
    lines: meta::Regex,
    min_levels: Vec<Option<Level>>,
    /// Records that are no events are told, too.
    pub(super) every_record: bool,
}

impl Scanner {
    /// Compiles `patterns`; events name them by their index.
    ///
    /// # Errors
    /// A regex that does not compile or grows beyond 10 MiB, with the pattern's name.
    pub fn new(patterns: &[Pattern]) -> anyhow::Result<Self> {
        let parsed = patterns
            .iter()
            .map(|pattern| {
                line_safe_hir(&pattern.regex)
                    .map_err(|reason| anyhow!("the regex of pattern '{}' does not work: {reason}", pattern.name))
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let config = meta::Config::new()
            .match_kind(MatchKind::All)
            .utf8_empty(false)
            .nfa_size_limit(Some(SIZE_LIMIT.saturating_mul(parsed.len().max(1))))
            .hybrid_cache_capacity(SIZE_LIMIT);
        let lines = meta::Builder::new()
            .configure(config)
            .build_many_from_hir(&parsed)
            .context("the patterns do not compile together")?;
        let filter = Filter::new(&parsed)?;
        Ok(Self {
            filter,
            lines,
            min_levels: patterns.iter().map(|pattern| pattern.min_level).collect(),
            every_record: false,
        })
    }

    /// Tells records that are no events, too: they have no pattern, and no level of warning or worse.
    #[must_use]
    pub const fn with_every_record(mut self, every: bool) -> Self {
        self.every_record = every;
        self
    }

    /// Reads `source` from where the last run left off to its end, and hands each event to `sink`, in order.
    /// `progress` hears after each block how many bytes it had. Either may end the scan early; then the source
    /// keeps no position. Trouble with the source is in its coverage.
    pub fn scan(
        &self,
        source: &mut Source,
        sink: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) {
        self.scan_in_blocks(source, super::pass::BLOCK, sink, progress);
    }

    pub(super) fn scan_in_blocks(
        &self,
        source: &mut Source,
        block: usize,
        sink: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) {
        let Some(start) = source.start() else { return };
        Pass::new(self, source, start, block, sink).run(progress);
    }

    /// Which patterns match `line`, its level considered, in table order.
    #[must_use]
    pub fn explain(&self, line: &[u8]) -> Vec<usize> {
        let line = without_end(line);
        // The level does not depend on the clock.
        let clock = Clock {
            zone: Zone::Host,
            last_write: chrono::DateTime::UNIX_EPOCH.fixed_offset(),
            day_first: None,
            epoch_field: None,
        };
        let level = header(line, &clock).level;
        let mut set = self.pattern_set();
        self.add_matches(line, 0..line.len(), &mut set);
        self.allowed(&set, level).collect()
    }

    pub(super) fn pattern_set(&self) -> PatternSet {
        PatternSet::new(self.lines.pattern_len())
    }

    /// Whether any pattern matches the line.
    pub(super) fn matches(&self, line: &[u8]) -> bool {
        self.lines.is_match(line)
    }

    /// Adds the patterns that match within `range` of `text`; what lies around it is seen by anchors only.
    pub(super) fn add_matches(&self, text: &[u8], range: std::ops::Range<usize>, set: &mut PatternSet) {
        if !set.is_full() {
            self.lines.which_overlapping_matches(&Input::new(text).range(range), set);
        }
    }

    /// The patterns of a set that a record of this level may be an event of, in table order.
    pub(super) fn allowed(&self, set: &PatternSet, level: Option<Level>) -> impl Iterator<Item = usize> {
        set.iter().map(|pattern| pattern.as_usize()).filter(move |index| {
            let least = self.min_levels.get(*index).copied().flatten();
            level.is_none_or(|level| least.is_none_or(|least| level >= least))
        })
    }
}
