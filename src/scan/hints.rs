//! What may tell a level of warning or worse: short texts, what must surround them, and how lines begin.
//!
//! Everything that `sources::header` and `sources::tells_failure` take for a warning or worse passes here; what
//! passes need not be one.

use crate::sources::{lettered, level};
use crate::words::Level;

/// What must surround a text for it to tell a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing.
    None,
    /// It begins a level's name that stands alone.
    Word,
    /// It ends a key whose value is a number.
    Number,
    /// klog's month and day follow.
    MonthDay,
    /// The value is one of `MongoDB`'s letters.
    Letter,
    /// A line follows that begins as `line_start` says, maybe escaped.
    Line,
}

/// Beginnings of levels' names, in lower case.
pub(super) const WORDS: [&[u8]; 13] = [
    b"err", b"eror", b"warn", b"wrn", b"crit", b"fata", b"ftl", b"alert", b"emerg", b"panic", b"dpanic", b"severe",
    b"fail",
];

/// In lower case, at least four bytes.
pub(super) const TEXTS: [(&[u8], Check); 68] = [
    (b"error)", Check::None),
    (b"exception)", Check::None),
    (b" (errno::", Check::None),
    (b"traceback (most", Check::None),
    (b"panicked at", Check::None),
    (b"exception in thread", Check::None),
    (b"unhandled exception", Check::None),
    (b"uncaught ", Check::None),
    (b"php fatal", Check::None),
    (b"php parse", Check::None),
    (b" report==== ", Check::None),
    (b"failed to ", Check::None),
    (b"failed with result ", Check::None),
    (b"unable to ", Check::None),
    (b"could not ", Check::None),
    (b"cannot ", Check::None),
    (b"segmentation fault", Check::None),
    (b"segfault at ", Check::None),
    (b"out of memory", Check::None),
    (b"exception: ", Check::None),
    (b"error: ", Check::None),
    (b"error [err_", Check::None),
    (b"(ee) ", Check::None),
    (b"(ww) ", Check::None),
    // With what follows the key: alone it stands in every line of many logs.
    (b"vel=", Check::Number),
    (b"level\":", Check::Number),
    (b"level\" ", Check::Number),
    (b"level\"\t", Check::Number),
    (b"level\\\":", Check::Number),
    (b"level\\\" ", Check::Number),
    (b"level\\\"\t", Check::Number),
    (b"lvl=", Check::Number),
    (b"lvl\"", Check::Number),
    (b"lvl\\", Check::Number),
    (b"severity", Check::Number),
    (b"priority", Check::Number),
    (b"]: e", Check::MonthDay),
    (b"]: w", Check::MonthDay),
    (b"]: f", Check::MonthDay),
    (b" f e", Check::MonthDay),
    (b" f w", Check::MonthDay),
    (b" f f", Check::MonthDay),
    (b"\"s\":\"", Check::Letter),
    (b"\"s\\\":\\\"", Check::Letter),
    (b"\"log\"", Check::Line),
    (b"[e] ", Check::None),
    (b"[w] ", Check::None),
    (b"[c] ", Check::None),
    (b"[f] ", Check::None),
    (b"said into std", Check::None),
    (b"<a>2", Check::None),
    (b"<e>2", Check::None),
    (b"<w>2", Check::None),
    (b"<c>2", Check::None),
    (b"<f>2", Check::None),
    (b" e! ", Check::None),
    (b" w! ", Check::None),
    (b"ora-", Check::None),
    (b"tns-", Check::None),
    (b"] e [", Check::None),
    (b"] w [", Check::None),
    (b"] c [", Check::None),
    (b"] a [", Check::None),
    (b"] f [", Check::None),
    (b"(0x0010)", Check::None),
    (b"(0x0020)", Check::None),
    (b"(0x0040)", Check::None),
    (b"(0x0080)", Check::None),
];

