//! The part of a message's reading that meets lists whose items were filled in.

use super::brackets::REACH;
use super::outcomes;
use super::reader::{IN_WORD, Reader};
use super::signature::MAX_BYTES;
use crate::sources;

impl Reader<'_> {
    /// `[ SA KE No N(NATD_S_IP) ]`, `[ ]`: blanks stand within the brackets, and each item is a name in capitals or a
    /// number. `[ NOT FOUND ]` is an outcome, and what failed stays.
    pub(super) fn padded_list(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(inside) = rest.strip_prefix(b"[ ").filter(|_| !self.out.begins()) else { return false };
        let inside = inside.get(..inside.len().min(REACH)).unwrap_or_default();
        let Some(length) = memchr::memchr(b']', inside) else { return false };
        let list = inside.get(..length).unwrap_or_default();
        let is_item = |item: &[u8]| {
            item.first().is_some_and(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                && !item.contains(&b'=')
                && !item.ends_with(b":")
        };
        let mut items = list.split(|byte| *byte == b' ').filter(|item| !item.is_empty());
        let plain = |item: &[u8]| item.len() > 1 && item.iter().all(u8::is_ascii_uppercase);
        let outcome = !list.trim_ascii().is_empty() && items.clone().count() < 3 && items.clone().all(plain);
        let failed = [&b"FAIL"[..], b"NO_", b"INVALID", b"UNACCEPTABLE"]
            .iter()
            .any(|part| memchr::memmem::find(list, part).is_some());
        let padded = list.is_empty() || list.ends_with(b" ");
        if !padded || outcome || failed || !items.all(is_item) {
            return false;
        }
        let end = self.at + 2 + length + 1;
        self.out.value(self.at..end);
        self.at = end;
        true
    }

    /// `10.0.0.1[moon.example.org]`, `www/<NOSRV>`: what stands in brackets right behind a value is of it.
    pub(super) fn attached(&mut self) -> bool {
        if self.out.values.last().is_none_or(|value| value.end != self.at) {
            return false;
        }
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let is_inside = |byte: &&u8| IN_WORD[usize::from(**byte)] || **byte == b':';
        let length = rest.iter().take(REACH).take_while(is_inside).count();
        let close = match self.byte(self.at) {
            b'<' => b'>',
            b'(' => b')',
            _ => b']',
        };
        let inside = rest.get(..length).unwrap_or_default();
        // In parentheses only what can be no state.
        let state = outcomes::says_state(inside)
            || (close == b')' && !inside.iter().any(u8::is_ascii_digit) && !inside.eq_ignore_ascii_case(b"unknown"));
        if length == 0 || state || rest.get(length) != Some(&close) {
            return false;
        }
        let end = self.at + length + 2;
        self.out.value(self.at..end);
        self.at = end;
        true
    }

    /// `query failed: gone away [select id from users]`: several words in brackets at the end say no more than what it was
    /// about, but for why it failed.
    pub(super) fn remark(&mut self) -> bool {
        const LEAST_BLANKS: usize = 2;
        let end = self.closing(self.at, MAX_BYTES);
        let inside = self.text.get(self.at + 1..end).unwrap_or_default();
        let is = end > self.at
            && self.text.get(end + 1..).is_some_and(|rest| rest.trim_ascii().is_empty())
            && memchr::memchr_iter(b' ', inside.trim_ascii()).nth(LEAST_BLANKS - 1).is_some()
            && !self.out.begins()
            && self.byte(self.at - 1) == b' '
            && inside.iter().any(|byte| byte.is_ascii_digit() || b"=:/".contains(byte))
            && !outcomes::tells_reason(inside);
        if is {
            self.out.value(self.at..end + 1);
            self.at = self.text.len();
        }
        is
    }

    /// `[ZQTB5-H8522] 10.0.0.2 [FSM] Timer` of FRR: the number of its statement stands first.
    pub(super) fn numbered_statement(&mut self) -> bool {
        const LENGTH: usize = 11;
        let inside = self.text.get(1..=LENGTH).unwrap_or_default();
        let is = self.byte(LENGTH + 1) == b']' && sources::is_number_of_frr(inside);
        if is {
            self.out.word(self.text, 1..LENGTH + 1);
            self.at = LENGTH + 2;
        }
        is
    }

    /// `ESP:AES_GCM_16, ESP:AES_CBC_128`: more items with the name of the first, which stands from `start` to `colon`.
    pub(super) fn repeated(&mut self, start: usize, colon: usize) {
        let name = self.text.get(start..=colon).unwrap_or_default();
        while name.len() > 1
            && let Some(item) = self.text.get(self.at..).and_then(|rest| rest.strip_prefix(b", ")?.strip_prefix(name))
            && item.first().is_some_and(u8::is_ascii_alphanumeric)
        {
            let length = item.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
            let from = self.at + 2 + name.len();
            self.out.value(from..from + length);
            self.at = from + length;
        }
    }
}
