//! The part of a header's walk that meets words: levels, hosts, programs, loggers, columns.

use super::{REACH, Step, Walk};
use crate::sources::token::{Kind, Token, denied};
use crate::sources::{failure, level, stamp};
use crate::words::Level;

impl<'a> Walk<'a> {
    pub(super) fn token(&mut self) -> Step {
        let rest = self.rest();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'|' | b'\x1b');
        let length = rest.iter().take(REACH).position(blank).unwrap_or(rest.len().min(REACH));
        let token =
            Token { text: rest.get(..length).unwrap_or_default(), after: rest.get(length..).unwrap_or_default() };
        match self.tagged {
            Some(true) => return Step::Message,
            Some(false) => return self.passed(&token),
            None if std::mem::take(&mut self.outer) && token.is_level() => {}
            None if self.level.is_some() => return self.after_level(&token),
            None => {}
        }
        if self.begins_line() {
            if self.terminal(&token) {
                return Step::Header;
            }
            if let Some(found) = token.level_of_code() {
                self.level = Some(found);
                return Step::Message;
            }
        }
        if self.glued(&token) {
            return Step::Header;
        }
        if self.is_place_of_samba(&token) {
            (self.message, self.before) = (self.line.len(), None);
            return Step::Message;
        }
        // Within the sentence of a program that has said its name: `SERVICE: Adding INFO command`.
        let verb = self.previous();
        let within = self.named
            && self.doubtful == 1
            && verb.ends_with(b"ing")
            && verb.first().is_some_and(u8::is_ascii_uppercase)
            && matches!(token.after, [b' ', next, ..] if next.is_ascii_lowercase());
        if within && level::word(token.text).is_some() {
            return Step::Message;
        }
        if let Some((found, used)) = token.level(self.previous()).or_else(|| self.field(&token)) {
            self.level = Some(found);
            if token.is_outcome() {
                return Step::Message;
            }
            self.at += used;
            return Step::Header;
        }
        if token.counts_none() || token.is_notification(self.previous()) {
            return Step::Message;
        }
        if token.starts_with_error() && !denied(self.previous()) {
            self.level = level::word(token.text);
            return Step::Message;
        }
        if token.is_kind_of_error() && !self.may_name_host(self.at) {
            self.level = Some(Level::Error);
            return Step::Message;
        }
        self.passed(&token)
    }

    /// Goes over a word that is no level.
    fn passed(&mut self, token: &Token<'_>) -> Step {
        let (begins, start) = (self.begins_line(), self.at);
        if let Some(length) = self.client(token).or_else(|| self.pod(token)) {
            self.at += length;
            return Step::Header;
        }
        // The host of syslog, whose program tells its version.
        if self.line.first().is_some_and(u8::is_ascii_uppercase)
            && self.follows_time(start)
            && token.may_be_host()
            && token.release_follows()
        {
            self.at += token.text.len();
            self.tagged = Some(true);
            return Step::Header;
        }
        if self.is_thread_of_charon(token) {
            self.named = true;
            self.at += token.text.len();
            return Step::Header;
        }
        let shouts = |word: &[u8]| word.len() > 1 && word.iter().all(u8::is_ascii_uppercase);
        let shouted = shouts(token.text.strip_suffix(b":").unwrap_or_default()) && shouts(self.previous());
        self.at += token.text.len();
        // Fields between bars; the container's name that compose writes.
        let name = token.text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@$#/".contains(byte));
        let bar = token.after.starts_with(b"|") && self.time.is_some();
        // Columns: between tabs, or padded behind the time.
        let tab = self.is_column(token) && self.time.is_some();
        let padded = token.after.starts_with(b"   ")
            && self.time.is_some()
            && self.doubtful == 0
            && self.message == self.after_time;
        if name && (bar || tab || padded || (begins && token.after.trim_ascii_start().starts_with(b"| "))) {
            return Step::Header;
        }
        match token.kind() {
            // What happened, not who says so.
            Kind::Tag if failure::is_exception(self.rest_from(token)) => Step::Message,
            Kind::Tag if token.is_outcome() || token.ends_failure() => Step::Message,
            // `web1 backup completed: 12 files`
            Kind::Tag if token.is_done() && self.doubtful > 0 => Step::Message,
            Kind::Tag if failure::oracle_code(token.text).is_some() => Step::Message,
            // `VERIFY OK: depth=1` of OpenVPN; the host of syslog may be in capitals too.
            Kind::Tag
                if shouted && self.doubtful > usize::from(self.line.first().is_some_and(u8::is_ascii_uppercase)) =>
            {
                Step::Message
            }
            // `SNMP monitoring: YES`
            Kind::Tag
                if self.doubtful == 1
                    && shouts(self.previous_to(start))
                    && !self.has_time_of_syslog()
                    && token.text.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b':') =>
            {
                Step::Message
            }
            // A function's name and what it was called with: `net_addr_v4_add: 10.0.0.1/24 dev tun0`.
            Kind::Tag
                if self.follows_time(start)
                    && token.is_before_value()
                    && stamp::parse(token.after.trim_ascii_start(), self.clock).is_none() =>
            {
                Step::Message
            }
            Kind::Tag => {
                self.tagged = self.tagged.map(|_| true);
                Step::Tag
            }
            Kind::Odd => Step::Doubtful,
            // `npm ERR! code`
            Kind::Plain if self.at == token.text.len() && token.short_level_follows() => Step::Doubtful,
            // The host of syslog.
            Kind::Plain
                if self.time.is_some()
                    && self.doubtful <= 1
                    && self.may_name_host(start)
                    && token.tag_follows()
                    && !(token.plain_tag_follows()
                        && !self.has_time_of_syslog()
                        && (!self.has_spaced_time()
                            || self.doubtful > 0
                            || token.text.iter().all(u8::is_ascii_alphabetic))) =>
            {
                Step::Doubtful
            }
            // Pacemaker pads its programs: `web1 pacemakerd          [9] (main) `.
            Kind::Plain if self.has_time_of_syslog() && self.doubtful == 1 && token.padded_process_follows() => {
                Step::Doubtful
            }
            // The same without its time.
            Kind::Plain if begins && token.may_be_host() && token.program_follows() => Step::Doubtful,
            Kind::Plain if self.message > 0 && self.doubtful == 0 && token.is_program() => Step::Doubtful,
            // `#17(normal) <x2a>; task; name: ...` of rspamd.
            Kind::Plain if self.time.is_some() && self.doubtful > 0 && token.text.ends_with(b";") => Step::Doubtful,
            // The user of an access log.
            Kind::Plain if self.time.is_none() && self.doubtful > 0 && token.after.starts_with(b" [") => Step::Doubtful,
            Kind::Plain => Step::Message,
        }
    }

    /// Whether this place is the first behind the time.
    pub(super) fn follows_time(&self, at: usize) -> bool {
        let between = self.line.get(self.after_time..at).unwrap_or_default();
        self.time.is_some() && !between.is_empty() && between.iter().all(|byte| matches!(byte, b' ' | b':'))
    }

    /// `2025-12-04 14:30:22 `, `04/Dec/2025 14:30:22 `: more often a program than syslog writes so.
    fn has_spaced_time(&self) -> bool {
        let time = self.line.get(..self.after_time).unwrap_or_default().trim_ascii();
        time.first().is_some_and(u8::is_ascii_digit) && time.contains(&b' ')
    }

    /// `Dec  4 14:30:22 `, `2025-12-04T14:30:22 `
    pub(super) fn has_time_of_syslog(&self) -> bool {
        const MONTHS: [&[u8]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        // Behind syslog's priority.
        let line = match self.line {
            [b'<', rest @ ..] => memchr::memchr(b'>', rest).and_then(|at| rest.get(at + 1..)).unwrap_or_default(),
            line => line,
        };
        MONTHS.iter().any(|month| line.starts_with(month)) || line.get(10) == Some(&b'T')
    }

    /// Whether a host may stand at this place: no field ends since the time, but a process in brackets.
    fn may_name_host(&self, at: usize) -> bool {
        let passed = self.line.get(self.after_time..at).unwrap_or_default();
        let process = |end: usize| {
            let inside = passed.get(..end).unwrap_or_default();
            inside.iter().rev().find(|byte| !byte.is_ascii_digit()) == Some(&b'[')
        };
        !passed.starts_with(b":") && !passed.contains(&b'|') && memchr::memchr_iter(b']', passed).all(process)
    }

    /// One of a few fields between tabs before the message, behind which an object may stand. A table has more of them.
    fn is_column(&self, token: &Token<'_>) -> bool {
        const MOST_TABS: usize = 5;
        matches!(token.after, [b'\t', next, ..] if *next != b'{')
            && memchr::memchr_iter(b'\t', self.line).nth(MOST_TABS).is_none()
    }

    /// The token and what follows it.
    fn rest_from(&self, token: &Token<'_>) -> &'a [u8] {
        self.line.get(self.at.saturating_sub(token.text.len())..).unwrap_or_default()
    }

    /// Between level and message only a logger's name is passed over.
    fn after_level(&mut self, token: &Token<'_>) -> Step {
        if let Some(length) = self.time_behind_bar() {
            self.outer = true;
            self.at += length;
            return Step::Header;
        }
        // `::dispatcher::94::(run)` of vdsm
        if token.text.starts_with(b"::") && self.at == self.after_time {
            self.at += token.text.len();
            return Step::Header;
        }
        // `Sending[c2s]: <message to='x'>` of Prosody: it says what is done with the element.
        let speaks = Token { text: token.text.strip_suffix(b":").unwrap_or_default(), after: token.after };
        if speaks.text.ends_with(b"]") && !speaks.is_process() && token.after.starts_with(b" <") {
            return Step::Message;
        }
        // Behind a dash that stands alone, the message begins.
        let dashed = self.line.get(..self.at).is_some_and(|before| before.ends_with(b" - "));
        let placed = token.text.ends_with(b")") && memchr::memmem::find(token.text, b".java:").is_some();
        if token.text.ends_with(b":") && failure::is_exception(self.rest()) {
            return Step::Message;
        }
        let field = self.is_column(token) && self.line.get(..self.at).is_some_and(|before| before.ends_with(b"\t"));
        let module = self.module(token);
        if module > 0 {
            self.at += module;
            return Step::Header;
        }
        if !field && (!token.is_logger() || (dashed && !placed)) {
            return Step::Message;
        }
        // After one with a colon a dotted word is what the message speaks of: `TextView: mVisibility.getValue is false`.
        if self.loggers > 0 && !token.text.ends_with(b":") && !token.is_separated() {
            return Step::Message;
        }
        // So is the third, and what became of something: `INFO DAGScheduler: waiting: Set()`.
        let told = token.is_done() || (self.loggers > 0 && token.tells_what_happened());
        self.loggers += u8::from(token.text.ends_with(b":"));
        if self.loggers > 2 || told {
            return Step::Message;
        }
        self.at += token.text.len();
        Step::Header
    }
}
