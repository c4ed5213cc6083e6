//! The journal of systemd, read by its own program: entries in order, from where the last run ended.

mod access;
mod entry;
mod overlap;
mod query;
mod seen;
mod starts;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

pub use entry::Entry;

use self::overlap::{Rival, Side};
use self::seen::{is_chosen, prune};
use self::starts::Starts;
use super::coverage::{Coverage, State};
use super::rhythm;
use crate::config::{self, Log};
use crate::sanitize;
use crate::store::{JournalPosition, MAX_SEEN, Rhythm, Start};
use crate::sys::exec::{self, Command, ExecError, Line, Streamed};
use crate::sys::{clock, environment, logfile};

/// What journald itself knows of a record's writer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The unit that wrote it.
    pub unit: Option<String>,
    /// The user that wrote it.
    pub uid: Option<u32>,
    /// The program that wrote it.
    pub comm: Option<String>,
    /// The unit of which process 1 says it.
    pub says_manager_of: Option<String>,
}

/// Longest time that one run reads one journal; the next run goes on.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Most bytes of JSON that one run reads of one journal; the next run goes on.
const MOST_READ: u64 = 1024 * 1024 * 1024;
/// An entry with a longer JSON is not read: a message of 64 KiB takes a quarter of a megabyte at most.
const MAX_LINE: usize = 8 * 1024 * 1024;
/// Most names in one run that programs have given themselves.
const MOST_NAMES: usize = 100;
/// Where the journal of this host lies.
const FOLDERS: [&str; 2] = ["/var/log/journal", "/run/log/journal"];

/// A journal that is to be scanned.
#[derive(Debug)]
pub struct Journal {
    query: config::Journal,
    coverage: Coverage,
    /// Where the last run ended.
    earlier: JournalPosition,
    /// There was one.
    known: bool,
    position: JournalPosition,
    stopped: bool,
    expect: Option<Duration>,
    /// Other entries that may ask for the same records.
    rivals: Vec<Rival>,
    entries: Entries,
}

/// What went by.
#[derive(Debug, Default)]
struct Entries {
    /// The place where the last run ended is behind.
    caught_up: bool,
    /// Bytes of JSON.
    read: u64,
    no_entry: u64,
    /// Records that count under another entry, and under which.
    elsewhere: u64,
    under: String,
    long: u64,
    /// There were more than one run reads.
    too_many: bool,
    /// Units that were started, the newest.
    starts: Starts,
    /// Sources that programs have named themselves.
    named: HashSet<String>,
}

impl Entries {
    /// Programs may call themselves anything, each time something else: only so many names count.
    fn name(&mut self, source: &mut String) {
        if !is_chosen(source) || self.named.contains(source) {
            return;
        }
        if self.named.len() < MOST_NAMES {
            self.named.insert(source.clone());
        } else {
            "journal".clone_into(source);
        }
    }
}

impl Journal {
    /// The journal of `log`; `since` is where its first run begins.
    pub(super) fn new(
        log: &Log,
        query: &config::Journal,
        earlier: Option<&JournalPosition>,
        since: Option<DateTime<FixedOffset>>,
    ) -> Self {
        let fresh = || JournalPosition { entry: log.name.clone(), since, ..JournalPosition::default() };
        let known = earlier.is_some();
        let earlier = earlier.cloned().unwrap_or_else(fresh);
        Self {
            query: query.clone(),
            coverage: Coverage::new(&log.name, &log.name, log.required),
            position: earlier.clone(),
            earlier,
            known,
            stopped: false,
            expect: log.expect,
            rivals: Vec::new(),
            entries: Entries::default(),
        }
    }

    /// Tells journals apart that ask for the same records; they stand in the order of the configuration.
    pub(super) fn share(journals: &mut [Self]) {
        let side = |journal: &Self| (journal.query.clone(), journal.earlier.clone(), journal.known);
        let sides: Vec<_> = journals.iter().map(side).collect();
        for (at, journal) in journals.iter_mut().enumerate() {
            let own = Side { query: &journal.query, earlier: &journal.earlier, known: journal.known };
            let others = sides.iter().enumerate().filter(|(other, _)| *other != at);
            journal.rivals = others
                .filter_map(|(other, (query, earlier, known))| {
                    Rival::of(&own, &Side { query, earlier, known: *known }, other < at)
                })
                .collect();
        }
    }

