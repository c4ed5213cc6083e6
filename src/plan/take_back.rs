//! What did not help is taken back: planned like any change, with its diff or the command it would run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::case::Case;
use super::{Diff, HeldBack, Plan, Reason, Situation, diff, edit, judgement, ladder};
use crate::catalogue::{Bindings, FixKey, OnIneffective, Step, Verb};
use crate::store::{Attempt, Verdict};
use crate::sys::disk::{MAX_TARGET, Ownership, open_target, sha256};
use crate::sys::service::{self, Unit};

/// Access to what earlier runs changed.
pub trait Undoable {
    /// The changes of one fix in one run that stand, in their order.
    fn changes(&self, run: &str, fix: &FixKey) -> Vec<PastChange>;
    /// The bytes of the file before that change, proven by their hash.
    ///
    /// # Errors
    /// A copy that is missing or altered.
    fn before(&self, change: &PastChange) -> Result<Vec<u8>, String>;
    /// The last good copy of a file: what it was before heal's last change of it that restored nothing.
    ///
    /// # Errors
    /// There is none, or it is missing or altered.
    fn last_copy(&self, relative: &Path) -> Result<Vec<u8>, String>;
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
    /// What it changed.
    pub what: PastWhat,
}

/// What a change of an earlier run changed.
#[derive(Clone, Debug, PartialEq)]
pub enum PastWhat {
    /// A file.
    File(PastFile),
    /// Something else.
    Action(PastAction),
}

/// A file that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastFile {
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// SHA-256, hex, of the file after the change.
    pub after: String,
    /// The value as it was.
    pub old: String,
    /// The value as heal wrote it.
    pub new: String,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastAction {
    /// To a service.
    Service {
        /// What.
        verb: Verb,
        /// Which.
        unit: Unit,
        /// Whether it ran before.
        was_active: bool,
    },
    /// To the mode and owner of a file or folder.
    Permissions {
        /// Relative to the workspace.
        relative: PathBuf,
        /// Before.
        before: Ownership,
        /// After.
        after: Ownership,
    },
    /// A program ran; what takes it back, if anything does.
    Command(Option<Vec<String>>),
}

impl PastChange {
    /// The value before and after, where it is about a value.
    pub(super) fn value(&self) -> Option<(String, String)> {
        match &self.what {
            PastWhat::File(file) => Some((file.old.clone(), file.new.clone())),
            PastWhat::Action(PastAction::Permissions { before, after, .. }) => Some((before.shown(), after.shown())),
            PastWhat::Action(_) => None,
        }
    }
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
    /// The changes that are no more then, newest first: run and number.
    pub changes: Vec<(String, u32)>,
    /// Why, in a sentence.
    pub reason: String,
    /// What becomes of the files.
    pub files: Vec<RestoredFile>,
    /// What else is done, in this order, after the files.
    pub actions: Vec<BackAction>,
}

/// A file that gets its old bytes again.
#[derive(Debug)]
pub struct RestoredFile {
    /// Relative to the workspace.
    pub relative: PathBuf,
    /// SHA-256, hex, of the bytes that are there now.
    pub expected: String,
    /// The bytes that are there now.
    pub current: Vec<u8>,
    /// The bytes to be.
    pub bytes: Vec<u8>,
    /// For a person.
    pub diff: Diff,
}

/// Something that is done to take an action back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackAction {
    /// The unit, the path or the program.
    pub target: String,
    /// What runs, or what a person would type to the same end.
    pub commands: Vec<Vec<String>>,
    /// The same without secrets.
    pub shown: Vec<Vec<String>>,
}

/// How a service is taken back: once for all that fixes did to it, after everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceBack {
    /// Whether it ran before the first of them.
    pub was_active: bool,
    /// Whether nothing but reloads was done.
    pub only_reloads: bool,
}

impl ServiceBack {
    /// What puts the state before back, so that the service runs on the old bytes. `others_back`: something else was
    /// taken back, a file for one.
    #[must_use]
    pub const fn verb(self, is_active: bool, others_back: bool) -> Option<Verb> {
        match (self.was_active, is_active) {
            (true, true) if !others_back => None,
            (true, true) if self.only_reloads => Some(Verb::Reload),
            (true, _) => Some(Verb::Restart),
            (false, true) => Some(Verb::Stop),
            (false, false) => None,
        }
    }
}

