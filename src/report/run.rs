//! A run as data: what both reports are made from.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use super::suggestions::Proposed;
use crate::analyse::rules::Diagnosis;
use crate::analyse::{Analysis, Opinion};
use crate::catalogue::Bindings;
use crate::group::OpenIncident;
use crate::notice::Notice;
use crate::plan::{Plan, PlannedFix};
use crate::sources::Coverage;
use crate::store::{Record, Verdict};
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
    /// As `Apply`, what a person chose.
    Review,
    /// As `Apply`, what a saved plan says.
    ApplyPlan,
}

impl Mode {
    /// The word in reports and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DryRun => "dry_run",
            Self::Record => "record",
            Self::Apply => "apply",
            Self::Review => "review",
            Self::ApplyPlan => "apply_plan",
        }
    }

    /// Whether it may change things.
    #[must_use]
    pub const fn changes_things(self) -> bool {
        matches!(self, Self::Apply | Self::Review | Self::ApplyPlan)
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
    /// The captured values that it was applied with.
    pub captures: Bindings,
    /// The incident's id.
    pub incident: String,
    /// The step's key, or `take_back`.
    pub kind: &'static str,
    /// The file, the unit or the program.
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
    /// What rules say about them, by their ids.
    pub diagnoses: BTreeMap<String, Diagnosis>,
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
    /// The edits that it proposes, each looked at.
    pub proposed: Vec<Proposed>,
    /// What became of earlier answers of the model, by their confidence.
    pub confidence_records: BTreeMap<String, Record>,
    /// What a person should look at, each naming its evidence.
    pub recommendations: Vec<String>,
    /// The same for each incident by itself, by id: for later questions.
    pub recommendations_each: BTreeMap<String, String>,
    /// Remarks.
    pub notices: Vec<Notice>,
    /// Why nothing may be changed now.
    pub paused: Option<String>,
    /// Incidents without new events that an earlier run found, and was cut short before it told.
    pub untold: Vec<String>,
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
            let same = |other: &Outcome| other.fix == outcome.fix && other.captures == outcome.captures;
            let first = !earlier.iter().any(|other| stands(other) && same(other));
            (stands(outcome) && first).then_some(outcome)
        })
    }

    /// The edit that an opinion proposes, if it may be made.
    #[must_use]
    pub fn proposed(&self, opinion: &Opinion) -> Option<&Proposed> {
        self.proposed.iter().find(|one| one.incident == opinion.incident)
    }

    /// What became of earlier answers that were as sure as this one, where there are any.
    #[must_use]
    pub fn confidence_record(&self, opinion: &Opinion) -> Option<Record> {
        self.confidence_records.get(opinion.confidence?.as_str()).copied().filter(|record| record.of > 0)
    }

    /// Whether all that is new of this incident was met by fixes that were applied in this run and stand: each value
    /// that its pattern captured by one of its own.
    #[must_use]
    pub fn met(&self, incident: &OpenIncident) -> bool {
        let is = |outcome: &Outcome, fix: &PlannedFix| outcome.fix == fix.fix.name && outcome.captures == fix.captures;
        let serving = self.plan.fixes.iter().filter(|fix| fix.incidents.contains(&incident.record.id));
        let stand: Vec<_> = serving.filter(|fix| self.applied().any(|outcome| is(outcome, fix))).collect();
        let mut new = incident.facets.iter().filter(|facet| facet.count > 0);
        !stand.is_empty() && new.all(|facet| stand.iter().any(|fix| facet.record.has(&fix.captures)))
    }
}
