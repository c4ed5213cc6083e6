//! The files of an entry: those that its glob names, and older parts of the same logs.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::{Search, below, is};
use crate::sources::coverage::State;
use crate::sources::family::Name;
use crate::sources::glob;
use crate::sources::lineage::{Fate, Member};
use crate::store::Position;
use crate::sys::logfile::{self, Kind, Stat};
use crate::sys::signal;

/// Begins the remark on a second name.
pub(super) const SAME: &str = "the same file as";

impl Search<'_> {
    /// Older parts of what the glob names, and what has been read under another name.
    pub(super) fn siblings(
        &mut self,
        members: &[Member],
        positions: &[Position],
        excluded: &dyn Fn(&Path) -> bool,
    ) -> Vec<Member> {
        let mut folders: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        for member in members {
            if let Some(folder) = member.path.parent() {
                folders.entry(folder.to_owned()).or_default().insert(member.name.base.clone());
            }
        }
        for (folder, base) in positions.iter().filter_map(gone) {
            folders.entry(folder).or_default().insert(base);
        }
        let mut paths: Vec<PathBuf> = Vec::new();
        let matched: HashSet<&Path> = members.iter().map(|member| member.path.as_path()).collect();
        let read: HashSet<(u64, u64)> = positions.iter().map(Position::key).collect();
        let was_read = |path: &Path| {
            !read.is_empty() && logfile::stat_link(path).is_ok_and(|stat| read.contains(&(stat.device, stat.inode)))
        };
        for (folder, kin) in folders {
            if signal::interrupted() {
                break;
            }
            for file in logfile::names(&folder).unwrap_or_default() {
                let path = folder.join(&file);
                if matched.contains(path.as_path()) {
                    continue;
                }
                let text = file.to_string_lossy();
                let name = Name::of(&text);
                let part = name.is_older_part() && kin.contains(&name.base);
                if part || (begins_as(&kin, &text) && was_read(&path)) {
                    paths.push(path);
                }
            }
        }
        // The target of a link that moved on.
        let targets: HashSet<&Path> = members.iter().filter_map(|member| member.target.as_deref()).collect();
        let left =
            positions.iter().filter_map(|position| Some((position, position.target.as_ref()?.known()?.to_owned())));
        for (position, target) in left {
            if logfile::stat_link(&target).is_ok_and(|stat| is(position, &stat)) {
                paths.push(target.clone());
            }
            // It may have moved more than once.
            if !targets.contains(target.as_path()) {
                paths.extend(newer_parts(&target, position));
            }
        }
        paths.extend(below::parts(members, &paths, positions));
        paths.sort_unstable();
        paths.dedup();
        paths.retain(|path| !matched.contains(path.as_path()) && !excluded(path));
        paths
            .into_iter()
            .filter_map(|path| Some(member(path.clone(), self.classify(&path, &self.shown(&path)).ok()?, false)))
            .collect()
    }

    /// A regular file that was not seen under another name; otherwise why it is not read.
    pub(super) fn classify(&mut self, path: &Path, name: &str) -> Result<Stat, (State, String)> {
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
            return Err((State::Skipped, format!("{SAME} {other}")));
        }
        self.seen.insert((stat.device, stat.inode), name.to_owned());
        Ok(stat)
    }

    fn inside_state(&self, folder: &Path) -> bool {
        self.fence.state.is_some() && folder.ancestors().any(|folder| self.fence.is_state(folder))
    }
}

/// Whether one of these names stands at the beginning of `text`.
fn begins_as(names: &BTreeSet<String>, text: &str) -> bool {
    (1..=text.len()).any(|end| text.get(..end).is_some_and(|begin| names.contains(begin)))
}

fn failed(error: &std::io::Error) -> (State, String) {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            (State::Missing, "it is not there".to_owned())
        }
        _ => (State::Unreadable, error.to_string()),
    }
}

pub(super) fn member(path: PathBuf, stat: Stat, matched: bool) -> Member {
    let name = Name::of_path(&path);
    let target = logfile::real_path(&path).filter(|real| *real != path);
    Member { path, target, stat, name, matched, ended: false, fate: Fate::New }
}

/// The folder and family of a log that is not there under its name: it was rotated, and not written to since.
fn gone(position: &Position) -> Option<(PathBuf, String)> {
    let path = position.path.known()?;
    let name = Name::of_path(path);
    let moved = !position.copy && !name.is_older_part() && logfile::stat_link(path).is_err();
    moved.then(|| Some((path.parent()?.to_owned(), name.base)))?
}

/// What was written of the log that `target` is a part of, since that was read.
fn newer_parts(target: &Path, position: &Position) -> Vec<PathBuf> {
    let name = |file: &std::ffi::OsStr| Name::of(&file.to_string_lossy());
    let (Some(folder), Some(own)) = (target.parent(), target.file_name().map(name)) else { return Vec::new() };
    if !own.is_older_part() {
        return Vec::new();
    }
    let mut parts = logfile::names(folder).unwrap_or_default();
    parts.retain(|file| {
        name(file).base == own.base
            && logfile::stat_link(&folder.join(file))
                .is_ok_and(|stat| stat.kind == Kind::File && stat.mtime_ns >= below::rounded(position.mtime_ns))
    });
    parts.into_iter().map(|file| folder.join(file)).collect()
}
