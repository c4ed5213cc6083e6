//! The words that several rooms share, each with its one spelling.

use serde::{Deserialize, Serialize};

/// How bad it is, from least to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth mending.
    Medium,
    /// Users notice.
    High,
    /// Everything stands still.
    Critical,
}

impl Severity {
    /// Worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What a record says of its own importance, from least to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Finest detail.
    Trace,
    /// For developers.
    Debug,
    /// Normal.
    Info,
    /// Normal, but significant.
    Notice,
    /// Something is off.
    #[serde(alias = "warn")]
    Warning,
    /// Something failed.
    Error,
    /// Critical, alert, emergency, fatal, panic.
    Critical,
}

impl Level {
    /// The word in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// What a match may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Reported only.
    Observe,
    /// Planned, and always held back.
    Propose,
    /// Planned and applied.
    Apply,
}

/// How sure a fix is, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Shown, never applied.
    DisplayOnly,
    /// Applied with `--unsafe` or after review.
    Unsafe,
    /// Applied unattended.
    Safe,
}

impl Risk {
    /// The word in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DisplayOnly => "display_only",
            Self::Unsafe => "unsafe",
            Self::Safe => "safe",
        }
    }
}
