//! The narrow door of the scan: a block goes in, the places of lines worth a look come out.
//!
//! What comes out is a superset: a line that any pattern matches, or that says of itself that it is a warning or
//! worse, is never missed; whether a candidate is one is decided elsewhere. A faster filter may take this one's place.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind, Span, packed};
use regex_automata::{Input, meta};
use regex_syntax::hir::Hir;

use super::grams::{self, Grams};
use super::hints::{self, Check};
use super::literals;

/// The vector search holds so many texts; beyond it an automaton is better.
const VECTOR: usize = 64;

/// A place in a block: a byte of the line in question, and why it is worth a look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Candidate<'a> {
    pub(super) at: usize,
    /// These patterns may match the line.
    pub(super) patterns: [&'a [usize]; 4],
    /// The line may tell a level.
    pub(super) level: bool,
}

/// Finds candidates for a table of patterns.
#[derive(Debug)]
pub(super) struct Filter {
    /// Levels' names, texts of four bytes and more, shorter ones: a vector search is the faster the fewer its texts and
    /// the rarer their beginnings are, and as long as the shortest allows. Then the longest texts, by their grams.
    engines: [Engine; 4],
    /// The patterns that have no text which must stand.
    rest: Rest,
}

/// Patterns without a text, as one regex once there is something to search.
#[derive(Debug)]
struct Rest {
    patterns: Vec<usize>,
    hirs: Vec<Hir>,
    regex: OnceLock<Option<meta::Regex>>,
}

/// Looks for some texts.
#[derive(Debug)]
struct Engine {
    texts: Vec<Text>,
    kind: Kind,
    /// Some of the texts are patterns'.
    patterns: bool,
}

#[derive(Debug)]
enum Kind {
    Idle,
    Vector(packed::Searcher),
    Grams(Grams),
    Automaton(AhoCorasick),
}

/// What one of the texts, and those that it begins with, are looked for.
#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// In table order.
    patterns: Vec<usize>,
    /// Length of the text that tells a level, and what must surround it.
    levels: Vec<(usize, Check)>,
}

impl Filter {
    /// Compiles the filter for patterns made safe by `catalogue::regex::line_safe_hir`.
    pub(super) fn new(patterns: &[Hir]) -> anyhow::Result<Self> {
        let level = |bytes: &[u8], check| Text {
            bytes: bytes.to_vec(),
            patterns: Vec::new(),
            levels: vec![(bytes.len(), check)],
        };
        let words = hints::WORDS.iter().map(|word| level(word, Check::Word)).collect();
        let hints = hints::TEXTS.iter().map(|(text, check)| level(text, *check));
        let (mut longest, mut long): (Vec<Text>, Vec<Text>) =
            hints.partition(|text| text.bytes.len() >= grams::SHORTEST);
        let mut short = Vec::new();
        let mut rest = Rest { patterns: Vec::new(), hirs: Vec::new(), regex: OnceLock::new() };
        for (index, hir) in patterns.iter().enumerate() {
            let Some(found) = literals::required(hir) else {
                rest.patterns.push(index);
                rest.hirs.push(hir.clone());
                continue;
            };
            for bytes in found {
                let text = Text { bytes, patterns: vec![index], levels: Vec::new() };
                match text.bytes.len() {
                    grams::SHORTEST.. => longest.push(text.cut(grams::rarest_tail)),
                    literals::WINDOW.. => long.push(text.cut(literals::rarest_tail)),
                    _ => short.push(text),
                }
            }
        }
        let engines = [Engine::new(words)?, Engine::new(long)?, Engine::new(short)?, Engine::of_grams(longest)];
        Ok(Self { engines, rest })
    }

    /// How many texts are looked for by their grams.
    #[cfg(test)]
    pub(super) fn longer_texts(&self) -> usize {
        let grams = self.engines.iter().filter(|engine| matches!(engine.kind, Kind::Grams(_)));
        grams.map(|engine| engine.texts.len()).sum()
    }

