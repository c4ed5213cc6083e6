//! Judges one word of a header: a level, a logger's name, or a word of the message.

mod following;
mod logger;

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

/// `no ERROR`, `0 error`; `SERVICE ALERT` of nagios, which may tell of a recovery.
pub(super) fn denied(previous: &[u8]) -> bool {
    [&b"no"[..], b"not", b"zero", b"0", b"without", b"service", b"host"]
        .iter()
        .any(|word| previous.eq_ignore_ascii_case(word))
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

impl<'a> Token<'a> {
    /// `SERVICE ALERT:`, `HOST FLAPPING ALERT:` of nagios, which may tell of a recovery.
    pub(super) fn is_notification(&self, previous: &[u8]) -> bool {
        matches!(previous, b"SERVICE" | b"HOST" | b"FLAPPING" | b"DOWNTIME") && self.text == b"ALERT:"
    }

    /// The level that the token is or begins with, and how many bytes of it that takes.
    pub(super) fn level(&self, previous: &[u8]) -> Option<(Level, usize)> {
        let letters = self.text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, tail) = self.text.split_at_checked(letters)?;
        let capitals = name.iter().all(u8::is_ascii_uppercase);
        if self.is_notification(previous) {
            return None;
        }
        // `[17] LOG stats: ...` of PgBouncer.
        let id = previous.strip_prefix(b"[").and_then(|id| id.strip_suffix(b"]")).unwrap_or_default();
        let behind_id = tail.is_empty() && !id.is_empty() && id.iter().all(u8::is_ascii_digit);
        if name == b"LOG" && (tail == b":" || behind_id) {
            return Some((Level::Info, self.text.len()));
        }
        if name == b"NOISE" && behind_id {
            return Some((Level::Trace, self.text.len()));
        }
        // PHP has several kinds of errors.
        if name == b"Fatal" && tail.is_empty() && self.after.starts_with(b" error: ") {
            return Some((Level::Critical, self.text.len() + b" error:".len()));
        }
        if let Some(found) = level::word(name) {
            let delimited = match tail {
                [] => {
                    capitals
                        || matches!(
                            self.after,
                            [b'\t' | b'|' | b'\x1b', ..]
                                | [b' ', b' ' | b'[' | b'|' | b'\t', ..]
                                | [b' ', b'-' | b':', b' ', ..]
                        )
                        // `org.slf4j.impl.JCLLoggerAdapter warn`: a method
                        || (self.after.is_empty() && !previous.contains(&b'.'))
                        || (found <= Level::Debug && self.step_behind() > 0)
                        || self.process_follows()
                        || previous == b"-"
                }
                [b':', ..] => true,
                // `debug1:` of ssh, `debug 3:` of bind
                [b'0'..=b'9', b':'] => found <= Level::Debug,
                // logrus; `WARNING[12][C-0000001a]` of asterisk
                [b'[', tail @ ..] => {
                    let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let tail = tail.get(digits..).unwrap_or_default();
                    matches!(tail.strip_suffix(b":").unwrap_or(tail), [b']'] | [b']', b'[', .., b']'])
                }
                // `critical/ApiListener:` of Icinga
                [b'/', first, second, .., b':'] if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
                    name.iter().all(u8::is_ascii_lowercase)
                }
                [b'/', first, .., b':'] => capitals && !first.is_ascii_uppercase(),
                // `ERR!`, `WARN574240[Thread-35]` of vSphere
                [b'!' | b','] | [b'0'..=b'9', .., b']'] => capitals,
                _ => false,
            };
            if delimited && !(capitals && denied(previous)) && !self.counts_none() {
                let step = if tail.is_empty() && found <= Level::Debug { self.step_behind() } else { 0 };
                return Some((found, self.python(letters) + step));
            }
            return None;
        }
        // `:ERROR:myapp:` after a time, `user@db:[17]:ERROR:`
        if self.text.len() <= 128 && matches!(self.text, [.., b':'] | [b':', ..]) {
            let mut end = 0;
            for part in self.text.split(|byte| *byte == b':') {
                let upper = part.len() > 2 && end > 0 && part.iter().all(u8::is_ascii_uppercase);
                let found = if part == b"LOG" { Some(Level::Info) } else { level::word(part) };
                if let Some(found) = found.filter(|_| upper) {
                    return Some((found, end + part.len() + 1));
                }
                end += part.len() + 1;
            }
        }
        if self.level_behind_dash() {
            return None;
        }
        // `krb5kdc[17](Error):`
        if let Some(found) = self
            .text
            .strip_suffix(b"):")
            .and_then(|text| level::word(text.get(memchr::memmem::rfind(text, b"](")? + 2..)?))
        {
            return Some((found, self.text.len()));
        }
        // `production.ERROR:`, `daemon.err`
        let core = self.text.strip_suffix(b":").unwrap_or(self.text);
        let dot = core.iter().rposition(|byte| *byte == b'.')?;
        let found = level::word(core.get(dot + 1..)?)?;
        let whole = core.get(..dot)?.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        (whole && dot > 0).then_some((found, self.text.len()))
    }

    /// `FAILED`, `SUCCESS:`: what became of something, in words that the message needs.
    pub(super) fn is_outcome(&self) -> bool {
        let letters = self.text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let name = self.text.get(..letters).unwrap_or_default();
        // In small letters it is a level of .NET, in a column one of loguru.
        name.first().is_some_and(u8::is_ascii_uppercase)
            && [&b"fail"[..], b"failed", b"success"].iter().any(|word| name.eq_ignore_ascii_case(word))
            && !matches!(self.after, [b'\t' | b'|', ..] | [b' ', b' ' | b'|', ..])
    }

    /// `Created:`, `finished:`; a program that is called so, `named:`, is another thing.
    pub(super) fn is_done(&self) -> bool {
        let Some(name) = self.text.strip_suffix(b":") else { return false };
        let small = name.iter().skip(1).all(u8::is_ascii_lowercase);
        small
            && name != b"Deprecated"
            && name.len() > 5
            && name.ends_with(b"ed")
            && !name.ends_with(b"eed")
            && !name.ends_with(b"sched")
    }

    /// `waiting:`, `Created:`, `PASS:`: what is or was done, and no part of a program.
    pub(super) fn tells_what_happened(&self) -> bool {
        const ALSO: [&[u8]; 10] =
            [b"denied", b"done", b"down", b"fail", b"lost", b"pass", b"skip", b"success", b"timeout", b"up"];
        let Some(name) = self.text.strip_suffix(b":") else { return false };
        let name = name.to_ascii_lowercase();
        let letters = name.iter().all(u8::is_ascii_alphabetic);
        let done = name.len() > 4 && (name.ends_with(b"ed") || name.ends_with(b"ing"));
        letters && (done || ALSO.contains(&name.as_slice()))
    }

    /// `Access denied: /etc/x`: it says what went wrong with what stands before it, and no program is called so.
    pub(super) fn ends_failure(&self) -> bool {
        const ENDS: [&[u8]; 11] = [
            b"aborted:",
            b"corrupted:",
            b"denied:",
            b"exceeded:",
            b"expired:",
            b"failed:",
            b"lost:",
            b"missing:",
            b"refused:",
            b"rejected:",
            b"unreachable:",
        ];
        ENDS.contains(&self.text)
    }

    /// `Authentication error: ...`, `Parse error: ...`
    pub(super) fn is_kind_of_error(&self) -> bool {
        let [first, rest @ ..] = self.text else { return false };
        let Some([b'e' | b'E', tail @ ..]) = self.after.strip_prefix(b" ") else { return false };
        let error = Token { text: b"error:", after: tail.get(5..).unwrap_or_default() };
        first.is_ascii_uppercase()
            && !rest.is_empty()
            && rest.iter().all(u8::is_ascii_lowercase)
            && tail.starts_with(b"rror: ")
            && !error.counts_none()
            // A measurement, or none at all.
            && !tail.get(6..).is_some_and(|said| {
                said.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.'))
                    || [&b"Success"[..], b"success", b"no ", b"No "].iter().any(|none| said.starts_with(none))
            })
    }

    /// `uvicorn.error - WARNING - message`: a logger's name.
    fn level_behind_dash(&self) -> bool {
        let next = self.after.strip_prefix(b" - ").unwrap_or_default();
        let letters = next.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        level::word(next.get(..letters).unwrap_or_default()).is_some()
            && next.get(letters..).is_some_and(|behind| behind.starts_with(b" - "))
    }

    /// The word behind one blank.
    fn next(&self) -> Token<'a> {
        let next = self.after.strip_prefix(b" ").unwrap_or_default();
        let length = next.iter().take(64).position(|byte| *byte == b' ').unwrap_or_default();
        let (text, after) = next.split_at_checked(length).unwrap_or_default();
        Token { text, after }
    }

    /// How long it is with the word behind it, where a place in the source in brackets follows that one.
    pub(super) fn length_with_component(&self) -> usize {
        let next = self.next();
        let place = next.after.strip_prefix(b" [").and_then(|inside| inside.get(..memchr::memchr(b']', inside)?));
        let is_place = place.is_some_and(|place| {
            let colon = memchr::memrchr(b':', place).unwrap_or(place.len());
            let (file, line) = place.split_at_checked(colon).unwrap_or_default();
            let kind = file.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
            line.len() > 1
                && kind.len() < file.len()
                && kind.iter().all(u8::is_ascii_alphabetic)
                && line.iter().skip(1).all(u8::is_ascii_digit)
        });
        if is_place && !next.text.is_empty() { self.text.len() + 1 + next.text.len() } else { 0 }
    }

    /// `hostd[2099299] [...`
    fn process_follows(&self) -> bool {
        let next = self.next();
        next.after.starts_with(b" [") && next.is_process()
    }

    /// Not `Starting`, nor `killed`.
    pub(super) fn may_be_host(&self) -> bool {
        let is_verb = self.text.ends_with(b"ing") || self.text.ends_with(b"ed");
        !is_verb && !self.text.iter().any(u8::is_ascii_uppercase)
    }

    /// `net_addr_v4_del: 10.0.0.1`
    pub(super) fn is_before_value(&self) -> bool {
        matches!(self.text, [.., letter, b':'] if letter.is_ascii_alphabetic())
            && memchr::memchr_iter(b'_', self.text).count() > 1
            && matches!(self.after, [b' ', digit, ..] if digit.is_ascii_digit())
            && !self.next().text.ends_with(b":")
    }

    /// `ERROR:root:message` ends after the logger's name.
    fn python(&self, letters: usize) -> usize {
        let Some([b':', tail @ ..]) = self.text.get(letters..) else { return self.text.len() };
        let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'.' | b'-');
        let name = tail.iter().take_while(in_name).count();
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

    /// `debug 1:`: how long the number is that says how much of a debug message it is, with its colon.
    fn step_behind(&self) -> usize {
        let digits = self.after.iter().skip(1).take(2).take_while(|byte| byte.is_ascii_digit()).count();
        let stepped = digits > 0 && self.after.first() == Some(&b' ') && self.after.get(digits + 1) == Some(&b':');
        if stepped { digits + 2 } else { 0 }
    }

    /// `errors: 0`, `ERROR: none`: nothing happened.
    pub(super) fn counts_none(&self) -> bool {
        if !self.text.ends_with(b":") {
            return false;
        }
        let next = self.after.trim_ascii_start();
        let length = next.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(next.len());
        let (next, rest) = next.split_at_checked(length).unwrap_or_default();
        let closed = next.strip_suffix(b",").or_else(|| next.strip_suffix(b";"));
        // `ERROR:  null value in column`
        if closed.is_none() && !rest.trim_ascii().is_empty() && self.text.iter().all(|byte| !byte.is_ascii_lowercase())
        {
            return false;
        }
        let next = closed.unwrap_or(next);
        [&b"0"[..], b"none", b"None", b"null", b"nil", b"false", b"<nil>"].contains(&next)
    }

    /// `System - host:443 error : ...`, `System *64 - ...`
    pub(super) fn is_program(&self) -> bool {
        let bits = self
            .after
            .strip_prefix(b" *")
            .map_or(0, |after| 2 + after.iter().take(2).filter(|byte| byte.is_ascii_digit()).count());
        self.after.get(bits..).is_some_and(|after| after.starts_with(b" - "))
    }

    pub(super) fn kind(&self) -> Kind {
        if self.text.len() <= 64 && self.text.ends_with(b":") {
            return Kind::Tag;
        }
        // `sandboxd[129] ([31211]): `
        if self.is_process() {
            return Kind::Tag;
        }
        // Ruby begins with the level's first letter and a comma.
        let capitals =
            self.text.strip_suffix(b",").unwrap_or(self.text).iter().all(u8::is_ascii_uppercase) && !denied(self.text);
        let odd = self.text.iter().any(|byte| byte.is_ascii_digit() || b".:/@_-#$*<>\\".contains(byte));
        // A picture, not a word of any language.
        let picture = self.text.first().is_some_and(|byte| *byte >= 0xe2) && self.text.iter().all(|byte| *byte >= 0x80);
        let marks = self.text.iter().all(u8::is_ascii_punctuation);
        if self.text.len() <= 96 && (capitals || odd || picture || marks) { Kind::Odd } else { Kind::Plain }
    }

    /// `ERROR`: the name of a level in capitals, and nothing else.
    pub(super) fn is_level(&self) -> bool {
        self.text.iter().all(u8::is_ascii_uppercase) && level::word(self.text).is_some()
    }

    /// `AMQ6776E:` of IBM's programs: how grave it is says the letter behind the number.
    pub(super) fn level_of_code(&self) -> Option<Level> {
        let code = self.text.strip_suffix(b":")?;
        let (letter, number) = code.split_last()?;
        let digits = number.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let name = number.get(..number.len() - digits)?;
        let is_code = digits == 4 && (3..=6).contains(&name.len()) && name.iter().all(u8::is_ascii_uppercase);
        match letter {
            b'S' if is_code => Some(Level::Critical),
            b'I' | b'W' | b'E' if is_code => level::letter(*letter),
            _ => None,
        }
    }

    /// `hostd[2099299]`, `tokenservice[83:tomcat-http--36]`
    pub(super) fn is_process(&self) -> bool {
        let name = self.text.strip_suffix(b"]").unwrap_or_default();
        let name = name.get(..memchr::memchr2(b':', b' ', name).unwrap_or(name.len())).unwrap_or_default();
        let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let name = name.get(..name.len() - digits).unwrap_or_default();
        digits > 0 && name.len() > 1 && name.ends_with(b"[")
    }
}
