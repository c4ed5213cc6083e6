//! HTTP's own secrets: Authorization, Bearer, Basic, Cookie, Set-Cookie.

use std::ops::Range;

use super::Found;
use super::innocent::{Join, is_innocent};
use super::pairs::name_around;
use super::value::{byte, closing_quote, line_end, opening_quote, rest, skip_blanks, starts_with, value_at};

/// Where a header's value lies: up to its quote, or to the end of the line.
fn header_value(text: &[u8], name: &Range<usize>) -> Option<(Range<usize>, bool)> {
    let mut at = name.end;
    let mut outer = None;
    if let Some((_, after)) = opening_quote(text, skip_blanks(text, at)) {
        at = after;
    } else if let Some(before) = name.start.checked_sub(1) {
        // The header as a whole in quotes: -H 'Cookie: ...'.
        let slashes = text.get(..before)?.iter().rev().take(8).take_while(|&&b| b == b'\\').count();
        outer = opening_quote(text, before - slashes).map(|(quote, _)| quote);
    }
    at = skip_blanks(text, at);
    let joint =
        [&b"=>"[..], b":", b"="].into_iter().find(|joint| starts_with(text, at, joint)).filter(|_| at < text.len())?;
    let mut start = skip_blanks(text, at + joint.len());
    if byte(text, start) == b'[' {
        let inner = skip_blanks(text, start + 1);
        if opening_quote(text, inner).is_some() {
            start = inner;
        }
    }
    if super::mark_at(text, start).is_some() && outer.is_none() {
        return Some((start..line_end(text, start), false));
    }
    if let Some((quote, inner)) = opening_quote(text, start) {
        let value = value_at(text, start);
        let (end, _) = closing_quote(text, quote, inner);
        return Some((inner..end.max(value.span.end), true));
    }
    let end = outer.map_or_else(|| line_end(text, start), |quote| closing_quote(text, quote, start).0);
    Some((start..end, outer.is_some()))
}

const SCHEMES: &[&str] = &["bearer", "basic", "token", "negotiate", "ntlm", "apikey", "api-key", "jwt"];

fn is_scheme_of_parameters(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.starts_with("aws4-")
        || matches!(
            word.as_str(),
            "digest"
                | "oauth"
                | "hawk"
                | "mac"
                | "signature"
                | "dpop"
                | "gnap"
                | "scram-sha-1"
                | "scram-sha-256"
                | "vapid"
                | "sharedkey"
                | "sharedaccesssignature"
        )
}

/// `Authorization: SCHEME credentials`; the scheme stays readable.
pub(super) fn authorization(text: &[u8], name: &Range<usize>) -> Option<Found> {
    let (span, quoted) = header_value(text, name)?;
    let value = text.get(span.clone())?;
    let word = value.iter().take_while(|b| !b.is_ascii_whitespace() && !b",;\"'&\\".contains(b)).count();
    let first = std::str::from_utf8(value.get(..word)?).unwrap_or_default();
    if super::mark_at(text, span.start).is_some() || first.is_empty() {
        return None;
    }
    let next = skip_blanks(text, span.start + word);
    let alone = next >= span.end || next == span.start + word;
    if SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(first)) {
        return if alone { None } else { credentials(text, next..span.end, quoted) };
    }
    let parameters = value.get(word..)?.iter().take(200).any(|b| *b == b'=');
    if !alone && parameters && is_scheme_of_parameters(first) {
        // Everything behind the scheme. Of an unknown one the first word may be the credential itself.
        let end = if quoted { span.end } else { parameters_end(text, next, span.end) };
        return unmarked(text, next..end);
    }
    if is_innocent(first.as_bytes(), Join::Loose, false) || prose(value) {
        return None;
    }
    unmarked(text, span.start..value_at(text, span.start).span.end.max(span.start + word))
}

/// One word of credentials.
fn credentials(text: &[u8], within: Range<usize>, quoted: bool) -> Option<Found> {
    let end = if quoted { within.end } else { value_at(text, within.start).span.end.min(within.end) };
    let bytes = text.get(within.start..end)?;
    let innocent = !quoted && is_innocent(bytes, Join::Loose, false) || is_innocent(bytes, Join::Tight, quoted);
    if innocent { None } else { unmarked(text, within.start..end) }
}

