//! One fix, tried without any incident: what a person asks for by hand.

use super::bench::{Bench, Trial};
use super::{HeldBack, PlannedStep, Reason, Situation};
use crate::catalogue::Fix;

/// What the fix would do now. Only an incident's own conditions are left out: what may be touched, what must hold, and
/// the proof of each edit are the same.
///
/// # Errors
/// Why it would not be done; `already_optimal` when there is nothing to do.
pub fn by_hand(situation: &Situation<'_>, fix: &Fix) -> Result<Vec<PlannedStep>, HeldBack> {
    let held = |noes| HeldBack::new(&fix.name, "", noes);
    if let Some(held) = situation.paused.and_then(|why| held(vec![(Reason::Paused, situation.clean(why))])) {
        return Err(held);
    }
    match Bench::after(&[]).try_steps(situation, fix, fix, false) {
        Trial::Changes { steps, .. } => Ok(steps),
        Trial::Nothing(noes) => held(noes).map_or_else(|| Ok(Vec::new()), Err),
    }
}
