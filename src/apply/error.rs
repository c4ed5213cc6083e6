//! Why a change was not made.

use std::fmt;
use std::path::PathBuf;

use crate::sys::disk::{ReplaceError, ReplaceErrorKind, TargetError};

use super::backup::BackupError;

/// A change that was not made: unless it says otherwise, the file is as it was.
#[derive(Debug)]
pub enum ApplyError {
    /// The target may not be edited.
    Refused(TargetError),
    /// The target is not what planning read.
    ChangedMeanwhile(PathBuf),
    /// It has these bytes already.
    AlreadyOptimal(PathBuf),
    /// The old bytes could not be put aside.
    Backup(BackupError),
    /// The file could not be replaced.
    Replace(ReplaceError),
    /// Its `validate` did not accept the new text.
    Invalid(String),
    /// An action did not succeed.
    Action(String),
    /// The state folder did not take what must be noted down.
    State(anyhow::Error),
}

impl ApplyError {
    /// The fixed code for JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::ChangedMeanwhile(_) => "changed_meanwhile",
            Self::AlreadyOptimal(_) => "already_optimal",
            Self::Backup(_) => "backup",
            Self::Replace(error) => error.code(),
            Self::Invalid(_) => "invalid",
            Self::Action(_) => "action",
            Self::State(_) => "state",
        }
    }

    /// Another hand changed the file between planning and applying.
    #[must_use]
    pub const fn is_changed_meanwhile(&self) -> bool {
        match self {
            Self::ChangedMeanwhile(_) => true,
            Self::Replace(error) => matches!(error.kind, ReplaceErrorKind::ChangedMeanwhile),
            _ => false,
        }
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(formatter),
            Self::ChangedMeanwhile(path) => {
                write!(formatter, "{} was changed by another hand since it was read: nothing was done", path.display())
            }
            Self::AlreadyOptimal(path) => write!(formatter, "{} is already optimal", path.display()),
            Self::Backup(error) => write!(formatter, "{error}; the file was not touched"),
            Self::Replace(error) => error.fmt(formatter),
            Self::Invalid(why) | Self::Action(why) => formatter.write_str(why),
            Self::State(error) => write!(formatter, "{error:#}"),
        }
    }
}

impl std::error::Error for ApplyError {}

impl From<ReplaceError> for ApplyError {
    fn from(error: ReplaceError) -> Self {
        Self::Replace(error)
    }
}

impl From<TargetError> for ApplyError {
    fn from(error: TargetError) -> Self {
        Self::Refused(error)
    }
}

impl From<BackupError> for ApplyError {
    fn from(error: BackupError) -> Self {
        Self::Backup(error)
    }
}
