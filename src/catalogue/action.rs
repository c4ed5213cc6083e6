//! Steps that act on the host instead of editing a file.

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::sys::service::Verb;

/// `restart_service`, `start_service`, `stop_service`, `reload_service`, `force_restart`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAction {
    /// What is done.
    pub verb: Verb,
    /// The unit; without a suffix, a `.service`.
    pub service: String,
}

/// `reload_config`: a test first, then a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadConfig {
    /// The unit.
    pub service: String,
    /// An argv that must exit 0 before the reload.
    pub test: Vec<String>,
}

/// `fix_permissions`: mode and owner of one file or folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixPermissions {
    /// Relative to the workspace, or absolute.
    pub path: String,
    /// The new mode.
    pub mode: Option<ModeChange>,
    /// The new owner, by name or number.
    pub owner: Option<String>,
    /// The new group, by name or number.
    pub group: Option<String>,
}

/// A mode as `chmod` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModeChange {
    /// `"0640"`: exactly this.
    Exact(u32),
    /// `u+x,g-w`: in turn.
    Symbolic(Vec<ModeClause>),
}

/// One clause of a symbolic mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeClause {
    /// Bits of those who are named: `u` 0700, `g` 0070, `o` 0007.
    pub who: u32,
    /// `+`, `-` or `=`.
    pub operator: char,
    /// Bits that are named, for all three.
    pub bits: u32,
}

impl ModeChange {
    /// The mode that `mode` becomes.
    #[must_use]
    pub fn apply(&self, mode: u32) -> u32 {
        match self {
            Self::Exact(exact) => *exact,
            Self::Symbolic(clauses) => clauses.iter().fold(mode, |mode, clause| match clause.operator {
                '+' => mode | (clause.bits & clause.who),
                '-' => mode & !(clause.bits & clause.who),
                _ => (mode & !clause.who) | (clause.bits & clause.who),
            }),
        }
    }
}

/// `run`: a program of the operator's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCommand {
    /// The program and its arguments, exactly.
    pub argv: Vec<String>,
    /// What takes it back.
    pub undo: Option<Vec<String>>,
    /// Killed after this long.
    pub timeout: Option<Duration>,
    /// The exit code of success.
    pub expect_exit: i32,
}
