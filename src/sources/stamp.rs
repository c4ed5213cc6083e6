//! Finds the time that a line says it was written.

use std::ops::Range;

use chrono::{DateTime, Datelike, Duration, FixedOffset, Local, LocalResult, NaiveDate, NaiveDateTime, TimeZone};

use super::cursor::Cursor;
use super::json::{self, Value};
use super::level;
use shapes::{Date, Place, Wall};

mod shapes;

/// How far into a line its time is looked for, in bytes.
const REACH: usize = 256;
/// And in fields.
const FIELDS: usize = 12;

/// Whose local time a stamp without zone is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// This host's, with its changes over the year.
    Host,
    /// Always this.
    Fixed(FixedOffset),
}

/// What fills in the missing parts of a stamp.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// For stamps without zone.
    pub zone: Zone,
    /// The file's last write: a stamp without year is of the latest year not more than a day after it.
    pub written: DateTime<FixedOffset>,
}

/// A time and where it stands in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The time.
    pub time: DateTime<FixedOffset>,
    /// Its bytes; for JSON an empty range.
    pub span: Range<usize>,
}

/// The time that `line` carries in its header.
#[must_use]
pub fn find(line: &[u8], clock: &Clock) -> Option<Stamp> {
    if json::is_object(line) {
        return in_json(line, clock).map(|time| Stamp { time, span: 0..0 });
    }
    let head = line.get(..REACH).unwrap_or(line);
    let mut cursor = Cursor::new(head, 0);
    let mut place = Place::Start;
    let mut words = 0;
    for _ in 0..FIELDS {
        skip_openers(&mut cursor);
        let start = cursor.at;
        if let Some(time) = shapes::parse(&mut cursor, place).and_then(|wall| resolve(wall, place, clock)) {
            return Some(Stamp { time, span: start..cursor.at });
        }
        let token = cursor.take_while(|byte| !is_delimiter(byte));
        if token.is_empty() && cursor.peek().is_none() {
            break;
        }
        place = Place::Field;
        if cursor.eat(b'=') {
            if is_time_key(token) {
                place = Place::Value;
            } else {
                skip_value(&mut cursor);
            }
        } else if is_prose(token) {
            words += 1;
            if words > 1 {
                break;
            }
        }
    }
    None
}

/// The time at the very start of `text`, as a JSON or logfmt value has it.
fn in_value(text: &[u8], clock: &Clock) -> Option<DateTime<FixedOffset>> {
    let mut cursor = Cursor::new(text, 0);
    cursor.blanks();
    shapes::parse(&mut cursor, Place::Value).and_then(|wall| resolve(wall, Place::Value, clock))
}

fn in_json(line: &[u8], clock: &Clock) -> Option<DateTime<FixedOffset>> {
    json::members(line).filter(|(key, _)| is_time_key(key)).find_map(|(_, value)| match value {
        Value::Text(text) => in_value(text, clock),
        Value::Bare(number) => in_value(number, clock).or_else(|| scientific(number)),
        Value::Nested(object) => json::members(object)
            .filter(|(key, _)| *key == b"$date" || *key == b"epochSecond")
            .find_map(|(_, value)| in_value(value.bytes(), clock)),
    })
}

/// `1.7333226221234567e+09`, as zap writes seconds.
fn scientific(number: &[u8]) -> Option<DateTime<FixedOffset>> {
    let seconds: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    if !number.contains(&b'e') || !(946_684_800.0..1e10).contains(&seconds) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "the range was just checked")]
    let milliseconds = (seconds * 1000.0) as i64;
    Some(DateTime::from_timestamp_millis(milliseconds)?.fixed_offset())
}

fn is_time_key(key: &[u8]) -> bool {
    const KEYS: [&[u8]; 14] = [
        b"time",
        b"ts",
        b"t",
        b"timestamp",
        b"@timestamp",
        b"asctime",
        b"__realtime_timestamp",
        b"@t",
        b"datetime",
        b"date",
        b"timemillis",
        b"instant",
        b"eventtime",
        b"logtime",
    ];
    KEYS.iter().any(|name| key.eq_ignore_ascii_case(name))
}

