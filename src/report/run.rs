//! A run as data: what both reports are made from.

use chrono::{DateTime, FixedOffset};

use crate::analyse::Analysis;
use crate::group::OpenIncident;
use crate::notice::Notice;
use crate::plan::Plan;
use crate::sources::Coverage;
use crate::store::Verdict;
use crate::words::Severity;

/// What kind of run it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Looked, and changed nothing.
    DryRun,
    /// Looked, and remembered.
    Record,
    /// Looked, changed and remembered.
    Apply,
}

impl Mode {
    /// The word in reports and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DryRun => "dry_run",
            Self::Record => "record",
            Self::Apply => "apply",
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// Done, and it stands.
    Done,
    /// Could not be done; nothing was changed.
    Failed,
    /// Done, and taken back in the same run.
    Undone,
    /// Done, and could not be taken back.
    UndoFailed,
}

impl StepResult {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::UndoFailed => "undo_failed",
        }
    }
}

/// What became of a step, in this run or of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The fix's name.
    pub fix: String,
    /// The incident's id.
    pub incident: String,
    /// The step's key, or `take_back`.
    pub kind: &'static str,
    /// The file.
    pub target: String,
    /// How it ended.
    pub result: StepResult,
    /// What is known of the fix.
    pub verdict: Verdict,
    /// The run whose folder in `backups/` holds the copy.
    pub backup: Option<String>,
    /// What a person should know; clean.
    pub detail: String,
    /// Whether this run did it: a later run's verdict on an earlier fix is not.
    pub now: bool,
}

/// Everything that there is to say.
#[derive(Debug)]
pub struct Run {
    /// `20251204T143022Z-7f3a`.
    pub id: String,
    /// What kind of run it was.
    pub mode: Mode,
    /// This host.
    pub host: String,
    /// When it began.
    pub started_at: DateTime<FixedOffset>,
    /// When it ended.
    pub finished_at: DateTime<FixedOffset>,
    /// Below it an incident changes neither status nor exit code.
    pub fail_on: Severity,
    /// How often `--quiet` repeats trouble that goes on.
    pub remind: std::time::Duration,
    /// What was read.
    pub coverage: Vec<Coverage>,
    /// What is wrong.
    pub incidents: Vec<OpenIncident>,
    /// Events beyond the bound on kinds.
    pub others: u64,
    /// What would be done, or was to be done.
    pub plan: Plan,
    /// What was done, and verdicts on earlier fixes.
    pub outcomes: Vec<Outcome>,
    /// Fixes on probation after this run.
    pub on_probation: usize,
    /// The model's opinion.
    pub analysis: Analysis,
    /// What a person should look at, each naming its evidence.
    pub recommendations: Vec<String>,
    /// Remarks.
    pub notices: Vec<Notice>,
    /// heal could not do its work: state lost, or interrupted.
    pub failed: bool,
}

impl Run {
    /// This run's events.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.incidents.iter().map(|incident| incident.count).sum::<u64>().saturating_add(self.others)
    }

    /// This run's events of high and critical severity.
    #[must_use]
    pub fn high_priority(&self) -> u64 {
        self.incidents
            .iter()
            .filter(|incident| incident.record.severity >= Severity::High)
            .map(|incident| incident.count)
            .sum()
    }

    /// Fixes that were applied in this run and stand.
    #[must_use]
    pub fn fixes_applied(&self) -> usize {
        self.applied().count()
    }

    /// Outcomes of this run, one of each fix that stands.
    pub fn applied(&self) -> impl Iterator<Item = &Outcome> {
        let stands =
            |outcome: &Outcome| outcome.now && outcome.result == StepResult::Done && outcome.kind != "take_back";
        self.outcomes.iter().enumerate().filter_map(move |(at, outcome)| {
            let earlier = self.outcomes.get(..at).unwrap_or_default();
            let first = !earlier.iter().any(|other| stands(other) && other.fix == outcome.fix);
            (stands(outcome) && first).then_some(outcome)
        })
    }

    /// Whether a fix that was applied in this run, and stands, is for this incident.
    #[must_use]
    pub fn met(&self, incident: &str) -> bool {
        let serving = self.plan.fixes.iter().filter(|fix| fix.incidents.iter().any(|served| served == incident));
        serving.into_iter().any(|fix| self.applied().any(|outcome| outcome.fix == fix.fix.name))
    }
}
