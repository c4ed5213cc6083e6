//! What the rules said of an incident, kept until another run sees it.

use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::json;

/// Most incidents of one run whose diagnosis is kept, worst first.
pub(super) const MAX_KEPT: usize = 1000;

/// One thing that held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastFact {
    /// What kind of fact.
    pub kind: String,
    /// One sentence.
    pub text: String,
    /// Where it was seen.
    pub evidence: Vec<String>,
}

/// A row of `diagnoses`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastDiagnosis {
    /// The incident's id.
    pub incident: String,
    /// The run that found it out.
    pub run: String,
    /// What it probably came from.
    pub likely_cause: Option<String>,
    /// What a person should look at.
    pub recommendation: Option<String>,
    /// What held.
    pub facts: Vec<PastFact>,
}

/// Keeps what a run said, instead of what an earlier one did; the worst first.
pub(super) fn put(transaction: &Transaction<'_>, diagnoses: &[PastDiagnosis]) -> rusqlite::Result<()> {
    let mut put = transaction.prepare(
        "INSERT OR REPLACE INTO diagnoses (incident, run, likely_cause, recommendation, facts)
         SELECT id, ?2, ?3, ?4, ?5 FROM incidents WHERE id = ?1",
    )?;
    for one in diagnoses.iter().take(MAX_KEPT) {
        put.execute(params![one.incident, one.run, one.likely_cause, one.recommendation, json::text(&one.facts)])?;
    }
    Ok(())
}

pub(super) fn diagnosis(row: &Row<'_>) -> rusqlite::Result<PastDiagnosis> {
    Ok(PastDiagnosis {
        incident: row.get("incident")?,
        run: row.get("run")?,
        likely_cause: row.get("likely_cause")?,
        recommendation: row.get("recommendation")?,
        facts: json::parse(row, "facts")?,
    })
}
