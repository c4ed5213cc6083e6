//! Which texts a regex cannot match without: what a fast filter looks for.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A filter is no help with shorter ones.
const SHORTEST: usize = 3;
/// More alternatives than this are not worth a filter's while.
const MOST: usize = 64;
/// A regex of many branches has as many texts.
const MOST_BRANCHES: usize = 256;
/// Longer ones are cut: a prefix is required, too.
const LONGEST: usize = 24;

/// The regex matches only where one of these texts stands, upper and lower case ASCII letters taken as equal.
/// All are in lower case and at least three bytes long. `None` when there is no such set.
#[must_use]
pub fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut set = walk(hir).into_best()?;
    set.sort_by_key(Vec::len);
    // Where a longer one stands, the shorter that it holds is found.
    let mut least: Texts = Vec::new();
    for text in set {
        if !least.iter().any(|shorter| memchr::memmem::find(&text, shorter).is_some()) {
            least.push(text);
        }
    }
    least.sort();
    Some(least)
}

type Texts = Vec<Vec<u8>>;

/// What is known of one node.
#[derive(Default)]
struct Found {
    /// All texts that it matches.
    exact: Option<Texts>,
    /// One of these must stand in what it matches.
    best: Option<Texts>,
}

impl Found {
    fn exact(texts: Texts) -> Self {
        Self { exact: Some(texts), best: None }
    }

    fn into_best(self) -> Option<Texts> {
        better(self.best, self.exact)
    }
}

fn walk(hir: &Hir) -> Found {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Found::exact(vec![Vec::new()]),
        HirKind::Literal(literal) => Found::exact(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => members(class).map_or_else(Found::default, Found::exact),
        HirKind::Capture(capture) => walk(&capture.sub),
        HirKind::Repetition(repetition) => {
            let inner = walk(&repetition.sub);
            match (repetition.min, repetition.max) {
                (0, Some(1)) => Found {
                    exact: inner.exact.map(|mut texts| {
                        texts.push(Vec::new());
                        texts
                    }),
                    best: None,
                },
                (0, _) => Found::default(),
                (min, max) => repeat(inner, min, max == Some(min)),
            }
        }
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(parts) => alternation(parts),
    }
}

fn repeat(inner: Found, min: u32, fixed: bool) -> Found {
    let Some(texts) = &inner.exact else { return Found { exact: None, best: inner.best } };
    let mut run = texts.clone();
    for _ in 1..min.min(8) {
        match cross(&run, texts) {
            Some(longer) => run = longer,
            None => return Found { exact: None, best: inner.into_best() },
        }
    }
    if fixed && min <= 8 { Found::exact(run) } else { Found { exact: None, best: better(inner.best, Some(run)) } }
}

fn concat(parts: &[Hir]) -> Found {
    let mut best = None;
    let mut run: Texts = vec![Vec::new()];
    let mut whole = true;
    for part in parts {
        let found = walk(part);
        let longer = found.exact.as_ref().and_then(|texts| cross(&run, texts));
        if let Some(longer) = longer {
            run = longer;
            continue;
        }
        whole = false;
        best = better(best, Some(std::mem::replace(&mut run, vec![Vec::new()])));
        match found.exact {
            Some(texts) => run = texts,
            None => best = better(best, found.best),
        }
    }
    if whole { Found::exact(run) } else { Found { exact: None, best: better(best, Some(run)) } }
}

fn alternation(parts: &[Hir]) -> Found {
    let mut exact = Some(Vec::new());
    let mut best = Some(Vec::new());
    for part in parts {
        let found = walk(part);
        exact = exact.zip(found.exact.clone()).map(|(mut all, texts)| {
            all.extend(texts);
            all
        });
        best = best.zip(found.into_best()).map(|(mut all, texts): (Texts, Texts)| {
            all.extend(texts);
            all
        });
    }
    Found { exact: exact.filter(|texts| texts.len() <= MOST), best: best.filter(|texts| texts.len() <= MOST_BRANCHES) }
}

fn members(class: &Class) -> Option<Texts> {
    let mut texts: Texts = Vec::new();
    match class {
        Class::Bytes(class) => {
            for range in class.ranges() {
                if range.end() - range.start() > 25 {
                    return None;
                }
                texts.extend((range.start()..=range.end()).map(|byte| vec![byte.to_ascii_lowercase()]));
            }
        }
        Class::Unicode(class) => {
            for range in class.ranges() {
                if u32::from(range.end()) - u32::from(range.start()) > 25 {
                    return None;
                }
                for character in range.start()..=range.end() {
                    texts.push(character.to_ascii_lowercase().to_string().into_bytes());
                }
            }
        }
    }
    texts.sort();
    texts.dedup();
    (!texts.is_empty() && texts.len() <= 12).then_some(texts)
}

