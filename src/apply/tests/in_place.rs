//! Files that are overwritten in their place.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;

use super::*;

fn edit_in_place(world: &World, run: &mut RunFolder, file: &str, new: &[u8]) -> Result<Receipt, ApplyError> {
    let step = step_in_place(file);
    let planned = PlannedEdit {
        file: Path::new(file),
        expected_sha256: &sha256(&world.read(file)),
        expected_identity: None,
        new,
        fix: &key("fix"),
        incidents: &["i1".to_owned()],
        step: &step,
        old_raw: Some("30"),
        new_raw: Some("45"),
        validate: None,
    };
    apply_edit(run, &world.writer, &planned)
}

fn inode(world: &World, file: &str) -> u64 {
    fs::metadata(world.workspace().join(file)).unwrap().ino()
}

#[test]
fn it_stays_the_same_file_there_and_back() {
    let mut world = World::new();
    let before = inode(&world, "conf/a.yaml");
    let mut run = world.run();
    edit_in_place(&world, &mut run, "conf/a.yaml", b"short").unwrap();
    assert_eq!((world.read("conf/a.yaml").as_slice(), inode(&world, "conf/a.yaml")), (b"short".as_slice(), before));
    let id = run.id().clone();
    world.undo(Some(&id), false).unwrap();
    assert_eq!((world.read("conf/a.yaml").as_slice(), inode(&world, "conf/a.yaml")), (OLD, before));
    world.assert_tidy();
}

/// Killed in the middle of the writing: each cut is rolled back, by the next run or by an undo.
#[test]
fn what_is_half_written_gets_its_old_bytes() {
    let new = b"# the app\nstreaming:\n  timeout: 45\n";
    for by_undo in [false, true] {
        for cut in 12..new.len() {
            let mut world = World::new();
            let mut run = world.run();
            edit_in_place(&world, &mut run, "conf/a.yaml", new).unwrap();
            let id = run.id().clone();
            world.rewrite(&id, |manifest| manifest.changes[0].state = State::Intended);
            let mut half = new[..cut].to_vec();
            half.extend_from_slice(&OLD[cut..]);
            world.write("conf/a.yaml", &half);
            if by_undo {
                world.undo(Some(&id), false).unwrap();
            } else {
                let mut next = world.run();
                let recovery = recover(&mut next, &world.writer, &BTreeSet::new(), None).unwrap();
                assert!(recovery.trouble.is_empty() && recovery.damaged.is_empty(), "{recovery:?}");
                assert_eq!(recovery.interrupted.len(), 1);
            }
            assert_eq!(world.read("conf/a.yaml"), OLD, "{cut} {by_undo}");
        }
    }
}

/// A taking back that was cut short is finished, not taken back itself.
#[test]
fn half_of_a_way_back_is_finished() {
    let mut world = World::new();
    let mut run = world.run();
    let new = b"# the app\nstreaming:\n  timeout: 45\n";
    edit_in_place(&world, &mut run, "conf/a.yaml", new).unwrap();
    let id = run.id().clone();
    let undo = world.undo(Some(&id), false).unwrap().run.unwrap();
    world.rewrite(&undo, |manifest| manifest.changes[0].state = State::Intended);
    let mut half = OLD[..33].to_vec();
    half.extend_from_slice(&new[33..]);
    world.write("conf/a.yaml", &half);
    let mut next = world.run();
    let recovery = recover(&mut next, &world.writer, &BTreeSet::new(), None).unwrap();
    assert!(recovery.trouble.is_empty() && recovery.damaged.is_empty(), "{recovery:?}");
    assert_eq!(world.read("conf/a.yaml"), OLD);
}

#[test]
fn what_another_hand_wrote_into_it_after_the_kill_stays() {
    let mut world = World::new();
    let mut run = world.run();
    edit_in_place(&world, &mut run, "conf/a.yaml", b"new").unwrap();
    let id = run.id().clone();
    world.rewrite(&id, |manifest| manifest.changes[0].state = State::Intended);
    world.write("conf/a.yaml", b"something else altogether");
    let mut next = world.run();
    recover(&mut next, &world.writer, &BTreeSet::new(), None).unwrap();
    assert_eq!(world.read("conf/a.yaml"), b"something else altogether");
}
