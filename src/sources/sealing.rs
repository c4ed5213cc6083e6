//! Paths that hold a secret: what is stored of one, and how its file is found again by that.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::family::Name;
use crate::sanitize::Sanitizer;
use crate::store::{Piece, Place, Position, Sealed, SealedFile, digest};
use crate::sys::logfile::{self, Kind};

/// Most folders below that of a log where its older parts are looked for (`olddir`).
const MOST_FOLDERS: usize = 64;

/// The same positions, and no path of them holds a secret.
pub fn seal(positions: &mut [Position], names: &Sanitizer) {
    for position in positions {
        seal_place(&mut position.path, names);
        if let Some(target) = &mut position.target {
            seal_place(target, names);
        }
    }
}

/// Those that were stored when no rule knew the secret in their path, sealed.
#[must_use]
pub fn newly_sealed(positions: &[Position], names: &Sanitizer) -> Vec<Position> {
    let holds = |place: &Place| place.known().is_some() && names.redactor().contains_secret(place.text());
    let mut found: Vec<Position> =
        positions.iter().filter(|one| holds(&one.path) || one.target.as_ref().is_some_and(holds)).cloned().collect();
    seal(&mut found, names);
    found
}

fn seal_place(place: &mut Place, names: &Sanitizer) {
    let Place::Known(path) = place else { return };
    if names.redactor().contains_secret(path) {
        let redacted = names.redactor().redact(path).into_owned();
        *place = Place::Sealed(Sealed { pieces: pieces(path, &redacted), redacted });
    }
}

/// Names that stand in the redacted path at the same place, from either end, are no secret.
fn pieces(path: &str, redacted: &str) -> Vec<Piece> {
    let names: Vec<&str> = path.split('/').skip(1).collect();
    let shown: Vec<&str> = redacted.split('/').skip(1).collect();
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let first = names.iter().zip(&shown).take_while(same).count();
    let last = names.iter().rev().zip(shown.iter().rev()).take_while(same).count();
    let hidden = first..names.len().saturating_sub(last);
    let piece = |(at, name): (usize, &&str)| {
        if !hidden.contains(&at) {
            Piece::Name((*name).to_owned())
        } else if at + 1 < names.len() {
            Piece::Folder { folder: digest(name) }
        } else {
            Piece::File(file(name))
        }
    };
    names.iter().enumerate().map(piece).collect()
}

fn file(name: &str) -> SealedFile {
    let Name { base, numbered, compressed } = Name::of(name);
    SealedFile { file: digest(name), family: digest(&base), numbered, compressed }
}

/// Finds the files of sealed paths again. Each folder is read once.
#[derive(Debug, Default)]
pub(super) struct Places {
    folders: HashMap<PathBuf, Listing>,
}

impl Places {
    /// These positions, each with its path where that can be found.
    pub(super) fn find_all<'a>(&mut self, positions: impl Iterator<Item = &'a Position>) -> Vec<Position> {
        positions.map(|position| self.find(position.clone())).collect()
    }

    fn find(&mut self, mut position: Position) -> Position {
        for place in [Some(&mut position.path), position.target.as_mut()].into_iter().flatten() {
            if let Place::Sealed(sealed) = place
                && let Some(path) = self.path(&sealed.pieces)
            {
                *place = Place::from(path.as_path());
            }
        }
        position
    }

    fn path(&mut self, pieces: &[Piece]) -> Option<PathBuf> {
        let mut path = PathBuf::from("/");
        for piece in pieces {
            let name = match piece {
                Piece::Name(name) => name.clone(),
                Piece::Folder { folder } => self.listing(&path).names.get(folder)?.clone(),
                Piece::File(file) => self.file(&path, file)?,
            };
            path.push(name);
        }
        Some(path)
    }

    /// The name of the file, or what it would be: other parts of its log tell how it began.
    fn file(&mut self, folder: &Path, file: &SealedFile) -> Option<String> {
        let here = self.listing(folder);
        if let Some(name) = here.names.get(&file.file) {
            return Some(name.clone());
        }
        let base = here.families.get(&file.family).cloned().or_else(|| {
            let mut below = self.below(folder).into_iter();
            below.find_map(|below| self.listing(&below).families.get(&file.family).cloned())
        })?;
        let numbered = if file.numbered { ".1" } else { "" };
        let compressed = if file.compressed { ".gz" } else { "" };
        Some(format!("{base}{numbered}{compressed}"))
    }

    fn below(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut below: Vec<PathBuf> = self.listing(folder).names.values().map(|name| folder.join(name)).collect();
        below.retain(|path| logfile::stat_link(path).is_ok_and(|stat| stat.kind == Kind::Folder));
        below.sort_unstable();
        below.truncate(MOST_FOLDERS);
        below
    }

    fn listing(&mut self, folder: &Path) -> &Listing {
        self.folders.entry(folder.to_owned()).or_insert_with(|| Listing::of(folder))
    }
}

