//! The run itself: read, group, judge, ask, plan, change, report.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset, TimeDelta};

use super::answers::Answers;
use super::healing::Healing;
use super::memory::{self, Memory, Past};
use super::output;
use super::progress::Progress;
use super::reading::{self, Reading};
use super::setup::{self, Setup};
use super::telling::tell;
use crate::analyse::{self, Analysis, Progress as Step, Question, Terms};
use crate::apply::{self, RunFolder, RunHeader};
use crate::cli::Cli;
use crate::config::units;
use crate::exit::Exit;
use crate::group::{self, OpenIncident};
use crate::notice::{Notice, Stage};
use crate::plan::{Plan, Situation, plan};
use crate::report::{Mode, Outcome, Run, StepResult};
use crate::store::{Findings, Position, RunEnd, RunStart, Snapshot, Verdict};
use crate::sys::clock::{self, RunId};
use crate::sys::disk::Writer;
use crate::sys::lock::RunLock;
use crate::sys::{environment, signal};
use crate::verify::{Judgement, judge};

/// Runs heal once.
pub(super) fn run(cli: &Cli) -> Result<Exit> {
    signal::install().context("could not listen for signals")?;
    let setup = setup::prepare(cli)?;
    if !setup.config.enabled {
        output::message(&format!("heal: `enabled: false` in {}; nothing is done", setup.config.file.display()));
        return Ok(Exit::Healthy);
    }
    match mode(cli, &setup) {
        Mode::DryRun => look(cli, setup),
        mode => change(cli, setup, mode),
    }
}

fn mode(cli: &Cli, setup: &Setup) -> Mode {
    if cli.run.apply {
        Mode::Apply
    } else if cli.run.record {
        Mode::Record
    } else if setup.config.apply_fixes && !cli.run.dry_run {
        Mode::Apply
    } else {
        Mode::DryRun
    }
}

/// What stays the same over a run.
struct Frame {
    id: RunId,
    mode: Mode,
    host: String,
    started_at: DateTime<FixedOffset>,
}

impl Frame {
    fn new(mode: Mode) -> Self {
        let started_at = clock::now();
        Self { id: RunId::new(started_at), mode, host: environment::hostname(), started_at }
    }
}

/// What is known before anything is planned.
struct Found {
    incidents: Vec<OpenIncident>,
    judgements: Vec<Judgement>,
    reading: Reading,
}

/// A dry run: there is no `Writer` to hand out.
fn look(cli: &Cli, mut setup: Setup) -> Result<Exit> {
    let frame = Frame::new(Mode::DryRun);
    let mut memory = memory::look(&setup.config.state_dir, &mut setup.notices);
    memory::tell_interrupted(&setup.config.state_dir, &memory.snapshot, &mut setup.notices);
    let found = find(cli, &setup, &frame, &mut memory.snapshot)?;
    let analysis = ask(cli, &setup, &found, &frame);
    let plan = make_plan(cli, &setup, &found, &memory.snapshot, &frame);
    let run = assemble(frame, setup, found, plan, analysis, &memory);
    let ending = run.ending();
    tell(cli, &run, &memory.snapshot)?;
    Ok(ending.exit)
}

