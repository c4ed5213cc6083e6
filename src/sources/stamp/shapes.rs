//! The shapes in which programs write a time.

use chrono::FixedOffset;

use self::zone::zone;
use super::super::cursor::{Cursor, decimal};

mod zone;

/// A time as written, before its missing parts are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// Nanoseconds since the epoch.
    Epoch(i64),
    /// A date and a time of day.
    Written {
        /// What is said of the date.
        date: Date,
        /// The time of day.
        time: Time,
        /// The zone, where one is written.
        zone: Option<FixedOffset>,
    },
}

/// What is said of the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Date {
    /// Year, month, day.
    Full(i32, u32, u32),
    /// Month, day.
    NoYear(u32, u32),
    /// Nothing.
    Unsaid,
}

/// A time of day; 24:00:00 and a second of 60 occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub nanosecond: u32,
}

/// Where in the line a time is looked for: some shapes are believed only there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the line's start.
    Start,
    /// In a later field.
    Field,
    /// The value of a key that means time.
    Value,
}

/// The time written at the cursor, which ends up behind it.
pub fn parse(cursor: &mut Cursor<'_>, place: Place) -> Option<Wall> {
    let mut ahead = *cursor;
    let wall = match ahead.peek()? {
        b'0'..=b'9' => numeric(&mut ahead, place),
        b'A'..=b'Z' | b'a'..=b'z' => named(&mut ahead),
        _ => None,
    }?;
    if ahead.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *cursor = ahead;
    Some(wall)
}

fn numeric(cursor: &mut Cursor<'_>, place: Place) -> Option<Wall> {
    let mut ahead = *cursor;
    let digits = ahead.take_while(|byte| byte.is_ascii_digit()).len();
    match (digits, place) {
        (4, _) => year_first(cursor),
        (8, _) => compact(cursor),
        (6, Place::Start) => short_compact(cursor),
        (1 | 2, Place::Start | Place::Value) if ahead.peek() == Some(b':') => {
            let time = time_of_day(cursor)?;
            Some(Wall::Written { date: Date::Unsaid, time, zone: zone(cursor) })
        }
        (1 | 2, _) => day_first(cursor),
        (9..=19, Place::Start | Place::Value) => epoch(cursor, place),
        _ => None,
    }
}

/// `2025-12-04T14:30:22.123+01:00`, `2025/12/04 14:30:22`, `2025 Dec 4 14:30:22`.
fn year_first(cursor: &mut Cursor<'_>) -> Option<Wall> {
    let year = cursor.number(4, 4)?;
    let separator = cursor.eat_any(b"-/. ")?;
    let month = if separator == b' ' { month(cursor)? } else { cursor.number(1, 2)? };
    cursor.eat_any(&[separator])?;
    if separator == b' ' {
        cursor.blanks();
    }
    let day = cursor.number(1, 2)?;
    cursor.eat(b',');
    if cursor.eat_any(b"Tt_-").is_none() && cursor.blanks() == 0 {
        return None;
    }
    finish(cursor, full(year, month, day)?)
}

/// `20251204T143022Z`, `20251204-14:30:22:606`.
fn compact(cursor: &mut Cursor<'_>) -> Option<Wall> {
    let (year, month, day) = (cursor.digits(4)?, cursor.digits(2)?, cursor.digits(2)?);
    cursor.eat_any(b"-T_ ")?;
    let date = full(year, month, day)?;
    let mut ahead = *cursor;
    if let Some(wall) = finish(&mut ahead, date) {
        *cursor = ahead;
        return Some(wall);
    }
    let time = packed_time(cursor)?;
    Some(Wall::Written { date, time, zone: zone(cursor) })
}

/// `081109 203615`, `251204 14:30:22`.
fn short_compact(cursor: &mut Cursor<'_>) -> Option<Wall> {
    let (year, month, day) = (cursor.digits(2)?, cursor.digits(2)?, cursor.digits(2)?);
    if cursor.blanks() == 0 {
        return None;
    }
    let date = full(century(year), month, day)?;
    let mut ahead = *cursor;
    if let Some(wall) = finish(&mut ahead, date) {
        *cursor = ahead;
        return Some(wall);
    }
    let time = packed_time(cursor)?;
    Some(Wall::Written { date, time, zone: None })
}

