//! Makes a planned edit.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::catalogue::{FixKey, Step, WriteMode};
use crate::sys::clock::RunId;
use crate::sys::disk::{Identity, MAX_TARGET, Writer, open_target};

use super::action::Limits;
use super::change::{Reason, change_file};
use super::error::ApplyError;
use super::run_folder::RunFolder;
use super::validate;

/// An edit with the exact bytes that planning made of the exact bytes that it read.
#[derive(Clone, Copy, Debug)]
pub struct PlannedEdit<'a> {
    /// The file: relative to the run's workspace, or absolute in it.
    pub file: &'a Path,
    /// The hash of the bytes that planning read (of a second edit: that the first leaves).
    pub expected_sha256: &'a str,
    /// The file that planning read. `None` for a later edit of the same file in this run, and for a saved plan.
    pub expected_identity: Option<&'a Identity>,
    /// What the file becomes.
    pub new: &'a [u8],
    /// The fix.
    pub fix: &'a FixKey,
    /// The incidents that it is for.
    pub incidents: &'a [String],
    /// The step, as its table has it.
    pub step: &'a Step,
    /// The value as it stands in the file.
    pub old_raw: Option<&'a str>,
    /// The value as it will stand there.
    pub new_raw: Option<&'a str>,
    /// What must accept the new text, and how long it may take.
    pub validate: Option<(&'a [String], Limits)>,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The run.
    pub run: RunId,
    /// The change's index in the run's manifest.
    pub index: u32,
    /// The fix.
    pub fix: String,
    /// The step's key.
    pub kind: String,
    /// The real, absolute path; or a unit, a program.
    pub target: PathBuf,
    /// The bytes from before this run's first change of the file.
    pub backup: Option<PathBuf>,
    /// When.
    pub time: DateTime<FixedOffset>,
}

/// Makes one edit as the next change of `run`: the old bytes are put aside and proven before the file is replaced.
///
/// # Errors
/// The file is as it was: it may not be edited, is not what planning read, has these bytes already, or could not be
/// backed up, noted down or replaced.
pub fn apply_edit(run: &mut RunFolder, writer: &Writer, planned: &PlannedEdit) -> Result<Receipt, ApplyError> {
    let target = open_target(&run.workspace(), planned.file, MAX_TARGET)?;
    let same_file = planned.expected_identity.is_none_or(|expected| *expected == target.identity);
    if target.sha256 != planned.expected_sha256 || !same_file {
        return Err(ApplyError::ChangedMeanwhile(target.path));
    }
    if target.bytes == planned.new {
        return Err(ApplyError::AlreadyOptimal(target.path));
    }
    if u64::try_from(planned.new.len()).is_ok_and(|length| length > MAX_TARGET) {
        let told = format!("{} would become larger than {MAX_TARGET} bytes, heal's bound", target.path.display());
        return Err(ApplyError::State(anyhow::anyhow!(told)));
    }
    if let Some((argv, limits)) = planned.validate {
        validate::candidate(run, writer, &target, planned.new, argv, limits)?;
    }
    let step = serde_json::to_value(planned.step).map_err(|error| ApplyError::State(error.into()))?;
    let reason = Reason {
        fix: planned.fix.clone(),
        incidents: planned.incidents.to_vec(),
        kind: planned.step.kind().to_owned(),
        step: Some(step),
        takes_back: Vec::new(),
        old_raw: planned.old_raw.map(str::to_owned),
        new_raw: planned.new_raw.map(str::to_owned),
        in_place: matches!(planned.step, Step::Edit(edit) if edit.write_mode == WriteMode::InPlace),
    };
    let index = change_file(run, writer, &target, planned.new, &target.identity.attributes, reason)?;
    Receipt::of(run, index).ok_or_else(|| ApplyError::State(anyhow::anyhow!("the change is not in the manifest")))
}

impl Receipt {
    /// Of the change of this index.
    pub(super) fn of(run: &RunFolder, index: u32) -> Option<Self> {
        let change = run.manifest().changes.get(usize::try_from(index).ok()?)?;
        Some(Self {
            run: run.id().clone(),
            index,
            fix: change.fix.clone(),
            kind: change.kind.clone(),
            target: PathBuf::from(&change.target),
            backup: change.file.as_ref().map(|file| run.folder().join(&file.backup)),
            time: change.time,
        })
    }
}
