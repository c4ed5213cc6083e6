//! A program whose output is a log: run once, and what an earlier run has printed is left out.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use sha2::{Digest, Sha256};

use super::clock::Zone;
use super::coverage::{Coverage, State};
use super::rhythm;
use super::source::{Input, Origin, Source};
use crate::config::{Log, Program};
use crate::sanitize;
use crate::store::{CommandPosition, Rhythm};
use crate::sys::exec::{self, Line, Streamed};

/// What is read of one run of a program.
const MOST_PRINTED: usize = 32 * 1024 * 1024;
/// A longer line is cut.
const LONGEST_LINE: usize = 1024 * 1024;
/// So many of the last lines are known again.
const REMEMBERED: usize = 1000;
/// So many lines in a row are no coincidence.
const TELLING: usize = 16;
/// Stands for the time from which on lines are wanted.
const SINCE: &str = "{since}";

/// A program that is to be run.
#[derive(Debug)]
pub struct CommandSource {
    program: Program,
    workspace: PathBuf,
    coverage: Coverage,
    earlier: Option<CommandPosition>,
    position: CommandPosition,
    window: Option<DateTime<FixedOffset>>,
    bounds: (Option<DateTime<FixedOffset>>, Option<DateTime<FixedOffset>>),
    now: DateTime<FixedOffset>,
    interrupted: bool,
    /// The last line is half of one.
    half: bool,
    expect: Option<Duration>,
}

impl CommandSource {
    /// `window` is where its first run begins; records outside `bounds` do not count.
    pub(super) fn new(
        log: &Log,
        program: &Program,
        workspace: PathBuf,
        earlier: Option<&CommandPosition>,
        window: Option<DateTime<FixedOffset>>,
        bounds: (Option<DateTime<FixedOffset>>, Option<DateTime<FixedOffset>>),
        now: DateTime<FixedOffset>,
    ) -> Self {
        let fresh = CommandPosition {
            entry: log.name.clone(),
            began: now,
            grown: None,
            count: 0,
            last: Vec::new(),
            half: None,
        };
        Self {
            program: program.clone(),
            workspace,
            coverage: Coverage::new(&log.name, &log.name, log.required),
            position: earlier.map_or(fresh, |earlier| CommandPosition { began: now, ..earlier.clone() }),
            earlier: earlier.cloned(),
            window,
            bounds,
            now,
            interrupted: false,
            half: false,
            expect: log.expect,
        }
    }

