//! Private keys in PEM armour over several lines, also when the top or the bottom was cut off.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;

use super::Found;
use super::value::{byte, rest, starts_with};

const KIND: &str = "private_key";
/// No key is longer.
const REACH: usize = 16 * 1024;
/// A line of a body that is shorter is its last.
const SHORT: usize = 20;

pub(super) fn detect(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let begin = starts_with(text, hit.start, b"-----BEGIN");
    let label_end = label(text, hit.end)?;
    if !begin {
        return Found::new(back(text, hit.start)..label_end, KIND);
    }
    let reach = text.len().min(label_end + REACH);
    let body = text.get(label_end..reach)?;
    if let Some(end) = memmem::find(body, b"-----END") {
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
    memmem::find(text.get(at..at + words)?, b"PRIVATE KEY")?;
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

fn is_header(text: &[u8], at: usize) -> bool {
    [&b"Proc-Type:"[..], b"DEK-Info:", b"Version:", b"Comment:"].iter().any(|head| starts_with(text, at, head))
}

/// The end of the lines of a body that no END follows.
fn forward(text: &[u8], start: usize) -> usize {
    let mut end = start;
    loop {
        let at = gap(text, end);
        let word = rest(text, at).iter().take_while(|&&b| is_base64(b)).count();
        if is_header(text, at) {
            end = super::value::line_end(text, at);
        } else if word >= SHORT || (word > 0 && at + word == text.len()) {
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
        if at - word < if last { 4 } else { SHORT } {
            return start;
        }
        last = false;
        start = word;
    }
}

/// Lines that come one by one: which of them belong to the body of a key, by those before them.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyLines {
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Outside,
    /// Behind BEGIN, or its headers.
    Head,
    /// Behind a line of the body that another may follow.
    Body,
}

impl KeyLines {
    /// Stands for a line of a key.
    pub const MARK: &str = "[REDACTED:private_key]";

    /// Takes the next line; the part of it that is of the body of a key, to be replaced by [`KeyLines::MARK`]. Within a
    /// key that is its last word: something may be written before each line.
    pub fn see(&mut self, line: &[u8]) -> Option<Range<usize>> {
        let end = line.trim_ascii_end().len();
        let start = end - line.get(..end)?.trim_ascii_start().len();
        let whole = line.get(start..end)?;
        if begins(whole) {
            self.place = Place::Head;
            return None;
        }
        let last = whole.iter().rev().take_while(|byte| !byte.is_ascii_whitespace()).count();
        let word = line.get(end - last..end)?;
        let is_word = word.len() <= 76 && word.iter().all(|&byte| is_base64(byte));
        let is_key = is_full(whole)
            || (self.place != Place::Outside && is_word && (word.len() >= SHORT || word.len() == whole.len()))
                && !word.is_empty();
        self.place = match self.place {
            // A shorter one is the last.
            _ if is_key && word.len() >= SHORT => Place::Body,
            Place::Head if whole.is_empty() || is_header(whole, 0) => Place::Head,
            _ => Place::Outside,
        };
        is_key.then_some(end - last..end)
    }
}

/// Whether a key begins in the line, and does not end in it.
fn begins(line: &[u8]) -> bool {
    /// Made once: most lines are asked nothing else.
    static BEGIN: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"-----BEGIN"));
    if BEGIN.find(line).is_none() {
        return false;
    }
    let Some(at) = memmem::rfind(line, b"-----BEGIN") else { return false };
    let end = at + b"-----BEGIN".len();
    label(line, end).is_some() && memmem::find(rest(line, end), b"-----END").is_none()
}

/// Lines that are nothing but a full line of base64, as the middle of a key is when its ends are elsewhere.
pub(super) fn body_lines(text: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
        let line = text.get(start..end).unwrap_or_default();
        let body = line.strip_suffix(b"\r").unwrap_or(line);
        if is_full(body) {
            found.extend(Found::new(start..start + body.len(), KIND));
        }
        start = end + 1;
    }
    found
}

fn is_full(line: &[u8]) -> bool {
    matches!(line.len(), 64 | 76) && is_body(line)
}

fn is_body(line: &[u8]) -> bool {
    line.iter().all(|&b| is_base64(b))
        && line.iter().any(u8::is_ascii_uppercase)
        && line.iter().any(u8::is_ascii_lowercase)
        && line.iter().any(u8::is_ascii_digit)
        && !line.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the lines are of a key.
    fn of_key(lines: &[&str]) -> Vec<bool> {
        let mut keys = KeyLines::default();
        lines.iter().map(|line| keys.see(line.as_bytes()).is_some()).collect()
    }

    #[test]
    fn lines_of_a_key_that_come_one_by_one() {
        let full = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        let wide = format!("{full}abcdef");
        assert_eq!(
            of_key(&[begin, &wide, &wide, "c2hvcnQ=", "word"]),
            [false, true, true, true, false],
            "OpenSSH's width"
        );
        assert_eq!(
            of_key(&[begin, "DEK-Info: AES-128-CBC,00", "", full, "ab==", end, "word"]),
            [false, false, false, true, true, false, false]
        );
        assert_eq!(of_key(&["word", full, "ab==", "word"]), [false, true, true, false], "its top was cut off");
        assert_eq!(of_key(&[begin, "two words", "word"]), [false; 3]);
        let (one, two) = (format!("dump: {full}"), format!("dump: {wide}"));
        assert_eq!(
            of_key(&[&format!("dump: {begin}"), &one, &two, "dump: word", "word"]),
            [false, true, true, false, false]
        );
        assert_eq!(of_key(&[&one]), [false], "it may be anything");
        assert_eq!(of_key(&["-----BEGIN CERTIFICATE-----", "word"]), [false; 2]);
        assert_eq!(of_key(&[&format!("{begin}\\n{full}\\n{end}"), "word"]), [false; 2], "all of it in one line");
    }
}
