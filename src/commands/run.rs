//! The run itself: read, group, judge, ask, plan, change, report.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset, TimeDelta};

use super::asking::not_asked;
use super::assembling::{assemble, questions};
use super::changing::{self, Changing};
use super::deciding::{Errand, Scene};
use super::healing::Account;
use super::memory::{self, Memory};
use super::output;
use super::pausing;
use super::progress::Progress;
use super::reading::{self, Begin, Reading, Wanted};
use super::setup::{self, Setup};
use super::suggestions;
use super::telling::tell;
use crate::analyse::rules;
use crate::analyse::{Analysis, Opinion};
use crate::apply::{RunFolder, RunHeader};
use crate::cli::Cli;
use crate::config::units;
use crate::exit::Exit;
use crate::group::{self, EndedMute, OpenIncident, Status};
use crate::notice::{Notice, Stage};
use crate::plan::{Extent, Plan, ThisHost};
use crate::report::{Mode, Run};
use crate::sources;
use crate::store::{Evidence, Findings, PastDiagnosis, PastFact, PastOpinion, Positions, RunEnd, RunStart, Snapshot};
use crate::sys::clock::{self, RunId};
use crate::sys::disk::Writer;
use crate::sys::lock::RunLock;
use crate::sys::{environment, signal};
use crate::verify::{Judgement, judge, still_alive};

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
        mode => change(cli, setup, mode, &Errand::Usual),
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
pub(super) struct Frame {
    pub id: RunId,
    pub mode: Mode,
    pub host: String,
    pub started_at: DateTime<FixedOffset>,
}

impl Frame {
    pub fn new(mode: Mode) -> Self {
        let started_at = clock::now();
        Self { id: RunId::new(started_at), mode, host: environment::hostname(), started_at }
    }
}

/// What is known before anything is planned.
pub(super) struct Found {
    pub incidents: Vec<OpenIncident>,
    pub judgements: Vec<Judgement>,
    pub reading: Reading,
    pub unmuted: Vec<EndedMute>,
}

/// What was seen without changing anything.
pub(super) struct Looked {
    pub frame: Frame,
    pub setup: Setup,
    pub found: Found,
    pub memory: Memory,
    pub paused: Option<String>,
    pub plan: Plan,
}

impl Looked {
    /// The run as data.
    pub fn into_run(self, analysis: Analysis) -> (Run, Snapshot) {
        let Self { frame, setup, found, memory, paused, plan } = self;
        let mut run = assemble(frame, setup, found, plan, analysis, &memory);
        run.paused = paused;
        (run, memory.snapshot)
    }
}

/// Reads, judges and plans, and changes nothing: there is no `Writer` to hand out.
pub(super) fn look_around(cli: &Cli, mut setup: Setup, extent: Extent<'_>) -> Result<Looked> {
    let frame = Frame::new(Mode::DryRun);
    let mut memory = memory::look(&setup.config.state_dir, frame.started_at, &setup.sanitizer, &mut setup.notices);
    memory::tell_interrupted(&setup.config.state_dir, &memory.snapshot, &mut setup.notices);
    let found = find(cli, &setup, &frame, &mut memory.snapshot)?;
    let paused = pausing::why(&memory.snapshot, frame.started_at);
    let scene = Scene::new(cli, &setup, &found, &memory.snapshot, &frame, paused.as_deref());
    let plan = scene.plan(extent);
    Ok(Looked { frame, setup, found, memory, paused, plan })
}

/// A dry run.
fn look(cli: &Cli, setup: Setup) -> Result<Exit> {
    let looked = look_around(cli, setup, Extent::Unattended)?;
    let asking = questions(cli, &looked.frame, &looked.setup, &looked.found, &looked.memory);
    let mut analysis = asking.ask(&looked.setup, &ThisHost::default());
    let now = looked.frame.started_at;
    let weighed = suggestions::weigh(&looked.setup, &looked.found.incidents, &mut analysis, now);
    let state_dir = looked.setup.config.state_dir.clone();
    let (mut run, snapshot) = looked.into_run(analysis);
    run.proposed = suggestions::proposed(weighed);
    run.confidence_records = memory::confidence_records(&state_dir, &run.analysis);
    let ending = run.ending();
    tell(cli, &run, &snapshot)?;
    Ok(ending.exit)
}

