//! How far files and journals have been read.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::sanitize::Sanitizer;

/// How a log is written, as far as its lines tell the time. In seconds since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// The first time.
    pub first: Option<i64>,
    /// The latest one.
    pub last: Option<i64>,
    /// Longest pause between two, in seconds.
    pub longest: i64,
    /// Times looked at.
    pub samples: u64,
    /// Its silence was told.
    pub silent: bool,
    /// It is damaged, or too long: its end was never read.
    #[serde(default)]
    pub cut: bool,
    /// Since when its file is not seen any more.
    #[serde(default)]
    pub gone: Option<i64>,
}

/// One file generation (not one path): a renamed file keeps its position, a new file under an old name has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The `logs[]` entry's name.
    pub entry: String,
    /// Absolute path when last seen.
    pub path: Place,
    /// Where the file really lies, when that path is or leads through a link.
    pub target: Option<Place>,
    /// Its text was that of another file and was not read here: what it proves is only that this file is known.
    pub copy: bool,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Bytes read; always just after a newline.
    pub offset: u64,
    /// Lines read, to number the next one; `None` where reading began in the middle and nobody has counted yet.
    pub lines: Option<u64>,
    /// SHA-256, hex, of the first `min(1024, offset)` bytes.
    pub head_hash: String,
    /// SHA-256, hex, of up to 1024 bytes before the offset.
    pub tail_hash: String,
    /// Size in bytes when last seen.
    pub size: u64,
    /// Modification time, nanoseconds since the epoch.
    pub mtime_ns: i64,
    /// Change time, nanoseconds since the epoch.
    pub ctime_ns: i64,
    /// Stamp of the last stamped line read.
    pub last_stamp: Option<DateTime<FixedOffset>>,
    /// Modification time of the file, nanoseconds since the epoch, in the last run that found new lines in it:
    /// the evidence that the source is still being written.
    pub grown_ns: i64,
    /// How it is written.
    pub rhythm: Rhythm,
    /// Device and inode under which an earlier run has read this text: that position is to be forgotten.
    pub moved_from: Option<(u64, u64)>,
}

/// A `logs[]` entry that was looked at before: what appears later is read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownEntry {
    /// Its name.
    pub name: String,
    /// Where its first run began to read; `None`: with all there was.
    pub since: Option<DateTime<FixedOffset>>,
}

/// How far the journal of a `logs[]` entry has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalPosition {
    /// The `logs[]` entry's name.
    pub entry: String,
    /// journald's name of the last entry read; `None` while there was none.
    pub cursor: Option<String>,
    /// Stamp of that entry; before there is one, where reading begins (`None`: with all there is).
    pub since: Option<DateTime<FixedOffset>>,
    /// When each source (`journal:nginx.service`) was written last: the evidence that it still is. At most
    /// [`MAX_SEEN`], the newest.
    pub seen: BTreeMap<String, DateTime<FixedOffset>>,
}

/// Most sources of one journal that are remembered.
pub const MAX_SEEN: usize = 1000;

/// What a program has printed when it was run last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandPosition {
    /// The `logs[]` entry's name.
    pub entry: String,
    /// When it was started: from then on lines are asked for.
    pub began: DateTime<FixedOffset>,
    /// When it printed something new last.
    pub grown: Option<DateTime<FixedOffset>>,
    /// How many lines it printed.
    pub count: u64,
    /// Hashes of its last lines.
    pub last: Vec<u64>,
    /// Length and hash of the half line at which it was killed, and which counted.
    pub half: Option<(usize, u64)>,
}

/// How far everything has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// Of each file generation.
    pub files: Vec<Position>,
    /// Of each journal.
    pub journals: Vec<JournalPosition>,
    /// Of each program.
    pub commands: Vec<CommandPosition>,
}