    /// As `coverage` shows it: the entry's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.coverage.source
    }

    /// Runs the program and gives what is new of its output.
    pub fn run(&mut self) -> Source {
        let mut text = Vec::new();
        let (mut full, mut cut_off) = (false, false);
        let argv = self.argv();
        let command = exec::Command::new(&argv, &self.workspace, self.program.timeout);
        let result = exec::lines(&command, LONGEST_LINE, &mut |Line { bytes, half, .. }| {
            full = text.len() + bytes.len() >= MOST_PRINTED;
            if full {
                return ControlFlow::Break(());
            }
            text.extend_from_slice(bytes);
            text.push(b'\n');
            cut_off = half;
            ControlFlow::Continue(())
        });
        self.half = cut_off;
        match result {
            Ok(ended) => self.ended(&ended, full, text.is_empty()),
            Err(error) => self.fail(State::Unreadable, &error.to_string()),
        }
        let new = self.leave_out_known(text);
        let origin = Origin {
            input: Input::Printed(new),
            target: None,
            name: self.coverage.source.clone(),
            entry: self.coverage.entry.clone(),
            required: self.coverage.required,
            expect: None,
            listed: true,
            copy: false,
            half: true,
            kept: false,
            since: self.bounds.0.or(if self.earlier.is_none() { self.window } else { None }),
            until: self.bounds.1,
            zone: Zone::Host,
            stat: None,
            after: None,
            at_end: false,
            remark: String::new(),
        };
        Source::new(origin, self.now)
    }

    /// What is to be reported and remembered, with what the scan has covered. No position when it was interrupted.
    #[must_use]
    pub fn finish(mut self, scanned: Coverage) -> (Coverage, Option<CommandPosition>) {
        let failed = self.coverage.state != State::Ok;
        if scanned.lines > 0 {
            self.position.grown = Some(self.now);
        }
        if !failed
            && let Some(silence) = rhythm::silence(&Rhythm::default(), self.expect, self.position.grown, self.now)
            && self.expect.is_some()
        {
            self.coverage.alarm = true;
            self.fail(State::Silent, &silence.text);
        }
        let remarks = [self.coverage.detail.as_str(), scanned.detail.as_str()];
        let detail = remarks.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("; ");
        let alarm = self.coverage.alarm;
        let state = if failed || alarm { self.coverage.state } else { scanned.state };
        (Coverage { state, alarm, detail, ..scanned }, (!self.interrupted).then_some(self.position))
    }

    fn argv(&self) -> Vec<String> {
        let since = self.earlier.as_ref().map(|earlier| earlier.began).or(self.window);
        let since = since.map_or(DateTime::UNIX_EPOCH, |since| since.with_timezone(&Utc));
        let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        self.program.argv.iter().map(|argument| argument.replace(SINCE, &since)).collect()
    }

    fn ended(&mut self, ended: &Streamed, full: bool, empty: bool) {
        let words = ended.last_words().map(|words| words.chars().take(300).collect::<String>());
        let words = words.map(|words| format!(": {}", sanitize::escape(&words))).unwrap_or_default();
        let part = if empty { State::Unreadable } else { State::Truncated };
        if full {
            self.fail(State::Truncated, "it printed more than 32 MiB; the rest was not read");
        } else if ended.interrupted {
            self.interrupted = true;
            self.fail(State::Truncated, "reading was stopped before its end");
        } else if ended.timed_out {
            let seconds = self.program.timeout.as_secs();
            self.fail(part, &format!("it ran longer than {seconds} s and was stopped; `timeout` allows more{words}"));
            self.keep_began();
        } else if !ended.succeeded() {
            let how = match (ended.status, ended.signal) {
                (Some(code), _) => format!("it ended with exit code {code}"),
                (None, Some(signal)) => format!("it was killed by signal {signal}"),
                (None, None) => "it did not end".to_owned(),
            };
            self.fail(part, &format!("{how}{words}"));
            self.keep_began();
        }
    }

    /// What was not printed now is asked for again.
    fn keep_began(&mut self) {
        if let Some(earlier) = &self.earlier {
            self.position.began = earlier.began;
        } else {
            self.position.began = self.window.unwrap_or(DateTime::UNIX_EPOCH.fixed_offset());
        }
    }

    fn fail(&mut self, state: State, text: &str) {
        self.coverage.state = state;
        if !self.coverage.detail.is_empty() {
            self.coverage.detail.push_str("; ");
        }
        self.coverage.detail.push_str(text);
    }

    /// The lines that the last run has not seen; remembers the last ones.
    fn leave_out_known(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let mut lines: Vec<u64> = text.split_inclusive(|byte| *byte == b'\n').map(hash).collect();
        let last_line = || text.split(|byte| *byte == b'\n').rev().nth(1).unwrap_or_default();
        let half = (self.half && lines.pop().is_some()).then(|| (last_line().len(), hash(last_line())));
        let asked = self.program.argv.iter().any(|argument| argument.contains(SINCE));
        let failed = self.coverage.state != State::Ok;
        if failed && self.earlier.as_ref().is_some_and(|earlier| is_less(earlier, &lines, half.is_some(), asked)) {
            return Vec::new();
        }
        let known = self.earlier.as_ref().map_or(0, |earlier| known(earlier, &lines, asked));
        let proven = known > 0 || self.earlier.as_ref().is_some_and(|earlier| earlier.last.is_empty());
        let goes_on = |(length, hashed): (usize, u64)| {
            let next = text.split(|byte| *byte == b'\n').nth(known);
            proven && next.and_then(|next| next.get(..length)).is_some_and(|begin| hash(begin) == hashed)
        };
        // What goes on from a half line that counted does not count again.
        let told = known + usize::from(self.earlier.as_ref().and_then(|earlier| earlier.half).is_some_and(goes_on));
        let nothing = lines.is_empty() && half.is_none();
        if !(nothing && failed) {
            self.position.count = lines.len() as u64;
            self.position.half = half;
            let mut last = if asked { std::mem::take(&mut self.position.last) } else { Vec::new() };
            last.extend(lines.iter().skip(if asked { known } else { 0 }));
            self.position.last = last.split_off(last.len().saturating_sub(REMEMBERED));
        }
        let bytes: usize = text.split_inclusive(|byte| *byte == b'\n').take(told).map(<[u8]>::len).sum();
        text.drain(..bytes);
        text
    }
}