/// Plans to take back every attempt that was judged ineffective and whose fix is not to build on it.
pub(super) fn collect(situation: &Situation<'_>, plan: &mut Plan) {
    let nothing = Bindings::new();
    for incident in situation.incidents.iter().filter(|incident| incident.is_live()) {
        for fix in situation.catalogue.fixes_for(incident.record.pattern.as_deref(), &incident.record.category) {
            for line in ladder::lines(incident, &nothing) {
                let case = Case::new(situation, fix, incident, line);
                let series = judgement::series(situation, incident, &fix.name, &case.target);
                let most = judgement::max_attempts(situation, fix);
                let reason = match fix.on_ineffective {
                    OnIneffective::Undo => Some("it did not help".to_owned()),
                    OnIneffective::Retry if series.len() >= most => {
                        Some(format!("given up after {} attempts", series.len()))
                    }
                    OnIneffective::Retry | OnIneffective::Keep => None,
                };
                if let Some(reason) = reason.filter(|_| case.bad.is_empty()) {
                    take_back(situation, &case, &series, &reason, plan);
                }
            }
        }
    }
}

/// Takes back a fix that was to be tried again and has nothing more to change.
pub(super) fn when_exhausted(situation: &Situation<'_>, case: &Case<'_>, series: &[&Attempt], plan: &mut Plan) {
    if case.fix.on_ineffective == OnIneffective::Retry {
        let reason = "it did not help, and the next attempt would change nothing";
        take_back(situation, case, series, reason, plan);
    }
}

fn take_back(situation: &Situation<'_>, case: &Case<'_>, series: &[&Attempt], reason: &str, plan: &mut Plan) {
    let due = series.first().is_some_and(|last| last.verdict == Verdict::Ineffective);
    let standing: Vec<&Attempt> =
        series.iter().copied().filter(|attempt| attempt.verdict == Verdict::Ineffective).collect();
    let planned = plan
        .take_backs
        .iter()
        .any(|other| other.fix == case.fix.name && standing.iter().any(|attempt| other.attempts.contains(&attempt.id)));
    if !due || planned || helps_another(situation, &standing) {
        return;
    }
    let id = &case.incident.record.id;
    if let Some(why) = situation.paused {
        plan.hold(&case.fix.name, id, vec![(Reason::Paused, format!("it is to be taken back, but {why}"))]);
        return;
    }
    match restore(situation, &standing) {
        // A restart that did not help leaves nothing to take back.
        Ok(restored) if restored.is_nothing => {}
        // A file that is back already needs no step; the attempts end all the same.
        Ok(restored) => plan.take_backs.push(TakeBack {
            fix: case.fix.name.clone(),
            incident: id.clone(),
            attempts: sharing(situation, &standing).map(|attempt| attempt.id).collect(),
            changes: restored.changes,
            reason: reason.to_owned(),
            files: restored.files,
            actions: restored.actions,
        }),
        Err(text) => {
            let noes = vec![(Reason::ChangedSince, situation.clean(&text))];
            plan.held_back.extend(HeldBack::new(&case.fix.name, id, noes));
        }
    }
}

/// All attempts that stand on the same changes.
fn sharing<'a>(situation: &'a Situation<'_>, attempts: &'a [&Attempt]) -> impl Iterator<Item = &'a Attempt> {
    let same = |a: &Attempt, b: &Attempt| a.run == b.run && a.fix == b.fix && a.captures == b.captures;
    situation.snapshot.attempts.iter().filter(move |other| attempts.iter().any(|attempt| same(attempt, other)))
}

/// The same change may help another incident, or may still prove that it does.
fn helps_another(situation: &Situation<'_>, attempts: &[&Attempt]) -> bool {
    sharing(situation, attempts).any(|other| matches!(other.verdict, Verdict::Confirmed | Verdict::OnProbation))
}

#[derive(Default)]
struct Restored {
    files: Vec<RestoredFile>,
    actions: Vec<BackAction>,
    changes: Vec<(String, u32)>,
    is_nothing: bool,
}

