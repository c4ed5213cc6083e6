//! The part of a message's reading that meets objects by their class, and places in the source that called.

use super::reader::{IN_WORD, Reader};

/// The name of a file with its line is not longer.
const LONGEST_PLACE: usize = 128;

impl Reader<'_> {
    /// `List(ShuffleMapStage 0)`, `BlockManagerId(driver, 10.0.0.1, 41557, None)`: an object by its class, and what it holds.
    pub(super) fn constructed(&mut self) -> bool {
        const COLLECTIONS: [&[u8]; 9] =
            [b"Array", b"List", b"Map", b"Nil", b"Seq", b"Set", b"Some", b"Tuple", b"Vector"];
        let before = self.text.get(..self.at).unwrap_or_default();
        let start = before.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        let class = before.get(start..).unwrap_or_default();
        let end = self.closing(self.at);
        let inside = self.text.get(self.at + 1..end).unwrap_or_default();
        let is_class = class.first().is_some_and(u8::is_ascii_uppercase)
            && class.iter().any(u8::is_ascii_lowercase)
            && class.iter().skip(1).any(u8::is_ascii_uppercase);
        let listed = memchr::memchr2(b',', b'=', inside).is_some();
        let is = end > self.at && (COLLECTIONS.contains(&class) || (is_class && listed));
        if is {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
        }
        is
    }

    /// `Reason: {NOT_ENOUGH_SPACE=1, NO_STORAGE=2}`: a map, as Java prints it.
    pub(super) fn map(&mut self) -> bool {
        let end = self.closing(self.at);
        let inside = self.text.get(self.at + 1..end).unwrap_or_default();
        let name = inside.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let counted =
            inside.get(..name).is_some_and(|name| name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_'));
        let is = name > 0
            && inside.get(name) == Some(&b'=')
            && (counted || memchr::memchr(b',', inside).is_some())
            && !self.out.begins();
        if is {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
        }
        is
    }

    /// `(collect at jobs.py:44)`, `from broadcast at DAGScheduler.scala:1585`: what was called, and from where.
    pub(super) fn call_site(&mut self) -> bool {
        let opened = self.byte(self.at) == b'(';
        let start = self.at + usize::from(opened);
        let before = self.text.get(..start).unwrap_or_default();
        let Some(end) = self.call_site_end(start).filter(|_| opened || before.ends_with(b"from ")) else {
            return false;
        };
        if opened && self.byte(end) != b')' {
            return false;
        }
        self.out.value(start..end);
        self.at = end + usize::from(opened);
        true
    }

    /// Where `collect at jobs.py:44` ends.
    fn call_site_end(&self, start: usize) -> Option<usize> {
        let call = self.text.get(start..self.word_end(start)).filter(|call| !call.is_empty())?;
        let file = start + call.len() + b" at ".len();
        let behind = self.text.get(start + call.len()..)?.strip_prefix(b" at ")?;
        let name = behind.iter().take(LONGEST_PLACE).take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let has_ending = behind.get(..name)?.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
        let dotted = has_ending > 0 && behind.get(name.checked_sub(has_ending + 1)?) == Some(&b'.');
        let digits = behind.get(name + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (dotted && behind.get(name) == Some(&b':') && digits > 0).then_some(file + name + 1 + digits)
    }
}
