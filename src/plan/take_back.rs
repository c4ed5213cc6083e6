//! What did not help is taken back: planned like any change, with its diff.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Diff, HeldBack, Plan, Reason, Situation, diff, edit, judgement, ladder};
use crate::catalogue::{Fix, OnIneffective, Step};
use crate::group::{OpenIncident, Status};
use crate::store::{Attempt, Verdict};
use crate::sys::disk::{MAX_TARGET, open_target, sha256};

/// Access to what earlier runs changed.
pub trait Undoable {
    /// The changes of one fix in one run that stand, in their order.
    fn changes(&self, run: &str, fix: &str) -> Vec<PastChange>;
    /// The bytes of the file before that change, proven by their hash.
    ///
    /// # Errors
    /// A copy that is missing or altered.
    fn before(&self, change: &PastChange) -> Result<Vec<u8>, String>;
}

/// A change of an earlier run.
#[derive(Clone, Debug, PartialEq)]
pub struct PastChange {
    /// The run.
    pub run: String,
    /// Its number within the run.
    pub index: u32,
    /// The step as the recipe had it.
    pub step: Step,
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// SHA-256, hex, of the file after the change.
    pub after: String,
    /// The value as it was.
    pub old: String,
    /// The value as heal wrote it.
    pub new: String,
}

/// Attempts that are to be taken back together.
#[derive(Debug)]
pub struct TakeBack {
    /// The fix's name.
    pub fix: String,
    /// The incident that it did not help.
    pub incident: String,
    /// Rows of `attempts`: all that share the changes.
    pub attempts: Vec<i64>,
    /// The changes that are no more then: run and number.
    pub changes: Vec<(String, u32)>,
    /// Why, in a sentence.
    pub reason: String,
    /// What becomes of the files.
    pub files: Vec<RestoredFile>,
}

/// A file that gets its old bytes again.
#[derive(Debug)]
pub struct RestoredFile {
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// SHA-256, hex, of the bytes that are there now.
    pub expected: String,
    /// The bytes to be.
    pub bytes: Vec<u8>,
    /// For a person.
    pub diff: Diff,
}

/// Plans to take back every attempt that was judged ineffective and whose fix is not to build on it.
pub(super) fn collect(situation: &Situation<'_>, plan: &mut Plan) {
    for incident in situation.incidents.iter().filter(|incident| incident.status != Status::Resolved) {
        for fix in situation.catalogue.fixes_for(incident.record.pattern.as_deref(), &incident.record.category) {
            let target = ladder::target_of(fix);
            let series = judgement::series(situation, incident, &fix.name, &target);
            let most = judgement::max_attempts(situation, fix);
            let reason = match fix.on_ineffective {
                OnIneffective::Undo => Some("it did not help".to_owned()),
                OnIneffective::Retry if series.len() >= most => {
                    Some(format!("given up after {} attempts", series.len()))
                }
                OnIneffective::Retry | OnIneffective::Keep => None,
            };
            if let Some(reason) = reason {
                take_back(situation, incident, fix, &series, &reason, plan);
            }
        }
    }
}

/// Takes back a fix that was to be tried again and has nothing more to change.
pub(super) fn when_exhausted(
    situation: &Situation<'_>,
    incident: &OpenIncident,
    fix: &Fix,
    series: &[&Attempt],
    plan: &mut Plan,
) {
    if fix.on_ineffective == OnIneffective::Retry {
        let reason = "it did not help, and the next attempt would change nothing";
        take_back(situation, incident, fix, series, reason, plan);
    }
}

fn take_back(
    situation: &Situation<'_>,
    incident: &OpenIncident,
    fix: &Fix,
    series: &[&Attempt],
    reason: &str,
    plan: &mut Plan,
) {
    let due = series.first().is_some_and(|last| last.verdict == Verdict::Ineffective);
    let standing: Vec<&Attempt> =
        series.iter().copied().filter(|attempt| attempt.verdict == Verdict::Ineffective).collect();
    let planned = plan
        .take_backs
        .iter()
        .any(|other| other.fix == fix.name && standing.iter().any(|attempt| other.attempts.contains(&attempt.id)));
    if !due || planned || helps_another(situation, &standing) {
        return;
    }
    match restore(situation, &standing) {
        Ok((files, changes)) => plan.take_backs.push(TakeBack {
            fix: fix.name.clone(),
            incident: incident.record.id.clone(),
            attempts: sharing(situation, &standing).map(|attempt| attempt.id).collect(),
            changes,
            reason: reason.to_owned(),
            files,
        }),
        Err(text) => {
            let noes = vec![(Reason::ChangedSince, situation.clean(&text))];
            plan.held_back.extend(HeldBack::new(&fix.name, &incident.record.id, noes));
        }
    }
}

/// All attempts that stand on the same changes.
fn sharing<'a>(situation: &'a Situation<'_>, attempts: &'a [&Attempt]) -> impl Iterator<Item = &'a Attempt> {
    situation
        .snapshot
        .attempts
        .iter()
        .filter(|other| attempts.iter().any(|attempt| attempt.run == other.run && attempt.fix == other.fix))
}

/// The same change may help another incident, or may still prove that it does.
fn helps_another(situation: &Situation<'_>, attempts: &[&Attempt]) -> bool {
    sharing(situation, attempts).any(|other| matches!(other.verdict, Verdict::Confirmed | Verdict::OnProbation))
}

type Restored = (Vec<RestoredFile>, Vec<(String, u32)>);

/// Goes back through the attempts, newest first, from the files as they are now.
fn restore(situation: &Situation<'_>, attempts: &[&Attempt]) -> Result<Restored, String> {
    let mut files: BTreeMap<PathBuf, (Vec<u8>, Vec<u8>)> = BTreeMap::new();
    let mut undone = Vec::new();
    for attempt in attempts {
        for change in situation.undoable.changes(&attempt.run, &attempt.fix).into_iter().rev() {
            if !files.contains_key(&change.relative) {
                let now = open_target(&situation.config.workspace, &change.relative, MAX_TARGET)
                    .map_err(|error| error.to_string())?
                    .bytes;
                files.insert(change.relative.clone(), (now.clone(), now));
            }
            let Some((_, current)) = files.get_mut(&change.relative) else { continue };
            *current = if sha256(current) == change.after {
                situation.undoable.before(&change)?
            } else {
                own_value_back(current, &change)?
            };
            undone.push((change.run, change.index));
        }
    }
    let restored = files
        .into_iter()
        .filter(|(_, (now, then))| now != then)
        .map(|(relative, (now, then))| RestoredFile {
            diff: Diff::between(&diff::name_of(&relative), &now, &then, situation.sanitizer),
            expected: sha256(&now),
            bytes: then,
            relative,
        })
        .collect();
    Ok((restored, undone))
}

/// Somebody edited the file since: only heal's own value goes back, as an edit with its proof.
fn own_value_back(current: &[u8], change: &PastChange) -> Result<Vec<u8>, String> {
    let Step::Edit(wanted) = &change.step;
    edit::put_back(current, wanted, &change.new, &change.old).map(String::into_bytes).map_err(|why| {
        format!("{} was edited since heal changed it, and stays as it is: {}", change.relative.display(), why.reason)
    })
}
