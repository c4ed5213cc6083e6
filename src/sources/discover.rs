//! From globs to sources: what is to be read, and what is left out and why.

mod below;
mod known;
mod members;
mod vanished;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use self::known::Known;
use super::clock::Zone;
use super::command::CommandSource;
use super::coverage::{Coverage, State};
use super::glob::{self, Fence, Found, Pattern};
use super::journal::Journal;
use super::lineage::{self, Fate, Member};
use super::rhythm;
use super::sealing::Places;
use super::source::{Input, Origin, Source};
use crate::config::units::human;
use crate::config::{Feed, Log};
use crate::notice::{Notice, Stage};
use crate::sanitize::Sanitizer;
use crate::store::{KnownEntry, Place, Position, Positions, Rhythm};
use crate::sys::logfile::{self, Stat};
use crate::sys::signal;

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The configured entries.
    pub logs: &'a [Log],
    /// Absolute.
    pub workspace: &'a Path,
    /// Absolute; never a log.
    pub state_dir: &'a Path,
    /// What earlier runs have read.
    pub positions: &'a Positions,
    /// Where the first run of an entry begins; `None`: with all there is.
    pub window: Option<DateTime<FixedOffset>>,
    /// Nothing before it counts, also of an entry that was read before.
    pub since: Option<DateTime<FixedOffset>>,
    /// Nothing after it counts.
    pub until: Option<DateTime<FixedOffset>>,
    /// The time of this run.
    pub now: DateTime<FixedOffset>,
    /// Of stamps that name none.
    pub zone: Zone,
    /// Entries that were looked at before, also when no file was there: what appears later is read whole.
    pub known_entries: &'a [KnownEntry],
    /// How files are named where they are shown.
    pub names: &'a Sanitizer,
}

/// What there is to read.
#[derive(Debug, Default)]
pub struct Discovery {
    /// To be scanned, in the order of entries; older parts of a log before newer ones.
    pub sources: Vec<Source>,
    /// Journals to be scanned, in the order of entries.
    pub journals: Vec<Journal>,
    /// Programs to be run, in the order of entries.
    pub commands: Vec<CommandSource>,
    /// What is not to be read: missing, left out, unchanged.
    pub coverage: Vec<Coverage>,
    /// Positions in what is not to be read, to be remembered all the same.
    pub positions: Vec<Position>,
    /// Remarks for the report.
    pub notices: Vec<Notice>,
    /// The entries, and where the first run of each began.
    pub entries: Vec<KnownEntry>,
}

/// Finds the files of the configured entries.
#[must_use]
pub fn discover(request: &Request<'_>) -> Discovery {
    let mut search = Search::new(request.workspace, Some(request.state_dir), request.names, request.now);
    let window = request.window;
    for log in request.logs {
        if signal::interrupted() {
            break;
        }
        let known = request.known_entries.iter().find(|entry| entry.name == log.name);
        let known = known.cloned().or_else(|| {
            let has = request.positions.files.iter().any(|position| position.entry == log.name);
            has.then(|| KnownEntry { name: log.name.clone(), since: None })
        });
        match &log.feed {
            Feed::Journal(query) => {
                let earlier = request.positions.journals.iter().find(|position| position.entry == log.name);
                search.discovery.journals.push(Journal::new(log, query, earlier, window));
            }
            Feed::Command(program) => {
                let earlier = request.positions.commands.iter().find(|position| position.entry == log.name);
                let bounds = (request.since, request.until);
                let workspace = request.workspace.to_owned();
                let source = CommandSource::new(log, program, workspace, earlier, window, bounds, request.now);
                search.discovery.commands.push(source);
            }
            Feed::Files { glob, exclude } => {
                let first = known.is_none();
                let cut = known.as_ref().map_or(window, |known| known.since);
                let since = if first { window } else { request.since };
                search.entry(&Entry { request, log, glob, exclude, cut, since, first });
            }
        }
        let new = || KnownEntry { name: log.name.clone(), since: window };
        search.discovery.entries.push(known.unwrap_or_else(new));
    }
    Journal::share(&mut search.discovery.journals);
    search.discovery.positions.extend(vanished::left_behind(request.logs, &request.positions.files, request.now));
    search.discovery
}