/// `--record` and `--apply`: under the lock, and remembered.
fn change(cli: &Cli, mut setup: Setup, mode: Mode) -> Result<Exit> {
    let mut frame = Frame::new(mode);
    let writer = Writer::new();
    let state_dir = setup.config.state_dir.clone();
    writer.create_private_dir(&state_dir)?;
    let wait = cli.common.wait.as_deref().map_or(Ok(Duration::ZERO), units::duration);
    let Some(_lock) = RunLock::acquire(&writer, &state_dir, wait.map_err(|text| anyhow!("--wait: {text}"))?)? else {
        output::message("heal: another run holds the lock; --wait 30s waits for it");
        return Ok(Exit::Locked);
    };
    let mut memory = memory::open(&state_dir, &frame.id, &writer, &mut setup.notices)?;
    if memory.lost {
        frame.mode = Mode::Record;
    }
    let mut folder = RunFolder::new(
        &state_dir,
        RunHeader {
            run: frame.id.clone(),
            mode: apply::Mode::Apply,
            host: frame.host.clone(),
            started_at: frame.started_at,
            workspace: setup.config.workspace.clone(),
        },
    )?;
    if frame.mode == Mode::Apply {
        memory::recover(&mut folder, &mut memory, &writer, frame.started_at, &mut setup.notices)?;
    } else {
        memory::tell_interrupted(&state_dir, &memory.snapshot, &mut setup.notices);
    }
    let found = find(cli, &setup, &frame, &mut memory.snapshot)?;
    if signal::interrupted() {
        bail!("interrupted; nothing was changed");
    }
    remember(cli, &setup, &found, &mut memory, &frame)?;
    let analysis = ask(cli, &setup, &found, &frame);
    let plan = make_plan(cli, &setup, &found, &memory.snapshot, &frame);
    let healed = heal(&setup, &frame, &mut memory, &writer, &mut folder, &plan)?;
    let run = finish(frame, setup, found, plan, analysis, &mut memory, healed)?;
    let told = tell(cli, &run, &memory.snapshot)?;
    let ending = run.ending();
    if let Some(store) = &mut memory.store {
        let end = RunEnd {
            id: &run.id,
            finished_at: run.finished_at,
            status: ending.status.as_str(),
            exit_code: ending.exit.code(),
            errors: run.errors(),
            fixes_applied: run.fixes_applied() as u64,
        };
        store.finish_run(&end, &told).context("could not close the run in heal.db")?;
    }
    Ok(ending.exit)
}

/// Reads, groups, and judges earlier fixes by what was found; the snapshot knows the verdicts then.
fn find(cli: &Cli, setup: &Setup, frame: &Frame, snapshot: &mut Snapshot) -> Result<Found> {
    let progress = Progress::new();
    let mut reading = reading::read(setup, snapshot, &cli.run.log, frame.started_at, &progress)?;
    let groups = std::mem::take(&mut reading.groups);
    let positions = latest(&snapshot.positions, &reading.positions);
    let resolve_after = TimeDelta::from_std(setup.config.resolve_after).unwrap_or(TimeDelta::MAX);
    let incidents = group::merge(groups, snapshot, &positions, frame.id.as_str(), frame.started_at, resolve_after);
    let judgements = judge(snapshot, &incidents, &positions, &setup.catalogue, &setup.config, frame.started_at);
    for judgement in &judgements {
        for attempt in snapshot.attempts.iter_mut().filter(|attempt| attempt.id == judgement.attempt.id) {
            attempt.verdict = judgement.verdict;
            attempt.failed |= judgement.verdict.is_failure();
        }
    }
    Ok(Found { incidents, judgements, reading })
}

/// Positions after this run.
fn latest(old: &[Position], new: &[Position]) -> Vec<Position> {
    let same = |a: &Position, b: &Position| a.entry == b.entry && a.device == b.device && a.inode == b.inode;
    let kept = old.iter().filter(|old| !new.iter().any(|new| same(old, new)));
    kept.chain(new).cloned().collect()
}

/// Stores what was found together with how far was read. Named files touch no position.
fn remember(cli: &Cli, setup: &Setup, found: &Found, memory: &mut Memory, frame: &Frame) -> Result<()> {
    let configured = cli.run.log.is_empty();
    let findings = Findings {
        entries: setup.config.logs.iter().filter(|_| configured).map(|log| log.name.clone()).collect(),
        positions: if configured { found.reading.positions.clone() } else { Vec::new() },
        incidents: found.incidents.iter().map(|incident| incident.record.clone()).collect(),
        verdicts: found
            .judgements
            .iter()
            .map(|judgement| (judgement.attempt.id, judgement.verdict, judgement.detail.clone()))
            .collect(),
    };
    let start =
        RunStart { id: frame.id.as_str(), mode: frame.mode.as_str(), host: &frame.host, started_at: frame.started_at };
    match &mut memory.store {
        Some(store) => store
            .store_findings(&start, &findings, frame.started_at)
            .context("could not store what was found; nothing was changed"),
        None => Ok(()),
    }
}

