//! `heal undo`: puts back what a run changed, all of it or, when something stands in the way, nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::exit::Exit;
use crate::sys::clock::RunId;
use crate::sys::disk::{MAX_TARGET, Target, TargetError, Writer, hold, open_target};
use crate::sys::exec;

use super::action_change::ActionChange;
use super::backup::{self, BackupError};
use super::chain::{self, Chain};
use super::change::{Reason, change_file};
use super::history;
use super::manifest::{Change, ChangeRef, Manifest, ManifestError, Mode, State, has_run, load, run_dir};
use super::recover;
use super::run_folder::{RunFolder, RunHeader};
use super::take_back::{TakeBack, TakenBack, attributes_back, take_back_actions};

/// What to undo, and as which run.
#[derive(Clone, Debug)]
pub struct UndoRequest<'a> {
    /// The run; `None`: the last one that changed something, is no undo and is not undone.
    pub run: Option<&'a str>,
    /// Also files that another hand has changed since (that state is backed up first).
    pub force: bool,
    /// Only this file: relative to the workspace, or absolute.
    pub file: Option<&'a Path>,
    /// Now.
    pub now: DateTime<FixedOffset>,
    /// This host.
    pub host: &'a str,
}

/// What an undo did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoReport {
    /// The undo's own id, by which it can be undone; `None` when there was nothing left to put back.
    pub run: Option<RunId>,
    /// The run that was undone.
    pub undoes: RunId,
    /// Its files.
    pub files: Vec<UndoneFile>,
    /// What became of its actions.
    pub actions: Vec<TakeBack>,
}

/// A file that has its old bytes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoneFile {
    /// Its absolute path.
    pub target: PathBuf,
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// It had them already.
    pub already: bool,
}

/// A file that another hand has changed since the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its absolute path.
    pub target: PathBuf,
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// What it holds now.
    pub current: Vec<u8>,
    /// What the undo would give it.
    pub backup: Vec<u8>,
}

/// Why nothing, or in [`UndoError::Stopped`] not all, was undone.
#[derive(Debug)]
pub enum UndoError {
    /// No run has changed anything that still stands.
    NothingToUndo,
    /// No run has changed anything in this file that still stands.
    NothingOfFile(PathBuf),
    /// There is no run of this id.
    UnknownRun(String),
    /// All that this run changed is undone, or it changed nothing.
    AlreadyUndone(RunId, Option<RunId>),
    /// The run did not change this file, or it is undone.
    NotChanged(RunId, PathBuf),
    /// A manifest cannot be used.
    Damaged(ManifestError),
    /// A file may not be written, or is gone; the second is its backup.
    Refused(TargetError, PathBuf),
    /// Other hands have changed these files since.
    ChangedSince(Vec<ChangedFile>),
    /// Other hands have changed modes or owners since: what they are, in sentences.
    OwnershipChanged(Vec<String>),
    /// A backup is missing or altered.
    Backup(BackupError),
    /// The state folder does not take the undo's manifest; nothing was touched.
    State(anyhow::Error),
    /// It failed on the way: what was done before, and why it stopped.
    Stopped(Box<UndoReport>, PathBuf, String),
}

impl UndoError {
    /// How the process ends.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Backup(_) | Self::Stopped(..) => Exit::UndoFailed,
            _ => Exit::Failed,
        }
    }
}

impl fmt::Display for UndoError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingToUndo => {
                formatter.write_str("there is nothing to undo: no run has changed anything that still stands")
            }
            Self::NothingOfFile(file) => {
                write!(formatter, "no run has changed anything in {} that still stands", file.display())
            }
            Self::UnknownRun(run) => write!(formatter, "there is no run {run}: `heal backups` lists them"),
            Self::AlreadyUndone(run, Some(by)) => {
                write!(formatter, "{run} is already undone, by {by}; `heal undo {by}` takes that back")
            }
            Self::AlreadyUndone(run, None) => write!(formatter, "{run} changed nothing that still stands"),
            Self::NotChanged(run, file) => {
                write!(formatter, "{run} changed nothing in {} that still stands", file.display())
            }
            Self::Damaged(error) => error.fmt(formatter),
            Self::Refused(error, backup) => {
                write!(formatter, "{error}; nothing was undone. Its old bytes are in {}", backup.display())
            }
            Self::ChangedSince(files) => {
                let names: Vec<_> = files.iter().map(|file| file.target.display().to_string()).collect();
                write!(
                    formatter,
                    "{} changed since by another hand: nothing was undone. --force undoes it and backs the present state up first",
                    names.join(", ")
                )
            }
            Self::OwnershipChanged(which) => {
                write!(formatter, "{}: nothing was undone. --force undoes it all the same", which.join("; "))
            }
            Self::Backup(error) => write!(formatter, "{error}; nothing was undone"),
            Self::State(error) => write!(formatter, "nothing was undone: {error:#}"),
            Self::Stopped(_, target, why) => write!(formatter, "{} could not be put back: {why}", target.display()),
        }
    }
}

