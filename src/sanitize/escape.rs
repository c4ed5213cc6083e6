//! Characters that a terminal obeys or a reader cannot see become visible escapes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What becomes of line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// `\n` and `\r` become two visible characters.
    Escaped,
    /// `\n` stays.
    Kept,
}

/// The text on one line: C0 (tab stays), DEL, C1, bidi controls, zero-width and tag characters become `\x1b`,
/// `\u{202e}`; line ends become `\n`, `\r`.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_as(text, Lines::Escaped)
}

/// As [`escape`], and `\n` stays.
#[must_use]
pub fn escape_multiline(text: &str) -> Cow<'_, str> {
    escape_as(text, Lines::Kept)
}

fn escape_as(text: &str, lines: Lines) -> Cow<'_, str> {
    // ASCII is the rule: bytes first, characters only where one is needed.
    if is_plain(text) || !text.char_indices().any(|(at, c)| hides(text, at, c, lines)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        push(&mut out, c, hides(text, at, c, lines));
    }
    Cow::Owned(out)
}

/// Whether a glance at the bytes tells that nothing is to be escaped. Counted without a branch, many at a time.
fn is_plain(text: &str) -> bool {
    let odd = |byte: &u8| !matches!(byte, b' '..=b'~' | b'\t');
    text.as_bytes().chunks(128).all(|chunk| chunk.iter().fold(0_u8, |any, byte| any | u8::from(odd(byte))) == 0)
}

/// Escaped and at most `max` bytes, the last of them `…` when something was cut.
pub(super) fn bounded(text: Cow<'_, str>, max: usize, lines: Lines) -> String {
    const CUT: &str = "…";
    if text.len() <= max && is_plain(&text) {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len().min(max));
    // Where the cut goes when one is needed: the last end of a whole escape that leaves room for the mark.
    let mut fits = 0;
    for (at, c) in text.char_indices() {
        push(&mut out, c, hides(&text, at, c, lines));
        if out.len() > max {
            out.truncate(fits);
            if fits + CUT.len() <= max {
                out.push_str(CUT);
            }
            return out;
        }
        if out.len() + CUT.len() <= max {
            fits = out.len();
        }
    }
    out
}

fn push(out: &mut String, c: char, hidden: bool) {
    if !hidden {
        out.push(c);
        return;
    }
    // Writing to a string cannot fail.
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\0'..='\x7f' => write!(out, "\\x{:02x}", u32::from(c)),
        _ => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

/// Whether the character at this place is obeyed or not seen: the styles of emoji (U+FE0E, U+FE0F) are seen behind one.
fn hides(text: &str, at: usize, c: char, lines: Lines) -> bool {
    if !matches!(c, '\u{fe0e}' | '\u{fe0f}') {
        return is_hidden(c, lines);
    }
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let is_key = text.get(at + c.len_utf8()..).is_some_and(|rest| rest.starts_with('\u{20e3}'));
    !match before {
        Some('#' | '*' | '0'..='9') => is_key,
        Some(c @ ('\u{a9}' | '\u{ae}' | '\u{2000}'..='\u{32ff}' | '\u{1f000}'..='\u{1faff}')) => !is_hidden(c, lines),
        _ => false,
    }
}

/// Characters that are obeyed or not seen, wherever they stand.
fn is_hidden(c: char, lines: Lines) -> bool {
    match c {
        '\t' | ' '..='~' => false,
        '\n' => lines == Lines::Escaped,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => true,
        _ => matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'),
    }
}

/// Bytes as text: each byte that is no UTF-8 becomes `\xNN`. Control characters stay as they are.
#[must_use]
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}
