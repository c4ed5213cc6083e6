//! What earlier runs left: the database, the manifests, and what a kill cut short.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset};

use super::answers::Answers;
use super::healing::{Account, by_hand, relative};
use crate::analyse::Analysis;
use crate::apply::{self, ActionChange, Change, Mode, PutBack, RunFolder, State, TakeBack, TakenBack};
use crate::catalogue::{FixKey, Step};
use crate::group::{Group, OpenIncident, RECALLED_FOR};
use crate::notice::{Notice, Stage};
use crate::plan::{PastAction, PastChange, PastFile, PastWhat, Undoable, edit};
use crate::report::{Outcome, StepResult};
use crate::sanitize::Sanitizer;
use crate::store::{Attempt, Mute, Problem, Record, Snapshot, Store, Trouble, Verdict, View};
use crate::sys::clock::RunId;
use crate::sys::disk::{MAX_TARGET, Reader, Writer, sha256};
use crate::sys::service::Unit;

type Time = DateTime<FixedOffset>;

/// Access to the changes of earlier runs, through their manifests and backups.
pub(super) struct Past<'a> {
    pub state_dir: &'a Path,
}

impl Undoable for Past<'_> {
    fn changes(&self, run: &str, fix: &FixKey) -> Vec<PastChange> {
        let Some(manifest) = RunId::parse(run).and_then(|id| apply::load(self.state_dir, &id).ok()) else {
            return Vec::new();
        };
        manifest
            .changes
            .iter()
            .filter(|change| change.key() == *fix && change.state == State::Done && change.takes_back.is_empty())
            .filter_map(|change| past_change(run, change))
            .collect()
    }

    fn before(&self, change: &PastChange) -> Result<Vec<u8>, String> {
        let lost = || format!("the backup of change {} of run {} is missing or altered", change.index, change.run);
        let id = RunId::parse(&change.run).ok_or_else(lost)?;
        let manifest = apply::load(self.state_dir, &id).map_err(|error| error.to_string())?;
        let file = usize::try_from(change.index)
            .ok()
            .and_then(|at| manifest.changes.get(at))
            .and_then(|found| found.file.as_ref())
            .ok_or_else(lost)?;
        let path = self.state_dir.join("backups").join(id.as_str()).join(file.found());
        let bytes = Reader::new().read_bounded(&path, MAX_TARGET).map_err(|_| lost())?;
        if sha256(&bytes) == file.before.sha256 { Ok(bytes) } else { Err(lost()) }
    }

    fn last_copy(&self, relative: &Path) -> Result<Vec<u8>, String> {
        apply::last_good_copy(self.state_dir, relative)
    }
}

fn past_change(run: &str, change: &Change) -> Option<PastChange> {
    let what = match (&change.file, &change.action) {
        (Some(file), _) => PastWhat::File(PastFile {
            relative: PathBuf::from(&file.relative),
            after: file.after.sha256.clone(),
            old: change.old_raw.clone().unwrap_or_default(),
            new: change.new_raw.clone().unwrap_or_default(),
        }),
        (None, Some(action)) => PastWhat::Action(past_action(action)?),
        (None, None) => return None,
    };
    Some(PastChange { run: run.to_owned(), index: change.index, step: change.step()?, what })
}

fn past_action(action: &ActionChange) -> Option<PastAction> {
    Some(match action {
        ActionChange::Service { verb, unit, before, .. } => {
            PastAction::Service { verb: *verb, unit: Unit::parse(unit).ok()?, was_active: before.is_active() }
        }
        ActionChange::Permissions { relative, before, after } => {
            PastAction::Permissions { relative: relative.clone(), before: *before, after: *after }
        }
        ActionChange::Command { undo, .. } => PastAction::Command(undo.clone()),
    })
}

/// Puts heal's own value back into a file that somebody edited since: an edit, with its proof.
pub(super) fn own_value_back(change: &Change, current: &[u8]) -> Result<Vec<u8>, String> {
    let Some(Step::Edit(wanted)) = change.step() else {
        return Err("its step is not known any more".to_owned());
    };
    let (old, new) = (change.old_raw.as_deref().unwrap_or_default(), change.new_raw.as_deref().unwrap_or_default());
    edit::put_back(current, &wanted, new, old).map(String::into_bytes).map_err(|refusal| refusal.reason)
}

