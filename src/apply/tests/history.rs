//! Tests.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

const AGES: Duration = Duration::from_secs(90 * 86_400);

#[test]
fn runs_are_listed_newest_first() {
    let mut world = World::new();
    assert!(list(&world.state()).unwrap().is_empty());
    let first = world.edited("conf/a.yaml", b"one");
    let second = world.edited("conf/b.yaml", b"two");
    let undo = world.undo(None, false).unwrap().run.unwrap();
    fs::create_dir(world.state().join("backups/notes")).unwrap();
    fs::create_dir(world.state().join("backups/20251204T143022Z-0000")).unwrap();
    let runs = list(&world.state()).unwrap();
    assert_eq!(runs.iter().map(|run| run.run.clone()).collect::<Vec<_>>(), [undo.clone(), second, first]);
    assert_eq!(
        runs.iter().map(|run| run.state.clone()).collect::<Vec<_>>(),
        [RunState::Applied, RunState::Undone, RunState::Applied]
    );
    assert_eq!((runs[0].mode, runs[1].undone_by.as_ref()), (Some(Mode::Undo), Some(&undo)));
    assert_eq!(runs[2].files, [world.workspace().join("conf/a.yaml")]);
    assert!(runs[2].bytes > OLD.len() as u64);
}

#[test]
fn a_damaged_run_is_listed_as_one() {
    let mut world = World::new();
    let run = world.edited("conf/a.yaml", b"one");
    fs::write(world.run_dir(&run).join("manifest.json"), b"\0").unwrap();
    assert!(matches!(list(&world.state()).unwrap()[0].state, RunState::Damaged(_)));
    let pruned = prune(&world.state(), &world.writer, 0, Duration::ZERO, world.started, &BTreeSet::new()).unwrap();
    assert!(pruned.removed.is_empty() && world.run_dir(&run).exists());
}

#[test]
fn the_newest_copy_of_a_file_is_never_pruned() {
    let mut world = World::new();
    let a_1 = world.edited("conf/a.yaml", b"1");
    let b_1 = world.edited("conf/b.yaml", b"1");
    let a_2 = world.edited("conf/a.yaml", b"2");
    let a_3 = world.edited("conf/a.yaml", b"3");
    let now = world.started;
    let pruned = prune(&world.state(), &world.writer, 50, AGES, now, &BTreeSet::new()).unwrap();
    assert!(pruned.removed.is_empty());
    let protect = BTreeSet::from([a_2.clone()]);
    let pruned = prune(&world.state(), &world.writer, 0, Duration::ZERO, now, &protect).unwrap();
    assert_eq!(pruned.removed, std::slice::from_ref(&a_1));
    assert!(pruned.bytes > 0 && !world.run_dir(&a_1).exists());
    let pruned = prune(&world.state(), &world.writer, 0, Duration::ZERO, now, &BTreeSet::new()).unwrap();
    assert_eq!(pruned.removed, [a_2]);
    assert!(world.run_dir(&a_3).exists() && world.run_dir(&b_1).exists());
}

#[test]
fn by_number_and_by_age() {
    let mut world = World::new();
    let runs: Vec<_> = (0..5_u8).map(|number| world.edited("conf/a.yaml", &[number])).collect();
    let pruned = prune(&world.state(), &world.writer, 3, AGES, world.started, &BTreeSet::new()).unwrap();
    assert_eq!(pruned.removed, [runs[1].clone(), runs[0].clone()]);
    let age = Duration::from_secs(90);
    let pruned = prune(&world.state(), &world.writer, 50, age, world.started, &BTreeSet::new()).unwrap();
    assert_eq!(pruned.removed, [runs[2].clone()]);
    // What a killed prune left goes too.
    let left = world.state().join(format!("backups/.pruned-{}", runs[0]));
    fs::create_dir(&left).unwrap();
    fs::write(left.join("0000-a.yaml"), b"").unwrap();
    prune(&world.state(), &world.writer, 50, AGES, world.started, &BTreeSet::new()).unwrap();
    assert!(!left.exists());
}
