//! The table of patterns: one filter over the block, and each pattern's regex over lines that it may match.

use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

use anyhow::anyhow;
use regex_automata::{Input, meta};
use regex_syntax::hir::Hir;

use super::candidates::Filter;
use super::event::Event;
use super::lines::without_end;
use super::pass::Pass;
use crate::catalogue::Pattern;
use crate::catalogue::regex::line_safe_hir;
use crate::sources::{Clock, Source, Zone, header};
use crate::words::Level;

/// One pattern's regex, compiled when the first line may match it.
#[derive(Debug)]
struct Matcher {
    hir: Hir,
    cache: usize,
    regex: OnceLock<Option<meta::Regex>>,
}

impl Matcher {
    /// All automata of a table share so many bytes of memory, but each has what it needs to be quick.
    const CACHES: usize = 16 << 20;

    fn is_match(&self, input: Input<'_>) -> bool {
        // What was parsed and sized when the table was read does compile.
        let build = || {
            let config = meta::Config::new().utf8_empty(false).nfa_size_limit(None).hybrid_cache_capacity(self.cache);
            meta::Builder::new().configure(config).build_from_hir(&self.hir).ok()
        };
        self.regex.get_or_init(build).as_ref().is_some_and(|regex| regex.is_match(input))
    }
}

/// Which patterns were found to match, and scratch memory for finding them.
#[derive(Debug)]
pub(super) struct Matches {
    found: Vec<bool>,
    tried: Vec<bool>,
    folded: Vec<u8>,
}

impl Matches {
    pub(super) fn clear(&mut self) {
        self.found.fill(false);
    }

    pub(super) fn has(&self, pattern: usize) -> bool {
        self.found.get(pattern) == Some(&true)
    }

    pub(super) fn add(&mut self, pattern: usize) {
        if let Some(found) = self.found.get_mut(pattern) {
            *found = true;
        }
    }
}

/// The table of patterns; used for any number of sources.
#[derive(Debug)]
pub struct Scanner {
    pub(super) filter: Filter,
    matchers: Vec<Matcher>,
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
        let filter = Filter::new(&parsed)?;
        let cache = (Matcher::CACHES / parsed.len().max(1)).clamp(256 << 10, 2 << 20);
        let matchers = parsed.into_iter().map(|hir| Matcher { hir, cache, regex: OnceLock::new() }).collect();
        Ok(Self {
            filter,
            matchers,
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

    pub(super) fn pattern_set(&self) -> Matches {
        let none = vec![false; self.matchers.len()];
        Matches { found: none.clone(), tried: none, folded: Vec::new() }
    }

    /// How many patterns there are.
    pub(super) const fn patterns(&self) -> usize {
        self.matchers.len()
    }

    /// Whether one pattern matches the line.
    pub(super) fn matches(&self, pattern: usize, line: &[u8]) -> bool {
        self.matchers.get(pattern).is_some_and(|matcher| matcher.is_match(Input::new(line)))
    }

    /// Adds the patterns that match within `range` of `text`; what lies around it is seen by anchors only.
    pub(super) fn add_matches(&self, text: &[u8], range: Range<usize>, matches: &mut Matches) {
        let Matches { found, tried, folded } = matches;
        tried.copy_from_slice(found);
        folded.clear();
        folded.extend(text.get(range.clone()).unwrap_or_default().iter().map(u8::to_ascii_lowercase));
        self.filter.patterns(folded, |pattern| {
            if let (Some(tried), Some(found), Some(matcher)) =
                (tried.get_mut(pattern), found.get_mut(pattern), self.matchers.get(pattern))
                && !std::mem::replace(tried, true)
            {
                *found = matcher.is_match(Input::new(text).range(range.clone()));
            }
        });
    }

    /// The patterns found that a record of this level may be an event of, in table order.
    pub(super) fn allowed(&self, matches: &Matches, level: Option<Level>) -> impl Iterator<Item = usize> {
        matches.found.iter().enumerate().filter(|(_, found)| **found).map(|(index, _)| index).filter(move |index| {
            let least = self.min_levels.get(*index).copied().flatten();
            level.is_none_or(|level| least.is_none_or(|least| level >= least))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::pass::tests::pattern;

    /// A pattern that does not work is told when the table is read: what passes there compiles when it is needed.
    #[test]
    fn what_is_as_large_as_may_be_compiles_when_it_is_needed() {
        let wide = |copies: usize| format!(r"x(?:\pL\pN.){{{copies}}}");
        let copies: Vec<usize> = (0..16).map(|power| 1 << power).collect();
        let (mut small, mut large) = (0, 0);
        for copies in copies {
            let Ok(scanner) = Scanner::new(&[pattern("wide", &wide(copies), None)]) else {
                large += 1;
                continue;
            };
            small += 1;
            let text = format!("x{}", "a1.".repeat(copies));
            assert!(scanner.matches(0, text.as_bytes()), "{copies}");
        }
        assert!(small > 3 && large > 3, "{small} {large}");
    }
}
