//! Two `journal` entries may ask for the same records: each record counts under one of them.

use super::entry::Asked;
use crate::config;
use crate::store::JournalPosition;
use crate::sys::machine;

/// The message by which systemd-coredump tells of a crash.
const COREDUMP: &str = "fc2e22bc6ee647b6b90729ab34a250b1";

/// Another entry that reads the same journal.
#[derive(Debug)]
pub(super) struct Rival {
    pub(super) name: String,
    query: config::Journal,
    /// This boot, when it asks for that alone.
    boot: Option<String>,
    earlier: JournalPosition,
    /// It stands before this one in the configuration.
    first: bool,
    /// It was read before, and the one that asks was not.
    older: bool,
}

/// Where an entry stands to those beside it.
pub(super) struct Side<'a> {
    pub(super) query: &'a config::Journal,
    pub(super) earlier: &'a JournalPosition,
    /// An earlier run has read it.
    pub(super) known: bool,
}

impl Rival {
    /// What `other` is to `own`; `None` when they read different journals.
    pub(super) fn of(own: &Side<'_>, other: &Side<'_>, first: bool) -> Option<Self> {
        (own.query.directory == other.query.directory).then(|| Self {
            name: other.earlier.entry.clone(),
            query: other.query.clone(),
            boot: other.query.boot.then(machine::boot).flatten(),
            earlier: other.earlier.clone(),
            first,
            older: other.known && !own.known,
        })
    }

    /// Whether the record is its to count. What both ask for belongs to the first, whichever run it is read in; but
    /// what one has counted in an earlier run stays its own when the other is new.
    pub(super) fn has(&self, asked: &Asked, micros: i64) -> bool {
        let since = self.earlier.since.map(|since| since.timestamp_micros());
        let its = if self.first {
            // Where its own reading began after the record, it will never see it.
            self.earlier.cursor.is_some() || since.is_none_or(|since| micros >= since)
        } else {
            self.older && self.earlier.cursor.is_some() && since.is_some_and(|since| micros <= since)
        };
        let boot = !self.query.boot || self.boot.as_ref().is_some_and(|boot| asked.boots.contains(boot));
        its && boot && matches(&self.query, asked)
    }
}

/// Whether journalctl would give the record for this query.
fn matches(query: &config::Journal, asked: &Asked) -> bool {
    let has = |values: &[String], wanted: &str| values.iter().any(|value| value == wanted);
    let priority = query
        .priority
        .is_none_or(|most| asked.priorities.iter().any(|text| (0..=most).any(|p| *text == p.to_string())));
    let identifier = query.identifiers.is_empty() || query.identifiers.iter().any(|name| has(&asked.identifiers, name));
    let root = has(&asked.uids, "0");
    let unit = |name: &str| {
        has(&asked.units, name)
            || (has(&asked.pids, "1") && has(&asked.named_units, name))
            || (root && has(&asked.object_units, name))
            || (root && has(&asked.message_ids, COREDUMP) && has(&asked.coredump_units, name))
            || (name.strip_suffix(".slice").is_some() && has(&asked.slices, name))
    };
    priority && identifier && (query.units.is_empty() || query.units.iter().any(|name| unit(name.as_str())))
}
