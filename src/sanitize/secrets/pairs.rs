//! Names and values: `password=...`, `"apiKey": "..."`, `--token ...`, `<password>...`, `user[password]=...`.

use std::ops::Range;

use super::Found;
use super::headers;
use super::innocent::{Join, is_innocent};
use super::keys::{Promise, promise};
use super::value::{Value, byte, line_end, looks_random, opening_quote, rest, skip_blanks, starts_with, value_at};

/// How far a name reaches to either side of its anchor.
const NAME: usize = 64;

/// A name around an anchor.
pub(super) struct Name {
    /// Without leading dashes.
    pub span: Range<usize>,
    /// `--name`, `-name`.
    pub option: bool,
}

pub(super) fn name_around(text: &[u8], hit: &Range<usize>) -> Name {
    let part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let before = text.get(..hit.start).unwrap_or_default();
    let mut start = hit.start - before.iter().rev().take(NAME).take_while(part).count();
    let mut end = hit.end + rest(text, hit.end).iter().take(NAME).take_while(part).count();
    let option = byte(text, start) == b'-';
    while start < hit.start && matches!(byte(text, start), b'-' | b'.') {
        start += 1;
    }
    while end > hit.end && matches!(byte(text, end - 1), b'-' | b'.') {
        end -= 1;
    }
    // A colour sequence before the name ends in a letter: `\x1b[36mpassword`.
    if let Some(colour) = colour_before(text, start) {
        start = colour;
    }
    Name { span: start..end, option }
}

/// Where the name starts when what looks like its start is the end of a colour sequence.
fn colour_before(text: &[u8], start: usize) -> Option<usize> {
    let digits = rest(text, start).iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let letter = byte(text, start + digits) == b'm';
    let opened = matches!(start.checked_sub(1).map(|at| byte(text, at)), Some(b'[' | b';'));
    (letter && digits > 0 && opened).then_some(start + digits + 1)
}

pub(super) fn detect(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let Name { span, option } = name_around(text, &hit);
    let name = std::str::from_utf8(text.get(span.clone())?).ok()?;
    if ends_with(name, "authorization") {
        return headers::authorization(text, &span);
    }
    if ends_with(name, "cookie") {
        return headers::cookie(text, hit);
    }
    let promise = promise(name).or_else(|| spaced(text, &span, name))?;
    let (at, join) = separator(text, &span, option)?;
    let value = if is_tag(text, &span) { content_at(text, at) } else { value_at(text, at) };
    let bytes = text.get(value.span.clone())?;
    if is_innocent(bytes, join, value.quoted) || super::mark_at(text, value.span.start) == Some(value.span.end) {
        return None;
    }
    match promise {
        Promise::Secret(_) if !value.quoted && is_subcommand(text, &span, name, bytes) => None,
        Promise::Secret(kind) if !ordinary(name, bytes, kind, option) => Found::new(value.span, kind),
        Promise::Perhaps(kind) if perhaps(name, bytes, kind, join) => Found::new(value.span, kind),
        _ => None,
    }
}

fn ends_with(name: &str, tail: &str) -> bool {
    name.len().checked_sub(tail.len()).and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(tail))
}

/// `API key: ...`, `Secret Key = ...`: the word before belongs to the name.
fn spaced(text: &[u8], span: &Range<usize>, name: &str) -> Option<Promise> {
    if !name.eq_ignore_ascii_case("key") || span.start == 0 || byte(text, span.start - 1) != b' ' {
        return None;
    }
    let before = text.get(..span.start - 1)?;
    let length = before.iter().rev().take(20).take_while(|b| b.is_ascii_alphabetic()).count();
    let word = std::str::from_utf8(before.get(before.len() - length..)?).ok()?;
    promise(&format!("{word}_key"))
}

/// `<password>`.
fn is_tag(text: &[u8], name: &Range<usize>) -> bool {
    name.start.checked_sub(1).is_some_and(|before| byte(text, before) == b'<') && byte(text, name.end) == b'>'
}

/// Up to the tag that closes it, blanks and all.
fn content_at(text: &[u8], at: usize) -> Value {
    let end = line_end(text, at);
    let tag = memchr::memchr(b'<', text.get(at..end).unwrap_or_default());
    Value { span: at..tag.map_or(end, |offset| at + offset), quoted: true }
}

