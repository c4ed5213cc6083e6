//! Which files there are to read, and which are left out for which reason.

use std::collections::{BTreeMap, HashSet};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use globset::{GlobBuilder, GlobMatcher};

use super::source::{Opening, Source};
use super::{Coverage, State};
use crate::config::{Log, Reach};
use crate::store::Position;
use crate::sys::logfile::{self, Kind, Stat};

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The configured entries.
    pub logs: &'a [Log],
    /// Names are told relative to it.
    pub workspace: &'a Path,
    /// heal's own state is never a log.
    pub state_dir: &'a Path,
    /// How far was read before.
    pub positions: &'a [Position],
    /// How far back the first run of an entry looks.
    pub window: Reach,
    /// The present.
    pub now: DateTime<FixedOffset>,
    /// Entries that were read before: no window.
    pub known_entries: &'a [String],
}

/// What was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Files to read, in the order of their names.
    pub sources: Vec<Source>,
    /// What is not read, and why.
    pub coverage: Vec<Coverage>,
}

/// Finds the files of all entries.
#[must_use]
pub fn discover(request: &Request<'_>) -> Discovery {
    let mut found = Finder { request, seen: HashSet::new(), discovery: Discovery::default() };
    for log in request.logs {
        found.entry(log);
    }
    found.discovery
}

/// The named files, whole: no window, no positions.
#[must_use]
pub fn whole_files(paths: &[PathBuf], workspace: &Path, now: DateTime<FixedOffset>) -> Discovery {
    let mut discovery = Discovery::default();
    for path in paths {
        let name = crate::sanitize::escape(&path.to_string_lossy()).into_owned();
        let opening =
            Opening { path: workspace.join(path), name: name.clone(), now, whole: true, ..Opening::default() };
        match Source::open(opening, true) {
            Ok(source) => discovery.sources.push(source),
            Err(error) => {
                let state = if error.kind() == ErrorKind::NotFound { State::Missing } else { State::Unreadable };
                let mut left_out = Coverage::left_out(&name, "", state, &error.to_string());
                // It was asked for by name.
                left_out.required = true;
                discovery.coverage.push(left_out);
            }
        }
    }
    discovery
}

struct Finder<'a> {
    request: &'a Request<'a>,
    seen: HashSet<(u64, u64)>,
    discovery: Discovery,
}

