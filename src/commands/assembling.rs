//! From what a run found and did to the run as data.

use super::setup::Setup;
use crate::analyse::{Analysis, rules};
use crate::notice::{Notice, Stage};
use crate::plan::Plan;
use crate::report::{Mode, Outcome, Run, StepResult};
use crate::store::{Start, Verdict};
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
    let starts: Vec<Start> = memory.snapshot.starts.iter().chain(&found.reading.starts).cloned().collect();
    let scene = rules::scene(&rules::Read {
        starts: &starts,
        incidents: &found.incidents,
        onsets: &memory.snapshot.onsets,
        coverage: &found.reading.coverage,
        catalogue: &setup.catalogue,
        config: &setup.config,
        now: frame.started_at,
    });
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
        notices: setup.notices,
        paused: None,
        failed: memory.lost,
    };
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