/// What is remembered, and where to remember more.
pub(super) struct Memory {
    /// Open for writing: not in a dry run, and not when it is in trouble.
    pub store: Option<Store>,
    /// What is remembered.
    pub snapshot: Snapshot,
    /// The state was lost: the run changes nothing and fails.
    pub lost: bool,
}

impl Memory {
    /// What was decided by a person is done on a database that is whole, or not at all.
    pub fn check_whole(&self) -> Result<()> {
        if self.lost {
            bail!("heal.db was damaged, and is made anew: nothing was changed; look again with `heal`");
        }
        Ok(())
    }

    /// Whether an earlier run has this id.
    pub fn has_run(&self, state_dir: &Path, id: &RunId) -> bool {
        let remembered = self.store.as_ref().is_some_and(|store| store.has_run(id.as_str()));
        remembered || apply::has_run(state_dir, id)
    }
}

/// Looks at what is remembered, and touches nothing.
pub(super) fn look(state_dir: &Path, now: Time, names: &Sanitizer, notices: &mut Vec<Notice>) -> Memory {
    Memory { store: None, snapshot: or_nothing(Store::look(state_dir, lately(now), names), notices), lost: false }
}

/// What was resolved since then is compared with this run's errors.
fn lately(now: Time) -> Time {
    now.checked_sub_signed(RECALLED_FOR).unwrap_or(now)
}

/// What was read, or nothing and a notice.
pub(super) fn or_nothing<T: Default>(read: Result<T, Trouble>, notices: &mut Vec<Notice>) -> T {
    read.unwrap_or_else(|trouble| {
        let text = format!("{}; this run works without what it remembers", trouble.text);
        notices.push(Notice::new(Stage::Store, "heal.db", text));
        T::default()
    })
}

/// Opens what is remembered for writing. A damaged database is moved aside whole, and attempts are counted again
/// from the manifests.
pub(super) fn open(
    state_dir: &Path,
    run: &RunId,
    now: Time,
    writer: &Writer,
    names: &Sanitizer,
    notices: &mut Vec<Notice>,
) -> Result<Memory> {
    let opened = Store::open_cleansed(state_dir, writer, names).and_then(|(store, other_rules)| {
        if other_rules {
            // Nothing is lost: the model can be asked again.
            Answers::new(state_dir.to_owned()).clear();
        }
        Ok((store.snapshot(state_dir, lately(now))?, store))
    });
    match opened {
        Ok((snapshot, store)) => Ok(Memory { store: Some(store), snapshot, lost: false }),
        Err(trouble) if trouble.problem == Problem::Damaged => {
            let aside = move_aside(state_dir, run, writer)?;
            let text = format!(
                "{}. It was moved aside whole, to {}; this run only records, and what was known of incidents is lost",
                trouble.text,
                aside.display()
            );
            notices.push(Notice::new(Stage::Store, "heal.db", text));
            let mut store = Store::open(state_dir, writer).map_err(|trouble| anyhow!(trouble.text))?;
            store.begin_attempts(&attempts_from_manifests(state_dir)?).context("could not fill the new heal.db")?;
            let snapshot = store.snapshot(state_dir, lately(now)).map_err(|trouble| anyhow!(trouble.text))?;
            Ok(Memory { store: Some(store), snapshot, lost: true })
        }
        Err(trouble) => Err(anyhow!(trouble.text)),
    }
}

/// What became of earlier answers of the model, when there are answers to compare.
pub(super) fn confidence_records(state_dir: &Path, analysis: &Analysis) -> BTreeMap<String, Record> {
    if analysis.diagnoses.is_empty() {
        return BTreeMap::new();
    }
    let view = View::open(state_dir).ok().flatten();
    view.and_then(|view| view.confidence_records().ok()).unwrap_or_default()
}

