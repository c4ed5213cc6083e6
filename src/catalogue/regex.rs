//! A pattern's regex, parsed so that it can never reach beyond one line.

use regex_automata::meta;
use regex_automata::nfa::thompson;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

/// The most memory that one compiled regex may take, in bytes.
pub const SIZE_LIMIT: usize = 10 * 1024 * 1024;

/// Parses `regex` (case-insensitive unless it says `(?-i)`, bytes rather than characters where it is plain ASCII) and
/// makes it safe to search many lines at once: it sees no line feed, its anchors are those of a line, and what only
/// stretches a match (`.*` at either end, groups) is gone, since only existence counts.
///
/// # Errors
/// One sentence: what is wrong with the regex and where, or that it grows beyond [`SIZE_LIMIT`].
pub fn line_safe_hir(regex: &str) -> Result<Hir, String> {
    let hir = strip(line_safe(&parse(regex)?));
    if weight(&hir) < SURELY_SMALL {
        return Ok(hir);
    }
    let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(SIZE_LIMIT));
    match thompson::Compiler::new().configure(config).build_from_hir(&hir) {
        Ok(_) => Ok(hir),
        Err(error) if error.size_limit().is_some() => {
            Err(format!("the regex needs more than {} MiB when compiled; write it shorter", SIZE_LIMIT >> 20))
        }
        Err(error) => Err(format!("the regex cannot be compiled: {error}")),
    }
}

/// An automaton of so many states takes far less than [`SIZE_LIMIT`], so that it need not be built to know.
const SURELY_SMALL: usize = 20_000;

/// No fewer states than the automaton of `hir` has.
fn weight(hir: &Hir) -> usize {
    /// A range of characters becomes a few sequences of up to four bytes.
    const RANGE: usize = 48;
    let sum = |parts: &[Hir]| parts.iter().map(weight).fold(2, usize::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(class)) => 2 + class.ranges().len(),
        HirKind::Class(Class::Unicode(class)) => 2 + class.ranges().len().saturating_mul(RANGE),
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or(repetition.min).max(repetition.min).saturating_add(2);
            weight(&repetition.sub).saturating_add(2).saturating_mul(usize::try_from(copies).unwrap_or(usize::MAX))
        }
        HirKind::Capture(capture) => weight(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

/// Compiles `regex` to find its groups in one line that it is known to match. `None` when it does not compile.
#[must_use]
pub fn capturing(regex: &str) -> Option<meta::Regex> {
    let hir = parse(regex).ok()?;
    let config = meta::Config::new().utf8_empty(false).nfa_size_limit(Some(SIZE_LIMIT));
    meta::Builder::new().configure(config).build_from_hir(&hir).ok()
}

/// The names of the groups of a regex; none when it does not parse.
#[must_use]
pub fn groups(regex: &str) -> Vec<String> {
    fn walk(hir: &Hir, names: &mut Vec<String>) {
        match hir.kind() {
            HirKind::Capture(capture) => {
                names.extend(capture.name.as_ref().map(ToString::to_string));
                walk(&capture.sub, names);
            }
            HirKind::Repetition(repetition) => walk(&repetition.sub, names),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|part| walk(part, names)),
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
        }
    }
    let mut names = Vec::new();
    if let Ok(hir) = parse(regex) {
        walk(&hir, &mut names);
    }
    names
}

fn parse(regex: &str) -> Result<Hir, String> {
    let with = |unicode: bool| {
        let mut parser = regex_syntax::ParserBuilder::new();
        parser
            .case_insensitive(true)
            .utf8(false)
            .unicode(unicode)
            .build()
            .parse(regex)
            .map_err(|error| describe(&error))
    };
    // ASCII text needs no Unicode tables; `\p{..}` and `\u{..}` do, and are found out by trying.
    if regex.is_ascii() { with(false).or_else(|_| with(true)) } else { with(true) }
}

fn describe(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(e) => format!("{} (at character {})", e.kind(), e.span().start.column),
        regex_syntax::Error::Translate(e) => format!("{} (at character {})", e.kind(), e.span().start.column),
        other => other.to_string().lines().last().unwrap_or("it does not parse").to_owned(),
    }
}

/// The parser bounds the nesting, and so this recursion.
fn line_safe(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => Hir::fail(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(Class::Bytes(class)) => {
            let mut class = class.clone();
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Hir::class(Class::Bytes(class))
        }
        HirKind::Look(look) => line_look(*look),
        HirKind::Repetition(repetition) => {
            let inner = line_safe(&repetition.sub);
            Hir::repetition(repetition.with(inner))
        }
        HirKind::Capture(capture) => line_safe(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(line_safe).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(line_safe).collect()),
    }
}

