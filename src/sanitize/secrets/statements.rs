//! Passwords in sentences and in statements of SQL.

use std::ops::Range;

use super::Found;
use super::innocent::{Join, is_innocent};
use super::value::{byte, line_end, looks_random, rest, skip_blanks, starts_with, value_at};

/// `password is ...`, `temporary password is generated for root@localhost: ...`, `WITH PASSWORD '...'`.
pub(super) fn phrase(text: &[u8], at: usize) -> Option<(usize, Join)> {
    for verb in [&b" is "[..], b" was ", b" set to ", b" changed to "] {
        if starts_with(text, at, verb) {
            let value = skip_blanks(text, at + verb.len());
            if starts_with(text, value, b"generated for ") {
                let line = text.get(value..line_end(text, value).min(value + 160))?;
                let colon = memchr::memmem::find(line, b": ")?;
                return Some((value + colon + 2, Join::Tight));
            }
            let end = value_at(text, value).span;
            return looks_random(text.get(end)?, 6).then_some((value, Join::Loose));
        }
    }
    let quoted = byte(text, at) == b' ' && byte(text, at + 1) == b'\'';
    let before = text.get(at.saturating_sub(96)..at)?.to_ascii_lowercase();
    // SET PASSWORD FOR 'bob'@'%' = '...'.
    if starts_with(text, at, b" for ") && before.ends_with(b"set password") {
        let line = text.get(at..line_end(text, at).min(at + 160))?;
        return Some((skip_blanks(text, at + memchr::memchr(b'=', line)? + 1), Join::Tight));
    }
    let statement =
        [&b"create "[..], b"alter ", b"set "].iter().any(|verb| memchr::memmem::find(&before, verb).is_some());
    (quoted && statement).then_some((at + 1, Join::Tight))
}

/// `IDENTIFIED BY '...'`, `IDENTIFIED WITH plugin AS '...'`.
pub(super) fn identified(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let line = text.get(hit.end..line_end(text, hit.end).min(hit.end + 128))?;
    let Some(quote) = memchr::memchr2(b'\'', b'"', line) else { return identified_bare(text, hit) };
    let value = value_at(text, hit.end + quote);
    (super::mark_at(text, value.span.start) != Some(value.span.end)).then(|| Found::new(value.span, "password"))?
}

/// `CREATE USER bob IDENTIFIED BY ...;`.
fn identified_bare(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let before = text.get(hit.start.saturating_sub(128)..hit.start)?.to_ascii_lowercase();
    let statement = [&b"create user"[..], b"alter user", b"create role", b"alter role", b"grant "];
    let by = starts_with(text, hit.end - 2, b"by") && byte(text, hit.end) == b' ';
    if !by || !statement.iter().any(|verb| memchr::memmem::find(&before, verb).is_some()) {
        return None;
    }
    let start = skip_blanks(text, hit.end);
    let value = rest(text, start).iter().take(128).take_while(|&&b| b > b' ' && !b";,)".contains(&b));
    let span = start..start + value.count();
    let innocent = is_innocent(text.get(span.clone())?, Join::Loose, false);
    if innocent || super::mark_at(text, start) == Some(span.end) { None } else { Found::new(span, "password") }
}
