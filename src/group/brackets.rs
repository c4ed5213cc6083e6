//! The part of a message's reading that meets brackets.

use super::outcomes;
use super::reader::{IN_WORD, Reader};
use super::signature::{MAX_BYTES, VALUE};

/// A quoted or bracketed value ends within so many bytes.
pub(super) const REACH: usize = 512;
/// So do words that stand for one.
pub(super) const LONGEST_DESCRIPTION: usize = 64;

impl Reader<'_> {
    /// `servlet [jsp] in path [x]`, `no answer from any [Login Nodes] source`: one word in brackets within a sentence,
    /// or some where the sentence goes on.
    pub(super) fn filled_bracket(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let mut blanks = 0;
        // `[nightly:x-1]`
        let is_inside = |byte: &&u8| {
            blanks += usize::from(**byte == b' ');
            IN_WORD[usize::from(**byte)] || matches!(**byte, b' ' | b':')
        };
        let length = rest.iter().take(REACH).take_while(is_inside).count();
        let before = if self.at == 0 { b'[' } else { self.byte(self.at - 1) };
        let within = before == b' ' && self.out.key.last().is_some_and(|last| *last != VALUE);
        let goes_on =
            matches!(rest.get(length..), Some([b']', b' ', next, ..]) if next.is_ascii_alphabetic() || *next == b'(');
        let outcome = rest.get(..length).is_some_and(|inside| outcomes::is_outcome(inside.trim_ascii()));
        if length == 0 || outcome || rest.get(length) != Some(&b']') || !within || blanks > if goes_on { 2 } else { 0 }
        {
            return false;
        }
        self.out.value(self.at..self.at + length + 2);
        self.at += length + 2;
        true
    }

    /// `{node-1}{x2aBc}{10.0.0.1}`, `[[orders][4]]`: brackets that touch are one value.
    pub(super) fn chain(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (open, close) = if rest.first() == Some(&b'[') { (b'[', b']') } else { (b'{', b'}') };
        let is_inside = |byte: &&u8| **byte != close && !byte.is_ascii_whitespace() && **byte != b'"';
        let length = rest.iter().take(LONGEST_DESCRIPTION).take_while(is_inside).count();
        if rest.get(length..).is_none_or(|behind| !behind.starts_with(&[close, open])) {
            return false;
        }
        let start = self.at;
        let mut end = start;
        while self.byte(self.at) == open && self.at - start < REACH {
            self.skip_brackets();
            if self.at == end {
                break;
            }
            end = self.at;
        }
        if end > start {
            self.out.value(start..end);
        }
        end > start
    }

    /// `[]`, `<>`, `(.)`: nothing was filled in. `open()` is a name.
    pub(super) fn empty_bracket(&mut self) -> bool {
        let before = if self.at == 0 { b'x' } else { self.byte(self.at - 1) };
        let length = match self.text.get(self.at..).unwrap_or_default() {
            [b'[', b']', ..] | [b'<', b'>', ..] if matches!(before, b' ' | b':' | b'=' | b',') => 2,
            [b'(', b'.' | b'-' | b'*' | b'/', b')', ..] => 3,
            _ => return false,
        };
        self.out.value(self.at..self.at + length);
        self.at += length;
        true
    }

    /// `Order not found {"id":17} []`: what a logger adds to a message, up to its end.
    pub(super) fn context(&mut self) -> bool {
        let text = self.text;
        let rest = text.get(self.at..).unwrap_or_default().trim_ascii_end();
        let is = self.at > 0
            && self.byte(self.at - 1) == b' '
            && !self.out.begins()
            && rest.starts_with(b"{\"")
            && matches!(rest.last(), Some(b'}' | b']'));
        if is && let Some(told) = told(text.get(..self.at).unwrap_or_default(), rest) {
            self.out.value(self.at..self.at + told.start);
            self.text = text.get(..self.at + told.end).unwrap_or_default();
            self.at += told.start;
        } else if is {
            self.out.value(self.at..self.at + rest.len());
            self.at += rest.len();
        }
        is
    }

    pub(super) fn bracketed(&mut self) {
        let start = self.at;
        self.skip_brackets();
        if self.at == start
            && self.text.len() >= MAX_BYTES
            && self.text.get(start..).is_some_and(|rest| rest.starts_with(b"{\""))
        {
            // An object that is longer than what is looked at.
            self.at = self.text.len();
            self.out.value(start..self.at);
        } else if self.at == start {
            self.at += 1;
        } else {
            self.out.value(start..self.at);
        }
    }

    /// Over a bracket and what it holds; stays where none closes it.
    pub(super) fn skip_brackets(&mut self) {
        let end = self.closing(self.at, MAX_BYTES);
        self.at = if end > self.at { end + 1 } else { self.at };
    }

    /// Where the bracket at `start` is closed, within so many bytes; `start` where none does.
    pub(super) fn closing(&mut self, start: usize, reach: usize) -> usize {
        self.out.closing(self.text, start).filter(|close| *close - start < reach).unwrap_or(start)
    }
}

/// `fatal: [web1]: FAILED! => {"changed": false, "msg": "no such user"}` of Ansible: the bytes of the object that say what
/// happened.
fn told(before: &[u8], object: &[u8]) -> Option<std::ops::Range<usize>> {
    const KEY: &[u8] = b"\"msg\": \"";
    let start = memchr::memmem::find(object, KEY).filter(|_| before.ends_with(b"=> "))? + KEY.len();
    let text = object.get(start..)?;
    let end = memchr::memchr_iter(b'"', text).find(|at| *at == 0 || text.get(at - 1) != Some(&b'\\'))?;
    Some(start..start + end)
}