/// Behind the last `key="value"` of a list with commas.
fn parameters_end(text: &[u8], mut at: usize, end: usize) -> usize {
    while at < end {
        let here = byte(text, at);
        if let (b'"', Some((quote, inner))) = (here, opening_quote(text, at)) {
            let (close, closed) = closing_quote(text, quote, inner);
            at = close + usize::from(closed);
            continue;
        }
        let listed = at.checked_sub(1).is_some_and(|before| matches!(byte(text, before), b',' | b' '));
        if here == b' ' && !listed {
            return at;
        }
        at += 1;
    }
    end
}

fn prose(value: &[u8]) -> bool {
    let words: Vec<&[u8]> = value.split(u8::is_ascii_whitespace).take(4).collect();
    words.len() >= 2
        && words.iter().all(|word| word.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b',' | b'\'')))
}

fn unmarked(text: &[u8], span: Range<usize>) -> Option<Found> {
    if super::mark_at(text, span.start).is_some_and(|end| end >= span.end) {
        None
    } else {
        Found::new(span, "authorization")
    }
}

/// `Bearer credentials` and `Basic credentials` without a header before them.
pub(super) fn scheme(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let bearer = starts_with(text, hit.start, b"bearer");
    let before = hit.start.checked_sub(1).map_or(b' ', |at| byte(text, at));
    if before.is_ascii_alphanumeric() || before == b'_' {
        return None;
    }
    let mut at = hit.end;
    if bearer {
        let blank = [&b" "[..], b"%20", b"+", b": ", b"\t"]
            .into_iter()
            .find(|blank| starts_with(text, at, blank))
            .filter(|_| at < text.len())?;
        at += blank.len();
    }
    at = skip_blanks(text, at);
    if let Some((_, inner)) = opening_quote(text, at) {
        at = inner;
    }
    // `=` only pads: what follows another one is a pair of its own.
    let body = rest(text, at).iter().take_while(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(b)).count();
    let length = body + rest(text, at + body).iter().take_while(|b| **b == b'=').count();
    let token = text.get(at..at + length)?;
    let digits = token.iter().any(u8::is_ascii_digit);
    let parameter = byte(text, at + length) == b'"' && token.last() == Some(&b'=');
    let secret = if bearer { length >= 8 && (digits || length >= 20) && !parameter } else { is_basic(token) };
    if secret { Found::new(at..at + length, if bearer { "bearer" } else { "basic" }) } else { None }
}

/// Base64 of `user:password`.
fn is_basic(token: &[u8]) -> bool {
    let body: Vec<u8> = token.iter().copied().take_while(|&b| b != b'=').take(400).collect();
    if body.len() < 4 {
        return false;
    }
    let mut decoded = Vec::with_capacity(body.len());
    for chunk in body.chunks(4) {
        let mut bits = 0_u32;
        for &b in chunk {
            let Some(six) = sextet(b) else { return false };
            bits = (bits << 6) | six;
        }
        bits <<= 6 * (4 - chunk.len());
        decoded.extend(bits.to_be_bytes().iter().skip(1).take(chunk.len().saturating_sub(1)));
    }
    decoded.contains(&b':') && decoded.iter().all(|b| *b >= b' ' && *b != 0x7f)
}

fn sextet(b: u8) -> Option<u32> {
    Some(u32::from(match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// `Cookie: name=value; ...` and `Set-Cookie`: all of it.
pub(super) fn cookie(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let name = name_around(text, &hit).span;
    if !starts_with(text, name.end.saturating_sub(6), b"cookie") {
        return None;
    }
    let (span, _) = header_value(text, &name)?;
    let value = text.get(span.clone())?;
    if super::mark_at(text, span.start).is_some() {
        return None;
    }
    let pairs = value.iter().take(256).take_while(|b| !b.is_ascii_whitespace()).any(|b| *b == b'=');
    let end = if pairs { span.end } else { value_at(text, span.start).span.end.min(span.end) };
    let found = text.get(span.start..end)?;
    let secret = pairs || super::value::looks_random(found, 12);
    if secret { Found::new(span.start..end, "cookie") } else { None }
}
