//! What a line says of its own importance.

use super::cursor::{Cursor, decimal};
use super::json::{self, Value};
use super::record;
use crate::words::Level;

/// How far behind its time a line's level is looked for, in bytes.
const REACH: usize = 320;
/// And in fields.
const FIELDS: usize = 14;

/// A level and where the word that says it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The level.
    pub level: Level,
    /// First byte behind it; 0 where it says nothing of the message's start.
    pub end: usize,
}

/// The level of `line`, whose time ends at `stamp_end` (0: it has none).
#[must_use]
pub fn find(line: &[u8], stamp_start: usize, stamp_end: usize) -> Option<Found> {
    if json::is_object(line) {
        return in_json(line).map(|level| Found { level, end: 0 });
    }
    if let Some(level) = priority(line).or_else(|| stamp_letter(line, stamp_start)) {
        return Some(Found { level, end: 0 });
    }
    let before = line.get(..stamp_start).unwrap_or_default();
    if stamp_end > 0 {
        if let Some(found) = in_header(before, 0, false) {
            return Some(Found { end: 0, ..found });
        }
        if let Some(level) = redis(before, line.get(stamp_end..).unwrap_or_default()) {
            return Some(Found { level, end: stamp_end + 2 });
        }
    }
    in_header(line, stamp_end, stamp_end > 0)
        .or_else(|| record::opens_with_error(line).then_some(Found { level: Level::Error, end: 0 }))
}

/// The level that a word names, whatever its case.
#[must_use]
pub fn word(word: &[u8]) -> Option<Level> {
    let mut lower = [0_u8; 13];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"trace" | b"trc" | b"finest" | b"finer" => Level::Trace,
        b"debug" | b"dbg" | b"debg" | b"fine" | b"verbose" | b"debug1" | b"debug2" | b"debug3" | b"debug4"
        | b"debug5" => Level::Debug,
        b"info" | b"inf" | b"information" | b"informational" | b"config" | b"log" => Level::Info,
        b"notice" | b"note" => Level::Notice,
        b"warn" | b"warning" | b"wrn" => Level::Warning,
        b"error" | b"err" | b"eror" | b"erro" | b"severe" => Level::Error,
        b"fatal" | b"ftl" | b"critical" | b"crit" | b"crt" | b"alert" | b"emerg" | b"emergency" | b"panic"
        | b"dpanic" | b"pnc" => Level::Critical,
        _ => return None,
    })
}

/// Words that also begin sentences: a level only with a mark (upper case, brackets, a colon).
fn is_also_prose(token: &[u8]) -> bool {
    const WORDS: [&[u8]; 11] = [
        b"alert",
        b"emergency",
        b"panic",
        b"log",
        b"config",
        b"fine",
        b"finer",
        b"note",
        b"severe",
        b"trace",
        b"information",
    ];
    WORDS.iter().any(|word| token.eq_ignore_ascii_case(word))
}

/// `<34>` of RFC 3164 and 5424.
fn priority(line: &[u8]) -> Option<Level> {
    let mut cursor = Cursor::new(line, 0);
    if !cursor.eat(b'<') {
        return None;
    }
    let value = cursor.number(1, 3).filter(|value| *value < 192)?;
    cursor.eat(b'>').then(|| severity(value % 8))
}

const fn severity(value: u32) -> Level {
    match value {
        0..=2 => Level::Critical,
        3 => Level::Error,
        4 => Level::Warning,
        5 => Level::Notice,
        6 => Level::Info,
        _ => Level::Debug,
    }
}

/// `E1204 14:30:22` (klog), `E, [2025-12-04T...` (Ruby).
fn stamp_letter(line: &[u8], stamp_start: usize) -> Option<Level> {
    let (letter, rest) = line.split_first()?;
    let klog = stamp_start == 0
        && rest.get(..5).is_some_and(|next| next.iter().take(4).all(u8::is_ascii_digit) && next.ends_with(b" "));
    let ruby = rest.starts_with(b", [");
    (klog || ruby).then(|| level_letter(*letter)).flatten()
}

const fn level_letter(letter: u8) -> Option<Level> {
    Some(match letter {
        b'V' => Level::Trace,
        b'D' => Level::Debug,
        b'I' => Level::Info,
        b'W' => Level::Warning,
        b'E' => Level::Error,
        b'F' | b'A' => Level::Critical,
        _ => return None,
    })
}

