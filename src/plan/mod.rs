//! Which steps this run would take, as a value; reads, never writes.

mod allowed;
mod bench;
mod budget;
mod conflict;
mod diff;
pub mod edit;
mod held_back;
mod judgement;
mod ladder;
mod take_back;

use std::path::PathBuf;

use chrono::{DateTime, FixedOffset};

pub use diff::Diff;
pub use held_back::{HeldBack, Reason};
pub use ladder::plan;
pub use take_back::{PastChange, RestoredFile, TakeBack, Undoable};

use crate::catalogue::{Catalogue, Fix, Step};
use crate::config::Config;
use crate::group::OpenIncident;
use crate::sanitize::Sanitizer;
use crate::store::Snapshot;

/// Everything that planning looks at.
pub struct Situation<'a> {
    /// What is wrong.
    pub incidents: &'a [OpenIncident],
    /// What could be done.
    pub catalogue: &'a Catalogue,
    /// What may be done.
    pub config: &'a Config,
    /// What was done before, with this run's verdicts.
    pub snapshot: &'a Snapshot,
    /// Keeps secrets out of diffs and reasons.
    pub sanitizer: &'a Sanitizer,
    /// Changes of earlier runs that can be taken back.
    pub undoable: &'a dyn Undoable,
    /// `--unsafe`.
    pub with_unsafe: bool,
    /// The present.
    pub now: DateTime<FixedOffset>,
}

impl Situation<'_> {
    /// A sentence with words from files in it, safe to show.
    fn clean(&self, text: &str) -> String {
        self.sanitizer.clean(text.as_bytes(), 1024)
    }
}

/// What this run would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// What did not help and goes first.
    pub take_backs: Vec<TakeBack>,
    /// What is to be applied, in this order.
    pub fixes: Vec<PlannedFix>,
    /// What is not to be done, and why.
    pub held_back: Vec<HeldBack>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.take_backs.is_empty() && self.fixes.is_empty()
    }

    /// Steps that would change something.
    #[must_use]
    pub fn step_count(&self) -> usize {
        self.take_backs.iter().map(|back| back.files.len()).sum::<usize>()
            + self.fixes.iter().map(|fix| fix.steps.len()).sum::<usize>()
    }

    /// Whether a step is planned for this incident.
    #[must_use]
    pub fn serves(&self, incident: &str) -> bool {
        self.fixes.iter().any(|fix| fix.incidents.iter().any(|served| served == incident))
    }
}

/// A fix that is to be applied, whole.
#[derive(Debug)]
pub struct PlannedFix {
    /// The recipe.
    pub fix: Fix,
    /// The incidents that it is for, worst first.
    pub incidents: Vec<String>,
    /// Its files, sorted, joined by `, `.
    pub target: String,
    /// Which attempt this is for the first incident, from 1.
    pub attempt: usize,
    /// SHA-256 over the values that it writes.
    pub wrote: String,
    /// What changes; steps that are already optimal are not here.
    pub steps: Vec<PlannedStep>,
}

/// One change.
#[derive(Debug)]
pub struct PlannedStep {
    /// The step as the recipe has it.
    pub step: Step,
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// SHA-256, hex, of the bytes that the change builds on.
    pub expected: String,
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
}
