//! Reads the time at the beginning of a piece of text, in the shapes that programs write.

mod cursor;
mod epoch;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use self::cursor::{Cursor, fraction};
pub use self::epoch::epoch;
use self::epoch::{exponent, tai64};
use super::clock::Clock;

/// The time that `text` begins with, and how many bytes it takes. `None` where no wall-clock time stands.
#[must_use]
pub fn parse(text: &[u8], clock: &Clock) -> Option<(DateTime<FixedOffset>, usize)> {
    let first = *text.first()?;
    if !first.is_ascii_digit() && !may_be_named(text) {
        return None;
    }
    // The longest shape, with blanks, is shorter.
    let text = text.get(..text.len().min(72))?;
    let mut cursor = Cursor { text, at: 0 };
    let time = match first {
        b'0'..=b'9' => numeric(&mut cursor, clock),
        b'@' => tai64(&mut cursor, clock),
        _ => named(&mut cursor, clock),
    }?;
    Some((time, cursor.at))
}

/// The time that a line begins with, in a bracket or not.
#[must_use]
pub fn leading(line: &[u8], clock: &Clock) -> Option<DateTime<FixedOffset>> {
    parse(line.strip_prefix(b"[").unwrap_or(line), clock).map(|(time, _)| time)
}

/// Digit first: how many of them, and what follows, tells the shape.
fn numeric(cursor: &mut Cursor, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    let digits = cursor.digits_ahead();
    match (digits, cursor.peek(digits)) {
        // `1234:20261128:030001.123` of Zabbix: the process stands before.
        (1..=7, Some(b':')) if process_before_date(cursor.rest(), digits) => {
            cursor.at += digits + 1;
            numeric(cursor, clock)
        }
        (4, Some(separator @ (b'-' | b'/' | b'.' | b':'))) => {
            let year = cursor.number(4)?;
            cursor.byte(separator)?;
            let month = cursor.month(separator)?;
            cursor.byte(separator)?;
            let day = cursor.upto(2)?;
            let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
            date_time(cursor, clock, date)
        }
        (8, Some(b'-' | b'T' | b' ' | b'_' | b':')) => {
            let date =
                NaiveDate::from_ymd_opt(i32::try_from(cursor.number(4)?).ok()?, cursor.number(2)?, cursor.number(2)?)?;
            date_time(cursor, clock, date)
        }
        (6, Some(b' ')) => {
            let date =
                NaiveDate::from_ymd_opt(clock.short_year(cursor.number(2)?)?, cursor.number(2)?, cursor.number(2)?)?;
            cursor.blanks();
            if cursor.digits_ahead() == 6 {
                let time = NaiveTime::from_hms_opt(cursor.number(2)?, cursor.number(2)?, cursor.number(2)?)?;
                return clock.zone.at(date.and_time(time));
            }
            finish(cursor, clock, date)
        }
        (10 | 13 | 16 | 19, next)
            if next.is_none_or(|byte| matches!(byte, b'.' | b' ' | b'\t' | b',' | b'|' | b']' | b':')) =>
        {
            let time = epoch(cursor.rest(), clock)?;
            cursor.at += digits;
            if digits == 10
                && let Some((_, length)) = fraction(cursor.rest())
            {
                cursor.at += length;
            }
            Some(time)
        }
        (1, Some(b'.')) if exponent(cursor.rest()).is_some() => {
            let (seconds, length) = exponent(cursor.rest())?;
            let time = epoch(&seconds, clock)?;
            cursor.at += length;
            Some(time)
        }
        (1 | 2, Some(b':')) => {
            let (days, time) = cursor.time()?;
            let date = clock.without_date(time)?.checked_add_signed(TimeDelta::days(days))?;
            clock.zone.at(date.and_time(time))
        }
        (1 | 2, Some(separator @ (b'/' | b'-' | b'.' | b' '))) => day_first(cursor, clock, separator),
        _ => None,
    }
}

fn process_before_date(text: &[u8], digits: usize) -> bool {
    let date = text.get(digits + 1..).unwrap_or_default();
    date.iter().take_while(|byte| byte.is_ascii_digit()).count() == 8 && date.get(8) == Some(&b':')
}