/// `1234:M 04 Dec 2025 14:30:22.123 # ...`.
fn redis(before: &[u8], after: &[u8]) -> Option<Level> {
    let mut cursor = Cursor::new(before, 0);
    cursor.number(1, 10)?;
    if !cursor.eat(b':') || cursor.eat_any(b"MSCXH").is_none() || cursor.rest() != b" " {
        return None;
    }
    Some(match after.get(..3)? {
        b" # " => Level::Warning,
        b" * " => Level::Notice,
        b" - " | b" . " => Level::Debug,
        _ => return None,
    })
}

fn in_json(line: &[u8]) -> Option<Level> {
    const KEYS: [&[u8]; 13] = [
        b"level",
        b"lvl",
        b"severity",
        b"loglevel",
        b"log_level",
        b"log.level",
        b"levelname",
        b"priority",
        b"@level",
        b"@l",
        b"severitytext",
        b"severity_text",
        b"s",
    ];
    let mut inner = None;
    for (key, value) in json::members(line) {
        if KEYS.iter().any(|name| key.eq_ignore_ascii_case(name)) {
            let level = match value {
                Value::Text(text) | Value::Bare(text) => named_or_numbered(key, text.trim_ascii()),
                Value::Nested(_) => None,
            };
            if level.is_some() {
                return level;
            }
        }
        if matches!(key, b"log" | b"msg" | b"message" | b"MESSAGE")
            && let Value::Text(text) = value
        {
            inner = inner.or(Some(text));
        }
    }
    let text = inner.filter(|text| !json::is_object(text))?;
    in_header(text, 0, false)
        .map(|found| found.level)
        .or_else(|| record::opens_with_error(text).then_some(Level::Error))
}

fn named_or_numbered(key: &[u8], text: &[u8]) -> Option<Level> {
    if let Some(level) = word(text) {
        return Some(level);
    }
    if let [letter] = text
        && letter.is_ascii_uppercase()
    {
        return level_letter(*letter);
    }
    let number = u32::try_from(decimal(text)?).ok()?;
    if key.eq_ignore_ascii_case(b"priority") || number < 8 {
        return (number < 8).then(|| severity(number));
    }
    Some(match number {
        10..=19 => Level::Trace,
        20..=29 => Level::Debug,
        30..=39 => Level::Info,
        40..=49 => Level::Warning,
        50..=59 => Level::Error,
        60..=69 => Level::Critical,
        _ => return None,
    })
}

/// Goes over the fields from `start` on, until the message begins.
fn in_header(line: &[u8], start: usize, stamped: bool) -> Option<Found> {
    let head = line.get(..start.saturating_add(REACH)).unwrap_or(line);
    let mut cursor = Cursor::new(head, start);
    let mut fields = Fields { prose: 0, numbers: 0, first: true, stamped, after_colon: false };
    for _ in 0..FIELDS {
        while cursor.ansi()
            || !cursor.take_while(|byte| matches!(byte, b' ' | b'\t' | b'|' | b'-' | b',' | b']')).is_empty()
        {}
        match cursor.peek()? {
            b'[' | b'(' | b'<' => {
                let group = bracketed(&mut cursor)?;
                if let Some(level) = in_group(group) {
                    return Some(Found { level, end: cursor.at });
                }
                continue;
            }
            b'"' | b'\'' => return None,
            _ => {}
        }
        let token =
            cursor.take_while(|byte| !matches!(byte, b' ' | b'\t' | b'|' | b'[' | b'(' | b'<' | b'=' | b'"' | 0x1b));
        if cursor.eat(b'=') {
            let value = logfmt_value(&mut cursor);
            if is_level_key(token) {
                return named_or_numbered(token, value).map(|level| Found { level, end: cursor.at });
            }
            if matches!(token, b"msg" | b"message") {
                return None;
            }
            continue;
        }
        if let Some(level) = fields.judge(token, &cursor) {
            let behind = cursor.at - token.len() + level_length(token);
            return Some(Found { level, end: behind });
        }
        if fields.message_began() {
            return None;
        }
    }
    None
}

/// How much of a token like `ERROR:root:text` is the level.
fn level_length(token: &[u8]) -> usize {
    let colon = token.iter().position(|byte| *byte == b':').map_or(token.len(), |at| at + 1);
    let level_first = token.get(..colon).map(bare).is_some_and(|first| word(first).is_some());
    if level_first { colon } else { token.len() }
}

