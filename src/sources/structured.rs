//! Fields of a record that is a JSON object, or written as `key=value`.

use std::ops::Range;

use chrono::{DateTime, FixedOffset};

use super::clock::Clock;
use super::{level, stamp};
use crate::words::Level;

/// What lies further in is data, not the record's own fields.
pub(super) const REACH: usize = 64 * 1024;

/// What the fields say. Ranges are bytes of the text that was read.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) time: Option<DateTime<FixedOffset>>,
    pub(super) level: Option<Level>,
    pub(super) message: Option<Range<usize>>,
    /// The text that a container wrote, inside Docker's own object.
    pub(super) wrapped: Option<Range<usize>>,
    /// What went wrong.
    pub(super) error: Option<Range<usize>>,
    /// The first quoted text of several words under any other key.
    pub(super) sentence: Option<Range<usize>>,
    /// Another one stands behind it.
    pub(super) several: bool,
    /// Other fields tell what was done, or how it ended.
    pub(super) acted: bool,
    /// The level was a number.
    pub(super) numbered: bool,
}

impl Fields {
    pub(super) fn take(&mut self, text: &[u8], key: &[u8], value: Range<usize>, clock: &Clock) {
        let Some(content) = text.get(value.clone()) else { return };
        match key {
            b"level" | b"lvl" | b"severity" | b"loglevel" | b"log_level" | b"logLevel" | b"log.level" | b"priority"
            | b"PRIORITY" | b"Level" | b"LEVEL" | b"Severity" | b"LogLevel" => {
                self.numbered |= self.level.is_none() && word(content).is_none();
                self.level = self.level.or_else(|| word(content).or_else(|| level::number(small(content)?)));
            }
            // PowerDNS has its verbosity in `level`.
            b"prio" if self.numbered => self.level = level::word(content).or(self.level),
            b"severityNumber" | b"severity_number" | b"SeverityNumber" => {
                self.level = self.level.or_else(|| level::telemetry(small(content)?));
            }
            b"record" | b"fields" | b"log"
                if content.starts_with(b"{") && text.get(value.start.wrapping_sub(1)) != Some(&b'"') =>
            {
                self.nested(text, &value, clock);
            }
            b"levelname" | b"level_name" | b"severity_text" | b"severityText" | b"SeverityText" | b"@l" | b"at" => {
                self.level = self.level.or_else(|| level::word(content));
            }
            b"levelno" => self.level = self.level.or_else(|| level::python(small(content)?)),
            b"s" if content.len() <= 2 => {
                self.level = self.level.or_else(|| content.first().and_then(|letter| level::letter(*letter)));
            }
            b"time"
            | b"ts"
            | b"t"
            | b"timestamp"
            | b"@timestamp"
            | b"asctime"
            | b"datetime"
            | b"@t"
            | b"Timestamp"
            | b"eventTime"
            | b"date"
            | b"timeUnixNano"
            | b"__REALTIME_TIMESTAMP" => self.time = self.time.or_else(|| time(content, clock)),
            b"message" | b"msg" | b"MESSAGE" | b"@m" | b"@mt" | b"event" | b"Message" | b"RenderedMessage"
            | b"short_message"
                if self.message.is_none() =>
            {
                self.message = Some(value);
            }
            b"log" if self.wrapped.is_none() => self.wrapped = Some(value),
            b"err" | b"error" if self.error.is_none() && says_error(text, &value) => self.error = Some(value),
            b"action" | b"code" | b"method" | b"op" | b"operation" | b"outcome" | b"result" | b"status"
            | b"subtype" => {
                self.acted = true;
            }
            _ if self.message.is_none() && is_sentence(text, key, &value) => match self.sentence {
                Some(_) => self.several = true,
                None => self.sentence = Some(value),
            },
            _ => {}
        }
    }

    /// The message; where no field is called so, what went wrong, or the only sentence, when these tell all.
    pub(super) fn said(&self) -> Option<Range<usize>> {
        let sentence = || self.sentence.clone().filter(|_| !self.several);
        self.message.clone().or_else(|| self.error.clone().or_else(sentence).filter(|_| !self.acted))
    }
}

/// `err="connection refused"`, not `error=0` nor `err="No error"`.
fn says_error(text: &[u8], value: &Range<usize>) -> bool {
    let content = text.get(value.clone()).unwrap_or_default();
    let none = content.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"no "));
    is_quoted(text, value)
        && !none
        && content.first().is_some_and(u8::is_ascii_alphabetic)
        && memchr::memchr(b' ', content).is_some()
}

/// A quoted text of several words under a key that holds a text: `memberlist="Stream connection from=10.0.0.1:80"`.
fn is_sentence(text: &[u8], key: &[u8], value: &Range<usize>) -> bool {
    const TEXTS: [&[u8]; 9] =
        [b"desc", b"description", b"detail", b"details", b"memberlist", b"message", b"reason", b"summary", b"text"];
    let content = text.get(value.clone()).unwrap_or_default();
    let named = TEXTS.iter().any(|end| key.len() >= end.len() && key.ends_with(end));
    let begins = content.first().is_some_and(u8::is_ascii_alphanumeric);
    named && begins && is_quoted(text, value) && memchr::memchr_iter(b' ', content).nth(1).is_some()
}

