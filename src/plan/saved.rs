//! A plan in a file: what a run would do, to be done later exactly so, or not at all.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::{Diff, Plan, PlannedFix, PlannedStep, TakeBack, Wanted, diff};
use crate::catalogue::{Bindings, Check, FixKey};
use crate::sys::disk::sha256;

/// The version that this heal writes and reads.
const FORMAT_VERSION: u32 = 1;

/// A saved plan. It holds exact bytes, secrets too: it is as private as the files that it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// 1; tells a saved plan from any other file.
    pub heal_plan: u32,
    /// The run that made it.
    pub id: String,
    /// When it was made.
    pub created_at: DateTime<FixedOffset>,
    /// From then on it is refused.
    pub expires_at: DateTime<FixedOffset>,
    /// The heal that made it.
    pub heal_version: String,
    /// Where it was made, and may be applied.
    pub host: PlanHost,
    /// The configuration's file.
    pub config: PathBuf,
    /// Its workspace.
    pub workspace: PathBuf,
    /// Its state folder.
    pub state_dir: PathBuf,
    /// Hashes of the configuration and of every table.
    pub configuration: Vec<HashedFile>,
    /// Whether fixes of risk `unsafe` are in it by `--unsafe`.
    #[serde(rename = "unsafe")]
    pub with_unsafe: bool,
    /// How far back it looked: `all`, or a time.
    pub since: String,
    /// What it read instead of the configured logs.
    pub logs: Vec<PathBuf>,
    /// What did not help and is taken back first.
    pub take_backs: Vec<SavedTakeBack>,
    /// What is applied, in this order.
    pub fixes: Vec<SavedFix>,
    /// Over all of the above: an edit by hand, or a file cut short, shows.
    pub sha256: String,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanHost {
    /// Its name.
    pub name: String,
    /// A hash of its machine id; none where it has no such id.
    pub machine: Option<String>,
}

/// A file by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashedFile {
    /// Absolute.
    pub file: PathBuf,
    /// Of its bytes.
    pub sha256: String,
}

/// A fix in a saved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedFix {
    /// Its name.
    pub fix: String,
    /// The captured values that it uses.
    pub captures: Bindings,
    /// For a reader.
    pub description: String,
    /// `safe` or `unsafe`.
    pub risk: String,
    /// The incidents that it is for.
    pub incidents: Vec<String>,
    /// What must hold afterwards, in words.
    pub checks: Vec<String>,
    /// What it does.
    pub steps: Vec<SavedStep>,
}

/// A step in a saved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedStep {
    /// The step's key.
    pub kind: String,
    /// The file, the unit or the program.
    pub target: String,
    /// The step as the table has it, with captured values.
    pub step: serde_json::Value,
    /// What it finds, and what it does to it.
    #[serde(flatten)]
    pub change: SavedChange,
}

/// What a step does to what it finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SavedChange {
    /// A file gets new bytes.
    Edit {
        /// SHA-256 of the bytes that it builds on.
        before: String,
        /// SHA-256 of the bytes that it leaves.
        after: String,
        /// The exact change, line by line, as `git apply` takes it.
        patch: Vec<String>,
    },
    /// Something is done to the host.
    Action {
        /// What runs, or what a person would type to the same end.
        commands: Vec<Vec<String>>,
        /// What it acts on, as it was.
        state: String,
        /// How it is taken back; null when it cannot be.
        undo: Option<String>,
    },
}

/// Something that is taken back in a saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedTakeBack {
    /// The fix.
    pub fix: String,
    /// The incident that it did not help.
    pub incident: String,
    /// Why.
    pub reason: String,
    /// The changes that are no more then: run and number.
    pub changes: Vec<(String, u32)>,
    /// What becomes of the files.
    pub files: Vec<SavedRestore>,
    /// What else runs.
    pub commands: Vec<Vec<String>>,
}

/// A file that gets its old bytes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedRestore {
    /// Relative to the workspace.
    pub target: String,
    /// SHA-256 of the bytes that are there now.
    pub before: String,
    /// SHA-256 of the bytes that it gets.
    pub after: String,
    /// The exact change, line by line.
    pub patch: Vec<String>,
}

impl SavedPlan {
    /// The version that this heal writes.
    #[must_use]
    pub const fn version() -> u32 {
        FORMAT_VERSION
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// In a clause: why it is none, or none any more.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            heal_plan: u32,
        }
        let version: Version = serde_json::from_slice(bytes).map_err(|_| "is no saved plan of heal".to_owned())?;
        if version.heal_plan != FORMAT_VERSION {
            return Err(format!(
                "is a saved plan of format {}, and this heal knows {FORMAT_VERSION}: use the heal that made it",
                version.heal_plan
            ));
        }
        let plan: Self = serde_json::from_slice(bytes).map_err(|error| format!("is a damaged plan ({error})"))?;
        if plan.seal() == plan.sha256 {
            Ok(plan)
        } else {
            Err("was edited since it was saved: make a new one with `heal plan`".to_owned())
        }
    }

    /// The bytes of its file, with the hash over all that is in it.
    ///
    /// # Errors
    /// Nothing that a plan can hold.
    pub fn to_bytes(&mut self) -> serde_json::Result<Vec<u8>> {
        self.sha256 = self.seal();
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn seal(&self) -> String {
        let unsealed = Self { sha256: String::new(), ..self.clone() };
        sha256(&serde_json::to_vec(&unsealed).unwrap_or_default())
    }

    /// What is in it.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        let key = |fix: &SavedFix| FixKey { fix: fix.fix.clone(), captures: fix.captures.clone() };
        Wanted {
            fixes: self.fixes.iter().map(key).collect(),
            take_backs: self.take_backs.iter().map(|back| (back.fix.clone(), back.incident.clone())).collect(),
        }
    }

    /// Whether `plan`, made of the tables and the host as they are now, is this one to the byte.
    ///
    /// # Errors
    /// The first difference, as a sentence.
    pub fn check(&self, plan: &Plan) -> Result<(), String> {
        let backs: Vec<SavedTakeBack> = plan.take_backs.iter().map(SavedTakeBack::from).collect();
        if let Some(back) = self.take_backs.iter().find(|back| !backs.contains(back)) {
            return Err(format!("what taking back {} would do has changed since", back.fix));
        }
        for saved in &self.fixes {
            let same = |fix: &&PlannedFix| fix.fix.name == saved.fix && fix.captures == saved.captures;
            match plan.fixes.iter().find(same) {
                Some(fix) => saved.check(&SavedFix::from(fix))?,
                None => return Err(not_planned(saved, plan)),
            }
        }
        if plan.fixes.len() != self.fixes.len() || plan.take_backs.len() != self.take_backs.len() {
            return Err("it would do more than the plan says".to_owned());
        }
        Ok(())
    }
}

