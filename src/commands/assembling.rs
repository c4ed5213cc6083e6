//! From what a run found and did to the run as data.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use super::asking::{Asking, Wish};
use super::setup::Setup;
use crate::analyse::{Analysis, rules};
use crate::cli::Cli;
use crate::group::OpenIncident;
use crate::notice::{Notice, Stage};
use crate::plan::Plan;
use crate::report::{Mode, Outcome, Run, StepResult};
use crate::store::{Snapshot, Start, Verdict};
use crate::sys::{clock, signal};
use crate::verify::Judgement;

use super::memory::Memory;
use super::run::{Found, Frame};

pub(super) fn assemble(
    frame: Frame,
    setup: Setup,
    found: Found,
    plan: Plan,
    analysis: Analysis,
    memory: &Memory,
) -> Run {
    let waiting = memory.snapshot.attempts.iter().filter(|attempt| attempt.verdict == Verdict::OnProbation);
    let scene = scene(&setup, &found, memory, frame.started_at);
    let diagnoses = rules::diagnose(&scene);
    let mut run = Run {
        id: frame.id.to_string(),
        mode: frame.mode,
        host: frame.host,
        started_at: frame.started_at,
        finished_at: clock::now(),
        fail_on: setup.config.fail_on,
        remind: setup.config.remind,
        recommendations: rules::recommendations(&scene, &diagnoses),
        recommendations_each: rules::recommendations_each(&scene, &diagnoses),
        diagnoses,
        coverage: found.reading.coverage,
        incidents: found.incidents,
        others: found.reading.others,
        outcomes: found.judgements.iter().map(|judgement| earlier(&setup, judgement)).collect(),
        on_probation: waiting.count(),
        plan,
        analysis,
        proposed: Vec::new(),
        confidence_records: BTreeMap::new(),
        notices: setup.notices,
        paused: None,
        untold: Vec::new(),
        failed: memory.lost,
    };
    tell_untold(&mut run, &memory.snapshot);
    for ended in &found.unmuted {
        let text = format!("no longer muted: {}", ended.why);
        run.notices.push(Notice::new(Stage::Group, ended.incident.clone(), text));
    }
    if signal::interrupted() && run.mode == Mode::DryRun {
        run.notices.push(Notice::new(Stage::Sources, "heal", "interrupted: what is said here is not all"));
        run.failed = true;
    }
    run
}

/// What an earlier run found and was killed before it told, this one tells.
fn tell_untold(run: &mut Run, snapshot: &Snapshot) {
    for (incident, by) in &snapshot.untold {
        let quiet = |one: &&OpenIncident| one.record.id == *incident && one.count == 0 && one.is_live();
        // Where a fix was cut short, that is told.
        let attempted = snapshot.attempts.iter().any(|attempt| attempt.run == *by && attempt.incident == *incident);
        let Some(one) = run.incidents.iter().find(quiet).filter(|_| !attempted) else { continue };
        let name = one.record.pattern.as_deref().unwrap_or(&one.record.template);
        let text = format!("found by run {by}, which was cut short before it could tell: {name}");
        run.notices.push(Notice::new(Stage::Group, incident.clone(), text));
        if one.record.severity >= run.fail_on {
            run.untold.push(incident.clone());
        }
    }
}

/// All that the rules look at.
fn scene(setup: &Setup, found: &Found, memory: &Memory, now: DateTime<FixedOffset>) -> rules::Scene {
    let starts: Vec<Start> = memory.snapshot.starts.iter().chain(&found.reading.starts).cloned().collect();
    rules::scene(&rules::Read {
        starts: &starts,
        incidents: &found.incidents,
        onsets: &memory.snapshot.onsets,
        coverage: &found.reading.coverage,
        catalogue: &setup.catalogue,
        config: &setup.config,
        now,
    })
}

/// What the model is to be asked, with what the rules say of the same.
pub(super) fn questions(cli: &Cli, frame: &Frame, setup: &Setup, found: &Found, memory: &Memory) -> Asking {
    let diagnoses = rules::diagnose(&scene(setup, found, memory, frame.started_at));
    let wish = Wish { no_ai: cli.run.no_ai, fresh: cli.run.fresh, now: frame.started_at };
    Asking::prepare(setup, &found.incidents, &diagnoses, wish)
}

fn earlier(setup: &Setup, judgement: &Judgement) -> Outcome {
    let attempt = &judgement.attempt;
    let fix = setup.catalogue.fixes.iter().find(|fix| fix.name == attempt.fix);
    let kind = fix.and_then(|fix| fix.steps.first()).map_or("edit", crate::catalogue::Step::kind);
    Outcome {
        fix: attempt.fix.clone(),
        captures: attempt.captures.clone(),
        incident: attempt.incident.clone(),
        kind,
        target: attempt.target.clone(),
        result: StepResult::Done,
        verdict: judgement.verdict,
        backup: None,
        detail: judgement.detail.clone(),
        now: false,
    }
}