/// `04/Dec/2025:14:30:22 +0000`, `04-Dec-2025 14:30:22 UTC`, `04 Dec 2025 14:30:22.123`, `12/04/2025, 2:30:22 PM`,
/// `25/12/04 14:30:22`, `12-04 14:30:22.123`, `04.12.2025 14:30:22`.
fn day_first(cursor: &mut Cursor<'_>) -> Option<Wall> {
    let first = cursor.number(1, 2)?;
    let separator = cursor.eat_any(b"/-. ")?;
    if cursor.peek()?.is_ascii_alphabetic() {
        let month = month(cursor)?;
        cursor.eat_any(&[separator])?;
        let year = cursor.number(4, 4)?;
        if !cursor.eat(b':') && cursor.blanks() == 0 {
            return None;
        }
        return finish(cursor, full(year, month, first)?);
    }
    let second = cursor.number(1, 2)?;
    if separator == b'-' && cursor.eat(b' ') {
        let wall = finish(cursor, month_day(first, second)?)?;
        // Without its milliseconds `12-04 14:30:22` is too little to go by.
        return matches!(wall, Wall::Written { time, .. } if time.nanosecond > 0 || cursor.since(0).contains(&b'.'))
            .then_some(wall);
    }
    if separator == b' ' {
        return None;
    }
    cursor.eat_any(&[separator])?;
    let mut ahead = *cursor;
    let date = if let Some(third) = ahead.number(2, 2) {
        if separator != b'/' || first <= 12 {
            return None;
        }
        full(century(first), second, third)?
    } else {
        let year = ahead.number(4, 4)?;
        match (separator, first > 12, second > 12) {
            (b'.', _, _) | (_, true, false) => full(year, second, first)?,
            (_, false, true) => full(year, first, second)?,
            _ if first == second => full(year, first, second)?,
            // Day or month first: nobody can tell from this line.
            _ => return None,
        }
    };
    *cursor = ahead;
    cursor.eat(b',');
    if cursor.blanks() == 0 && !cursor.eat(b'-') {
        return None;
    }
    finish(cursor, date)
}

/// `1733322622.123`, 13, 16 and 19 digits.
fn epoch(cursor: &mut Cursor<'_>, place: Place) -> Option<Wall> {
    let digits = cursor.take_while(|byte| byte.is_ascii_digit());
    let value = i64::try_from(decimal(digits)?).ok()?;
    let mut nanoseconds = match digits.len() {
        9 | 10 => value.checked_mul(1_000_000_000)?,
        13 => value.checked_mul(1_000_000)?,
        16 => value.checked_mul(1_000)?,
        19 => value,
        _ => return None,
    };
    if digits.len() <= 10 {
        nanoseconds = nanoseconds.checked_add(i64::from(fraction(cursor)))?;
    }
    let ends = cursor.peek().is_none_or(|byte| byte.is_ascii_whitespace() || (place == Place::Value && byte != b'.'));
    (ends && nanoseconds >= 946_684_800_000_000_000).then_some(Wall::Epoch(nanoseconds))
}

/// `Dec  4 14:30:22`, `Thu Dec 04 14:30:22.123456 2025`, `Dec 04, 2025 2:30:22 PM`, `Thu, 04 Dec 2025 14:30:22`,
/// `E1204 14:30:22.123456`.
fn named(cursor: &mut Cursor<'_>) -> Option<Wall> {
    let mut ahead = *cursor;
    if ahead.eat_any(b"IWEFD").is_some() && ahead.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        let date = month_day(ahead.digits(2)?, ahead.digits(2)?)?;
        if ahead.blanks() == 0 {
            return None;
        }
        *cursor = ahead;
        return finish(cursor, date);
    }
    if weekday(cursor) {
        cursor.eat(b',');
        if cursor.blanks() == 0 {
            return None;
        }
        if cursor.peek()?.is_ascii_digit() {
            return numeric(cursor, Place::Field);
        }
    }
    let month = month(cursor)?;
    cursor.eat(b'.');
    if cursor.blanks() == 0 {
        return None;
    }
    let day = cursor.number(1, 2)?;
    cursor.eat(b',');
    if cursor.blanks() == 0 {
        return None;
    }
    let mut ahead = *cursor;
    if let Some(year) = ahead.number(4, 4) {
        ahead.eat(b',');
        if ahead.blanks() > 0 {
            *cursor = ahead;
            return finish(cursor, full(year, month, day)?);
        }
    }
    let wall = finish(cursor, month_day(month, day)?)?;
    Some(with_year_behind(cursor, wall))
}

