//! The part of a message's reading that meets angles: what is unknown, described, or a tag of XML.

use super::brackets::{LONGEST_DESCRIPTION, REACH};
use super::outcomes;
use super::reader::{IN_WORD, Reader};

impl Reader<'_> {
    /// `<unknown>`, `(none)`
    pub(super) fn unknown(&mut self) -> bool {
        const NOTHING: [&[u8]; 9] = [
            b"<unknown>",
            b"(unknown)",
            b"(unnamed)",
            b"<none>",
            b"(none)",
            b"<null>",
            b"(null)",
            b"<empty>",
            b"(empty)",
        ];
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(found) = NOTHING.iter().find(|nothing| rest.starts_with(nothing)) else { return false };
        self.out.value(self.at..self.at + found.len());
        self.at += found.len();
        true
    }

    /// `<bad address>`, `<class 'x'>`, `<default>`: words that stand for a value.
    pub(super) fn described(&mut self) -> bool {
        let before = if self.at == 0 { b' ' } else { self.byte(self.at - 1) };
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(LONGEST_DESCRIPTION)).unwrap_or_default();
        let Some(length) = memchr::memchr2(b'<', b'>', rest).filter(|at| rest.get(*at) == Some(&b'>')) else {
            return false;
        };
        let inside = rest.get(..length).unwrap_or_default();
        let behind = rest.get(length + 1).copied().unwrap_or(b' ');
        let word = !self.out.begins()
            && matches!(behind, b' ' | b',' | b'.' | b')' | b']')
            && inside.iter().all(|byte| IN_WORD[usize::from(*byte)])
            && inside.iter().any(u8::is_ascii_alphanumeric)
            && !outcomes::is_outcome(inside);
        let is = (word || memchr::memchr(b' ', inside).is_some()) && inside.trim_ascii().len() == length && length > 0;
        let name = inside.split(|byte| *byte == b' ').next().unwrap_or_default();
        if !is || tells_outcome(name) || !matches!(before, b' ' | b'[' | b'(') {
            return false;
        }
        self.out.value(self.at..self.at + length + 2);
        self.at += length + 2;
        true
    }

    /// `<message from='a' to='b'>`, `<stream:features>`, `</stream:stream>`: a tag of XML within a sentence.
    pub(super) fn element(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(REACH)).unwrap_or_default();
        let name = rest.strip_prefix(b"/").or_else(|| rest.strip_prefix(b"?")).unwrap_or(rest);
        let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b":_-.".contains(byte)).count();
        let (name, tail) = name.split_at_checked(length).unwrap_or_default();
        let marked = name.len() < rest.len() - tail.len() || name.contains(&b':') || tail.starts_with(b"/>");
        let attributes = tail.starts_with(b" ")
            && [&b"='"[..], b"=\""].iter().any(|mark| memchr::memmem::find(tail, mark).is_some());
        let is = name.first().is_some_and(u8::is_ascii_alphabetic)
            && (marked || attributes)
            && !tells_outcome(name)
            && !self.out.begins();
        let Some(end) = memchr::memchr(b'>', tail).filter(|_| is) else { return false };
        let end = self.at + 1 + rest.len() - tail.len() + end + 1;
        self.out.value(self.at..end);
        self.at = end;
        true
    }

    /// `<Dispatcher at 140664583177744 for <Subprocess at 0x7f with name x>>` of Python.
    pub(super) fn instance(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'.' | b'_');
        let name = rest.iter().take(LONGEST_DESCRIPTION).take_while(in_name).count();
        let behind = rest.get(name..).unwrap_or_default();
        let behind = behind.strip_prefix(b" object").unwrap_or(behind);
        let is = name > 0 && behind.strip_prefix(b" at ").is_some_and(|at| at.first().is_some_and(u8::is_ascii_digit));
        if is {
            self.bracketed();
        }
        is
    }
}

/// `<failure xmlns='x'>`, `<stream:error>`, `<soap:Fault>`
fn tells_outcome(name: &[u8]) -> bool {
    let tells = |part: &&[u8]| memchr::memmem::find(name, part).is_some();
    // `<t_on_failure>` is a name.
    !name.contains(&b'_') && [&b"rror"[..], b"ail", b"Fault", b"ccess"].iter().any(tells)
}
