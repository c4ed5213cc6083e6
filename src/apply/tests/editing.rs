//! Tests.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::*;
use crate::sys::disk::open_target;

#[test]
fn an_edit_leaves_a_proven_backup_and_a_manifest() {
    let mut world = World::new();
    let mut run = world.run();
    let receipt = world.edit(&mut run, "raise", "conf/a.yaml", b"new").unwrap();
    assert_eq!(world.read("conf/a.yaml"), b"new");
    assert_eq!(fs::read(receipt.backup.as_ref().unwrap()).unwrap(), OLD);
    let manifest = world.manifest(run.id());
    let change = &manifest.changes[0];
    assert_eq!((change.fix.as_str(), change.state, change.kind.as_str()), ("raise", State::Done, "edit"));
    assert_eq!(change.step(), Some(step("conf/a.yaml")));
    assert_eq!((manifest.host.as_str(), manifest.mode), ("web1", Mode::Apply));
    assert_eq!(World::names(&world.run_dir(run.id())), ["0000-a.yaml", "manifest.json"]);
    world.assert_tidy();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(
        (mode(&world.state()), mode(&world.run_dir(run.id())), mode(receipt.backup.as_ref().unwrap())),
        (0o700, 0o700, 0o600)
    );
}

#[test]
fn a_run_without_a_change_leaves_nothing() {
    let mut world = World::new();
    let mut run = world.run();
    let same = world.edit(&mut run, "fix", "conf/a.yaml", OLD).unwrap_err();
    assert_eq!(same.code(), "already_optimal");
    assert!(same.to_string().contains("already optimal"));
    let stale = world.edit_expecting(&mut run, "fix", "conf/a.yaml", &sha256(b"other"), b"new").unwrap_err();
    assert!(stale.is_changed_meanwhile());
    std::os::unix::fs::symlink("a.yaml", world.workspace().join("conf/link")).unwrap();
    assert_eq!(world.edit(&mut run, "fix", "conf/link", b"new").unwrap_err().code(), "symlink");
    assert!(!world.state().exists());
    assert_eq!(world.read("conf/a.yaml"), OLD);
}

#[test]
fn the_file_that_planning_read_must_be_the_same_one() {
    let mut world = World::new();
    let target = open_target(&world.workspace(), Path::new("conf/a.yaml"), 1000).unwrap();
    world.write("conf/a.yaml", OLD);
    fs::rename(world.workspace().join("conf/a.yaml"), world.workspace().join("conf/old")).unwrap();
    world.write("conf/a.yaml", OLD);
    let planned = PlannedEdit {
        file: Path::new("conf/a.yaml"),
        expected_sha256: &target.sha256,
        expected_identity: Some(&target.identity),
        new: b"new",
        fix: &key("fix"),
        incidents: &[],
        step: &step("conf/a.yaml"),
        old_raw: None,
        new_raw: None,
        validate: None,
    };
    let mut run = world.run();
    assert!(apply_edit(&mut run, &world.writer, &planned).unwrap_err().is_changed_meanwhile());
}

#[test]
fn a_second_edit_of_a_file_keeps_the_first_backup() {
    let mut world = World::new();
    let mut run = world.run();
    let first = world.edit(&mut run, "one", "conf/a.yaml", b"first").unwrap();
    let other = world.edit(&mut run, "one", "conf/b.yaml", b"b: 2\n").unwrap();
    let second = world.edit(&mut run, "two", "conf/a.yaml", b"second").unwrap();
    assert_eq!(first.backup, second.backup);
    assert_ne!(first.backup, other.backup);
    assert_eq!(fs::read(second.backup.as_ref().unwrap()).unwrap(), OLD);
    let run = run.id().clone();
    world.undo(Some(&run), false).unwrap();
    assert_eq!(
        (world.read("conf/a.yaml").as_slice(), world.read("conf/b.yaml").as_slice()),
        (OLD, b"b: 1\n".as_slice())
    );
}

#[test]
fn a_full_state_folder_means_no_edit() {
    let mut world = World::new();
    fs::create_dir(world.state()).unwrap();
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o700)).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k,mode=700", "tmpfs"])
        .arg(world.state())
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped a_full_state_folder_means_no_edit: mounting a tmpfs is not possible here");
        return;
    }
    let large = vec![b'x'; 100_000];
    world.write("conf/a.yaml", &large);
    let mut run = world.run();
    let error = world.edit(&mut run, "fix", "conf/a.yaml", b"new").unwrap_err();
    let failed = (error.code(), error.to_string());
    // A small file still fits, in the same run.
    let small = world.edit(&mut run, "fix", "conf/b.yaml", b"b: 2\n").map(|receipt| receipt.index);
    let unmounted = std::process::Command::new("umount").arg(world.state()).status().unwrap().success();
    assert!(unmounted && failed.0 == "backup", "{failed:?}");
    assert!(failed.1.contains("No space left") && failed.1.contains("not touched"), "{failed:?}");
    assert_eq!(world.read("conf/a.yaml"), large);
    assert_eq!(small.unwrap(), 1);
}

#[test]
fn a_state_folder_that_others_may_write_is_refused() {
    let mut world = World::new();
    fs::create_dir(world.state()).unwrap();
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o777)).unwrap();
    let mut run = world.run();
    let error = world.edit(&mut run, "fix", "conf/a.yaml", b"new").unwrap_err();
    assert!(error.code() == "state" && error.to_string().contains("everybody"), "{error}");
    assert_eq!(world.read("conf/a.yaml"), OLD);
    assert_eq!(fs::metadata(world.state()).unwrap().nlink(), 2);
}
