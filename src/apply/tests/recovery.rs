//! Tests.

use std::collections::BTreeSet;

use super::*;

fn none() -> BTreeSet<(RunId, FixKey)> {
    BTreeSet::new()
}

fn recovered(world: &mut World, under_way: &BTreeSet<(RunId, FixKey)>) -> Recovery {
    let mut run = world.run();
    let found = find_interrupted(&world.state(), under_way).unwrap().0;
    let recovery = recover(&mut run, &world.writer, under_way, None).unwrap();
    let mut told = recovery.interrupted.clone();
    told.sort();
    assert_eq!(told, {
        let mut found = found;
        found.sort();
        found
    });
    assert!(recovery.trouble.is_empty(), "{:?}", recovery.trouble);
    recovery
}

fn leave_temporary(world: &World, run: &RunId, index: usize, bytes: &[u8]) {
    let temporary = world.manifest(run).changes[index].file.as_ref().unwrap().temporary.clone();
    fs::write(world.workspace().join("conf").join(temporary), bytes).unwrap();
}

#[test]
fn a_finished_run_is_left_alone() {
    let mut world = World::new();
    world.edited("conf/a.yaml", b"new");
    let recovery = recovered(&mut world, &none());
    assert!(recovery.interrupted.is_empty() && recovery.taken_back.is_empty());
    assert_eq!(world.read("conf/a.yaml"), b"new");
}

#[test]
fn a_run_that_takes_back_and_makes_the_same_change_again_can_be_undone() {
    let mut world = World::new();
    let killed = world.edited("conf/a.yaml", b"new");
    world.rewrite(&killed, |manifest| manifest.changes[0].state = State::Intended);
    let mut run = world.run();
    recover(&mut run, &world.writer, &none(), None).unwrap();
    assert_eq!(world.read("conf/a.yaml"), OLD);
    world.edit(&mut run, "fix", "conf/a.yaml", b"new").unwrap();
    drop(run);
    world.undo(None, false).unwrap();
    assert_eq!(world.read("conf/a.yaml"), OLD);
    // What was taken back stays so.
    assert!(matches!(world.undo(None, false), Err(UndoError::NothingToUndo)));
}

#[test]
fn killed_after_the_exchange() {
    for left in [None, Some(OLD)] {
        let mut world = World::new();
        let mut run = world.run();
        world.edit(&mut run, "fix", "conf/b.yaml", b"new b").unwrap();
        world.edit(&mut run, "fix", "conf/a.yaml", b"new a").unwrap();
        let run = run.id().clone();
        world.rewrite(&run, |manifest| manifest.changes[1].state = State::Intended);
        if let Some(left) = left {
            leave_temporary(&world, &run, 1, left);
        }
        let recovery = recovered(&mut world, &none());
        assert_eq!(recovery.interrupted.len(), 1);
        assert!(recovery.taken_back.iter().all(|taken| taken.result == TakenBack::Restored));
        // All of the fix, also what was done before.
        assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (OLD.to_vec(), b"b: 1\n".to_vec()));
        world.assert_tidy();
        assert!(recovered(&mut world, &none()).interrupted.is_empty());
    }
}

#[test]
fn killed_before_the_exchange() {
    for left in [None, Some(b"ne".as_slice()), Some(b"new a".as_slice())] {
        let mut world = World::new();
        let run = world.edited("conf/a.yaml", b"new a");
        world.rewrite(&run, |manifest| manifest.changes[0].state = State::Intended);
        world.write("conf/a.yaml", OLD);
        if let Some(left) = left {
            leave_temporary(&world, &run, 0, left);
        }
        let recovery = recovered(&mut world, &none());
        assert_eq!(recovery.taken_back[0].result, TakenBack::AlreadyBack);
        assert_eq!(world.manifest(&run).changes[0].state, State::Failed);
        assert_eq!(world.read("conf/a.yaml"), OLD);
        world.assert_tidy();
        assert!(recovered(&mut world, &none()).interrupted.is_empty());
    }
}

