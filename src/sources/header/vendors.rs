//! The part of a header's walk that meets what single vendors write.

use super::{Step, Walk};
use crate::sources::token::Token;
use crate::sources::{level, stamp};
use crate::words::Level;

/// What parts of charon speak (strongswan.conf(5)).
const GROUPS_OF_CHARON: [&[u8]; 18] = [
    b"APP", b"ASN", b"CFG", b"CHD", b"DMN", b"ENC", b"ESP", b"IKE", b"IMC", b"IMV", b"JOB", b"KNL", b"LIB", b"MGR",
    b"NET", b"PTS", b"TLS", b"TNC",
];

impl Walk<'_> {
    /// `%LINEPROTO-5-UPDOWN:`: facility, severity of syslog, and the name of the message, which begins there.
    pub(super) fn mnemonic(&mut self) -> Option<Step> {
        let name = self.rest().strip_prefix(b"%")?;
        let is_name = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        let length = name.iter().take(64).take_while(is_name).count();
        let (name, [b':', ..]) = name.split_at_checked(length)? else { return None };
        let mut parts = name.split(|byte| *byte == b'-').skip(1);
        let severity = parts.find_map(|part| match part {
            [digit @ b'0'..=b'7'] => Some(u32::from(digit - b'0')),
            _ => None,
        })?;
        parts.next()?;
        self.level = self.level.or(level::syslog(severity));
        self.message = self.at;
        Some(Step::Message)
    }

    /// `*Nov 28 03:00:00.123`: a clock that nothing sets.
    pub(super) fn unset_clock(&mut self) -> Option<Step> {
        let rest = self.rest().strip_prefix(b"*").or_else(|| self.rest().strip_prefix(b"."))?;
        let (time, length) = stamp::parse(rest, self.clock)?;
        self.at += 1;
        let step = self.stamp(time, length);
        if let [b':', ..] = self.rest() {
            self.at += 1;
        }
        Some(step)
    }

    /// `type=AVC msg=audit(1364481363.243:24287): avc: denied`: what kind of event it is begins the message.
    pub(super) fn audit(&mut self) -> Option<Step> {
        let kind = self.rest().strip_prefix(b"type=")?;
        let length = kind.iter().take(64).position(|byte| *byte == b' ')?;
        let stamp = kind.get(length..)?.strip_prefix(b" msg=audit(")?;
        self.time = self.time.or(stamp::epoch(stamp, self.clock));
        self.at += b"type=".len();
        self.message = self.at;
        Some(Step::Message)
    }

    /// `(Thu Dec  4 14:30:22 2025) [sssd] [start_service] (0x0040): ` of SSSD, whose levels are bits (sssd.conf(5)).
    pub(super) fn sssd(&mut self) -> Option<Step> {
        let text = self.rest().strip_prefix(b"(").filter(|_| self.line.starts_with(b"("))?;
        let end = memchr::memchr(b')', text.get(..text.len().min(48))?)?;
        let inside = text.get(..end)?;
        if self.at == 0 {
            self.time = Some(stamp::parse(inside, self.clock)?.0);
        } else {
            let digits = std::str::from_utf8(inside.strip_prefix(b"0x")?).ok()?;
            let bits = u32::from_str_radix(digits, 16).ok()?;
            self.time?;
            self.level = Some(match inside {
                b"0x0010" | b"0x0020" => Level::Critical,
                b"0x0040" => Level::Error,
                b"0x0080" => Level::Warning,
                _ if bits < 0x200 => Level::Info,
                _ if bits < 0x400 => Level::Debug,
                _ => Level::Trace,
            });
        }
        self.at += end + 2;
        if let [b':', ..] = self.rest() {
            self.at += 1;
        }
        Some(Step::Header)
    }

    /// `2025-12-04 14:30:22 us=123456 ` of `OpenVPN`.
    pub(super) fn microseconds(&mut self) -> Option<Step> {
        let digits = self.rest().get(3..)?.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
        let is = digits > 0 && self.rest().get(3 + digits) == Some(&b' ') && self.follows_time(self.at);
        is.then(|| {
            self.at += 3 + digits;
            self.after_time = self.at;
            Step::Header
        })
    }

    /// `12[ENC] ` of charon: the thread, and what part of it speaks.
    pub(super) fn is_thread_of_charon(&self, token: &Token<'_>) -> bool {
        let digits = token.text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let name = token
            .text
            .get(digits..)
            .unwrap_or_default()
            .strip_prefix(b"[")
            .and_then(|name| name.strip_suffix(b"]"))
            .unwrap_or_default();
        self.time.is_some() && digits > 0 && GROUPS_OF_CHARON.contains(&name)
    }

    /// `HsmService:2025-12-04 14:30:22,978[MainThread]`, `Thread-1950::ERROR::2025-12-04 14:30:22,018::dispatcher::94::`:
    /// whether a day stands behind a colon in the word, and a field behind its time.
    pub(super) fn glued(&mut self, token: &Token<'_>) -> bool {
        if self.time.is_some() || token.text.len() < 12 {
            return false;
        }
        let Some(at) = token.text.len().checked_sub(11).filter(|at| token.text.get(*at) == Some(&b':')) else {
            return false;
        };
        let name = token.text.get(..at).unwrap_or_default();
        let text = self.rest().get(at + 1..).unwrap_or_default();
        let Some((_, length)) = stamp::parse(text, self.clock) else { return false };
        let behind = text.get(length..).unwrap_or_default();
        // `00:0000:00001:2025/12/04 14:30:22.12 server` of Sybase
        let numbers = name.iter().all(|byte| byte.is_ascii_digit() || *byte == b':');
        if !(behind.starts_with(b"[") || behind.starts_with(b"::") || numbers || level::word(name).is_some()) {
            return false;
        }
        self.level = name.split(|byte| *byte == b':').find_map(level::word);
        self.at += at + 1;
        true
    }

    /// `ERROR[12-04|14:30:22.123] ` of go-ethereum.
    pub(super) fn terminal(&mut self, token: &Token<'_>) -> bool {
        let letters = token.text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let (name, day) = token.text.split_at_checked(letters).unwrap_or_default();
        let ([b'[', a, b, b'-', c, d], Some(text)) = (day, token.after.strip_prefix(b"|")) else { return false };
        let Some(found) = level::word(name) else { return false };
        let Some(end) = text.iter().take(16).position(|byte| *byte == b']') else { return false };
        let stamp = [&[*a, *b, b'-', *c, *d, b' '], text.get(..end).unwrap_or_default()].concat();
        let Some((time, _)) = stamp::parse(&stamp, self.clock) else { return false };
        (self.time, self.level) = (Some(time), Some(found));
        self.at += token.text.len() + 1 + end + 1;
        true
    }

    /// `web-7d9f app 2025-12-04T14:30:22Z ...` of stern: how far it is to the time.
    pub(super) fn pod(&self, token: &Token<'_>) -> Option<usize> {
        let is_name =
            |name: &[u8]| !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        let numbered = token.text.contains(&b'-') && token.text.iter().any(u8::is_ascii_digit);
        let behind = token.after.strip_prefix(b" ").filter(|_| self.begins_line() && numbered)?;
        let length = behind.iter().take(64).position(|byte| *byte == b' ')?;
        let stamp = behind.get(length + 1..)?;
        let fits = is_name(token.text) && is_name(behind.get(..length)?) && stamp.get(10) == Some(&b'T');
        stamp::parse(stamp, self.clock).filter(|_| fits)?;
        Some(token.text.len() + 1 + length + 1)
    }

    /// `[2025/12/04 14:30:22.123456,  0] ../../source3/smbd/server.c:1734(main)` of Samba: what it says stands below.
    pub(super) fn is_place_of_samba(&self, token: &Token<'_>) -> bool {
        let place = |text: &[u8]| memchr::memmem::find(text, b".c:").is_some() && text.ends_with(b")");
        self.line.starts_with(b"[") && self.time.is_some() && place(token.text) && token.after.trim_ascii().is_empty()
    }

    /// `ERROR  | jvm 1    | 2025/12/04 14:30:22 | ` of Java's service wrapper: how far it is to the time.
    pub(super) fn time_behind_bar(&self) -> Option<usize> {
        let before = self.line.get(..self.at)?.trim_ascii_end();
        let text =
            self.rest().get(..self.rest().len().min(64)).filter(|_| self.time.is_none() && before.ends_with(b"|"))?;
        let bar = memchr::memmem::find(text, b" | ")?;
        let mut words = text.get(..bar)?.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        // One name, or the number of the machine.
        words.next().filter(|word| *word != b"jvm").or_else(|| words.next())?;
        if words.next().is_some() {
            return None;
        }
        stamp::parse(self.rest().get(bar + 3..)?, self.clock)?;
        Some(bar + 3)
    }

    /// `proftpd[17]: server (client[10.0.0.1]) - `, `... server (client[10.0.0.1]): `: how long both are.
    pub(super) fn client(&self, token: &Token<'_>) -> Option<usize> {
        let inside = token.after.strip_prefix(b" (").filter(|_| self.named && self.doubtful == 0)?;
        memchr::memmem::find(self.line.get(..self.at)?, b"ftpd")?;
        let length = inside.iter().take(160).position(|byte| *byte == b')')?;
        let address = inside.get(..length)?.strip_suffix(b"]")?;
        let blank = address.iter().any(|byte| matches!(byte, b' ' | b'('));
        let behind = inside.get(length + 1..)?;
        let fits = address.contains(&b'[') && !blank && (behind.starts_with(b":") || behind.starts_with(b" - "));
        fits.then_some(token.text.len() + 2 + length + 1 + usize::from(behind.starts_with(b":")))
    }

    /// Flask's `[time] INFO in app: `: how long the last two words are.
    pub(super) fn module(&self, token: &Token<'_>) -> usize {
        if token.text != b"in" || !self.line.starts_with(b"[") {
            return 0;
        }
        let name = token.after.iter().skip(1).position(|byte| *byte == b' ').unwrap_or_default();
        if name > 1 && token.after.get(name) == Some(&b':') { token.text.len() + name + 1 } else { 0 }
    }
}