/// Where the value starts, if the name is followed by something that joins the two.
fn separator(text: &[u8], name: &Range<usize>, option: bool) -> Option<(usize, Join)> {
    let mut at = name.end;
    if is_tag(text, name) {
        return Some((at + 1, Join::Tight));
    }
    if let Some((_, after)) = opening_quote(text, at) {
        at = after;
    }
    for bracket in [&b"]"[..], b"%5d"] {
        if starts_with(text, at, bracket) {
            at += bracket.len();
        }
    }
    let joint = skip_blanks(text, at);
    for tight in [&b"=>"[..], b"%3d", b"==", b"=", b":=", b"%3a"] {
        if starts_with(text, joint, tight) {
            let mut value = skip_blanks(text, joint + tight.len());
            if byte(text, value) == b'>' {
                value = skip_blanks(text, value + 1);
            }
            return Some((value, Join::Tight));
        }
    }
    if byte(text, joint) == b':' && joint < text.len() {
        // `token::Kind`: a path in code.
        if byte(text, joint + 1) == b':' {
            return None;
        }
        let value = skip_blanks(text, joint + 1);
        return Some((value, if value == joint + 1 && at == name.end { Join::Tight } else { Join::Loose }));
    }
    if let Some(value) = name_value(text, joint) {
        return Some((value, Join::Tight));
    }
    // An argv as a list: `"--token", "..."`.
    if option && at > name.end && byte(text, joint) == b',' {
        let value = skip_blanks(text, joint + 1);
        let (_, inner) = opening_quote(text, value)?;
        return (byte(text, inner) != b'-').then_some((value, Join::Loose));
    }
    if option && at == name.end && joint > at && byte(text, joint) != b'-' {
        return Some((joint, Join::Loose));
    }
    // The configuration of redis, which knows no sign: `requirepass ...`.
    let plain = text.get(name.clone())?.to_ascii_lowercase();
    if matches!(plain.as_slice(), b"requirepass" | b"masterauth") && joint > at {
        return Some((joint, Join::Loose));
    }
    phrase(text, name.end)
}

/// `{"name": "DB_PASSWORD", "value": "..."}` and `key="Password" value="..."`.
fn name_value(text: &[u8], at: usize) -> Option<usize> {
    let mut at = if byte(text, at) == b',' { skip_blanks(text, at + 1) } else { at };
    if let Some((_, after)) = opening_quote(text, at) {
        at = after;
    }
    if !starts_with(text, at, b"value") {
        return None;
    }
    at += b"value".len();
    if let Some((_, after)) = opening_quote(text, at) {
        at = after;
    }
    at = skip_blanks(text, at);
    matches!(byte(text, at), b':' | b'=').then(|| skip_blanks(text, at + 1))
}

/// `password is ...`, `temporary password is generated for root@localhost: ...`, `WITH PASSWORD '...'`.
fn phrase(text: &[u8], at: usize) -> Option<(usize, Join)> {
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
    let statement =
        [&b"create "[..], b"alter ", b"set "].iter().any(|verb| memchr::memmem::find(&before, verb).is_some());
    (quoted && statement).then_some((at + 1, Join::Tight))
}

/// `IDENTIFIED BY '...'`, `IDENTIFIED WITH plugin AS '...'`.
pub(super) fn identified(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let line = text.get(hit.end..line_end(text, hit.end).min(hit.end + 128))?;
    let quote = memchr::memchr2(b'\'', b'"', line)?;
    let value = value_at(text, hit.end + quote);
    (super::mark_at(text, value.span.start) != Some(value.span.end)).then(|| Found::new(value.span, "password"))?
}

/// Values of a secret's name that a person needs to read: counts, paths of key files, the working directory.
fn ordinary(name: &str, value: &[u8], kind: &str, option: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    if lower == "pwd" || lower == "oldpwd" || lower.ends_with("_pwd") && value.first() == Some(&b'/') {
        let drive = value.get(1..3).is_some_and(|rest| rest == b":\\" || rest == b":/");
        return matches!(value.first(), Some(b'/' | b'~' | b'.')) || drive;
    }
    let path = value.first() == Some(&b'/')
        && memchr::memchr(b'/', value.get(1..).unwrap_or_default()).is_some()
        && value.len() < 200;
    let short_number = value.len() <= 5 && value.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    match kind {
        "key" | "token" | "secret" | "credential" | "api_key" => {
            (path && !option && tidy_path(value)) || (kind == "token" && short_number)
        }
        _ => false,
    }
}

/// `/etc/ssl/private/web.key`: words and dots, as no random secret has them.
fn tidy_path(value: &[u8]) -> bool {
    value.split(|&b| b == b'/').skip(1).all(|part| {
        !part.is_empty()
            && part.len() <= 40
            && part.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(b))
    })
}

/// Names that are often harmless need a value that looks like a secret.
fn perhaps(name: &str, value: &[u8], kind: &str, join: Join) -> bool {
    let plain = name.eq_ignore_ascii_case("pass");
    match kind {
        "password" if plain => join == Join::Tight && !value.iter().all(u8::is_ascii_digit) || looks_random(value, 6),
        "signature" => join == Join::Tight && looks_random(value, 16),
        "session" => looks_random(value, 16) && !is_uuid(value),
        "authorization" => looks_random(value, 12),
        _ => looks_random(value, 16),
    }
}

/// `rails credentials:edit`, `vault token:create`: a word of the name alone, a colon, a plain word.
fn is_subcommand(text: &[u8], span: &Range<usize>, name: &str, value: &[u8]) -> bool {
    let plural = ["credentials", "secrets", "tokens"].iter().any(|known| name.eq_ignore_ascii_case(known));
    plural && byte(text, span.end) == b':' && value.len() <= 12 && value.iter().all(u8::is_ascii_lowercase)
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value
            .iter()
            .enumerate()
            .all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() })
}
