//! How far a value reaches: quotes at any depth of escaping, wrappers, or up to what ends a bare word.

use std::ops::Range;

/// A value and whether quotes stood around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Without its quotes.
    pub span: Range<usize>,
    /// Quotes stood around it.
    pub quoted: bool,
}

/// How far one looks ahead for the next key.
const LOOK_AHEAD: usize = 48;

pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(b'\n')
}

pub(super) fn rest(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or_default()
}

pub(super) fn starts_with(text: &[u8], at: usize, prefix: &[u8]) -> bool {
    rest(text, at).get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', rest(text, at)).map_or(text.len(), |offset| at + offset)
}

/// Past spaces, tabs and colour sequences (raw, or as escapes write them).
pub(super) fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        let next = match byte(text, at) {
            b' ' | b'\t' if at < text.len() => at + 1,
            0x1b | b'\\' => skip_colour(text, at),
            _ => return at,
        };
        if next == at {
            return at;
        }
        at = next;
    }
}

fn skip_colour(text: &[u8], at: usize) -> usize {
    let Some(start) = [&b"\x1b["[..], b"\\x1b[", b"\\u001b[", b"\\u{1b}[", b"\\033["]
        .iter()
        .find(|prefix| starts_with(text, at, prefix))
        .map(|prefix| at + prefix.len())
    else {
        return at;
    };
    let digits = rest(text, start).iter().take(20).take_while(|&&b| b.is_ascii_digit() || b == b';').count();
    if byte(text, start + digits) == b'm' { start + digits + 1 } else { at }
}

/// Past `\"`, `"`, `'`, `` ` ``, `&quot;`, `%22`: the quote, how many backslashes stood before it, and where it ends.
pub(super) fn opening_quote(text: &[u8], at: usize) -> Option<(Quote, usize)> {
    for literal in ENTITIES {
        if starts_with(text, at, literal) {
            return Some((Quote::Entity(literal), at + literal.len()));
        }
    }
    let slashes = rest(text, at).iter().take(16).take_while(|&&b| b == b'\\').count();
    let mark = byte(text, at + slashes);
    matches!(mark, b'"' | b'\'' | b'`').then(|| (Quote::Plain { mark, slashes }, at + slashes + 1))
}

const ENTITIES: [&[u8]; 11] = [
    b"&quot;",
    b"&#34;",
    b"&#39;",
    b"&#x27;",
    b"%22",
    b"%27",
    b"%2522",
    b"\\u0022",
    b"\\u0027",
    b"\\\\u0022",
    b"\\\\u0027",
];

/// What opened a quoted value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Quote {
    Plain { mark: u8, slashes: usize },
    Entity(&'static [u8]),
}

/// Where the value that starts behind the quote ends, and whether its closing quote is there (else: end of line).
pub(super) fn closing_quote(text: &[u8], quote: Quote, start: usize) -> (usize, bool) {
    let end = line_end(text, start);
    let (mark, slashes) = match quote {
        Quote::Entity(literal) => {
            let found = memchr::memmem::find(text.get(start..end).unwrap_or_default(), literal);
            return found.map_or((end, false), |offset| (start + offset, true));
        }
        Quote::Plain { mark, slashes } => (mark, slashes),
    };
    let mut run = 0;
    let mut at = start;
    while at < end {
        let here = byte(text, at);
        if here == b'\\' {
            run += 1;
        } else {
            if here == mark && (run < slashes || run % (2 * (slashes + 1)) == slashes) {
                // 'it''s': a doubled quote is one inside the value.
                if slashes == 0 && mark == b'\'' && byte(text, at + 1) == mark && at > start {
                    at += 2;
                    run = 0;
                    continue;
                }
                return (at - run.min(slashes), true);
            }
            run = 0;
        }
        at += 1;
    }
    (end, false)
}

/// The value at `at`, which may stand in quotes, in `Some("...")`, in `["...", "..."]`.
pub(super) fn value_at(text: &[u8], at: usize) -> Value {
    let inner = unwrap(text, at);
    if let Some((quote, start)) = opening_quote(text, inner) {
        let (end, _) = closing_quote(text, quote, start);
        return Value { span: start..end, quoted: true };
    }
    let list = if byte(text, at) == b'[' { list_at(text, at + 1) } else { None };
    if let Some(list) = list {
        return list;
    }
    Value { span: at..bare_end(text, at), quoted: false }
}

