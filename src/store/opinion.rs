//! How sure the model was, and whether the fixes that it named helped.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::{Transaction, params};

use super::View;
use super::snapshot::{rows_with, unsigned};

/// A row of `opinions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastOpinion {
    /// The incident's id.
    pub incident: String,
    /// `low`, `medium`, `high`; `None` when it did not say.
    pub confidence: Option<String>,
    /// The registered fix that it named.
    pub fix: Option<String>,
    /// The id of the edit that it proposed.
    pub suggestion: Option<String>,
}

/// Of answers whose named fix was applied in the same run and judged since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The fix was seen to have helped.
    pub confirmed: u64,
    /// All of them.
    pub of: u64,
}

pub(super) fn put(transaction: &Transaction<'_>, run: &str, opinions: &[PastOpinion]) -> rusqlite::Result<()> {
    for one in opinions {
        transaction.execute(
            "INSERT OR REPLACE INTO opinions (run, incident, confidence, fix, suggestion) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![run, one.incident, one.confidence, one.fix, one.suggestion],
        )?;
    }
    Ok(())
}

impl View {
    /// What became of such answers, by their confidence.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn confidence_records(&self) -> Result<BTreeMap<String, Record>> {
        let sql = "SELECT o.confidence, SUM(a.verdict = 'confirmed'), COUNT(*)
                   FROM opinions o JOIN attempts a ON a.run = o.run AND a.incident = o.incident AND a.fix = o.fix
                   WHERE o.confidence IS NOT NULL AND a.verdict NOT IN ('under_way', 'on_probation') GROUP BY 1";
        let rows = rows_with(&self.connection, sql, [], |row| {
            Ok((row.get(0)?, Record { confirmed: unsigned(row, 1)?, of: unsigned(row, 2)? }))
        })?;
        Ok(rows.into_iter().collect())
    }
}
