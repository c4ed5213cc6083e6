//! Finds the parts of one log among many names without comparing each with each.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::sources::family::Name;

/// A folder, and what all parts of a log have in common.
type Home = (PathBuf, String);

/// Names by the log that they belong to.
#[derive(Debug, Default)]
pub(super) struct Kin {
    here: HashMap<Home, Vec<usize>>,
    /// Older parts, by the folder above theirs: it may be that of the log (`olddir`).
    below: HashMap<Home, Vec<usize>>,
}

impl Kin {
    /// Remembers that number `index` has this name.
    pub(super) fn add(&mut self, index: usize, path: &Path, name: &Name) {
        let Some(folder) = path.parent() else { return };
        self.here.entry((folder.to_owned(), name.base.clone())).or_default().push(index);
        if let Some(above) = folder.parent().filter(|_| name.is_older_part()) {
            self.below.entry((above.to_owned(), name.base.clone())).or_default().push(index);
        }
    }

    /// The numbers of those that may be parts of the same log, in order.
    pub(super) fn of(&self, path: &Path, name: &Name) -> Vec<usize> {
        let Some(folder) = path.parent() else { return Vec::new() };
        let home = |folder: &Path| (folder.to_owned(), name.base.clone());
        let above = folder.parent().filter(|_| name.is_older_part());
        let sets = [
            self.here.get(&home(folder)),
            self.below.get(&home(folder)),
            above.and_then(|above| self.here.get(&home(above))),
        ];
        let mut found: Vec<usize> = sets.into_iter().flatten().flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_beside_the_log_and_below() {
        let paths = ["/l/a.log", "/l/a.log.1", "/l/old/a.log.2.gz", "/l/old/a.log", "/l/b.log", "/x/a.log.1"];
        let name = |path: &str| Name::of(&Path::new(path).file_name().unwrap().to_string_lossy());
        let mut kin = Kin::default();
        for (index, path) in paths.iter().enumerate() {
            kin.add(index, Path::new(path), &name(path));
        }
        for (path, found) in paths.iter().zip([&[0, 1, 2][..], &[0, 1, 2], &[0, 1, 2, 3], &[2, 3], &[4], &[5]]) {
            assert_eq!(kin.of(Path::new(path), &name(path)), found, "{path}");
        }
    }
}