/// `... 14:30:22 2025`, and `... 14:30:22 UTC 2025` with any zone.
fn with_year_behind(cursor: &mut Cursor<'_>, wall: Wall) -> Wall {
    let Wall::Written { date: Date::NoYear(month, day), time, zone } = wall else { return wall };
    let mut ahead = *cursor;
    if ahead.blanks() == 0 {
        return wall;
    }
    if ahead.peek().is_some_and(|byte| byte.is_ascii_uppercase()) {
        let name = ahead.take_while(|byte| byte.is_ascii_uppercase());
        if name.len() > 5 || ahead.blanks() == 0 {
            return wall;
        }
    }
    let Some(date) = ahead.number(4, 4).and_then(|year| full(year, month, day)) else { return wall };
    if !ahead.peek().is_none_or(|byte| byte == b']' || byte.is_ascii_whitespace()) {
        return wall;
    }
    *cursor = ahead;
    Wall::Written { date, time, zone }
}

fn finish(cursor: &mut Cursor<'_>, date: Date) -> Option<Wall> {
    let time = time_of_day(cursor)?;
    Some(Wall::Written { date, time, zone: zone(cursor) })
}

/// `14:30:22`, `14.30.22`, with a fraction, with AM or PM.
fn time_of_day(cursor: &mut Cursor<'_>) -> Option<Time> {
    let mut hour = cursor.number(1, 2)?;
    let separator = cursor.eat_any(b":.")?;
    let minute = cursor.number(1, 2)?;
    cursor.eat_any(&[separator])?;
    let second = cursor.number(1, 2)?;
    let nanosecond = fraction(cursor);
    let mut ahead = *cursor;
    ahead.blanks();
    let half = ahead.take_while(|byte| byte.is_ascii_alphabetic());
    if half.eq_ignore_ascii_case(b"am") || half.eq_ignore_ascii_case(b"pm") {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if half.eq_ignore_ascii_case(b"pm") { 12 } else { 0 };
        *cursor = ahead;
    }
    let midnight = hour == 24 && minute == 0 && second == 0;
    ((hour < 24 || midnight) && minute < 60 && second <= 60).then_some(Time { hour, minute, second, nanosecond })
}

fn packed_time(cursor: &mut Cursor<'_>) -> Option<Time> {
    let (hour, minute, second) = (cursor.digits(2)?, cursor.digits(2)?, cursor.digits(2)?);
    let nanosecond = fraction(cursor);
    (hour < 24 && minute < 60 && second <= 60).then_some(Time { hour, minute, second, nanosecond })
}

/// `.123456`, `,123`, `:606`: in nanoseconds.
fn fraction(cursor: &mut Cursor<'_>) -> u32 {
    let mut ahead = *cursor;
    let Some(mark) = ahead.eat_any(b".,:") else { return 0 };
    let digits = ahead.take_while(|byte| byte.is_ascii_digit());
    if digits.is_empty() || (mark == b':' && digits.len() != 3) {
        return 0;
    }
    *cursor = ahead;
    let mut value = 0;
    for place in 0..9 {
        value = value * 10 + digits.get(place).map_or(0, |digit| u32::from(digit - b'0'));
    }
    value
}

fn full(year: u32, month: u32, day: u32) -> Option<Date> {
    let year = i32::try_from(year).ok().filter(|year| (1970..=2200).contains(year))?;
    month_day(month, day).map(|_| Date::Full(year, month, day))
}

fn month_day(month: u32, day: u32) -> Option<Date> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Date::NoYear(month, day))
}

const fn century(year: u32) -> u32 {
    if year >= 70 { 1900 + year } else { 2000 + year }
}

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];
const WEEKDAYS: [&[u8]; 7] = [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];

fn month(cursor: &mut Cursor<'_>) -> Option<u32> {
    let mut ahead = *cursor;
    let word = ahead.take_while(|byte| byte.is_ascii_alphabetic());
    let index = MONTHS.iter().position(|month| names(word, month))?;
    *cursor = ahead;
    u32::try_from(index + 1).ok()
}

fn weekday(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    let word = ahead.take_while(|byte| byte.is_ascii_alphabetic());
    let found = WEEKDAYS.iter().any(|day| names(word, day));
    if found {
        *cursor = ahead;
    }
    found
}

/// The whole name, or its first three letters.
fn names(word: &[u8], name: &[u8]) -> bool {
    word.eq_ignore_ascii_case(name) || name.get(..3).is_some_and(|short| word.eq_ignore_ascii_case(short))
}
