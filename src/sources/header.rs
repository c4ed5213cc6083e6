//! Time, level and beginning of the message of one line, by walking over what is header.

mod fields;

use std::ops::Range;

use chrono::{DateTime, FixedOffset};

use super::clock::Clock;
use super::structured;
use super::token::{Kind, Token, denied};
use super::{level, stamp};
use crate::words::Level;

/// A header lies within so many bytes.
const REACH: usize = 1024;
/// So many things that may be header are looked at.
const TOKENS: usize = 24;
/// So many words that may be header are passed over in search of a level.
const DOUBTFUL: usize = 8;

/// What a line says of itself before it comes to the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// When; `None` where no wall-clock time stands.
    pub time: Option<DateTime<FixedOffset>>,
    /// How important; only what the line says explicitly.
    pub level: Option<Level>,
    /// Bytes of the line that are its message.
    pub message: Range<usize>,
}

/// Reads the header of `line`, which has no line end.
#[must_use]
pub fn header(line: &[u8], clock: &Clock) -> Header {
    let mut walk = Walk {
        line,
        clock,
        at: 0,
        time: None,
        level: None,
        message: 0,
        doubtful: 0,
        named: false,
        tagged: None,
        end: line.len(),
    };
    walk.run();
    let message = walk.message.min(line.len())..walk.end.min(line.len()).max(walk.message.min(line.len()));
    Header { time: walk.time, level: walk.level, message }
}

struct Walk<'a> {
    line: &'a [u8],
    clock: &'a Clock,
    at: usize,
    time: Option<DateTime<FixedOffset>>,
    level: Option<Level>,
    message: usize,
    end: usize,
    /// Words passed since the last thing that surely is header.
    doubtful: usize,
    /// A program or a logger has said its name after the time.
    named: bool,
    /// After syslog's priority: whether `prog:` was seen.
    tagged: Option<bool>,
}

