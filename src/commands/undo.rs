//! `heal undo`: puts back what a run changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};

use super::setup::{self, Setup};
use super::{memory, noting, output};
use crate::apply::{self, Change, ChangedFile, TakenBack, UndoError, UndoReport, UndoRequest};
use crate::catalogue::FixKey;
use crate::cli::{Cli, UndoArgs};
use crate::config::{clean, units};
use crate::exit::Exit;
use crate::plan::Diff;
use crate::report::Status;
use crate::sanitize::{Sanitizer, escape};
use crate::store::Verdict;
use crate::sys::disk::Writer;
use crate::sys::lock::RunLock;
use crate::sys::{clock, environment};

pub(super) fn run(cli: &Cli, undo: &UndoArgs) -> Result<Exit> {
    let mut setup = setup::prepare(cli)?;
    let state_dir = setup.config.state_dir.clone();
    if !state_dir.is_dir() {
        return fail(cli, &setup, &UndoError::NothingToUndo);
    }
    let writer = Writer::new();
    let wait = wait(cli)?;
    let Some(_lock) = RunLock::acquire(&writer, &state_dir, wait)? else {
        output::message("heal: another run holds the lock; --wait 30s waits for it");
        return Ok(Exit::Locked);
    };
    let now = clock::now();
    let host = environment::hostname();
    let file = undo.file.as_deref().map(|file| meant(&setup.config.workspace, file));
    let request = UndoRequest { run: undo.run.as_deref(), force: undo.force, file: file.as_deref(), now, host: &host };
    match apply::undo_run(&state_dir, &writer, &request) {
        Err(error) => fail(cli, &setup, &error),
        Ok(report) => {
            let remembered = remember(&mut setup, &report, &request, &writer);
            done(cli, &setup, &report)?;
            remembered.map(|()| Exit::Healthy)
        }
    }
}

/// The file that a person names: in the workspace, or where they stand.
pub(super) fn meant(workspace: &Path, file: &Path) -> PathBuf {
    let real = workspace.canonicalize().unwrap_or_else(|_| workspace.to_path_buf());
    let here = file.canonicalize().ok().filter(|here| here.starts_with(&real));
    match here {
        Some(here) if file.is_absolute() || !real.join(file).exists() => here,
        _ => clean(&real.join(file.strip_prefix(workspace).unwrap_or(file))),
    }
}

/// How long to wait for the lock.
pub(super) fn wait(cli: &Cli) -> Result<Duration> {
    cli.common.wait.as_deref().map_or(Ok(Duration::ZERO), units::duration).map_err(|text| anyhow!("--wait: {text}"))
}

/// The fixes of the run no longer wait for a verdict; those of an undo that was undone stand again.
fn remember(setup: &mut Setup, report: &UndoReport, request: &UndoRequest<'_>, writer: &Writer) -> Result<()> {
    let Some(run) = &report.run else { return Ok(()) };
    let state_dir = setup.config.state_dir.clone();
    let mut memory = memory::open(&state_dir, run, clock::now(), writer, &setup.sanitizer, &mut setup.notices)?;
    let Some(store) = memory.store.as_mut() else { return Ok(()) };
    noting::begin(store, run, "undo", request.host, request.now)?;
    let undone = apply::load(&state_dir, &report.undoes).map_err(|error| anyhow!("{error}"))?;
    let (fixed_by, verdict, text) = match &undone.undoes {
        Some(original) => (original.as_str(), Verdict::OnProbation, format!("stands again: {run} undid its undo")),
        None => (report.undoes.as_str(), Verdict::Undone, format!("undone by {run}")),
    };
    // Of a run that was undone in part, only what that part belongs to.
    let in_part = request.file.is_some();
    let is_back = |change: &Change| report.files.iter().any(|file| file.target == Path::new(&change.target));
    let keys: BTreeSet<_> =
        undone.changes.iter().filter(|change| !in_part || is_back(change)).map(Change::key).collect();
    let attempts = store.attempts().context("could not read what was applied")?.into_iter();
    let of_run = attempts.filter(|attempt| {
        let key = FixKey { fix: attempt.fix.clone(), captures: attempt.captures.clone() };
        attempt.run == fixed_by && keys.contains(&key)
    });
    let verdicts: Vec<_> = of_run.map(|attempt| (attempt.id, verdict, text.clone())).collect();
    store.judge_attempts(&verdicts, clock::now()).context("could not remember the undo")?;
    noting::finish(store, run, Status::Healing, Exit::Healthy, 0)
}

fn done(cli: &Cli, setup: &Setup, report: &UndoReport) -> Result<()> {
    if cli.common.json {
        let files: Vec<_> = report
            .files
            .iter()
            .map(|file| serde_json::json!({"target": setup.sanitizer.path(&file.relative), "already": file.already}))
            .collect();
        let actions: Vec<_> = report
            .actions
            .iter()
            .map(|back| serde_json::json!({"target": back.target, "result": word(&back.result), "detail": back.result.why()}))
            .collect();
        return output::print_json(&serde_json::json!({
            "format_version": "1.0",
            "status": "undone",
            "run": report.run.as_ref().map(ToString::to_string),
            "undoes": report.undoes.to_string(),
            "files": files,
            "actions": actions,
        }));
    }
    output::print(|out| {
        writeln!(out, "undid {}", report.undoes)?;
        for file in &report.files {
            let note = if file.already { "  (had its old bytes already)" } else { "" };
            writeln!(out, "  {}{note}", setup.sanitizer.path(&file.relative))?;
        }
        for back in &report.actions {
            let why =
                if back.result.why().is_empty() { String::new() } else { format!(": {}", escape(back.result.why())) };
            writeln!(out, "  {}  {}{why}", escape(&back.target), word(&back.result))?;
        }
        match &report.run {
            Some(run) => writeln!(out, "this undo is {run}; `heal undo {run}` takes it back"),
            None => Ok(()),
        }
    })
}

const fn word(result: &TakenBack) -> &'static str {
    match result {
        TakenBack::Restored | TakenBack::PutBack => "taken back",
        TakenBack::AlreadyBack => "was as before already",
        TakenBack::Irreversible(_) => "cannot be taken back",
        TakenBack::ChangedSince(_) | TakenBack::BackupLost(_) | TakenBack::Failed(_) => "failed",
    }
}

fn fail(cli: &Cli, setup: &Setup, error: &UndoError) -> Result<Exit> {
    let text = setup.sanitizer.clean_multiline(error.to_string().as_bytes(), 4096);
    if cli.common.json {
        output::print_json(&serde_json::json!({
            "format_version": "1.0",
            "status": "error",
            "notices": [{"stage": "apply", "subject": "undo", "text": text}],
        }))?;
    } else if let UndoError::ChangedSince(files) = error {
        output::print(|out| files.iter().try_for_each(|file| out.write_all(diff(file, &setup.sanitizer).as_bytes())))?;
    }
    output::message(&format!("heal: {text}"));
    Ok(error.exit())
}

/// What the undo would throw away, indented like every word from outside.
fn diff(file: &ChangedFile, sanitizer: &Sanitizer) -> String {
    let shown = Diff::between(&file.relative.to_string_lossy(), &file.current, &file.backup, sanitizer);
    shown.text.split_terminator('\n').fold(String::new(), |text, line| text + "    " + &escape(line) + "\n")
}
