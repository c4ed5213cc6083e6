//! The part of a header's walk that meets a level of one letter or sign.

use super::Walk;
use crate::sources::level;
use crate::sources::token::Token;
use crate::words::Level;

impl Walk<'_> {
    /// klog's letter counts where klog's line begins.
    pub(super) fn klog_place(&self) -> bool {
        let before = self.line.get(..self.at).unwrap_or_default();
        self.rest().get(1..5).is_some_and(|four| four.iter().all(u8::is_ascii_digit))
            && (before.is_empty() || before.ends_with(b"]: ") || before.ends_with(b" F "))
    }

    /// Takes a letter or a sign that is a level here.
    pub(super) fn letter(&mut self) -> bool {
        let Some((found, length)) = self.tagged_letter().or_else(|| self.lone_letter()) else { return false };
        self.level = Some(found);
        self.at += length;
        // Behind logcat's tag the message begins; behind apt's letter another may say its name.
        if self.line.get(self.at - 1) == Some(&b':') {
            self.loggers += if length > 2 { 2 } else { 1 };
        }
        true
    }

    /// logcat's `E/ActivityManager( 1702): `; apt's `E: `.
    fn tagged_letter(&self) -> Option<(Level, usize)> {
        let rest = self.rest();
        let begins = self.begins_line();
        match rest {
            [letter @ (b'E' | b'W'), b':', b' ', ..] if begins => Some((level::letter(*letter)?, 2)),
            // CUPS
            [b'X', b' ', b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..] if begins => Some((Level::Critical, 1)),
            [b'N', b' ', b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..] if begins => Some((Level::Notice, 1)),
            [letter, b' ', b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..] if begins => Some((level::letter(*letter)?, 1)),
            // telegraf
            [letter @ (b'E' | b'W' | b'I' | b'D'), b'!', b' ', ..] if self.time.is_some() => {
                Some((level::letter(*letter)?, 2))
            }
            [letter @ (b'V' | b'D' | b'I' | b'W' | b'E' | b'F'), b'/', tail @ ..] if begins || self.logcat_time() => {
                let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-$/[]".contains(byte);
                let length = tail.iter().take(64).take_while(|byte| name(byte)).count();
                // I/O is none of Android's.
                if length == 0 || tail.get(..length) == Some(b"O") {
                    return None;
                }
                let mut end = 2 + length;
                end += rest.get(end..)?.iter().take(32).take_while(|byte| **byte == b' ').count();
                if rest.get(end) == Some(&b'(') {
                    end += rest.get(end..)?.iter().take(12).position(|byte| *byte == b')')? + 1;
                }
                (rest.get(end) == Some(&b':')).then_some((level::letter(*letter)?, end + 1))
            }
            _ => None,
        }
    }

    /// A level's short name in small letters where the field after the time is.
    pub(super) fn field(&self, token: &Token<'_>) -> Option<(Level, usize)> {
        let short: [&[u8]; 10] =
            [b"info", b"warn", b"debug", b"err", b"inf", b"wrn", b"dbg", b"crit", b"emerg", b"trc"];
        if self.time.is_none() || self.doubtful > 1 || self.message != self.after_time {
            return None;
        }
        // `bigip err tmm[17]:`
        if self.doubtful == 1 {
            self.line.first().filter(|first| first.is_ascii_alphabetic())?;
            let found = level::word(token.text).filter(|_| token.program_follows())?;
            return Some((found, token.text.len()));
        }
        // `error wcp [eamagency/util.go:148]` of vCenter
        let length = token.length_with_component();
        (length > 0 || short.contains(&token.text)).then_some(())?;
        Some((level::word(token.text)?, length.max(token.text.len())))
    }

    /// logcat's letter after two numbers, `MongoDB`'s after the zone, etcd's before a bar, redis' sign.
    fn lone_letter(&mut self) -> Option<(Level, usize)> {
        let [sign, b' ', next @ ..] = self.rest() else { return None };
        if self.time.is_none() || self.line.get(self.at.wrapping_sub(1)) != Some(&b' ') {
            return None;
        }
        if redis(self.line) {
            return match sign {
                b'#' => Some((Level::Warning, 2)),
                b'*' => Some((Level::Notice, 2)),
                _ => None,
            };
        }
        // GlusterFS
        if self.line.get(self.at.wrapping_sub(2)) == Some(&b']')
            && next.starts_with(b"[")
            && self.message == self.at - 1
        {
            return Some((level::letter(*sign)?, 2));
        }
        if place(self.line) == Some(self.at) {
            return Some((level::letter(*sign)?, 2));
        }
        if !self.logcat_time() {
            return None;
        }
        let found = level::letter(*sign)?;
        // A tag ends with a colon, and may be padded.
        let colon = next.iter().take(64).position(|byte| *byte == b':');
        let tag = colon.filter(|colon| {
            let name = next.get(..*colon).unwrap_or_default().trim_ascii();
            !name.contains(&b' ') && matches!(next.get(colon + 1), None | Some(b' '))
        });
        Some((found, 2 + tag.map_or(0, |colon| colon + 1)))
    }

    /// The line begins with a day, with or without year, as logcat's and the development tools' lines do.
    fn logcat_time(&self) -> bool {
        let line = self.line.strip_prefix(b"[ ").unwrap_or(self.line);
        match line {
            [a, b, b'-', c, d, b' ', ..] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
            _ => logcat_with_year(line),
        }
    }
}

/// Whether a line begins as those do that tell their level by a letter after the time: by the shape alone, whatever
/// the letter's case.
#[must_use]
pub fn lettered(line: &[u8]) -> bool {
    logcat_with_year(line) || place(line).is_some_and(|at| line.get(at).is_some_and(|letter| is_trouble(*letter)))
}

const fn is_trouble(letter: u8) -> bool {
    matches!(letter.to_ascii_uppercase(), b'E' | b'W' | b'F' | b'C' | b'A')
}

/// Where the letter stands in `2025-12-04T14:30:22.123+0000 E STORAGE` and `2025-12-04 14:30:22.123456 E | etcd`.
fn place(line: &[u8]) -> Option<usize> {
    const MONGODB: usize = 29;
    const ETCD: usize = 27;
    if line.get(4) != Some(&b'-') || line.get(19) != Some(&b'.') {
        return None;
    }
    if line.get(ETCD - 1) == Some(&b' ') && line.get(ETCD + 1..ETCD + 4) == Some(b" | ") {
        return Some(ETCD);
    }
    let next = line.get(MONGODB + 2)?;
    let zone = matches!(line.get(MONGODB - 6), Some(b'+' | b'-'));
    let alone = line.get(MONGODB - 1) == Some(&b' ') && line.get(MONGODB + 1) == Some(&b' ');
    (zone && alone && (next.is_ascii_alphabetic() || *next == b'-')).then_some(MONGODB)
}

/// `2025-12-04 14:30:22.123  1702`
fn logcat_with_year(line: &[u8]) -> bool {
    line.get(4) == Some(&b'-')
        && line.get(10) == Some(&b' ')
        && line.get(19) == Some(&b'.')
        && line.get(23) == Some(&b' ')
        && line.get(24..).is_some_and(|rest| rest.trim_ascii_start().first().is_some_and(u8::is_ascii_digit))
}

/// `17:M 04 Dec 2025 ...`
pub(super) fn redis(line: &[u8]) -> bool {
    let digits = line.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && matches!(line.get(digits..), Some([b':', role, b' ', ..]) if role.is_ascii_uppercase())
}
