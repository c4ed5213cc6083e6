//! Takes back the changes of a fix: files first, then what the operator's programs undo, then each service once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::catalogue::FixKey;
use crate::plan::ServiceBack;
use crate::sys::clock::RunId;
use crate::sys::disk::{MAX_TARGET, Ownership, Target, Writer, hold, open_target};
use crate::sys::service::{self, Unit, Verb};

use super::action::{Limits, act};
use super::action_change::ActionChange;
use super::change::{Reason, change_file};
use super::error::ApplyError;
use super::manifest::{Change, ChangeRef, FileChange, Manifest, ManifestError, State, load, run_dir};
use super::marks;
use super::run_folder::RunFolder;
use super::{backup, chain};

/// Puts only a change's own value back into bytes that another hand has changed since: gets the change and those
/// bytes, gives the new bytes, or the reason why not. It must prove that it touches nothing else.
pub type PutBack<'a> = &'a dyn Fn(&Change, &[u8]) -> Result<Vec<u8>, String>;

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// The file has the very bytes that the change found; the action is inverted.
    Restored,
    /// The change's value is put back; what another hand wrote since stands.
    PutBack,
    /// It was as before already.
    AlreadyBack,
    /// There is no way back, and there never was: why.
    Irreversible(String),
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

    /// Why not.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Restored | Self::PutBack | Self::AlreadyBack => "",
            Self::Irreversible(why) | Self::ChangedSince(why) | Self::BackupLost(why) | Self::Failed(why) => why,
        }
    }
}

/// What became of which change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeBack {
    /// The change.
    pub change: ChangeRef,
    /// Its fix.
    pub fix: FixKey,
    /// Its target: absolute, or a unit, or a program.
    pub target: String,
    /// What became of it.
    pub result: TakenBack,
    /// What a person would type to take it back.
    pub by_hand: Vec<Vec<String>>,
}

/// Takes back these changes, in this order (newest first), as far as they stand; they may be of several runs, of the
/// one that is going on too. Each taking back is itself a change of `run`.
///
/// Attributes of a file go back with the bytes, unless another hand changed them since: then they stay.
///
/// # Errors
/// When a manifest cannot be used; then nothing was touched. Trouble with one change is in the result.
pub fn take_back(
    run: &mut RunFolder,
    writer: &Writer,
    changes: &[ChangeRef],
    put_back: Option<PutBack>,
) -> Result<Vec<TakeBack>, ManifestError> {
    let mut manifests: BTreeMap<RunId, Manifest> = BTreeMap::new();
    for change in changes {
        if !manifests.contains_key(&change.run) {
            let own = change.run == *run.id();
            let manifest = if own { run.manifest().clone() } else { load(run.state_dir(), &change.run)? };
            manifests.insert(change.run.clone(), manifest);
        }
    }
    let standing: Vec<Past<'_>> = changes.iter().filter_map(|change| Past::find(&manifests, change)).collect();
    let mut back = Backward { run, writer, put_back, files_back: false, force: false, results: Vec::new() };
    back.all(&standing);
    Ok(back.results)
}

/// Takes back the actions of a run whose files are back already. `files_back`: one of them has other bytes now.
/// `force`: also modes and owners that another hand changed since.
pub(super) fn take_back_actions(
    run: &mut RunFolder,
    writer: &Writer,
    manifest: &Manifest,
    files_back: bool,
    force: bool,
) -> Vec<TakeBack> {
    let past = |change| Past::of(manifest, change);
    let standing: Vec<Past<'_>> = chain::live_actions(manifest).into_iter().map(past).collect();
    let mut back = Backward { run, writer, put_back: None, files_back, force, results: Vec::new() };
    back.all(&standing);
    back.results
}

/// A change that stands, with the manifest that tells of it.
struct Past<'a> {
    reference: ChangeRef,
    manifest: &'a Manifest,
    change: &'a Change,
}

impl<'a> Past<'a> {
    fn find(manifests: &'a BTreeMap<RunId, Manifest>, reference: &ChangeRef) -> Option<Self> {
        let manifest = manifests.get(&reference.run)?;
        let change = manifest.changes.get(usize::try_from(reference.index).ok()?)?;
        let stands = matches!(change.state, State::Done | State::Intended);
        stands.then(|| Self { reference: reference.clone(), manifest, change })
    }

    fn of(manifest: &'a Manifest, change: &'a Change) -> Self {
        Self { reference: ChangeRef { run: manifest.run.clone(), index: change.index }, manifest, change }
    }

    fn workspace(&self) -> &Path {
        Path::new(&self.manifest.workspace)
    }
}

