//! The constant words of a message: what the statement that wrote it said, without what was filled in.

use std::ops::Range;

use super::reader::{Reader, without_context};
use super::shape;

/// So many bytes of a message are looked at.
pub(super) const MAX_BYTES: usize = 2048;
/// So many words and values of it.
const MAX_PARTS: usize = 128;
/// So many bytes of a line of marks tell what it is.
const MOST_MARKS: usize = 64;
/// Stands for a value where a person reads it.
pub(super) const SLOT: &str = "<*>";
/// Stands for a value in a key.
pub(super) const VALUE: u8 = 1;
/// Ends a word in a key.
pub(super) const END: u8 = 2;
/// Ends a word that names a function, before a colon.
pub(super) const TAG: u8 = 3;
/// Ends a word that stands alone in parentheses.
pub(super) const ALONE: u8 = 4;
/// Stands before the first word of a piece of the sentence, behind a colon and a blank.
pub(super) const PIECE: u8 = 5;
/// Stands before the first word of a phrase in parentheses.
pub(super) const OPENED: u8 = 6;
/// Stands before the first word behind a phrase in parentheses.
pub(super) const CLOSED: u8 = 7;
/// Stands before a word that says what the value behind it is: `key=value`, `, key: value`.
pub(super) const KEYED: u8 = 8;
/// Stands before a word that says what is counted behind it: `quit=1`, `rcpt=0/1`.
pub(super) const COUNTED: u8 = 12;
/// Stands before the first word, where a value stands before it.
pub(super) const LED: u8 = 11;

/// A word or a value of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Bytes of the message.
    pub range: Range<usize>,
    pub value: bool,
}

/// The signature of one message. One is used for many messages, so that none costs an allocation.
#[derive(Debug, Default)]
pub(super) struct Signature {
    /// Words, each followed by [`END`]; values, runs of which are one [`VALUE`]. Punctuation does not count.
    pub key: Vec<u8>,
    pub parts: Vec<Part>,
    /// Each value by itself.
    pub values: Vec<Range<usize>>,
    /// The marks before the next word.
    pending: Pending,
    /// Where each bracket of the message closes, once that was asked for.
    closings: Closings,
}

/// Where each bracket of a message closes: looked for once, however many are open.
#[derive(Debug, Default)]
struct Closings {
    known: bool,
    /// By the place of the bracket; 0 where none closes it.
    of: Vec<u16>,
    open: Vec<u16>,
}

impl Closings {
    fn find(&mut self, text: &[u8]) {
        self.known = true;
        self.of.clear();
        self.of.resize(text.len(), 0);
        self.open.clear();
        let mut before = b' ';
        for (at, byte) in text.iter().enumerate() {
            let arrow = matches!(before, b'-' | b'=' | b' ');
            before = *byte;
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            match byte {
                b'(' | b'[' | b'{' | b'<' => self.open.push(at),
                b'>' if arrow => {}
                b')' | b']' | b'}' | b'>' => {
                    let open = self.open.pop().and_then(|open| self.of.get_mut(usize::from(open)));
                    if let Some(close) = open {
                        *close = at;
                    }
                }
                _ => {}
            }
        }
    }
}

/// What stands before a word.
#[expect(clippy::struct_excessive_bools, reason = "any of them may hold together")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// It begins a piece of the sentence.
    pub piece: bool,
    /// It begins a phrase in parentheses.
    pub opened: bool,
    /// A phrase in parentheses ended before it.
    pub closed: bool,
    /// It says what the value behind it is.
    pub keyed: bool,
    /// It says what is counted behind it.
    pub counted: bool,
    /// It is the first one, and a value stands before it.
    pub led: bool,
}

impl std::ops::BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.piece |= other.piece;
        self.opened |= other.opened;
        self.closed |= other.closed;
        self.keyed |= other.keyed;
        self.counted |= other.counted;
        self.led |= other.led;
    }
}

/// The marks between the last word and the next one.
#[derive(Debug, Default)]
struct Pending {
    marks: Marks,
    /// So many parentheses are open, when the first of them opened a phrase.
    depth: u16,
    /// The phrase has a word.
    worded: bool,
}

impl Signature {
    /// Reads `message`.
    pub fn of(&mut self, message: &[u8]) {
        self.key.clear();
        self.parts.clear();
        self.values.clear();
        self.pending = Pending::default();
        self.closings.known = false;
        let message = without_context(message.get(..message.len().min(MAX_BYTES)).unwrap_or_default());
        self.read(message, false);
        // A line of marks is told by its marks.
        if self.parts.is_empty() {
            self.marks(message);
        }
        // Where all is filled in, at least the names tell the statement.
        if self.parts.len() == 1 && self.key == [VALUE] && message.iter().any(u8::is_ascii_alphabetic) {
            self.key.clear();
            self.parts.clear();
            self.values.clear();
            self.pending = Pending::default();
            self.read(message, true);
        }
        self.numbered(message);
    }

    /// `gpr17: 0b5a 9285`: where all else is filled in, a numbered name tells the statement without its number.
    fn numbered(&mut self, message: &[u8]) {
        let [Part { range: name, value: false }, Part { range: filled, value: true }] = &mut *self.parts else {
            return;
        };
        let word = message.get(name.clone()).unwrap_or_default();
        let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let stem = word.get(..word.len() - digits).unwrap_or_default();
        if digits > 0 && stem.len() > 1 && stem.iter().all(u8::is_ascii_alphabetic) && !shape::is_code(word) {
            self.key.clear();
            self.key.extend_from_slice(stem);
            self.key.extend([END, VALUE]);
            name.end -= digits;
            filled.start = name.end;
            self.values.insert(0, name.end..name.end + digits);
        }
    }

