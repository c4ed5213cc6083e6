//! Makes a pattern line-safe: it sees one physical line, even when a whole block of lines is searched at once.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{
    Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition,
};

/// Parses `regex` as patterns mean it and makes it line-safe.
///
/// Case-insensitive unless it says `(?-i)`; bytes, not code points, unless it holds non-ASCII text. In the result no
/// match can contain a line feed, text anchors are line anchors, `$` also holds before a carriage return that ends
/// the line, and what only decides how long a match is (a leading or trailing `.*`) is gone: only whether a line
/// matches is kept. There are no capture groups.
///
/// # Errors
///
/// What is wrong with the regex, with its place, as `regex-syntax` tells it.
pub fn line_safe_hir(regex: &str) -> Result<Hir, String> {
    let bytes_first = regex.is_ascii();
    let parsed = match parse(regex, !bytes_first) {
        // `\p{Greek}` and the like need code points though they are ASCII.
        Err(_) if bytes_first => parse(regex, true),
        other => other,
    };
    let safe = line_safe(&parsed.map_err(|error| error.to_string())?);
    Ok(strip(&strip(&safe, Side::Start), Side::End))
}

fn parse(regex: &str, unicode: bool) -> Result<Hir, Box<regex_syntax::Error>> {
    ParserBuilder::new()
        .case_insensitive(true)
        .multi_line(true)
        .unicode(unicode)
        .utf8(false)
        .build()
        .parse(regex)
        .map_err(Box::new)
}

/// The parser bounds the nesting, so recursion is bounded too.
fn line_safe(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => Hir::fail(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(class) => Hir::class(without_line_feed(class)),
        HirKind::Look(look) => line_look(*look),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(line_safe(&repetition.sub)),
            min: repetition.min,
            max: repetition.max,
            greedy: repetition.greedy,
        }),
        HirKind::Capture(capture) => line_safe(&capture.sub),
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(line_safe).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(line_safe).collect()),
    }
}

fn without_line_feed(class: &Class) -> Class {
    match class {
        Class::Bytes(bytes) => {
            let mut bytes = bytes.clone();
            bytes.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Class::Bytes(bytes)
        }
        Class::Unicode(unicode) => {
            let mut unicode = unicode.clone();
            unicode.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Class::Unicode(unicode)
        }
    }
}

fn line_look(look: Look) -> Hir {
    match look {
        Look::Start | Look::StartLF | Look::StartCRLF => Hir::look(Look::StartLF),
        Look::End | Look::EndLF | Look::EndCRLF => {
            let carriage_return =
                Hir::repetition(Repetition { sub: Box::new(Hir::literal(*b"\r")), min: 0, max: Some(1), greedy: true });
            Hir::concat(vec![carriage_return, Hir::look(Look::EndLF)])
        }
        word => Hir::look(word),
    }
}

/// Which end of a match is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Start,
    End,
}

/// Takes off what can only lengthen a match at one end.
fn strip(hir: &Hir, side: Side) -> Hir {
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.max != Some(repetition.min) => match repetition.min {
            0 => Hir::empty(),
            1 => strip(&repetition.sub, side),
            min => Hir::repetition(Repetition {
                sub: repetition.sub.clone(),
                min,
                max: Some(min),
                greedy: repetition.greedy,
            }),
        },
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(|sub| strip(sub, side)).collect()),
        HirKind::Concat(subs) => strip_concat(subs.clone(), side),
        _ => hir.clone(),
    }
}

fn strip_concat(mut subs: Vec<Hir>, side: Side) -> Hir {
    if side == Side::Start {
        subs.reverse();
    }
    // The outermost part is now the last one.
    while let Some(outer) = subs.pop() {
        let edge = if side == Side::Start { Look::StartLF } else { Look::EndLF };
        if *outer.kind() == HirKind::Look(edge) {
            // `^.*x` and `x.*$` hold wherever `x` is.
            let inner = match subs.last() {
                Some(last) if side == Side::End && is_optional_carriage_return(last) => subs.iter().nth_back(1),
                last => last,
            };
            if inner.is_some_and(is_any_run) {
                if side == Side::End && subs.last().is_some_and(is_optional_carriage_return) {
                    subs.pop();
                }
                continue;
            }
        }
        let stripped = strip(&outer, side);
        if !matches!(stripped.kind(), HirKind::Empty) {
            subs.push(stripped);
            break;
        }
    }
    if side == Side::Start {
        subs.reverse();
    }
    Hir::concat(subs)
}

/// `.*` over bytes.
fn is_any_run(hir: &Hir) -> bool {
    let HirKind::Repetition(Repetition { min: 0, max: None, sub, .. }) = hir.kind() else { return false };
    let HirKind::Class(Class::Bytes(class)) = sub.kind() else { return false };
    let mut rest = ClassBytes::new([ClassBytesRange::new(0, 255)]);
    rest.difference(class);
    rest.ranges() == [ClassBytesRange::new(b'\n', b'\n')]
}

fn is_optional_carriage_return(hir: &Hir) -> bool {
    let HirKind::Repetition(Repetition { min: 0, max: Some(1), sub, .. }) = hir.kind() else { return false };
    matches!(sub.kind(), HirKind::Literal(literal) if *literal.0 == *b"\r")
}

#[cfg(test)]
mod tests {
    use regex_automata::meta::Regex;

    use super::*;

    fn matches(regex: &str, line: &[u8]) -> bool {
        let hir = line_safe_hir(regex).unwrap();
        let config = Regex::config().utf8_empty(false);
        Regex::builder().configure(config).build_from_hir(&hir).unwrap().is_match(line)
    }

    #[test]
    fn a_match_stays_on_its_line() {
        for regex in [r"a[^x]*b", r"a\s+b", r"(?s)a.*b", r"a\nb", r"a(?:\n|z)b", r"a\W*b", r"a[\s\S]+?b"] {
            assert!(!matches(regex, b"a\nb"), "{regex}");
        }
        assert!(matches(r"(?s)a.*b", b"x a, b\n"));
    }

    #[test]
    fn anchors_are_those_of_the_line() {
        assert!(matches(r"\Abb\z", b"a\nbb\nc"));
        assert!(matches(r"bb$", b"a\r\nbb\r\nc"));
        assert!(matches(r"(?-m)^bb$", b"a\nbb\nc"));
        assert!(!matches(r"^bb", b"abb"));
        assert!(!matches(r"bb$", b"bba"));
        assert!(matches(r"^.*bb.*$", b"a bb c"));
        assert!(matches(r"x$|y", b"x\r\n"));
    }

    #[test]
    fn case_and_bytes() {
        assert!(matches("ffmpeg TIMEOUT", b"FFmpeg timeout"));
        assert!(!matches("(?-i)ffmpeg", b"FFMPEG"));
        assert!(matches("a.b", b"a\xffb"));
        assert!(matches("größe", "GRÖSSE GRÖßE".as_bytes()));
        assert!(matches(r"\p{Greek}", "λ".as_bytes()));
        assert!(line_safe_hir("(").unwrap_err().contains("unclosed group"));
    }

    #[test]
    fn what_only_lengthens_is_gone() {
        let hir = |regex: &str| line_safe_hir(regex).unwrap();
        assert_eq!(hir(".*abc.*"), hir("abc"));
        assert_eq!(hir("^.*abc.*$"), hir("abc"));
        assert_eq!(hir("(x*abc|.+?de{2,5})"), hir("abc|.de{2}"));
        assert_eq!(hir("^abc$"), hir(r"\Aabc\z"));
        assert_ne!(hir("^abc"), hir("abc"));
    }
}