/// The given files, each read whole; none has a position. `-` is standard input. One that cannot be opened is in
/// `coverage`.
#[must_use]
pub fn files(
    paths: &[PathBuf],
    workspace: &Path,
    zone: Zone,
    now: DateTime<FixedOffset>,
    (since, until): (Option<DateTime<FixedOffset>>, Option<DateTime<FixedOffset>>),
    names: &Sanitizer,
) -> Discovery {
    let mut search = Search::new(workspace, None, names, now);
    for path in paths {
        let name = names.path(path);
        let blank = Coverage::new(&name, &name, true);
        let mut origin = Origin {
            input: Input::Standard,
            target: None,
            name: name.clone(),
            entry: name.clone(),
            required: true,
            expect: None,
            listed: true,
            copy: false,
            half: true,
            kept: false,
            since,
            until,
            zone,
            stat: None,
            after: None,
            at_end: false,
            remark: String::new(),
        };
        if name != "-" {
            match search.classify(path, &name) {
                Err((state, detail)) => {
                    search.discovery.coverage.push(Coverage { state, detail, ..blank });
                    continue;
                }
                Ok(stat) => {
                    origin.input = Input::File(path.clone());
                    origin.stat = Some(stat);
                }
            }
        }
        search.discovery.sources.push(Source::new(origin, now));
    }
    search.discovery
}

struct Entry<'a> {
    request: &'a Request<'a>,
    log: &'a Log,
    glob: &'a str,
    exclude: &'a [String],
    /// Where the entry's first run began.
    cut: Option<DateTime<FixedOffset>>,
    /// Records before it do not count in this run.
    since: Option<DateTime<FixedOffset>>,
    /// This is the entry's first run.
    first: bool,
}

struct Search<'a> {
    fence: Fence,
    names: &'a Sanitizer,
    now: DateTime<FixedOffset>,
    /// Names by device and inode.
    seen: HashMap<(u64, u64), String>,
    places: Places,
    discovery: Discovery,
}

impl<'a> Search<'a> {
    fn new(workspace: &Path, state_dir: Option<&Path>, names: &'a Sanitizer, now: DateTime<FixedOffset>) -> Self {
        let state = state_dir.and_then(|folder| logfile::stat(folder).ok());
        let fence = Fence { state, root: logfile::is_root(), workspace: workspace.to_owned() };
        Self { fence, names, now, seen: HashMap::new(), places: Places::default(), discovery: Discovery::default() }
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        let log = entry.log;
        let compiled = Pattern::new(entry.glob, &self.fence.workspace).and_then(|pattern| {
            let exclude = entry.exclude.iter().map(|glob| glob::compile(glob)).collect::<Result<Vec<_>, _>>()?;
            Ok((pattern, exclude))
        });
        let (pattern, exclude) = match compiled {
            Ok(compiled) => compiled,
            Err(text) => {
                self.leave_out(entry, &self.shown(Path::new(entry.glob)), State::Unreadable, text.clone());
                self.discovery.notices.push(Notice::new(Stage::Sources, &log.name, text));
                return;
            }
        };
        let found = pattern.find(&self.fence);
        if found.is_empty() {
            let glob = self.shown(Path::new(entry.glob));
            self.leave_out(entry, &glob, State::Missing, "no file matches".to_owned());
            self.expected(log);
        }
        let told = self.discovery.coverage.len();
        let excluded = |path: &Path| exclude.iter().any(|glob| glob.is_match(path));
        let mut members: Vec<Member> = Vec::new();
        for found in found {
            if signal::interrupted() {
                return;
            }
            match found {
                Found::Path(path) if excluded(&path) => {}
                Found::Path(path) => members.extend(self.matched(entry, path)),
                Found::Skipped(path, why) => self.leave_out(entry, &self.shown(&path), State::Skipped, why.to_owned()),
                Found::Denied(path, why) => self.leave_out(entry, &self.shown(&path), State::Unreadable, why),
            }
        }
        let read = entry.request.positions.files.iter().filter(|position| position.entry == log.name);
        let positions = self.places.find_all(read);
        if log.required && members.is_empty() && self.only_odd(told) {
            let glob = self.shown(Path::new(entry.glob));
            self.leave_out(entry, &glob, State::Missing, "what matches is no file".to_owned());
        }
        let siblings = self.siblings(&members, &positions, &excluded);
        members.extend(siblings);
        lineage::trace(&mut members, &positions, entry.cut, entry.first);
        self.discovery.positions.extend(vanished::noted(&members, &positions, self.now));
        let known = Known::of(&positions);
        // What was written first is read first.
        members.sort_by_key(|member| (!member.ended, if member.ended { member.stat.mtime_ns } else { 0 }));
        for member in members {
            if signal::interrupted() {
                return;
            }
            self.member(entry, member, &known);
        }
    }

