//! For whom a plan is made: for nobody who watches, for a person who decides, or for what was decided before.

use crate::catalogue::{Fix, FixKey};
use crate::group::OpenIncident;
use crate::words::{Mode, Risk};

use super::{No, Reason, Situation};

/// What frees a fix of risk `unsafe`.
pub const FLAG: &str = "--unsafe";
/// What frees all that only waits for a person.
pub const REVIEW: &str = "heal review";

/// How far a plan goes.
#[derive(Clone, Copy, Debug, Default)]
pub enum Extent<'a> {
    /// What is done unattended.
    #[default]
    Unattended,
    /// What a person may decide about: also what only waits for one.
    Review,
    /// What a person has decided, and nothing else.
    Reviewed(&'a Wanted),
    /// What an unattended run would have done when it was saved: time has gone on since.
    Saved(&'a Wanted),
}

/// Which fixes and which taking back are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// These fixes.
    pub fixes: Vec<FixKey>,
    /// The taking back of these attempts: fix and incident.
    pub take_backs: Vec<(String, String)>,
}

impl Extent<'_> {
    /// What is wanted; `None`: whatever there is.
    pub(super) const fn wanted(&self) -> Option<&Wanted> {
        match self {
            Self::Unattended | Self::Review => None,
            Self::Reviewed(wanted) | Self::Saved(wanted) => Some(wanted),
        }
    }

    pub(super) fn wants(&self, fix: &Fix) -> bool {
        self.wanted().is_none_or(|wanted| {
            wanted.fixes.iter().any(|key| key.fix == fix.name)
                || wanted.take_backs.iter().any(|(name, _)| *name == fix.name)
        })
    }

    pub(super) fn wants_case(&self, key: &FixKey) -> bool {
        self.wanted().is_none_or(|wanted| wanted.fixes.contains(key))
    }

    pub(super) fn wants_back(&self, fix: &str, incident: &str) -> bool {
        self.wanted().is_none_or(|wanted| wanted.take_backs.iter().any(|(name, of)| name == fix && of == incident))
    }

    /// Whether somebody has looked, or will.
    pub(super) const fn has_a_person(&self) -> bool {
        matches!(self, Self::Review | Self::Reviewed(_))
    }

    /// Whether the limits on what one run and one day may see hold.
    pub(super) const fn has_a_budget(&self) -> bool {
        !self.has_a_person()
    }
}

/// Takes out of `noes` what is no reason in this extent; gives what was taken out.
pub(super) fn waive(situation: &Situation<'_>, fix: &Fix, incident: &OpenIncident, noes: &mut Vec<No>) -> Vec<No> {
    let waived = |reason: Reason| match situation.extent {
        Extent::Unattended => false,
        Extent::Review | Extent::Reviewed(_) => waits_for_a_person(situation, fix, incident, reason),
        Extent::Saved(_) => matches!(reason, Reason::Age | Reason::Threshold),
    };
    noes.extract_if(.., |(reason, _)| waived(*reason)).collect()
}

/// Whether a person's yes is all that is missing.
fn waits_for_a_person(situation: &Situation<'_>, fix: &Fix, incident: &OpenIncident, reason: Reason) -> bool {
    match reason {
        Reason::Risk => fix.risk != Risk::DisplayOnly,
        Reason::Mode => mode_of(situation, incident) == Some(Mode::Propose),
        Reason::Policy | Reason::Age => true,
        _ => false,
    }
}

fn mode_of(situation: &Situation<'_>, incident: &OpenIncident) -> Option<Mode> {
    situation.catalogue.pattern(incident.record.pattern.as_deref()?).map(|pattern| pattern.mode)
}

/// What would let the fix through as things are: a flag, a review, or neither.
pub(super) fn freed_by(
    situation: &Situation<'_>,
    fix: &Fix,
    incident: &OpenIncident,
    noes: &[No],
) -> Vec<&'static str> {
    let mut free = Vec::new();
    if noes.iter().all(|(reason, _)| *reason == Reason::Risk && fix.risk == Risk::Unsafe) {
        free.push(FLAG);
    }
    if noes.iter().all(|(reason, _)| waits_for_a_person(situation, fix, incident, *reason)) {
        free.push(REVIEW);
    }
    free
}