/// `04/Dec/2025:14:30:22`, `04 Dec 2025 14:30:22`, `25/12/04 14:30:22`, `12/4/2025, 2:30:22 PM`, `12-04 14:30:22`.
fn day_first(cursor: &mut Cursor, clock: &Clock, separator: u8) -> Option<DateTime<FixedOffset>> {
    let first = cursor.upto(2)?;
    cursor.byte(separator)?;
    if cursor.peek(0)?.is_ascii_alphabetic() {
        let month = cursor.month_name()?;
        let date = if cursor.byte(separator).is_some() && cursor.digits_ahead() == 4 {
            NaiveDate::from_ymd_opt(i32::try_from(cursor.number(4)?).ok()?, month, first)?
        } else if separator == b' ' {
            cursor.at -= 1;
            clock.without_year(month, first)?
        } else {
            return None;
        };
        return date_time(cursor, clock, date);
    }
    let second = cursor.upto(2)?;
    if separator == b'-' && cursor.peek(0) == Some(b' ') {
        return date_time(cursor, clock, clock.without_year(first, second)?);
    }
    cursor.byte(separator)?;
    match cursor.digits_ahead() {
        4 => {
            let year = i32::try_from(cursor.number(4)?).ok()?;
            let american = cursor.rest().get(..16.min(cursor.rest().len())).is_some_and(half_of_day);
            let date = match (first, second) {
                _ if separator == b'.' => NaiveDate::from_ymd_opt(year, second, first),
                (13.., _) => NaiveDate::from_ymd_opt(year, second, first),
                (_, 13..) => NaiveDate::from_ymd_opt(year, first, second),
                _ if american || first == second => NaiveDate::from_ymd_opt(year, first, second),
                _ => either(
                    clock,
                    NaiveDate::from_ymd_opt(year, second, first),
                    NaiveDate::from_ymd_opt(year, first, second),
                ),
            }?;
            date_time(cursor, clock, date)
        }
        2 if separator == b'/' => {
            let third = cursor.number(2)?;
            // `11/28/26 3:00:01:123`: only WebSphere writes milliseconds so, and the month first.
            let marks = cursor.rest().iter().take(14).filter(|byte| **byte == b':').count();
            let lately =
                |year| clock.short_year(year).filter(|year| (0..=1).contains(&(clock.last_write.year() - year)));
            let date = match (lately(first), lately(third)) {
                (None, Some(year)) if marks <= 2 => {
                    let month_first = NaiveDate::from_ymd_opt(year, first, second);
                    // As C's `%D` has it.
                    either(clock, NaiveDate::from_ymd_opt(year, second, first), month_first).or(month_first)
                }
                _ if marks > 2 => NaiveDate::from_ymd_opt(clock.short_year(third)?, first, second),
                _ => NaiveDate::from_ymd_opt(clock.short_year(first)?, second, third),
            };
            date_time(cursor, clock, date?)
        }
        _ => None,
    }
}

/// Of the dates with the day or the month first, the one that the file's other lines tell, else the one that is not yet
/// to come. One line alone may not tell.
fn either(clock: &Clock, day_first: Option<NaiveDate>, month_first: Option<NaiveDate>) -> Option<NaiveDate> {
    let limit = clock.zone.reading(clock.last_write).date().succ_opt()?;
    let to_come = |date: Option<NaiveDate>| date.is_none_or(|date| date > limit);
    match (clock.day_first, to_come(day_first), to_come(month_first)) {
        (Some(true), ..) | (None, false, true) => day_first,
        (Some(false), ..) | (None, true, false) => month_first,
        (None, ..) => None,
    }
}

fn half_of_day(text: &[u8]) -> bool {
    text.windows(3).any(|three| matches!(three, [b' ', b'A' | b'a' | b'P' | b'p', b'M' | b'm']))
}

/// Whether it begins like what [`named`] reads: most words do not.
fn may_be_named(text: &[u8]) -> bool {
    let [a, b, c, ..] = text else { return false };
    let name = [a.to_ascii_lowercase(), b.to_ascii_lowercase(), c.to_ascii_lowercase()];
    b.is_ascii_digit()
        || *a == b'@'
        || zone_before(text) > 0
        || matches!(&name, b"jan" | b"feb" | b"mar" | b"apr" | b"may" | b"jun" | b"jul" | b"aug" | b"sep" | b"oct")
        || matches!(&name, b"nov" | b"dec" | b"mon" | b"tue" | b"wed" | b"thu" | b"fri" | b"sat" | b"sun")
}

/// How long the zone is that monit writes before the month: `[CEST Aug  6 10:14:52]`.
fn zone_before(text: &[u8]) -> usize {
    let letters = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    let behind = text.get(letters + 1..).unwrap_or_default();
    let mut month = Cursor { text: behind.get(..behind.len().min(10)).unwrap_or_default(), at: 0 };
    let mut zone = Cursor { text: text.get(..letters).unwrap_or_default(), at: 0 };
    let stands = zone.zone().is_some()
        && text.get(letters) == Some(&b' ')
        && month.month_name().is_some()
        && matches!(month.rest(), [b' ', b' ' | b'0'..=b'9', b'0'..=b'9', ..]);
    if stands { letters } else { 0 }
}