/// Whether the walk goes on.
#[derive(PartialEq)]
enum Step {
    Header,
    /// `prog:`, `prog[17]:`
    Tag,
    Doubtful,
    Message,
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        if self.line.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        self.priority();
        for _ in 0..TOKENS {
            self.separators();
            if self.at >= self.line.len().min(REACH) {
                break;
            }
            let known = (self.time.is_some(), self.level.is_some());
            match self.step() {
                step @ (Step::Header | Step::Tag) => {
                    let told = (self.time.is_some(), self.level.is_some()) != known;
                    // Once the program has said who it is, what looks like a header is mostly its message.
                    let fits = told || !self.named || (step == Step::Header && self.doubtful == 0);
                    if fits {
                        self.doubtful = 0;
                        self.message = self.at;
                        self.named = (self.named && !told) || (step == Step::Tag && known.0);
                    } else {
                        self.doubtful += 1;
                    }
                }
                Step::Doubtful => {
                    self.doubtful += 1;
                    if self.doubtful > DOUBTFUL {
                        break;
                    }
                }
                Step::Message => break,
            }
        }
        let mut start = std::mem::replace(&mut self.at, self.message);
        self.separators();
        std::mem::swap(&mut start, &mut self.at);
        self.message = start;
    }

    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// `<165>` or `<165>1 ` of syslog.
    fn priority(&mut self) {
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

    /// Blanks, bars, colours, and dashes and colons that stand alone.
    fn separators(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'|' | b',' | b';', ..] => self.at += 1,
                [b'\x1b', b'[', tail @ ..] => {
                    let letters = |byte: &u8| byte.is_ascii_alphabetic();
                    let Some(length) = tail.iter().take(16).position(letters) else { return };
                    self.at += length + 3;
                }
                [b'-', tail @ ..] => {
                    let dashes = tail.iter().take_while(|byte| **byte == b'-').count();
                    if tail.get(dashes) != Some(&b' ') {
                        return;
                    }
                    self.at += dashes + 2;
                }
                [b':', b' ', ..] => self.at += 2,
                _ => return,
            }
        }
    }

    fn step(&mut self) -> Step {
        match self.rest() {
            [b'{', ..] => {
                self.object();
                return Step::Message;
            }
            [b'[', ..] => return self.group(),
            [b'"' | b'\'' | b'(', ..] => return Step::Message,
            _ => {}
        }
        if let Some((time, length)) = stamp::parse(self.rest(), self.clock) {
            return self.stamp(time, length);
        }
        if self.level.is_none() && self.letter() {
            return Step::Header;
        }
        if let Some((key, value, end)) = structured::pair(self.line, self.at) {
            return self.pairs(key, value, end);
        }
        self.token()
    }

    fn stamp(&mut self, time: DateTime<FixedOffset>, length: usize) -> Step {
        if self.level.is_none() && self.klog_place() {
            self.level = self.rest().first().copied().filter(u8::is_ascii_uppercase).and_then(level::letter);
            // Thread and place in the source, up to a bracket.
            let tail = self.rest().get(length..).unwrap_or_default();
            let tail = tail.get(..tail.len().min(96)).unwrap_or_default();
            self.at += self.level.and(memchr::memmem::find(tail, b"] ")).map_or(0, |bracket| bracket + 1);
        }
        self.time = self.time.or(Some(time));
        self.at += length;
        if matches!(self.rest(), [b']', ..]) {
            self.at += 1;
        }
        // CRI: the stream, and whether the line is whole.
        for stream in [b" stdout ", b" stderr "] {
            if let Some([b'F' | b'P', b' ', ..]) = self.rest().strip_prefix(stream) {
                self.at += stream.len() + 2;
            }
        }
        Step::Header
    }

    /// klog's letter counts where klog's line begins.
    fn klog_place(&self) -> bool {
        let before = self.line.get(..self.at).unwrap_or_default();
        self.rest().get(1..5).is_some_and(|four| four.iter().all(u8::is_ascii_digit))
            && (before.is_empty() || before.ends_with(b"]: ") || before.ends_with(b" F "))
    }

    /// logcat's letter after two numbers, redis' sign after its time.
    fn letter(&mut self) -> bool {
        let [sign, b' ', ..] = self.rest() else { return false };
        if self.time.is_none() || self.line.get(self.at.wrapping_sub(1)) != Some(&b' ') {
            return false;
        }
        let found = match self.line {
            [a, b, b'-', c, d, b' ', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => {
                level::letter(*sign)
            }
            _ if redis(self.line) => match sign {
                b'#' => Some(Level::Warning),
                b'*' => Some(Level::Notice),
                _ => None,
            },
            _ => None,
        };
        self.level = found;
        self.at += if found.is_some() { 2 } else { 0 };
        found.is_some()
    }

    /// Nothing was read of the line yet, but maybe a byte order mark.
    fn begins_line(&self) -> bool {
        self.at == 0 || (self.at == 3 && self.line.starts_with(b"\xef\xbb\xbf"))
    }

    /// `[...]`: a stamp, a level, a thread, an id.
    fn group(&mut self) -> Step {
        let Some(end) = closing(self.rest()) else { return Step::Message };
        let inside = self.rest().get(1..end).unwrap_or_default().trim_ascii();
        let mut text = inside;
        if let [letter, tail @ ..] = inside
            && match tail {
                [] => matches!(self.rest().get(end + 1), Some(b' ')),
                // tornado
                [b' ', digit, ..] => digit.is_ascii_digit() && self.begins_line(),
                _ => false,
            }
            && matches!(letter, b'E' | b'W' | b'C' | b'F' | b'I' | b'D')
            && let Some(found) = level::letter(*letter)
        {
            self.level = self.level.or(Some(found));
            text = tail.trim_ascii_start();
        }
        let stamp = stamp::parse(text, self.clock).map(|(time, _)| time);
        self.time = self.time.or(stamp);
        if self.level.is_none() {
            let word = |separator: fn(&u8) -> bool| inside.rsplit(separator).next().and_then(level::word);
            self.level = match inside {
                b"Note" => Some(Level::Notice),
                b"System" => Some(Level::Info),
                _ => word(|byte| matches!(byte, b':' | b'.'))
                    .or_else(|| level::word(inside.split(|byte| matches!(byte, b' ' | b':' | b'|')).next()?))
                    .or_else(|| stamp.and(word(|byte| *byte == b' '))),
            };
        }
        self.at += end + 1;
        if self.rest().first() == Some(&b':') {
            self.at += 1;
        }
        Step::Header
    }

    fn token(&mut self) -> Step {
        let rest = self.rest();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'|' | b'\x1b');
        let length = rest.iter().take(REACH).position(blank).unwrap_or(rest.len().min(REACH));
        let token =
            Token { text: rest.get(..length).unwrap_or_default(), after: rest.get(length..).unwrap_or_default() };
        match self.tagged {
            Some(true) => return Step::Message,
            Some(false) => return self.passed(&token),
            None if self.level.is_some() => return self.after_level(&token),
            None => {}
        }
        if let Some((found, used)) = token.level(self.previous()) {
            self.level = Some(found);
            self.at += used;
            return Step::Header;
        }
        if token.starts_with_error() && !denied(self.previous()) {
            self.level = level::word(token.text);
            return Step::Message;
        }
        self.passed(&token)
    }

    /// Goes over a word that is no level.
    fn passed(&mut self, token: &Token<'_>) -> Step {
        self.at += token.text.len();
        match token.kind() {
            Kind::Tag => {
                self.tagged = self.tagged.map(|_| true);
                Step::Tag
            }
            Kind::Odd => Step::Doubtful,
            // The host of syslog.
            Kind::Plain if self.time.is_some() && self.doubtful == 0 && token.tag_follows() => Step::Doubtful,
            Kind::Plain if self.time.is_some() && token.after.starts_with(b"|") => Step::Doubtful,
            // The user of an access log.
            Kind::Plain if self.time.is_none() && self.doubtful > 0 && token.after.starts_with(b" [") => Step::Doubtful,
            Kind::Plain => Step::Message,
        }
    }

    /// The word before this place.
    fn previous(&self) -> &'a [u8] {
        let before = self.line.get(..self.at).unwrap_or_default().trim_ascii_end();
        let start = before.iter().rposition(|byte| matches!(byte, b' ' | b'\t')).map_or(0, |at| at + 1);
        before.get(start..).unwrap_or_default()
    }

    /// Between level and message only a logger's name is passed over.
    fn after_level(&mut self, token: &Token<'_>) -> Step {
        if !token.is_logger() {
            return Step::Message;
        }
        self.at += token.text.len();
        Step::Header
    }
}