fn not_planned(saved: &SavedFix, plan: &Plan) -> String {
    let name = &saved.fix;
    match plan.held_back.iter().find(|held| held.fix == *name) {
        Some(held) => format!("{name} is held back now ({}): {}", held.reason.as_str(), held.detail),
        None => format!("{name} is not registered any more for an incident that is open"),
    }
}

impl SavedFix {
    fn check(&self, now: &Self) -> Result<(), String> {
        let name = &self.fix;
        for (saved, now) in self.steps.iter().zip(&now.steps) {
            if saved.step != now.step {
                return Err(format!("a step of {name} is not the one that is registered"));
            }
            if saved.target != now.target || saved.change != now.change {
                return Err(saved.difference(now));
            }
        }
        if self.steps.len() != now.steps.len() {
            return Err(format!("{name} would do other steps than the plan says: what it acts on has changed since"));
        }
        if self.risk != now.risk || self.checks != now.checks {
            return Err(format!("{name} is not the fix that is registered"));
        }
        Ok(())
    }
}

impl SavedStep {
    fn difference(&self, now: &Self) -> String {
        let target = &self.target;
        match (&self.change, &now.change) {
            (SavedChange::Edit { before, .. }, SavedChange::Edit { before: found, .. }) if before != found => {
                format!("{target} has changed since")
            }
            (SavedChange::Edit { .. }, SavedChange::Edit { .. }) => {
                format!("the registered step makes other bytes of {target} than the plan says")
            }
            (SavedChange::Action { state, .. }, SavedChange::Action { state: found, .. }) if state != found => {
                format!("{target} was {state} and is {found} now")
            }
            _ => format!("the registered step does something else to {target} than the plan says"),
        }
    }
}

/// A person reads it line by line.
fn patch(relative: &Path, old: &[u8], new: &[u8]) -> Vec<String> {
    let text = Diff::exact(&diff::name_of(relative), old, new);
    text.split_terminator('\n').map(str::to_owned).collect()
}

impl From<&PlannedFix> for SavedFix {
    fn from(planned: &PlannedFix) -> Self {
        Self {
            fix: planned.fix.name.clone(),
            captures: planned.captures.clone(),
            description: planned.fix.description.clone(),
            risk: planned.fix.risk.as_str().to_owned(),
            incidents: planned.incidents.clone(),
            checks: planned.fix.verify.iter().map(Check::shown).collect(),
            steps: planned.steps.iter().map(SavedStep::from).collect(),
        }
    }
}

impl From<&PlannedStep> for SavedStep {
    fn from(step: &PlannedStep) -> Self {
        let change = match step {
            PlannedStep::Edit(edit) => SavedChange::Edit {
                before: edit.expected.clone(),
                after: sha256(&edit.bytes),
                patch: patch(&edit.relative, &edit.current, &edit.bytes),
            },
            PlannedStep::Action(action) => {
                SavedChange::Action { commands: exact(action), state: action.state.clone(), undo: action.undo.clone() }
            }
        };
        Self {
            kind: step.step().kind().to_owned(),
            target: step.target(),
            step: serde_json::to_value(step.step()).unwrap_or_default(),
            change,
        }
    }
}

impl From<&TakeBack> for SavedTakeBack {
    fn from(back: &TakeBack) -> Self {
        let file = |file: &super::RestoredFile| SavedRestore {
            target: file.relative.display().to_string(),
            before: file.expected.clone(),
            after: sha256(&file.bytes),
            patch: patch(&file.relative, &file.current, &file.bytes),
        };
        Self {
            fix: back.fix.clone(),
            incident: back.incident.clone(),
            reason: back.reason.clone(),
            changes: back.changes.clone(),
            files: back.files.iter().map(file).collect(),
            commands: back.actions.iter().flat_map(|action| action.commands.clone()).collect(),
        }
    }
}
/// What runs, secrets and all: a saved plan is as private as what it changes.
fn exact(action: &super::PlannedAction) -> Vec<Vec<String>> {
    match &action.deed {
        super::Deed::Run { argv, .. } => vec![argv.clone()],
        super::Deed::Service { test: Some(test), .. } => {
            std::iter::once(test.clone()).chain(action.commands.iter().skip(1).cloned()).collect()
        }
        _ => action.commands.clone(),
    }
}
