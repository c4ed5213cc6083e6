//! Tests.

use super::*;

fn without_last_byte(_: &Change, current: &[u8]) -> Result<Vec<u8>, String> {
    current.split_last().map(|(_, rest)| rest.to_vec()).ok_or_else(|| "it is empty".to_owned())
}

#[test]
fn a_fix_is_taken_back_in_reverse_within_its_run() {
    let mut world = World::new();
    let mut run = world.run();
    world.edit(&mut run, "kept", "conf/a.yaml", b"kept").unwrap();
    let one = world.edit(&mut run, "bad", "conf/a.yaml", b"bad 1").unwrap().index;
    let two = world.edit(&mut run, "bad", "conf/b.yaml", b"bad b").unwrap().index;
    let three = world.edit(&mut run, "bad", "conf/a.yaml", b"bad 2").unwrap().index;
    let id = run.id().clone();
    assert_eq!(run.standing(&key("bad")), refs(&id, &[one, two, three]));
    let taken = take_back(&mut run, &world.writer, &refs(&id, &[one, two, three]), None).unwrap();
    assert!(run.standing(&key("bad")).is_empty());
    assert_eq!(taken.iter().map(|taken| taken.change.index).collect::<Vec<_>>(), [three, two, one]);
    assert!(taken.iter().all(|taken| taken.result == TakenBack::Restored), "{taken:?}");
    assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (b"kept".to_vec(), b"b: 1\n".to_vec()));
    let manifest = world.manifest(&id);
    let states: Vec<_> = manifest.changes.iter().map(|change| change.state).collect();
    assert_eq!(states[..4], [State::Done, State::Undone, State::Undone, State::Undone]);
    assert!(states[4..].iter().all(|state| *state == State::Done));
    // Once more changes nothing.
    assert!(take_back(&mut run, &world.writer, &refs(&id, &[one, two, three]), None).unwrap().is_empty());
    world.assert_tidy();
    // The whole run can still be undone, and done again.
    let undo = world.undo(None, false).unwrap().run.unwrap();
    assert_eq!(world.read("conf/a.yaml"), OLD);
    world.undo(Some(&undo), false).unwrap();
    assert_eq!(world.read("conf/a.yaml"), b"kept");
    assert_eq!(world.manifest(&id).changes[1].state, State::Undone);
    assert_eq!(world.manifest(&id).changes[0].state, State::Done);
}

#[test]
fn attempts_that_built_up_are_taken_back_in_a_later_run() {
    let mut world = World::new();
    let first = world.edited("conf/a.yaml", b"first");
    let second = world.edited("conf/a.yaml", b"second");
    let mut run = world.run();
    for from in [&second, &first] {
        let taken = take_back(&mut run, &world.writer, &refs(from, &[0]), None).unwrap();
        assert_eq!(taken[0].result, TakenBack::Restored);
    }
    assert_eq!(world.read("conf/a.yaml"), OLD);
    assert_eq!(world.manifest(&first).undone_by.as_ref(), Some(run.id()));
    // Undoing that run brings the attempts back.
    let last = run.id().clone();
    let report = world.undo(None, false).unwrap();
    assert_eq!((report.undoes, world.read("conf/a.yaml")), (last, b"second".to_vec()));
    assert_eq!((world.manifest(&first).undone_by, world.manifest(&second).changes[0].state), (None, State::Done));
}

#[test]
fn what_another_hand_wrote_since_stands() {
    let mut world = World::new();
    let from = world.edited("conf/a.yaml", b"new");
    world.write("conf/a.yaml", b"new, and theirs");
    let mut run = world.run();
    let taken = take_back(&mut run, &world.writer, &refs(&from, &[0]), None).unwrap();
    assert!(matches!(&taken[0].result, TakenBack::ChangedSince(why) if why.contains("another hand")), "{taken:?}");
    let refuse = |_: &Change, _: &[u8]| Err("line 3 is another".to_owned());
    let taken = take_back(&mut run, &world.writer, &refs(&from, &[0]), Some(&refuse)).unwrap();
    assert!(matches!(&taken[0].result, TakenBack::ChangedSince(why) if why.contains("line 3")), "{taken:?}");
    assert!(!world.run_dir(run.id()).exists());
    let taken = take_back(&mut run, &world.writer, &refs(&from, &[0]), Some(&without_last_byte)).unwrap();
    assert_eq!(taken[0].result, TakenBack::PutBack);
    assert_eq!(world.read("conf/a.yaml"), b"new, and their");
    assert_eq!(fs::read(world.run_dir(run.id()).join("0000-a.yaml")).unwrap(), b"new, and theirs");
    assert_eq!(world.manifest(&from).changes[0].state, State::Undone);
}

#[test]
fn a_file_put_back_by_hand_or_gone_is_not_touched() {
    let mut world = World::new();
    let from = world.edited("conf/a.yaml", b"new");
    world.write("conf/a.yaml", OLD);
    let mut run = world.run();
    let taken = take_back(&mut run, &world.writer, &refs(&from, &[0]), None).unwrap();
    assert_eq!(taken[0].result, TakenBack::AlreadyBack);
    assert_eq!(world.manifest(&from).changes[0].state, State::Undone);
    let from = world.edited("conf/a.yaml", b"new");
    fs::remove_file(world.workspace().join("conf/a.yaml")).unwrap();
    let taken = take_back(&mut run, &world.writer, &refs(&from, &[0]), None).unwrap();
    assert!(matches!(taken[0].result, TakenBack::ChangedSince(_)));
    assert!(!world.workspace().join("conf/a.yaml").exists());
}

#[test]
fn a_lost_backup_is_said_and_nothing_is_written() {
    let mut world = World::new();
    let from = world.edited("conf/a.yaml", b"new");
    fs::write(world.run_dir(&from).join("0000-a.yaml"), b"altered").unwrap();
    let mut run = world.run();
    let taken = take_back(&mut run, &world.writer, &refs(&from, &[0]), None).unwrap();
    assert!(matches!(taken[0].result, TakenBack::BackupLost(_)));
    assert_eq!(world.read("conf/a.yaml"), b"new");
}