    fn marks(&mut self, message: &[u8]) {
        let start = message.len() - message.trim_ascii_start().len();
        let end = message.trim_ascii_end().len().min(start + MOST_MARKS);
        if let Some(marks) = message.get(start..end).filter(|marks| !marks.is_empty()) {
            self.key.extend(marks.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte > COUNTED));
            self.key.push(END);
            self.parts.push(Part { range: start..end, value: false });
        }
    }

    fn read(&mut self, message: &[u8], names: bool) {
        let mut reader = Reader { text: message, at: 0, names, pairs: 0, quote: None, out: self };
        while reader.out.parts.len() + reader.out.values.len() < MAX_PARTS && reader.step() {}
    }

    pub(super) fn word(&mut self, text: &[u8], range: Range<usize>) {
        let word = text.get(range.clone()).unwrap_or_default();
        // A function's name before what it says; within a sentence it is a name, `flush of user_events: 5 KB`.
        let tag = memchr::memchr(b'_', word).is_some()
            && text.get(range.end..).is_some_and(|rest| rest.starts_with(b": "))
            && memchr::memchr(END, &self.key).is_none();
        // Who wrote it is no part of what was said.
        if self.begins() {
            let led = !self.key.is_empty();
            self.key.clear();
            self.key.extend(led.then_some(LED));
        } else {
            self.pending.marks.keyed = is_keyed(text, &range);
            self.pending.marks.counted = self.pending.marks.keyed && is_counted(text, &range);
            self.mark();
        }
        self.key.extend_from_slice(word);
        let before = range.start.checked_sub(1).and_then(|at| text.get(at));
        let alone = before == Some(&b'(') && text.get(range.end) == Some(&b')');
        self.key.push(match (tag, alone) {
            (true, _) => TAG,
            (_, true) => ALONE,
            _ => END,
        });
        self.parts.push(Part { range, value: false });
    }

    pub(super) fn value(&mut self, range: Range<usize>) {
        self.values.push(range.clone());
        if self.key.last() == Some(&VALUE) {
            if let Some(last) = self.parts.last_mut() {
                last.range.end = range.end;
            }
            return;
        }
        self.key.push(VALUE);
        self.parts.push(Part { range, value: true });
    }

    /// A colon and a blank: the next word begins a piece.
    pub(super) fn colon(&mut self) {
        self.pending.marks.piece = self.pending.depth == 0;
    }

    /// A parenthesis, which opens a phrase where a blank stands before it.
    pub(super) fn open(&mut self, apart: bool) {
        if self.pending.depth > 0 {
            self.pending.depth = self.pending.depth.saturating_add(1);
        } else if apart {
            (self.pending.depth, self.pending.marks.opened, self.pending.worded) = (1, true, false);
        }
    }

    /// The end of one.
    pub(super) fn close(&mut self) {
        if self.pending.depth == 1 {
            self.pending.marks.opened = false;
            self.pending.marks.closed |= self.pending.worded;
        }
        self.pending.depth = self.pending.depth.saturating_sub(1);
    }

    /// Writes the marks that were met since the last word.
    fn mark(&mut self) {
        let met = std::mem::take(&mut self.pending.marks);
        let marks = [
            (met.closed, CLOSED),
            (met.piece, PIECE),
            (met.opened, OPENED),
            (met.keyed, KEYED),
            (met.counted, COUNTED),
        ];
        self.key.extend(marks.iter().filter(|(is, _)| *is).map(|(_, mark)| mark));
        self.pending.worded |= self.pending.depth > 0;
    }

    /// Where the bracket at `start` of `text` closes.
    pub(super) fn closing(&mut self, text: &[u8], start: usize) -> Option<usize> {
        if !self.closings.known {
            self.closings.find(text);
        }
        self.closings
            .of
            .get(start)
            .map(|close| usize::from(*close))
            .filter(|close| *close > start && *close < text.len())
    }

    /// No word was read yet.
    pub(super) fn begins(&self) -> bool {
        self.key.is_empty() || self.key == [VALUE]
    }

    pub(super) fn last_is_value(&self) -> bool {
        self.key.last() == Some(&VALUE)
    }
}

/// `key=value`; with a colon only behind a comma, for a sentence has colons too. The keys of a map are values, `{x=1}`.
fn is_keyed(text: &[u8], word: &Range<usize>) -> bool {
    match text.get(word.end..).unwrap_or_default() {
        [b'=', ..] => !text.get(..word.start).is_some_and(|before| before.ends_with(b"{")),
        // A key of JSON.
        [b'"', b':', ..] => true,
        [b':', b' ', ..] => text.get(..word.start).is_some_and(|before| before.ends_with(b", ")),
        _ => false,
    }
}

/// `quit=1 `, `rcpt=0/1 `
fn is_counted(text: &[u8], word: &Range<usize>) -> bool {
    let Some(value) = text.get(word.end..).and_then(|rest| rest.strip_prefix(b"=")) else { return false };
    let length = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'/').count();
    length > 0 && value.first().is_some_and(u8::is_ascii_digit) && value.get(length).is_none_or(|byte| *byte == b' ')
}

#[cfg(test)]
mod tests;