#[test]
fn killed_in_the_instant_of_another_hands_write() {
    let mut world = World::new();
    let run = world.edited("conf/a.yaml", b"new a");
    world.rewrite(&run, |manifest| manifest.changes[0].state = State::Intended);
    leave_temporary(&world, &run, 0, b"theirs");
    let recovery = recovered(&mut world, &none());
    assert_eq!(recovery.given_back.len(), 1);
    assert!(matches!(recovery.taken_back[0].result, TakenBack::ChangedSince(_)));
    assert_eq!(world.read("conf/a.yaml"), b"theirs");
    world.assert_tidy();
    assert!(recovered(&mut world, &none()).interrupted.is_empty());
}

#[test]
fn changed_by_another_hand_after_the_kill() {
    let mut world = World::new();
    let run = world.edited("conf/a.yaml", b"new a");
    world.rewrite(&run, |manifest| manifest.changes[0].state = State::Intended);
    world.write("conf/a.yaml", b"theirs");
    let recovery = recovered(&mut world, &none());
    assert!(matches!(recovery.taken_back[0].result, TakenBack::ChangedSince(_)));
    assert_eq!(world.read("conf/a.yaml"), b"theirs");
    assert!(recovered(&mut world, &none()).interrupted.is_empty());
    assert!(matches!(world.undo(Some(&run), false), Err(UndoError::ChangedSince(_))));
}

#[test]
fn killed_between_a_fixs_steps() {
    let mut world = World::new();
    let run = world.edited("conf/a.yaml", b"new a");
    let recovery = recovered(&mut world, &BTreeSet::from([(run.clone(), key("fix"))]));
    assert_eq!((recovery.interrupted[0].run.clone(), world.read("conf/a.yaml")), (run, OLD.to_vec()));
}

#[test]
fn killed_while_undoing() {
    for made in [true, false] {
        let mut world = World::new();
        let run = world.edited("conf/a.yaml", b"new a");
        let undo = world.undo(None, false).unwrap().run.unwrap();
        world.rewrite(&undo, |manifest| manifest.changes[0].state = State::Intended);
        world.rewrite(&run, |manifest| {
            manifest.undone_by = None;
            manifest.changes[0].state = State::Done;
            manifest.changes[0].undone_by = None;
        });
        if !made {
            world.write("conf/a.yaml", b"new a");
        }
        recovered(&mut world, &none());
        assert_eq!(world.manifest(&run).undone_by.is_some(), made);
        let expected = if made { OLD } else { b"new a" };
        assert_eq!(world.read("conf/a.yaml"), expected);
        assert!(recovered(&mut world, &none()).interrupted.is_empty());
        if !made {
            world.undo(None, false).unwrap();
            assert_eq!(world.read("conf/a.yaml"), OLD);
        }
    }
}

#[test]
fn killed_while_taking_back_within_a_run() {
    for made in [true, false] {
        let mut world = World::new();
        let mut run = world.run();
        world.edit(&mut run, "fix", "conf/b.yaml", b"new b").unwrap();
        world.edit(&mut run, "fix", "conf/a.yaml", b"new a").unwrap();
        let id = run.id().clone();
        take_back(&mut run, &world.writer, &refs(&id, &[1]), None).unwrap();
        world.rewrite(&id, |manifest| {
            manifest.changes[2].state = State::Intended;
            manifest.changes[1].state = State::Done;
            manifest.changes[1].undone_by = None;
        });
        if !made {
            world.write("conf/a.yaml", b"new a");
        }
        recovered(&mut world, &none());
        assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (OLD.to_vec(), b"b: 1\n".to_vec()));
        assert!(recovered(&mut world, &none()).interrupted.is_empty());
    }
}

#[test]
fn a_damaged_manifest_hinders_nobody_else() {
    let mut world = World::new();
    let damaged = world.edited("conf/b.yaml", b"new b");
    let run = world.edited("conf/a.yaml", b"new a");
    fs::write(world.run_dir(&damaged).join("manifest.json"), b"[]").unwrap();
    world.rewrite(&run, |manifest| manifest.changes[0].state = State::Intended);
    let recovery = recovered(&mut world, &none());
    assert_eq!((recovery.damaged.len(), world.read("conf/a.yaml")), (1, OLD.to_vec()));
}