    /// As `coverage` shows it: the entry's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.coverage.source
    }

    /// Whether journald of this host vouches for the entries. Files of a named directory may be anyone's.
    #[must_use]
    pub const fn vouches(&self) -> bool {
        self.query.directory.is_none()
    }

    /// Hands on each new entry, with the bytes that it took, in order. `sink` may end the reading; then no position
    /// is kept. Trouble is in the coverage.
    pub fn read(&mut self, sink: &mut dyn FnMut(&Entry, u64) -> ControlFlow<()>) {
        if let Some(missing) = self.missing() {
            return self.fail(State::Missing, missing);
        }
        if self.run(true, sink) {
            // One entry of hundreds of megabytes, which anyone may write, must not hold up all that follow.
            self.remark("journalctl did not get on; it was asked again without the texts of long fields");
            self.run(false, sink);
        }
    }

    /// Runs journalctl once, with the whole text of long fields or without; whether it was stuck at the start.
    fn run(&mut self, all: bool, sink: &mut dyn FnMut(&Entry, u64) -> ControlFlow<()>) -> bool {
        let argv = query::argv(&self.query, &self.earlier, all);
        let user = environment::user();
        let mut ended_by_sink = false;
        let command = Command::new(&argv, Path::new("/"), TIME_LIMIT);
        let result = exec::lines(&command, MAX_LINE, &mut |line| {
            // Half an entry is none; the next run reads it whole.
            let flow = if line.half { ControlFlow::Continue(()) } else { self.line(line, user, sink) };
            ended_by_sink |= flow.is_break();
            if flow.is_break() || self.entries.too_many { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match result {
            Ok(ended) if ended_by_sink || ended.interrupted => {
                self.stopped = true;
                self.fail(State::Truncated, "reading was stopped before its end");
            }
            Ok(ended) if all && self.is_untouched() && (ended.timed_out || ended.signal.is_some()) => return true,
            Ok(ended) => self.ended(&ended),
            Err(error @ ExecError::NotFound(_)) => {
                self.fail(State::Unreadable, &format!("{error}: without it the journal cannot be read"));
            }
            Err(error) => self.fail(State::Unreadable, &error.to_string()),
        }
        false
    }

    /// The units that were started meanwhile.
    #[must_use]
    pub fn starts(&mut self) -> Vec<Start> {
        self.entries.starts.take()
    }

    /// What is to be reported and remembered. No position when the reading was stopped.
    #[must_use]
    pub fn finish(mut self) -> (Coverage, Option<JournalPosition>) {
        if self.coverage.state == State::Ok && self.coverage.lines == 0 {
            self.coverage.state = State::Empty;
        }
        let calm = matches!(self.coverage.state, State::Ok | State::Empty);
        let written = self.position.seen.values().max().copied().or(self.position.since);
        if let (true, Some(_)) = (calm, self.expect)
            && let Some(silence) = rhythm::silence(&Rhythm::default(), self.expect, written, clock::now())
        {
            self.coverage.alarm = true;
            self.fail(State::Silent, &silence.text);
        }
        prune(&mut self.position.seen);
        (self.coverage, (!self.stopped).then_some(self.position))
    }

    /// Why there is nothing to read at all.
    fn missing(&self) -> Option<&'static str> {
        let there = |folder: &Path| logfile::stat(folder).is_ok();
        match &self.query.directory {
            Some(folder) => (!there(folder)).then_some("there is no such folder"),
            None => (!FOLDERS.iter().any(|folder| there(Path::new(folder)))).then_some("this host keeps no journal"),
        }
    }

    fn line(
        &mut self,
        line: Line<'_>,
        user: u32,
        sink: &mut dyn FnMut(&Entry, u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let bytes = line.bytes.len() as u64;
        self.entries.read += bytes;
        self.entries.too_many = self.entries.read >= MOST_READ;
        if line.cut {
            self.entries.long += 1;
            return ControlFlow::Continue(());
        }
        let Some(mut entry) = Entry::parse(line.bytes, user, !self.rivals.is_empty()) else {
            self.entries.no_entry += 1;
            return ControlFlow::Continue(());
        };
        if !self.is_new(&entry) {
            return ControlFlow::Continue(());
        }
        let micros = entry.time.timestamp_micros();
        let counted = self.rivals.iter().find(|rival| rival.has(&entry.asked, micros));
        let elsewhere = counted.is_some();
        if let Some(rival) = counted {
            self.entries.elsewhere += 1;
            self.entries.under.clone_from(&rival.name);
        } else {
            let coverage = &mut self.coverage;
            coverage.lines += 1;
            coverage.bytes += entry.message.len() as u64;
            coverage.from = coverage.from.or(Some(entry.time));
            coverage.to = Some(entry.time);
        }
        self.entries.starts.note(&entry);
        if !entry.own {
            self.entries.name(&mut entry.source);
            let seen = self.position.seen.entry(entry.source.clone()).or_insert(entry.time);
            *seen = entry.time.max(*seen);
            if self.position.seen.len() > 2 * MAX_SEEN {
                prune(&mut self.position.seen);
            }
            if !elsewhere {
                sink(&entry, bytes)?;
            }
        }
        self.position.since = Some(entry.time);
        self.position.cursor = Some(entry.cursor);
        ControlFlow::Continue(())
    }

    /// Whether the last run has not read it.
    fn is_new(&mut self, entry: &Entry) -> bool {
        if self.entries.caught_up {
            return true;
        }
        if self.earlier.cursor.as_ref().is_some_and(|cursor| entry::is_same(cursor, &entry.cursor)) {
            self.entries.caught_up = true;
            return false;
        }
        // The entry where the last run ended was not asked for: all that this boot wrote is new.
        if self.query.boot
            && self.earlier.cursor.as_ref().is_some_and(|cursor| !entry::is_of_boot(cursor, &entry.cursor))
        {
            self.entries.caught_up = true;
            return true;
        }
        // journalctl goes to the nearest entry when the one it looks for is gone: then the time counts.
        if self.earlier.since.is_some_and(|since| entry.time < since) {
            return false;
        }
        if let (Some(_), Some(since)) = (&self.earlier.cursor, self.earlier.since) {
            let since = since.format("%Y-%m-%d %H:%M:%S");
            self.remark(&format!("the entry where the last run ended is gone; what is newer than {since} was read"));
        }
        // The window goes by each entry's time, as for files.
        self.entries.caught_up = self.earlier.cursor.is_some();
        true
    }

    const fn is_untouched(&self) -> bool {
        self.coverage.lines == 0 && self.entries.elsewhere == 0
    }

    fn ended(&mut self, ended: &Streamed) {
        if self.entries.too_many {
            self.fail(State::Truncated, "reading stopped after 1 GiB; the next run goes on from there");
        } else if ended.timed_out {
            let seconds = TIME_LIMIT.as_secs();
            self.fail(
                State::Truncated,
                &format!("reading took longer than {seconds} s; the next run goes on from there"),
            );
        } else if !ended.succeeded() {
            let state = if self.is_untouched() { State::Unreadable } else { State::Truncated };
            self.fail(state, &format!("journalctl {}", last_words(ended)));
        } else if let Some(words) = ended.last_words() {
            // A damaged file of many, perhaps an old one: it is left out.
            self.remark(&format!("journalctl says: {}", plain(&words)));
        }
        if self.vouches() && environment::user() != 0 && access::is_partial() {
            self.fail(State::Truncated, access::PARTLY);
        }
        if self.entries.elsewhere > 0 {
            self.remark(&format!(
                "{} of its entries count under {}",
                self.entries.elsewhere,
                self.entries.under.clone()
            ));
        }
        if self.entries.long > 0 {
            self.remark(&format!("{} of its entries were longer than 8 MiB and were not read", self.entries.long));
        }
        if self.entries.no_entry > 0 {
            self.remark(&format!("{} lines of journalctl were no entries", self.entries.no_entry));
        }
    }

    /// Something that a person should know.
    pub fn remark(&mut self, text: &str) {
        if !self.coverage.detail.is_empty() {
            self.coverage.detail.push_str("; ");
        }
        self.coverage.detail.push_str(text);
    }

    fn fail(&mut self, state: State, text: &str) {
        self.coverage.state = state;
        self.remark(text);
    }
}

/// How journalctl ended, and what it said last.
fn last_words(ended: &Streamed) -> String {
    let how = match (ended.status, ended.signal) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "did not end".to_owned(),
    };
    match ended.last_words() {
        Some(words) => format!("{how}: {}", plain(&words)),
        None => how,
    }
}

/// Another program's words, shortened.
fn plain(words: &str) -> String {
    let words: String = words.chars().take(300).collect();
    sanitize::escape(&words).into_owned()
}

#[cfg(test)]
mod tests;
