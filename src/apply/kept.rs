//! What a run keeps of the files that it changed: the old bytes, and how the file stands now.

use std::path::{Path, PathBuf};

use super::backup::{self, BackupError};
use super::chain;
use super::history;
use super::manifest::{FileChange, Manifest, ManifestError, State, load, run_dir};
use crate::sys::clock::RunId;
use crate::sys::disk::{MAX_TARGET, open_target};

/// One file that a run changed.
#[derive(Clone, Debug)]
pub struct KeptFile {
    /// Absolute.
    pub target: PathBuf,
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// Where the old bytes are.
    pub backup: PathBuf,
    /// SHA-256 of the old bytes.
    pub sha256: String,
    /// The old bytes, proven.
    pub old: Result<Vec<u8>, BackupError>,
    /// What the file holds now, or why it cannot be told.
    pub now: Result<Vec<u8>, String>,
    /// How it stands.
    pub stands: Stands,
}

/// How a file stands to the run that changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// As the run left it.
    Applied,
    /// It has its old bytes again.
    Back,
    /// Changed since, by another run or another hand.
    ChangedSince,
    /// It is not there, or cannot be read.
    Unreadable,
}

impl Stands {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Back => "back",
            Self::ChangedSince => "changed_since",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The files of `run` (`None`: of the last run that changed one), or only `file` of them.
///
/// # Errors
/// A manifest that cannot be used, or is not there.
pub fn kept(
    state_dir: &Path,
    run: Option<&RunId>,
    file: Option<&Path>,
) -> Result<Option<(RunId, Vec<KeptFile>)>, ManifestError> {
    let manifests = match run {
        Some(run) => vec![load(state_dir, run)?],
        None => history::load_all(state_dir)?,
    };
    let newest = manifests.into_iter().rev().map(|manifest| (of(state_dir, &manifest, file), manifest.run));
    let found = newest.map(|(files, run)| (run, files)).find(|(_, files)| !files.is_empty());
    Ok(found)
}

fn of(state_dir: &Path, manifest: &Manifest, wanted: Option<&Path>) -> Vec<KeptFile> {
    let wanted = wanted.map(|file| chain::names(&manifest.workspace, file));
    let mut targets: Vec<&str> = Vec::new();
    let mut kept = Vec::new();
    let made = || manifest.changes.iter().filter(|change| change.state != State::Failed);
    for change in made() {
        let target = change.target.as_str();
        let Some(first) = &change.file else { continue };
        if targets.contains(&target) || wanted.as_ref().is_some_and(|wanted| wanted != Path::new(target)) {
            continue;
        }
        targets.push(target);
        let mut of_file = made().filter(|other| other.target == target).filter_map(|other| other.file.as_ref());
        let last = of_file.next_back().unwrap_or(first);
        kept.push(one(state_dir, manifest, target, first, last));
    }
    kept
}

fn one(state_dir: &Path, manifest: &Manifest, target: &str, first: &FileChange, last: &FileChange) -> KeptFile {
    let folder = run_dir(state_dir, &manifest.run);
    let now = open_target(manifest.workspace.as_ref(), first.relative.as_ref(), MAX_TARGET);
    let stands = match &now {
        Ok(now) if now.sha256 == first.before.sha256 => Stands::Back,
        Ok(now) if now.sha256 == last.after.sha256 => Stands::Applied,
        Ok(_) => Stands::ChangedSince,
        Err(_) => Stands::Unreadable,
    };
    KeptFile {
        target: PathBuf::from(target),
        relative: PathBuf::from(&first.relative),
        backup: folder.join(first.found()),
        sha256: first.before.sha256.clone(),
        old: backup::read(&folder, first.found(), &first.before.sha256),
        now: now.map(|now| now.bytes).map_err(|error| error.to_string()),
        stands,
    }
}