/// Where the bracket closes that `text` begins with; it may hold others.
fn closing(text: &[u8]) -> Option<usize> {
    /// Within so many bytes.
    const REACH: usize = 160;
    let mut depth = 0_usize;
    for (at, byte) in text.iter().take(REACH).enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 1 => return Some(at),
            b']' => depth -= 1,
            _ => {}
        }
    }
    // One that is not closed within.
    text.iter().take(REACH).position(|byte| *byte == b']')
}

/// `17:M 04 Dec 2025 ...`
fn redis(line: &[u8]) -> bool {
    let digits = line.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && matches!(line.get(digits..), Some([b':', role, b' ', ..]) if role.is_ascii_uppercase())
}

/// Whether the message itself says that something broke, in words that no other message begins with.
#[must_use]
pub fn opens_failure(message: &[u8]) -> bool {
    const OPENERS: [&[u8]; 7] = [
        b"Traceback (most recent call last)",
        b"Exception in thread ",
        b"Unhandled exception",
        b"Unhandled Exception",
        b"Uncaught ",
        b"panic: ",
        b"PHP Fatal error",
    ];
    let message = message.trim_ascii_start();
    OPENERS.iter().any(|opener| message.starts_with(opener))
        || (message.starts_with(b"thread '")
            && memchr::memmem::find(message.get(..256.min(message.len())).unwrap_or_default(), b"panicked at")
                .is_some())
}

#[cfg(test)]
mod tests;