/// Whether a program that failed has printed less than before, and nothing else: what is remembered stays.
fn is_less(earlier: &CommandPosition, lines: &[u64], half: bool, asked: bool) -> bool {
    let whole = !asked && earlier.count == earlier.last.len() as u64;
    let begins = whole && lines.len() + usize::from(half) <= earlier.last.len() && earlier.last.starts_with(lines);
    let tail = lines.get(lines.len().saturating_sub(TELLING)..).unwrap_or_default();
    begins
        || (tail.len() == TELLING
            && !earlier.last.ends_with(tail)
            && earlier.last.windows(TELLING).any(|part| part == tail))
}

/// How many of these lines the earlier run has seen.
fn known(earlier: &CommandPosition, lines: &[u64], asked: bool) -> usize {
    let last = earlier.last.as_slice();
    if last.is_empty() {
        return 0;
    }
    let ends_with = |end: usize, tail: &[u64]| lines.get(..end).is_some_and(|head| head.ends_with(tail));
    let before = usize::try_from(earlier.count).unwrap_or(usize::MAX);
    // It prints all again, and more.
    if !asked && ends_with(before, last) {
        return before;
    }
    if asked {
        // It prints from a time on at which the earlier run was still reading.
        let overlap = (1..=last.len().min(lines.len()))
            .rev()
            .find(|length| lines.get(..*length) == last.get(last.len() - length..));
        return overlap.unwrap_or(0);
    }
    // It forgets old lines.
    let tail = last.get(last.len().saturating_sub(TELLING)..).unwrap_or_default();
    let mut ends: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        ends.entry(*line).or_default().push(at + 1);
    }
    let places = tail.last().and_then(|line| ends.get(line)).map(Vec::as_slice).unwrap_or_default();
    places.iter().rev().find(|end| ends_with(**end, tail)).copied().unwrap_or(0)
}

