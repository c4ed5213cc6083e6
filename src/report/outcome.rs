//! How the run ended: the overall status and the exit code, from REFERENCE section 5.

use crate::exit::Exit;
use crate::group::{OpenIncident, Status as Life};
use crate::plan::Reason;
use crate::sources::State;
use crate::store::Verdict;
use crate::words::Severity;

use super::{Outcome, Run, StepResult};

/// The overall status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing wrong.
    Healthy,
    /// Fixes applied, or on probation.
    Healing,
    /// Errors remain.
    Degraded,
    /// High-priority errors remain and nothing was fixed.
    Critical,
    /// heal itself failed.
    Error,
}

impl Status {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Healing => "healing",
            Self::Degraded => "degraded",
            Self::Critical => "critical",
            Self::Error => "error",
        }
    }
}

/// Status and exit code together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The overall status.
    pub status: Status,
    /// The exit code.
    pub exit: Exit,
}

impl Run {
    /// How this run ended.
    #[must_use]
    pub fn ending(&self) -> Ending {
        let exit = self.exit();
        Ending { status: self.status(exit), exit }
    }

    /// The first row that holds wins.
    fn exit(&self) -> Exit {
        let now = |wanted: StepResult| self.outcomes.iter().any(|outcome| outcome.now && outcome.result == wanted);
        if now(StepResult::UndoFailed) {
            Exit::UndoFailed
        } else if self.failed {
            Exit::Failed
        } else if now(StepResult::Undone) || self.outcomes.iter().any(is_failed_step) {
            Exit::FixUndone
        } else if self.trouble_remains() || self.sources_in_trouble() {
            Exit::Trouble
        } else {
            Exit::Healthy
        }
    }

    fn trouble_remains(&self) -> bool {
        let looks_only = !self.mode.changes_things();
        let untold = |one: &OpenIncident| self.untold.contains(&one.record.id);
        let open = self.incidents.iter().filter(|incident| self.has_new_trouble(incident) || untold(incident));
        let unmet = |incident: &OpenIncident| looks_only || !self.met(incident) || self.check_failed(incident);
        let muted = |outcome: &Outcome| {
            let is = |one: &OpenIncident| one.record.id == outcome.incident && one.status == Life::Muted;
            self.incidents.iter().any(is)
        };
        let judged = |outcome: &Outcome| {
            !outcome.now
                && !muted(outcome)
                && matches!(outcome.verdict, Verdict::Ineffective | Verdict::Regressed | Verdict::Inconclusive)
        };
        open.into_iter().any(unmet)
            || (looks_only && !self.plan.is_empty())
            || self.others > 0
            || self.outcomes.iter().any(judged)
    }

    fn sources_in_trouble(&self) -> bool {
        self.coverage.iter().any(|source| {
            source.state == State::Unreadable || source.alarm || (source.required && source.state == State::Missing)
        })
    }

    fn has_new_trouble(&self, incident: &OpenIncident) -> bool {
        incident.count > 0 && incident.is_live() && incident.record.severity >= self.fail_on
    }

    /// A `verify_only` of this incident does not hold.
    fn check_failed(&self, incident: &OpenIncident) -> bool {
        let held =
            |held: &crate::plan::HeldBack| held.reason == Reason::CheckFailed && held.incident == incident.record.id;
        self.plan.held_back.iter().any(held)
    }

    fn status(&self, exit: Exit) -> Status {
        let failed = matches!(exit, Exit::FixUndone);
        if matches!(exit, Exit::Failed | Exit::UndoFailed) {
            Status::Error
        } else if self.fixes_applied() > 0 && !failed {
            Status::Healing
        } else if self.counting().any(|incident| incident.record.severity >= Severity::High) {
            Status::Critical
        } else if self.counting().next().is_some()
            || exit != Exit::Healthy
            || self.coverage.iter().any(|source| source.state.is_trouble())
        {
            Status::Degraded
        } else if self.on_probation > 0 {
            Status::Healing
        } else {
            Status::Healthy
        }
    }

    /// Incidents that count: bad enough, and with new events or a step planned or applied.
    fn counting(&self) -> impl Iterator<Item = &OpenIncident> {
        self.incidents.iter().filter(|incident| {
            incident.is_live()
                && incident.record.severity >= self.fail_on
                && (incident.count > 0 || self.plan.serves(&incident.record.id))
        })
    }
}

/// A step of this run that failed and left nothing behind: its fix was taken back whole.
fn is_failed_step(outcome: &Outcome) -> bool {
    outcome.now && outcome.result == StepResult::Failed && outcome.kind != "take_back"
}