fn is_quoted(text: &[u8], value: &Range<usize>) -> bool {
    value.start.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'"') && text.get(value.end) == Some(&b'"')
}

impl Fields {
    /// ECS keeps the level in `log`, tracing the message in `fields`, loguru all in `record`.
    fn nested(&mut self, text: &[u8], outer: &Range<usize>, clock: &Clock) {
        let inside = text.get(outer.clone()).unwrap_or_default();
        json(inside, |key, value| {
            let content = inside.get(value.clone()).unwrap_or_default();
            match key {
                b"level" if content.starts_with(b"{") => json(content, |key, value| {
                    if key == b"name" {
                        self.level = self.level.or_else(|| level::word(content.get(value)?));
                    }
                }),
                b"level" => self.level = self.level.or_else(|| word(content)),
                b"time" if content.starts_with(b"{") => json(content, |key, value| {
                    if key == b"repr" {
                        self.time = self.time.or_else(|| time(content.get(value)?, clock));
                    }
                }),
                b"message" if self.message.is_none() => {
                    self.message = Some(outer.start + value.start..outer.start + value.end);
                }
                _ => {}
            }
        });
    }
}

/// A level's name; slog adds a number to one that has none: `ERROR+2`.
fn word(content: &[u8]) -> Option<Level> {
    let letters = content.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (name, tail) = content.split_at_checked(letters)?;
    match tail {
        [] | [b'+' | b'-', b'0'..=b'9', ..] => level::word(name),
        _ => None,
    }
}

fn small(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 3 {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn time(content: &[u8], clock: &Clock) -> Option<DateTime<FixedOffset>> {
    // MongoDB: {"$date":"..."}
    let content = match content.strip_prefix(b"{\"$date\":\"") {
        Some(inner) => inner,
        None => content,
    };
    match stamp::parse(content, clock) {
        // A bare `14:30:22` under a key is a duration as likely as not.
        Some((time, length)) if length >= 10 => Some(time),
        _ => stamp::epoch(content, clock),
    }
}

/// Visits the members of the JSON object that `text` begins with: key, and the bytes of its value without quotes.
/// Stops at what is no JSON; what came before counts.
pub(super) fn json(text: &[u8], mut visit: impl FnMut(&[u8], Range<usize>)) {
    let text = text.get(..text.len().min(REACH)).unwrap_or_default();
    if text.first() != Some(&b'{') {
        return;
    }
    let mut at = 1;
    loop {
        at = blanks(text, at);
        let Some(key) = string(text, at) else { return };
        at = blanks(text, key.end + 1);
        if text.get(at) != Some(&b':') {
            return;
        }
        at = blanks(text, at + 1);
        let Some((value, end)) = value(text, at) else { return };
        visit(text.get(key).unwrap_or_default(), value);
        at = blanks(text, end);
        if text.get(at) != Some(&b',') {
            return;
        }
        at += 1;
    }
}

fn blanks(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    at
}

/// The inside of the string whose opening quote stands at `at`.
fn string(text: &[u8], at: usize) -> Option<Range<usize>> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let mut end = at + 1;
    loop {
        end += memchr::memchr2(b'"', b'\\', text.get(end..)?)?;
        if text.get(end) == Some(&b'"') {
            return Some(at + 1..end);
        }
        end += 2;
    }
}

/// The value at `at` without quotes, and where it ends.
fn value(text: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    match text.get(at)? {
        b'"' => string(text, at).map(|inside| (inside.clone(), inside.end + 1)),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut end = at;
            loop {
                match text.get(end)? {
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth == 1 => return Some((at..end + 1, end + 1)),
                    b'}' | b']' => depth -= 1,
                    b'"' => end = string(text, end)?.end,
                    _ => {}
                }
                end += 1;
            }
        }
        _ => {
            let length = text.get(at..)?.iter().position(|byte| matches!(byte, b',' | b'}' | b' ' | b'\t'))?;
            (length > 0).then_some((at..at + length, at + length))
        }
    }
}

/// The pair that begins at `at`: key, value without quotes, and where the pair ends.
pub(super) fn pair(text: &[u8], at: usize) -> Option<(Range<usize>, Range<usize>, usize)> {
    let rest = text.get(at..)?;
    let length = rest.iter().take(48).position(|byte| !(byte.is_ascii_alphanumeric() || b"_.@-".contains(byte)))?;
    if length == 0 || rest.get(length) != Some(&b'=') {
        return None;
    }
    let start = at + length + 1;
    let (value, end) = if let Some(inside) = string(text, start) {
        (inside.clone(), inside.end + 1)
    } else {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let end = text.get(start..)?.iter().position(blank).map_or(text.len(), |length| start + length);
        (start..end, end)
    };
    Some((at..at + length, value, end))
}

/// Takes one layer of JSON escapes off, as far as levels and times need it.
pub(super) fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len().min(REACH));
    let mut bytes = text.get(..text.len().min(REACH)).unwrap_or_default().iter();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next() {
                Some(b't') => b'\t',
                Some(b'n' | b'r') => b' ',
                Some(b'u') if bytes.as_slice().get(..4).is_some_and(|four| four.eq_ignore_ascii_case(b"001b")) => {
                    bytes.nth(3);
                    b'\x1b'
                }
                Some(other) => *other,
                None => b'\\',
            },
            other => *other,
        });
    }
    plain
}