impl std::error::Error for UndoError {}

/// Undoes a run. It is itself a run, of mode `undo`, and can be undone by its id. The caller holds the lock.
///
/// A file that is gone is not made again, not even with `force`: who removed it meant it. The error names its backup.
///
/// # Errors
/// But for [`UndoError::Stopped`] nothing was touched.
pub fn undo_run(state_dir: &Path, writer: &Writer, request: &UndoRequest) -> Result<UndoReport, UndoError> {
    let manifest = choose(state_dir, request.run, request.file)?;
    let mut chains = chain::live(&manifest);
    if !chain::has_effect(&manifest) {
        let by = manifest.undone_by.clone().filter(|by| has_run(state_dir, by));
        return Err(UndoError::AlreadyUndone(manifest.run, by));
    }
    if let Some(file) = request.file {
        chains.retain(|chain| chain.is_of(&manifest.workspace, file));
        if chains.is_empty() {
            return Err(UndoError::NotChanged(manifest.run.clone(), file.to_path_buf()));
        }
    }
    let files = look(state_dir, writer, &manifest, chains, request.force)?;
    if request.file.is_none() && !request.force {
        look_at_owners(&manifest)?;
    }
    put_back(state_dir, writer, request, &manifest, files)
}

/// Modes and owners must be what the run left, or found.
fn look_at_owners(manifest: &Manifest) -> Result<(), UndoError> {
    let changed = |change: &Change| {
        let Some(ActionChange::Permissions { relative, before, after }) = &change.action else { return None };
        match hold(manifest.workspace.as_ref(), relative) {
            Ok(held) if held.ownership == *before || held.ownership == *after => None,
            Ok(held) => Some(format!("{} has {} by another hand", change.target, held.ownership.shown())),
            Err(error) => Some(error.to_string()),
        }
    };
    let which: Vec<String> = chain::live_actions(manifest).into_iter().filter_map(changed).collect();
    if which.is_empty() { Ok(()) } else { Err(UndoError::OwnershipChanged(which)) }
}

fn choose(state_dir: &Path, run: Option<&str>, file: Option<&Path>) -> Result<Manifest, UndoError> {
    if let Some(text) = run {
        let run = RunId::parse(text).ok_or_else(|| UndoError::UnknownRun(text.to_owned()))?;
        if !has_run(state_dir, &run) {
            return Err(UndoError::UnknownRun(text.to_owned()));
        }
        return load(state_dir, &run).map_err(UndoError::Damaged);
    }
    let mut manifests = history::load_all(state_dir).map_err(UndoError::Damaged)?;
    manifests.retain(|manifest| manifest.mode != Mode::Undo && chain::has_effect(manifest));
    if let Some(file) = file {
        manifests.retain(|manifest| chain::live(manifest).iter().any(|chain| chain.is_of(&manifest.workspace, file)));
        return manifests.pop().ok_or_else(|| UndoError::NothingOfFile(file.to_path_buf()));
    }
    manifests.pop().ok_or(UndoError::NothingToUndo)
}

/// A file of the run as it is now, with what it gets.
struct File<'a> {
    target: Target,
    old: Vec<u8>,
    chain: Chain<'a>,
}

impl File<'_> {
    fn is_back(&self) -> bool {
        self.target.bytes == self.old
    }
}

/// Looks at every file and every backup before anything is touched.
fn look<'a>(
    state_dir: &Path,
    writer: &Writer,
    manifest: &'a Manifest,
    chains: Vec<Chain<'a>>,
    force: bool,
) -> Result<Vec<File<'a>>, UndoError> {
    let folder = run_dir(state_dir, &manifest.run);
    let mut files = Vec::new();
    let mut refused = None;
    let mut changed = Vec::new();
    for mut chain in chains {
        let Some(first) = chain.first() else { continue };
        let old = backup::read(&folder, first.found(), &first.before.sha256).map_err(UndoError::Backup)?;
        settle(state_dir, writer, manifest, &chain);
        let target = match open_target(manifest.workspace.as_ref(), first.relative.as_ref(), MAX_TARGET) {
            Ok(target) => target,
            Err(error) => {
                refused.get_or_insert(UndoError::Refused(error, folder.join(first.found())));
                continue;
            }
        };
        drop_never_made(&mut chain, &target);
        let untouched = chain.is_whole() && chain.last().is_some_and(|last| last.after.sha256 == target.sha256);
        if !untouched && target.bytes != old {
            let (path, relative) = (target.path.clone(), target.relative.clone());
            changed.push(ChangedFile { target: path, relative, current: target.bytes.clone(), backup: old.clone() });
        }
        files.push(File { target, old, chain });
    }
    match refused {
        Some(error) => Err(error),
        None if !force && !changed.is_empty() => Err(UndoError::ChangedSince(changed)),
        None => Ok(files),
    }
}

