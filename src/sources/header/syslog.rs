//! The part of a header's walk that meets syslog's priority, and the fields of RFC 5424.

use super::Walk;
use crate::sources::{level, stamp};

impl Walk<'_> {
    /// `<165>` or `<165>1 ` of syslog.
    pub(super) fn priority(&mut self) {
        let Some(text) = self.rest().strip_prefix(b"<") else { return };
        let digits = text.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 3 || text.get(digits) != Some(&b'>') {
            return;
        }
        let number = text.iter().take(digits).fold(0, |number, byte| number * 10 + u32::from(byte - b'0'));
        if number > 191 {
            return;
        }
        self.level = level::syslog(number % 8);
        self.tagged = Some(false);
        self.at += digits + 2;
        if let [b'1', b' ', ..] = self.rest() {
            self.at += 2;
            self.fields_of_syslog();
        }
        self.message = self.at;
    }

    /// RFC 5424: time, host, program, process, message id, each a word; then structured data.
    fn fields_of_syslog(&mut self) {
        self.tagged = Some(true);
        if let Some((time, length)) = stamp::parse(self.rest(), self.clock) {
            self.time = Some(time);
            self.at += length;
        }
        for _ in 0..if self.time.is_some() { 4 } else { 5 } {
            let rest = self.rest().trim_ascii_start();
            self.at = self.line.len() - rest.len();
            self.at += rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        }
        if let [b' ', b'-', ..] = self.rest() {
            self.at += 2;
        }
        while let [b' ', b'[', ..] | [b'[', ..] = self.rest() {
            let Some(end) = memchr::memchr(b']', self.rest()) else { break };
            self.at += end + 1;
        }
    }
}