fn line_look(look: Look) -> Hir {
    match look {
        Look::Start | Look::StartLF | Look::StartCRLF => Hir::look(Look::StartLF),
        Look::End | Look::EndLF | Look::EndCRLF => {
            let carriage_returns = Hir::repetition(regex_syntax::hir::Repetition {
                min: 0,
                max: None,
                greedy: true,
                sub: Box::new(Hir::literal(*b"\r")),
            });
            Hir::concat(vec![carriage_returns, Hir::look(Look::EndLF)])
        }
        // Unicode boundaries cannot be decided by an automaton over bytes.
        Look::WordUnicode => Hir::look(Look::WordAscii),
        Look::WordUnicodeNegate => Hir::look(Look::WordAsciiNegate),
        Look::WordStartUnicode => Hir::look(Look::WordStartAscii),
        Look::WordEndUnicode => Hir::look(Look::WordEndAscii),
        Look::WordStartHalfUnicode => Hir::look(Look::WordStartHalfAscii),
        Look::WordEndHalfUnicode => Hir::look(Look::WordEndHalfAscii),
        other => Hir::look(other),
    }
}

/// Takes `.*` off both ends, with the line anchor outside of it.
fn strip(hir: Hir) -> Hir {
    let HirKind::Concat(parts) = hir.kind() else { return hir };
    let mut rest = parts.as_slice();
    loop {
        rest = match rest {
            [first, tail @ ..] if is_dot_star(first) => tail,
            [anchor, dots, tail @ ..] if is_look(anchor, Look::StartLF) && is_dot_star(dots) => tail,
            [head @ .., last] if is_dot_star(last) => head,
            _ => break,
        };
    }
    if rest.len() == parts.len() { hir } else { Hir::concat(rest.to_vec()) }
}

fn is_look(hir: &Hir, look: Look) -> bool {
    matches!(hir.kind(), HirKind::Look(found) if *found == look)
}

fn is_dot_star(hir: &Hir) -> bool {
    let HirKind::Repetition(repetition) = hir.kind() else { return false };
    if repetition.min != 0 || repetition.max.is_some() {
        return false;
    }
    // Only the class of every byte but the line feed; a Unicode dot stops at invalid bytes and must stay.
    match repetition.sub.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().map(|range| usize::from(range.end() - range.start()) + 1).sum::<usize>() == 255
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(regex: &str, line: &[u8]) -> bool {
        let hir = line_safe_hir(regex).unwrap();
        let config = regex_automata::meta::Config::new().utf8_empty(false);
        let regex = regex_automata::meta::Builder::new().configure(config).build_from_hir(&hir).unwrap();
        regex.is_match(line)
    }

    #[test]
    fn sees_one_line_at_a_time() {
        assert!(!matches(r"foo\s+bar", b"foo\nbar"));
        assert!(!matches(r"foo[^x]bar", b"foo\nbar"));
        assert!(!matches(r"(?s)foo.bar", b"foo\nbar"));
        assert!(!matches("foo\nbar", b"foo\nbar"));
        assert!(matches(r"foo\s+bar", b"FOO \t bar"));
    }

    #[test]
    fn text_anchors_are_line_anchors() {
        assert!(matches("^foo$", b"x\nfoo\r\ny"));
        assert!(matches(r"\Afoo\z", b"x\nfoo\ny"));
        assert!(!matches("^foo$", b"x foo y"));
    }

    #[test]
    fn dots_at_the_ends_go() {
        for regex in ["^.*needle.*$", ".*needle", "needle.*", "(?s).*needle.*"] {
            assert!(matches(regex, b"a needle b"), "{regex}");
        }
        assert_eq!(line_safe_hir(".*needle.*"), line_safe_hir("needle"));
    }

    #[test]
    fn bytes_that_are_no_text_are_matched_by_a_dot() {
        assert!(matches("foo.*bar", b"foo \xff\xfe\0 bar"));
        assert!(matches("caf\u{e9}", "CAF\u{c9}".as_bytes()));
        assert!(matches(r"\p{Greek}", "\u{3b1}".as_bytes()));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(line_safe_hir("foo(bar"), Err("unclosed group (at character 4)".to_owned()));
        let error = line_safe_hir(r"(?:\w{1000}){1000}").unwrap_err();
        assert!(error.contains("10 MiB"), "{error}");
    }
}
