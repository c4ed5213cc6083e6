//! The part of a message's reading that meets parentheses.

use super::outcomes;
use super::reader::{IN_WORD, Reader};

impl Reader<'_> {
    /// What a blank stands before is a phrase, not `open(file)`.
    pub(super) fn parenthesis(&mut self) {
        if (self.out.begins() && self.speaker())
            || self.command()
            || self.attached()
            || self.service()
            || self.greeting()
            || self.nobody()
            || self.constructed()
            || self.call_site()
        {
            return;
        }
        let apart = self.at == 0 || self.byte(self.at - 1) == b' ';
        self.out.open(apart);
        self.at += 1;
    }

    /// `(root) CMD`: one word in parentheses before the sentence.
    fn speaker(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let is = length > 0
            && matches!(rest.get(length..), Some([b')', b' ', next, ..]) if next.is_ascii_alphanumeric())
            && self.text.get(..self.at).unwrap_or_default().trim_ascii().is_empty();
        if is {
            self.out.value(self.at..self.at + length + 2);
            self.at += length + 2;
        }
        is
    }

    /// `pam_unix(sudo-i:session)`: who asked, and for what.
    fn service(&mut self) -> bool {
        let first = self.word_end(self.at + 1);
        let end = self.word_end(first + 1);
        let before = self.text.get(..self.at).unwrap_or_default();
        let module = before.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
        let is = module.starts_with(b"pam_")
            && first > self.at + 1
            && self.byte(first) == b':'
            && end > first + 1
            && self.byte(end) == b')'
            && self.byte(end + 1) == b':';
        if is {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
        }
        is
    }

    /// `(mail.example.org) [10.0.0.1]:25`: what somebody at an address calls itself.
    fn greeting(&mut self) -> bool {
        let end = self.word_end(self.at + 1);
        let name = self.text.get(self.at + 1..end).unwrap_or_default();
        let address = self.text.get(end..).and_then(|rest| rest.strip_prefix(b") ["));
        let length =
            |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte)).count();
        let is_address = |rest: &[u8]| {
            let address = rest.get(..length(rest)).unwrap_or_default();
            rest.get(address.len()) == Some(&b']') && address.iter().any(|byte| b".:".contains(byte))
        };
        let is = !name.is_empty() && !outcomes::says_state(name) && address.is_some_and(is_address);
        if is {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
        }
        is
    }

    /// `(nodb)/(nouser)@10.0.0.1:80`: names that are not known yet.
    fn nobody(&mut self) -> bool {
        let start = self.at;
        while self.byte(self.at) == b'(' {
            let inside = self.word_end(self.at + 1);
            let name = self.text.get(self.at + 1..inside).unwrap_or_default();
            let nobody = name.starts_with(b"no") || name.starts_with(b"un");
            if !nobody || self.byte(inside) != b')' || !matches!(self.byte(inside + 1), b'/' | b'@') {
                break;
            }
            self.at = self.word_end(inside + 1);
        }
        if self.at > start {
            self.out.value(start..self.at);
        }
        self.at > start
    }

    /// `(root) CMD (run-parts /etc/cron.daily)`: what cron ran, in the last parentheses.
    fn command(&mut self) -> bool {
        let end = self.text.trim_ascii_end().len();
        if !self.text.get(..end).is_some_and(|text| text.ends_with(b")")) {
            return false;
        }
        let before = self.text.get(..self.at).unwrap_or_default().trim_ascii();
        // The user may be taken for header.
        let said = before.split(|byte| *byte == b' ').next_back().unwrap_or_default();
        let is = (before.starts_with(b"(") || before == said) && [&b"CMD"[..], b"CMDOUT", b"CMDEND"].contains(&said);
        if is {
            self.out.value(self.at..end);
            self.at = end;
        }
        is
    }
}
