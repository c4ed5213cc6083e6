//! Judges a word of a header by what follows it.

use super::Token;
use crate::sources::level;

impl Token<'_> {
    /// The next word is `prog:` or `prog[17]:`, or a level.
    pub(in crate::sources) fn tag_follows(&self) -> bool {
        let next = self.after.trim_ascii_start();
        let length = next.iter().take(64).position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(next.len().min(64));
        let next = next.get(..length).unwrap_or_default();
        let dotted = next.iter().rposition(|byte| *byte == b'.').and_then(|dot| level::word(next.get(dot + 1..)?));
        let process = Token { text: next, after: b"" }.is_process();
        let grouped = next.strip_prefix(b"[").and_then(|next| next.strip_suffix(b"]")).and_then(level::word);
        let second = self.after.trim_ascii_start().get(length..).unwrap_or_default().trim_ascii_start();
        // `corosync warning [TOTEM ]`, `pacemaker-controld  [17]`
        let bracketed = [self.after.trim_ascii_start(), second].into_iter().any(level_before_bracket)
            || second.strip_prefix(b"[").is_some_and(|id| {
                let digits = id.iter().take_while(|byte| byte.is_ascii_digit()).count();
                digits > 0 && id.get(digits) == Some(&b']')
            });
        let letters = second.iter().take(12).take_while(|byte| byte.is_ascii_uppercase()).count();
        let second = level::word(second.get(..letters).unwrap_or_default()).is_some()
            && matches!(second.get(letters), Some(b' ' | b':'));
        (next.ends_with(b":") && !next.starts_with(b"{"))
            || dotted.is_some()
            || process
            || grouped.is_some()
            || second
            || bracketed
            || (level::word(next).is_some()
                && Token { text: next, after: self.after.get(1 + length..).unwrap_or_default() }.program_follows())
            || (next.iter().all(u8::is_ascii_uppercase) && level::word(next).is_some())
    }

    /// `Socket Buffers: ...`
    pub(in crate::sources) fn plain_tag_follows(&self) -> bool {
        const PROGRAMS: [&[u8]; 20] = [
            b"CRON",
            b"apache2",
            b"cron",
            b"crond",
            b"dhclient",
            b"dhcpd",
            b"dnsmasq",
            b"haproxy",
            b"hostapd",
            b"kernel",
            b"mysqld",
            b"named",
            b"nginx",
            b"ntpd",
            b"postfix",
            b"rsyslogd",
            b"sshd",
            b"su",
            b"sudo",
            b"systemd",
        ];
        let next = self.next().text.strip_suffix(b":").unwrap_or_default();
        if PROGRAMS.contains(&next) || self.text == b"localhost" {
            return false;
        }
        !next.is_empty() && next.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/'))
    }

    /// `pacemakerd          [9] `
    pub(in crate::sources) fn padded_process_follows(&self) -> bool {
        let id = self.after.trim_ascii_start().strip_prefix(b"[").unwrap_or_default();
        let digits = id.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.after.starts_with(b" ") && digits > 0 && id.get(digits) == Some(&b']')
    }

    /// `web1 sshd[17]: ...`
    pub(in crate::sources) fn program_follows(&self) -> bool {
        let next = self.next();
        next.text.strip_suffix(b":").is_some_and(|text| Token { text, after: next.after }.is_process())
    }

    /// `web1 syslogd 1.4.1: ...`
    pub(in crate::sources) fn release_follows(&self) -> bool {
        let program = self.next();
        let version = program.next().text.strip_suffix(b":").unwrap_or_default();
        !program.text.is_empty()
            && program.text.iter().all(u8::is_ascii_lowercase)
            && version.contains(&b'.')
            && version.first().is_some_and(u8::is_ascii_digit)
            && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
    }

    /// The next word is a level's short name, as `npm` writes it.
    pub(in crate::sources) fn short_level_follows(&self) -> bool {
        let next = self.after.trim_ascii_start();
        [&b"ERR! "[..], b"ERR ", b"WARN ", b"WARN!", b"CRIT "].iter().any(|name| next.starts_with(name))
    }
}

/// `warning [TOTEM ]`
fn level_before_bracket(text: &[u8]) -> bool {
    let letters = text.iter().take(12).take_while(|byte| byte.is_ascii_lowercase()).count();
    level::word(text.get(..letters).unwrap_or_default()).is_some()
        && text
            .get(letters..)
            .is_some_and(|behind| behind.starts_with(b" ") && behind.trim_ascii_start().starts_with(b"["))
}