/// All of a list of strings, as one value.
fn list_at(text: &[u8], at: usize) -> Option<Value> {
    let mut at = skip_blanks(text, at);
    let mut span: Option<Range<usize>> = None;
    while let Some((quote, start)) = opening_quote(text, at) {
        let (end, closed) = closing_quote(text, quote, start);
        span = Some(span.map_or(start, |known| known.start)..end);
        let (_, after) = if closed { opening_quote(text, end)? } else { break };
        let comma = skip_blanks(text, after);
        if byte(text, comma) != b',' {
            break;
        }
        at = skip_blanks(text, comma + 1);
    }
    span.map(|span| Value { span, quoted: true })
}

/// Past `b`, `Some(`, `Secret(String(`, `string(7) ` when a quote follows; else where it was.
fn unwrap(text: &[u8], at: usize) -> usize {
    let mut inner = at;
    for _ in 0..3 {
        if opening_quote(text, inner).is_some() {
            return inner;
        }
        let word =
            rest(text, inner).iter().take(24).take_while(|&&b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        let after = inner + word.count();
        if opening_quote(text, after).is_some() && after - inner <= 2 {
            return after;
        }
        if byte(text, after) != b'(' {
            return at;
        }
        inner = after + 1;
        let digits = rest(text, inner).iter().take(9).take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 && byte(text, inner + digits) == b')' {
            inner = skip_blanks(text, inner + digits + 1);
        }
    }
    if opening_quote(text, inner).is_some() { inner } else { at }
}

/// Where a value without quotes ends. In doubt a character belongs to it: half a secret is a secret.
pub(super) fn bare_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    // A mark is one piece.
    if let Some(end) = super::mark_at(text, at) {
        at = end;
    }
    while at < text.len() {
        let here = byte(text, at);
        let ends = match here {
            0..=b' ' | 0x7f | b'<' | b'>' => true,
            b'"' | b'\'' | b'`' | b')' | b']' | b'}' => closes(text, at + 1),
            b',' | b';' | b'|' => {
                at + 1 >= text.len() || byte(text, at + 1).is_ascii_whitespace() || key_follows(text, at + 1)
            }
            b'&' => starts_with(text, at, b"&amp;") || starts_with(text, at, b"&quot;") || key_follows(text, at + 1),
            b'%' => {
                starts_with(text, at, b"%26")
                    || starts_with(text, at, b"%22")
                    || starts_with(text, at, b"%2526")
                    || starts_with(text, at, b"%2522")
            }
            b'\\' => {
                let slashes = rest(text, at).iter().take(16).take_while(|&&b| b == b'\\').count();
                (matches!(byte(text, at + slashes), b'"' | b'\'') && closes(text, at + slashes + 1))
                    || skip_colour(text, at) != at
                    || [&b"u0022"[..], b"u0026", b"u0027"].iter().any(|end| starts_with(text, at + slashes, end))
            }
            _ => false,
        };
        if ends {
            break;
        }
        at += 1;
    }
    at
}

/// Whether what follows a bracket or quote shows that it was a closing one.
fn closes(text: &[u8], at: usize) -> bool {
    at >= text.len()
        || matches!(
            byte(text, at),
            0..=b' '
                | b','
                | b';'
                | b':'
                | b')'
                | b']'
                | b'}'
                | b'<'
                | b'>'
                | b'&'
                | b'|'
                | b'.'
                | b'"'
                | b'\''
                | b'\\'
        )
}

/// Whether `key=` or `"key":` follows.
fn key_follows(text: &[u8], at: usize) -> bool {
    let mut at = skip_blanks(text, at);
    if let Some((_, after)) = opening_quote(text, at) {
        at = after;
    }
    let name = rest(text, at)
        .iter()
        .take(LOOK_AHEAD)
        .take_while(|&&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'[' | b']' | b'%' | b' '))
        .count();
    if name == 0 {
        return false;
    }
    at += name;
    if let Some((_, after)) = opening_quote(text, at) {
        at = after;
    }
    matches!(byte(text, skip_blanks(text, at)), b'=' | b':')
}

/// At least `least` characters, letters and digits mixed as a machine would.
pub(super) fn looks_random(value: &[u8], least: usize) -> bool {
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let digits = value.iter().any(u8::is_ascii_digit);
    let tidy = value.iter().all(|b| b.is_ascii_graphic() && !matches!(b, b'(' | b'{' | b'<'));
    value.len() >= least && tidy && letters && digits
}