/// Looks up what this run's errors bring back though it was resolved long ago.
pub(super) fn recall_resolved(state_dir: &Path, groups: &[Group], snapshot: &mut Snapshot) {
    let Ok(Some(view)) = View::open(state_dir) else { return };
    for group in groups {
        if !snapshot.incidents.contains_key(&group.id) {
            let found = view.resolved(&group.id).ok().flatten();
            snapshot.incidents.extend(found.map(|incident| (group.id.clone(), incident)));
        }
    }
}

/// Most incidents whose past by time a run looks at, the worst first.
const MAX_RECALLED: usize = 200;

/// Fills in how the incidents with events went before. What cannot be read was told when the database was opened.
pub(super) fn recall(state_dir: &Path, incidents: &mut [OpenIncident], mutes: &BTreeMap<String, Mute>) {
    let Ok(Some(view)) = View::open(state_dir) else { return };
    let worst = incidents.iter_mut().filter(|incident| incident.count > 0);
    let wanted = worst.enumerate().filter(|(rank, one)| *rank < MAX_RECALLED || mutes.contains_key(&one.record.id));
    for (_, incident) in wanted {
        incident.history = view.buckets(&incident.record.id).unwrap_or_default();
    }
}

fn move_aside(state_dir: &Path, run: &RunId, writer: &Writer) -> Result<PathBuf> {
    let file = Store::file(state_dir);
    let aside = state_dir.join(format!("heal.db.damaged-{run}"));
    writer.move_aside(&file, &aside)?;
    let journal = state_dir.join("heal.db-journal");
    if Reader::new().stat(&journal)?.is_some() {
        writer.move_aside(&journal, &state_dir.join(format!("heal.db-journal.damaged-{run}")))?;
    }
    Ok(aside)
}

/// One attempt for each incident of each fix of each run that still stands.
fn attempts_from_manifests(state_dir: &Path) -> Result<Vec<Attempt>> {
    let mut attempts = Vec::new();
    for summary in apply::list(state_dir)?.into_iter().rev() {
        let Ok(manifest) = apply::load(state_dir, &summary.run) else { continue };
        if !matches!(manifest.mode, Mode::Apply | Mode::Review | Mode::ApplyPlan) {
            continue;
        }
        let mut fixes: BTreeMap<FixKey, Vec<&Change>> = BTreeMap::new();
        for change in manifest.changes.iter().filter(|change| change.takes_back.is_empty()) {
            fixes.entry(change.key()).or_default().push(change);
        }
        for (fix, changes) in fixes {
            attempts.extend(counted_again(summary.run.as_str(), &fix, &changes));
        }
    }
    Ok(attempts)
}

fn counted_again(run: &str, fix: &FixKey, changes: &[&Change]) -> Vec<Attempt> {
    let target = |change: &&&Change| match (&change.file, &change.action) {
        (Some(file), _) => file.relative.clone(),
        (None, Some(ActionChange::Permissions { relative, .. })) => relative.display().to_string(),
        (None, _) => change.target.clone(),
    };
    let mut targets: Vec<String> = changes.iter().map(|change| target(&change)).collect();
    targets.sort();
    targets.dedup();
    let stands = changes.iter().any(|change| change.state == State::Done);
    let Some(last) = changes.last() else { return Vec::new() };
    last.incidents
        .iter()
        .map(|incident| Attempt {
            id: 0,
            run: run.to_owned(),
            incident: incident.clone(),
            fix: fix.fix.clone(),
            target: targets.join(", "),
            captures: fix.captures.clone(),
            applied_at: last.time,
            settled_at: stands.then_some(last.time),
            wrote: String::new(),
            verdict: if stands { Verdict::OnProbation } else { Verdict::Undone },
            failed: false,
            judged_at: None,
            detail: "counted again from the manifest".to_owned(),
        })
        .collect()
}

