//! What was read and what was not: part of the result.

use chrono::{DateTime, FixedOffset};

/// How reading one source went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Read to its end.
    Ok,
    /// Nothing (new) in it.
    Empty,
    /// Quiet for longer than its own past rhythm or its `expect`.
    Silent,
    /// Not there, or a glob that matches nothing.
    Missing,
    /// There, and could not be read.
    Unreadable,
    /// Read in part: a bound was hit, or it vanished meanwhile.
    Truncated,
    /// Left out on purpose (a FIFO, a second name of a file): no trouble.
    Skipped,
}

impl State {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Empty => "empty",
            Self::Silent => "silent",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Truncated => "truncated",
            Self::Skipped => "skipped",
        }
    }

    /// Whether a result that lacks this source can still be called healthy.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Silent | Self::Missing | Self::Unreadable | Self::Truncated)
    }
}

/// One source's part of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Path relative to the workspace where it lies inside, else absolute; a glob that matches nothing as written.
    pub source: String,
    /// The `logs[]` entry it belongs to.
    pub entry: String,
    /// How it went.
    pub state: State,
    /// Lines that this run read.
    pub lines: u64,
    /// Bytes that this run read.
    pub bytes: u64,
    /// Stamp of the first stamped line read.
    pub from: Option<DateTime<FixedOffset>>,
    /// Stamp of the last stamped line read.
    pub to: Option<DateTime<FixedOffset>>,
    /// Whether the entry says `required: true`.
    pub required: bool,
    /// It is silent against what is expected, or has gone silent just now.
    pub alarm: bool,
    /// What a person should know: the error, the bound that was hit, a rotation.
    pub detail: String,
}

impl Coverage {
    /// Nothing read yet, nothing wrong.
    #[must_use]
    pub fn new(source: &str, entry: &str, required: bool) -> Self {
        Self {
            source: source.to_owned(),
            entry: entry.to_owned(),
            state: State::Ok,
            lines: 0,
            bytes: 0,
            from: None,
            to: None,
            required,
            alarm: false,
            detail: String::new(),
        }
    }
}