/// Asks the model about what is new; its answer changes nothing but the report.
fn ask(cli: &Cli, setup: &Setup, found: &Found, frame: &Frame) -> Analysis {
    let mut ai = setup.config.ai.clone();
    ai.enabled &= !cli.run.no_ai;
    let mut fresh: Vec<&OpenIncident> = found.incidents.iter().filter(|incident| incident.count > 0).collect();
    let has_fix = |incident: &OpenIncident| fixes_of(setup, incident).next().is_some();
    fresh.sort_by_key(|incident| (std::cmp::Reverse(incident.record.severity), has_fix(incident)));
    let questions: Vec<Question> = fresh.into_iter().map(|incident| question(setup, incident)).collect();
    let progress = Progress::new();
    let answers = Answers::new(setup.config.state_dir.clone());
    let terms = Terms {
        ai: &ai,
        sanitizer: &setup.sanitizer,
        store: Some(&answers),
        fresh: cli.run.fresh,
        now: frame.started_at,
        interrupted: signal::flag(),
    };
    analyse::ask(&questions, &terms, &mut |step| progress.tell(&words(&step)))
}

/// What goes on, for a person who waits.
fn words(step: &Step) -> String {
    match step {
        Step::Loading { seconds } => format!("the model is loading, {seconds} s"),
        Step::Asking { index, of, tokens } => format!("asking the model {index}/{of}, {tokens} tokens"),
    }
}

fn fixes_of<'a>(setup: &'a Setup, incident: &'a OpenIncident) -> impl Iterator<Item = &'a str> {
    setup
        .catalogue
        .fixes_for(incident.record.pattern.as_deref(), &incident.record.category)
        .map(|fix| fix.name.as_str())
}

fn question(setup: &Setup, incident: &OpenIncident) -> Question {
    let record = &incident.record;
    Question {
        incident: record.id.clone(),
        pattern: record.pattern.clone(),
        template: record.template.clone(),
        category: record.category.clone(),
        severity: record.severity,
        description: record.description.clone(),
        count: incident.count,
        first_seen: Some(record.first_seen.to_rfc3339()),
        last_seen: Some(record.last_seen.to_rfc3339()),
        source: record.sources.join(", "),
        samples: record.samples.iter().map(|sample| sample.text.clone()).collect(),
        fixes: fixes_of(setup, incident).map(str::to_owned).collect(),
    }
}

fn make_plan(cli: &Cli, setup: &Setup, found: &Found, snapshot: &Snapshot, frame: &Frame) -> Plan {
    plan(&Situation {
        incidents: &found.incidents,
        catalogue: &setup.catalogue,
        config: &setup.config,
        snapshot,
        sanitizer: &setup.sanitizer,
        undoable: &Past { state_dir: &setup.config.state_dir },
        with_unsafe: cli.run.with_unsafe,
        now: frame.started_at,
    })
}

/// What changing things gave.
#[derive(Default)]
struct Healed {
    outcomes: Vec<Outcome>,
    held_back: Vec<crate::plan::HeldBack>,
    notices: Vec<Notice>,
    interrupted: bool,
}

fn heal(
    setup: &Setup,
    frame: &Frame,
    memory: &mut Memory,
    writer: &Writer,
    folder: &mut RunFolder,
    plan: &Plan,
) -> Result<Healed> {
    let Some(store) = memory.store.as_mut().filter(|_| frame.mode == Mode::Apply) else {
        return Ok(Healed::default());
    };
    let mut healing = Healing::new(&setup.config.workspace, &setup.sanitizer, store, writer, folder);
    healing.carry_out(plan)?;
    let mut healed = Healed {
        outcomes: healing.outcomes,
        held_back: healing.held_back,
        notices: healing.notices,
        interrupted: healing.interrupted,
    };
    if !healed.outcomes.is_empty() {
        prune(setup, memory, writer, frame, &mut healed.notices);
    }
    Ok(healed)
}

