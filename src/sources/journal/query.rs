//! How journalctl is asked.

use super::entry;
use crate::config;
use crate::store::JournalPosition;

/// The program and its arguments; with the whole text of long fields, or without.
pub(super) fn argv(query: &config::Journal, earlier: &JournalPosition, all: bool) -> Vec<String> {
    let mut argv = ["journalctl", "--output=json", "--no-pager", "--quiet"].map(str::to_owned).to_vec();
    argv.extend(all.then(|| "--all".to_owned()));
    argv.push(format!("--output-fields={}", entry::FIELDS));
    argv.extend(query.units.iter().map(|unit| format!("--unit={}", unit.as_str())));
    argv.extend(query.identifiers.iter().map(|identifier| format!("--identifier={identifier}")));
    argv.extend(query.priority.map(|priority| format!("--priority={priority}")));
    argv.extend(query.boot.then(|| "--boot".to_owned()));
    argv.extend(query.directory.iter().map(|folder| format!("--directory={}", folder.display())));
    // Not --after-cursor: where the entry is gone it leaves out the next one.
    match (&earlier.cursor, earlier.since) {
        (Some(cursor), _) => argv.push(format!("--cursor={cursor}")),
        (None, Some(since)) => argv.push(format!("--since=@{}", since.timestamp())),
        (None, None) => {}
    }
    argv
}