    /// Hands on which patterns may match within `folded`, a piece of a line in lower case; one may come often.
    pub(super) fn patterns(&self, folded: &[u8], mut take: impl FnMut(usize)) {
        self.rest.patterns.iter().copied().for_each(&mut take);
        for engine in self.engines.iter().filter(|engine| engine.patterns) {
            let mut from = 0;
            while let Some((at, text)) = engine.text(folded, from) {
                text.patterns.iter().copied().for_each(&mut take);
                from = at + 1;
            }
        }
    }

    /// Searches the lines of `block`; `folded` is the same in ASCII lower case.
    pub(super) const fn search<'a>(&'a self, block: &'a [u8], folded: &'a [u8]) -> Search<'a> {
        Search { filter: self, block, folded, texts: [Slot::Stale; 4], starts: Slot::Stale, rest: Slot::Stale }
    }
}

/// One of each text; what a text begins with is told with it, since the engine tells the longest at a place only.
fn merge(mut texts: Vec<Text>) -> Vec<Text> {
    texts.sort_by(|left, right| left.bytes.cmp(&right.bytes));
    let mut merged: Vec<Text> = Vec::new();
    for text in texts {
        match merged.last_mut() {
            Some(last) if last.bytes == text.bytes => {
                last.add(&text.patterns);
                last.levels.extend(text.levels);
            }
            _ => merged.push(text),
        }
    }
    for index in 0..merged.len() {
        let (before, after) = merged.split_at_mut(index);
        let Some(text) = after.first_mut() else { break };
        for shorter in before {
            if !text.bytes.starts_with(&shorter.bytes) {
                continue;
            }
            text.add(&shorter.patterns);
            for level in &shorter.levels {
                if !text.levels.contains(level) {
                    text.levels.push(*level);
                }
            }
        }
    }
    merged
}

impl Text {
    fn cut(self, part: fn(&[u8]) -> &[u8]) -> Self {
        Self { bytes: part(&self.bytes).to_vec(), ..self }
    }

    fn add(&mut self, patterns: &[usize]) {
        self.patterns.extend_from_slice(patterns);
        self.patterns.sort_unstable();
        self.patterns.dedup();
    }
}

impl Rest {
    fn regex(&self) -> Option<&meta::Regex> {
        let build = || {
            let config = meta::Config::new().utf8_empty(false).nfa_size_limit(None);
            meta::Builder::new().configure(config).build_many_from_hir(&self.hirs).ok()
        };
        if self.hirs.is_empty() { None } else { self.regex.get_or_init(build).as_ref() }
    }

    fn find(&self, block: &[u8], from: usize) -> Option<Candidate<'_>> {
        let found = self.regex()?.search_half(&Input::new(block).range(from..).earliest(true))?;
        // The end of a match lies in its line, or at the line's end.
        let at = found.offset().min(block.len() - 1).max(from);
        Some(Candidate { at, patterns: [&self.patterns, &[], &[], &[]], level: false })
    }
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
        let patterns = texts.iter().any(|text| !text.patterns.is_empty());
        Ok(Self { texts, kind, patterns })
    }

    fn of_grams(texts: Vec<Text>) -> Self {
        let texts = merge(texts);
        let bytes: Vec<_> = texts.iter().map(|text| text.bytes.clone()).collect();
        let kind = if bytes.is_empty() { Kind::Idle } else { Kind::Grams(Grams::new(bytes)) };
        let patterns = texts.iter().any(|text| !text.patterns.is_empty());
        Self { texts, kind, patterns }
    }

    /// The next text that stands as it must.
    fn find(&self, block: &[u8], folded: &[u8], mut from: usize) -> Option<Candidate<'_>> {
        loop {
            let (at, text) = self.text(folded, from)?;
            let level = text.levels.iter().any(|(length, check)| check.holds(block, folded, at, at + length));
            if level || !text.patterns.is_empty() {
                return Some(Candidate { at, patterns: [&text.patterns, &[], &[], &[]], level });
            }
            from = at + 1;
        }
    }

    /// The next text, and where it stands.
    fn text(&self, folded: &[u8], from: usize) -> Option<(usize, &Text)> {
        let (at, index) = match &self.kind {
            Kind::Idle => return None,
            Kind::Vector(searcher) => {
                let found = searcher.find_in(folded, Span { start: from, end: folded.len() })?;
                (found.start(), found.pattern().as_usize())
            }
            Kind::Grams(grams) => grams.find(folded, from)?,
            Kind::Automaton(automaton) => {
                let found = automaton.find(aho_corasick::Input::new(folded).range(from..))?;
                (found.start(), found.pattern().as_usize())
            }
        };
        Some((at, self.texts.get(index)?))
    }
}

