//! The narrow door: a block in, places worth a look out. A faster filter can take its place.

use anyhow::{Result, anyhow};
use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet};
use regex_syntax::hir::Hir;

use crate::catalogue::Pattern;
use crate::catalogue::regex::line_safe_hir;

/// Largest compiled automaton, in bytes.
const MAX_COMPILED: usize = 10 * 1024 * 1024;
const CACHE: usize = 8 * 1024 * 1024;

/// What a line may hold that says of itself that something is wrong; the header decides whether it does.
const LEVEL_WORDS: &str = r#"error|fatal|crit|alert|emerg|panic|severe|warn|traceback|exception|uncaught|unhandled|\berr\b|\bEF\b|"?(?:level|severity|priority)"?\s*[:=]\s*"?[0-7EFW]|(?-i:^[EFW][0-9]{4} |[ \t][EFW][ /\t]|^[EFW]/|^<[0-9]{1,3}>|^[EFW] )"#;

/// All patterns and the words of levels in one matcher.
#[derive(Debug)]
pub(super) struct Candidates {
    /// Patterns, and behind them the level words.
    all: Regex,
    /// Patterns alone.
    patterns: Regex,
    count: usize,
}

impl Candidates {
    pub fn new(patterns: &[Pattern]) -> Result<Self> {
        let mut hirs = Vec::with_capacity(patterns.len() + 1);
        for pattern in patterns {
            hirs.push(line_safe_hir(&pattern.regex).map_err(|reason| fault(pattern, &reason))?);
        }
        let own = build(&hirs, MatchKind::All).map_err(|reason| culprit(patterns, &hirs, &reason))?;
        hirs.push(line_safe_hir(LEVEL_WORDS).map_err(|reason| anyhow!("level words: {reason}"))?);
        let all = build(&hirs, MatchKind::LeftmostFirst)
            .map_err(|reason| anyhow!("the patterns together are too large: {reason}"))?;
        Ok(Self { all, patterns: own, count: patterns.len() })
    }

    /// The end of the first match at or after `from`: its line is worth a look.
    pub fn next(&self, block: &[u8], from: usize) -> Option<usize> {
        let input = Input::new(block).range(from..);
        self.all.search_half(&input).map(|found| found.offset())
    }

    /// Which patterns see a line of `text`.
    pub fn patterns_in(&self, text: &[u8], seen: &mut Vec<usize>) {
        seen.clear();
        if self.count == 0 {
            return;
        }
        let mut set = PatternSet::new(self.count);
        self.patterns.which_overlapping_matches(&Input::new(text), &mut set);
        seen.extend(set.iter().map(|pattern| pattern.as_usize()));
    }
}

fn fault(pattern: &Pattern, reason: &str) -> anyhow::Error {
    anyhow!("pattern `{}`: the regex does not compile: {reason}", pattern.name)
}

/// The pattern that is too large by itself; only looked for when something is.
fn culprit(patterns: &[Pattern], hirs: &[Hir], reason: &str) -> anyhow::Error {
    let alone = |hir: &Hir| build(std::slice::from_ref(hir), MatchKind::All).err();
    let found = patterns.iter().zip(hirs).find_map(|(pattern, hir)| Some(fault(pattern, &alone(hir)?)));
    found.unwrap_or_else(|| anyhow!("the patterns together are too large: {reason}"))
}

fn build(hirs: &[Hir], kind: MatchKind) -> Result<Regex, String> {
    let config = Config::new()
        .match_kind(kind)
        .utf8_empty(false)
        .nfa_size_limit(Some(MAX_COMPILED))
        .hybrid_cache_capacity(CACHE);
    Regex::builder()
        .configure(config)
        .syntax(syntax::Config::new().utf8(false))
        .build_many_from_hir(hirs)
        .map_err(|error| error.to_string())
}