/// Letter first: a month, a day of the week, or klog's letter of severity.
fn named(cursor: &mut Cursor, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    if matches!(cursor.peek(0)?, b'I' | b'W' | b'E' | b'F') && cursor.peek(1)?.is_ascii_digit() {
        cursor.at += 1;
        let date = match cursor.digits_ahead() {
            4 => clock.without_year(cursor.number(2)?, cursor.number(2)?)?,
            // CockroachDB
            6 => NaiveDate::from_ymd_opt(clock.short_year(cursor.number(2)?)?, cursor.number(2)?, cursor.number(2)?)?,
            // glog, with the year
            8 => {
                let year = i32::try_from(cursor.number(4)?).ok()?;
                NaiveDate::from_ymd_opt(year, cursor.number(2)?, cursor.number(2)?)?
            }
            _ => return None,
        };
        cursor.byte(b' ')?;
        return finish(cursor, clock, date);
    }
    if cursor.weekday() {
        let _ = cursor.byte(b',');
        cursor.blanks();
        if cursor.peek(0)?.is_ascii_digit() {
            let separator = if cursor.peek(1)?.is_ascii_digit() { cursor.peek(2)? } else { cursor.peek(1)? };
            return if matches!(separator, b' ' | b'-') {
                day_first(cursor, clock, separator)
            } else {
                numeric(cursor, clock)
            };
        }
    }
    let letters = zone_before(cursor.rest());
    if letters > 0 {
        let zone = cursor.zone();
        cursor.at = letters + 1;
        let time = named(cursor, clock)?;
        return zone.map_or(Some(time), |zone| time.naive_local().and_local_timezone(zone).single());
    }
    let month = cursor.month_name()?;
    // `Apr-07-13 07:08:36`
    if let Some(separator @ (b'-' | b'/')) = cursor.peek(0) {
        cursor.at += 1;
        let day = cursor.upto(2)?;
        cursor.byte(separator)?;
        let year = match cursor.digits_ahead() {
            2 => clock.short_year(cursor.number(2)?)?,
            _ => i32::try_from(cursor.number(4)?).ok()?,
        };
        return date_time(cursor, clock, NaiveDate::from_ymd_opt(year, month, day)?);
    }
    let _ = cursor.byte(b'.');
    cursor.blanks();
    let day = cursor.upto(2)?;
    let _ = cursor.byte(b',');
    cursor.blanks();
    if cursor.digits_ahead() == 4 {
        let date = NaiveDate::from_ymd_opt(i32::try_from(cursor.number(4)?).ok()?, month, day)?;
        cursor.blanks();
        return finish(cursor, clock, date);
    }
    year_last(cursor, clock, month, day)
}

/// `14:30:22`, `14:30:22.123456 2025`, `14:30:22 UTC 2025` after a month and a day.
fn year_last(cursor: &mut Cursor, clock: &Clock, month: u32, day: u32) -> Option<DateTime<FixedOffset>> {
    let (days, time) = cursor.time()?;
    let end = cursor.at;
    let mut zone = cursor.zone();
    cursor.blanks();
    if zone.is_none() {
        let letters = cursor.rest().iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        if (3..=5).contains(&letters) && cursor.peek(letters) == Some(b' ') {
            cursor.at += letters + 1;
        }
    }
    let date = if cursor.digits_ahead() == 4
        && cursor.peek(4).is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b':' && byte != b'-')
    {
        let year = i32::try_from(cursor.number(4)?).ok().filter(|year| (1990..2100).contains(year));
        if let Some(year) = year {
            NaiveDate::from_ymd_opt(year, month, day)?
        } else {
            cursor.at = end;
            clock.without_year(month, day)?
        }
    } else {
        cursor.at = end;
        zone = cursor.zone();
        clock.without_year(month, day)?
    };
    instant(clock, date.checked_add_signed(TimeDelta::days(days))?.and_time(time), zone)
}

/// What stands between a date and its time, then the time.
fn date_time(cursor: &mut Cursor, clock: &Clock, date: NaiveDate) -> Option<DateTime<FixedOffset>> {
    match cursor.peek(0)? {
        b'T' | b't' | b'_' | b'-' | b':' | b' ' => cursor.at += 1,
        b',' => {
            cursor.at += 1;
            cursor.byte(b' ')?;
        }
        _ => return None,
    }
    cursor.blanks();
    // `01/01/2014 - 01:25:17`
    if let [b'-', b' ', b'0'..=b'9', ..] = cursor.rest() {
        cursor.at += 2;
    }
    finish(cursor, clock, date)
}

/// The time of day and its zone, the date being known.
fn finish(cursor: &mut Cursor, clock: &Clock, date: NaiveDate) -> Option<DateTime<FixedOffset>> {
    let (days, time) = cursor.time()?;
    let zone = cursor.zone();
    instant(clock, date.checked_add_signed(TimeDelta::days(days))?.and_time(time), zone)
}

fn instant(clock: &Clock, naive: NaiveDateTime, zone: Option<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    match zone {
        Some(offset) => naive.and_local_timezone(offset).single(),
        None => clock.zone.at(naive),
    }
}

#[cfg(test)]
mod tests;
