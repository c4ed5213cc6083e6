//! Takes back the changes of a fix, the last one first.

use crate::sys::clock::RunId;
use crate::sys::disk::{MAX_TARGET, Target, Writer, open_target};

use super::backup;
use super::change::{Reason, change_file};
use super::manifest::{Change, ChangeRef, FileChange, Manifest, ManifestError, State, load, run_dir};
use super::marks;
use super::run_folder::RunFolder;

/// Puts only a change's own value back into bytes that another hand has changed since: gets the change and those
/// bytes, gives the new bytes, or the reason why not. It must prove that it touches nothing else.
pub type PutBack<'a> = &'a dyn Fn(&Change, &[u8]) -> Result<Vec<u8>, String>;

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// The file has the very bytes that the change found.
    Restored,
    /// The change's value is put back; what another hand wrote since stands.
    PutBack,
    /// The file had those bytes already.
    AlreadyBack,
    /// Another hand changed the file since, and it was not touched: why.
    ChangedSince(String),
    /// The backup is missing or altered, and the file was not touched: a person is needed.
    BackupLost(String),
    /// It could not be done: why. A person is needed.
    Failed(String),
}

impl TakenBack {
    /// Whether the change stands no more.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        matches!(self, Self::Restored | Self::PutBack | Self::AlreadyBack)
    }
}

/// What became of which change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeBack {
    /// The change.
    pub change: ChangeRef,
    /// Its fix.
    pub fix: String,
    /// Its target, absolute.
    pub target: String,
    /// What became of it.
    pub result: TakenBack,
}

/// Takes back the changes of these indices of the run `from` (which may be the one that is going on), the last one
/// first. Each taking back is itself a change of `run`, with its own backup. A change that does not stand is passed over.
///
/// Attributes go back with the bytes, unless another hand changed them since: then they stay.
///
/// # Errors
/// When the manifest of `from` cannot be used; then nothing was touched. Trouble with one change is in the result.
pub fn take_back(
    run: &mut RunFolder,
    writer: &Writer,
    from: &RunId,
    changes: &[u32],
    put_back: Option<PutBack>,
) -> Result<Vec<TakeBack>, ManifestError> {
    let manifest = if from == run.id() { run.manifest().clone() } else { load(run.state_dir(), from)? };
    let chosen = manifest.changes.iter().rev().filter(|change| changes.contains(&change.index));
    let standing = chosen.filter(|change| matches!(change.state, State::Done | State::Intended));
    Ok(standing.map(|change| one(run, writer, &manifest, change, put_back)).collect())
}

fn one(
    run: &mut RunFolder,
    writer: &Writer,
    manifest: &Manifest,
    change: &Change,
    put_back: Option<PutBack>,
) -> TakeBack {
    let reference = ChangeRef { run: manifest.run.clone(), index: change.index };
    let result = match &change.file {
        Some(file) => take_back_file(run, writer, manifest, change, file, &reference, put_back),
        None => TakenBack::Failed(format!("{} is no change of a file: heal cannot take it back", change.kind)),
    };
    TakeBack { change: reference, fix: change.fix.clone(), target: change.target.clone(), result }
}

fn take_back_file(
    run: &mut RunFolder,
    writer: &Writer,
    manifest: &Manifest,
    change: &Change,
    file: &FileChange,
    reference: &ChangeRef,
    put_back: Option<PutBack>,
) -> TakenBack {
    let target = match open_target(manifest.workspace.as_ref(), file.relative.as_ref(), MAX_TARGET) {
        Ok(target) => target,
        Err(error) => return TakenBack::ChangedSince(error.to_string()),
    };
    if target.sha256 == file.before.sha256 {
        // Marks that fail now are made by `recover`.
        let _ = marks::undone(run, writer, std::slice::from_ref(reference));
        return TakenBack::AlreadyBack;
    }
    let (new, success) = if target.sha256 == file.after.sha256 {
        match backup::read(&run_dir(run.state_dir(), &manifest.run), file.found(), &file.before.sha256) {
            Ok(bytes) => (bytes, TakenBack::Restored),
            Err(error) => return TakenBack::BackupLost(error.to_string()),
        }
    } else {
        match put_back.map(|put_back| put_back(change, &target.bytes)) {
            Some(Ok(bytes)) if bytes != target.bytes => (bytes, TakenBack::PutBack),
            Some(Ok(_)) => return TakenBack::ChangedSince(changed_since(&target, "its value is not there any more")),
            Some(Err(why)) => return TakenBack::ChangedSince(changed_since(&target, &why)),
            None => return TakenBack::ChangedSince(changed_since(&target, "it is not what the fix left")),
        }
    };
    let attributes = attributes_back(file, file, &target);
    let reason = Reason::take_back(change, vec![reference.clone()]);
    match change_file(run, writer, &target, &new, attributes, reason) {
        Ok(_) => success,
        Err(error) if error.is_changed_meanwhile() => TakenBack::ChangedSince(error.to_string()),
        Err(error) => TakenBack::Failed(error.to_string()),
    }
}

fn changed_since(target: &Target, why: &str) -> String {
    format!("{} was changed by another hand since: {why}", target.path.display())
}

/// Those that `first` found, unless another hand changed them after `last`: then the present ones.
pub(super) fn attributes_back<'a>(
    first: &'a FileChange,
    last: &FileChange,
    target: &'a Target,
) -> &'a crate::sys::disk::Attributes {
    let now = &target.identity.attributes;
    if *now == last.after.attributes { &first.before.attributes } else { now }
}

impl Reason {
    /// Why `change` is taken back, with all of `takes_back`.
    pub(super) fn take_back(change: &Change, takes_back: Vec<ChangeRef>) -> Self {
        Self {
            fix: change.fix.clone(),
            incidents: change.incidents.clone(),
            kind: "take_back".to_owned(),
            step: None,
            takes_back,
            old_raw: change.new_raw.clone(),
            new_raw: change.old_raw.clone(),
        }
    }
}
