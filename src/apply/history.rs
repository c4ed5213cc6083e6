//! The runs that changed something, from their manifests, and which of them may go.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::{DateTime, FixedOffset};

use crate::sys::clock::RunId;
use crate::sys::disk::{Reader, Writer, is_temporary_name};

use super::chain;
use super::manifest::{Manifest, ManifestError, Mode, State, backups_dir, load, run_dir};

/// Folders that are being removed have this before the run's id, so that half of one is never taken for a run.
const PRUNED: &str = ".pruned-";

/// How a run stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// What it changed stands.
    Applied,
    /// Some of what it changed is undone.
    PartlyUndone,
    /// All that it changed is undone.
    Undone,
    /// It changed nothing in the end.
    Nothing,
    /// It was killed in the middle of a change.
    Interrupted,
    /// Its manifest cannot be used: why.
    Damaged(String),
}

/// One run in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Its id.
    pub run: RunId,
    /// When it began; of a damaged one unknown.
    pub started_at: Option<DateTime<FixedOffset>>,
    /// What kind; of a damaged one unknown.
    pub mode: Option<Mode>,
    /// The files that it changed, absolute.
    pub files: Vec<PathBuf>,
    /// The fixes that changed them.
    pub fixes: Vec<String>,
    /// Services, programs, modes and owners that it acted on.
    pub actions: Vec<String>,
    /// Bytes in its folder.
    pub bytes: u64,
    /// How it stands.
    pub state: RunState,
    /// The run that it undid.
    pub undoes: Option<RunId>,
    /// The run that undid it.
    pub undone_by: Option<RunId>,
}

/// What [`prune`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The runs that are gone.
    pub removed: Vec<RunId>,
    /// Bytes freed.
    pub bytes: u64,
}

/// All runs, newest first.
///
/// # Errors
/// When the state folder cannot be read.
pub fn list(state_dir: &Path) -> Result<Vec<RunSummary>> {
    let mut runs = Vec::new();
    for (run, loaded) in read_all(state_dir)? {
        let bytes = size(&run_dir(state_dir, &run))?;
        runs.push(match loaded {
            Ok(manifest) => summary(&manifest, bytes),
            Err(error) => RunSummary {
                run,
                started_at: None,
                mode: None,
                files: Vec::new(),
                actions: Vec::new(),
                fixes: Vec::new(),
                bytes,
                state: RunState::Damaged(error.to_string()),
                undoes: None,
                undone_by: None,
            },
        });
    }
    runs.reverse();
    Ok(runs)
}

/// Removes runs beyond the newest `keep`, and those that began longer than `max_age` before `now`. It keeps the newest
/// copy of every file, the runs in `protect`, what was interrupted, and what cannot be read.
///
/// # Errors
/// When a folder can be neither read nor removed.
pub fn prune(
    state_dir: &Path,
    writer: &Writer,
    keep: usize,
    max_age: Duration,
    now: DateTime<FixedOffset>,
    protect: &BTreeSet<RunId>,
) -> Result<Pruned> {
    sweep(state_dir, writer)?;
    let oldest = chrono::TimeDelta::from_std(max_age).ok().and_then(|age| now.checked_sub_signed(age));
    let mut pruned = Pruned::default();
    let mut copied = BTreeSet::new();
    let runs = read_all(state_dir)?;
    for (rank, (run, loaded)) in runs.into_iter().rev().enumerate() {
        let Ok(manifest) = loaded else { continue };
        let files = copies(&manifest);
        let newest = files.iter().any(|file| !copied.contains(file));
        copied.extend(files);
        let aged = oldest.is_some_and(|oldest| manifest.started_at < oldest);
        let interrupted = manifest.changes.iter().any(|change| change.state == State::Intended);
        if (rank >= keep || aged) && !newest && !interrupted && !protect.contains(&run) {
            pruned.bytes = pruned.bytes.saturating_add(size(&run_dir(state_dir, &run))?);
            let aside = backups_dir(state_dir).join(format!("{PRUNED}{run}"));
            writer.move_aside(&run_dir(state_dir, &run), &aside)?;
            writer.remove_tree(state_dir, &aside)?;
            pruned.removed.push(run);
        }
    }
    Ok(pruned)
}

