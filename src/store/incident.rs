//! An incident as it lives across runs.

use chrono::{DateTime, FixedOffset};

use super::Facet;
use crate::words::Severity;

/// Most samples kept of one incident.
pub const MAX_SAMPLES: usize = 8;

/// One line of evidence, already redacted and escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The source's name.
    pub source: String,
    /// Line number from 1.
    pub line: u64,
    /// The text, at most 4 KiB.
    pub text: String,
}

/// A row of `incidents` with what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Stable across runs.
    pub id: String,
    /// The pattern's name; `None` for an error that no pattern knows.
    pub pattern: Option<String>,
    /// What its events have in common.
    pub template: String,
    /// What kind of trouble.
    pub category: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub description: String,
    /// Events over all runs.
    pub total: u64,
    /// Time of the first event (of reading it, when it has none of its own).
    pub first_seen: DateTime<FixedOffset>,
    /// Time of the last event.
    pub last_seen: DateTime<FixedOffset>,
    /// The run that saw it first.
    pub first_run: String,
    /// The run that saw it last.
    pub last_run: String,
    /// Set when it stayed away long enough.
    pub resolved_at: Option<DateTime<FixedOffset>>,
    /// When `--quiet` last told it.
    pub told_at: Option<DateTime<FixedOffset>>,
    /// When a person was last called because its fixes are given up.
    pub cried_at: Option<DateTime<FixedOffset>>,
    /// Attempts before this time no longer count: it was resolved meanwhile.
    pub fresh_since: Option<DateTime<FixedOffset>>,
    /// Where it was seen.
    pub sources: Vec<String>,
    /// Its events by captured values and by who vouches for them; newest first.
    pub facets: Vec<Facet>,
    /// Distinct evidence, at most [`MAX_SAMPLES`].
    pub samples: Vec<Sample>,
}

#[cfg(test)]
impl Incident {
    /// For tests: one event of an error that no pattern knows; each says what else matters to it.
    pub(crate) fn example(id: &str, seen: DateTime<FixedOffset>) -> Self {
        Self {
            id: id.to_owned(),
            pattern: None,
            template: String::new(),
            category: "unknown".to_owned(),
            severity: Severity::High,
            description: String::new(),
            total: 1,
            first_seen: seen,
            last_seen: seen,
            first_run: String::new(),
            last_run: String::new(),
            resolved_at: None,
            told_at: None,
            cried_at: None,
            fresh_since: None,
            sources: Vec::new(),
            facets: Vec::new(),
            samples: Vec::new(),
        }
    }
}