/// The fixes that the database knows to have been begun, and nothing more.
pub(super) fn under_way(snapshot: &Snapshot) -> BTreeSet<(RunId, FixKey)> {
    let begun = snapshot.attempts.iter().filter(|attempt| attempt.verdict == Verdict::UnderWay);
    let key = |attempt: &Attempt| FixKey { fix: attempt.fix.clone(), captures: attempt.captures.clone() };
    begun.filter_map(|attempt| Some((RunId::parse(&attempt.run)?, key(attempt)))).collect()
}

/// Says what a kill cut short, and touches nothing.
pub(super) fn tell_interrupted(state_dir: &Path, snapshot: &Snapshot, notices: &mut Vec<Notice>) {
    let Ok((interrupted, damaged)) = apply::find_interrupted(state_dir, &under_way(snapshot)) else { return };
    for one in interrupted {
        let text = format!(
            "interrupted in run {} while changing {}; the next `heal --apply` takes it back",
            one.run,
            one.targets.join(", ")
        );
        notices.push(Notice::new(Stage::Apply, one.fix.fix, text));
    }
    for manifest in damaged {
        notices.push(Notice::new(Stage::Apply, manifest.path.display().to_string(), manifest.to_string()));
    }
}

/// Takes back what a kill cut short, before anything else is changed.
pub(super) fn recover(
    folder: &mut RunFolder,
    memory: &mut Memory,
    writer: &Writer,
    now: DateTime<FixedOffset>,
) -> Result<Account> {
    let put_back: PutBack<'_> = &own_value_back;
    let recovery = apply::recover(folder, writer, &under_way(&memory.snapshot), Some(put_back))?;
    let workspace = folder.workspace();
    let mut account = Account::default();
    let notices = &mut account.notices;
    for one in &recovery.interrupted {
        let text = format!("interrupted in run {} while changing {}; taken back", one.run, one.targets.join(", "));
        notices.push(Notice::new(Stage::Apply, one.fix.fix.clone(), text));
    }
    for text in &recovery.trouble {
        notices.push(Notice::new(Stage::Apply, "recovery", text.clone()));
    }
    for manifest in &recovery.damaged {
        notices.push(Notice::new(Stage::Apply, manifest.path.display().to_string(), manifest.to_string()));
    }
    for back in &recovery.taken_back {
        if back.result.succeeded() {
            // What was begun and never done needed nothing.
            if back.result != TakenBack::AlreadyBack {
                let text = "interrupted, and taken back".to_owned();
                account.outcomes.push(recovered(&memory.snapshot, &workspace, back, StepResult::Done, text));
            }
            continue;
        }
        let text = format!("could not be taken back: {}{}", back.result.why(), by_hand(back));
        notices.push(Notice::new(Stage::Apply, back.target.clone(), text.clone()));
        if matches!(back.result, TakenBack::BackupLost(_) | TakenBack::Failed(_)) {
            account.stop = true;
            account.outcomes.push(recovered(&memory.snapshot, &workspace, back, StepResult::UndoFailed, text));
        }
    }
    let begun: Vec<(i64, Verdict, String)> = memory
        .snapshot
        .attempts
        .iter_mut()
        .filter(|attempt| attempt.verdict == Verdict::UnderWay)
        .map(|attempt| {
            attempt.verdict = Verdict::Undone;
            (attempt.id, Verdict::Undone, "interrupted, and taken back".to_owned())
        })
        .collect();
    if let Some(store) = memory.store.as_mut().filter(|_| !begun.is_empty()) {
        store.judge_attempts(&begun, now).context("could not note what was interrupted")?;
    }
    Ok(account)
}

fn recovered(snapshot: &Snapshot, workspace: &Path, back: &TakeBack, result: StepResult, text: String) -> Outcome {
    let same = |attempt: &&Attempt| attempt.run == back.change.run.as_str() && attempt.fix == back.fix.fix;
    let attempt = snapshot.attempts.iter().find(same);
    Outcome {
        fix: back.fix.fix.clone(),
        captures: back.fix.captures.clone(),
        incident: attempt.map(|attempt| attempt.incident.clone()).unwrap_or_default(),
        kind: "take_back",
        target: relative(workspace, &back.target),
        result,
        verdict: Verdict::Undone,
        backup: None,
        detail: text,
        now: true,
    }
}
