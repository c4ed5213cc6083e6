//! The part of a message's reading that meets names and their values: `a=b`, `a: b, c: d`, `a:b`.

use super::outcomes;
use super::reader::{IN_WORD, Reader, trimmed};

/// So many bytes around a colon are looked at for what went wrong.
const LONGEST_CLAUSE: usize = 160;

impl Reader<'_> {
    /// `n.state:LOOKING`, `tcp:10.0.0.1`: what a colon without a blank joins to a name.
    pub(super) fn glued(&mut self) {
        let start = self.at + 1;
        let before = if self.at == 0 { b' ' } else { self.byte(self.at - 1) };
        let after = self.byte(start);
        self.at = start;
        if after == b' ' {
            if self.listed(start) || self.command_line(start) {
                return;
            }
            self.out.colon();
        }
        let path = after == b'/' && before.is_ascii_uppercase();
        if !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-'))
            || !(after.is_ascii_alphanumeric() || path)
        {
            return;
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let mut length =
            rest.iter().position(|byte| !IN_WORD[usize::from(*byte)] && *byte != b':').unwrap_or(rest.len());
        // `GET:/items?page=2`
        if rest.get(length) == Some(&b'=') && rest.get(..length).is_some_and(|path| path.contains(&b'?')) {
            length +=
                rest.iter().skip(length).take_while(|byte| IN_WORD[usize::from(**byte)] || **byte == b'=').count();
        }
        let text = rest.get(..length).unwrap_or_default();
        // `Class::method`, and `a:b: c` of nested messages.
        if memchr::memmem::find(text, b"::").is_none() && !text.ends_with(b":") {
            self.out.value(start..start + length);
            self.at = start + length;
            let name = self.text.get(..start - 1).unwrap_or_default();
            let name = name.iter().rev().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
            self.repeated(start - 1 - name, start - 1);
        }
    }

    /// `Executing command: /bin/true -x`: what was run, up to the end; not why it could not be.
    fn command_line(&mut self, start: usize) -> bool {
        const SAID: [&[u8]; 5] = [b"cmd", b"command", b"exec", b"execute", b"executing"];
        const ASKED: [&[u8]; 4] = [b"bad", b"last", b"result", b"unknown"];
        let before = self.text.get(..start - 1).unwrap_or_default();
        let length = before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = before.get(before.len() - length..).unwrap_or_default();
        let rest = self.text.get(start..).unwrap_or_default().trim_ascii();
        // What tells of a failure stands near.
        let before = before.get(before.len().saturating_sub(LONGEST_CLAUSE)..).unwrap_or_default();
        // `non-SMTP command from unknown[10.0.0.1]: GET / HTTP/1.1`
        let from = || {
            self.out.last_is_value()
                && memchr::memmem::rfind(before, b"command from ")
                    .and_then(|at| before.get(at + b"command from ".len()..))
                    .is_some_and(|source| !source.contains(&b' '))
        };
        let marked = || rest.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'/'));
        let said = SAID.iter().any(|said| said.eq_ignore_ascii_case(word)) || (from() && marked());
        if !said {
            return false;
        }
        let rest = rest.get(..rest.len().min(LONGEST_CLAUSE)).unwrap_or_default();
        let is = !rest.is_empty()
            && !self.out.begins()
            && !outcomes::tells_failure(before)
            && !before.split(|byte| *byte == b' ').any(|word| ASKED.contains(&word) || word == b"could")
            && !outcomes::says_state(rest)
            && !outcomes::tells_failure(rest);
        if is {
            self.out.value(start + 1..self.text.len());
            self.at = self.text.len();
        }
        is
    }

    /// `Package: x, State: Staged, Exist: present`: behind a colon or `=` and a blank, within a list of such pairs: a
    /// comma or a bracket stands before the name, and another pair before or behind it.
    fn listed(&mut self, start: usize) -> bool {
        let before = self.text.get(..start - 1).unwrap_or_default().trim_ascii_end();
        let name = before.iter().rev().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let rest = self.text.get(start + 1..).unwrap_or_default();
        let value =
            if is_reason(before.get(before.len() - name..).unwrap_or_default()) { word(rest) } else { words(rest) };
        let behind = rest.get(value.len()..).unwrap_or_default();
        let in_list = matches!(before.get(..before.len() - name), Some([.., b',', b' '] | [.., b'(' | b'[' | b'{']));
        let ended = matches!(behind.first(), None | Some(b',' | b')' | b']' | b'}' | b';'));
        let is_pair = !value.is_empty() && name > 0 && ended && in_list && (self.pairs > 0 || is_next_pair(behind));
        if is_pair {
            self.pairs += 1;
            self.at = start + 1 + value.len();
            self.out.value(trimmed(self.text, start + 1, self.at));
        }
        is_pair
    }

    /// `0x1 (n.round), LOOKING (n.state), 2 (n.sid)`: a state in a list of values, each with its name behind it.
    pub(super) fn is_named_behind(&self, start: usize, end: usize) -> bool {
        let before = self.text.get(..start).unwrap_or_default();
        let rest = self.text.get(end..).unwrap_or_default();
        let length = || rest.iter().take(32).position(|byte| *byte == b')').unwrap_or_default();
        before.ends_with(b"), ")
            && rest.starts_with(b" (")
            && self
                .text
                .get(start..end)
                .is_some_and(|word| word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_'))
            && matches!(rest.get(length() + 1..), Some([] | [b',', b' ', ..]))
    }

    /// What stands right behind `=`.
    pub(super) fn assigned(&mut self) {
        self.at += 1;
        let start = self.at;
        let before = if start < 2 { b' ' } else { self.byte(start - 2) };
        let key = if start < 3 { b' ' } else { self.byte(start - 3) };
        if before == b' ' && IN_WORD[usize::from(key)] && self.ends_at(start) {
            self.out.value(start..start);
            return;
        }
        if before == b' '
            && IN_WORD[usize::from(key)]
            && self.byte(start) == b' '
            && (self.listed(start) || self.setting(start))
        {
            return;
        }
        if matches!(self.byte(start), b'=' | b'>')
            || !(IN_WORD[usize::from(before)] || matches!(before, b'"' | b')' | b']'))
        {
            return;
        }
        if self.is_told_reason(start) {
            return;
        }
        match self.byte(start) {
            b'"' | b'\'' => self.quoted(self.byte(start)),
            b' ' | b'\t' if start >= self.text.len() || !self.is_spaced_assignment(start) => {
                self.out.value(start..start);
            }
            b' ' | b'\t' => {}
            b'[' | b'{' | b'(' | b'<' => self.bracketed(),
            _ if self.is_in_semicolons(start - 1) => {
                let rest = self.text.get(start..).unwrap_or_default();
                let rest = rest.get(..memchr::memchr(b';', rest).unwrap_or(rest.len())).unwrap_or_default();
                self.at = start + rest.trim_ascii_end().len();
                self.out.value(start..self.at);
            }
            _ => {
                while self.at < self.text.len()
                    && !matches!(
                        self.byte(self.at),
                        b' ' | b'\t' | b',' | b';' | b')' | b']' | b'}' | b'|' | b'&' | b'"'
                    )
                {
                    if matches!(self.byte(self.at), b'(' | b'[' | b'{') {
                        let from = self.at;
                        self.skip_brackets();
                        if self.at == from {
                            break;
                        }
                    } else {
                        self.at += 1;
                    }
                }
                self.out.value(start..self.at);
            }
        }
    }

    /// `dpd_action = start`, and nothing else.
    fn setting(&mut self, start: usize) -> bool {
        let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(|byte| IN_WORD[usize::from(*byte)]);
        let name = self.text.get(..start - 1).unwrap_or_default().trim_ascii();
        let end = self.text.trim_ascii_end().len();
        let value = self.text.get(start + 1..end).unwrap_or_default();
        let is = is_word(name) && is_word(value) && !outcomes::is_outcome(value);
        if is {
            self.out.value(start + 1..end);
            self.at = end;
        }
        is
    }

    /// `error=Connection refused`: several words that say why.
    fn is_told_reason(&self, start: usize) -> bool {
        let before = self.text.get(..start - 1).unwrap_or_default();
        let key = before.iter().rev().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        if !is_reason(before.get(before.len() - key..).unwrap_or_default()) {
            return false;
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let first = word(rest);
        let behind = rest.get(first.len()..).unwrap_or_default().strip_prefix(b" ").unwrap_or_default();
        let second = word(behind);
        let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphabetic);
        is_word(first) && is_word(second) && behind.get(second.len()) != Some(&b'=')
    }

    /// `; USER=root ; COMMAND=/usr/bin/apt update`: the mark at `at` ends a key behind a semicolon, so a value of several
    /// words ends with one.
    fn is_in_semicolons(&self, at: usize) -> bool {
        let before = self.text.get(..at).unwrap_or_default();
        let key = before.iter().rev().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        before.get(..before.len() - key).is_some_and(|before| before.ends_with(b"; "))
    }

    /// `(pos = 0, hash = )`: no word comes before the mark that ends it.
    fn ends_at(&self, start: usize) -> bool {
        let rest = self.text.get(start..).unwrap_or_default().trim_ascii_start();
        matches!(rest.first(), Some(b')' | b',' | b']' | b'}' | b';'))
    }

    /// `a= b= c`: the next word is a key again, so this one has no value.
    fn is_spaced_assignment(&self, start: usize) -> bool {
        let rest = self.text.get(start..).unwrap_or_default();
        let rest = rest.trim_ascii_start();
        let word = rest.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        word > 0 && rest.get(word) != Some(&b'=')
    }
}

