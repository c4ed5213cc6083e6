//! How far files and journals have been read.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

/// One file generation (not one path): a renamed file keeps its position, a new file under an old name has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The `logs[]` entry's name.
    pub entry: String,
    /// Absolute path when last seen.
    pub path: String,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Bytes read; always just after a newline.
    pub offset: u64,
    /// Lines read, to number the next one.
    pub lines: u64,
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

/// How far everything has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// Of each file generation.
    pub files: Vec<Position>,
    /// Of each journal.
    pub journals: Vec<JournalPosition>,
}

impl Positions {
    /// These, with `new` ones in the place of theirs.
    #[must_use]
    pub fn updated(&self, new: &Self) -> Self {
        let same = |a: &Position, b: &Position| a.entry == b.entry && a.device == b.device && a.inode == b.inode;
        let files = self.files.iter().filter(|old| !new.files.iter().any(|new| same(old, new)));
        let journals = self.journals.iter().filter(|old| !new.journals.iter().any(|new| new.entry == old.entry));
        Self {
            files: files.chain(&new.files).cloned().collect(),
            journals: journals.chain(&new.journals).cloned().collect(),
        }
    }

    /// Whether one of these sources is known to have been written at or after `since`: silence of a dead log proves
    /// nothing.
    #[must_use]
    pub fn written_since(&self, sources: &[String], since: DateTime<FixedOffset>) -> bool {
        let file = |position: &Position| {
            let grown = DateTime::from_timestamp_nanos(position.grown_ns);
            grown >= since
                && position.last_stamp.is_none_or(|stamp| stamp >= since)
                && sources.iter().any(|source| position.is_of(source))
        };
        let journal = |position: &JournalPosition| {
            sources.iter().any(|source| position.seen.get(source).is_some_and(|seen| *seen >= since))
        };
        self.files.iter().any(file) || self.journals.iter().any(journal)
    }
}

impl Position {
    /// A source's name is the path, or its end within the workspace.
    fn is_of(&self, source: &str) -> bool {
        self.path == source || self.path.strip_suffix(source).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
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
        let written = |source: &str| positions.written_since(&[source.to_owned()], at("02T12:00:00"));
        assert!(written("journal:b.service"));
        assert!(!written("journal:a.service"), "b's lines are no word of a");
        assert!(!written("journal:c.service"));
        let newer = JournalPosition { cursor: Some("c".to_owned()), ..journal };
        let new = Positions { journals: vec![newer.clone()], ..Positions::default() };
        assert_eq!(positions.updated(&new).journals, [newer]);
    }
}
