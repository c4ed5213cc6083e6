//! Where steps are tried: the host as it is, with the changes planned so far on top.

mod edit;
mod permissions;
mod run;
mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::case::Case;
use super::conflict::Touched;
use super::{No, PlannedStep, Reason, Situation, TakeBack, resources};
use crate::catalogue::{Edit, Fix, ReloadConfig, Step, Verb};
use crate::sys::service::Unit;

/// What differs from the host as it is, because something planned before changes it.
pub(super) struct Bench {
    files: BTreeMap<PathBuf, Vec<u8>>,
    restarted: BTreeSet<Unit>,
    /// What other fixes of this run write.
    edits: Vec<Edit>,
}

/// What a fix would do.
pub(super) enum Trial {
    /// Something.
    Changes { steps: Vec<PlannedStep>, touched: Vec<Touched> },
    /// Nothing, for these reasons.
    Nothing(Vec<No>),
}

/// What a step would do.
enum Outcome {
    Changed(PlannedStep, Touched),
    /// Something that contradicts nothing else.
    Does(PlannedStep),
    /// It is already as it should be.
    Nothing(String),
}

impl Bench {
    /// A bench on which these take-backs are done.
    pub fn after(take_backs: &[TakeBack]) -> Self {
        let restored = take_backs.iter().flat_map(|back| &back.files);
        Self {
            files: restored.map(|file| (file.relative.clone(), file.bytes.clone())).collect(),
            restarted: BTreeSet::new(),
            edits: Vec::new(),
        }
    }

    /// Tries a fix on top of what is on this bench; keeps the result when `keep`.
    pub fn try_fix(&mut self, situation: &Situation<'_>, case: &Case<'_>, keep: bool) -> Trial {
        self.try_steps(situation, case.fix, &case.bound, keep)
    }

    /// Tries the steps of `bound`, which is `fix` with its captured values in place.
    pub fn try_steps(&mut self, situation: &Situation<'_>, fix: &Fix, bound: &Fix, keep: bool) -> Trial {
        let mut overlay: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
        let (mut steps, mut touched, mut optimal, mut noes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (step, written) in bound.steps.iter().zip(&fix.steps) {
            let attempt = Attempt { situation, fix, step, written };
            let outcome = match step {
                Step::Edit(wanted) => edit::attempt(self, &attempt, wanted, &mut overlay),
                Step::Service(action) => service::attempt(self, &attempt, action.verb, &action.service, None),
                Step::ReloadConfig(ReloadConfig { service, test }) => {
                    service::attempt(self, &attempt, Verb::Reload, service, Some(test))
                }
                Step::FixPermissions(wanted) => permissions::attempt(&attempt, wanted),
                Step::Run(command) => run::attempt(&attempt, command),
            };
            match outcome {
                Ok(Outcome::Changed(step, place)) => {
                    steps.push(step);
                    touched.push(place);
                }
                Ok(Outcome::Does(step)) => steps.push(step),
                Ok(Outcome::Nothing(text)) => optimal.push(text),
                Err(more) => noes.extend(more),
            }
        }
        if noes.is_empty() {
            noes.extend(resources::short(situation, &steps));
        }
        if !noes.is_empty() {
            return Trial::Nothing(noes);
        }
        if steps.is_empty() {
            return Trial::Nothing(vec![(Reason::AlreadyOptimal, optimal.join("; "))]);
        }
        let steps = with_one_restart_each(steps);
        if keep {
            self.files.extend(overlay);
            self.restarted.extend(restarts(&steps));
            self.edits.extend(edits(&steps));
        }
        Trial::Changes { steps, touched }
    }
}

/// One step of one fix.
struct Attempt<'a> {
    situation: &'a Situation<'a>,
    fix: &'a Fix,
    /// With captured values.
    step: &'a Step,
    /// As the table has it.
    written: &'a Step,
}

impl Attempt<'_> {
    /// Whether a log line, or heal itself, chose the target: then the operator must have listed it.
    fn must_be_listed(&self) -> bool {
        let captured = match (self.step, self.written) {
            // Where the bytes of a `restore` come from counts too.
            (Step::Edit(step), Step::Edit(written)) => step.file != written.file || step.operation != written.operation,
            (Step::Service(step), Step::Service(written)) => step.service != written.service,
            (Step::ReloadConfig(step), Step::ReloadConfig(written)) => step.service != written.service,
            (Step::FixPermissions(step), Step::FixPermissions(written)) => step.path != written.path,
            (step, written) => step != written,
        };
        captured || self.fix.origin.builtin
    }

    fn no<T>(&self, reason: Reason, text: &str) -> Result<T, Vec<No>> {
        Err(vec![(reason, self.situation.clean(text))])
    }
}

fn restarts(steps: &[PlannedStep]) -> impl Iterator<Item = Unit> {
    steps.iter().filter_map(|step| match step {
        PlannedStep::Action(action) => action.deed.restarts().cloned(),
        PlannedStep::Edit(_) => None,
    })
}

fn edits(steps: &[PlannedStep]) -> impl Iterator<Item = Edit> {
    steps.iter().filter_map(|step| match step.step() {
        Step::Edit(edit) => Some(edit.clone()),
        _ => None,
    })
}

/// Of several restarts of one unit in a fix only the last is done: it sees all that came before.
fn with_one_restart_each(steps: Vec<PlannedStep>) -> Vec<PlannedStep> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<PlannedStep> = steps
        .into_iter()
        .rev()
        .filter(|step| match step {
            PlannedStep::Action(action) => action.deed.restarts().is_none_or(|unit| seen.insert(unit.clone())),
            PlannedStep::Edit(_) => true,
        })
        .collect();
    kept.reverse();
    kept
}
