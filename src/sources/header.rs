//! Takes a line apart: its time, its level, its message.

use chrono::{DateTime, FixedOffset};

use super::cursor::Cursor;
use super::json::{self, Value};
use super::stamp::{self, Clock};
use super::{level, record};
use crate::words::Level;

/// What a record's first line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its own time.
    pub time: Option<DateTime<FixedOffset>>,
    /// Its own level.
    pub level: Option<Level>,
    /// The line without time, level and logger.
    pub message: &'a [u8],
}

/// Takes `line` (without line end) apart.
#[must_use]
pub fn read<'a>(line: &'a [u8], clock: &Clock) -> Header<'a> {
    let stamp = stamp::find(line, clock);
    let (start, end) = stamp.as_ref().map_or((0, 0), |stamp| (stamp.span.start, stamp.span.end));
    let found = level::find(line, start, end);
    let message = match json_message(line) {
        Some(inner) => text_message(inner),
        None => behind(line, end.max(found.map_or(0, |found| found.end)), found.is_some_and(|found| found.end > 0)),
    };
    Header { time: stamp.map(|stamp| stamp.time), level: found.map(|found| found.level), message }
}

/// The level of `line` alone, its time found only as far as that takes.
#[must_use]
pub fn level_of(line: &[u8], clock: &Clock) -> Option<Level> {
    let stamp = stamp::find(line, clock);
    let (start, end) = stamp.map_or((0, 0), |stamp| (stamp.span.start, stamp.span.end));
    level::find(line, start, end).map(|found| found.level)
}

fn json_message(line: &[u8]) -> Option<&[u8]> {
    const KEYS: [&[u8]; 6] = [b"msg", b"message", b"log", b"MESSAGE", b"@m", b"event"];
    if !json::is_object(line) {
        return None;
    }
    json::members(line).find_map(|(key, value)| match value {
        Value::Text(text) if KEYS.contains(&key) && !text.is_empty() => Some(text),
        _ => None,
    })
}

/// The text of a JSON member may have a level of its own at its start.
fn text_message(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\\n").unwrap_or(text);
    if json::is_object(text) {
        return text;
    }
    level::find(text, 0, 0).map_or(text, |found| behind(text, found.end, found.end > 0))
}

/// What is left behind the header's known end: thread, pid and logger are taken off too.
fn behind(line: &[u8], start: usize, level_seen: bool) -> &[u8] {
    let mut cursor = Cursor::new(line, start);
    let mut loggers = 0;
    let mut fallback = None;
    for _ in 0..8 {
        cursor.take_while(|byte| matches!(byte, b' ' | b'\t' | b'|' | b']' | b')' | b',' | b'-' | b':'));
        fallback = fallback.or(Some(cursor.at)).filter(|_| loggers == 0 && !level_seen);
        if start == 0 {
            break;
        }
        let before = cursor.at;
        if cursor.eat(b'[') {
            let group = cursor.take_while(|byte| byte != b']');
            if !cursor.eat(b']') || group.len() > 64 {
                cursor.at = before;
                break;
            }
            continue;
        }
        let token = cursor.take_while(|byte| byte != b' ' && byte != b'\t');
        let rest = cursor.rest();
        let dashed = rest.starts_with(b" - ") || rest.starts_with(b" : ") || rest.starts_with(b" --- ");
        let number = !token.is_empty() && token.iter().all(u8::is_ascii_digit);
        let named = (token.ends_with(b":") || dashed) && token.len() < 100 && is_name(token);
        let host = !level_seen && loggers == 0 && next_names_program(rest);
        if number && !rest.is_empty() && level_seen {
            continue;
        }
        if (named && loggers < 2 && !record::opens_with_error(token)) || host {
            loggers += 1;
            continue;
        }
        cursor.at = before;
        break;
    }
    let text = line.get(cursor.at..).unwrap_or_default();
    if text.is_empty() { line.get(fallback.unwrap_or(start)..).unwrap_or_default() } else { text }
}

/// `streamtv.streaming:`, `sshd[123]:`, `1234#0:`; no word with quotes or slashes in it.
fn is_name(token: &[u8]) -> bool {
    token.iter().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'-' | b'[' | b']' | b'#' | b':' | b'$' | b'@' | b'*')
    })
}

