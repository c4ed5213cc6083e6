//! Older parts that rotation moves to a folder of their own, below that of the log (`olddir`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::is;
use crate::sources::family::Name;
use crate::sources::generation;
use crate::sources::lineage::Member;
use crate::sources::text::Text;
use crate::store::Position;
use crate::sys::logfile::{self, Kind, LogFile, Stat};

/// Most folders that are looked into.
const MOST_FOLDERS: usize = 64;

/// The parts in a folder from which something was read, and in one to which a log went that is nowhere else now.
/// Another log's parts may have the same name: a folder counts only where an inode or a text proves it.
pub(super) fn parts(members: &[Member], found: &[PathBuf], positions: &[Position]) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> = Vec::new();
    let homes: BTreeSet<&Path> = members.iter().filter_map(|member| member.path.parent()).collect();
    let mut known: BTreeSet<(&Path, String)> = BTreeSet::new();
    for position in positions.iter().filter(|position| !position.copy) {
        let path = Path::new(&position.path);
        let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else { continue };
        let name = Name::of(&file.to_string_lossy());
        if name.is_older_part() {
            if !homes.contains(folder) && known.insert((folder, name.base.clone())) {
                parts.extend(family(folder, &name.base).into_iter().map(|(path, _)| path));
            }
        } else if !is_here(position, members, found) {
            parts.extend(folders(folder).iter().flat_map(|folder| came(folder, &name, position)));
        }
    }
    parts
}

/// Whether the file that was read stands beside the log, under whatever name.
fn is_here(position: &Position, members: &[Member], found: &[PathBuf]) -> bool {
    members.iter().any(|member| is(position, &member.stat))
        || found.iter().any(|path| logfile::stat_link(path).is_ok_and(|stat| is(position, &stat)))
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        logfile::names(folder).unwrap_or_default().iter().map(|it| folder.join(it)).collect();
    folders.retain(|path| logfile::stat_link(path).is_ok_and(|stat| stat.kind == Kind::Folder));
    folders.sort_unstable();
    folders.truncate(MOST_FOLDERS);
    folders
}

/// All parts of the log in this folder, if this is where it goes.
fn came(folder: &Path, name: &Name, position: &Position) -> Vec<PathBuf> {
    let parts = family(folder, &name.base);
    let since = |stat: &Stat| stat.mtime_ns >= rounded(position.mtime_ns);
    let here = parts
        .iter()
        .any(|(path, stat)| is(position, stat) || (position.proves() && since(stat) && proves(path, position)));
    parts.into_iter().filter(|_| here).map(|(path, _)| path).collect()
}

/// Older parts in this folder.
fn family(folder: &Path, base: &str) -> Vec<(PathBuf, Stat)> {
    let names = logfile::names(folder).unwrap_or_default().into_iter();
    let parts = names.filter(|file| {
        let name = Name::of(&file.to_string_lossy());
        name.base == base && name.is_older_part()
    });
    let stated = parts.filter_map(|file| {
        let path = folder.join(file);
        let stat = logfile::stat_link(&path).ok().filter(|stat| stat.kind == Kind::File)?;
        Some((path, stat))
    });
    stated.collect()
}

/// Compressors keep a file's time to the second.
pub(super) const fn rounded(time_ns: i64) -> i64 {
    time_ns - time_ns.rem_euclid(1_000_000_000)
}

fn proves(path: &Path, position: &Position) -> bool {
    let Some(Ok(mut text)) = LogFile::open(path).ok().and_then(|(file, stat)| Text::of_file(file, stat.size).ok())
    else {
        return false;
    };
    generation::prove(&mut text, position, 0).is_ok_and(|found| found.is_some())
}
