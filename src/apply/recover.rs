//! After a kill: finds what was under way, and finishes or takes it back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::catalogue::FixKey;
use crate::sys::clock::RunId;
use crate::sys::disk::{Halves, Leftover, MAX_TARGET, Reader, Writer, hold, open_target};

use super::action_change::ActionChange;
use super::backup;
use super::history::read_all;
use super::manifest::{
    Change, ChangeRef, FileChange, Manifest, ManifestError, State, backups_dir, load, manifest_path, run_dir,
};
use super::marks;
use super::run_folder::{RunFolder, save};
use super::take_back::{PutBack, TakeBack, TakenBack, take_back};
use super::validate;

/// A fix that a kill cut short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interrupted {
    /// The run that was killed.
    pub run: RunId,
    /// The fix that was under way.
    pub fix: FixKey,
    /// The targets of its changes, absolute.
    pub targets: Vec<String>,
}

/// What [`recover`] found and did.
#[derive(Debug, Default)]
pub struct Recovery {
    /// The fixes that were under way.
    pub interrupted: Vec<Interrupted>,
    /// What became of their changes. One that was never made is [`TakenBack::AlreadyBack`].
    pub taken_back: Vec<TakeBack>,
    /// Files that hold again what another hand wrote in the very instant of the kill.
    pub given_back: Vec<String>,
    /// Manifests that cannot be used: what they tell of stays as it is.
    pub damaged: Vec<ManifestError>,
    /// Trouble with tidying up, as sentences.
    pub trouble: Vec<String>,
}

/// Looks for fixes that a kill cut short, and touches nothing. `under_way`: attempts that the store knows to have
/// begun and not ended, as run and fix. The second part: manifests that cannot be used.
///
/// # Errors
/// When the state folder cannot be read.
pub fn find_interrupted(
    state_dir: &Path,
    under_way: &BTreeSet<(RunId, FixKey)>,
) -> Result<(Vec<Interrupted>, Vec<ManifestError>)> {
    let mut found = Vec::new();
    let mut damaged = Vec::new();
    for (_, loaded) in read_all(state_dir)? {
        match loaded {
            Ok(manifest) => found.extend(interrupted(&manifest, under_way)),
            Err(error) => damaged.push(error),
        }
    }
    Ok((found, damaged))
}

/// Takes back what a kill left half done, as changes of `run`, and removes heal's own temporary files. The taking back
/// of something is finished instead. The caller holds the lock, and `run` is not one of those that were killed.
///
/// # Errors
/// When the state folder cannot be read; trouble with one run or file is in the result.
pub fn recover(
    run: &mut RunFolder,
    writer: &Writer,
    under_way: &BTreeSet<(RunId, FixKey)>,
    put_back: Option<PutBack>,
) -> Result<Recovery> {
    let state_dir = run.state_dir().to_path_buf();
    let mut recovery = Recovery::default();
    if let Err(error) = clean(writer, &state_dir) {
        recovery.trouble.push(format!("{error:#}"));
    }
    for (id, loaded) in read_all(&state_dir)?.into_iter().rev() {
        let manifest = match loaded {
            Ok(manifest) => manifest,
            Err(error) => {
                recovery.damaged.push(error);
                continue;
            }
        };
        if id != *run.id() {
            recovery.one_run(run, writer, manifest, under_way, put_back);
        }
    }
    Ok(recovery)
}

fn interrupted(manifest: &Manifest, under_way: &BTreeSet<(RunId, FixKey)>) -> Vec<Interrupted> {
    let begun = |change: &&Change| {
        let known = under_way.contains(&(manifest.run.clone(), change.key()));
        change.state == State::Intended || (known && change.state == State::Done && change.takes_back.is_empty())
    };
    let fixes: BTreeSet<FixKey> = manifest.changes.iter().filter(begun).map(Change::key).collect();
    let of = |fix: FixKey| {
        let targets: BTreeSet<_> =
            manifest.changes.iter().filter(|change| change.key() == fix).map(|change| change.target.clone()).collect();
        Interrupted { run: manifest.run.clone(), fix, targets: targets.into_iter().collect() }
    };
    fixes.into_iter().map(of).collect()
}

impl Recovery {
    fn one_run(
        &mut self,
        run: &mut RunFolder,
        writer: &Writer,
        mut manifest: Manifest,
        under_way: &BTreeSet<(RunId, FixKey)>,
        put_back: Option<PutBack>,
    ) {
        let interrupted = interrupted(&manifest, under_way);
        if interrupted.is_empty() {
            self.finish_marks(run, writer, &manifest);
            return;
        }
        let id = manifest.run.clone();
        let cut_short = cut_short(&manifest, under_way);
        let never_made = self.settle(run, writer, &mut manifest);
        self.finish_marks(run, writer, &manifest);
        self.taken_back.extend(never_made);
        // Marks may have changed it: what counts is on the disk.
        match load(run.state_dir(), &id) {
            Ok(manifest) => self.take_back(run, writer, &manifest, &cut_short, put_back),
            Err(error) => self.damaged.push(error),
        }
        self.interrupted.extend(interrupted);
    }