/// Goes back through the attempts, newest first, from the host as it is now.
fn restore(situation: &Situation<'_>, attempts: &[&Attempt]) -> Result<Restored, String> {
    let mut files: BTreeMap<PathBuf, (Vec<u8>, Vec<u8>)> = BTreeMap::new();
    let mut restored = Restored::default();
    let mut past = Vec::new();
    for attempt in attempts {
        let key = FixKey { fix: attempt.fix.clone(), captures: attempt.captures.clone() };
        past.extend(situation.undoable.changes(&attempt.run, &key).into_iter().rev());
    }
    for change in &past {
        if let PastWhat::File(file) = &change.what {
            file_back(situation, change, file, &mut files)?;
        }
        restored.changes.push((change.run.clone(), change.index));
    }
    restored.files = files
        .into_iter()
        .filter(|(_, (now, then))| now != then)
        .map(|(relative, (now, then))| RestoredFile {
            diff: Diff::between(&diff::name_of(&relative), &now, &then, situation.sanitizer),
            expected: sha256(&now),
            current: now,
            bytes: then,
            relative,
        })
        .collect();
    restored.actions = actions(situation, &past, !restored.files.is_empty());
    let of_file = |change: &PastChange| matches!(change.what, PastWhat::File(_));
    restored.is_nothing = restored.actions.is_empty() && !past.iter().any(of_file);
    Ok(restored)
}

fn file_back(
    situation: &Situation<'_>,
    change: &PastChange,
    file: &PastFile,
    files: &mut BTreeMap<PathBuf, (Vec<u8>, Vec<u8>)>,
) -> Result<(), String> {
    if !files.contains_key(&file.relative) {
        let now = open_target(&situation.config.workspace, &file.relative, MAX_TARGET)
            .map_err(|error| error.to_string())?
            .bytes;
        files.insert(file.relative.clone(), (now.clone(), now));
    }
    if let Some((_, current)) = files.get_mut(&file.relative) {
        *current = if sha256(current) == file.after {
            situation.undoable.before(change)?
        } else {
            own_value_back(current, change, file)?
        };
    }
    Ok(())
}

/// Somebody edited the file since: only heal's own value goes back, as an edit with its proof.
fn own_value_back(current: &[u8], change: &PastChange, file: &PastFile) -> Result<Vec<u8>, String> {
    let Step::Edit(wanted) = &change.step else { return Err("no edit".to_owned()) };
    edit::put_back(current, wanted, &file.new, &file.old).map(String::into_bytes).map_err(|why| {
        format!("{} was edited since heal changed it, and stays as it is: {}", file.relative.display(), why.reason)
    })
}

/// What is done beside the files: modes and owners, then what the operator's programs have as their way back, then
/// each service once. `past` is newest first.
fn actions(situation: &Situation<'_>, past: &[PastChange], files_back: bool) -> Vec<BackAction> {
    let action_back = |target: String, commands: Vec<Vec<String>>| {
        let shown = commands.iter().map(|argv| situation.sanitizer.argv(argv)).collect();
        BackAction { target, commands, shown }
    };
    let done = || {
        past.iter().filter_map(|change| match &change.what {
            PastWhat::Action(action) => Some(action),
            PastWhat::File(_) => None,
        })
    };
    let permissions = done().filter_map(|action| match action {
        PastAction::Permissions { relative, before, after } if before != after => {
            let path = situation.config.workspace.join(relative).display().to_string();
            let owner =
                vec!["chown".to_owned(), format!("{}:{}", before.uid, before.gid), "--".to_owned(), path.clone()];
            let mode = vec!["chmod".to_owned(), format!("{:04o}", before.mode), "--".to_owned(), path];
            let owner_changed = (before.uid, before.gid) != (after.uid, after.gid);
            let commands = [owner_changed.then_some(owner), Some(mode)].into_iter().flatten().collect();
            Some(action_back(relative.display().to_string(), commands))
        }
        _ => None,
    });
    let programs = done().filter_map(|action| match action {
        PastAction::Command(Some(undo)) => {
            Some(action_back(undo.first().cloned().unwrap_or_default(), vec![undo.clone()]))
        }
        _ => None,
    });
    let mut actions: Vec<BackAction> = permissions.chain(programs).collect();
    let others_back = files_back || !actions.is_empty();
    let mut services: Vec<(Unit, ServiceBack)> = Vec::new();
    for action in done() {
        let PastAction::Service { verb, unit, was_active } = action else { continue };
        let reload = *verb == Verb::Reload;
        match services.iter_mut().find(|(known, _)| known == unit) {
            Some((_, back)) => {
                back.was_active = *was_active;
                back.only_reloads &= reload;
            }
            None => services.push((unit.clone(), ServiceBack { was_active: *was_active, only_reloads: reload })),
        }
    }
    for (unit, back) in services {
        let is_active = situation.host.service(&unit).is_ok_and(|state| state.is_active());
        if let Some(verb) = back.verb(is_active, others_back) {
            let commands = service::commands(verb, &unit);
            actions.push(action_back(unit.as_str().to_owned(), commands));
        }
    }
    actions
}
