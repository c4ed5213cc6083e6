//! The narrow door of the scan: a block goes in, the places of lines worth a look come out.
//!
//! What comes out is a superset: a line that any pattern matches, or that says of itself that it is a warning or
//! worse, is never missed; whether a candidate is one is decided elsewhere. A faster filter may take this one's place.

use aho_corasick::{AhoCorasick, MatchKind, Span, packed};
use regex_automata::{Input, meta};
use regex_syntax::hir::Hir;

use super::hints::{self, Check};
use super::literals;

/// The vector search holds so many texts; beyond it an automaton is better.
const VECTOR: usize = 64;

/// A place in a block: a byte of the line in question, and why it is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) at: usize,
    /// A pattern may match this line.
    pub(super) pattern: bool,
    /// The line may tell a level.
    pub(super) level: bool,
}

/// Finds candidates for a table of patterns.
#[derive(Debug)]
pub(super) struct Filter {
    /// Levels' names, longer texts, short texts: a vector search is the faster the rarer the beginnings of its texts
    /// are, and as long as the shortest allows.
    engines: [Engine; 3],
    /// The patterns that have no text which must stand, as one regex.
    rest: Option<meta::Regex>,
}

/// Looks for some texts.
#[derive(Debug)]
struct Engine {
    texts: Vec<Text>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Idle,
    Vector(packed::Searcher),
    Automaton(AhoCorasick),
}

/// What one of the texts, and those that it begins with, are looked for.
#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    pattern: bool,
    /// Length of the text that tells a level, and what must surround it.
    levels: Vec<(usize, Check)>,
}

impl Filter {
    /// Compiles the filter for patterns made safe by `catalogue::regex::line_safe_hir`.
    pub(super) fn new(patterns: &[Hir]) -> anyhow::Result<Self> {
        let level =
            |bytes: &[u8], check| Text { bytes: bytes.to_vec(), pattern: false, levels: vec![(bytes.len(), check)] };
        let words = hints::WORDS.iter().map(|word| level(word, Check::Word)).collect();
        let mut long: Vec<Text> = hints::TEXTS.iter().map(|(text, check)| level(text, *check)).collect();
        let mut short = Vec::new();
        let mut rest = Vec::new();
        for hir in patterns {
            let Some(found) = literals::required(hir) else {
                rest.push(hir);
                continue;
            };
            for bytes in found {
                let text = Text { bytes: literals::rarest_tail(&bytes).to_vec(), pattern: true, levels: Vec::new() };
                if text.bytes.len() < literals::WINDOW { short.push(text) } else { long.push(text) }
            }
        }
        let engines = [Engine::new(words)?, Engine::new(long)?, Engine::new(short)?];
        let config = meta::Config::new().utf8_empty(false).nfa_size_limit(None);
        let rest = match rest.as_slice() {
            [] => None,
            rest => Some(meta::Builder::new().configure(config).build_many_from_hir(rest)?),
        };
        Ok(Self { engines, rest })
    }

    /// Searches the lines of `block`; `folded` is the same in ASCII lower case.
    pub(super) const fn search<'a>(&'a self, block: &'a [u8], folded: &'a [u8]) -> Search<'a> {
        Search { filter: self, block, folded, texts: [Slot::Stale; 3], starts: Slot::Stale, rest: Slot::Stale }
    }
}

/// One of each text; what a text begins with is told with it, since the engine tells the longest at a place only.
fn merge(mut texts: Vec<Text>) -> Vec<Text> {
    texts.sort_by(|left, right| left.bytes.cmp(&right.bytes));
    let mut merged: Vec<Text> = Vec::new();
    for text in texts {
        match merged.last_mut() {
            Some(last) if last.bytes == text.bytes => {
                last.pattern |= text.pattern;
                last.levels.extend(text.levels);
            }
            _ => merged.push(text),
        }
    }
    for index in 0..merged.len() {
        let (before, after) = merged.split_at_mut(index);
        let Some(text) = after.first_mut() else { break };
        for shorter in before.iter().filter(|shorter| text.bytes.starts_with(&shorter.bytes)) {
            text.pattern |= shorter.pattern;
            for level in &shorter.levels {
                if !text.levels.contains(level) {
                    text.levels.push(*level);
                }
            }
        }
    }
    merged
}

