//! Judges one word of a header: a level, a logger's name, or a word of the message.

use super::level;
use crate::words::Level;

/// What follows `error` in a sentence about errors.
const ABOUT: [&[u8]; 20] = [
    b"count",
    b"counts",
    b"counter",
    b"rate",
    b"rates",
    b"log",
    b"logs",
    b"page",
    b"pages",
    b"code",
    b"codes",
    b"handler",
    b"handlers",
    b"handling",
    b"reporting",
    b"budget",
    b"level",
    b"correction",
    b"recovery",
    b"free",
];

/// `no ERROR`, `0 error`.
pub(super) fn denied(previous: &[u8]) -> bool {
    [&b"no"[..], b"not", b"zero", b"0", b"without"].iter().any(|word| previous.eq_ignore_ascii_case(word))
}

/// What a word may be.
pub(super) enum Kind {
    /// `prog:`, `prog[17]:`
    Tag,
    /// Numbers, ids, dotted names, capitals: header if a level follows soon.
    Odd,
    /// A word of a sentence.
    Plain,
}

/// A word of a header, and what follows it.
pub(super) struct Token<'a> {
    pub(super) text: &'a [u8],
    pub(super) after: &'a [u8],
}

impl Token<'_> {
    /// The level that the token is or begins with, and how many bytes of it that takes.
    pub(super) fn level(&self, previous: &[u8]) -> Option<(Level, usize)> {
        let letters = self.text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, tail) = self.text.split_at_checked(letters)?;
        let capitals = name.iter().all(u8::is_ascii_uppercase);
        if name == b"LOG" && tail == b":" {
            return Some((Level::Info, self.text.len()));
        }
        if let Some(found) = level::word(name) {
            let delimited = match tail {
                [] => {
                    capitals
                        || matches!(
                            self.after,
                            [] | [b'\t' | b'|' | b'\x1b', ..]
                                | [b' ', b' ' | b'[' | b'|' | b'\t', ..]
                                | [b' ', b'-' | b':', b' ', ..]
                        )
                        || previous == b"-"
                }
                [b':', ..] => true,
                // logrus
                [b'[', digits @ .., b']'] => digits.iter().all(u8::is_ascii_digit),
                [b'!' | b','] => capitals,
                _ => false,
            };
            if delimited && !(capitals && denied(previous)) {
                return Some((found, self.python(letters)));
            }
            return None;
        }
        // `production.ERROR:`, `daemon.err`
        let core = self.text.strip_suffix(b":").unwrap_or(self.text);
        let dot = core.iter().rposition(|byte| *byte == b'.')?;
        let found = level::word(core.get(dot + 1..)?)?;
        let whole = core.get(..dot)?.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        (whole && dot > 0).then_some((found, self.text.len()))
    }

    /// `ERROR:root:message` ends after the logger's name.
    fn python(&self, letters: usize) -> usize {
        let Some([b':', tail @ ..]) = self.text.get(letters..) else { return self.text.len() };
        let name = tail.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')).count();
        if name > 0 && tail.get(name) == Some(&b':') && tail.get(name + 1) != Some(&b':') {
            letters + name + 2
        } else {
            letters + 1
        }
    }

    /// A sentence that begins with `error` or `fatal`, and is not about errors.
    pub(super) fn starts_with_error(&self) -> bool {
        let known = self.text.eq_ignore_ascii_case(b"error") || self.text.eq_ignore_ascii_case(b"fatal");
        if !known || self.text.iter().all(u8::is_ascii_uppercase) {
            return false;
        }
        let next = self.after.trim_ascii_start();
        let letters = next.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let next = next.get(..letters).unwrap_or_default();
        !next.is_empty()
            && !next.iter().all(u8::is_ascii_digit)
            && !ABOUT.iter().any(|word| next.eq_ignore_ascii_case(word))
    }

    pub(super) fn kind(&self) -> Kind {
        if self.text.len() <= 64 && self.text.ends_with(b":") {
            return Kind::Tag;
        }
        // Ruby begins with the level's first letter and a comma.
        let capitals =
            self.text.strip_suffix(b",").unwrap_or(self.text).iter().all(u8::is_ascii_uppercase) && !denied(self.text);
        let odd = self.text.iter().any(|byte| byte.is_ascii_digit() || b".:/@_-#$*<>\\".contains(byte));
        if self.text.len() <= 96 && (capitals || odd) { Kind::Odd } else { Kind::Plain }
    }

    /// The next word is `prog:` or `prog[17]:`, or a level.
    pub(super) fn tag_follows(&self) -> bool {
        let next = self.after.trim_ascii_start();
        let length = next.iter().take(64).position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(next.len().min(64));
        let next = next.get(..length).unwrap_or_default();
        let dotted = next.iter().rposition(|byte| *byte == b'.').and_then(|dot| level::word(next.get(dot + 1..)?));
        next.ends_with(b":")
            || dotted.is_some()
            || (next.iter().all(u8::is_ascii_uppercase) && level::word(next).is_some())
    }

    /// `streamtv.db:`, `c.e.Foo` before ` - `; not `TimeoutError:`, which is what happened.
    pub(super) fn is_logger(&self) -> bool {
        let separated =
            self.after.starts_with(b" - ") || self.after.starts_with(b" : ") || self.after.starts_with(b" --- ");
        let Some(name) = self.text.strip_suffix(b":").or(separated.then_some(self.text)) else { return false };
        let happened = [&b"Error"[..], b"Exception", b"Warning", b"Failure", b"Failed", b"failed", b"error"];
        // `maxRetry: 3` is a message; so is what is one capitalised word, `Timeout: 5 s`.
        let humps =
            name.windows(2).any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
        let class = name.first().is_some_and(u8::is_ascii_uppercase) && humps;
        let logger = separated || class || name.iter().any(|byte| b"./$@#*[:".contains(byte));
        !name.is_empty()
            && name.len() <= 96
            && logger
            && !happened.iter().any(|end| name.ends_with(end))
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-:/$@#*[]<>()".contains(byte))
    }
}
