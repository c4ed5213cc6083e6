//! Which steps this run would take, as a value; reads, never writes.

mod allowed;
mod bench;
mod breaker;
mod budget;
mod by_hand;
mod case;
mod condition;
mod conflict;
mod diff;
pub mod edit;
mod extent;
mod held_back;
mod host;
mod judgement;
mod ladder;
mod order;
mod resources;
mod saved;
mod step;
mod suggested;
mod take_back;

use chrono::{DateTime, FixedOffset};

pub use breaker::Breaker;
pub use by_hand::by_hand;
pub use diff::Diff;
pub use extent::{Extent, FLAG, REVIEW, Wanted};
pub use held_back::{HeldBack, Reason};
pub use host::{Host, ThisHost};
pub use judgement::not_before;
pub use ladder::plan;
pub use saved::{HashedFile, PlanHost, SavedPlan};
pub use step::{Deed, IN_PLACE, PlannedAction, PlannedEdit, PlannedStep};
pub use suggested::names_a_secret;
pub use suggested::suggested;
pub use take_back::{
    BackAction, PastAction, PastChange, PastFile, PastWhat, RestoredFile, ServiceBack, TakeBack, Undoable,
};

use crate::catalogue::{Bindings, Catalogue, Fix, FixKey};
use crate::config::Config;
use crate::group::OpenIncident;
use crate::sanitize::Sanitizer;
use crate::store::Snapshot;

/// One reason why a fix is not done, as a code and as a sentence.
type No = (Reason, String);

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
    /// The services, the memory and the room of this host.
    pub host: &'a dyn Host,
    /// Why nothing may be changed now.
    pub paused: Option<&'a str>,
    /// `--unsafe`.
    pub with_unsafe: bool,
    /// How far the plan goes.
    pub extent: Extent<'a>,
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
    /// Incidents that only a person can help now.
    pub breakers: Vec<Breaker>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.take_backs.is_empty() && self.fixes.is_empty()
    }

    /// Whether a step is planned for this incident.
    #[must_use]
    pub fn serves(&self, incident: &str) -> bool {
        self.fixes.iter().any(|fix| fix.incidents.iter().any(|served| served == incident))
    }

    /// Holds a fix back, if there is any reason.
    fn hold(&mut self, fix: &str, incident: &str, noes: Vec<No>) {
        if let Some(held) = HeldBack::new(fix, incident, noes) {
            self.hold_back(held);
        }
    }

    /// Two lines of one incident may give the same reasons: they are told once.
    fn hold_back(&mut self, held: HeldBack) {
        if !self.held_back.contains(&held) {
            self.held_back.push(held);
        }
    }
}

/// A fix that is to be applied, whole.
#[derive(Debug)]
pub struct PlannedFix {
    /// The recipe, with its captured values in place.
    pub fix: Fix,
    /// The incidents that it is for, worst first.
    pub incidents: Vec<String>,
    /// What it acts on, sorted, joined by `, `.
    pub target: String,
    /// The captured values that it uses.
    pub captures: Bindings,
    /// Which attempt this is for the first incident, from 1.
    pub attempt: usize,
    /// SHA-256 over the values that it writes; empty when it writes none.
    pub wrote: String,
    /// What is checked after it, as it is shown.
    pub checks: Vec<String>,
    /// What its `when` saw.
    pub condition: Option<String>,
    /// Why nothing but a person's yes lets it through; empty where an unattended run would do it.
    pub waits_for: Vec<String>,
    /// What changes; steps that are already optimal are not here.
    pub steps: Vec<PlannedStep>,
}

impl PlannedFix {
    /// Tells this doing of the fix from others.
    #[must_use]
    pub fn key(&self) -> FixKey {
        FixKey { fix: self.fix.name.clone(), captures: self.captures.clone() }
    }

    /// Whether all of it can be undone.
    #[must_use]
    pub fn reversible(&self) -> bool {
        self.steps.iter().all(PlannedStep::reversible)
    }
}

#[cfg(test)]
mod tests;