    /// A file that the glob names.
    fn matched(&mut self, entry: &Entry<'_>, path: PathBuf) -> Option<Member> {
        let name = self.shown(&path);
        match self.classify(&path, &name) {
            Ok(stat) => Some(members::member(path, stat, true)),
            Err((state, detail)) => {
                self.leave_out(entry, &name, state, detail);
                None
            }
        }
    }

    fn member(&mut self, entry: &Entry<'_>, member: Member, known: &Known<'_>) {
        let name = self.shown(&member.path);
        let request = entry.request;
        let mut remark = String::new();
        let (after, at_end) = match &member.fate {
            Fate::New => {
                remark = known.replaced(&member);
                (None, false)
            }
            Fate::After(position) => {
                if position.path != Place::from(member.path.as_path()) && !is(position, &member.stat) {
                    remark = format!("it goes on where {} ended", self.shown(Path::new(position.path.text())));
                }
                (Some(position.as_ref().clone()), false)
            }
            Fate::Old if entry.first && !member.name.compressed => (None, true),
            Fate::Copy(of) => {
                remark = format!("its text stands in {}", self.names.name(of));
                (None, true)
            }
            Fate::Unchanged | Fate::Old => {
                let known = known.by_key.get(&(member.stat.device, member.stat.inode)).filter(|one| !one.copy);
                if member.matched || known.is_some_and(|position| position.rhythm.cut) {
                    self.unchanged(entry, &member, &name, known.copied());
                }
                return;
            }
        };
        self.discovery.sources.push(Source::new(
            Origin {
                target: member.target.map(|target| target.to_string_lossy().into_owned()),
                input: Input::File(member.path),
                name,
                entry: entry.log.name.clone(),
                required: entry.log.required,
                expect: entry.log.expect,
                listed: member.matched,
                copy: matches!(member.fate, Fate::Copy(_)),
                half: member.ended,
                kept: true,
                since: entry.since,
                until: request.until,
                zone: request.zone,
                stat: Some(member.stat),
                after,
                at_end,
                remark,
            },
            self.now,
        ));
    }

    /// Nothing is new: is that as it should be?
    fn unchanged(&mut self, entry: &Entry<'_>, member: &Member, name: &str, known: Option<&Position>) {
        if known.is_some_and(|position| position.rhythm.cut) {
            let text = "an earlier run could not read it to its end".to_owned();
            return self.leave_out(entry, name, State::Truncated, text);
        }
        let written = DateTime::from_timestamp_nanos(member.stat.mtime_ns).fixed_offset();
        let silence = known.filter(|_| !member.ended).and_then(|position| {
            Some((position, rhythm::silence(&position.rhythm, entry.log.expect, Some(written), self.now)?))
        });
        let Some((position, silence)) = silence else {
            return self.leave_out(entry, name, State::Empty, String::new());
        };
        self.leave_out(entry, name, State::Silent, silence.text);
        if let Some(coverage) = self.discovery.coverage.last_mut() {
            coverage.alarm = silence.expected || !position.rhythm.silent;
        }
        let rhythm = Rhythm { silent: true, gone: None, ..position.rhythm.clone() };
        self.discovery.positions.push(Position { rhythm, ..position.clone() });
    }

    /// What is expected and not there is no less trouble than what is silent.
    fn expected(&mut self, log: &Log) {
        if let (Some(expect), Some(coverage)) = (log.expect, self.discovery.coverage.last_mut()) {
            coverage.alarm = true;
            coverage.detail = format!("{}; one line in {} is expected", coverage.detail, human(expect));
        }
    }

    /// Whether all that was left out since is a folder, a pipe or the like, and no second name of a file.
    fn only_odd(&self, since: usize) -> bool {
        let mut odd = self.discovery.coverage.iter().skip(since).peekable();
        odd.peek().is_some() && odd.all(|one| one.state == State::Skipped && !one.detail.starts_with(members::SAME))
    }

    fn leave_out(&mut self, entry: &Entry<'_>, name: &str, state: State, detail: String) {
        let blank = Coverage::new(name, &entry.log.name, entry.log.required);
        self.discovery.coverage.push(Coverage { state, detail, ..blank });
    }

    /// Relative to the workspace where it lies inside.
    fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.fence.workspace).ok().filter(|relative| !relative.as_os_str().is_empty());
        self.names.path(inside.unwrap_or(path))
    }
}

fn is(position: &Position, stat: &Stat) -> bool {
    position.device == stat.device && position.inode == stat.inode
}

#[cfg(test)]
mod tests;