/// The names in a folder, and what the parts of each log have in common, by their digests.
#[derive(Debug, Default)]
struct Listing {
    names: HashMap<String, String>,
    families: HashMap<String, String>,
}

impl Listing {
    fn of(folder: &Path) -> Self {
        let mut listing = Self::default();
        for name in logfile::names(folder).unwrap_or_default() {
            let name = name.to_string_lossy().into_owned();
            let base = Name::of(&name).base;
            listing.families.insert(digest(&base), base);
            listing.names.insert(digest(&name), name);
        }
        listing
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
mod tests {
    use super::*;

    fn names() -> Sanitizer {
        Sanitizer::new(&["ORD-[0-9]+".to_owned(), "both/parts".to_owned()]).unwrap()
    }

    fn sealed(path: &Path) -> Place {
        let mut place = Place::from(path);
        seal_place(&mut place, &names());
        place
    }

    fn found(place: &Place) -> Option<PathBuf> {
        match place {
            Place::Known(path) => Some(PathBuf::from(path)),
            Place::Sealed(sealed) => Places::default().path(&sealed.pieces),
        }
    }

    #[test]
    fn a_path_without_a_secret_stays_as_it_is() {
        for path in ["/var/log/syslog.1", "/srv/app-ORD-/x.log", "/"] {
            assert_eq!(sealed(Path::new(path)), Place::Known(path.to_owned()));
        }
    }

    #[test]
    fn a_secret_in_any_piece_is_not_stored_and_its_file_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for path in [
            "ORD-1/logs/app.log",
            "logs/ORD-2.log",
            "logs/ORD-2.log.1",
            "ORD-3/ORD-4/ORD-5.log",
            "password=hunter2aa/app.log",
            "logs/password=hunter2bb.log",
            "both/parts/app.log",
        ] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "x").unwrap();
            let place = sealed(&path);
            let Place::Sealed(stored) = &place else { panic!("{path:?}") };
            let text = format!("{}{}", stored.redacted, serde_json::to_string(&stored.pieces).unwrap());
            for secret in ["ORD-", "hunter2", "both", "parts"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
            assert_eq!(found(&place).as_deref(), Some(path.as_path()));
            let twice = sealed(Path::new(place.text()));
            assert_eq!(twice.text(), place.text(), "what is redacted stays so");
        }
    }

    #[test]
    fn what_is_gone_is_known_by_the_other_parts_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (log, part) = (sealed(&root.join("ORD-1.log")), sealed(&root.join("ORD-1.log-20260102.gz")));
        assert_eq!((found(&log), found(&part)), (None, None));
        std::fs::create_dir(root.join("old")).unwrap();
        let moved = root.join("old/ORD-1.log.7");
        std::fs::write(&moved, "x").unwrap();
        assert_eq!(found(&log), Some(root.join("ORD-1.log")));
        let of_part = Name::of_path(&found(&part).unwrap());
        assert_eq!(of_part, Name::of("ORD-1.log-20260102.gz"), "its kind is known, its name is not");
        std::fs::rename(moved, root.join("ORD-2.log")).unwrap();
        assert_eq!(found(&log), None, "another log's parts tell nothing");
    }
}
