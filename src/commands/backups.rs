//! `heal backups`: what can be put back, and what is kept.

mod show;

use std::collections::BTreeSet;

use anyhow::Result;

use super::setup::Setup;
use super::{memory, output, setup, undo};
use crate::apply::{self, RunState, RunSummary};
use crate::cli::{BackupsAction, Cli};
use crate::exit::Exit;
use crate::store::{Snapshot, Verdict};
use crate::sys::clock::{self, RunId};
use crate::sys::disk::Writer;
use crate::sys::lock::RunLock;

pub(super) fn run(cli: &Cli, action: Option<&BackupsAction>) -> Result<Exit> {
    let setup = setup::prepare(cli)?;
    match action {
        None | Some(BackupsAction::List) => list(cli, &setup),
        Some(BackupsAction::Show(arguments)) => show::run(cli, &setup, arguments),
        Some(BackupsAction::Prune) => prune(cli, setup),
    }
}

/// Runs that a fix on probation, or one that did not help, may still need.
pub(super) fn protected(snapshot: &Snapshot, current: Option<&RunId>) -> BTreeSet<RunId> {
    let needed = |verdict: Verdict| matches!(verdict, Verdict::UnderWay | Verdict::OnProbation | Verdict::Ineffective);
    let waiting = snapshot.attempts.iter().filter(|attempt| needed(attempt.verdict));
    waiting.filter_map(|attempt| RunId::parse(&attempt.run)).chain(current.cloned()).collect()
}

fn list(cli: &Cli, setup: &Setup) -> Result<Exit> {
    let runs = apply::list(&setup.config.state_dir)?;
    if cli.common.json {
        let rows: Vec<_> = runs.iter().map(|run| row(setup, run)).collect();
        output::print_json(&serde_json::json!({ "format_version": "1.0", "backups": rows }))?;
        return Ok(Exit::Healthy);
    }
    let offset = *clock::now().offset();
    output::print(|out| {
        if runs.is_empty() {
            return writeln!(out, "no backups: no run has changed anything yet");
        }
        for run in &runs {
            let time = run.started_at.map_or_else(
                || "unknown time".to_owned(),
                |at| at.with_timezone(&offset).format("%Y-%m-%d %H:%M:%S").to_string(),
            );
            writeln!(out, "{}  {time}  {}  {} bytes", run.run, state(run), run.bytes)?;
            for file in &run.files {
                writeln!(out, "  {}", setup.sanitizer.path(file))?;
            }
            for action in &run.actions {
                writeln!(out, "  {}", crate::sanitize::escape(action))?;
            }
        }
        writeln!(out, "\nheal undo RUN puts back what a run changed")
    })?;
    Ok(Exit::Healthy)
}

fn state(run: &RunSummary) -> String {
    let what = if run.undoes.is_some() { "undo, " } else { "" };
    let how = match &run.state {
        RunState::Damaged(why) => return format!("damaged: {why}"),
        other => format!("{other:?}").to_lowercase(),
    };
    format!("{what}{how}")
}

fn row(setup: &Setup, run: &RunSummary) -> serde_json::Value {
    serde_json::json!({
        "run": run.run.to_string(),
        "started_at": run.started_at.map(|at| at.to_rfc3339()),
        "state": state(run),
        "files": run.files.iter().map(|file| setup.sanitizer.path(file)).collect::<Vec<_>>(),
        "actions": run.actions,
        "fixes": run.fixes,
        "bytes": run.bytes,
        "undoes": run.undoes.as_ref().map(ToString::to_string),
        "undone_by": run.undone_by.as_ref().map(ToString::to_string),
    })
}

fn prune(cli: &Cli, mut setup: Setup) -> Result<Exit> {
    let state_dir = setup.config.state_dir.clone();
    let mut removed = Vec::new();
    let mut bytes = 0;
    if state_dir.is_dir() {
        let writer = Writer::new();
        let Some(_lock) = RunLock::acquire(&writer, &state_dir, undo::wait(cli)?)? else {
            output::message("heal: another run holds the lock; --wait 30s waits for it");
            return Ok(Exit::Locked);
        };
        let now = clock::now();
        let snapshot = memory::look(&state_dir, now, &setup.sanitizer, &mut setup.notices).snapshot;
        let kept = setup.config.backups;
        let pruned = apply::prune(&state_dir, &writer, kept.keep, kept.max_age, now, &protected(&snapshot, None))?;
        removed = pruned.removed.iter().map(ToString::to_string).collect();
        bytes = pruned.bytes;
    }
    if cli.common.json {
        let document = serde_json::json!({ "format_version": "1.0", "removed": removed, "bytes": bytes });
        output::print_json(&document)?;
    } else {
        output::print(|out| {
            removed.iter().try_for_each(|run| writeln!(out, "{run}"))?;
            writeln!(out, "{} removed, {bytes} bytes freed; the newest copy of every file stays", removed.len())
        })?;
    }
    Ok(Exit::Healthy)
}