/// After a host comes ` program[123]:` or ` program:`.
fn next_names_program(rest: &[u8]) -> bool {
    let mut cursor = Cursor::new(rest, 0);
    if cursor.blanks() != 1 {
        return false;
    }
    let token = cursor.take_while(|byte| byte != b' ');
    token.ends_with(b":") && is_name(token) && !record::opens_with_error(token)
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, SecondsFormat};

    use super::*;
    use crate::sources::stamp::Zone;

    /// Lines as real programs print them: time, level, message.
    #[test]
    fn headers_of_real_programs() {
        let zone = FixedOffset::east_opt(0).unwrap();
        let clock = Clock { zone: Zone::Fixed(zone), written: "2025-12-05T00:00:00Z".parse().unwrap() };
        for (line, time, level) in [
            ("2025-12-04 14:30:22 ERROR streamtv.streaming: gone", "2025-12-04T14:30:22Z", Some(Level::Error)),
            ("2025-12-04 14:30:22,123 - root - WARNING - careful", "2025-12-04T14:30:22.123Z", Some(Level::Warning)),
            (
                "2025/12/04 14:30:22 [error] 31#31: *1 connect() failed (111: Connection refused)",
                "2025-12-04T14:30:22Z",
                Some(Level::Error),
            ),
            (
                "2025-12-04 14:30:22.123 UTC [812] FATAL:  password authentication failed",
                "2025-12-04T14:30:22.123Z",
                Some(Level::Critical),
            ),
            ("2025-12-04 14:30:22.123 UTC [812] LOG:  database system is ready", "2025-12-04T14:30:22.123Z", None),
            ("Dec  4 14:30:22 host kernel: something", "2025-12-04T14:30:22Z", None),
            ("2025-12-04T14:30:22.5+01:00 host app[12]: x", "2025-12-04T13:30:22.500Z", None),
            ("10.0.0.1 - - [04/Dec/2025:14:30:22 +0000] \"GET / HTTP/1.1\" 200 5", "2025-12-04T14:30:22Z", None),
            (
                "{\"time\":\"2025-12-04T14:30:22Z\",\"level\":\"error\",\"msg\":\"x\"}",
                "2025-12-04T14:30:22Z",
                Some(Level::Error),
            ),
            ("time=2025-12-04T14:30:22Z level=warn msg=\"slow\"", "2025-12-04T14:30:22Z", Some(Level::Warning)),
            ("{\"level\":50,\"time\":1764858622000,\"msg\":\"x\"}", "2025-12-04T14:30:22Z", Some(Level::Error)),
            ("[2025-12-04 14:30:22] production.ERROR: x", "2025-12-04T14:30:22Z", Some(Level::Error)),
        ] {
            let header = read(line.as_bytes(), &clock);
            let shown = header.time.map(|time| time.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true));
            assert_eq!(shown.as_deref(), Some(time), "{line}");
            if level.is_some() {
                assert_eq!(header.level, level, "{line}");
            }
            assert!(
                header.level.is_none_or(|found| level.is_some() || found <= Level::Notice),
                "{line}: {:?}",
                header.level
            );
        }
    }

    #[test]
    fn words_in_the_message_do_not_decide() {
        let clock = Clock { zone: Zone::Host, written: "2025-12-05T00:00:00Z".parse().unwrap() };
        for line in ["2025-12-04 14:30:22 INFO job done, 0 errors", "2025-12-04 14:30:22 INFO timeout set to 30"] {
            assert_eq!(level_of(line.as_bytes(), &clock), Some(Level::Info), "{line}");
        }
    }

    #[test]
    fn the_message_is_what_is_left() {
        let clock = Clock { zone: Zone::Host, written: "2025-12-05T00:00:00Z".parse().unwrap() };
        let header = read(b"2025-12-04 14:30:22 ERROR streamtv.streaming: gone away", &clock);
        assert_eq!(header.message, b"gone away");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_lines_never_panic(line in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let clock = Clock { zone: Zone::Host, written: "2025-12-05T00:00:00Z".parse().unwrap() };
            let header = read(&line, &clock);
            proptest::prop_assert!(header.message.len() <= line.len());
        }
    }
}
