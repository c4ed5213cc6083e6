//! One step of a plan: what it would do, on what, and how it would be taken back.

use std::path::PathBuf;
use std::time::Duration;

use super::Diff;
use crate::catalogue::{Step, Verb, WriteMode};
use crate::sys::disk::Ownership;
use crate::sys::service::Unit;

/// One change.
#[derive(Debug)]
pub enum PlannedStep {
    /// A file gets new bytes.
    Edit(PlannedEdit),
    /// Something is done to the host.
    Action(PlannedAction),
}

/// A change of a file.
#[derive(Debug)]
pub struct PlannedEdit {
    /// The step as the recipe has it, with captured values.
    pub step: Step,
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// SHA-256, hex, of the bytes that the change builds on.
    pub expected: String,
    /// The bytes that the change builds on.
    pub current: Vec<u8>,
    /// The whole new file.
    pub bytes: Vec<u8>,
    /// The value as it was written; empty when it is added.
    pub old: String,
    /// The value as it will be written.
    pub new: String,
    /// Where the value stands, from 1.
    pub line: usize,
    /// For a person.
    pub diff: Diff,
    /// What must accept the new text before the exchange; `{candidate}` stands for its file.
    pub validate: Option<Vec<String>>,
}

/// A deed on the host.
#[derive(Debug)]
pub struct PlannedAction {
    /// The step as the recipe has it, with captured values.
    pub step: Step,
    /// The unit, the path or the program.
    pub target: String,
    /// What is to be done.
    pub deed: Deed,
    /// What it runs, or what a person would type to the same end; in order.
    pub commands: Vec<Vec<String>>,
    /// What it acts on, as it is now.
    pub state: String,
    /// How it is taken back, in words; `None`: it cannot be.
    pub undo: Option<String>,
    /// What it finds, where that is a value.
    pub old: String,
    /// What it leaves, where that is a value.
    pub new: String,
}

/// What an action does, with everything decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Something to a service.
    Service {
        /// What.
        verb: Verb,
        /// To which unit.
        unit: Unit,
        /// What must succeed before.
        test: Option<Vec<String>>,
    },
    /// Mode and owner of a file or folder.
    Permissions {
        /// Relative to the workspace.
        relative: PathBuf,
        /// As planning found it.
        from: Ownership,
        /// As it is to be.
        to: Ownership,
    },
    /// A program.
    Run {
        /// The program and its arguments, exactly.
        argv: Vec<String>,
        /// What takes it back.
        undo: Option<Vec<String>>,
        /// Killed after this long.
        timeout: Duration,
        /// The exit code of success.
        expect_exit: i32,
    },
}

/// What everybody should know who writes a file in its place.
pub const IN_PLACE: &str = "it is overwritten in its place, which is not atomic: who reads it in that instant may see half of it. \
After a kill, the next `heal --apply` makes it whole";

impl PlannedEdit {
    /// Whether the file itself is overwritten.
    #[must_use]
    pub fn in_place(&self) -> bool {
        matches!(&self.step, Step::Edit(edit) if edit.write_mode == WriteMode::InPlace)
    }
}

impl PlannedStep {
    /// The step as the recipe has it.
    #[must_use]
    pub const fn step(&self) -> &Step {
        match self {
            Self::Edit(edit) => &edit.step,
            Self::Action(action) => &action.step,
        }
    }

    /// The file relative to the workspace, the unit, the path or the program.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Self::Edit(edit) => edit.relative.display().to_string(),
            Self::Action(action) => action.target.clone(),
        }
    }

    /// Whether it can be undone.
    #[must_use]
    pub const fn reversible(&self) -> bool {
        match self {
            Self::Edit(_) => true,
            Self::Action(action) => action.undo.is_some(),
        }
    }
}

impl Deed {
    /// Whether it stops a running service, if only for a moment.
    #[must_use]
    pub const fn restarts(&self) -> Option<&Unit> {
        match self {
            Self::Service { verb: Verb::Restart | Verb::ForceRestart, unit, .. } => Some(unit),
            _ => None,
        }
    }
}