    /// Looks at each change in doubt: its temporary file goes; one that was never made is noted as such, and one
    /// that took something back and was made is done.
    fn settle(&mut self, run: &RunFolder, writer: &Writer, manifest: &mut Manifest) -> Vec<TakeBack> {
        let mut never_made = Vec::new();
        let (id, workspace) = (manifest.run.clone(), manifest.workspace.clone());
        for change in manifest.changes.iter_mut().filter(|change| change.state == State::Intended) {
            let Some(file) = &change.file else {
                settle_action(change, &workspace);
                continue;
            };
            let folder = run_dir(run.state_dir(), &id);
            if let Err(error) = settle_in_place(writer, &folder, &workspace, change, file) {
                self.trouble.push(error);
            }
            self.tidy_up(writer, &workspace, &change.target, file);
            let now = hash_now(&workspace, file);
            if now.as_deref() == Some(file.before.sha256.as_str()) {
                change.state = State::Failed;
                never_made.push(TakeBack {
                    change: ChangeRef { run: id.clone(), index: change.index },
                    fix: change.key(),
                    target: change.target.clone(),
                    result: TakenBack::AlreadyBack,
                    by_hand: Vec::new(),
                });
            } else if now.as_deref() == Some(file.after.sha256.as_str()) && !change.takes_back.is_empty() {
                change.state = State::Done;
            }
        }
        if let Err(error) = save(writer, run.state_dir(), manifest) {
            self.trouble.push(format!("{}: {error:#}", manifest_path(run.state_dir(), &id).display()));
        }
        never_made
    }

    fn tidy_up(&mut self, writer: &Writer, workspace: &str, target: &str, file: &FileChange) {
        let (before, after) = (&file.before.sha256, &file.after.sha256);
        match writer.settle_leftover(workspace.as_ref(), file.relative.as_ref(), &file.temporary, before, after) {
            Ok(Leftover::GivenBack) => self.given_back.push(target.to_owned()),
            Ok(Leftover::None | Leftover::Removed) => {}
            Err(error) => self.trouble.push(format!("{error:#}")),
        }
    }

    /// A kill may have come between a taking back and the note of it on what it took back. The file must bear it out.
    fn finish_marks(&mut self, run: &mut RunFolder, writer: &Writer, manifest: &Manifest) {
        let made = |change: &&Change| {
            if change.action.is_some() {
                return true;
            }
            let now = change.file.as_ref().and_then(|file| hash_now(&manifest.workspace, file));
            now.as_deref() == change.file.as_ref().map(|file| file.after.sha256.as_str())
        };
        let back = |change: &&Change| change.state == State::Done && !change.takes_back.is_empty();
        for change in manifest.changes.iter().filter(back).filter(made) {
            let state_dir = run.state_dir().to_path_buf();
            let stands = |reference: &&ChangeRef| {
                let other = if reference.run == manifest.run {
                    Some(manifest.clone())
                } else {
                    load(&state_dir, &reference.run).ok()
                };
                let place = usize::try_from(reference.index).unwrap_or(usize::MAX);
                let state = other.and_then(|other| other.changes.get(place).map(|change| change.state));
                matches!(state, Some(State::Done | State::Intended))
            };
            let open: Vec<_> = change.takes_back.iter().filter(stands).cloned().collect();
            if let Err(error) = marks::undone_by(run, writer, &open, &manifest.run) {
                self.trouble.push(format!("{error:#}"));
            }
        }
    }

    /// What stands of the fixes that were cut short goes; a taking back stays.
    fn take_back(
        &mut self,
        run: &mut RunFolder,
        writer: &Writer,
        manifest: &Manifest,
        fixes: &BTreeSet<FixKey>,
        put_back: Option<PutBack>,
    ) {
        let wanted = |change: &&Change| change.takes_back.is_empty() && fixes.contains(&change.key());
        let of = |change: &Change| ChangeRef { run: manifest.run.clone(), index: change.index };
        let changes: Vec<_> = manifest.changes.iter().rev().filter(wanted).map(of).collect();
        match take_back(run, writer, &changes, put_back) {
            Ok(taken) => self.taken_back.extend(taken),
            Err(error) => self.damaged.push(error),
        }
        if let Err(error) = leave_no_doubt(run, writer, &manifest.run) {
            self.trouble.push(error);
        }
    }
}