/// Old backups go, but none that a fix on probation may need.
fn prune(setup: &Setup, memory: &Memory, writer: &Writer, frame: &Frame, notices: &mut Vec<Notice>) {
    let protect = super::backups::protected(&memory.snapshot, Some(&frame.id));
    let kept = setup.config.backups;
    let pruned = apply::prune(&setup.config.state_dir, writer, kept.keep, kept.max_age, frame.started_at, &protect);
    if let Err(error) = pruned {
        notices.push(Notice::new(Stage::Apply, "backups", format!("old backups could not be removed: {error:#}")));
    }
}

fn finish(
    frame: Frame,
    setup: Setup,
    found: Found,
    mut plan: Plan,
    analysis: Analysis,
    memory: &mut Memory,
    healed: Healed,
) -> Result<Run> {
    plan.held_back.extend(healed.held_back);
    let interrupted = healed.interrupted || signal::interrupted();
    if let Some(store) = &memory.store {
        let snapshot = store.snapshot(&setup.config.state_dir).map_err(|trouble| anyhow!(trouble.text))?;
        memory.snapshot.attempts = snapshot.attempts;
    }
    let mut run = assemble(frame, setup, found, plan, analysis, memory);
    run.outcomes.splice(0..0, healed.outcomes);
    run.notices.extend(healed.notices);
    if interrupted {
        run.notices.push(Notice::new(
            Stage::Apply,
            "heal",
            "interrupted by a signal; what was left to do was not begun",
        ));
        run.failed = true;
    }
    Ok(run)
}

fn assemble(frame: Frame, setup: Setup, found: Found, plan: Plan, analysis: Analysis, memory: &Memory) -> Run {
    let waiting = memory.snapshot.attempts.iter().filter(|attempt| attempt.verdict == Verdict::OnProbation);
    let mut run = Run {
        id: frame.id.to_string(),
        mode: frame.mode,
        host: frame.host,
        started_at: frame.started_at,
        finished_at: clock::now(),
        fail_on: setup.config.fail_on,
        remind: setup.config.remind,
        recommendations: recommendations(&setup, &found.incidents),
        coverage: found.reading.coverage,
        incidents: found.incidents,
        others: found.reading.others,
        outcomes: found.judgements.iter().map(earlier).collect(),
        on_probation: waiting.count(),
        plan,
        analysis,
        notices: setup.notices,
        failed: memory.lost,
    };
    if signal::interrupted() && run.mode == Mode::DryRun {
        run.notices.push(Notice::new(Stage::Sources, "heal", "interrupted: what is said here is not all"));
        run.failed = true;
    }
    run
}

fn earlier(judgement: &Judgement) -> Outcome {
    let attempt = &judgement.attempt;
    Outcome {
        fix: attempt.fix.clone(),
        incident: attempt.incident.clone(),
        kind: "edit",
        target: attempt.target.clone(),
        result: StepResult::Done,
        verdict: judgement.verdict,
        backup: None,
        detail: judgement.detail.clone(),
        now: false,
    }
}

/// The patterns' advice, with the count that calls for it.
fn recommendations(setup: &Setup, incidents: &[OpenIncident]) -> Vec<String> {
    incidents
        .iter()
        .filter(|incident| incident.count > 0)
        .filter_map(|incident| {
            let name = incident.record.pattern.as_deref()?;
            let advice = setup.catalogue.pattern(name)?.advice.as_deref()?;
            Some(format!("{}x {name}: {}", incident.count, advice.trim()))
        })
        .collect()
}
