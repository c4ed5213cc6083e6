//! From globs to sources: what is to be read, and what is left out and why.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use super::clock::Zone;
use super::coverage::{Coverage, State};
use super::glob::{self, Fence, Found, Pattern};
use super::journal::Journal;
use super::source::{Origin, Source};
use crate::config::{Feed, Log, Reach};
use crate::notice::{Notice, Stage};
use crate::store::{Position, Positions};
use crate::sys::logfile::{self, Kind, Stat};

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
    /// How far back the first run of an entry looks.
    pub window: Reach,
    /// The time of this run.
    pub now: DateTime<FixedOffset>,
    /// Of stamps that name none.
    pub zone: Zone,
    /// Entries that were looked at before, also when no file was there: what appears later is read whole.
    pub known_entries: &'a [String],
    /// Read every file from its start to its last byte, a half line at the end included.
    pub whole: bool,
}

/// What there is to read.
#[derive(Debug, Default)]
pub struct Discovery {
    /// To be scanned, in the order of entries and names.
    pub sources: Vec<Source>,
    /// Journals to be scanned, in the order of entries.
    pub journals: Vec<Journal>,
    /// What is not to be read: missing, left out, unchanged.
    pub coverage: Vec<Coverage>,
    /// Remarks for the report.
    pub notices: Vec<Notice>,
}

/// Finds the files of the configured entries.
#[must_use]
pub fn discover(request: &Request<'_>) -> Discovery {
    let mut search = Search::new(request.workspace, Some(request.state_dir));
    for log in request.logs {
        let window = match request.window {
            Reach::Last(reach) if !request.whole => {
                chrono::TimeDelta::from_std(reach).ok().and_then(|reach| request.now.checked_sub_signed(reach))
            }
            _ => None,
        };
        match &log.feed {
            Feed::Journal(query) => {
                let earlier = request.positions.journals.iter().find(|position| position.entry == log.name);
                search.discovery.journals.push(Journal::new(log, query, earlier, window));
            }
            Feed::Files { glob, exclude } => {
                let known = request.known_entries.contains(&log.name)
                    || request.positions.files.iter().any(|position| position.entry == log.name);
                let since = window.filter(|_| !known);
                search.entry(&Entry { request, log, glob, exclude, since });
            }
        }
    }
    search.discovery
}

/// The given files, each read whole; none has a position. One that cannot be opened is in `coverage`.
#[must_use]
pub fn files(paths: &[PathBuf], workspace: &Path, zone: Zone) -> Discovery {
    let mut search = Search::new(workspace, None);
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        let blank = Coverage::new(&name, &name, true);
        match search.classify(path, &name) {
            Err((state, detail)) => search.discovery.coverage.push(Coverage { state, detail, ..blank }),
            Ok(stat) => search.discovery.sources.push(Source::new(Origin {
                path: path.clone(),
                name,
                entry: blank.entry,
                required: true,
                whole: true,
                since: None,
                zone,
                stat,
                earlier: Vec::new(),
            })),
        }
    }
    search.discovery
}

struct Entry<'a> {
    request: &'a Request<'a>,
    log: &'a Log,
    glob: &'a str,
    exclude: &'a [String],
    since: Option<DateTime<FixedOffset>>,
}

struct Search {
    fence: Fence,
    /// Names by device and inode.
    seen: HashMap<(u64, u64), String>,
    discovery: Discovery,
}