impl Positions {
    /// These, with `new` ones in the place of theirs.
    #[must_use]
    pub fn updated(&self, new: &Self) -> Self {
        let same = new.files.iter().map(|new| (new.entry.as_str(), new.key()));
        let moved = new.files.iter().filter_map(|new| Some((new.entry.as_str(), new.moved_from?)));
        let replaced: HashSet<_> = same.chain(moved).collect();
        let files = self.files.iter().filter(|old| !replaced.contains(&(old.entry.as_str(), old.key())));
        let journals = self.journals.iter().filter(|old| !new.journals.iter().any(|new| new.entry == old.entry));
        let commands = self.commands.iter().filter(|old| !new.commands.iter().any(|new| new.entry == old.entry));
        Self {
            commands: commands.chain(&new.commands).cloned().collect(),
            files: files.chain(&new.files).cloned().collect(),
            journals: journals.chain(&new.journals).cloned().collect(),
        }
    }
}

/// What tells whether a log is still being written: silence of a dead log proves nothing.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// How far everything has been read by now.
    pub positions: &'a Positions,
    /// How files are named where they are shown.
    pub names: &'a Sanitizer,
}

impl Evidence<'_> {
    /// Whether one of these sources is known to have been written at or after `since`.
    #[must_use]
    pub fn written_since(&self, sources: &[String], since: DateTime<FixedOffset>) -> bool {
        let file = |position: &Position| {
            let grown = DateTime::from_timestamp_nanos(position.grown_ns);
            grown >= since
                && position.last_stamp.is_none_or(|stamp| stamp >= since)
                && sources.iter().any(|source| position.is_of(source, self.names))
        };
        let journal = |position: &JournalPosition| {
            sources.iter().any(|source| position.seen.get(source).is_some_and(|seen| *seen >= since))
        };
        let command = |position: &CommandPosition| {
            sources.contains(&position.entry) && position.grown.is_some_and(|grown| grown >= since)
        };
        let all = self.positions;
        all.commands.iter().any(command) || all.files.iter().any(file) || all.journals.iter().any(journal)
    }
}

impl Position {
    /// Device and inode.
    #[must_use]
    pub const fn key(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// The same under a key that no file has: another file has its inode now.
    #[must_use]
    pub fn displaced(self) -> Self {
        Self { device: !self.device, ..self }
    }

    /// Whether another file has its inode. No device has so large a number.
    #[must_use]
    pub const fn is_displaced(&self) -> bool {
        self.device > u64::MAX / 2
    }

    /// Whether a text can be known by it.
    #[must_use]
    pub const fn proves(&self) -> bool {
        self.offset > 0 && !self.copy
    }

    /// A source's name is the path, or its end within the workspace, as it is shown.
    fn is_of(&self, source: &str, names: &Sanitizer) -> bool {
        let is = |path: &str| {
            path == source || path.strip_suffix(source).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        is(self.path.text()) || is(&names.name(self.path.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<FixedOffset> {
        format!("2026-01-{text}Z").parse().unwrap()
    }

    #[test]
    fn one_unit_does_not_speak_for_another() {
        let seen = [("journal:a.service", "02T00:00:00"), ("journal:b.service", "03T00:00:00")];
        let journal = JournalPosition {
            entry: "journal".to_owned(),
            seen: seen.map(|(source, time)| (source.to_owned(), at(time))).into(),
            ..JournalPosition::default()
        };
        let positions = Positions { journals: vec![journal.clone()], ..Positions::default() };
        let names = Sanitizer::new(&[]).unwrap();
        let evidence = Evidence { positions: &positions, names: &names };
        let written = |source: &str| evidence.written_since(&[source.to_owned()], at("02T12:00:00"));
        assert!(written("journal:b.service"));
        assert!(!written("journal:a.service"), "b's lines are no word of a");
        assert!(!written("journal:c.service"));
        let newer = JournalPosition { cursor: Some("c".to_owned()), ..journal };
        let new = Positions { journals: vec![newer.clone()], ..Positions::default() };
        assert_eq!(positions.updated(&new).journals, [newer]);
    }
}
