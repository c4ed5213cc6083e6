//! Reads a message word by word: what is a value by its shape, by its marks, or by where it stands.

use std::ops::Range;

use super::shape::{self, Shape};
use super::signature::{SLOT, Signature};

/// Without a word in brackets at the end: it says where a program was, and stands behind any of its messages. Where a
/// message has others, or leads to it, `set to [x]`, it is a value.
pub(super) fn without_context(message: &[u8]) -> &[u8] {
    const LEADING: [&[u8]; 13] =
        [b" as", b" at", b" by", b" for", b" from", b" in", b" is", b" of", b" on", b" to", b" with", b":", b"="];
    let Some(inside) = message.trim_ascii_end().strip_suffix(b"]") else { return message };
    let is_letter = |byte: &&u8| byte.is_ascii_lowercase() || matches!(**byte, b'_' | b'-');
    let letters = inside.iter().rev().take_while(is_letter).count();
    let Some(head) = inside.get(..inside.len() - letters).and_then(|head| head.strip_suffix(b" [")) else {
        return message;
    };
    let noun = head.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
    let before = head.get(..head.len() - noun).unwrap_or_default();
    let named = noun > 0
        && !inside.ends_with(b"auth")
        && [&b" for "[..], b" in ", b" of ", b" to "].iter().any(|word| before.ends_with(word));
    let is_value = head.contains(&b'[') || named || LEADING.iter().any(|word| head.ends_with(word));
    if letters < 2 || is_value || head.trim_ascii().is_empty() { message } else { head }
}

/// Walks over one message.
pub(super) struct Reader<'a> {
    pub text: &'a [u8],
    pub at: usize,
    /// Names without digits are words, whatever their shape.
    pub names: bool,
    /// Pairs of a list that were read.
    pub pairs: usize,
    /// Where the quotes end that the message stands in.
    pub quote: Option<usize>,
    pub out: &'a mut Signature,
}

/// What a byte may be part of.
const fn in_word(byte: u8) -> bool {
    !matches!(
        byte,
        0..=b' '
            | 0x7f
            | b'"'
            | b'\''
            | b'`'
            | b'('
            | b')'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'<'
            | b'>'
            | b'='
            | b':'
            | b','
            | b';'
            | b'|'
    )
}

/// The same for any byte, quickly.
pub(super) static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let is = in_word(byte as u8);
        table[byte] = is;
        byte += 1;
    }
    table
};

