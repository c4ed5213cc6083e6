//! Notes in manifests which changes still stand: taking one back that took others back lets those stand again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::sys::clock::RunId;
use crate::sys::disk::Writer;

use super::manifest::{ChangeRef, Manifest, State, load};
use super::run_folder::{RunFolder, save};

/// Marks `refs` as taken back by the run that is going on.
pub(super) fn undone(run: &mut RunFolder, writer: &Writer, refs: &[ChangeRef]) -> Result<()> {
    let by = run.id().clone();
    undone_by(run, writer, refs, &by)
}

/// Marks `refs` as taken back by the run `by`. Runs whose manifests are gone are passed over.
pub(super) fn undone_by(run: &mut RunFolder, writer: &Writer, refs: &[ChangeRef], by: &RunId) -> Result<()> {
    if refs.is_empty() {
        return Ok(());
    }
    let mut marks = Marks { run, others: BTreeMap::new(), touched: BTreeSet::new() };
    let mut seen = BTreeSet::new();
    let mut work: Vec<_> = refs.iter().map(|reference| (reference.clone(), Some(by.clone()))).collect();
    while let Some((reference, by)) = work.pop() {
        if seen.insert(reference.clone()) {
            work.extend(marks.mark(&reference, by.as_ref()));
        }
    }
    marks.save(writer)
}

struct Marks<'a> {
    run: &'a mut RunFolder,
    others: BTreeMap<RunId, Option<Manifest>>,
    touched: BTreeSet<RunId>,
}

impl Marks<'_> {
    fn manifest(&mut self, run: &RunId) -> Option<&mut Manifest> {
        if run == self.run.id() {
            return Some(self.run.manifest_mut());
        }
        let state_dir = self.run.state_dir();
        self.others.entry(run.clone()).or_insert_with(|| load(state_dir, run).ok()).as_mut()
    }

    /// `by`: who took it back; `None`: it stands again. Gives what follows from it in other runs.
    fn mark(&mut self, reference: &ChangeRef, by: Option<&RunId>) -> Vec<(ChangeRef, Option<RunId>)> {
        let Some(manifest) = self.manifest(&reference.run) else { return Vec::new() };
        let place = usize::try_from(reference.index).unwrap_or(usize::MAX);
        let Some(change) = manifest.changes.get_mut(place).filter(|change| change.state != State::Failed) else {
            return Vec::new();
        };
        change.state = if by.is_some() { State::Undone } else { State::Done };
        change.undone_by = by.cloned();
        let follows = if by.is_some() { None } else { Some(reference.run.clone()) };
        let follow = change.takes_back.iter().filter(|back| back.run != reference.run);
        let follow = follow.map(|back| (back.clone(), follows.clone())).collect();
        self.touched.insert(reference.run.clone());
        follow
    }

    fn save(mut self, writer: &Writer) -> Result<()> {
        for run in std::mem::take(&mut self.touched) {
            if let Some(manifest) = self.manifest(&run) {
                pair_up(manifest);
                sum_up(manifest);
            }
            match self.others.get(&run) {
                Some(Some(manifest)) => save(writer, self.run.state_dir(), manifest)?,
                Some(None) => {}
                None => self.run.save(writer)?,
            }
        }
        Ok(())
    }
}

/// What a run took back of its own stays so while the change that did it stands.
fn pair_up(manifest: &mut Manifest) {
    let own: Vec<_> = manifest.changes.iter().filter(|change| change.state == State::Done).collect();
    let refs = own.into_iter().flat_map(|change| &change.takes_back).filter(|back| back.run == manifest.run);
    let places: Vec<_> = refs.filter_map(|back| usize::try_from(back.index).ok()).collect();
    for place in places {
        if let Some(change) = manifest.changes.get_mut(place).filter(|change| change.state == State::Done) {
            change.state = State::Undone;
            change.undone_by = Some(manifest.run.clone());
        }
    }
}

/// The whole run is undone when all that it made is, by others.
fn sum_up(manifest: &mut Manifest) {
    let mut last = None;
    for change in manifest.changes.iter().filter(|change| change.state != State::Failed) {
        match &change.undone_by {
            Some(by) if *by != manifest.run => last = Some(by.clone()),
            _ => {
                manifest.undone_by = None;
                return;
            }
        }
    }
    manifest.undone_by = last;
}
