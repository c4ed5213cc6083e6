//! Private keys in PEM armour over several lines, also when the top or the bottom was cut off.

use std::ops::Range;

use super::Found;
use super::value::{byte, rest, starts_with};

const KIND: &str = "private_key";
/// No key is longer.
const REACH: usize = 16 * 1024;

pub(super) fn detect(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let begin = starts_with(text, hit.start, b"-----BEGIN");
    let label_end = label(text, hit.end)?;
    if !begin {
        return Found::new(back(text, hit.start)..label_end, KIND);
    }
    let reach = text.len().min(label_end + REACH);
    let body = text.get(label_end..reach)?;
    if let Some(end) = memchr::memmem::find(body, b"-----END") {
        let tail = label_end + end + b"-----END".len();
        return Found::new(hit.start..label(text, tail).unwrap_or(tail), KIND);
    }
    Found::new(hit.start..forward(text, label_end), KIND)
}

/// Behind ` RSA PRIVATE KEY-----`, if the label says that.
fn label(text: &[u8], at: usize) -> Option<usize> {
    let words = rest(text, at)
        .iter()
        .take(48)
        .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b' ')
        .count();
    memchr::memmem::find(text.get(at..at + words)?, b"PRIVATE KEY")?;
    let dashes = rest(text, at + words).iter().take(5).take_while(|&&b| b == b'-').count();
    Some(at + words + dashes)
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}

/// Past `\n`, `\r\n`, real or written as an escape, blanks and quotes between lines.
fn gap(text: &[u8], at: usize) -> usize {
    let mut at = at;
    while at < text.len() {
        let here = byte(text, at);
        if here.is_ascii_whitespace() || matches!(here, b'"' | b'\'' | b',' | b'>' | b'|') {
            at += 1;
        } else if here == b'\\' && matches!(byte(text, at + 1), b'n' | b'r' | b't') {
            at += 2;
        } else {
            break;
        }
    }
    at
}

/// The end of the lines of a body that no END follows.
fn forward(text: &[u8], start: usize) -> usize {
    let mut end = start;
    loop {
        let at = gap(text, end);
        let word = rest(text, at).iter().take_while(|&&b| is_base64(b)).count();
        let header =
            [&b"Proc-Type:"[..], b"DEK-Info:", b"Version:", b"Comment:"].iter().any(|head| starts_with(text, at, head));
        if header {
            end = super::value::line_end(text, at);
        } else if word >= 20 || (word > 0 && at + word == text.len()) {
            end = at + word;
        } else {
            return end;
        }
    }
}

/// The start of the lines of a body whose BEGIN is missing.
fn back(text: &[u8], end: usize) -> usize {
    let limit = end.saturating_sub(REACH);
    let mut start = end;
    let mut last = true;
    loop {
        let mut at = start;
        while at > limit && {
            let here = byte(text, at - 1);
            here.is_ascii_whitespace() || matches!(here, b'"' | b'\'' | b',')
        } {
            at -= 1;
        }
        if at >= limit + 2 && byte(text, at - 2) == b'\\' && matches!(byte(text, at - 1), b'n' | b'r') {
            at -= 2;
        }
        let mut word = at;
        while word > limit
            && is_base64(byte(text, word - 1))
            && !(word >= 2 && byte(text, word - 2) == b'\\' && matches!(byte(text, word - 1), b'n' | b'r'))
        {
            word -= 1;
        }
        if at - word < if last { 4 } else { 20 } {
            return start;
        }
        last = false;
        start = word;
    }
}

/// Lines that are nothing but a full line of base64, as the middle of a key is when its ends are elsewhere.
pub(super) fn body_lines(text: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split(|&b| b == b'\n') {
        let body = line.strip_suffix(b"\r").unwrap_or(line);
        if matches!(body.len(), 64 | 76) && is_body(body) {
            found.extend(Found::new(start..start + body.len(), KIND));
        }
        start += line.len() + 1;
    }
    found
}

fn is_body(line: &[u8]) -> bool {
    line.iter().all(|&b| is_base64(b))
        && line.iter().any(u8::is_ascii_uppercase)
        && line.iter().any(u8::is_ascii_lowercase)
        && line.iter().any(u8::is_ascii_digit)
        && !line.iter().all(u8::is_ascii_hexdigit)
}