impl Reader<'_> {
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b' ')
    }

    /// Takes the next word, value or mark. `false` at the end.
    pub fn step(&mut self) -> bool {
        let Some(&byte) = self.text.get(self.at) else { return false };
        match byte {
            b'"' if self.quote == Some(self.at) => self.at += 1,
            b'"' => self.quoted(b'"'),
            b'\'' | b'`' => self.quoted(b'\''),
            b'=' => self.assigned(),
            b'[' if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b"[REDACTED")) => self.bracketed(),
            b'<' if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(SLOT.as_bytes())) => {
                self.out.value(self.at..self.at + SLOT.len());
                self.at += SLOT.len();
            }
            0x1b => self.colour(),
            _ if IN_WORD[usize::from(byte)] => self.run(),
            b':' if self.byte(self.at + 1) == b':' && self.is_colon_value() => {}
            b':' => self.glued(),
            b'<' | b'(' if self.unknown() => {}
            b'<' if self.attached() || self.instance() || self.element() || self.described() => {}
            b'{' if self.context() || self.map() => {}
            b'{' | b'[' if self.chain() => {}
            b'{' if self.braced() => {}
            b' ' if self.is_empty_value() => {
                self.at += 1;
                self.out.value(self.at..self.at);
            }
            b'[' if self.at == 0 && self.numbered_statement() => {}
            b'[' if self.attached()
                || self.padded_list()
                || self.nested_list()
                || self.objects()
                || self.filled_bracket()
                || self.remark() => {}
            b'[' | b'<' | b'(' if self.empty_bracket() => {}
            b'(' => self.parenthesis(),
            b')' => {
                self.out.close();
                self.at += 1;
            }
            _ => self.at += 1,
        }
        true
    }

    /// Where the bytes of a word end.
    pub(super) fn word_end(&self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.iter().position(|byte| !IN_WORD[usize::from(*byte)]).unwrap_or(rest.len())
    }

    fn colour(&mut self) {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().take(16).position(u8::is_ascii_alphabetic).map_or(0, |at| at + 1);
        self.at += 1 + if rest.first() == Some(&b'[') { length } else { 0 };
    }

    /// `user  from`: two blanks between words, where nothing was filled in.
    fn is_empty_value(&self) -> bool {
        self.byte(self.at + 1) == b' '
            && self.byte(self.at + 2).is_ascii_alphanumeric()
            && self.at > 0
            && self.byte(self.at - 1).is_ascii_alphanumeric()
    }

    /// A run of bytes that may be one word.
    fn run(&mut self) {
        if self.is_colon_value() {
            return;
        }
        let start = self.at;
        let mut end = self.word_end(start);
        // `don't`
        while self.byte(end) == b'\''
            && self.byte(end + 1).is_ascii_alphabetic()
            && end > start
            && self.byte(end - 1).is_ascii_alphabetic()
        {
            end = self.word_end(end + 1);
        }
        // `Admin::Users`
        while self
            .text
            .get(end..)
            .is_some_and(|rest| matches!(rest, [b':', b':', next, ..] if next.is_ascii_alphabetic()))
            && end > start
        {
            end = self.word_end(end + 2);
        }
        let text = self.text;
        if self.opening(start, end) || self.sql(start, end) {
            return;
        }
        self.at = end;
        let range = trimmed(text, start, end);
        let Some(word) = text.get(range.clone()).filter(|word| !word.is_empty()) else {
            // The root of all names: `query: . IN A`.
            let around = text.get(start.saturating_sub(1)..end + 2);
            if matches!(around, Some([b' ', b'.', b' ', next]) if next.is_ascii_alphanumeric()) {
                self.out.value(start..end);
            }
            return;
        };
        if self.compound(start, end) {
            return;
        }
        let named = self.names && word.iter().any(u8::is_ascii_alphabetic) && !word.iter().any(u8::is_ascii_digit);
        match shape::shape(word) {
            // `none of the groups`
            Shape::Value
                if word.eq_ignore_ascii_case(b"none")
                    && text.get(end..).is_some_and(|rest| rest.starts_with(b" of ")) =>
            {
                self.out.word(text, range);
            }
            Shape::Value
                if named || (self.out.begins() && (self.is_numbered(word, end) || self.is_function(word, end))) =>
            {
                self.out.word(text, range);
            }
            Shape::Word
                if self.address_follows(end)
                    || self.is_display_name(start, end)
                    || self.is_mapped(end)
                    || matches!(text.get(..start), Some([.., b'0'..=b'9', b'/', b'k', b'e', b'y', b' ']))
                    || self.is_byte_of_dump(start, end)
                    || self.is_process(end)
                    || self.is_named_behind(start, end)
                    || self.is_record_type(start, end) =>
            {
                self.out.value(range);
            }
            Shape::Value => self.out.value(range),
            Shape::Number => {
                self.out.value(range);
                self.unit();
            }
            Shape::Word if shape::is_calendar(word) && self.is_date(end) => self.out.value(range),
            Shape::Word => {
                let signed = if self.out.begins() { signed(text, range) } else { range };
                self.out.word(text, signed);
            }
        }
    }

    /// A value of several words that this one may begin, told by the byte behind it.
    fn opening(&mut self, start: usize, end: usize) -> bool {
        match self.byte(end) {
            b' ' => self.call_site() || self.direction(start, end),
            b',' | b')' => self.direction(start, end),
            b':' => self.family(start) || self.function_of_erlang(start, end) || self.url(start, end),
            b'(' => self.collection(start, end),
            b'<' => self.inspected(start, end),
            _ => false,
        }
    }

    /// The same for what is a word, and not but marks.
    fn compound(&mut self, start: usize, end: usize) -> bool {
        match self.byte(end) {
            b' ' => self.described_unit(start, end) || self.program(start, end),
            b':' => self.described_unit(start, end) || self.file(start, end),
            b'(' => self.flags(start, end),
            b'[' => self.ranges(start, end),
            b'=' => self.query(start, end),
            b',' | b';' => self.list(start, end),
            _ => false,
        }
    }

    /// A number or another word of a date stands beside it.
    fn is_date(&self, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        let next = rest.iter().find(|byte| !matches!(byte, b' ' | b',' | b'/' | b'-' | b':'));
        next.is_some_and(u8::is_ascii_digit)
            || self.out.last_is_value()
            || rest.trim_ascii_start().get(..3).is_some_and(shape::is_calendar)
    }

    /// `02:42:ac:11:00:02`, `fe80::1`, `::1`, `12:30:01`: taken whole.
    fn is_colon_value(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let first = rest.first().copied().unwrap_or_default();
        if !(first.is_ascii_hexdigit() || first == b':') {
            return false;
        }
        let (mut colons, mut piece, mut digits, mut length) = (0, 0, 0, 0);
        for byte in rest.iter().take(64) {
            match byte {
                b':' => (colons, piece) = (colons + 1, 0),
                b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => {
                    piece += 1;
                    digits += usize::from(byte.is_ascii_digit());
                }
                _ => break,
            }
            // The port stands behind some of them: `fe80::1:41218`.
            let goes_on = |byte: &u8| IN_WORD[usize::from(*byte)] || *byte == b':';
            if piece > 5 || (piece == 5 && rest.get(length + 1).is_some_and(goes_on)) {
                return false;
            }
            length += 1;
        }
        let ended = rest
            .get(length)
            .is_none_or(|byte| !IN_WORD[usize::from(*byte)] || matches!(byte, b'%' | b'/' | b'.' | b'#'));
        // `::`, any address.
        let any = length == 2 && self.at > 0 && self.byte(self.at - 1) == b' ' && self.byte(self.at + 2) == b' ';
        if colons < 2 || (digits == 0 && !any) || !ended {
            return false;
        }
        self.out.value(self.at..self.at + length);
        self.at += length;
        true
    }
}