/// What is kept of a line.
fn hash(line: &[u8]) -> u64 {
    Sha256::digest(line).first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Feed;

    fn run(argv: &[&str], earlier: Option<&CommandPosition>) -> (String, Coverage, Option<CommandPosition>) {
        let program = Program {
            argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
            timeout: Duration::from_secs(2),
        };
        let log = Log { name: "app".to_owned(), feed: Feed::Command(program.clone()), required: false, expect: None };
        let now = crate::sys::clock::now();
        let mut source = CommandSource::new(&log, &program, "/".into(), earlier, None, (None, None), now);
        let mut printed = source.run();
        let mut text = Vec::new();
        if printed.start().is_some() {
            while printed.read(&mut text, 4096) {}
            let lines = memchr::memchr_iter(b'\n', &text).count() as u64;
            printed.consume(&text, lines);
        }
        let (coverage, position) = source.finish(printed.finish().0.unwrap());
        (String::from_utf8(text).unwrap(), coverage, position)
    }

    #[test]
    fn what_was_printed_before_is_not_new() {
        let (text, coverage, first) = run(&["printf", "a\nb\nc"], None);
        assert_eq!((text.as_str(), coverage.state, coverage.lines), ("a\nb\nc\n", State::Ok, 3));
        let (text, coverage, second) = run(&["printf", "a\nb\nc\nd\n"], first.as_ref());
        assert_eq!((text.as_str(), coverage.lines), ("d\n", 1));
        assert_eq!(run(&["printf", "a\nb\nc\nd\n"], second.as_ref()).1.state, State::Empty);
        let (text, ..) = run(&["printf", "c\nd\ne\n"], second.as_ref());
        assert_eq!(text, "c\nd\ne\n", "two lines of four prove nothing");
    }

    #[test]
    fn a_ring_that_forgets_is_known_again() {
        let numbers = |from: u32, to: u32| {
            let lines: Vec<String> = (from..to).map(|number| format!("line {number}\\n")).collect();
            lines.concat()
        };
        let (_, _, first) = run(&["printf", &numbers(0, 40)], None);
        let (text, ..) = run(&["printf", &numbers(20, 43)], first.as_ref());
        assert_eq!(text, "line 40\nline 41\nline 42\n");
    }

    #[test]
    fn lines_from_a_time_on_overlap() {
        let (text, _, first) = run(&["printf", "%s\nb\nc\n", "{since}"], None);
        assert_eq!(text, "1970-01-01T00:00:00Z\nb\nc\n");
        let (text, _, second) = run(&["printf", "b\nc\nd\n%.0s", "{since}"], first.as_ref());
        assert_eq!(text, "d\n");
        let (text, _, third) = run(&["printf", "%.0s", "{since}"], second.as_ref());
        assert_eq!(text, "");
        let (text, ..) = run(&["printf", "d\nd\n%.0s", "{since}"], third.as_ref());
        assert_eq!(text, "d\n");
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let (text, coverage, _) = run(&["sh", "-c", "echo a; echo no such container >&2; exit 3"], None);
        assert_eq!((text.as_str(), coverage.state), ("a\n", State::Truncated));
        assert_eq!(coverage.detail, "it ended with exit code 3: no such container");
        let (_, coverage, _) = run(&["sh", "-c", "exit 1"], None);
        assert_eq!(coverage.state, State::Unreadable);
        let (text, coverage, _) = run(&["sh", "-c", "echo a; sleep 60"], None);
        assert_eq!((text.as_str(), coverage.state), ("a\n", State::Truncated));
        assert!(coverage.detail.contains("2 s"), "{}", coverage.detail);
        let (_, coverage, _) = run(&["no-such-program-here"], None);
        assert_eq!(coverage.state, State::Unreadable);
    }

    #[test]
    fn the_half_line_of_one_that_was_killed_counts_once() {
        let (text, coverage, first) = run(&["sh", "-c", "echo a; printf hal; sleep 60"], None);
        assert_eq!((text.as_str(), coverage.state, coverage.lines), ("a\nhal\n", State::Truncated, 2));
        let (text, coverage, again) = run(&["sh", "-c", "echo a; printf hal; sleep 60"], first.as_ref());
        assert_eq!((text.as_str(), coverage.lines), ("", 0), "the same once more");
        let (text, ..) = run(&["printf", "a\nhalf\nb\n"], again.as_ref());
        assert_eq!(text, "b\n");
        let (text, ..) = run(&["printf", "a\nother\nb\n"], again.as_ref());
        assert_eq!(text, "other\nb\n");
    }

    #[test]
    fn one_that_printed_less_before_it_failed_has_said_nothing_new() {
        let (_, _, first) = run(&["printf", "a\nb\nc\nd\n"], None);
        let (text, _, second) = run(&["sh", "-c", "echo a; echo b; exit 1"], first.as_ref());
        assert_eq!(text, "");
        let (text, ..) = run(&["printf", "a\nb\nc\nd\ne\n"], second.as_ref());
        assert_eq!(text, "e\n");
    }

    #[test]
    fn one_that_failed_is_asked_from_the_same_time_again() {
        let argv = ["sh", "-c", "echo $0; exit 1", "{since}"];
        let (text, _, first) = run(&argv, None);
        assert_eq!(text, "1970-01-01T00:00:00Z\n");
        assert_eq!(run(&argv, first.as_ref()).0, "", "it prints the same time");
    }
}
