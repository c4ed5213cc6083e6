//! Undoing runs, and undoing that.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

use super::*;
use crate::exit::Exit;

fn everything(path: &Path) -> (Vec<u8>, u32, u32, u32, BTreeMap<String, Vec<u8>>) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let xattrs = xattr::list(path).unwrap().map(|name| {
        let value = xattr::get(path, &name).unwrap().unwrap();
        (name.into_string().unwrap(), value)
    });
    (fs::read(path).unwrap(), metadata.mode(), metadata.uid(), metadata.gid(), xattrs.collect())
}

#[test]
fn bytes_mode_owner_acl_and_xattrs_come_back_identical() {
    let mut world = World::new();
    let path = world.workspace().join("conf/a.yaml");
    if rustix::process::geteuid().is_root() {
        chown(&path, Some(1234), Some(5678)).unwrap();
    } else {
        eprintln!("the owner is not tried: this needs root");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o2640)).unwrap();
    xattr::set(&path, "user.note", b"\0\xff").unwrap();
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in
        [(1_u16, 6_u16, u32::MAX), (2, 4, 99), (4, 4, u32::MAX), (0x10, 4, u32::MAX), (0x20, 0, u32::MAX)]
    {
        acl.extend([tag, permissions].iter().flat_map(|half| half.to_le_bytes()));
        acl.extend(id.to_le_bytes());
    }
    if let Err(error) = xattr::set(&path, "system.posix_acl_access", &acl) {
        eprintln!("the ACL is not tried: {error}");
    }
    let old = everything(&path);
    let run = world.edited("conf/a.yaml", b"new");
    let new = everything(&path);
    let report = world.undo(None, false).unwrap();
    assert_eq!(everything(&path), old);
    assert_eq!((report.undoes, report.files.len()), (run.clone(), 1));
    // An undo of the undo, by its id.
    let again = world.undo(report.run.as_ref(), false).unwrap();
    assert_eq!(everything(&path), new);
    // And of that.
    world.undo(again.run.as_ref(), false).unwrap();
    assert_eq!(everything(&path), old);
    assert!(world.manifest(&run).undone_by.is_some());
    world.assert_tidy();
}

#[test]
fn a_mode_that_another_hand_changed_since_is_not_widened() {
    let mut world = World::new();
    let path = world.workspace().join("conf/a.yaml");
    world.edited("conf/a.yaml", b"new");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    world.undo(None, false).unwrap();
    assert_eq!((world.read("conf/a.yaml").as_slice(), fs::metadata(&path).unwrap().mode() & 0o777), (OLD, 0o600));
}

#[test]
fn without_a_run_the_last_one_that_still_stands() {
    let mut world = World::new();
    assert!(matches!(world.undo(None, false), Err(UndoError::NothingToUndo)));
    let first = world.edited("conf/a.yaml", b"one");
    let second = world.edited("conf/b.yaml", b"two");
    let undo = world.undo(None, false).unwrap();
    assert_eq!(undo.undoes, second);
    assert_eq!(world.undo(None, false).unwrap().undoes, first);
    assert!(matches!(world.undo(None, false), Err(UndoError::NothingToUndo)));
    assert!(matches!(world.undo(Some(&first), false), Err(UndoError::AlreadyUndone(..))));
    let redo = world.undo(undo.run.as_ref(), false).unwrap();
    assert_eq!(world.read("conf/b.yaml"), b"two");
    // The undo is undone, so its run stands again, and is what `heal undo` takes.
    assert!(matches!(world.undo(undo.run.as_ref(), false), Err(UndoError::AlreadyUndone(_, by)) if by == redo.run));
    assert_eq!(world.undo(None, false).unwrap().undoes, second);
    assert_eq!(world.read("conf/b.yaml"), b"b: 1\n");
}

#[test]
fn a_run_whose_files_were_edited_again_later() {
    let mut world = World::new();
    let first = world.edited("conf/a.yaml", b"one");
    let second = world.edited("conf/a.yaml", b"two");
    assert!(matches!(world.undo(Some(&first), false), Err(UndoError::ChangedSince(_))));
    world.undo(Some(&second), false).unwrap();
    world.undo(Some(&first), false).unwrap();
    assert_eq!(world.read("conf/a.yaml"), OLD);
}

#[test]
fn one_changed_file_stops_all_of_it_unless_forced() {
    let mut world = World::new();
    let mut run = world.run();
    world.edit(&mut run, "fix", "conf/a.yaml", b"new a").unwrap();
    world.edit(&mut run, "fix", "conf/b.yaml", b"new b").unwrap();
    world.write("conf/b.yaml", b"theirs");
    let error = world.undo(None, false).unwrap_err();
    assert_eq!(error.exit(), Exit::Failed);
    let UndoError::ChangedSince(files) = error else { panic!("{error}") };
    assert_eq!((files[0].current.as_slice(), files[0].backup.as_slice()), (b"theirs".as_slice(), b"b: 1\n".as_slice()));
    assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (b"new a".to_vec(), b"theirs".to_vec()));
    assert_eq!(list(&world.state()).unwrap().len(), 1);
    let undo = world.undo(None, true).unwrap();
    assert_eq!(
        (world.read("conf/a.yaml").as_slice(), world.read("conf/b.yaml").as_slice()),
        (OLD, b"b: 1\n".as_slice())
    );
    world.undo(undo.run.as_ref(), false).unwrap();
    assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (b"new a".to_vec(), b"theirs".to_vec()));
}

