//! The folder of the run that is going on: made with its first change, so that a run without any leaves none.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::{DateTime, FixedOffset};

use crate::catalogue::FixKey;
use crate::sys::clock::RunId;
use crate::sys::disk::Writer;
use crate::sys::syslog::{self, Priority};

use super::action_change::ActionChange;
use super::manifest::{self, Change, ChangeRef, Manifest, Mode, State};

/// What a run's manifest begins with.
#[derive(Clone, Debug)]
pub struct RunHeader {
    /// The run.
    pub run: RunId,
    /// What kind of run.
    pub mode: Mode,
    /// This host.
    pub host: String,
    /// When it began.
    pub started_at: DateTime<FixedOffset>,
    /// Targets lie in it.
    pub workspace: PathBuf,
}

/// The run that is going on: its manifest, and the folder with its backups.
#[derive(Debug)]
pub struct RunFolder {
    state_dir: PathBuf,
    manifest: Manifest,
}

impl RunFolder {
    /// A run without changes. Nothing is written yet.
    ///
    /// # Errors
    /// When the workspace is not there, or its path is not UTF-8.
    pub fn new(state_dir: &Path, header: RunHeader) -> Result<Self> {
        let shown = header.workspace.display();
        let workspace = header.workspace.canonicalize().with_context(|| format!("could not open {shown}"))?;
        let workspace = workspace.to_str().with_context(|| format!("the path {shown} is not UTF-8"))?.to_owned();
        let manifest = Manifest {
            format_version: Manifest::version(),
            run: header.run,
            mode: header.mode,
            host: header.host,
            heal_version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: header.started_at,
            workspace,
            undoes: None,
            undone_by: None,
            changes: Vec::new(),
        };
        Ok(Self { state_dir: state_dir.to_path_buf(), manifest })
    }

    /// The run's id.
    #[must_use]
    pub const fn id(&self) -> &RunId {
        &self.manifest.run
    }

    /// What it changed so far.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The changes of `fix` that stand in this run, newest first: what [`super::take_back`] must get when a step or a
    /// check failed. A change whose failure left things in doubt is among them.
    #[must_use]
    pub fn standing(&self, fix: &FixKey) -> Vec<ChangeRef> {
        let stands = |change: &&Change| {
            let made = matches!(change.state, State::Done | State::Intended);
            made && change.key() == *fix && change.takes_back.is_empty()
        };
        let standing = self.manifest.changes.iter().rev().filter(stands);
        standing.map(|change| ChangeRef { run: self.id().clone(), index: change.index }).collect()
    }

    /// Where its backups are.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        manifest::run_dir(&self.state_dir, self.id())
    }

    /// The state folder that it belongs to.
    #[must_use]
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// The workspace of this run, as its configuration names it.
    #[must_use]
    pub fn workspace(&self) -> PathBuf {
        PathBuf::from(&self.manifest.workspace)
    }

    pub(super) const fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    pub(super) fn next_index(&self) -> Result<u32> {
        u32::try_from(self.manifest.changes.len()).context("too many changes in one run")
    }

    /// Adds a change and notes it down, making the folder when it is the first; on an error nothing was added.
    pub(super) fn push(&mut self, writer: &Writer, change: Change) -> Result<()> {
        let first = self.manifest.changes.is_empty();
        self.manifest.changes.push(change);
        let saved = self.make_folder(writer).and_then(|()| self.save(writer));
        if saved.is_err() {
            self.manifest.changes.pop();
            if first {
                // Best effort: an empty folder is passed over anyway.
                let _ = writer.remove_tree(&self.state_dir, &self.folder());
            }
        }
        saved
    }

    /// Notes how an action ended, without writing it down yet.
    pub(super) fn settle_action(&mut self, index: u32, state: State, action: Option<ActionChange>) {
        if let Some(change) = self.manifest.changes.iter_mut().find(|change| change.index == index) {
            change.state = state;
            if action.is_some() {
                change.action = action;
            }
        }
    }

    /// One line in the system log for a change that was made: whoever reads that log sees what heal did.
    pub(super) fn tell(&self, writer: &Writer, index: u32) {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(change) = self.manifest.changes.get(place) {
            let what = change.kind.replace('_', " ");
            let line = format!("fix {}: {what} {} (run {})", change.fix, change.target, self.id());
            syslog::tell(writer, Priority::Notice, &line);
        }
    }

    pub(super) fn save(&self, writer: &Writer) -> Result<()> {
        save(writer, &self.state_dir, &self.manifest)
    }

    fn make_folder(&self, writer: &Writer) -> Result<()> {
        writer.create_private_dir(&self.state_dir)?;
        writer.create_private_dir(&manifest::backups_dir(&self.state_dir))?;
        writer.create_private_dir(&self.folder())
    }
}

/// Writes a manifest into its run's folder, whole or not at all.
pub(super) fn save(writer: &Writer, state_dir: &Path, manifest: &Manifest) -> Result<()> {
    writer.write_private_atomic(&manifest::manifest_path(state_dir, &manifest.run), &manifest.to_bytes()?)
}
