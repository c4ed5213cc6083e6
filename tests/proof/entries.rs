//! Every key of a file of sections, keys and values, edited by its path.

use std::collections::BTreeSet;

use heal::catalogue::{Edit, check_edit};
use heal::plan::edit::{Proposal, propose};
use serde_json::{Value, json};

use crate::change;
use crate::dialects::Written;
use crate::figures::Figures;
use crate::readers::{Entries, Entry};

/// What some dialect has to quote, or cannot write.
const AWKWARD: [&str; 4] = ["a b; c # d", "it's 50% \\ $x", "say \"no\"", " é = [x]: "];

/// A change that is to be read by the other reader.
struct Change {
    what: String,
    text: String,
    /// Any of these is right.
    wanted: Vec<Entries>,
}

/// Edits the file at every key, in several ways each, and adds a key to every section.
pub fn every(written: &Written, name: &str, text: &str, figures: &mut Figures) {
    let Some(entries) = (written.read)(&[text.to_owned()]).pop().flatten() else {
        figures.unread += 1;
        return;
    };
    figures.files += 1;
    let mut file = File { written, name, text, changes: Vec::new() };
    let mut seen = BTreeSet::new();
    for (turn, entry) in entries.iter().enumerate() {
        figures.values += 1;
        // The last one counts, or none.
        if seen.insert((&entry.section, &entry.key)) {
            file.key(entry, turn + text.len(), &entries, figures);
        }
    }
    let sections: BTreeSet<&Option<String>> = entries.iter().map(|entry| &entry.section).collect();
    for section in sections {
        let added = Entry { section: section.clone(), key: "added_by_heal".to_owned(), value: Some("new".to_owned()) };
        let mut wanted = entries.clone();
        wanted.push(added.clone());
        file.try_edit(&added, &json!({"set": {"text": "new"}}), true, vec![wanted], figures);
    }
    file.judge(figures);
}

struct File<'a> {
    written: &'a Written,
    name: &'a str,
    text: &'a str,
    changes: Vec<Change>,
}

impl File<'_> {
    fn key(&mut self, entry: &Entry, turn: usize, entries: &Entries, figures: &mut Figures) {
        let text = |text: &str| (json!({"set": {"text": text}}), vec![text.to_owned()]);
        let awkward = text(AWKWARD[turn / 2 % AWKWARD.len()]);
        let mut edits = vec![text("healed"), awkward];
        edits.push(match turn % 3 {
            0 => text("on"),
            1 => (json!({"set": {"number": "8217"}}), vec!["8217".to_owned()]),
            _ => (
                json!({"set": {"bool": true}}),
                ["true", "True", "TRUE", "on", "On", "ON", "yes", "Yes", "YES", "1"].map(str::to_owned).to_vec(),
            ),
        });
        if let Some(old) = entry.value.as_ref().and_then(|value| value.parse::<i64>().ok()) {
            let change = json!({"by": {"amount": "1"}, "min_value": null, "max_value": null});
            edits.push((json!({"increase": change}), vec![(i128::from(old) + 1).to_string()]));
        }
        for (operation, mut readings) in edits {
            if self.written.truths && readings.iter().any(|reading| reading == "on") {
                readings.push("1".to_owned());
            }
            let wanted = readings.into_iter().map(|reading| {
                let mut wanted = entries.clone();
                let same = |other: &&mut Entry| (&other.section, &other.key) == (&entry.section, &entry.key);
                if let Some(last) = wanted.iter_mut().rfind(same) {
                    last.value = Some(reading);
                }
                wanted
            });
            self.try_edit(entry, &operation, false, wanted.collect(), figures);
        }
    }

    fn try_edit(&mut self, at: &Entry, operation: &Value, create: bool, wanted: Vec<Entries>, figures: &mut Figures) {
        let edit: Edit = serde_json::from_value(json!({
            "file": self.name,
            "locator": {"ini_path": {"section": at.section, "key": at.key}},
            "operation": operation, "dialect": self.written.dialect,
            "document": null, "unit": null, "expect_current": null, "expect_matches": 1, "create_missing": create,
            "write_mode": "replace",
        }))
        .unwrap();
        let what = format!("{}: {:?} {:?}", self.name, edit.locator, edit.operation);
        // What no table may ask for.
        if check_edit(&edit).is_err() {
            figures.refuse("malformed");
            return;
        }
        match propose(self.text.as_bytes(), &edit) {
            Err(refusal) => change::refused(&what, &refusal, figures),
            // That it is right already, the reader says too.
            Ok(Proposal::AlreadyOptimal { .. }) => {
                self.changes.push(Change { what, text: self.text.to_owned(), wanted });
            }
            Ok(Proposal::Change(changed)) => match change::fault(self.text, &edit, &changed) {
                None => self.changes.push(Change { what, text: changed.text, wanted }),
                Some(fault) => figures.wrong.push(format!("{what}: {fault}")),
            },
            Ok(other) => figures.wrong.push(format!("{what}: {other:?}")),
        }
    }

    fn judge(self, figures: &mut Figures) {
        let texts: Vec<String> = self.changes.iter().map(|change| change.text.clone()).collect();
        for (change, read) in self.changes.iter().zip((self.written.read)(&texts)) {
            let read = read.map(sorted);
            if read.as_ref().is_some_and(|read| change.wanted.iter().any(|wanted| sorted(wanted.clone()) == *read)) {
                figures.exact += 1;
                continue;
            }
            let wanted = sorted(change.wanted.first().cloned().unwrap_or_default());
            let other = read.map(|read| read.into_iter().filter(|entry| !wanted.contains(entry)).collect::<Vec<_>>());
            figures.wrong.push(format!("{}: the other reader has {other:?}", change.what));
        }
    }
}

/// Where a new key stands among its neighbours does not matter.
fn sorted(mut entries: Entries) -> Entries {
    entries.sort();
    entries
}