/// `--record`, `--apply`, a saved plan or a review: under the lock, and remembered.
pub(super) fn change(cli: &Cli, mut setup: Setup, mode: Mode, errand: &Errand<'_>) -> Result<Exit> {
    let mut frame = Frame::new(mode);
    let writer = Writer::new();
    let state_dir = setup.config.state_dir.clone();
    writer.create_private_dir(&state_dir)?;
    let wait = cli.common.wait.as_deref().map_or(Ok(Duration::ZERO), units::duration);
    let Some(_lock) = RunLock::acquire(&writer, &state_dir, wait.map_err(|text| anyhow!("--wait: {text}"))?)? else {
        output::message("heal: another run holds the lock; --wait 30s waits for it");
        return Ok(Exit::Locked);
    };
    let mut memory =
        memory::open(&state_dir, &frame.id, frame.started_at, &writer, &setup.sanitizer, &mut setup.notices)?;
    errand.check_state(&state_dir, &memory)?;
    if memory.has_run(&state_dir, &frame.id) {
        frame.id = RunId::unused(frame.started_at, |id| memory.has_run(&state_dir, id));
    }
    if memory.lost {
        frame.mode = Mode::Record;
    }
    let mut folder = RunFolder::new(
        &state_dir,
        RunHeader {
            run: frame.id.clone(),
            mode: changing::manifest_mode(frame.mode),
            host: frame.host.clone(),
            started_at: frame.started_at,
            workspace: setup.config.workspace.clone(),
        },
    )?;
    let paused = pausing::why(&memory.snapshot, frame.started_at);
    let mut recovered = Account::default();
    if frame.mode == Mode::Apply && paused.is_none() {
        recovered = memory::recover(&mut folder, &mut memory, &writer, frame.started_at)?;
    } else {
        memory::tell_interrupted(&state_dir, &memory.snapshot, &mut setup.notices);
    }
    let found = find(cli, &setup, &frame, &mut memory.snapshot)?;
    if signal::interrupted() {
        bail!("interrupted; nothing was changed");
    }
    let scene = Scene::new(cli, &setup, &found, &memory.snapshot, &frame, paused.as_deref());
    let decided = errand.decided(&scene, &writer)?;
    remember(cli, &setup, &found, &mut memory, &frame)?;
    let asking = decided.is_none().then(|| questions(cli, &frame, &setup, &found, &memory));
    let scene = Scene::new(cli, &setup, &found, &memory.snapshot, &frame, paused.as_deref());
    let plan = decided.unwrap_or_else(|| scene.plan(Extent::Unattended));
    let mut changing = Changing { cli, setup: &setup, found: &found, frame: &frame, writer: &writer };
    let healed = changing.heal(&mut memory, &mut folder, &plan, recovered)?;
    // Last of all: what is done must not depend on how long a model takes, nor on what it takes from the host.
    let mut analysis = match asking {
        None => not_asked(&setup),
        Some(asking) => asking.ask(&setup, &ThisHost::default()),
    };
    let mut weighed = suggestions::weigh(&setup, &found.incidents, &mut analysis, frame.started_at);
    suggestions::save(&setup, &writer, &mut weighed, &mut analysis);
    let mut run = finish(frame, setup, found, plan, analysis, &mut memory, healed)?;
    run.paused = paused;
    run.proposed = suggestions::proposed(weighed);
    run.confidence_records = memory::confidence_records(&state_dir, &run.analysis);
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
            metrics: model_cost(&run.analysis),
            diagnoses: diagnosed(&run),
            opinions: run.analysis.diagnoses.iter().map(|opinion| past_opinion(&run, opinion)).collect(),
        };
        store.finish_run(&end, &told).context("could not close the run in heal.db")?;
    }
    Ok(ending.exit)
}

/// What the rules said of each incident with events, as it is remembered.
fn diagnosed(run: &Run) -> Vec<PastDiagnosis> {
    let one = |id: &str| {
        let found = run.diagnoses.get(id)?;
        let fact = |fact: &rules::Fact| PastFact {
            kind: fact.kind.to_owned(),
            text: fact.text.clone(),
            evidence: fact.evidence.clone(),
        };
        Some(PastDiagnosis {
            incident: id.to_owned(),
            run: run.id.clone(),
            likely_cause: found.likely_cause.clone(),
            recommendation: run.recommendations_each.get(id).cloned(),
            facts: found.facts.iter().map(fact).collect(),
        })
    };
    run.incidents.iter().filter(|incident| incident.count > 0).filter_map(|one_of| one(&one_of.record.id)).collect()
}

fn past_opinion(run: &Run, opinion: &Opinion) -> PastOpinion {
    PastOpinion {
        incident: opinion.incident.clone(),
        confidence: opinion.confidence.map(|confidence| confidence.as_str().to_owned()),
        fix: opinion.fix.clone(),
        suggestion: run.proposed(opinion).map(|one| one.id.clone()),
    }
}

/// What the model's opinion cost; nothing when it was not asked.
#[expect(clippy::cast_precision_loss, reason = "counts of tokens are small")]
fn model_cost(analysis: &Analysis) -> Vec<(&'static str, f64)> {
    let costs = [
        ("model_requests", f64::from(analysis.requests)),
        ("model_cached", f64::from(analysis.cached)),
        ("model_prompt_tokens", analysis.prompt_tokens as f64),
        ("model_answer_tokens", analysis.answer_tokens as f64),
        ("model_seconds", analysis.seconds),
    ];
    costs.into_iter().filter(|_| analysis.requests + analysis.cached > 0).collect()
}

