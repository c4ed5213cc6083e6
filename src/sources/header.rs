//! Time, level and beginning of the message of one line, by walking over what is header.

mod brackets;
mod enclosed;
mod fields;
mod letters;
mod report;
mod syslog;
mod vendors;
mod words;

pub use brackets::is_number_of_frr;
pub use letters::lettered;

use std::ops::Range;

use chrono::{DateTime, FixedOffset};

use self::brackets::{bracketed_level, level_follows};
use super::clock::Clock;
use super::structured;
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
    let mut walk = Walk::new(line, clock);
    walk.run();
    walk.said_into();
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
    /// Where the message would begin without the last thing, when that told neither time nor level, or stands behind
    /// doubtful words.
    before: Option<usize>,
    end: usize,
    /// Words passed since the last thing that surely is header.
    doubtful: usize,
    /// A program or a logger has said its name after the time.
    named: bool,
    /// So many loggers have said their names after the level.
    loggers: u8,
    /// Where the time ended.
    after_time: usize,
    /// The level is that of a wrapper: behind its time another may follow that says it better.
    outer: bool,
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
    fn new(line: &'a [u8], clock: &'a Clock) -> Self {
        Self {
            line,
            clock,
            at: 0,
            time: None,
            level: None,
            message: 0,
            before: None,
            doubtful: 0,
            named: false,
            loggers: 0,
            after_time: 0,
            outer: false,
            tagged: None,
            end: line.len(),
        }
    }

    fn run(&mut self) {
        if self.line.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        self.priority();
        self.column();
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
                        self.before = Some(self.message).filter(|_| !told || self.doubtful > 0);
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
        if self.says_nothing() {
            self.message = self.before.unwrap_or(self.message);
        }
        let mut start = std::mem::replace(&mut self.at, self.message);
        self.separators();
        std::mem::swap(&mut start, &mut self.at);
        self.message = start;
        self.logger_behind();
    }

    /// Whether all was taken for header, or all but numbers: `[queue] [Refresh failed]`, `sort.mb: 463`. What ends with a
    /// separator has no message, and a line of marks is one.
    fn says_nothing(&self) -> bool {
        let said = self.line.get(self.message..self.end).unwrap_or_default();
        let separated = || matches!(self.line.trim_ascii_end().last(), Some(b'-' | b'|'));
        let has = |is: fn(&u8) -> bool| said.iter().any(is);
        let letters = has(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
        let whole = self.end == self.line.len();
        whole && !letters && (has(u8::is_ascii_digit) || (said.trim_ascii().is_empty() && !separated()))
    }

    /// The time where the file's lines have it.
    fn column(&mut self) {
        let Some(field) = self.clock.epoch_field else { return };
        let line = self.line.get(..self.line.len().min(REACH)).unwrap_or_default();
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let Some(word) = words.nth(field) else { return };
        let Some(time) = stamp::epoch(word, self.clock) else { return };
        let end = words.next().map_or(line.len(), |next| next.as_ptr().addr() - line.as_ptr().addr());
        self.time = Some(time);
        self.at = end;
        self.message = end;
    }

    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// Blanks, bars, colours, and dashes and colons that stand alone.
    fn separators(&mut self) {
        loop {
            match self.rest() {
                // Logback tells of itself: `|-ERROR in`.
                [b'|', b'-', ..] | [b':', b' ', ..] => self.at += 2,
                [b' ' | b'\t' | b'|' | b',' | b';', ..] | [b':', b'\x1b', ..] => self.at += 1,
                [b'\x1b', b'[', tail @ ..] => {
                    let letters = |byte: &u8| byte.is_ascii_alphabetic();
                    let Some(length) = tail.iter().take(16).position(letters) else { return };
                    self.at += length + 3;
                }
                // `Thu Dec  4 14:30:22 2025 -> OK` of ClamAV
                [b'-', b'>', b' ', ..] if self.follows_time(self.at) => self.at += 3,
                [b'-', tail @ ..] => {
                    let dashes = tail.iter().take_while(|byte| **byte == b'-').count();
                    if tail.get(dashes) != Some(&b' ') {
                        return;
                    }
                    self.at += dashes + 2;
                }
                _ => return,
            }
        }
    }

    fn step(&mut self) -> Step {
        match self.rest() {
            [b'{', b'"' | b' ' | b'\t', ..] => {
                self.object();
                return Step::Message;
            }
            [b'[', ..] => return self.quoted_group().unwrap_or_else(|| self.group()),
            [b'(', ..] => return self.sssd().unwrap_or_else(|| self.other_group(b')')),
            [b'<', ..] => return self.angled().unwrap_or_else(|| self.other_group(b'>')),
            [b'{', ..] => return self.other_group(b'}'),
            [b'"' | b'\'', ..] => return Step::Message,
            [b'=', ..] if self.at == 0 && self.erlang() => return Step::Header,
            [b't', ..] if let Some(step) = self.audit() => return step,
            [b'u', b's', b'=', ..] if let Some(step) = self.microseconds() => return step,
            [b'%' | b'*' | b'.', ..] => {
                if let Some(step) = self.mnemonic().or_else(|| self.unset_clock()) {
                    return step;
                }
            }
            _ => {}
        }
        if let Some((time, length)) = stamp::parse(self.rest(), self.clock) {
            return self.stamp(time, length);
        }
        if self.level.is_none() && self.letter() {
            return Step::Header;
        }
        if let Some((key, value, end)) = structured::pair(self.line, self.at) {
            let behind = self.line.get(end..).unwrap_or_default();
            if self.level.is_none() && (bracketed_level(behind) || level_follows(behind)) {
                self.at = end;
                return Step::Doubtful;
            }
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
        // The time of a day that cannot be told.
        if !(matches!(self.rest(), [_, b':', ..] | [_, _, b':', ..]) && is_day(self.previous())) {
            self.time = self.time.or(Some(time));
        }
        self.at += length;
        if matches!(self.rest(), [b']', ..]) {
            self.at += 1;
        }
        if let [b',', ..] = self.rest() {
            self.csv();
        }
        if letters::redis(self.line)
            && let [b' ', b'-' | b'.', b' ', ..] = self.rest()
        {
            self.level = self.level.or(Some(Level::Debug));
            self.at += 3;
        }
        // CRI: the stream, and whether the line is whole.
        for stream in [b" stdout ", b" stderr "] {
            if let Some([b'F' | b'P', b' ', ..]) = self.rest().strip_prefix(stream) {
                self.at += stream.len() + 2;
            }
        }
        self.after_time = self.at;
        Step::Header
    }

    /// Nothing was read of the line yet, but maybe a byte order mark.
    fn begins_line(&self) -> bool {
        self.at == 0 || (self.at == 3 && self.line.starts_with(b"\xef\xbb\xbf"))
    }

    /// The word before this place.
    fn previous(&self) -> &'a [u8] {
        self.previous_to(self.at)
    }

    fn previous_to(&self, at: usize) -> &'a [u8] {
        let before = self.line.get(..at).unwrap_or_default().trim_ascii_end();
        let start = before.iter().rposition(|byte| matches!(byte, b' ' | b'\t')).map_or(0, |at| at + 1);
        before.get(start..).unwrap_or_default()
    }
}

/// `03/12/2025,`, `03-12-2025`, `3.Dez.2025`, `until:2025-12-03`: a day, though which is not known.
fn is_day(word: &[u8]) -> bool {
    let word = word.strip_suffix(b",").unwrap_or(word);
    let word = word.strip_prefix(b"[").unwrap_or(word);
    let word = word.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    b"/-.".iter().any(|separator| memchr::memchr_iter(*separator, word).count() == 2)
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/-.".contains(byte))
        && word.first().is_some_and(u8::is_ascii_alphanumeric)
        && word.last().is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod tests;
