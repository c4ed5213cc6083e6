//! Names and values: `password=...`, `"apiKey": "..."`, `--token ...`, `<password>...`, `user[password]=...`.

use std::ops::Range;

use super::Found;
use super::headers;
use super::innocent::{Join, is_innocent};
use super::keys::{Promise, promise};
use super::value::{Value, byte, line_end, looks_random, opening_quote, rest, skip_blanks, starts_with, value_at};
use super::{protocols, statements};

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
    start += escape_at(text, start).min(hit.start - start);
    // A colour sequence before the name ends in a letter: `\x1b[36mpassword`.
    if let Some(colour) = colour_before(text, start) {
        start = colour;
    }
    Name { span: start..end, option }
}

/// The length of what looks like a name's start and is the end of an escape: `%22`, `%2522`, `\u0022`.
fn escape_at(text: &[u8], start: usize) -> usize {
    let hex = |from: usize, count: usize| (from..from + count).all(|at| byte(text, at).is_ascii_hexdigit());
    match start.checked_sub(1).map(|at| byte(text, at)) {
        Some(b'%') if starts_with(text, start, b"25") && hex(start + 2, 2) => 4,
        Some(b'%') if hex(start, 2) => 2,
        Some(b'\\') if byte(text, start) == b'u' && hex(start + 1, 4) => 5,
        _ => 0,
    }
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
    if let Some(found) = protocols::command(text, &span, name) {
        return Some(found);
    }
    let promise = promise(name).or_else(|| after_escape(text, &span, name)).or_else(|| spaced(text, &span, name))?;
    let (at, join) = separator(text, &span, option)?;
    let value = match tag_end(text, &span) {
        Some(_) => content_at(text, at),
        None => nested_at(text, at, promise).unwrap_or_else(|| connection_string(text, &span, at, join)),
    };
    let bytes = text.get(value.span.clone())?;
    if is_innocent(bytes, join, value.quoted) || super::mark_at(text, value.span.start) == Some(value.span.end) {
        return None;
    }
    match promise {
        Promise::Secret(_) if !value.quoted && is_subcommand(text, &span, name, bytes) => None,
        Promise::Secret("token") if !value.quoted && bytes.starts_with(b"{") && bytes.ends_with(b":") => None,
        Promise::Perhaps("password") if join == Join::Loose && is_stage(text, &span, name) => None,
        Promise::Secret(kind) if !ordinary(name, bytes, kind, option) => Found::new(value.span, kind),
        Promise::Perhaps(kind) if perhaps(name, bytes, kind, join) => Found::new(value.span, kind),
        _ => None,
    }
}

fn ends_with(name: &str, tail: &str) -> bool {
    name.len().checked_sub(tail.len()).and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(tail))
}