/// Several words behind it say why, which tells one trouble from another.
fn is_reason(key: &[u8]) -> bool {
    [&b"reason"[..], b"error", b"err", b"cause", b"message", b"msg"].iter().any(|word| key.eq_ignore_ascii_case(word))
}

/// The word at the beginning of a text.
fn word(text: &[u8]) -> &[u8] {
    text.get(..text.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count()).unwrap_or_default()
}

/// As many words as a value in a list may have: `current: Partially Installed, pending: Staged`.
fn words(text: &[u8]) -> &[u8] {
    const MOST: usize = 3;
    let mut length = word(text).len();
    for _ in 1..MOST {
        let rest = text.get(length..).unwrap_or_default();
        let next = rest.strip_prefix(b" ").map_or(0, |next| word(next).len());
        if length == 0 || next == 0 {
            break;
        }
        length += 1 + next;
    }
    text.get(..length).unwrap_or_default()
}

/// `, State: x`, `, state=x`
fn is_next_pair(text: &[u8]) -> bool {
    text.strip_prefix(b", ").is_some_and(|next| {
        let mark = next.get(word(next).len()..).unwrap_or_default();
        mark.len() < next.len() && [&b": "[..], b" = ", b"="].iter().any(|sign| mark.starts_with(sign))
    })
}
