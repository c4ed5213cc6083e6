//! What a run's manifest says of an action: enough to take it back, in this run or a later one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::manifest::is_plain;
use crate::plan::Deed;
use crate::sys::disk::Ownership;
use crate::sys::service::{self, ServiceState, Unit, Verb};

/// An action, with what it found and what it left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a run has a few of them")]
pub enum ActionChange {
    /// Something was done to a service.
    Service {
        /// What.
        verb: Verb,
        /// To which unit.
        unit: String,
        /// Its state before.
        before: ServiceState,
        /// Its state after; `None` until then.
        after: Option<ServiceState>,
    },
    /// A file or folder got another mode or owner.
    Permissions {
        /// Relative to the workspace.
        relative: PathBuf,
        /// What it had.
        before: Ownership,
        /// What it got.
        after: Ownership,
    },
    /// A program ran.
    Command {
        /// The program and its arguments, exactly.
        argv: Vec<String>,
        /// What takes it back.
        undo: Option<Vec<String>>,
        /// Killed after so many seconds.
        timeout: u64,
        /// The exit code of success.
        expect_exit: i32,
    },
}

impl ActionChange {
    /// Of a planned deed; `state` is that of its service now.
    pub(super) fn of(deed: &Deed, state: Option<ServiceState>) -> Option<Self> {
        Some(match deed {
            Deed::Service { verb, unit, .. } => {
                Self::Service { verb: *verb, unit: unit.as_str().to_owned(), before: state?, after: None }
            }
            Deed::Permissions { relative, from, to } => {
                Self::Permissions { relative: relative.clone(), before: *from, after: *to }
            }
            Deed::Run { argv, undo, timeout, expect_exit } => Self::Command {
                argv: argv.clone(),
                undo: undo.clone(),
                timeout: timeout.as_secs(),
                expect_exit: *expect_exit,
            },
        })
    }

    /// What a person would type to the same end.
    #[must_use]
    pub fn by_hand(&self, workspace: &Path) -> Vec<Vec<String>> {
        match self {
            Self::Service { verb, unit, .. } => {
                Unit::parse(unit).map(|unit| service::commands(*verb, &unit)).unwrap_or_default()
            }
            Self::Permissions { relative, before, after } => {
                let path = workspace.join(relative).display().to_string();
                let owner =
                    vec!["chown".to_owned(), format!("{}:{}", after.uid, after.gid), "--".to_owned(), path.clone()];
                let mode = vec!["chmod".to_owned(), format!("{:04o}", after.mode), "--".to_owned(), path];
                let owner_changes = (before.uid, before.gid) != (after.uid, after.gid);
                [owner_changes.then_some(owner), Some(mode)].into_iter().flatten().collect()
            }
            Self::Command { argv, .. } => vec![argv.clone()],
        }
    }

    /// Whether anything is left of it that could be put back, were it all that its run did.
    pub(super) fn makes_a_difference(&self) -> bool {
        match self {
            Self::Service { before, after, .. } => {
                after.as_ref().is_none_or(|after| after.is_active() != before.is_active())
            }
            Self::Permissions { before, after, .. } => before != after,
            Self::Command { undo, .. } => undo.is_some(),
        }
    }

    /// How long a program may take.
    pub(super) const fn timeout(&self) -> Option<Duration> {
        match self {
            Self::Command { timeout, .. } => Some(Duration::from_secs(*timeout)),
            _ => None,
        }
    }

    pub(super) fn validate(&self) -> Result<(), &'static str> {
        match self {
            Self::Service { unit, .. } if Unit::parse(unit).is_err() => Err("a unit's name is none"),
            Self::Permissions { relative, .. } if !is_plain(relative) => Err("a target does not lie in its workspace"),
            Self::Command { argv, undo, .. } if argv.is_empty() || undo.as_ref().is_some_and(Vec::is_empty) => {
                Err("a command is empty")
            }
            _ => Ok(()),
        }
    }
}