struct Fields {
    prose: usize,
    numbers: usize,
    first: bool,
    stamped: bool,
    after_colon: bool,
}

impl Fields {
    fn judge(&mut self, token: &[u8], behind: &Cursor<'_>) -> Option<Level> {
        let first = std::mem::replace(&mut self.first, false);
        let colon = token.ends_with(b":") || (behind.peek() == Some(b' ') && behind.rest().starts_with(b" : "));
        let plain = bare(token);
        if let Some(level) = word(plain) {
            let upper = plain.iter().all(|byte| !byte.is_ascii_lowercase());
            let marked = token.ends_with(b":") || token.ends_with(b"!");
            // `fatal error: ...` says it in two words.
            if matches!(level, Level::Critical)
                && !upper
                && behind.rest().get(..7).is_some_and(|next| next.eq_ignore_ascii_case(b" error:"))
            {
                return Some(level);
            }
            let near = self.prose <= usize::from(self.stamped && !self.after_colon);
            let fits = (upper && near)
                || (marked && self.prose <= 2)
                || (self.stamped && first && !is_also_prose(plain))
                || (self.after_colon && self.prose == 0 && upper);
            if fits {
                return Some(level);
            }
        }
        // `ERROR:root:text` (Python), `production.ERROR:` (Laravel).
        if let Some(at) = token.iter().position(|byte| *byte == b':')
            && self.prose == 0
            && let Some(level) = token.get(..at).filter(|name| name.iter().all(u8::is_ascii_uppercase)).and_then(word)
        {
            return Some(level);
        }
        if colon
            && let Some(dot) = plain.iter().rposition(|byte| *byte == b'.')
            && let Some(level) =
                plain.get(dot + 1..).filter(|name| name.iter().all(u8::is_ascii_uppercase)).and_then(word)
        {
            return Some(level);
        }
        // `1234  1234 E Tag: text` (logcat).
        if let [letter] = token
            && self.numbers >= 2
            && self.prose == 0
        {
            return level_letter(*letter);
        }
        self.count(token, plain, colon);
        None
    }

    fn count(&mut self, token: &[u8], plain: &[u8], colon: bool) {
        if token.iter().all(u8::is_ascii_digit) {
            self.numbers += 1;
        } else if colon {
            self.after_colon = true;
            self.prose = 0;
        } else if plain.len() > 1 && plain.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80) {
            self.prose += 1;
        }
    }

    const fn message_began(&self) -> bool {
        self.prose > 2
    }
}

/// A token without the marks behind it.
fn bare(token: &[u8]) -> &[u8] {
    let end = token.iter().rposition(|byte| !matches!(byte, b':' | b'!' | b',' | b';' | b']')).map_or(0, |at| at + 1);
    token.get(..end).unwrap_or_default()
}

fn is_level_key(key: &[u8]) -> bool {
    const KEYS: [&[u8]; 6] = [b"level", b"lvl", b"severity", b"loglevel", b"levelname", b"log.level"];
    KEYS.iter().any(|name| key.eq_ignore_ascii_case(name))
}

fn logfmt_value<'a>(cursor: &mut Cursor<'a>) -> &'a [u8] {
    if cursor.eat(b'"') {
        let value = cursor.take_while(|byte| byte != b'"');
        cursor.eat(b'"');
        return value;
    }
    cursor.take_while(|byte| byte != b' ' && byte != b'\t')
}

/// What stands between brackets at the cursor, which ends up behind them; `None` when they do not close soon.
fn bracketed<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let close = match cursor.eat_any(b"[(<")? {
        b'[' => b']',
        b'(' => b')',
        _ => b'>',
    };
    let group = cursor.take_while(|byte| byte != close);
    cursor.eat(close).then_some(group)
}

/// `[error]`, `[core:error]`, `[ WARN]`, `[E]` is too short to tell.
fn in_group(group: &[u8]) -> Option<Level> {
    let group = group.trim_ascii();
    let name = match group.iter().rposition(|byte| *byte == b':') {
        Some(colon) => group.get(colon + 1..).unwrap_or_default(),
        None => group,
    };
    // Colours may be inside.
    let name = if name.starts_with(b"\x1b[") {
        let mut cursor = Cursor::new(name, 0);
        cursor.ansi();
        cursor.take_while(|byte| byte != 0x1b).trim_ascii()
    } else {
        name
    };
    word(name)
}
