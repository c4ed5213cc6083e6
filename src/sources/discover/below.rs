//! Older parts that rotation moves to a folder of their own, below that of the log (`olddir`).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::is;
use crate::sources::family::Name;
use crate::sources::generation;
use crate::sources::lineage::Member;
use crate::sources::text::Text;
use crate::store::Position;
use crate::sys::logfile::{self, Kind, LogFile, Stat};
use crate::sys::signal;

/// Most folders that are looked into.
const MOST_FOLDERS: usize = 64;

/// The parts in a folder from which something was read, and in one to which a log went that is nowhere else now.
/// Another log's parts may have the same name: a folder counts only where an inode or a text proves it.
pub(super) fn parts(members: &[Member], found: &[PathBuf], positions: &[Position]) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> = Vec::new();
    let homes: BTreeSet<&Path> = members.iter().filter_map(|member| member.path.parent()).collect();
    let mut known: BTreeSet<(&Path, String)> = BTreeSet::new();
    let here = here(members, found);
    let mut folders = Folders::default();
    for position in positions.iter().filter(|position| !position.copy) {
        if signal::interrupted() {
            break;
        }
        let path = position.path.known();
        let Some((folder, file)) = path.and_then(|path| path.parent().zip(path.file_name())) else { continue };
        let name = Name::of(&file.to_string_lossy());
        if name.is_older_part() {
            if !homes.contains(folder) && known.insert((folder, name.base.clone())) {
                parts.extend(folders.parts(folder, &name.base).iter().map(|(path, _)| path.clone()));
            }
        } else if !here.contains(&position.key()) {
            let below = folders.below(folder).to_owned();
            parts.extend(below.iter().flat_map(|folder| came(folders.parts(folder, &name.base), position)));
        }
    }
    parts
}

/// The files that stand beside the logs, under whatever name.
fn here(members: &[Member], found: &[PathBuf]) -> HashSet<(u64, u64)> {
    let key = |stat: Stat| (stat.device, stat.inode);
    let found = found.iter().filter_map(|path| logfile::stat_link(path).ok());
    members.iter().map(|member| member.stat).chain(found).map(key).collect()
}

/// Folders, each looked into once.
#[derive(Default)]
struct Folders {
    below: HashMap<PathBuf, Vec<PathBuf>>,
    /// Older parts in a folder, by what all parts of one log have in common.
    parts: HashMap<PathBuf, HashMap<String, Vec<(PathBuf, Stat)>>>,
}

impl Folders {
    fn below(&mut self, folder: &Path) -> &[PathBuf] {
        self.below.entry(folder.to_owned()).or_insert_with(|| {
            let names = logfile::names(folder).unwrap_or_default();
            let mut folders: Vec<PathBuf> = names.iter().map(|it| folder.join(it)).collect();
            folders.retain(|path| logfile::stat_link(path).is_ok_and(|stat| stat.kind == Kind::Folder));
            folders.sort_unstable();
            folders.truncate(MOST_FOLDERS);
            folders
        })
    }

    fn parts(&mut self, folder: &Path, base: &str) -> &[(PathBuf, Stat)] {
        let parts = self.parts.entry(folder.to_owned()).or_insert_with(|| older_parts(folder));
        parts.get(base).map(Vec::as_slice).unwrap_or_default()
    }
}

fn older_parts(folder: &Path) -> HashMap<String, Vec<(PathBuf, Stat)>> {
    let mut parts: HashMap<String, Vec<(PathBuf, Stat)>> = HashMap::new();
    for file in logfile::names(folder).unwrap_or_default() {
        let name = Name::of(&file.to_string_lossy());
        let path = folder.join(file);
        if name.is_older_part()
            && let Some(stat) = logfile::stat_link(&path).ok().filter(|stat| stat.kind == Kind::File)
        {
            parts.entry(name.base).or_default().push((path, stat));
        }
    }
    parts
}

/// All of these parts, if the log went to their folder.
fn came(parts: &[(PathBuf, Stat)], position: &Position) -> Vec<PathBuf> {
    let since = |stat: &Stat| stat.mtime_ns >= rounded(position.mtime_ns);
    let here = parts
        .iter()
        .any(|(path, stat)| is(position, stat) || (position.proves() && since(stat) && proves(path, position)));
    parts.iter().filter(|_| here).map(|(path, _)| path.clone()).collect()
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
