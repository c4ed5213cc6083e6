//! All that one run did to one file, as one step from the first bytes found to the last ones left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::clean;

use super::action_change::ActionChange;
use super::manifest::{Change, ChangeRef, FileChange, Manifest, State};

/// The changes of one file in one run that still stand, in order. There is at least one.
pub(super) struct Chain<'a> {
    pub(super) members: Vec<(&'a Change, &'a FileChange)>,
}

/// The chains of a run that make a difference, by file.
pub(super) fn live(manifest: &Manifest) -> Vec<Chain<'_>> {
    let mut chains: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (place, change) in manifest.changes.iter().enumerate() {
        let later = manifest.changes.get(place + 1..).unwrap_or_default();
        if let Some(file) = &change.file
            && stands(manifest, change)
            && !prepares(manifest, change, file, later)
        {
            chains.entry(file.relative.as_str()).or_default().push((change, file));
        }
    }
    chains.into_values().map(|members| Chain { members }).filter(Chain::differs).collect()
}

/// The actions of a run that still stand, newest first. What the run itself took back cancels out.
pub(super) fn live_actions(manifest: &Manifest) -> Vec<&Change> {
    let own = |change: &Change| {
        !change.takes_back.is_empty() && change.takes_back.iter().all(|back| back.run == manifest.run)
    };
    let live = |change: &&Change| {
        change.action.is_some() && matches!(change.state, State::Intended | State::Done) && !own(change)
    };
    manifest.changes.iter().rev().filter(live).collect()
}

/// Whether something of a run stands that can be put back.
pub(super) fn has_effect(manifest: &Manifest) -> bool {
    let differs = |change: &&Change| change.action.as_ref().is_some_and(ActionChange::makes_a_difference);
    !live(manifest).is_empty() || live_actions(manifest).iter().any(differs)
}

/// It took back what another run had done to a file which this run then changed itself: nobody who undoes this run wants
/// the other's change again.
fn prepares(manifest: &Manifest, change: &Change, file: &FileChange, later: &[Change]) -> bool {
    let of_others = |change: &Change| change.takes_back.iter().any(|back| back.run != manifest.run);
    let same_file = |other: &Change| other.file.as_ref().is_some_and(|other| other.relative == file.relative);
    of_others(change) && later.iter().any(|other| same_file(other) && other.state != State::Failed && !of_others(other))
}

/// It was made (or may have been), and no other run took it back. What its own run took back still belongs to it.
fn stands(manifest: &Manifest, change: &Change) -> bool {
    match change.state {
        State::Intended | State::Done => true,
        State::Undone => change.undone_by.as_ref() == Some(&manifest.run),
        State::Failed => false,
    }
}

/// The file that somebody names, as manifests name it.
pub(super) fn names(workspace: &str, file: &Path) -> PathBuf {
    clean(&Path::new(workspace).join(file))
}

impl<'a> Chain<'a> {
    /// What the run found.
    pub(super) fn first(&self) -> Option<&'a FileChange> {
        self.members.first().map(|(_, file)| *file)
    }

    /// What the run left.
    pub(super) fn last(&self) -> Option<&'a FileChange> {
        self.members.last().map(|(_, file)| *file)
    }

    /// Whether each change found what the one before left: no other hand came between.
    pub(super) fn is_whole(&self) -> bool {
        self.members.windows(2).all(|pair| match pair {
            [(_, earlier), (_, later)] => earlier.after.sha256 == later.before.sha256,
            _ => true,
        })
    }

    pub(super) fn refs(&self, manifest: &Manifest) -> Vec<ChangeRef> {
        self.members.iter().map(|(change, _)| ChangeRef { run: manifest.run.clone(), index: change.index }).collect()
    }

    /// Whether it is about this file: relative to the run's workspace, or absolute.
    pub(super) fn is_of(&self, workspace: &str, file: &Path) -> bool {
        self.members.iter().any(|(change, _)| names(workspace, file) == Path::new(&change.target))
    }

    fn differs(&self) -> bool {
        match (self.first(), self.last()) {
            (Some(first), Some(last)) => !self.is_whole() || first.before.sha256 != last.after.sha256,
            _ => false,
        }
    }
}
