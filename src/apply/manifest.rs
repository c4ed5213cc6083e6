//! `manifest.json` of a run: what it changed, from what, to what, and where the old bytes are.

use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::action_change::ActionChange;
use crate::catalogue::{Bindings, FixKey, Step};
use crate::sys::clock::RunId;
use crate::sys::disk::{Attributes, Reader, is_temporary_name};

/// The version that this heal writes and reads.
const FORMAT_VERSION: u32 = 1;
/// The largest manifest that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What kind of run it was; the words of `run.mode` in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `heal --apply`.
    Apply,
    /// `heal undo`.
    Undo,
    /// `heal review`.
    Review,
    /// `heal apply FILE`.
    ApplyPlan,
    /// `heal edit --apply`.
    Edit,
}

/// How far a change got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// About to be made; after a kill it may or may not have been.
    Intended,
    /// Made.
    Done,
    /// Made, and taken back since.
    Undone,
    /// Never made.
    Failed,
}

/// All that one run changed, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 1.
    pub format_version: u32,
    /// The run, as its folder is named.
    pub run: RunId,
    /// What kind of run.
    pub mode: Mode,
    /// The host it ran on.
    pub host: String,
    /// The heal that wrote it.
    pub heal_version: String,
    /// When it began.
    pub started_at: DateTime<FixedOffset>,
    /// The real, absolute path that `relative` counts from.
    pub workspace: String,
    /// The run that this one undid.
    pub undoes: Option<RunId>,
    /// The run that undid this one.
    pub undone_by: Option<RunId>,
    /// What it changed.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its place in `changes`, from 0.
    pub index: u32,
    /// The fix that it belongs to.
    pub fix: String,
    /// The captured values that the fix was applied with.
    #[serde(default)]
    pub captures: Bindings,
    /// The incidents that the fix was for.
    pub incidents: Vec<String>,
    /// The step's key, or `take_back`.
    pub kind: String,
    /// The step as its table had it; none when something was taken back. See [`Self::step`].
    pub step: Option<serde_json::Value>,
    /// An absolute path (or a unit, a container).
    pub target: String,
    /// When.
    pub time: DateTime<FixedOffset>,
    /// How far it got.
    pub state: State,
    /// The run that took it back, which may be its own.
    pub undone_by: Option<RunId>,
    /// The changes that this one took back.
    pub takes_back: Vec<ChangeRef>,
    /// The value as it stood in the file.
    pub old_raw: Option<String>,
    /// The value as it was written.
    pub new_raw: Option<String>,
    /// Of a change of a file.
    pub file: Option<FileChange>,
    /// Of anything else.
    pub action: Option<ActionChange>,
}

impl Change {
    /// Tells the doing of its fix from others in the run.
    #[must_use]
    pub fn key(&self) -> FixKey {
        FixKey { fix: self.fix.clone(), captures: self.captures.clone() }
    }

    /// The step, if this heal knows its kind.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        self.step.as_ref().and_then(|step| Step::deserialize(step).ok())
    }
}

/// A change of some run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRef {
    /// The run.
    pub run: RunId,
    /// The change's index.
    pub index: u32,
}

/// What a change of a file adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    /// The file, relative to the workspace.
    pub relative: String,
    /// What it was.
    pub before: FileState,
    /// What it became.
    pub after: FileState,
    /// The file in the run's folder with the bytes that the run's first change of this file found.
    pub backup: String,
    /// Of a later change of the same file: a copy of the bytes that this very change found.
    pub copy: Option<String>,
    /// The temporary file that the change goes through.
    pub temporary: String,
    /// Of a change in place: the file in the run's folder with the new bytes, so that one that was cut short can be
    /// told from another hand's, and finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
}

impl FileChange {
    /// The file in the run's folder that holds what this change found.
    #[must_use]
    pub fn found(&self) -> &str {
        self.copy.as_deref().unwrap_or(&self.backup)
    }
}

/// A file's bytes, by their hash, and attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileState {
    /// SHA-256, hex.
    pub sha256: String,
    /// Owner, mode, extended attributes.
    pub attributes: Attributes,
}

/// A manifest that cannot be used. Nothing is touched on its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// The file.
    pub path: PathBuf,
    /// There is no such run: neither the folder nor the manifest.
    pub missing: bool,
    reason: String,
}