/// A file that was being overwritten is half the one and half the other: it gets its old bytes again, or, where the old
/// ones were being put back, those. Without both copies it never came to the overwriting.
pub(super) fn settle_in_place(
    writer: &Writer,
    folder: &Path,
    workspace: &str,
    change: &Change,
    file: &FileChange,
) -> Result<(), String> {
    let Some(journal) = &file.journal else { return Ok(()) };
    let old = backup::read(folder, file.found(), &file.before.sha256);
    let new = backup::read(folder, journal, &file.after.sha256);
    let (Ok(old), Ok(new)) = (old, new) else { return Ok(()) };
    let forward = !change.takes_back.is_empty();
    let wanted = if forward { &file.after } else { &file.before };
    let halves = Halves { old: &old, new: &new, forward };
    let settled = writer.settle_overwrite(workspace.as_ref(), file.relative.as_ref(), halves, &wanted.attributes);
    settled.map(drop).map_err(|error| error.to_string())
}

/// An action in doubt: one that takes something back is simply done again, which does no harm; of any other one nobody
/// can tell, so that it is taken back as if it was done. Only modes and owners can be looked at.
fn settle_action(change: &mut Change, workspace: &str) {
    if !change.takes_back.is_empty() {
        change.state = State::Failed;
    } else if let Some(ActionChange::Permissions { relative, before, .. }) = &change.action
        && hold(workspace.as_ref(), relative).is_ok_and(|held| held.ownership == *before)
    {
        change.state = State::Failed;
    }
}

fn hash_now(workspace: &str, file: &FileChange) -> Option<String> {
    open_target(workspace.as_ref(), file.relative.as_ref(), MAX_TARGET).ok().map(|now| now.sha256)
}

/// Removes temporary files from the state folder and those in it, and folders of runs that never came to a manifest.
fn clean(writer: &Writer, state_dir: &Path) -> Result<()> {
    let backups = backups_dir(state_dir);
    writer.clean_stale_temps(state_dir)?;
    validate::clear(state_dir, writer)?;
    for folder in folders(state_dir)? {
        writer.clean_stale_temps(&folder)?;
    }
    for folder in folders(&backups)? {
        writer.clean_stale_temps(&folder)?;
        let run = folder.file_name().and_then(|name| name.to_str()).and_then(RunId::parse);
        if run.is_some() && Reader::new().list(&folder)?.is_empty() {
            writer.remove_tree(&backups, &folder)?;
        }
    }
    Ok(())
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    if !parent.is_dir() {
        return Ok(Vec::new());
    }
    let entries = Reader::new().list(parent)?.into_iter();
    Ok(entries.filter(|entry| entry.metadata.is_dir()).map(|entry| entry.path).collect())
}

/// The fixes of which what stands must go: a change was cut short, or the taking back of one of the same run,
/// or the store says so.
fn cut_short(manifest: &Manifest, under_way: &BTreeSet<(RunId, FixKey)>) -> BTreeSet<FixKey> {
    let of = |change: &&Change| {
        let own = change.takes_back.iter().all(|back| back.run == manifest.run);
        let known = under_way.contains(&(manifest.run.clone(), change.key()));
        known || (change.state == State::Intended && own)
    };
    manifest.changes.iter().filter(of).map(Change::key).collect()
}

/// A change whose file another hand has changed since can be settled no further: where its backup is whole it counts
/// as made, so that an undo shows the difference and asks; without one it never came to the change.
fn leave_no_doubt(run: &RunFolder, writer: &Writer, id: &RunId) -> Result<(), String> {
    let mut manifest = load(run.state_dir(), id).map_err(|error| error.to_string())?;
    let workspace = manifest.workspace.clone();
    let folder = run_dir(run.state_dir(), id);
    let mut settled = false;
    for change in manifest.changes.iter_mut().filter(|change| change.state == State::Intended) {
        let Some(file) = &change.file else {
            // Without a way back it may have been done, and stands.
            if matches!(&change.action, Some(ActionChange::Command { undo: None, .. })) {
                change.state = State::Done;
                settled = true;
            }
            continue;
        };
        let now = hash_now(&workspace, file);
        // Its old bytes could not be put back: the next run tries again.
        if now.as_deref() == Some(file.after.sha256.as_str()) {
            continue;
        }
        let made = backup::read(&folder, file.found(), &file.before.sha256).is_ok();
        change.state = if made { State::Done } else { State::Failed };
        settled = true;
    }
    if settled { save(writer, run.state_dir(), &manifest).map_err(|error| format!("{error:#}")) } else { Ok(()) }
}