/// Every text of `left` followed by every one of `right`. `None` when that is too many or too long.
fn cross(left: &Texts, right: &Texts) -> Option<Texts> {
    if left.len() * right.len() > MOST {
        return None;
    }
    let mut texts = Vec::with_capacity(left.len() * right.len());
    for head in left {
        for tail in right {
            if head.len() + tail.len() > LONGEST {
                return None;
            }
            texts.push([head.as_slice(), tail.as_slice()].concat());
        }
    }
    Some(texts)
}

fn better(left: Option<Texts>, right: Option<Texts>) -> Option<Texts> {
    let useful = |texts: &Texts| !texts.is_empty() && texts.iter().all(|text| text.len() >= SHORTEST);
    match (left.filter(useful), right.filter(useful)) {
        (Some(left), Some(right)) => Some(if cost(&right) < cost(&left) { right } else { left }),
        (left, right) => left.or(right),
    }
}

/// About how often one of the texts stands at a given place of a log.
fn cost(texts: &Texts) -> f64 {
    /// Words that logs are full of.
    const COMMON: [&[u8]; 13] = [
        b"http",
        b"error",
        b"stream",
        b"http/",
        b"https",
        b"http/1",
        b"http/1.",
        b"http/1.1",
        b"time",
        b"get /",
        b"post /",
        b" - - ",
        b"status",
    ];
    texts
        .iter()
        .map(
            |text| {
                if COMMON.contains(&text.as_slice()) {
                    0.01
                } else {
                    text.iter().map(|byte| frequency(*byte)).product()
                }
            },
        )
        .sum()
}

/// About how often a byte stands in a log, in lower case.
pub(super) fn frequency(byte: u8) -> f64 {
    let thousandth = match byte {
        b' ' => 120.0,
        b'e' | b't' | b'0' | b'1' | b'2' => 50.0,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' | b'3'..=b'9' | b'.' | b':' | b'-' => 35.0,
        b'c' | b'd' | b'l' | b'm' | b'p' | b'u' | b'/' | b'=' | b'"' | b'[' | b']' | b',' => 18.0,
        b'b' | b'f' | b'g' | b'h' | b'v' | b'w' | b'y' | b'_' | b'(' | b')' => 10.0,
        b'j' | b'k' | b'q' | b'x' | b'z' => 4.0,
        _ => 3.0,
    };
    thousandth / 1000.0
}

/// The vector search looks at so many bytes before it compares whole texts.
pub(super) const WINDOW: usize = 4;

/// The part of a text that begins with its rarest bytes: where it stands may the text stand.
pub(super) fn rarest_tail(text: &[u8]) -> &[u8] {
    let rarity = |window: &[u8]| window.iter().map(|byte| frequency(*byte)).product::<f64>();
    text.windows(WINDOW)
        .enumerate()
        .min_by(|(_, left), (_, right)| rarity(left).total_cmp(&rarity(right)))
        .and_then(|(start, _)| text.get(start..))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::regex::line_safe_hir;

    fn of(regex: &str) -> Option<Vec<String>> {
        let set = required(&line_safe_hir(regex).unwrap())?;
        Some(set.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
    }

    #[test]
    fn finds_the_rarest_text_that_must_stand() {
        assert_eq!(of("FFmpeg timeout.*no data received").unwrap(), ["no data received"]);
        assert_eq!(of(r"connection\s*refused").unwrap(), ["connection"]);
        assert_eq!(of(r"\bHTTP\b.*\b(404|50[023])\b").unwrap(), ["404", "500", "502", "503"]);
        assert_eq!(of("colou?r").unwrap(), ["color", "colour"]);
        assert_eq!(of("(?:timed out|TimeoutError|timeout)").unwrap(), ["timed out", "timeout"]);
        assert_eq!(of(r"(?:foo){2}\d+").unwrap(), ["foofoo"]);
        assert_eq!(of(r"(?:foo)+\d*quux+").unwrap(), ["quu"]);
    }

    #[test]
    fn says_when_there_is_none() {
        for regex in [r"\d+", "a|bcd", "(?:foo)?", "", "x*", "[a-z]{3}", "ab"] {
            assert_eq!(of(regex), None, "{regex}");
        }
    }
}