#[test]
fn one_file_of_a_run() {
    let mut world = World::new();
    let mut run = world.run();
    world.edit(&mut run, "fix", "conf/a.yaml", b"new a").unwrap();
    world.edit(&mut run, "fix", "conf/b.yaml", b"new b").unwrap();
    let run = run.id().clone();
    world.undo_file(None, false, Some("conf/b.yaml")).unwrap();
    assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (b"new a".to_vec(), b"b: 1\n".to_vec()));
    assert_eq!(world.manifest(&run).undone_by, None);
    assert_eq!(list(&world.state()).unwrap()[1].state, RunState::PartlyUndone);
    assert!(matches!(world.undo_file(Some(&run), false, Some("conf/b.yaml")), Err(UndoError::NotChanged(..))));
    let absolute = world.workspace().join("conf/a.yaml");
    world.undo_file(Some(&run), false, absolute.to_str()).unwrap();
    assert_eq!(world.read("conf/a.yaml"), OLD);
    assert!(world.manifest(&run).undone_by.is_some());
}

#[test]
fn a_backup_that_is_lost_or_altered_touches_nothing_and_calls_a_person() {
    for alter in [true, false] {
        let mut world = World::new();
        let mut run = world.run();
        world.edit(&mut run, "fix", "conf/a.yaml", b"new a").unwrap();
        let backup = world.edit(&mut run, "fix", "conf/b.yaml", b"new b").unwrap().backup.unwrap();
        if alter {
            fs::write(&backup, b"B: 1\n").unwrap();
        } else {
            fs::remove_file(&backup).unwrap();
        }
        let error = world.undo(None, true).unwrap_err();
        assert_eq!(error.exit(), Exit::UndoFailed);
        assert!(error.to_string().contains("0001-b.yaml"), "{error}");
        assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (b"new a".to_vec(), b"new b".to_vec()));
    }
}

#[test]
fn a_damaged_manifest_touches_nothing() {
    let mut world = World::new();
    let old = world.edited("conf/b.yaml", b"new b");
    let run = world.edited("conf/a.yaml", b"new a");
    let path = world.run_dir(&old).join("manifest.json");
    fs::write(&path, b"{\"format_version\": 1, ").unwrap();
    // Without a run nobody can say which was the last.
    for run in [None, Some(&old)] {
        let error = world.undo(run, true).unwrap_err();
        assert_eq!(error.exit(), Exit::Failed);
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
    assert_eq!((world.read("conf/a.yaml"), world.read("conf/b.yaml")), (b"new a".to_vec(), b"new b".to_vec()));
    world.undo(Some(&run), false).unwrap();
    fs::remove_file(path).unwrap();
    assert!(matches!(world.undo(Some(&old), false), Err(UndoError::Damaged(_))));
}

#[test]
fn an_id_that_is_none_is_no_path() {
    let world = World::new();
    for run in ["..", "../app", "", "20251204T143022Z-7f3a", "x"] {
        let request = UndoRequest { run: Some(run), force: true, file: None, now: world.started, host: "web1" };
        let error = undo_run(&world.state(), &world.writer, &request).unwrap_err();
        assert!(matches!(error, UndoError::UnknownRun(_)) && error.exit() == Exit::Failed, "{error}");
    }
}

#[test]
fn a_target_that_is_gone_or_a_link_now_is_refused_with_its_backup() {
    let mut world = World::new();
    world.edited("conf/a.yaml", b"new");
    let path = world.workspace().join("conf/a.yaml");
    fs::remove_file(&path).unwrap();
    for _ in 0..2 {
        let error = world.undo(None, true).unwrap_err();
        assert!(matches!(error, UndoError::Refused(..)) && error.to_string().contains("0000-a.yaml"), "{error}");
        let _ = symlink("b.yaml", &path);
    }
    assert_eq!(world.read("conf/b.yaml"), b"b: 1\n");
}

#[test]
fn files_that_are_back_already_need_no_undo() {
    let mut world = World::new();
    let run = world.edited("conf/a.yaml", b"new");
    world.write("conf/a.yaml", OLD);
    let report = world.undo(None, false).unwrap();
    assert_eq!((report.run, report.files[0].already), (None, true));
    assert!(matches!(world.undo(Some(&run), false), Err(UndoError::AlreadyUndone(_, None))));
    assert_eq!(list(&world.state()).unwrap().len(), 1);
}
