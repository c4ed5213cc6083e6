//! A new row for the table of patterns, made from an incident that no pattern knows.

mod judge;
mod regex;
mod row;
mod table;
#[cfg(test)]
mod tests;

pub use judge::{Known, Rival};
pub use row::{free_name, names_of};
pub use table::{appended, yaml};

use std::collections::BTreeSet;

use crate::catalogue::Catalogue;
use crate::store::{Incident, Sample};
use crate::words::{Level, Severity};

/// Most examples of lines that a row must not match.
const MAX_OTHERS: usize = 3;

/// A row, ready to be written and reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// `[a-z][a-z0-9_]*`.
    pub name: String,
    /// Matches all samples, and no other text that is known.
    pub regex: String,
    /// The incident's.
    pub severity: Severity,
    /// The incident's; of an `unknown` one a category of the tables that the text names.
    pub category: String,
    /// One sentence.
    pub description: String,
    /// Where every sample says as much of itself.
    pub min_level: Option<Level>,
    /// Lines that it must match.
    pub matches: Vec<String>,
    /// Lines that it must not match.
    pub no_matches: Vec<String>,
}

/// Makes the row.
///
/// # Errors
/// One sentence: why there can be no good row.
pub fn draft(
    incident: &Incident,
    others: &[Incident],
    catalogue: &Catalogue,
    name: Option<&str>,
) -> Result<Draft, String> {
    let lines: Vec<Vec<&str>> = incident.samples.iter().map(lines).filter(|lines| !lines.is_empty()).collect();
    if lines.is_empty() {
        return Err("no sample of it is kept: wait until it is seen again, or write the row by hand".to_owned());
    }
    let known = Known::new(incident, others, catalogue);
    if let Some(pattern) = Known::pattern_of(&lines, catalogue)? {
        return Err(format!("the pattern `{pattern}` knows its lines by now; the next events count there"));
    }
    let (regex, matches) = known.first_good(&regex::candidates(&incident.template, &lines), &lines)?;
    let words = row::words(&incident.template);
    let taken: BTreeSet<&str> = catalogue.patterns.iter().map(|pattern| pattern.name.as_str()).collect();
    let levels = matches.iter().map(|line| judge::level(line));
    let clear = levels.into_iter().all(|level| level.is_some_and(|level| level >= Level::Warning));
    Ok(Draft {
        name: name.map_or_else(|| free_name(&row::name(&words), &taken), str::to_owned),
        severity: incident.severity,
        category: match incident.category.as_str() {
            "unknown" => row::category(&words, catalogue),
            known => known.to_owned(),
        },
        description: row::description(&incident.template),
        min_level: clear.then_some(Level::Warning),
        no_matches: known.nearest(&matches, MAX_OTHERS),
        regex,
        matches,
    })
}

/// What a person would call lines: the mark of a cut is none of the text.
fn lines(sample: &Sample) -> Vec<&str> {
    sample.text.lines().map(|line| line.trim_end_matches('…')).filter(|line| !line.trim().is_empty()).collect()
}
