//! How `logs[]` entries are named in the database: one whose name holds a secret has its digest there.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Transaction, params};

use super::place::digest;
use super::{KnownEntry, Snapshot};
use crate::sanitize::Sanitizer;

/// Tables with the names of entries, and their columns.
const NAMED: [(&str, &str); 4] =
    [("entries", "name"), ("positions", "entry"), ("journals", "entry"), ("commands", "entry")];
/// Stands between a redacted name and its digest.
const MARK: &str = " #";

/// The name under which an entry is stored.
#[must_use]
pub fn stored(name: &str, names: &Sanitizer) -> String {
    let redactor = names.redactor();
    let is_redacted = |(text, _): (&str, &str)| text != name && !redactor.contains_secret(text);
    if !redactor.contains_secret(name) || sealed(name).is_some_and(is_redacted) {
        return name.to_owned();
    }
    format!("{}{MARK}{}", redactor.redact(name), digest(name))
}

/// Entries as they are stored.
pub(super) fn stored_all(entries: &[KnownEntry], names: &Sanitizer) -> Vec<KnownEntry> {
    entries.iter().map(|entry| KnownEntry { name: stored(&entry.name, names), ..entry.clone() }).collect()
}

/// The redacted name and the digest of a name that was stored so.
fn sealed(stored: &str) -> Option<(&str, &str)> {
    let (text, digest) = stored.rsplit_once(MARK)?;
    (digest.len() == 6 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some((text, digest))
}

/// Configured names, to recognise stored ones by.
struct Configured<'a> {
    names: BTreeSet<&'a str>,
    by_digest: HashMap<String, &'a str>,
}

impl<'a> Configured<'a> {
    fn new(names: impl Iterator<Item = &'a str>) -> Self {
        let names: BTreeSet<&str> = names.collect();
        let by_digest = names.iter().map(|name| (digest(name), *name)).collect();
        Self { names, by_digest }
    }

    /// The configured name that was stored so, whatever rules of redaction held then.
    fn of(&self, stored: &str) -> Option<&'a str> {
        let named = self.names.get(stored).copied();
        named.or_else(|| self.by_digest.get(sealed(stored)?.1).copied())
    }
}

impl Snapshot {
    /// Gives entries that are stored under another name that of the configuration.
    pub fn recognise<'a>(&mut self, configured: impl Iterator<Item = &'a str>, names: &Sanitizer) {
        let configured = Configured::new(configured);
        let Self { entries, positions, .. } = self;
        let known = entries.iter_mut().map(|entry| &mut entry.name);
        let files = positions.files.iter_mut().map(|position| &mut position.entry);
        let journals = positions.journals.iter_mut().map(|position| &mut position.entry);
        let commands = positions.commands.iter_mut().map(|position| &mut position.entry);
        for name in known.chain(files).chain(journals).chain(commands) {
            // A command without a name of its own is called in the configuration as it is stored.
            let known = configured.of(name).or_else(|| configured.of(&stored(name, names)));
            if let Some(known) = known.filter(|known| known != name) {
                known.clone_into(name);
            }
        }
    }
}

/// Gives what is stored of the configured entries the names that the rules of redaction ask for now.
pub(super) fn rename(
    transaction: &Transaction<'_>,
    configured: &[KnownEntry],
    names: &Sanitizer,
) -> rusqlite::Result<()> {
    let known = Configured::new(configured.iter().map(|entry| entry.name.as_str()));
    let all = NAMED.map(|(table, column)| format!("SELECT {column} FROM {table}")).join(" UNION ");
    let mut query = transaction.prepare(&all)?;
    let old: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for old in old {
        let new = stored(known.of(&old).unwrap_or(&old), names);
        if new == old {
            continue;
        }
        for (table, column) in NAMED {
            let update = format!("UPDATE OR REPLACE {table} SET {column} = ?2 WHERE {column} = ?1");
            transaction.execute(&update, params![old, new])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{JournalPosition, Positions};

    fn names(rules: &[&str]) -> Sanitizer {
        Sanitizer::new(&rules.iter().map(|rule| (*rule).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_name_with_a_secret_is_stored_without_it_and_recognised_whatever_the_rules() {
        let (none, one, other) = (names(&[]), names(&["ORD-[0-9]+"]), names(&["logs/.*"]));
        let name = "logs/ORD-77/*.log";
        assert_eq!(stored(name, &none), name);
        let (first, second) = (stored(name, &one), stored(name, &other));
        assert!(!first.contains("ORD-77") && !second.contains("logs"), "{first} {second}");
        let known = Configured::new([name, "other"].into_iter());
        for stored in [name, &first, &second] {
            assert_eq!(known.of(stored), Some(name), "{stored}");
        }
        assert_eq!(stored(&first, &one), first, "what an entry that is gone was called stays");
        assert_eq!(known.of("logs/[REDACTED:custom] #000000"), None);
        assert_ne!(first, stored("logs/ORD-78/*.log", &one), "two entries stay two");
    }

    #[test]
    fn a_name_that_only_looks_stored_hides_no_secret() {
        let stored = stored("ORD-77 #abcdef", &names(&["ORD-[0-9]+"]));
        assert!(!stored.contains("ORD-77"), "{stored}");
    }

    #[test]
    fn what_was_read_of_an_entry_is_found_under_its_stored_name() {
        let name = "token=abcdef123456";
        let entry = stored(name, &names(&[]));
        let journal = JournalPosition { entry: entry.clone(), ..JournalPosition::default() };
        let mut snapshot = Snapshot {
            entries: vec![KnownEntry { name: entry, since: None }],
            positions: Positions { journals: vec![journal], ..Positions::default() },
            ..Snapshot::default()
        };
        snapshot.recognise([name].into_iter(), &names(&[]));
        assert_eq!(snapshot.entries[0].name, name);
        assert_eq!(snapshot.positions.journals[0].entry, name);
        // The other way about: stored before there was a rule, and sealed in the configuration since.
        let sealed = stored(name, &names(&[]));
        snapshot.recognise([sealed.as_str()].into_iter(), &names(&[]));
        assert_eq!(snapshot.positions.journals[0].entry, sealed);
    }
}
