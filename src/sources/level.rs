//! The words, letters and numbers that programs use for a level.

use crate::words::Level;

/// A level's name in any case, whole.
#[must_use]
pub fn word(word: &[u8]) -> Option<Level> {
    /// Longer than any name.
    const LONGEST: usize = 13;
    let mut lower = [0_u8; LONGEST];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"trace" | b"trc" | b"verbose" | b"vrb" | b"finest" | b"finer" | b"fine" => Level::Trace,
        b"trac" | b"blat" if word.iter().all(u8::is_ascii_uppercase) => Level::Trace,
        b"debug" | b"dbg" | b"dbug" | b"debu" | b"debg" => Level::Debug,
        b"info" | b"inf" | b"information" | b"informational" => Level::Info,
        b"notice" => Level::Notice,
        b"success" if word.iter().all(u8::is_ascii_uppercase) => Level::Notice,
        b"warn" | b"warning" | b"wrn" => Level::Warning,
        b"error" | b"err" | b"eror" | b"erro" | b"severe" | b"fail" => Level::Error,
        // In small letters they are words of a sentence.
        b"failure" | b"failed" if word.iter().all(u8::is_ascii_uppercase) => Level::Error,
        b"crit" | b"critical" | b"fatal" | b"fata" | b"ftl" | b"alert" | b"emerg" | b"emergency" | b"panic"
        | b"dpanic" => Level::Critical,
        _ => return None,
    })
}

/// klog's, logcat's, tornado's and `MongoDB`'s single letter.
#[must_use]
pub const fn letter(letter: u8) -> Option<Level> {
    Some(match letter {
        b'V' | b'T' => Level::Trace,
        b'D' => Level::Debug,
        b'I' => Level::Info,
        b'W' => Level::Warning,
        b'E' => Level::Error,
        b'F' | b'C' | b'A' => Level::Critical,
        _ => return None,
    })
}

/// Severity of syslog and journald: 0 is an emergency, 7 is debug.
#[must_use]
pub const fn syslog(severity: u32) -> Option<Level> {
    Some(match severity {
        0..=2 => Level::Critical,
        3 => Level::Error,
        4 => Level::Warning,
        5 => Level::Notice,
        6 => Level::Info,
        7 => Level::Debug,
        _ => return None,
    })
}

/// A number in a structured record: syslog's 0 to 7, pino's and bunyan's 10 to 60, Monolog's 100 to 600.
#[must_use]
pub const fn number(number: u32) -> Option<Level> {
    Some(match number {
        0..=7 => return syslog(number),
        10..=19 => Level::Trace,
        20..=29 | 100..=199 => Level::Debug,
        30..=39 | 200..=249 => Level::Info,
        250..=299 => Level::Notice,
        40..=49 | 300..=399 => Level::Warning,
        50..=59 | 400..=499 => Level::Error,
        60..=99 | 500..=600 => Level::Critical,
        _ => return None,
    })
}

/// `OpenTelemetry`'s `severityNumber`, 1 to 24.
#[must_use]
pub const fn telemetry(number: u32) -> Option<Level> {
    Some(match number {
        1..=4 => Level::Trace,
        5..=8 => Level::Debug,
        9..=12 => Level::Info,
        13..=16 => Level::Warning,
        17..=20 => Level::Error,
        21..=24 => Level::Critical,
        _ => return None,
    })
}

/// Python's `levelno`, 10 to 50.
#[must_use]
pub const fn python(number: u32) -> Option<Level> {
    Some(match number {
        1..=19 => Level::Debug,
        20..=29 => Level::Info,
        30..=39 => Level::Warning,
        40..=49 => Level::Error,
        50..=99 => Level::Critical,
        _ => return None,
    })
}