impl Engine {
    fn new(texts: Vec<Text>) -> anyhow::Result<Self> {
        let texts = merge(texts);
        let bytes = texts.iter().map(|text| &text.bytes);
        let mut config = packed::Config::new();
        config.match_kind(packed::MatchKind::LeftmostLongest);
        let vector = match texts.len() {
            1..=VECTOR => config.builder().extend(bytes.clone()).build(),
            _ => None,
        };
        let kind = match vector {
            _ if texts.is_empty() => Kind::Idle,
            Some(searcher) => Kind::Vector(searcher),
            None => Kind::Automaton(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(bytes)?),
        };
        Ok(Self { texts, kind })
    }

    /// The next text that stands as it must.
    fn find(&self, folded: &[u8], mut from: usize) -> Option<Candidate> {
        loop {
            let (at, index) = match &self.kind {
                Kind::Idle => return None,
                Kind::Vector(searcher) => {
                    let found = searcher.find_in(folded, Span { start: from, end: folded.len() })?;
                    (found.start(), found.pattern().as_usize())
                }
                Kind::Automaton(automaton) => {
                    let found = automaton.find(aho_corasick::Input::new(folded).range(from..))?;
                    (found.start(), found.pattern().as_usize())
                }
            };
            let text = self.texts.get(index)?;
            let level = text.levels.iter().any(|(length, check)| check.holds(folded, at, at + length));
            if text.pattern || level {
                return Some(Candidate { at, pattern: text.pattern, level });
            }
            from = at + 1;
        }
    }
}

/// A search through one block, from its start to its end.
#[derive(Debug)]
pub(super) struct Search<'a> {
    filter: &'a Filter,
    block: &'a [u8],
    folded: &'a [u8],
    texts: [Slot; 3],
    starts: Slot,
    rest: Slot,
}

/// The next place of one kind, looked for once.
#[derive(Clone, Copy, Debug)]
enum Slot {
    Stale,
    At(Candidate),
    Done,
}

impl Slot {
    fn advance(&mut self, from: usize, find: impl FnOnce() -> Option<Candidate>) -> Option<Candidate> {
        match self {
            Self::At(candidate) if candidate.at >= from => return Some(*candidate),
            Self::Done => return None,
            _ => {}
        }
        let found = find();
        *self = found.map_or(Self::Done, Self::At);
        found
    }
}

impl Search<'_> {
    /// The first candidate at `from` or after it. `from` never goes back.
    pub(super) fn next(&mut self, from: usize) -> Option<Candidate> {
        if from >= self.block.len() {
            return None;
        }
        let (filter, block, folded) = (self.filter, self.block, self.folded);
        let [words, long, short] = &mut self.texts;
        let [first, second, third] = &filter.engines;
        let found = [
            words.advance(from, || first.find(folded, from)),
            long.advance(from, || second.find(folded, from)),
            short.advance(from, || third.find(folded, from)),
            self.starts.advance(from, || start(block, from)),
            filter.rest.as_ref().and_then(|regex| self.rest.advance(from, || regular(regex, block, from))),
        ];
        let at = found.iter().flatten().map(|candidate| candidate.at).min()?;
        let here = || found.iter().flatten().filter(|candidate| candidate.at == at);
        let (pattern, level) = (here().any(|candidate| candidate.pattern), here().any(|candidate| candidate.level));
        Some(Candidate { at, pattern, level })
    }
}

/// Lines that tell their level by how they begin.
fn start(block: &[u8], from: usize) -> Option<Candidate> {
    let found = |at| Candidate { at, pattern: false, level: true };
    let begins = from == 0 || block.get(from - 1) == Some(&b'\n');
    if begins && hints::line_start(block.get(from..)?) {
        return Some(found(from));
    }
    let rest = block.get(from..)?;
    memchr::memchr_iter(b'\n', rest)
        .map(|newline| from + newline + 1)
        .find(|at| block.get(*at..).is_some_and(hints::line_start))
        .map(found)
}

fn regular(regex: &meta::Regex, block: &[u8], from: usize) -> Option<Candidate> {
    let found = regex.search_half(&Input::new(block).range(from..).earliest(true))?;
    // The end of a match lies in its line, or at the line's end.
    let at = found.offset().min(block.len() - 1);
    Some(Candidate { at: at.max(from), pattern: true, level: false })
}
