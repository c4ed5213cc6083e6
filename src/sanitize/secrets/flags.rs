//! Passwords in command lines whose options do not say so: `mysql -pXXX`, `sshpass -p XXX`, `curl -u user:XXX`.

use std::ops::Range;

use super::Found;
use super::value::{byte, line_end, value_at};

/// How far behind the program's name an option is looked for.
const REACH: usize = 512;

/// How an option takes its value.
enum Form {
    /// `-pXXX`.
    Attached,
    /// `-p XXX` or `-pXXX`.
    Either,
    /// `-u user:XXX`.
    UserInfo,
}

const PROGRAMS: &[(&str, &[&str], Form)] = &[
    ("mysql", &["-p"], Form::Attached),
    ("mariadb", &["-p"], Form::Attached),
    ("sshpass", &["-p"], Form::Either),
    ("redis-cli", &["-a"], Form::Either),
    ("ldap", &["-w"], Form::Either),
    ("docker login", &["-p"], Form::Either),
    ("podman login", &["-p"], Form::Either),
    ("curl ", &["-u", "--user", "--proxy-user", "-U"], Form::UserInfo),
];

pub(super) fn detect(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let program = text.get(hit.clone())?;
    let (_, options, form) = PROGRAMS.iter().find(|(name, ..)| name.as_bytes().eq_ignore_ascii_case(program))?;
    let end = line_end(text, hit.end).min(hit.end + REACH);
    let mut at = hit.end;
    while at < end {
        // Programs that stand here again look on for themselves: no byte is read for every name before it.
        if at > hit.end && super::value::starts_with(text, at, program) {
            return None;
        }
        let word = matches!(byte(text, at.saturating_sub(1)), b' ' | b'\t' | b'"' | b'\'' | b',');
        let option = options
            .iter()
            .find(|option| word && text.get(at..).is_some_and(|tail| tail.starts_with(option.as_bytes())));
        if let Some(found) = option.and_then(|option| secret(text, at + option.len(), form)) {
            return Some(found);
        }
        at += 1;
    }
    None
}

fn secret(text: &[u8], after: usize, form: &Form) -> Option<Found> {
    let spaced = matches!(byte(text, after), b' ' | b'=');
    // An argv as a list: "-p", "XXX".
    let attached = after < text.len() && !matches!(byte(text, after), 0..=b' ' | b',' | b')' | b']' | b'-');
    let closed =
        matches!(byte(text, after), b'"' | b'\'') && matches!(byte(text, after + 1), 0..=b' ' | b',' | b']' | b')');
    let start = match form {
        Form::Attached if attached && !closed && !spaced => after,
        Form::Either if attached && !closed => after + usize::from(spaced),
        Form::Either | Form::UserInfo if spaced => after + 1,
        // `-ubob:XXX`; a long option is no shorter one with a value.
        Form::UserInfo if attached && !closed && after >= 2 && byte(text, after - 2) == b'-' => after,
        _ => return None,
    };
    let value = value_at(text, start).span;
    let bytes = text.get(value.clone())?;
    if bytes.is_empty() || bytes.first() == Some(&b'-') || super::mark_at(text, value.start) == Some(value.end) {
        return None;
    }
    // docker run ... mysql -p3306:3306
    if bytes.iter().all(|b| b.is_ascii_digit() || *b == b':') && bytes.contains(&b':') {
        return None;
    }
    if matches!(form, Form::UserInfo) {
        let colon = memchr::memchr(b':', bytes)?;
        let password = value.start + colon + 1..value.end;
        return if super::mark_at(text, password.start) == Some(password.end) {
            None
        } else {
            Found::new(password, "password")
        };
    }
    let innocent = super::innocent::is_innocent(bytes, super::innocent::Join::Tight, false);
    if innocent { None } else { Found::new(value, "password") }
}
