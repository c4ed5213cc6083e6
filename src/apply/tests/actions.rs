//! Modes, owners and programs: what is noted, taken back, and found after a kill.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::*;
use crate::catalogue::{FixPermissions, ModeChange, RunCommand};
use crate::plan::{Deed, PlannedAction};
use crate::sys::disk::hold;

const LIMITS: Limits = Limits { timeout: Duration::from_secs(10), stop_on_interrupt: true };

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn planned(step: Step, deed: Deed) -> PlannedAction {
    let target = match &deed {
        Deed::Permissions { relative, .. } => relative.display().to_string(),
        _ => "sh".to_owned(),
    };
    PlannedAction {
        step,
        target,
        deed,
        commands: Vec::new(),
        state: String::new(),
        undo: None,
        old: String::new(),
        new: String::new(),
    }
}

/// Gives `conf/a.yaml` this mode.
fn permissions(world: &World, mode: u32) -> PlannedAction {
    let relative = PathBuf::from("conf/a.yaml");
    let from = hold(&world.workspace(), &relative).unwrap().ownership;
    let to = crate::sys::disk::Ownership { mode, ..from };
    let step = FixPermissions { path: String::new(), mode: Some(ModeChange::Exact(mode)), owner: None, group: None };
    planned(Step::FixPermissions(step), Deed::Permissions { relative, from, to })
}

/// Appends a line to `told`; the way back appends another.
fn program(line: &str, ends: i32, undo_ends: Option<i32>) -> PlannedAction {
    let tell = |line: &str, ends: i32| words(&["sh", "-c", &format!("echo {line} >>told; exit {ends}")]);
    let (argv, undo) = (tell(line, ends), undo_ends.map(|ends| tell("back", ends)));
    let step = RunCommand { argv: argv.clone(), undo: undo.clone(), timeout: None, expect_exit: 0 };
    planned(Step::Run(step), Deed::Run { argv, undo, timeout: Duration::from_secs(10), expect_exit: 0 })
}

impl World {
    fn act(&self, run: &mut RunFolder, action: &PlannedAction) -> Result<Receipt, ApplyError> {
        apply_action(run, &self.writer, action, &key("fix"), &["i1".to_owned()], LIMITS)
    }

    fn mode(&self) -> u32 {
        fs::metadata(self.workspace().join("conf/a.yaml")).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(&self, mode: u32) {
        fs::set_permissions(self.workspace().join("conf/a.yaml"), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn told(&self) -> String {
        fs::read_to_string(self.workspace().join("told")).unwrap_or_default()
    }

    fn recovered(&mut self) -> Recovery {
        let mut run = self.run();
        recover(&mut run, &self.writer, &BTreeSet::new(), None).unwrap()
    }
}

#[test]
fn all_of_a_fix_is_taken_back_the_last_first() {
    let mut world = World::new();
    world.set_mode(0o644);
    let mut run = world.run();
    world.act(&mut run, &program("one", 0, Some(0))).unwrap();
    world.edit(&mut run, "fix", "conf/a.yaml", b"new").unwrap();
    world.act(&mut run, &permissions(&world, 0o600)).unwrap();
    let failed = world.act(&mut run, &program("two", 3, Some(0))).unwrap_err();
    assert!(failed.to_string().contains("ended with exit code 3"), "{failed}");
    let standing = run.standing(&key("fix"));
    assert_eq!(standing.len(), 4, "a program that failed may have done half of it");
    let results = take_back(&mut run, &world.writer, &standing, None).unwrap();
    assert!(results.iter().all(|result| result.result.succeeded()), "{results:?}");
    assert_eq!((world.mode(), world.read("conf/a.yaml").as_slice()), (0o644, OLD));
    assert_eq!(world.told(), "one\ntwo\nback\nback\n");
    assert!(run.standing(&key("fix")).is_empty());
}

#[test]
fn a_mode_that_was_changed_meanwhile_is_left_alone() {
    let mut world = World::new();
    world.set_mode(0o644);
    let action = permissions(&world, 0o600);
    world.set_mode(0o666);
    let mut run = world.run();
    assert!(world.act(&mut run, &action).unwrap_err().is_changed_meanwhile());
    assert_eq!(world.mode(), 0o666);
    // Nor is one that was changed after heal.
    world.set_mode(0o644);
    world.act(&mut run, &permissions(&world, 0o600)).unwrap();
    world.set_mode(0o666);
    let standing = run.standing(&key("fix"));
    let results = take_back(&mut run, &world.writer, &standing, None).unwrap();
    assert!(matches!(results[0].result, TakenBack::ChangedSince(_)), "{results:?}");
    assert_eq!(world.mode(), 0o666);
}

#[test]
fn an_undo_that_fails_names_the_command() {
    let mut world = World::new();
    let mut run = world.run();
    world.act(&mut run, &program("one", 0, Some(7))).unwrap();
    world.act(&mut run, &program("two", 0, None)).unwrap();
    let standing = run.standing(&key("fix"));
    let results = take_back(&mut run, &world.writer, &standing, None).unwrap();
    let failed = results.iter().find(|result| matches!(result.result, TakenBack::Failed(_))).unwrap();
    assert!(failed.result.why().contains("exit code 7"), "{failed:?}");
    assert_eq!(failed.by_hand, [words(&["sh", "-c", "echo back >>told; exit 7"])]);
    assert!(results.iter().any(|result| matches!(result.result, TakenBack::Irreversible(_))), "{results:?}");
}

#[test]
fn killed_in_the_middle_of_an_action() {
    for made in [true, false] {
        let mut world = World::new();
        world.set_mode(0o644);
        let mut run = world.run();
        world.act(&mut run, &permissions(&world, 0o600)).unwrap();
        let run = run.id().clone();
        world.rewrite(&run, |manifest| manifest.changes[0].state = State::Intended);
        if !made {
            world.set_mode(0o644);
        }
        let recovery = world.recovered();
        assert_eq!(recovery.interrupted.len(), 1);
        assert_eq!(world.mode(), 0o644, "{recovery:?}");
        assert!(world.recovered().interrupted.is_empty());
    }
    // A program may have begun: its way back is gone.
    let mut world = World::new();
    let mut run = world.run();
    world.act(&mut run, &program("one", 0, Some(0))).unwrap();
    let run = run.id().clone();
    world.rewrite(&run, |manifest| manifest.changes[0].state = State::Intended);
    let recovery = world.recovered();
    assert_eq!((recovery.interrupted.len(), world.told().as_str()), (1, "one\nback\n"));
    assert!(world.recovered().interrupted.is_empty(), "it is done once");
    assert_eq!(world.told(), "one\nback\n");
}

#[test]
fn undo_takes_back_what_a_run_did() {
    let mut world = World::new();
    world.set_mode(0o644);
    let mut run = world.run();
    world.act(&mut run, &permissions(&world, 0o600)).unwrap();
    world.act(&mut run, &program("one", 0, Some(0))).unwrap();
    let id = run.id().clone();
    let report = world.undo(Some(&id), false).unwrap();
    assert_eq!((report.actions.len(), world.mode(), world.told().as_str()), (2, 0o644, "one\nback\n"));
    assert!(world.undo(Some(&id), false).is_err() || world.told() == "one\nback\n", "it is undone once");
}