impl Finder<'_> {
    fn entry(&mut self, log: &Log) {
        let matcher = glob(&log.glob);
        let excluded: Vec<GlobMatcher> = log.exclude.iter().filter_map(|exclude| glob(exclude)).collect();
        let Some(matcher) = matcher else { return };
        let mut hits: BTreeMap<PathBuf, Result<(), String>> = BTreeMap::new();
        let root = literal_prefix(&log.glob);
        let depth = depth_of(&log.glob, &root);
        let mut walk = walkdir::WalkDir::new(&root).follow_root_links(true);
        if let Some(depth) = depth {
            walk = walk.max_depth(depth);
        }
        let state_dir = self.request.state_dir;
        for entry in walk.into_iter().filter_entry(|entry| !entry.path().starts_with(state_dir)) {
            match entry {
                Ok(entry) if matcher.is_match(entry.path()) => {
                    hits.insert(entry.into_path(), Ok(()));
                }
                Ok(_) => {}
                Err(error) => {
                    let missing = error.io_error().is_some_and(|cause| cause.kind() == ErrorKind::NotFound);
                    if let Some(path) = error.path().filter(|_| !missing) {
                        hits.insert(path.to_path_buf(), Err(error.to_string()));
                    }
                }
            }
        }
        hits.retain(|path, _| !excluded.iter().any(|exclude| exclude.is_match(path)));
        if hits.is_empty() {
            let written = Path::new(&log.glob).strip_prefix(self.request.workspace).unwrap_or(Path::new(&log.glob));
            let mut missing =
                Coverage::left_out(&written.to_string_lossy(), &log.name, State::Missing, "nothing matches");
            missing.required = log.required;
            self.discovery.coverage.push(missing);
        }
        for (path, walked) in hits {
            match walked {
                Ok(()) => self.file(log, &path),
                Err(why) => self.leave_out(log, &path, State::Unreadable, &why),
            }
        }
    }

    fn file(&mut self, log: &Log, path: &Path) {
        let stat = match logfile::stat(path) {
            Ok(stat) => stat,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return self.leave_out(log, path, State::Missing, "it vanished, or is a link to nothing");
            }
            Err(error) => return self.leave_out(log, path, State::Unreadable, &error.to_string()),
        };
        if let Some(why) = not_a_log(path, &stat) {
            return self.leave_out(log, path, State::Skipped, why);
        }
        if !self.seen.insert((stat.device, stat.inode)) {
            return self.leave_out(log, path, State::Skipped, "the same file under another name is read already");
        }
        let position = self.position(log, path, &stat);
        if position.is_some_and(|position| unchanged(position, &stat)) {
            return self.leave_out(log, path, State::Empty, "");
        }
        let known = self.request.known_entries.contains(&log.name);
        let opening = Opening {
            path: path.to_path_buf(),
            name: self.name(path),
            entry: log.name.clone(),
            required: log.required,
            now: self.request.now,
            whole: false,
            position: position.cloned(),
            window: if known { Reach::All } else { self.request.window },
        };
        match Source::open(opening, true) {
            Ok(source) => self.discovery.sources.push(source),
            Err(error) => self.leave_out(log, path, State::Unreadable, &error.to_string()),
        }
    }

    /// What is known of this file, or of the one that had its name before.
    fn position(&self, log: &Log, path: &Path, stat: &Stat) -> Option<&Position> {
        let own = self.request.positions.iter().filter(|position| position.entry == log.name);
        let same = |position: &&Position| position.device == stat.device && position.inode == stat.inode;
        let named = |position: &&Position| Path::new(&position.path) == path;
        own.clone().find(same).or_else(|| own.clone().find(named))
    }

    fn leave_out(&mut self, log: &Log, path: &Path, state: State, why: &str) {
        let mut coverage = Coverage::left_out(&self.name(path), &log.name, state, why);
        coverage.required = log.required;
        self.discovery.coverage.push(coverage);
    }

    fn name(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.request.workspace).unwrap_or(path).to_string_lossy();
        crate::sanitize::escape(&path).into_owned()
    }
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    // Checked when the configuration was read.
    GlobBuilder::new(pattern).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}

/// The folder below which everything lies that the glob can match.
fn literal_prefix(glob: &str) -> PathBuf {
    let special = |component: &Component<'_>| component.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let path = Path::new(glob);
    let literal: PathBuf = path.components().take_while(|component| !special(component)).collect();
    // A glob without any wildcard names one file: it is looked for in its folder.
    if literal == path { literal.parent().map_or(literal.clone(), Path::to_path_buf) } else { literal }
}

/// How many levels the glob goes down; no end with `**`.
fn depth_of(glob: &str, root: &Path) -> Option<usize> {
    // An alternation may hold a slash of its own.
    let endless = glob.contains("**") || glob.contains('{');
    (!endless).then(|| Path::new(glob).components().count().saturating_sub(root.components().count()))
}

fn not_a_log(path: &Path, stat: &Stat) -> Option<&'static str> {
    match stat.kind {
        Kind::File => {}
        Kind::Folder => return Some("a folder"),
        Kind::Fifo => return Some("a named pipe"),
        Kind::Socket => return Some("a socket"),
        Kind::Device | Kind::Link => return Some("a device"),
    }
    let is_link = logfile::stat_link(path).is_ok_and(|own| own.kind == Kind::Link);
    let open_folder =
        || path.parent().is_none_or(|folder| logfile::stat(folder).is_ok_and(|stat| stat.others_may_write));
    (is_link && logfile::is_root() && open_folder()).then_some("a link in a folder that others may write")
}

/// Nothing happened to the file since: it need not even be opened.
fn unchanged(position: &Position, stat: &Stat) -> bool {
    position.device == stat.device
        && position.inode == stat.inode
        && position.size == stat.size
        && position.mtime_ns == stat.mtime_ns
        && position.ctime_ns == stat.ctime_ns
        && position.offset == stat.size
}
