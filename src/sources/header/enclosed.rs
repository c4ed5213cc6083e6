//! The part of a header's walk that meets messages within something: quotes, angles, another line, fields behind.

use super::{REACH, Step, Walk};
use crate::sources::level;
use crate::sources::token::Token;

impl Walk<'_> {
    /// `[INFO] [server.go:12] ["message"] [name=value]` of `TiDB`.
    pub(super) fn quoted_group(&mut self) -> Option<Step> {
        let text = self.rest().strip_prefix(b"[\"").filter(|_| self.level.is_some())?;
        let length = memchr::memmem::find(text, b"\"]")?;
        self.message = self.at + 2;
        self.end = self.message + length;
        Some(Step::Message)
    }

    /// `<Error> <JDBC> <BEA-001112> <the message>` of `WebLogic`.
    pub(super) fn angled(&mut self) -> Option<Step> {
        // `<W>2015-11-29 16:38:01.818 ...` of Murmur
        if let [b'<', letter, b'>', b'2', ..] = self.rest()
            && self.level.is_none()
            && let Some(found) = level::letter(*letter)
        {
            self.level = Some(found);
            self.at += 3;
            return Some(Step::Header);
        }
        // `<0.123.0>@ejabberd_hooks:safe_apply/4:315 ` of Erlang's lager
        let length = self.rest().iter().take(REACH).position(|byte| *byte == b' ').unwrap_or_default();
        let place = self.rest().get(..length).unwrap_or_default();
        if place.starts_with(b"<0.") && memchr::memmem::find(place, b">@").is_some() && self.time.is_some() {
            self.at += length;
            return Some(Step::Header);
        }
        let before = self.line.get(..self.at)?.trim_ascii_end();
        let text = self.rest().strip_prefix(b"<").filter(|_| self.level.is_some() && before.ends_with(b">"))?;
        let text = text.trim_ascii_end().strip_suffix(b">").filter(|text| memchr::memchr(b'>', text).is_none())?;
        self.message = self.at + 1;
        self.end = self.message + text.len();
        Some(Step::Message)
    }

    /// `| message | org.example.Logger | thread` of `ActiveMQ` and Karaf.
    pub(super) fn logger_behind(&mut self) {
        let (before, text) = self.line.split_at_checked(self.message).unwrap_or_default();
        if !before.trim_ascii_end().ends_with(b"|") || self.end != self.line.len() {
            return;
        }
        let Some(at) = memchr::memmem::find(text, b" | ") else { return };
        let rest = text.get(at + 3..).unwrap_or_default();
        let length = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(length).unwrap_or_default();
        if after.starts_with(b" | ") && (Token { text, after }).is_class() {
            self.end = self.message + at;
        }
    }

    /// `child 17 said into stderr: "NOTICE: PHP message: PHP Warning:  ..."` of PHP-FPM: the line within is the message.
    pub(super) fn said_into(&mut self) {
        let text = self.line.get(self.message..self.end).unwrap_or_default();
        let Some(said) = text.strip_prefix(b"child ") else { return };
        let said = said.get(said.iter().take_while(|byte| byte.is_ascii_digit()).count()..).unwrap_or_default();
        let Some(said) = said.strip_prefix(b" said into std").and_then(|said| said.get(3..)?.strip_prefix(b": \""))
        else {
            return;
        };
        let end = memchr::memrchr(b'"', said).unwrap_or(said.len());
        let said = said.get(..end).unwrap_or_default();
        let php = said.strip_prefix(b"NOTICE: PHP message: ").unwrap_or(said);
        let start = self.message + php.as_ptr().addr() - text.as_ptr().addr();
        let mut inner = Walk::new(php, self.clock);
        inner.run();
        self.level = inner.level.or(self.level);
        (self.message, self.end) = (start + inner.message, start + inner.end);
    }
}