impl Check {
    /// Whether the text at `start..end` of `block`, which is `folded` in lower case, stands as it must.
    pub(super) fn holds(self, block: &[u8], folded: &[u8], start: usize, end: usize) -> bool {
        let after = folded.get(end..).unwrap_or_default();
        match self {
            Self::None => true,
            Self::Word => word(block, folded, start),
            Self::Number => {
                let key = folded.get(start..).unwrap_or_default();
                let letters = key.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
                let value = key.get(letters..).and_then(value);
                value.is_some_and(|value| value.first().is_some_and(u8::is_ascii_digit))
            }
            Self::MonthDay => after.get(..4).is_some_and(|four| four.iter().all(u8::is_ascii_digit)),
            Self::Letter => matches!(after, [b'e' | b'w' | b'f' | b'c' | b'a', ..]),
            Self::Line => value(after).is_some_and(|value| {
                matches!(value, [b'\\' | b'<', ..] | [b'e' | b'w' | b'f', b'0' | b'1' | b'2', ..])
                    || matches!(value, [b'[', b'e' | b'w' | b'c' | b'f' | b' ', b' ' | b'0'..=b'9', ..])
                    || matches!(value, [b'e' | b'w' | b'f', b'/' | b':', ..])
                    || matches!(value, [b'e' | b'w' | b'c' | b'a' | b'x' | b'f', b' ', b'[', ..])
                    || code(value)
                    || lettered(value)
                    || numbers(value)
            }),
        }
    }
}

/// The value behind the end of a key: quotes, maybe escaped, and the colon or the equals sign are passed over.
fn value(after: &[u8]) -> Option<&[u8]> {
    let mut rest = after;
    let mut separated = false;
    for _ in 0..16 {
        rest = match rest {
            [b'"' | b'\\' | b' ' | b'\t', tail @ ..] => {
                if separated && matches!(rest, [b'\\', ..]) && !matches!(tail, [b'"', ..]) {
                    return Some(rest);
                }
                tail
            }
            [b':' | b'=', tail @ ..] if !separated => {
                separated = true;
                tail
            }
            _ => break,
        };
    }
    separated.then_some(rest)
}

/// The letters from `start` on are the name of a level, and no letter stands before them but the end of a colour or
/// of an escape.
fn word(block: &[u8], folded: &[u8], start: usize) -> bool {
    let rest = block.get(start..).unwrap_or_default();
    let letters = rest.iter().take(14).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if level::word(rest.get(..letters).unwrap_or_default()) < Some(Level::Warning) {
        return false;
    }
    let before = folded.get(start.saturating_sub(20)..start).unwrap_or_default();
    match before {
        [.., b'\\', letter] if letter.is_ascii_alphabetic() => true,
        [head @ .., letter] if letter.is_ascii_alphabetic() => {
            memchr::memchr(b'\x1b', head).is_some() || matches!(head, [.., b'0'..=b'9' | b'[' | b';'])
        }
        _ => true,
    }
}

/// Whether the line that `text` begins with may tell its level by how it begins: syslog's priority, klog, redis,
/// logcat, tornado.
pub(super) fn line_start(text: &[u8]) -> bool {
    match text {
        [b'<', digit, ..] if digit.is_ascii_digit() => priority(text),
        [b'E' | b'W' | b'F', b'0' | b'1' | b'2', c, d, e, ..] => [c, d, e].iter().all(|byte| byte.is_ascii_digit()),
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            matches!(rest, [b'<' | b'E' | b'W' | b'F' | b'C' | b'A' | b'X' | b'[', ..]) || code(rest)
        }
        [b'[', b'E' | b'W' | b'C' | b'F', b' ', ..]
        | [b'[', b' ', b'0' | b'1', _, b'-', ..]
        | [b'E' | b'W' | b'F', b'/' | b':', ..]
        | [b'E' | b'W' | b'C' | b'A' | b'X' | b'F', b' ', b'[', ..] => true,
        [first, ..] if first.is_ascii_digit() => numbers(text) || lettered(text),
        [a, b, c, ..] if [a, b, c].iter().all(|byte| byte.is_ascii_uppercase()) => code(text),
        _ => false,
    }
}

/// `AMQ6776E:`
fn code(text: &[u8]) -> bool {
    let letters = text.iter().take(7).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let text = text.get(letters..).unwrap_or_default();
    let digits = text.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count();
    digits == 4 && matches!(text.get(digits..), Some([b'E' | b'W' | b'S' | b'e' | b'w' | b's', b':', ..]))
}

/// `<11>`: a severity of warning or worse.
fn priority(text: &[u8]) -> bool {
    let digits = text.iter().skip(1).take(3).take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, byte| number * 10 + u32::from(byte - b'0')) % 8 <= 4
}

/// `17:M ` of redis, `12-04 14` of logcat.
fn numbers(text: &[u8]) -> bool {
    match text {
        [a, b, b'-', c, d, b' ', ..] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        [first, ..] if first.is_ascii_digit() => {
            let digits = text.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
            matches!(text.get(digits..), Some([b':', role, b' ', ..]) if role.is_ascii_alphabetic())
        }
        _ => false,
    }
}