/// What fixes did to each service, newest first, the services in the order of their latest change.
fn services<'a, 'b>(standing: &'b [Past<'a>]) -> Vec<(&'a str, Vec<&'b Past<'a>>)> {
    let mut services: Vec<(&str, Vec<&Past<'_>>)> = Vec::new();
    for past in standing {
        let Some(ActionChange::Service { unit, .. }) = &past.change.action else { continue };
        match services.iter_mut().find(|(known, _)| known == unit) {
            Some((_, of_unit)) => of_unit.push(past),
            None => services.push((unit, vec![past])),
        }
    }
    services
}

struct Backward<'a> {
    run: &'a mut RunFolder,
    writer: &'a Writer,
    put_back: Option<PutBack<'a>>,
    files_back: bool,
    force: bool,
    results: Vec<TakeBack>,
}

impl Backward<'_> {
    fn all(&mut self, standing: &[Past<'_>]) {
        for past in standing {
            self.file_or_permissions(past);
        }
        for past in standing {
            self.command(past);
        }
        for (unit, of_unit) in services(standing) {
            self.service(unit, &of_unit);
        }
    }

    fn note(&mut self, past: &Past<'_>, result: TakenBack, by_hand: Vec<Vec<String>>) {
        self.results.push(TakeBack {
            change: past.reference.clone(),
            fix: past.change.key(),
            target: past.change.target.clone(),
            result,
            by_hand,
        });
    }

    /// Marks that fail now are made by `recover`.
    fn mark(&mut self, references: &[ChangeRef]) {
        let _ = marks::undone(self.run, self.writer, references);
    }

    fn file_or_permissions(&mut self, past: &Past<'_>) {
        if let Some(file) = &past.change.file {
            let backup = run_dir(self.run.state_dir(), &past.manifest.run).join(file.found());
            let result = self.file(past, file);
            let words = ["cp", "--", &backup.display().to_string(), &past.change.target].map(str::to_owned);
            self.note(past, result, vec![words.to_vec()]);
        }
        if let Some(ActionChange::Permissions { relative, before, after }) = &past.change.action {
            let inverse = ActionChange::Permissions { relative: relative.clone(), before: *after, after: *before };
            let result = self.permissions(past, relative, *before, *after);
            self.note(past, result, inverse.by_hand(past.workspace()));
        }
    }

    fn file(&mut self, past: &Past<'_>, file: &FileChange) -> TakenBack {
        let target = match open_target(past.workspace(), file.relative.as_ref(), MAX_TARGET) {
            Ok(target) => target,
            Err(error) => return TakenBack::ChangedSince(error.to_string()),
        };
        if target.sha256 == file.before.sha256 {
            self.mark(std::slice::from_ref(&past.reference));
            return TakenBack::AlreadyBack;
        }
        let (new, success) = if target.sha256 == file.after.sha256 {
            let folder = run_dir(self.run.state_dir(), &past.manifest.run);
            match backup::read(&folder, file.found(), &file.before.sha256) {
                Ok(bytes) => (bytes, TakenBack::Restored),
                Err(error) => return TakenBack::BackupLost(error.to_string()),
            }
        } else {
            match self.put_back.map(|put_back| put_back(past.change, &target.bytes)) {
                Some(Ok(bytes)) if bytes != target.bytes => (bytes, TakenBack::PutBack),
                Some(Ok(_)) => {
                    return TakenBack::ChangedSince(changed_since(&target, "its value is not there any more"));
                }
                Some(Err(why)) => return TakenBack::ChangedSince(changed_since(&target, &why)),
                None => return TakenBack::ChangedSince(changed_since(&target, "it is not what the fix left")),
            }
        };
        let attributes = attributes_back(file, file, &target);
        let reason = Reason::take_back(past.change, vec![past.reference.clone()]);
        ended(change_file(self.run, self.writer, &target, &new, attributes, reason), success)
    }

    fn permissions(&mut self, past: &Past<'_>, relative: &PathBuf, before: Ownership, after: Ownership) -> TakenBack {
        let now = match hold(past.workspace(), relative) {
            Ok(held) => held.ownership,
            Err(error) => return TakenBack::ChangedSince(error.to_string()),
        };
        if now == before {
            self.mark(std::slice::from_ref(&past.reference));
            return TakenBack::AlreadyBack;
        }
        // After a kill between the two calls it may be partly the one and partly the other.
        let between = |now: u32, a: u32, b: u32| now == a || now == b;
        let own = between(now.mode, before.mode, after.mode)
            && between(now.uid, before.uid, after.uid)
            && between(now.gid, before.gid, after.gid);
        if !own && !self.force {
            let path = past.workspace().join(relative);
            let why = format!("{} has {} by another hand, not {}", path.display(), now.shown(), after.shown());
            return TakenBack::ChangedSince(why);
        }
        let inverse = ActionChange::Permissions { relative: relative.clone(), before: now, after: before };
        let reason = Reason::take_back(past.change, vec![past.reference.clone()]);
        let target = past.change.target.clone();
        ended(act(self.run, self.writer, target, inverse, reason, Limits::BACK), TakenBack::Restored)
    }

    fn command(&mut self, past: &Past<'_>) {
        let Some(ActionChange::Command { argv, undo, timeout, .. }) = &past.change.action else { return };
        let Some(undo) = undo else {
            let why = format!("`{}` ran, and has no `undo`", crate::sys::exec::shown(argv));
            return self.note(past, TakenBack::Irreversible(why), Vec::new());
        };
        let inverse =
            ActionChange::Command { argv: undo.clone(), undo: Some(argv.clone()), timeout: *timeout, expect_exit: 0 };
        let by_hand = vec![undo.clone()];
        if let Some(why) = self.obstacle() {
            return self.note(past, TakenBack::Failed(why), by_hand);
        }
        let limits = Limits { timeout: inverse.timeout().unwrap_or(Limits::BACK.timeout), ..Limits::BACK };
        let reason = Reason::take_back(past.change, vec![past.reference.clone()]);
        let target = undo.first().cloned().unwrap_or_default();
        let result = ended(act(self.run, self.writer, target, inverse, reason, limits), TakenBack::Restored);
        self.note(past, result, by_hand);
    }

    /// One service, once, for all that was done to it. `past` is newest first.
    fn service(&mut self, name: &str, past: &[&Past<'_>]) {
        let outcome = self.service_back(name, past);
        let (result, by_hand) = match outcome {
            Ok((result, verb)) => {
                let unit = Unit::parse(name).ok();
                let commands = verb.zip(unit).map(|(verb, unit)| service::commands(verb, &unit));
                (result, commands.unwrap_or_default())
            }
            Err(why) => (TakenBack::Failed(why), Vec::new()),
        };
        for past in past {
            self.note(past, result.clone(), by_hand.clone());
        }
    }

    fn service_back(&mut self, name: &str, past: &[&Past<'_>]) -> Result<(TakenBack, Option<Verb>), String> {
        let unit = Unit::parse(name)?;
        let now = service::state(&unit).map_err(|error| error.to_string())?;
        let references: Vec<ChangeRef> = past.iter().map(|past| past.reference.clone()).collect();
        let Some(verb) = back_of(past).verb(now.is_active(), self.anything_back()) else {
            self.mark(&references);
            return Ok((TakenBack::AlreadyBack, None));
        };
        // On half old, half new files nothing is started again; what was stopped is stopped all the same.
        if let Some(why) = self.obstacle().filter(|_| verb != Verb::Stop) {
            return Ok((TakenBack::Failed(why), Some(verb)));
        }
        let Some(latest) = past.first() else { return Err("no change".to_owned()) };
        let action = ActionChange::Service { verb, unit: name.to_owned(), before: now, after: None };
        let reason = Reason::take_back(latest.change, references);
        let done = act(self.run, self.writer, name.to_owned(), action, reason, Limits::BACK);
        Ok((ended(done, TakenBack::Restored), Some(verb)))
    }

    /// Why what was done on top of the files is better left alone.
    fn obstacle(&self) -> Option<String> {
        let stuck = self
            .results
            .iter()
            .find(|result| !result.result.succeeded() && !matches!(result.result, TakenBack::Irreversible(_)))?;
        Some(format!("left as it is, because {} could not be taken back", stuck.target))
    }

    fn anything_back(&self) -> bool {
        let back = |result: &TakeBack| matches!(result.result, TakenBack::Restored | TakenBack::PutBack);
        self.files_back || self.results.iter().any(back)
    }
}

/// The state before the first of these changes of one service. `past` is newest first.
fn back_of(past: &[&Past<'_>]) -> ServiceBack {
    let was_active = |past: &&Past<'_>| matches!(&past.change.action, Some(ActionChange::Service { before, .. }) if before.is_active());
    let reload =
        |past: &&Past<'_>| matches!(past.change.action, Some(ActionChange::Service { verb: Verb::Reload, .. }));
    ServiceBack { was_active: past.last().is_some_and(was_active), only_reloads: past.iter().all(reload) }
}

fn ended(result: Result<u32, ApplyError>, success: TakenBack) -> TakenBack {
    match result {
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
            fix: change.key(),
            incidents: change.incidents.clone(),
            kind: "take_back".to_owned(),
            step: None,
            takes_back,
            old_raw: change.new_raw.clone(),
            new_raw: change.old_raw.clone(),
            in_place: change.file.as_ref().is_some_and(|file| file.journal.is_some()),
        }
    }
}
