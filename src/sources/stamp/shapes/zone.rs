//! Zones as stamps name them.

use chrono::FixedOffset;

use crate::sources::cursor::Cursor;

/// A zone, where one is written and known.
pub(super) fn zone(cursor: &mut Cursor<'_>) -> Option<FixedOffset> {
    let mut ahead = *cursor;
    let apart = ahead.eat(b' ');
    let (seconds, end) = match ahead.peek()? {
        b'Z' | b'z' if !apart => {
            ahead.at += 1;
            (0, ahead)
        }
        sign @ (b'+' | b'-') => {
            ahead.at += 1;
            let hours = ahead.digits(2)?;
            let colon = ahead.eat(b':');
            let minutes = match ahead.digits(2) {
                Some(minutes) => minutes,
                None if colon || apart => return None,
                None => 0,
            };
            if hours > 15 || minutes > 59 {
                return None;
            }
            let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
            (if sign == b'-' { -seconds } else { seconds }, ahead)
        }
        _ => {
            let name = ahead.take_while(|byte| byte.is_ascii_alphabetic());
            (named_zone(name)?, ahead)
        }
    };
    if end.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    *cursor = end;
    FixedOffset::east_opt(seconds)
}

/// Abbreviations that mean one thing only.
fn named_zone(name: &[u8]) -> Option<i32> {
    let hours = match name {
        b"UTC" | b"GMT" | b"UCT" | b"WET" => 0,
        b"CET" | b"WEST" => 1,
        b"CEST" | b"EET" => 2,
        b"EEST" | b"MSK" => 3,
        b"JST" | b"KST" => 9,
        b"EDT" => -4,
        b"EST" => -5,
        b"MDT" => -6,
        b"PDT" => -7,
        b"PST" => -8,
        _ => return None,
    };
    Some(hours * 3600)
}