/// A search through one block, from its start to its end.
#[derive(Debug)]
pub(super) struct Search<'a> {
    filter: &'a Filter,
    block: &'a [u8],
    folded: &'a [u8],
    texts: [Slot<'a>; 4],
    starts: Slot<'a>,
    rest: Slot<'a>,
}

/// The next place of one kind, looked for once.
#[derive(Clone, Copy, Debug)]
enum Slot<'a> {
    Stale,
    At(Candidate<'a>),
    Done,
}

impl<'a> Slot<'a> {
    fn advance(&mut self, from: usize, find: impl FnOnce() -> Option<Candidate<'a>>) -> Option<Candidate<'a>> {
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

impl<'a> Search<'a> {
    /// The first candidate at `from` or after it. `from` never goes back.
    pub(super) fn next(&mut self, from: usize) -> Option<Candidate<'a>> {
        if from >= self.block.len() {
            return None;
        }
        let (filter, block, folded) = (self.filter, self.block, self.folded);
        let [words, long, short, longest] = &mut self.texts;
        let [first, second, third, fourth] = &filter.engines;
        let found = [
            words.advance(from, || first.find(block, folded, from)),
            long.advance(from, || second.find(block, folded, from)),
            short.advance(from, || third.find(block, folded, from)),
            longest.advance(from, || fourth.find(block, folded, from)),
            self.starts.advance(from, || start(block, from)),
            self.rest.advance(from, || filter.rest.find(block, from)),
        ];
        let at = found.iter().flatten().map(|candidate| candidate.at).min()?;
        let mut here = Candidate { at, ..Candidate::default() };
        let mut places = here.patterns.iter_mut();
        for candidate in found.iter().flatten().filter(|candidate| candidate.at == at) {
            here.level |= candidate.level;
            let [patterns, ..] = candidate.patterns;
            if !patterns.is_empty()
                && let Some(place) = places.next()
            {
                *place = patterns;
            }
        }
        Some(here)
    }
}

/// Lines that tell their level by how they begin.
fn start<'a>(block: &[u8], from: usize) -> Option<Candidate<'a>> {
    let found = |at| Candidate { at, level: true, ..Candidate::default() };
    let begins = from == 0 || block.get(from - 1) == Some(&b'\n');
    if begins && hints::line_start(block.get(from..)?) {
        return Some(found(from));
    }
    let mut at = from;
    loop {
        at += memchr::memchr(b'\n', block.get(at..)?)? + 1;
        // Of many empty lines none begins with anything.
        while let Some(b'\n') = block.get(at) {
            at += 1;
        }
        if hints::line_start(block.get(at..)?) {
            return Some(found(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_pattern_has_a_text_that_must_stand() {
        let catalogue = crate::catalogue::Catalogue::builtin().unwrap();
        let hirs: Vec<Hir> = catalogue
            .patterns
            .iter()
            .map(|pattern| crate::catalogue::regex::line_safe_hir(&pattern.regex).unwrap())
            .collect();
        let filter = Filter::new(&hirs).unwrap();
        assert_eq!(filter.rest.patterns, [0_usize; 0], "{:?}", filter.rest.hirs);
    }
}
