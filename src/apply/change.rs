//! The one way in which a file changes: intent noted, old bytes put aside and proven, replaced, noted again.

use anyhow::{Context as _, anyhow};

use crate::catalogue::FixKey;
use crate::sys::clock;
use crate::sys::disk::{
    Attributes, MAX_TARGET, ReplaceError, Replaced, Target, Writer, open_target, sha256, temporary_name,
};

use super::error::ApplyError;
use super::manifest::{Change, ChangeRef, FileChange, FileState, State};
use super::run_folder::RunFolder;
use super::{backup, marks};

/// Why a file changes: what its row in the manifest says beside the file itself.
pub(super) struct Reason {
    pub(super) fix: FixKey,
    pub(super) incidents: Vec<String>,
    pub(super) kind: String,
    pub(super) step: Option<serde_json::Value>,
    pub(super) takes_back: Vec<ChangeRef>,
    pub(super) old_raw: Option<String>,
    pub(super) new_raw: Option<String>,
    /// The file itself is overwritten.
    pub(super) in_place: bool,
}

/// Gives `target` new bytes and attributes as the next change of `run`; gives the change's index.
///
/// On an error the file is as it was. Where even that could not be had, the change stays `intended`,
/// and `recover` finds it.
pub(super) fn change_file(
    run: &mut RunFolder,
    writer: &Writer,
    target: &Target,
    new: &[u8],
    attributes: &Attributes,
    reason: Reason,
) -> Result<u32, ApplyError> {
    let change = intent(run, target, new, attributes, reason).map_err(ApplyError::State)?;
    let (index, takes_back) = (change.index, change.takes_back.clone());
    let Some(file) = change.file.clone() else { return Err(ApplyError::State(anyhow!("no file to change"))) };
    run.push(writer, change)
        .context("nothing was changed: the manifest could not be written")
        .map_err(ApplyError::State)?;
    let copied = backup::make(writer, &run.folder(), file.found(), &target.bytes, &target.sha256);
    let journalled = copied.and_then(|()| match &file.journal {
        Some(journal) => backup::make(writer, &run.folder(), journal, new, &file.after.sha256),
        None => Ok(()),
    });
    if let Err(error) = journalled {
        settle(run, writer, index, State::Failed);
        return Err(error.into());
    }
    if let Err(error) = put(writer, target, new, attributes, &file) {
        // After a failed replacement the disk may be in a bad way: look, and leave in doubt what is in doubt.
        let now = hash_now(run, target);
        let stands = if file.journal.is_some() {
            now.as_deref() == Some(file.before.sha256.as_str())
        } else {
            now.as_deref() != Some(file.after.sha256.as_str())
        };
        if stands {
            settle(run, writer, index, State::Failed);
        }
        return Err(error.into());
    }
    set_state(run, index, State::Done);
    if let Err(error) = run.save(writer) {
        return Err(ApplyError::State(go_back(run, writer, target, index, &file, error)));
    }
    run.tell(writer, index);
    // What could not be marked is marked by `recover`.
    let _ = marks::undone(run, writer, &takes_back);
    Ok(index)
}

fn intent(
    run: &RunFolder,
    target: &Target,
    new: &[u8],
    attributes: &Attributes,
    reason: Reason,
) -> anyhow::Result<Change> {
    let index = run.next_index()?;
    let text = |path: &std::path::Path| {
        path.to_str().map(str::to_owned).with_context(|| format!("the path {} is not UTF-8", path.display()))
    };
    let path = text(&target.path)?;
    let own = backup::name(index, &target.path);
    let journal = reason.in_place.then(|| format!("{own}.new"));
    let first = run.manifest().changes.iter().filter(|change| change.target == path && change.state != State::Failed);
    let first = first.filter_map(|change| change.file.as_ref()).map(|file| file.backup.clone()).next();
    let (backup, copy) = match first {
        Some(first) => (first, Some(own)),
        None => (own, None),
    };
    let file = FileChange {
        relative: text(&target.relative)?,
        before: FileState { sha256: target.sha256.clone(), attributes: target.identity.attributes.clone() },
        after: FileState { sha256: sha256(new), attributes: attributes.clone() },
        backup,
        copy,
        temporary: temporary_name(),
        journal,
    };
    Ok(Change {
        index,
        fix: reason.fix.fix,
        captures: reason.fix.captures,
        incidents: reason.incidents,
        kind: reason.kind,
        step: reason.step,
        target: path,
        time: clock::now(),
        state: State::Intended,
        undone_by: None,
        takes_back: reason.takes_back,
        old_raw: reason.old_raw,
        new_raw: reason.new_raw,
        file: Some(file),
        action: None,
    })
}

/// A new file in its place, or the new bytes in the file itself.
fn put(
    writer: &Writer,
    target: &Target,
    bytes: &[u8],
    attributes: &Attributes,
    file: &FileChange,
) -> Result<Replaced, ReplaceError> {
    match &file.journal {
        Some(_) => writer.overwrite(target, bytes, attributes),
        None => writer.replace_as(target, bytes, attributes, &file.temporary),
    }
}

fn set_state(run: &mut RunFolder, index: u32, state: State) {
    if let Some(change) = run.manifest_mut().changes.iter_mut().find(|change| change.index == index) {
        change.state = state;
    }
}

/// A state that need not be on the disk: `intended` there is looked into by `recover`, with the same end.
fn settle(run: &mut RunFolder, writer: &Writer, index: u32, state: State) {
    set_state(run, index, state);
    let _ = run.save(writer);
}

fn hash_now(run: &RunFolder, target: &Target) -> Option<String> {
    open_target(&run.workspace(), &target.relative, MAX_TARGET).ok().map(|target| target.sha256)
}

/// The file is new and the manifest does not say so: the old bytes come back, so that nothing is half noted.
fn go_back(
    run: &mut RunFolder,
    writer: &Writer,
    target: &Target,
    index: u32,
    file: &FileChange,
    error: anyhow::Error,
) -> anyhow::Error {
    let name = target.path.display();
    let back = open_target(&run.workspace(), &target.relative, MAX_TARGET)
        .map_err(ApplyError::from)
        .and_then(|now| put(writer, &now, &target.bytes, &target.identity.attributes, file).map_err(ApplyError::from));
    match back {
        Ok(_) => {
            // The write may have failed only after its rename, and then the disk says "done".
            settle(run, writer, index, State::Failed);
            error.context(format!("{name} has its old bytes again: the manifest could not be written"))
        }
        Err(second) => {
            set_state(run, index, State::Intended);
            error.context(format!(
                "{name} was changed, the manifest could not be written, and going back failed: {second}"
            ))
        }
    }
}
