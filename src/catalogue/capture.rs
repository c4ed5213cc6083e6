//! Types of captured values: a log line is hostile, and what it says becomes an argument only when it fits its type.

use std::net::IpAddr;
use std::path::{Component, Path};

use serde::Deserialize;

use crate::sys::service::Unit;

/// What a captured value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureType {
    /// An absolute path without `.`, `..` and control characters.
    AbsolutePath,
    /// A systemd unit with its suffix.
    UnitName,
    /// A host name.
    Hostname,
    /// An IPv4 or IPv6 address.
    Ip,
    /// 1 to 65535.
    Port,
    /// 1 or more.
    Pid,
    /// A number, perhaps with a sign and decimals.
    Number,
    /// `[A-Za-z0-9_.-]+`, no leading `-`.
    Word,
}

/// Longest captured value, in bytes.
pub const MAX_CAPTURE: usize = 4096;

impl CaptureType {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AbsolutePath => "absolute_path",
            Self::UnitName => "unit_name",
            Self::Hostname => "hostname",
            Self::Ip => "ip",
            Self::Port => "port",
            Self::Pid => "pid",
            Self::Number => "number",
            Self::Word => "word",
        }
    }

    /// Whether `value` is one.
    #[must_use]
    pub fn accepts(self, value: &str) -> bool {
        if value.is_empty() || value.len() > MAX_CAPTURE {
            return false;
        }
        match self {
            Self::AbsolutePath => is_absolute_path(value),
            Self::UnitName => Unit::parse(value).is_ok_and(|unit| unit.as_str() == value),
            Self::Hostname => is_hostname(value),
            Self::Ip => value.parse::<IpAddr>().is_ok(),
            Self::Port => is_digits(value) && value.parse::<u16>().is_ok_and(|port| port > 0),
            Self::Pid => is_digits(value) && value.parse::<i32>().is_ok_and(|pid| pid > 0),
            Self::Number => is_number(value),
            Self::Word => {
                !value.starts_with('-')
                    && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
            }
        }
    }
}

fn is_absolute_path(value: &str) -> bool {
    let mut parts = Path::new(value).components();
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    // `components` passes over `/./` and `//`: the text itself must have none.
    let written = value.split('/').skip(1).all(|part| !matches!(part, "" | "." | ".."));
    parts.next() == Some(Component::RootDir) && parts.all(plain) && written && !value.chars().any(char::is_control)
}

fn is_hostname(value: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    value.len() <= 253 && value.strip_suffix('.').unwrap_or(value).split('.').all(label)
}

fn is_digits(value: &str) -> bool {
    value.len() <= 20 && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(value: &str) -> bool {
    // A leading `-` would be an option to the program that gets it.
    let unsigned = value.strip_prefix('+').unwrap_or(value);
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    !whole.is_empty() && !part.is_empty() && value.len() <= 40 && is_digits(whole) && is_digits(part)
}

#[cfg(test)]
mod tests {
    use super::CaptureType::{AbsolutePath, Hostname, Ip, Number, Pid, Port, UnitName, Word};

    #[test]
    fn what_fits_is_accepted() {
        for (kind, value) in [
            (AbsolutePath, "/etc/cron.d/backup"),
            (AbsolutePath, "/srv/a b/ü.conf"),
            (UnitName, "nginx.service"),
            (UnitName, "getty@tty1.service"),
            (Hostname, "db-1.example.org"),
            (Ip, "::1"),
            (Port, "5432"),
            (Pid, "1"),
            (Number, "1.5"),
            (Word, "web-1.old"),
        ] {
            assert!(kind.accepts(value), "{} {value}", kind.as_str());
        }
    }

    #[test]
    fn what_could_be_more_than_a_value_is_not() {
        for (kind, value) in [
            (AbsolutePath, "etc/passwd"),
            (AbsolutePath, "/etc/../root"),
            (AbsolutePath, "/etc/./x"),
            (AbsolutePath, "/etc//x"),
            (AbsolutePath, "/etc/"),
            (AbsolutePath, "/etc/x\n/y"),
            (UnitName, "-x"),
            (UnitName, "a;b"),
            (UnitName, "../x"),
            (UnitName, "-x.service"),
            (UnitName, "a;b.service"),
            (UnitName, "../x.service"),
            (UnitName, "nginx"),
            (UnitName, "poweroff.target"),
            (Hostname, "-a"),
            (Hostname, "a..b"),
            (Hostname, "a b"),
            (Ip, "127.0.0.1; id"),
            (Port, "0"),
            (Port, "65536"),
            (Port, "+80"),
            (Pid, "-1"),
            (Pid, "0"),
            (Number, "-1"),
            (Number, "1e5"),
            (Number, "."),
            (Word, "--help"),
            (Word, "a b"),
            (Word, "$(id)"),
            (Word, ""),
        ] {
            assert!(!kind.accepts(value), "{} {value}", kind.as_str());
        }
    }
}