impl ManifestError {
    pub(super) fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), missing: false, reason: reason.into() }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for ManifestError {}

/// Where the runs of a state folder keep their backups.
pub(super) fn backups_dir(state_dir: &Path) -> PathBuf {
    state_dir.join("backups")
}

/// The folder of one run.
pub(super) fn run_dir(state_dir: &Path, run: &RunId) -> PathBuf {
    backups_dir(state_dir).join(run.as_str())
}

/// Whether a run of this id has changed something.
#[must_use]
pub fn has_run(state_dir: &Path, run: &RunId) -> bool {
    run_dir(state_dir, run).is_dir()
}

/// The manifest's file in the folder of one run.
pub(super) fn manifest_path(state_dir: &Path, run: &RunId) -> PathBuf {
    run_dir(state_dir, run).join("manifest.json")
}

/// Reads the manifest of `run`.
///
/// # Errors
/// When it is not there, cannot be read, is damaged, or was written by a newer heal.
pub fn load(state_dir: &Path, run: &RunId) -> Result<Manifest, ManifestError> {
    let path = manifest_path(state_dir, run);
    let bytes = Reader::new().read_unlinked(&path, MAX_BYTES).map_err(|error| ManifestError {
        missing: error.kind() == io::ErrorKind::NotFound,
        ..ManifestError::new(&path, format!("could not be read: {error}"))
    })?;
    parse(&bytes, run).map_err(|reason| ManifestError::new(&path, reason))
}

fn parse(bytes: &[u8], run: &RunId) -> Result<Manifest, String> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    let damaged = |why: &str| format!("is damaged ({why}): nothing was touched. Its folder still holds the old bytes");
    let version: Version = serde_json::from_slice(bytes).map_err(|error| damaged(&error.to_string()))?;
    if version.format_version != FORMAT_VERSION {
        return Err(format!(
            "has the format version {}, and this heal knows {FORMAT_VERSION}: use the heal that wrote it",
            version.format_version
        ));
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| damaged(&error.to_string()))?;
    manifest.validate(run).map_err(damaged)?;
    Ok(manifest)
}

impl Manifest {
    pub(super) const fn version() -> u32 {
        FORMAT_VERSION
    }

    pub(super) fn to_bytes(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        anyhow::ensure!(
            u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES),
            "the manifest of this run would be larger than {MAX_BYTES} bytes"
        );
        Ok(bytes)
    }

    fn validate(&self, run: &RunId) -> Result<(), &'static str> {
        if self.run != *run {
            return Err("it is another run's");
        }
        if !is_plain_absolute(Path::new(&self.workspace)) {
            return Err("its workspace is not an absolute path");
        }
        for (place, change) in self.changes.iter().enumerate() {
            if usize::try_from(change.index) != Ok(place) {
                return Err("its changes are not in order");
            }
            match (&change.file, &change.action) {
                (Some(file), None) => file.validate(&self.workspace, &change.target)?,
                (None, Some(action)) => action.validate()?,
                _ => return Err("a change is neither of a file nor an action"),
            }
        }
        Ok(())
    }
}

impl FileChange {
    fn validate(&self, workspace: &str, target: &str) -> Result<(), &'static str> {
        let relative = Path::new(&self.relative);
        if !is_plain(relative) || Path::new(workspace).join(relative) != Path::new(target) {
            return Err("a target does not lie in its workspace");
        }
        if !is_file_name(&self.backup)
            || [&self.copy, &self.journal].into_iter().flatten().any(|name| !is_file_name(name))
        {
            return Err("a backup's name is not a file name");
        }
        if !is_temporary_name(&self.temporary) {
            return Err("a temporary file's name is not one of heal's");
        }
        if ![&self.before, &self.after].iter().all(|state| is_sha256(&state.sha256)) {
            return Err("a hash is not a SHA-256");
        }
        Ok(())
    }
}

fn is_plain_absolute(path: &Path) -> bool {
    path.strip_prefix("/").is_ok_and(|rest| rest.as_os_str().is_empty() || is_plain(rest))
}

/// Neither empty, nor absolute, nor with `.` or `..`.
pub(super) fn is_plain(path: &Path) -> bool {
    path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

fn is_file_name(name: &str) -> bool {
    name != "manifest.json" && !name.contains(['/', '\0']) && is_plain(Path::new(name))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
