//! A row of the table of patterns.

use std::collections::BTreeMap;
use std::time::Duration;

use super::capture::CaptureType;
use super::fix::Origin;
use crate::words::{Level, Mode, Severity};

/// A row of the table: what an error looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Unique, `[a-z][a-z0-9_]*`.
    pub name: String,
    /// Case-insensitive unless it says `(?-i)`; sees each physical line as written.
    pub regex: String,
    /// How bad it is.
    pub severity: Severity,
    /// What kind of trouble.
    pub category: String,
    /// One sentence for the report.
    pub description: String,
    /// A record known to be below it does not match; one without a level does.
    pub min_level: Option<Level>,
    /// Fewer events plan no fix.
    pub threshold: Option<Threshold>,
    /// Groups of the regex whose values steps may use, each with its type.
    pub captures: BTreeMap<String, CaptureType>,
    /// What a match may lead to.
    pub mode: Mode,
    /// What a person should look at.
    pub advice: Option<String>,
    /// Lines that it must match.
    pub match_examples: Vec<String>,
    /// Lines that it must not match.
    pub no_match_examples: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// How many events within which time a fix needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Events, at least 1.
    pub count: u32,
    /// Any stretch of this length, up to now.
    pub within: Duration,
}