/// A run that was killed may have left its temporary file. That alone goes; a failure here changes no answer.
fn settle(state_dir: &Path, writer: &Writer, manifest: &Manifest, chain: &Chain) {
    let folder = run_dir(state_dir, &manifest.run);
    for (change, file) in chain.members.iter().filter(|(change, _)| change.state == State::Intended) {
        let _ = recover::settle_in_place(writer, &folder, &manifest.workspace, change, file);
        let _ = writer.settle_leftover(
            manifest.workspace.as_ref(),
            file.relative.as_ref(),
            &file.temporary,
            &file.before.sha256,
            &file.after.sha256,
        );
    }
}

/// A change that a kill kept from being made does not count.
fn drop_never_made(chain: &mut Chain, target: &Target) {
    while chain.members.len() > 1
        && chain
            .members
            .last()
            .is_some_and(|(change, file)| change.state == State::Intended && file.before.sha256 == target.sha256)
    {
        chain.members.pop();
    }
}

fn put_back(
    state_dir: &Path,
    writer: &Writer,
    request: &UndoRequest,
    manifest: &Manifest,
    files: Vec<File>,
) -> Result<UndoReport, UndoError> {
    let header = RunHeader {
        run: RunId::unused(request.now, |id| has_run(state_dir, id)),
        mode: Mode::Undo,
        host: request.host.to_owned(),
        started_at: request.now,
        workspace: PathBuf::from(&manifest.workspace),
    };
    let mut run = RunFolder::new(state_dir, header).map_err(UndoError::State)?;
    run.manifest_mut().undoes = Some(manifest.run.clone());
    let mut report = UndoReport { run: None, undoes: manifest.run.clone(), files: Vec::new(), actions: Vec::new() };
    for file in files {
        let (path, already) = (file.target.path.clone(), file.is_back());
        let done = UndoneFile { target: path.clone(), relative: file.target.relative.clone(), already };
        if let Err(error) = one(&mut run, writer, manifest, &file) {
            return Err(match error {
                super::ApplyError::State(error) if report.run.is_none() => UndoError::State(error),
                error => UndoError::Stopped(Box::new(report), path, error.to_string()),
            });
        }
        if !already {
            report.run = Some(run.id().clone());
        }
        report.files.push(done);
    }
    if request.file.is_some() {
        return Ok(report);
    }
    let files_back = report.files.iter().any(|file| !file.already);
    report.actions = take_back_actions(&mut run, writer, manifest, files_back, request.force);
    if !run.manifest().changes.is_empty() {
        report.run = Some(run.id().clone());
    }
    let failed =
        |action: &&TakeBack| !action.result.succeeded() && !matches!(action.result, TakenBack::Irreversible(_));
    match report.actions.iter().find(failed).cloned() {
        Some(action) => {
            let by_hand: Vec<String> = action.by_hand.iter().map(|argv| exec::shown(argv)).collect();
            let why = format!("{}. By hand: {}", action.result.why(), by_hand.join(" && "));
            Err(UndoError::Stopped(Box::new(report), PathBuf::from(action.target), why))
        }
        None => Ok(report),
    }
}

fn one(run: &mut RunFolder, writer: &Writer, manifest: &Manifest, file: &File) -> Result<(), super::ApplyError> {
    let refs: Vec<ChangeRef> = file.chain.refs(manifest);
    if file.is_back() {
        // Nothing was put back, so no run of ours did it: the run itself no longer stands.
        return super::marks::undone(run, writer, &refs).map_err(super::ApplyError::State);
    }
    let (Some(first), Some(last)) = (file.chain.first(), file.chain.last()) else { return Ok(()) };
    let Some((change, _)): Option<&(&Change, _)> = file.chain.members.last() else { return Ok(()) };
    let attributes = attributes_back(first, last, &file.target);
    let in_place = file.chain.members.iter().any(|(_, file)| file.journal.is_some());
    let reason = Reason { in_place, ..Reason::take_back(change, refs) };
    change_file(run, writer, &file.target, &file.old, attributes, reason).map(drop)
}