/// `\ndbpass=...`: the letter of an escape is no part of the name.
fn after_escape(text: &[u8], span: &Range<usize>, name: &str) -> Option<Promise> {
    let escaped = span.start.checked_sub(1).is_some_and(|before| byte(text, before) == b'\\');
    if escaped { promise(name.strip_prefix(['n', 'r', 't'])?) } else { None }
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

/// How far a tag's attributes reach.
const TAG: usize = 256;

/// `<password>`, `<ns:password>`, `<wsse:Password Type="...">`: where its content starts.
fn tag_end(text: &[u8], name: &Range<usize>) -> Option<usize> {
    let before = text.get(..name.start)?;
    let prefix = match before.split_last() {
        Some((b':', before)) => 1 + before.iter().rev().take(32).take_while(|b| b.is_ascii_alphanumeric()).count(),
        _ => 0,
    };
    if before.get(..before.len() - prefix)?.last() != Some(&b'<') {
        return None;
    }
    if byte(text, name.end) == b'>' {
        return Some(name.end + 1);
    }
    if byte(text, name.end) != b' ' {
        return None;
    }
    let attributes = rest(text, name.end);
    let attributes = attributes.get(..TAG).unwrap_or(attributes);
    let close = memchr::memchr3(b'>', b'<', b'\n', attributes).filter(|at| attributes.get(*at) == Some(&b'>'))?;
    let empty = close.checked_sub(1).is_some_and(|at| attributes.get(at) == Some(&b'/'));
    let whole = attributes.get(..close)?.contains(&b'=');
    (whole && !empty).then_some(name.end + close + 1)
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
    if let Some(content) = tag_end(text, name) {
        return Some((content, Join::Tight));
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
    for tight in [&b"=>"[..], b"%3d", b"%253d", b"\\u003d", b"==", b"=", b":=", b"%3a", b"%253a"] {
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
    let known = matches!(plain.as_slice(), b"requirepass" | b"masterauth" | b"bindpw" | b"rootpw");
    if known && joint > at {
        return Some((joint, Join::Loose));
    }
    statements::phrase(text, name.end)
}

/// How far an object or a password with blanks reaches.
const EXTENT: usize = 1024;

/// `"credentials": {"user": ..., "value": ...}`: all between the braces.
fn nested_at(text: &[u8], at: usize, promise: Promise) -> Option<Value> {
    let Promise::Secret(kind) = promise else { return None };
    // `token: {type: Punctuator}` is of a parser.
    let sure = matches!(kind, "password" | "secret" | "credential") || opening_quote(text, at + 1).is_some();
    if byte(text, at) != b'{' || !sure {
        return None;
    }
    let line = text.get(at..line_end(text, at).min(at + EXTENT))?;
    let mut depth = 0_usize;
    let mut pairs = false;
    for (offset, here) in line.iter().enumerate() {
        match here {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' | b'=' => pairs = true,
            _ => {}
        }
        if depth == 0 {
            return pairs.then_some(Value { span: at + 1..at + offset, quoted: true });
        }
    }
    None
}

/// Keys of connection strings that may follow a password.
const CONNECTION: &[&[u8]] = &[
    b"server",
    b"data",
    b"database",
    b"initial",
    b"user",
    b"uid",
    b"host",
    b"port",
    b"encrypt",
    b"trust",
    b"connect",
    b"timeout",
    b"pooling",
    b"provider",
    b"driver",
    b"integrated",
    b"persist",
    b"ssl",
    b"multiple",
    b"application",
];

/// `...;Password=two words;Database=...`: blanks belong to the value.
fn connection_string(text: &[u8], name: &Range<usize>, at: usize, join: Join) -> Value {
    let value = value_at(text, at);
    if value.quoted || join != Join::Tight || byte(text, value.span.end) != b' ' {
        return value;
    }
    let line = text.get(value.span.end..line_end(text, at).min(value.span.end + 128)).unwrap_or_default();
    let semicolon = memchr::memchr(b';', line);
    let words = semicolon.and_then(|end| line.get(..end));
    let Some(words) = words.filter(|words| !words.iter().any(|b| b"=:\"'`<>".contains(b))) else { return value };
    let end = value.span.end + words.len();
    let next = skip_blanks(text, end + 1);
    let inside = text.get(..name.start).unwrap_or_default().trim_ascii_end().last() == Some(&b';');
    if inside || CONNECTION.iter().any(|key| starts_with(text, next, key)) {
        return Value { span: value.span.start..end, quoted: false };
    }
    value
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
        "password" if plain => {
            (join == Join::Tight || value.len() >= 6) && !value.iter().all(u8::is_ascii_digit) || looks_random(value, 6)
        }
        "signature" => join == Join::Tight && looks_random(value, 16),
        "session" => looks_random(value, 16) && !is_uuid(value),
        "authorization" => looks_random(value, 12),
        _ => looks_random(value, 16),
    }
}

/// `PASS: test_login`, `second pass: inlining`: a round of a program, unless a user is named shortly before.
fn is_stage(text: &[u8], name: &Range<usize>, word: &str) -> bool {
    let before = text.get(name.start.saturating_sub(48)..name.start).unwrap_or_default();
    let beside = before.trim_ascii_end().last().is_some_and(u8::is_ascii_alphanumeric);
    let user = [&b"user"[..], b"login", b"account", b"uid"];
    word == "PASS" || beside && !user.iter().any(|user| memchr::memmem::find(before, user).is_some())
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
