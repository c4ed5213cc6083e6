//! One suggestion, or all of them, as they stand now.

use anyhow::Result;

use super::folder::Folder;
use super::situation;
use super::standing::{fix_of, of_kept};
use crate::catalogue::{Catalogue, Decision, Fix, Selector, Step, Suggestion, name_of};
use crate::commands::setup::Setup;
use crate::config::TablePath;
use crate::plan::{PlannedEdit, suggested};
use crate::report::suggestions::{Standing, SuggestionDocument, SuggestionRow};
use crate::sanitize::Sanitizer;
use crate::sys::clock;

/// A suggestion, looked at again: the tables, the policy and the file may have changed since it was made.
pub(super) struct View {
    pub suggestion: Suggestion,
    pub row: SuggestionRow,
    /// What it would change, or why it cannot be accepted.
    pub change: Result<PlannedEdit, String>,
}

impl View {
    /// # Errors
    /// It cannot be read, or others may write it.
    pub fn of(setup: &Setup, folder: &Folder, id: &str) -> Result<Self> {
        let suggestion = folder.read(id)?;
        let row = row(setup, &suggestion);
        let sees = suggestion.is_reviewable(&setup.sanitizer).then_some(());
        let sees = sees.ok_or_else(|| "it holds what nobody is shown: a secret, or hidden characters".to_owned());
        let change = sees.and_then(|()| fits_the_tables(setup, folder, id)).and_then(|()| {
            let tried = situation(setup, clock::now(), |situation| suggested(situation, &suggestion.fix));
            tried.map_err(|(reason, why)| format!("{why} ({})", reason.as_str()))
        });
        Ok(Self { suggestion, row, change })
    }

    pub fn document(&self, sanitizer: &Sanitizer) -> SuggestionDocument {
        let change = self.change.as_ref().map(|edit| &edit.diff).map_err(String::as_str);
        let shown = |text: &str| sanitizer.clean_multiline(text.as_bytes(), 2 * text.len());
        let (why, body) = (shown(&self.suggestion.suggested.why), shown(&self.suggestion.body));
        SuggestionDocument::new(self.row.clone(), &why, &body, change)
    }

    /// The file that holds it as a fix.
    pub fn fix_file(&self) -> Option<&str> {
        self.row.fix_file.as_deref()
    }
}

/// Whether the tables could be loaded with it.
fn fits_the_tables(setup: &Setup, folder: &Folder, id: &str) -> Result<(), String> {
    let mut config = setup.config.clone();
    config.fixes.push(TablePath { path: folder.file(id), optional: false });
    let catalogue = Catalogue::load(&config).map_err(|error| format!("{error:#}"))?;
    if catalogue.fixes.iter().any(|fix| fix.name == name_of(id)) {
        Ok(())
    } else {
        Err(format!("`disable` in the configuration names {}", name_of(id)))
    }
}

/// All suggestions, those that wait first, then the newest.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn rows(setup: &Setup, folder: &Folder) -> Result<Vec<SuggestionRow>> {
    let one = |id: String| match folder.read(&id) {
        Ok(suggestion) => row(setup, &suggestion),
        Err(error) => damaged(id, &setup.sanitizer.clean(format!("{error:#}").as_bytes(), 500)),
    };
    let mut rows: Vec<SuggestionRow> = folder.ids()?.into_iter().map(one).collect();
    rows.sort_by_key(|row| (row.state != Standing::Open.as_str(), std::cmp::Reverse(row.suggested_at.clone())));
    Ok(rows)
}

fn row(setup: &Setup, suggestion: &Suggestion) -> SuggestionRow {
    let suggested = &suggestion.suggested;
    let fix = fix_of(&setup.catalogue, &suggested.id);
    let (standing, detail) = of_kept(&setup.catalogue, &suggested.id, suggestion.decision.as_ref());
    let word = suggestion.decision.as_ref().map(|decision| match decision {
        Decision::Accepted(word) | Decision::Rejected(word) => word,
    });
    let words = suggestion.fix.steps.first().map(Step::shown);
    SuggestionRow {
        id: suggested.id.clone(),
        state: standing.as_str(),
        incident: suggested.incident.clone(),
        r#for: selectors(&suggestion.fix),
        target: suggestion.edit().map(|edit| edit.file.clone()).unwrap_or_default(),
        edit: setup.sanitizer.clean(words.unwrap_or_default().as_bytes(), 300),
        model: suggested.model.clone(),
        suggested_at: suggested.at.clone(),
        fix: suggestion.fix.name.clone(),
        fix_file: fix.map(|fix| fix.origin.file.display().to_string()),
        hash: suggestion.hash(),
        decided_by: word.map(|word| word.by.clone()),
        decided_at: word.map(|word| word.at.clone()),
        detail,
    }
}

fn damaged(id: String, why: &str) -> SuggestionRow {
    SuggestionRow {
        state: Standing::Damaged.as_str(),
        incident: String::new(),
        r#for: String::new(),
        target: String::new(),
        edit: "cannot be read".to_owned(),
        model: String::new(),
        suggested_at: String::new(),
        fix: name_of(&id),
        fix_file: None,
        hash: String::new(),
        decided_by: None,
        decided_at: None,
        detail: Some(why.to_owned()),
        id,
    }
}

fn selectors(fix: &Fix) -> String {
    let word = |selector: &Selector| match selector {
        Selector::Pattern(name) => name.clone(),
        Selector::Category(name) => format!("category:{name}"),
    };
    fix.selectors.iter().map(word).collect::<Vec<_>>().join(", ")
}