fn skip_openers(cursor: &mut Cursor<'_>) {
    loop {
        let before = cursor.at;
        cursor.ansi();
        cursor.take_while(|byte| is_delimiter(byte) && byte != 0x1b && byte != b'=');
        if cursor.at == before {
            // A stray `=` or escape is a field of its own.
            if cursor.eat_any(b"=\x1b").is_none() {
                return;
            }
        }
    }
}

fn skip_value(cursor: &mut Cursor<'_>) {
    if cursor.eat(b'"') {
        cursor.take_while(|byte| byte != b'"');
        cursor.eat(b'"');
    } else {
        cursor.take_while(|byte| byte != b' ' && byte != b'\t');
    }
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'['
            | b']'
            | b'('
            | b')'
            | b'{'
            | b'}'
            | b'<'
            | b'>'
            | b'|'
            | b'"'
            | b'\''
            | b'='
            | 0x1b
            | b'\r'
            | b'\n'
    )
}

/// A word as sentences have it: a time behind two of them is part of the message.
fn is_prose(token: &[u8]) -> bool {
    let word = token.strip_suffix(b",").unwrap_or(token);
    word.len() > 1 && word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80) && level::word(word).is_none()
}

fn resolve(wall: Wall, place: Place, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    let (date, time, zone) = match wall {
        Wall::Epoch(nanoseconds) => {
            let time = DateTime::from_timestamp_nanos(nanoseconds).fixed_offset();
            // A number at a line's start may be an id: believed only near the file's last write.
            let near = (time - clock.written).abs() < Duration::days(800);
            return (place == Place::Value || near).then(|| in_zone(time, clock.zone));
        }
        Wall::Written { date, time, zone } => (date, time, zone),
    };
    let of = |date: NaiveDate| {
        let midnight = date.and_hms_opt(0, 0, 0)?;
        let seconds = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second);
        let within = Duration::seconds(seconds) + Duration::nanoseconds(i64::from(time.nanosecond));
        localise(midnight.checked_add_signed(within)?, zone, clock.zone)
    };
    match date {
        Date::Full(year, month, day) => of(NaiveDate::from_ymd_opt(year, month, day)?),
        Date::NoYear(month, day) => {
            let latest = clock.written.checked_add_signed(Duration::days(1))?;
            let newest = latest.year().saturating_add(1);
            (newest.saturating_sub(9)..=newest)
                .rev()
                .filter_map(|year| of(NaiveDate::from_ymd_opt(year, month, day)?))
                .find(|time| *time <= latest)
        }
        Date::Unsaid => {
            let latest = clock.written.checked_add_signed(Duration::hours(1))?;
            let today = in_zone(clock.written, clock.zone).date_naive().succ_opt()?;
            today.iter_days().rev().take(3).filter_map(of).find(|time| *time <= latest)
        }
    }
}

fn in_zone(time: DateTime<FixedOffset>, zone: Zone) -> DateTime<FixedOffset> {
    match zone {
        Zone::Host => time.with_timezone(&Local).fixed_offset(),
        Zone::Fixed(offset) => time.with_timezone(&offset),
    }
}

fn localise(naive: NaiveDateTime, written: Option<FixedOffset>, zone: Zone) -> Option<DateTime<FixedOffset>> {
    match (written, zone) {
        (Some(offset), _) | (None, Zone::Fixed(offset)) => offset.from_local_datetime(&naive).single(),
        (None, Zone::Host) => match Local.from_local_datetime(&naive) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.fixed_offset()),
            // The hour that the clocks skipped.
            LocalResult::None => {
                let later = naive.checked_add_signed(Duration::hours(1))?;
                Some(Local.from_local_datetime(&later).earliest()?.fixed_offset() - Duration::hours(1))
            }
        },
    }
}
