//! The events of an incident that agree in what a fix may ask of them: captured values, and who vouches for them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};

/// A row of `facets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// Captured values as the log has them, by group: hostile until their type is checked.
    pub captures: BTreeMap<String, String>,
    /// The demands of `trusted` that journald's own fields meet, as `Trusted::key` writes them.
    pub vouched: BTreeSet<String>,
    /// Time of the last event.
    pub last_seen: DateTime<FixedOffset>,
    /// Times of the newest events, oldest first: as many as a threshold or a condition asks for.
    pub recent: Vec<DateTime<FixedOffset>>,
}

impl Facet {
    /// Whether the events have these captured values, whatever else they have.
    #[must_use]
    pub fn has(&self, captures: &BTreeMap<String, String>) -> bool {
        captures.iter().all(|(group, value)| self.captures.get(group) == Some(value))
    }

    /// Whether its events count for who demands this; nothing demanded: they do.
    #[must_use]
    pub fn counts_for(&self, demand: Option<&str>) -> bool {
        demand.is_none_or(|demand| self.vouched.contains(demand))
    }
}