/// Removes what a killed [`prune`] left.
fn sweep(state_dir: &Path, writer: &Writer) -> Result<()> {
    let backups = backups_dir(state_dir);
    for entry in entries(&backups)? {
        let name = entry.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if name.strip_prefix(PRUNED).and_then(RunId::parse).is_some() {
            writer.remove_tree(state_dir, &entry)?;
        }
    }
    Ok(())
}

/// The files of which the run holds a copy.
fn copies(manifest: &Manifest) -> Vec<String> {
    let made = manifest.changes.iter().filter(|change| change.state != State::Failed && change.file.is_some());
    made.map(|change| change.target.clone()).collect()
}

/// The manifests of all runs, oldest first.
///
/// # Errors
/// The first that cannot be used, or the folder that cannot be read.
pub(super) fn load_all(state_dir: &Path) -> Result<Vec<Manifest>, ManifestError> {
    let runs =
        read_all(state_dir).map_err(|error| ManifestError::new(&backups_dir(state_dir), format!("{error:#}")))?;
    runs.into_iter().map(|(_, loaded)| loaded).collect()
}

/// All runs, oldest first. A folder without anything in it is no run: a kill came before its first manifest.
pub(super) fn read_all(state_dir: &Path) -> Result<Vec<(RunId, Result<Manifest, ManifestError>)>> {
    let mut runs = Vec::new();
    for entry in entries(&backups_dir(state_dir))? {
        let Some(run) = entry.file_name().and_then(|name| name.to_str()).and_then(RunId::parse) else { continue };
        match load(state_dir, &run) {
            Err(error) if error.missing && is_empty(&entry)? => {}
            loaded => runs.push((run, loaded)),
        }
    }
    runs.sort_by_cached_key(|(run, loaded)| {
        let stamp = loaded.as_ref().ok().and_then(|manifest| manifest.started_at.timestamp_nanos_opt());
        (run.as_str().get(..16).map(str::to_owned), stamp, run.clone())
    });
    Ok(runs)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    match Reader::new().list(folder) {
        Ok(entries) => Ok(entries.into_iter().map(|entry| entry.path).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("could not read {}", folder.display())),
    }
}

fn is_empty(folder: &Path) -> Result<bool> {
    let temporary = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(is_temporary_name);
    Ok(entries(folder)?.iter().all(temporary))
}

fn size(folder: &Path) -> Result<u64> {
    let entries = Reader::new().list(folder).with_context(|| format!("could not read {}", folder.display()))?;
    Ok(entries.iter().map(|entry| entry.metadata.len()).fold(0, u64::saturating_add))
}

fn summary(manifest: &Manifest, bytes: u64) -> RunSummary {
    let made: Vec<_> = manifest.changes.iter().filter(|change| change.state != State::Failed).collect();
    let files: BTreeSet<_> =
        made.iter().filter(|change| change.file.is_some()).map(|change| PathBuf::from(&change.target)).collect();
    let actions = made.iter().filter(|change| change.action.is_some());
    let actions: BTreeSet<_> =
        actions.map(|change| format!("{} {}", change.kind.replace('_', " "), change.target)).collect();
    let names: BTreeSet<_> = made.iter().map(|change| change.fix.clone()).collect();
    RunSummary {
        run: manifest.run.clone(),
        started_at: Some(manifest.started_at),
        mode: Some(manifest.mode),
        files: files.into_iter().collect(),
        actions: actions.into_iter().collect(),
        fixes: names.into_iter().collect(),
        bytes,
        state: state(manifest),
        undoes: manifest.undoes.clone(),
        undone_by: manifest.undone_by.clone(),
    }
}

fn state(manifest: &Manifest) -> RunState {
    let in_doubt = manifest.changes.iter().any(|change| change.state == State::Intended);
    let by_other = |change: &super::Change| change.undone_by.as_ref().is_some_and(|by| *by != manifest.run);
    let some = manifest.changes.iter().any(by_other);
    match !chain::has_effect(manifest) {
        _ if in_doubt => RunState::Interrupted,
        true if some => RunState::Undone,
        true => RunState::Nothing,
        false if some => RunState::PartlyUndone,
        false => RunState::Applied,
    }
}