/// `+sdown` and `-sdown`: the sign of the first word tells two statements apart.
fn signed(text: &[u8], word: Range<usize>) -> Range<usize> {
    match word.start.checked_sub(1).and_then(|sign| text.get(sign)) {
        Some(b'+' | b'-') if text.get(word.start).is_some_and(u8::is_ascii_alphabetic) => word.start - 1..word.end,
        _ => word,
    }
}

/// Without the marks of a sentence around a word.
pub(super) fn trimmed(text: &[u8], mut start: usize, mut end: usize) -> Range<usize> {
    let get = |at: usize| text.get(at).copied().unwrap_or(b' ');
    while end > start
        && matches!(get(end - 1), b'.' | b'!' | b'?' | b'-' | b'*' | b'#' | b'&' | b'+' | b'~' | b'^' | b'_' | b'@')
    {
        end -= 1;
    }
    while start < end
        && (matches!(get(start), b'*' | b'#' | b'!' | b'&' | b'^' | b'@' | b'?')
            || (matches!(get(start), b'.' | b'-' | b'+' | b'_' | b'~')
                && !get(start + 1).is_ascii_digit()
                && get(start + 1) != b'/'))
    {
        start += 1;
    }
    if text.get(start..end) == Some(b"/") {
        return start..end;
    }
    if text.get(start..end).is_some_and(|word| !word.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)) {
        return start..start;
    }
    start..end
}
