//! From a run to the document.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, SecondsFormat};

use super::{
    Analysis, ConfidenceRecord, Coverage, Diagnosis, Document, FORMAT_VERSION, Fact, HeldBack, Incident, Notice,
    Opinion, Outcome, Picture, Plan, PlanStep, RunInfo, Sample, SuggestedEdit, Summary, Target,
};
use crate::plan::{PlannedFix, PlannedStep, TakeBack};
use crate::report::Run;
use crate::report::suggestions::{Proposed, Standing};

/// RFC 3339 with offset.
fn time(time: DateTime<FixedOffset>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

impl From<&Run> for Document {
    fn from(run: &Run) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            run: RunInfo {
                id: run.id.clone(),
                mode: run.mode.as_str().to_owned(),
                host: run.host.clone(),
                started_at: time(run.started_at),
                finished_at: time(run.finished_at),
                heal_version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            status: run.ending().status.as_str().to_owned(),
            summary: summary(run),
            coverage: run.coverage.iter().map(coverage).collect(),
            incidents: run.incidents.iter().map(|incident| self::incident(incident, run)).collect(),
            plan: plan(&run.plan),
            outcomes: run.outcomes.iter().map(outcome).collect(),
            analysis: analysis(run),
            notices: notices(run),
        }
    }
}

impl Document {
    /// The document of a run that could not begin: exit 2, with the reason.
    #[must_use]
    pub fn of_failure(mode: &str, host: &str, now: DateTime<FixedOffset>, notice: &crate::notice::Notice) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            run: RunInfo {
                id: String::new(),
                mode: mode.to_owned(),
                host: host.to_owned(),
                started_at: time(now),
                finished_at: time(now),
                heal_version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            status: "error".to_owned(),
            summary: Summary::default(),
            coverage: Vec::new(),
            incidents: Vec::new(),
            plan: Plan::default(),
            outcomes: Vec::new(),
            analysis: Analysis {
                state: "off".to_owned(),
                model: String::new(),
                requests: 0,
                cached: 0,
                prompt_tokens: 0,
                answer_tokens: 0,
                seconds: 0.0,
                diagnoses: Vec::new(),
                picture: None,
            },
            notices: vec![Notice::from(notice)],
        }
    }
}

fn notices(run: &Run) -> Vec<Notice> {
    let plan = |subject: &str, text: String| Notice { stage: "plan".to_owned(), subject: subject.to_owned(), text };
    let paused = run.paused.iter().map(|why| plan("paused", why.clone()));
    let cries = run.plan.breakers.iter().map(|breaker| plan(&breaker.incident, breaker.cry()));
    let others = run.notices.iter().chain(&run.analysis.notices).map(Notice::from);
    cries.chain(paused).chain(others).collect()
}

fn summary(run: &Run) -> Summary {
    let mut by_category: BTreeMap<String, u64> = BTreeMap::new();
    for incident in run.incidents.iter().filter(|incident| incident.count > 0) {
        *by_category.entry(incident.record.category.clone()).or_default() += incident.count;
    }
    if run.others > 0 {
        *by_category.entry("unknown".to_owned()).or_default() += run.others;
    }
    Summary {
        errors: run.errors(),
        high_priority: run.high_priority(),
        incidents: run.incidents.len(),
        by_category,
        fixes_planned: run.plan.fixes.len(),
        fixes_applied: run.fixes_applied(),
        recommendations: run.recommendations.clone(),
    }
}

fn coverage(source: &crate::sources::Coverage) -> Coverage {
    Coverage {
        source: source.source.clone(),
        state: source.state.as_str().to_owned(),
        lines: source.lines,
        bytes: source.bytes,
        from: source.from.map(time),
        to: source.to.map(time),
        detail: source.detail.clone(),
    }
}

fn incident(incident: &crate::group::OpenIncident, run: &Run) -> Incident {
    let local = |at: DateTime<FixedOffset>| time(at.with_timezone(run.started_at.offset()));
    let record = &incident.record;
    Incident {
        id: record.id.clone(),
        pattern: record.pattern.clone(),
        template: record.template.clone(),
        category: record.category.clone(),
        severity: record.severity.as_str().to_owned(),
        description: record.description.clone(),
        status: incident.status.as_str().to_owned(),
        count: incident.count,
        total: record.total,
        first_seen: local(record.first_seen),
        last_seen: local(record.last_seen),
        samples: record
            .samples
            .iter()
            .map(|sample| Sample { source: sample.source.clone(), line: sample.line, text: sample.text.clone() })
            .collect(),
        targets: incident
            .targets
            .iter()
            .map(|target| Target { name: target.name.clone(), count: target.count })
            .collect(),
        diagnosis: run.diagnoses.get(&record.id).filter(|found| found.says_something()).map(diagnosis),
    }
}

fn diagnosis(diagnosis: &crate::analyse::rules::Diagnosis) -> Diagnosis {
    let fact = |fact: &crate::analyse::rules::Fact| Fact {
        kind: fact.kind.to_owned(),
        text: fact.text.clone(),
        evidence: fact.evidence.clone(),
    };
    Diagnosis { facts: diagnosis.facts.iter().map(fact).collect(), likely_cause: diagnosis.likely_cause.clone() }
}

fn plan(plan: &crate::plan::Plan) -> Plan {
    let back = plan.take_backs.iter().flat_map(take_back_steps);
    let forth = plan.fixes.iter().flat_map(fix_steps);
    Plan {
        steps: back.chain(forth).collect(),
        held_back: plan
            .held_back
            .iter()
            .map(|held| HeldBack {
                fix: held.fix.clone(),
                incident: held.incident.clone(),
                reason: held.reason.as_str().to_owned(),
                code: held.reason.code().map(|code| code.as_str().to_owned()),
                detail: held.detail.clone(),
                freed_by: held.freed_by.iter().map(ToString::to_string).collect(),
            })
            .collect(),
    }
}

