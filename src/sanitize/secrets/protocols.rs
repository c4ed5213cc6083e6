//! Commands of mail, file and cache servers that carry a password, and one-time codes.

use std::ops::Range;

use super::Found;
use super::innocent::{Join, is_innocent};
use super::pairs::name_around;
use super::value::{byte, line_end, opening_quote, rest, skip_blanks, starts_with, value_at};

/// How far before a command its protocol is looked for.
const BEFORE: usize = 64;

/// `PASS ...` of FTP and POP3, `AUTH ...` of Redis, `AUTH PLAIN ...` of SMTP.
pub(super) fn command(text: &[u8], name: &Range<usize>, word: &str) -> Option<Found> {
    if byte(text, name.end) != b' ' || !matches!(word, "PASS" | "AUTH") {
        return None;
    }
    let start = name.end + 1;
    if word == "AUTH" {
        let method = [&b"PLAIN "[..], b"LOGIN "].into_iter().find(|method| rest(text, start).starts_with(method));
        return match method {
            Some(method) => argument(text, start + method.len(), 8),
            None if before(text, name.start, &[b"redis", b"valkey"]) => argument(text, start, 4),
            None => None,
        };
    }
    let spoken = text.get(..name.start)?.trim_ascii_end();
    let prompt = spoken.ends_with(b">") || spoken.ends_with(b" C:") || spoken.ends_with(b"command:");
    if prompt || before(text, name.start, &[b"ftp", b"pop3", b"user "]) { argument(text, start, 1) } else { None }
}

/// `a1 LOGIN user ...` of IMAP.
pub(super) fn imap_login(text: &[u8], hit: Range<usize>) -> Option<Found> {
    if text.get(hit.clone())? != b" LOGIN " {
        return None;
    }
    let ahead = text.get(..hit.start)?;
    let tag = ahead.iter().rev().take(8).take_while(|b| b.is_ascii_alphanumeric());
    let tagged = tag.clone().any(u8::is_ascii_digit) && tag.last().is_some_and(u8::is_ascii_alphabetic);
    if !tagged && !before(text, hit.start, &[b"imap"]) {
        return None;
    }
    let quote = usize::from(opening_quote(text, hit.end).is_some());
    let user = value_at(text, hit.end).span;
    let after = user.end + quote;
    if user.is_empty() || byte(text, after) != b' ' { None } else { argument(text, after + 1, 1) }
}

/// `pin=...` of digits, `otp=...`.
pub(super) fn one_time(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let name = name_around(text, &(hit.start..hit.start + 3)).span;
    let word = text.get(name.clone())?.to_ascii_lowercase();
    let plain = [&b"pin"[..], b"user_pin", b"card_pin", b"sim_pin", b"pin_code", b"otp", b"totp", b"otp_code"];
    if !plain.contains(&word.as_slice()) || name.end != hit.start + 3 {
        return None;
    }
    let mut at = name.end;
    if let Some((_, after)) = opening_quote(text, at) {
        at = after;
    }
    at = skip_blanks(text, skip_blanks(text, at) + 1);
    let span = value_at(text, at).span;
    let value = text.get(span.clone())?;
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let code = value.iter().all(u8::is_ascii_alphanumeric) && digits > 0 && (4..=32).contains(&value.len());
    let secret = code && (digits == value.len() || word.contains(&b'o'));
    if secret { Found::new(span, "password") } else { None }
}

/// Whether the line names one of these shortly before `at`.
fn before(text: &[u8], at: usize, names: &[&[u8]]) -> bool {
    let ahead = text.get(at.saturating_sub(BEFORE)..at).unwrap_or_default().to_ascii_lowercase();
    let line = ahead.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    names.iter().any(|name| memchr::memmem::find(line, name).is_some())
}

/// The word at `at`, of at least so many bytes.
fn argument(text: &[u8], at: usize, least: usize) -> Option<Found> {
    let at = skip_blanks(text, at);
    if at >= line_end(text, at) || starts_with(text, at, super::MARK.as_bytes()) {
        return None;
    }
    let value = value_at(text, at);
    let bytes = text.get(value.span.clone())?;
    let innocent = bytes.len() < least || is_innocent(bytes, Join::Loose, value.quoted);
    if innocent { None } else { Found::new(value.span, "password") }
}
