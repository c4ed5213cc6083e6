//! The only place that names an exit code.

/// How a run ended, as the number that the calling process sees.
///
/// The order of the variants is not the order of precedence: `report::outcome` decides which case holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing wrong, or everything found was healed.
    Healthy,
    /// Trouble remains: errors without a fix, fixes held back, or a dry run with something to apply.
    Trouble,
    /// heal itself could not do its work: usage, configuration, state, interrupted.
    Failed,
    /// A fix failed its checks and was undone.
    FixUndone,
    /// An undo failed: a person is needed now.
    UndoFailed,
    /// Another run holds the lock (`EX_TEMPFAIL`).
    Locked,
}

impl Exit {
    /// The number for the operating system.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Trouble => 1,
            Self::Failed => 2,
            Self::FixUndone => 3,
            Self::UndoFailed => 4,
            Self::Locked => 75,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
