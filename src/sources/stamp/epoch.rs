//! Times that are counted from an epoch.

use chrono::{DateTime, FixedOffset};

use super::cursor::{Cursor, fraction};
use crate::sources::clock::Clock;

/// Seconds, milliseconds, microseconds or nanoseconds since the epoch, by the number of digits.
#[must_use]
pub fn epoch(digits: &[u8], clock: &Clock) -> Option<DateTime<FixedOffset>> {
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number: i64 = std::str::from_utf8(digits.get(..whole)?).ok()?.parse().ok()?;
    let (seconds, nanos) = match whole {
        10 => (number, fraction(digits.get(whole..)?).map_or(0, |(nanos, _)| nanos)),
        13 => (number / 1000, u32::try_from(number % 1000).ok()? * 1_000_000),
        16 => (number / 1_000_000, u32::try_from(number % 1_000_000).ok()? * 1000),
        19 => (number / 1_000_000_000, u32::try_from(number % 1_000_000_000).ok()?),
        _ => return None,
    };
    if !clock.plausible(seconds) {
        return None;
    }
    let utc = DateTime::from_timestamp(seconds, nanos)?;
    let offset = *clock.zone.at(utc.naive_utc())?.offset();
    Some(utc.with_timezone(&offset))
}

/// `@400000004c91b044077a9e94` of daemontools, runit and s6: seconds that began ten before 1970, above 2 to the power of
/// 62, and nanoseconds.
pub(super) fn tai64(cursor: &mut Cursor, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    const EPOCH: u64 = (1 << 62) + 10;
    let digits = std::str::from_utf8(cursor.text.get(1..25)?).ok()?;
    if cursor.peek(25).is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return None;
    }
    let (seconds, nanos) = digits.split_at_checked(16)?;
    let seconds = u64::from_str_radix(seconds, 16).ok()?.checked_sub(EPOCH)?;
    let seconds = i64::try_from(seconds).ok().filter(|seconds| clock.plausible(*seconds))?;
    let utc = DateTime::from_timestamp(seconds, u32::from_str_radix(nanos, 16).ok()?)?;
    cursor.at += 25;
    Some(utc.with_timezone(clock.zone.at(utc.naive_utc())?.offset()))
}

/// `1.764858622123e+09` as zap writes seconds: with the point where it belongs, and its length.
pub(super) fn exponent(text: &[u8]) -> Option<([u8; 19], usize)> {
    let digits = text.get(2..)?.iter().take(16).take_while(|byte| byte.is_ascii_digit()).count();
    if digits < 9 || !text.get(2 + digits..)?.starts_with(b"e+09") {
        return None;
    }
    let mut plain = [b'0'; 19];
    plain[0] = *text.first()?;
    for (place, byte) in text.get(2..2 + digits)?.iter().enumerate() {
        *plain.get_mut(1 + place)? = *byte;
    }
    Some((plain, 2 + digits + 4))
}