fn take_back_steps(back: &TakeBack) -> impl Iterator<Item = PlanStep> {
    let step = |target: String| PlanStep {
        fix: back.fix.clone(),
        incident: back.incident.clone(),
        also_for: Vec::new(),
        kind: "take_back".to_owned(),
        target,
        risk: "safe".to_owned(),
        reversible: true,
        diff: None,
        diff_redacted: None,
        argv: None,
        commands: None,
        state: None,
        undo: Some("`heal undo` of the run that does it".to_owned()),
        checks: Vec::new(),
        write_mode: None,
        warning: None,
    };
    let files = back.files.iter().map(move |file| PlanStep {
        diff: Some(file.diff.text.clone()),
        diff_redacted: Some(file.diff.redacted),
        ..step(file.relative.display().to_string())
    });
    let actions = back.actions.iter().map(move |action| PlanStep {
        argv: action.shown.last().cloned(),
        commands: Some(action.shown.clone()),
        ..step(action.target.clone())
    });
    files.chain(actions)
}

fn fix_steps(planned: &PlannedFix) -> impl Iterator<Item = PlanStep> {
    let (first, others) = planned
        .incidents
        .split_first()
        .map_or((String::new(), Vec::new()), |(first, others)| (first.clone(), others.to_vec()));
    planned.steps.iter().map(move |step| {
        let common = PlanStep {
            fix: planned.fix.name.clone(),
            incident: first.clone(),
            also_for: others.clone(),
            kind: step.step().kind().to_owned(),
            target: step.target(),
            risk: planned.fix.risk.as_str().to_owned(),
            reversible: step.reversible(),
            diff: None,
            diff_redacted: None,
            argv: None,
            commands: None,
            state: None,
            undo: Some("its old bytes are put back".to_owned()),
            checks: planned.checks.clone(),
            write_mode: None,
            warning: None,
        };
        match step {
            PlannedStep::Edit(edit) => {
                let write_mode = if edit.in_place() { "in_place" } else { "replace" };
                PlanStep {
                    diff: Some(edit.diff.text.clone()),
                    diff_redacted: Some(edit.diff.redacted),
                    write_mode: Some(write_mode.to_owned()),
                    warning: edit.in_place().then(|| crate::plan::IN_PLACE.to_owned()),
                    ..common
                }
            }
            PlannedStep::Action(action) => PlanStep {
                argv: action.commands.last().cloned(),
                commands: Some(action.commands.clone()),
                state: Some(action.state.clone()).filter(|state| !state.is_empty()),
                undo: action.undo.clone(),
                ..common
            },
        }
    })
}

fn outcome(outcome: &crate::report::Outcome) -> Outcome {
    Outcome {
        fix: outcome.fix.clone(),
        incident: outcome.incident.clone(),
        kind: outcome.kind.to_owned(),
        target: outcome.target.clone(),
        result: outcome.result.as_str().to_owned(),
        verdict: outcome.verdict.as_str().to_owned(),
        backup: outcome.backup.clone(),
        detail: outcome.detail.clone(),
    }
}

/// What was rejected is not told again.
fn suggestion<'a>(run: &'a Run, opinion: &crate::analyse::Opinion) -> Option<&'a Proposed> {
    run.proposed(opinion).filter(|one| one.standing != Standing::Rejected)
}

fn analysis(run: &Run) -> Analysis {
    let analysis = &run.analysis;
    Analysis {
        state: analysis.state.as_str().to_owned(),
        model: analysis.model.clone(),
        requests: analysis.requests,
        cached: analysis.cached,
        prompt_tokens: analysis.prompt_tokens,
        answer_tokens: analysis.answer_tokens,
        seconds: analysis.seconds,
        diagnoses: analysis
            .diagnoses
            .iter()
            .map(|opinion| Opinion {
                incident: opinion.incident.clone(),
                root_cause: opinion.root_cause.clone(),
                severity: Some(opinion.severity.as_str().to_owned()),
                confidence: opinion.confidence.map(|confidence| confidence.as_str().to_owned()),
                evidence: opinion.evidence.clone(),
                fix_suggestions: opinion.fix_suggestions.clone(),
                fix: opinion.fix.clone(),
                confidence_record: run
                    .confidence_record(opinion)
                    .map(|record| ConfidenceRecord { confirmed: record.confirmed, of: record.of }),
                suggestion: suggestion(run, opinion).map(|one| one.id.clone()),
                suggested_edit: suggestion(run, opinion).map(|one| SuggestedEdit {
                    state: one.standing.as_str().to_owned(),
                    target: one.target.clone(),
                    diff: one.diff.as_ref().map(|diff| diff.text.clone()),
                    diff_redacted: one.diff.as_ref().map(|diff| diff.redacted),
                }),
            })
            .collect(),
        picture: analysis.picture.as_ref().map(|picture| Picture {
            summary: picture.summary.clone(),
            together: picture.together.clone(),
            first: picture.first.clone(),
            look_at: picture.look_at.clone(),
        }),
    }
}

impl From<&crate::notice::Notice> for Notice {
    fn from(notice: &crate::notice::Notice) -> Self {
        Self { stage: notice.stage.as_str().to_owned(), subject: notice.subject.clone(), text: notice.text.clone() }
    }
}
