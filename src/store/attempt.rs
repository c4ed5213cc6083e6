//! One fix applied for one incident, and what became of it.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

/// What is known of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Begun, and nothing more is known: a run that was killed leaves it so.
    UnderWay,
    /// Applied, its checks pass, not yet proven.
    OnProbation,
    /// Seen to have helped.
    Confirmed,
    /// The error came back before it was confirmed.
    Ineffective,
    /// The error came back after it was confirmed.
    Regressed,
    /// A week without evidence.
    Inconclusive,
    /// Taken back.
    Undone,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 7] = [
        Self::UnderWay,
        Self::OnProbation,
        Self::Confirmed,
        Self::Ineffective,
        Self::Regressed,
        Self::Inconclusive,
        Self::Undone,
    ];

    /// The word in the database and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::OnProbation => "on_probation",
            Self::Confirmed => "confirmed",
            Self::Ineffective => "ineffective",
            Self::Regressed => "regressed",
            Self::Inconclusive => "inconclusive",
            Self::Undone => "undone",
        }
    }

    /// Whether it counts as a failure of the fix.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Ineffective | Self::Regressed | Self::Inconclusive)
    }

    /// The verdict of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
}

/// A row of `attempts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Row number; 0 before it is stored.
    pub id: i64,
    /// The run that applied it.
    pub run: String,
    /// The incident it is for.
    pub incident: String,
    /// The fix's name.
    pub fix: String,
    /// What it acted on, sorted, joined by `, `.
    pub target: String,
    /// The captured values that it was applied with.
    pub captures: BTreeMap<String, String>,
    /// When it was begun.
    pub applied_at: DateTime<FixedOffset>,
    /// When its checks had passed.
    pub settled_at: Option<DateTime<FixedOffset>>,
    /// SHA-256, hex, over the values that it wrote: tells whether a next attempt would do the same again.
    pub wrote: String,
    /// What is known of it.
    pub verdict: Verdict,
    /// Whether it was once judged not to help; stays when it is taken back.
    pub failed: bool,
    /// When that became known.
    pub judged_at: Option<DateTime<FixedOffset>>,
    /// Why, in a sentence.
    pub detail: String,
}

impl Attempt {
    /// Whether it may be about the same thing as these captured values: none that both have differs.
    #[must_use]
    pub fn agrees_with(&self, captures: &BTreeMap<String, String>) -> bool {
        self.captures.iter().all(|(group, value)| captures.get(group).is_none_or(|other| other == value))
    }
}