/// Reads, groups, and judges earlier fixes by what was found; the snapshot knows the verdicts then.
fn find(cli: &Cli, setup: &Setup, frame: &Frame, snapshot: &mut Snapshot) -> Result<Found> {
    let progress = Progress::new();
    snapshot.recognise(setup.config.logs.iter().map(|log| log.name.as_str()), &setup.sanitizer);
    let mut reading = reading::read(setup, snapshot, wanted(cli, frame.mode, frame.started_at)?, &progress)?;
    let groups = std::mem::take(&mut reading.groups);
    memory::recall_resolved(&setup.config.state_dir, &groups, snapshot);
    let positions = snapshot.positions.updated(&reading.positions);
    let resolve_after = TimeDelta::from_std(setup.config.resolve_after).unwrap_or(TimeDelta::MAX);
    let evidence = Evidence { positions: &positions, names: &setup.sanitizer };
    let mut incidents = group::merge(groups, snapshot, evidence, frame.id.as_str(), frame.started_at, resolve_after);
    memory::recall(&setup.config.state_dir, &mut incidents, &snapshot.mutes);
    let unmuted = group::mute(&mut incidents, &snapshot.mutes, frame.started_at);
    let (catalogue, config) = (&setup.catalogue, &setup.config);
    let judgements = judge(snapshot, &incidents, evidence, catalogue, config, &still_alive, frame.started_at);
    for judgement in &judgements {
        for attempt in snapshot.attempts.iter_mut().filter(|attempt| attempt.id == judgement.attempt.id) {
            attempt.verdict = judgement.verdict;
            attempt.failed |= judgement.verdict.is_failure();
        }
    }
    Ok(Found { incidents, judgements, reading, unmuted })
}

/// What the flags ask for.
pub(super) fn wanted(cli: &Cli, mode: Mode, now: DateTime<FixedOffset>) -> Result<Wanted<'_>> {
    let begin = |flag: &str, text: &str| match units::moment(text, now) {
        Ok(time) => Ok(time.map_or(Begin::All, Begin::At)),
        Err(reason) => Err(anyhow!("{flag}: {reason}")),
    };
    let since = cli.run.since.as_deref().map(|text| begin("--since", text)).transpose()?;
    let until = match cli.run.until.as_deref().map(|text| begin("--until", text)).transpose()? {
        Some(Begin::At(time)) => Some(time),
        Some(Begin::All) | None => None,
    };
    if let (Some(Begin::At(from)), Some(to)) = (since, until) {
        let (since, until) = (cli.run.since.as_deref(), cli.run.until.as_deref());
        units::ordered((since.unwrap_or_default(), from), (until.unwrap_or_default(), to))
            .map_err(anyhow::Error::msg)?;
    }
    if until.is_some() && mode != Mode::DryRun && cli.run.log.is_empty() {
        bail!("--until is for dry runs: what comes after it would never be read again");
    }
    Ok(Wanted { files: &cli.run.log, since, until, again: mode == Mode::DryRun, now })
}

/// Stores what was found together with how far was read. Named files touch no position.
fn remember(cli: &Cli, setup: &Setup, found: &Found, memory: &mut Memory, frame: &Frame) -> Result<()> {
    let configured = cli.run.log.is_empty();
    // An open incident without events is as it was.
    let changed = || found.incidents.iter().filter(|one| one.count > 0 || one.life == Status::Resolved);
    let findings = Findings {
        entries: if configured { found.reading.entries.clone() } else { Vec::new() },
        positions: if configured { found.reading.positions.clone() } else { Positions::default() },
        sealed: sources::newly_sealed(&memory.snapshot.positions.files, &setup.sanitizer),
        incidents: changed().map(|incident| incident.record.clone()).collect(),
        unmuted: found.unmuted.iter().map(|mute| (mute.incident.clone(), mute.why.clone())).collect(),
        starts: found.reading.starts.clone(),
        sightings: changed().map(OpenIncident::sighting).collect(),
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
            .store_findings(&start, &findings, &setup.sanitizer, frame.started_at)
            .context("could not store what was found; nothing was changed"),
        None => Ok(()),
    }
}

fn finish(
    frame: Frame,
    setup: Setup,
    found: Found,
    mut plan: Plan,
    analysis: Analysis,
    memory: &mut Memory,
    healed: Account,
) -> Result<Run> {
    plan.held_back.extend(healed.held_back);
    let interrupted = healed.interrupted || signal::interrupted();
    if let Some(store) = &memory.store {
        memory.snapshot.attempts = store.attempts()?;
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