impl Search {
    fn new(workspace: &Path, state_dir: Option<&Path>) -> Self {
        let state = state_dir.and_then(|folder| logfile::stat(folder).ok());
        let fence = Fence { state, root: logfile::is_root(), workspace: workspace.to_owned() };
        Self { fence, seen: HashMap::new(), discovery: Discovery::default() }
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
        }
        for found in found {
            match found {
                Found::Path(path) if exclude.iter().any(|glob| glob.is_match(&path)) => {}
                Found::Path(path) => self.path(entry, path),
                Found::Skipped(path, why) => self.leave_out(entry, &self.shown(&path), State::Skipped, why.to_owned()),
                Found::Denied(path, why) => self.leave_out(entry, &self.shown(&path), State::Unreadable, why),
            }
        }
    }

    fn path(&mut self, entry: &Entry<'_>, path: PathBuf) {
        let name = self.shown(&path);
        let stat = match self.classify(&path, &name) {
            Ok(stat) => stat,
            Err((state, detail)) => return self.leave_out(entry, &name, state, detail),
        };
        let absolute = path.to_string_lossy();
        let request = entry.request;
        let mut earlier: Vec<Position> = Vec::new();
        if !request.whole {
            let mine = request.positions.files.iter().filter(|position| position.entry == entry.log.name);
            // The file itself before a file that had its name.
            let (same, other): (Vec<_>, Vec<_>) = mine
                .filter(|position| position.path == absolute || is(position, &stat))
                .partition(|position| is(position, &stat));
            earlier.extend(same.into_iter().chain(other).cloned());
        }
        if earlier.first().is_some_and(|position| unchanged(position, &stat)) {
            return self.leave_out(entry, &name, State::Empty, String::new());
        }
        self.discovery.sources.push(Source::new(Origin {
            path,
            name,
            entry: entry.log.name.clone(),
            required: entry.log.required,
            whole: request.whole,
            since: entry.since,
            zone: request.zone,
            stat,
            earlier,
        }));
    }

    /// A regular file that was not seen under another name; otherwise why it is not read.
    fn classify(&mut self, path: &Path, name: &str) -> Result<Stat, (State, String)> {
        let link = logfile::stat_link(path).map_err(|error| failed(&error))?;
        if link.kind == Kind::Link && self.fence.refuses_link(path, &link) {
            return Err((State::Skipped, glob::LINK.to_owned()));
        }
        let stat = logfile::stat(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound if link.kind == Kind::Link => {
                (State::Missing, "the link points to nothing".to_owned())
            }
            _ => failed(&error),
        })?;
        let what = match stat.kind {
            Kind::File => None,
            Kind::Folder => Some("a folder is not read"),
            Kind::Fifo => Some("a named pipe is not opened"),
            Kind::Socket => Some("a socket is not opened"),
            Kind::Device => Some("a device is not opened"),
            Kind::Link => Some("a link is not followed"),
        };
        if let Some(what) = what {
            return Err((State::Skipped, what.to_owned()));
        }
        if path.parent().is_some_and(|folder| self.inside_state(folder)) {
            return Err((State::Skipped, "heal's own state is never a log".to_owned()));
        }
        if let Some(other) = self.seen.get(&(stat.device, stat.inode)) {
            return Err((State::Skipped, format!("the same file as {other}")));
        }
        self.seen.insert((stat.device, stat.inode), name.to_owned());
        Ok(stat)
    }

    fn inside_state(&self, folder: &Path) -> bool {
        self.fence.state.is_some() && folder.ancestors().any(|folder| self.fence.is_state(folder))
    }

    fn leave_out(&mut self, entry: &Entry<'_>, name: &str, state: State, detail: String) {
        let blank = Coverage::new(name, &entry.log.name, entry.log.required);
        self.discovery.coverage.push(Coverage { state, detail, ..blank });
    }

    /// Relative to the workspace where it lies inside.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.fence.workspace)
            .ok()
            .filter(|relative| !relative.as_os_str().is_empty())
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    }
}

fn failed(error: &std::io::Error) -> (State, String) {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            (State::Missing, "it is not there".to_owned())
        }
        _ => (State::Unreadable, error.to_string()),
    }
}

fn is(position: &Position, stat: &Stat) -> bool {
    position.device == stat.device && position.inode == stat.inode
}

/// Nothing was written since, and nothing was left unread.
fn unchanged(position: &Position, stat: &Stat) -> bool {
    is(position, stat)
        && position.offset == stat.size
        && position.size == stat.size
        && position.mtime_ns == stat.mtime_ns
        && position.ctime_ns == stat.ctime_ns
}

#[cfg(test)]
mod tests;
