//! Who could have written a file.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use proptest::prelude::*;

use super::*;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// `user::rw-, user:ID:perm, group::r--, mask::mask, other::r--`.
fn acl(id: u32, permissions: u16, mask: u16) -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    let none = u32::MAX;
    for (tag, permissions, id) in
        [(1_u16, 6_u16, none), (2, permissions, id), (4, 4, none), (0x10, mask, none), (0x20, 4, none)]
    {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

fn skip_unless_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped {test}: it needs root");
    }
    !root
}

fn trusted_file() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("heal");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("heal.yaml");
    fs::write(&file, b"").unwrap();
    chmod(&folder, 0o755);
    chmod(&file, 0o644);
    (dir, file)
}

#[test]
fn mode_bits_of_file_and_folder_count() {
    if skip_unless_root("mode_bits_of_file_and_folder_count") {
        return;
    }
    let (_dir, file) = trusted_file();
    let folder = file.parent().unwrap();
    check_trusted(&file, false).unwrap();
    chmod(&file, 0o646);
    assert_eq!(check_trusted(&file, false).unwrap_err().path, file);
    chmod(&file, 0o664);
    check_trusted(&file, false).unwrap();
    chown(&file, None, Some(1234)).unwrap();
    assert!(check_trusted(&file, true).unwrap_err().reason.contains("group 1234"));
    chmod(&file, 0o644);
    check_trusted(&file, false).unwrap();
    chmod(folder, 0o1777);
    assert_eq!(check_trusted(&file, false).unwrap_err().path, folder);
}

#[test]
fn the_owner_counts_unless_waived() {
    if skip_unless_root("the_owner_counts_unless_waived") {
        return;
    }
    let (_dir, file) = trusted_file();
    let folder = file.parent().unwrap();
    chown(&file, Some(1234), None).unwrap();
    assert!(check_trusted(&file, false).unwrap_err().reason.contains("user 1234"));
    check_trusted(&file, true).unwrap();
    chown(&file, Some(0), None).unwrap();
    chown(folder, Some(1234), None).unwrap();
    assert_eq!(check_trusted(&file, false).unwrap_err().path, folder);
    check_trusted(&file, true).unwrap();
}

#[test]
fn a_folder_above_must_not_let_others_exchange_it() {
    if skip_unless_root("a_folder_above_must_not_let_others_exchange_it") {
        return;
    }
    let (dir, file) = trusted_file();
    chmod(dir.path(), 0o1777);
    check_trusted(&file, false).unwrap();
    chmod(dir.path(), 0o777);
    assert_eq!(check_trusted(&file, false).unwrap_err().path, dir.path());
}

#[test]
fn a_link_in_a_folder_of_others_is_not_believed() {
    if skip_unless_root("a_link_in_a_folder_of_others_is_not_believed") {
        return;
    }
    let (_dir, file) = trusted_file();
    let open = tempfile::tempdir().unwrap();
    let link = open.path().join("heal.yaml");
    symlink(&file, &link).unwrap();
    check_trusted(&link, false).unwrap();
    chmod(open.path(), 0o777);
    assert_eq!(check_trusted(&link, false).unwrap_err().path, open.path());
}

#[test]
fn an_acl_counts_within_its_mask() {
    if skip_unless_root("an_acl_counts_within_its_mask") {
        return;
    }
    let (_dir, file) = trusted_file();
    if let Err(error) = xattr::set(&file, ACL, &acl(1234, 6, 6)) {
        eprintln!("skipped an_acl_counts_within_its_mask: {error}");
        return;
    }
    assert!(check_trusted(&file, true).unwrap_err().reason.contains("user 1234"));
    xattr::set(&file, ACL, &acl(1234, 6, 4)).unwrap();
    check_trusted(&file, false).unwrap();
    xattr::set(&file, ACL, &acl(0, 6, 6)).unwrap();
    check_trusted(&file, false).unwrap();
}

#[test]
fn the_state_is_a_real_folder_and_private() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    check_state_dir(&state).unwrap();
    fs::create_dir(&state).unwrap();
    chmod(&state, 0o700);
    check_state_dir(&state).unwrap();
    let database = state.join("heal.db");
    fs::write(&database, b"").unwrap();
    chmod(&database, 0o644);
    check_state_dir(&state).unwrap();
    chmod(&database, 0o664);
    assert_eq!(check_state_dir(&state).unwrap_err().path, database);
    fs::remove_file(&database).unwrap();
    symlink("/dev/null", &database).unwrap();
    assert_eq!(check_state_dir(&state).unwrap_err().path, database);
    fs::remove_file(&database).unwrap();
    chmod(&state, 0o770);
    assert!(check_state_dir(&state).is_err());
    let link = dir.path().join("link");
    symlink(&state, &link).unwrap();
    assert!(check_state_dir(&link).unwrap_err().reason.contains("symlink"));
    assert!(check_state_dir(&database).is_ok() && check_state_dir(Path::new("/dev/null")).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_an_acl_or_none(bytes: Vec<u8>) {
        let _ = parse_acl(&bytes);
    }
}

#[test]
fn a_file_of_another_run_that_comes_and_goes_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    chmod(folder.path(), 0o700);
    let journal = folder.path().join("heal.db-journal");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                fs::write(&journal, "x").unwrap();
                fs::remove_file(&journal).unwrap();
            }
        });
        let faults: Vec<_> = (0..3000).filter_map(|_| check_state_dir(folder.path()).err()).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(faults.is_empty(), "{} faults, such as {}", faults.len(), faults[0]);
    });
}
