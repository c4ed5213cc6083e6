//! The part of a message's reading that meets quotes.

use super::brackets::REACH;
use super::outcomes;
use super::reader::{IN_WORD, Reader};

impl Reader<'_> {
    /// A quoted text is a value, but for a key of JSON.
    pub(super) fn quoted(&mut self, close: u8) {
        let start = self.at;
        self.at += 1;
        let before = if start == 0 { b' ' } else { self.byte(start - 1) };
        let bytes = start > 1 && matches!(before, b'b' | b'u') && !self.byte(start - 2).is_ascii_alphanumeric();
        if close == b'\'' && ((before.is_ascii_alphanumeric() && !bytes) || self.byte(self.at) == b' ') {
            return;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        // `\"x\"` within a quoted text.
        let inner = before == b'\\';
        let mut from = 0;
        while let Some(at) = memchr::memchr(close, rest.get(from..rest.len().min(REACH)).unwrap_or_default()) {
            let end = from + at;
            from = end + 1;
            let after = rest.get(from).copied().unwrap_or(b' ');
            let escaped = end > 0 && rest.get(end - 1) == Some(&b'\\');
            if escaped != inner || (close == b'\'' && after.is_ascii_alphanumeric()) {
                continue;
            }
            let quoted = rest.get(..end).unwrap_or_default();
            if self.is_message(start, close, quoted, rest.get(from..).unwrap_or_default()) {
                self.quote = Some(self.at + end);
                return;
            }
            // `"key": value` of JSON, but for a quoted text that the sentence goes on from.
            let key = close == b'"'
                && after == b':'
                && end > 0
                && rest.get(..end).is_some_and(|text| text.iter().all(|byte| IN_WORD[usize::from(*byte)]));
            if key && self.begins_pair(start) {
                self.out.word(self.text, start + 1..start + 1 + end);
                self.at = start + 1 + from;
                return;
            }
            if let Some(name) = quoted_setting(quoted) {
                self.out.word(self.text, start + 1..start + 1 + name);
                self.out.value(start + 1 + name..start + 1 + from);
                self.at = start + 1 + from;
                return;
            }
            let method = self.method(start, quoted, rest.get(from..).unwrap_or_default());
            self.out.value(start + method..start + 1 + from);
            self.at = start + 1 + from;
            return;
        }
    }

    /// `"Pod was evicted" pod="x"`: what stands in quotes before such pairs, or alone, is the message; so is a sentence
    /// behind no more than numbers, `[500] - "database not found"`.
    fn is_message(&self, start: usize, close: u8, quoted: &[u8], behind: &[u8]) -> bool {
        let before = self.text.get(..start).unwrap_or_default();
        let sentence = behind.is_empty() && quoted.contains(&b' ') && !has_version(quoted);
        let first = before.trim_ascii().is_empty()
            || (sentence && !before.iter().any(|byte| byte.is_ascii_alphabetic() || *byte == b'"'));
        let word = behind.iter().skip(1).take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let pairs = behind.first() == Some(&b' ') && word > 0 && behind.get(word + 1) == Some(&b'=');
        first && close == b'"' && self.quote.is_none() && (pairs || behind.trim_ascii().is_empty())
    }

    /// `"GET /x HTTP/1.1" status: 200`: what was asked for is filled in, but not how, where the sentence goes on with
    /// words. Bytes of the quote, the method and the blank behind it.
    fn method(&mut self, start: usize, quoted: &[u8], behind: &[u8]) -> usize {
        let length = quoted.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let is_request = (3..=8).contains(&length) && quoted.get(length) == Some(&b' ') && has_version(quoted);
        let goes_on = matches!(behind, [b' ', next, ..] if next.is_ascii_alphabetic());
        if !is_request || !goes_on || matches!(self.text.get(..start), Some([.., b'='] | [.., b':', b' '])) {
            return 0;
        }
        self.out.word(self.text, start + 1..start + 1 + length);
        length + 2
    }

    /// `{"key"`, `, "key"`
    pub(super) fn begins_pair(&self, start: usize) -> bool {
        let before = self.text.get(..start).unwrap_or_default();
        matches!(before.trim_ascii_end(), [.., b'{' | b',' | b'[' | b'}'])
    }
}

/// `response_window = 20.0`: how long the name is.
fn quoted_setting(quoted: &[u8]) -> Option<usize> {
    let name = memchr::memmem::find(quoted, b" = ")?;
    let is = quoted.get(..name)?.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.' | b'-'));
    let outcome = quoted.get(name + 3..).is_some_and(outcomes::is_outcome);
    (is && name > 0 && !outcome).then_some(name)
}

/// `GET /x HTTP/1.1`
fn has_version(request: &[u8]) -> bool {
    let version = request.iter().rev().take_while(|byte| **byte != b' ').count();
    request.get(request.len() - version..).is_some_and(|version| version.starts_with(b"HTTP/"))
}
