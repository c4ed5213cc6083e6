//! Links, races and what reads back different.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn scene() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("root");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    std::fs::write(root.join("bin/job"), b"#!/bin/sh\n").unwrap();
    set(&root.join("bin/job"), 0o644);
    (dir, root)
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

#[test]
fn a_file_and_a_folder_change_and_change_back() {
    let (_dir, root) = scene();
    for (path, before, is_dir) in [("bin/job", 0o644, false), ("bin", 0o700, true)] {
        set(&root.join(path), before);
        let held = hold(&root, Path::new(path)).unwrap();
        assert_eq!((held.ownership.mode, held.is_dir), (before, is_dir));
        assert_eq!((&held.path, held.relative.as_path()), (&root.join(path), Path::new(path)));
        let to = Ownership { mode: 0o755, ..held.ownership };
        assert_eq!(Writer::new().change_ownership(&held, &to).unwrap(), to);
        assert_eq!(mode(&root.join(path)), 0o755);
        // What is held was seen in another state.
        assert!(Writer::new().change_ownership(&held, &to).unwrap_err().to_string().contains("another owner or mode"));
        let again = hold(&root, &root.join(path)).unwrap();
        Writer::new().change_ownership(&again, &held.ownership).unwrap();
        assert_eq!(mode(&root.join(path)), before);
    }
}

#[test]
fn a_file_that_nobody_may_read_is_held() {
    let (_dir, root) = scene();
    set(&root.join("bin/job"), 0);
    let held = hold(&root, Path::new("bin/job")).unwrap();
    let to = Ownership { mode: 0o640, ..held.ownership };
    assert_eq!(Writer::new().change_ownership(&held, &to).unwrap(), to);
}

#[test]
fn owners_change_for_root() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    let (_dir, root) = scene();
    let held = hold(&root, Path::new("bin/job")).unwrap();
    // Giving a file away clears setuid: the mode comes last.
    let to = Ownership { mode: 0o4755, uid: 12_345, gid: 54_321 };
    assert_eq!(Writer::new().change_ownership(&held, &to).unwrap(), to);
    assert_eq!(to.shown(), "4755 12345:54321");
    let again = hold(&root, Path::new("bin/job")).unwrap();
    assert_eq!(again.ownership, to);
    Writer::new().change_ownership(&again, &held.ownership).unwrap();
    assert_eq!(hold(&root, Path::new("bin/job")).unwrap().ownership, held.ownership);
}

#[test]
fn what_is_not_one_plain_thing_is_refused() {
    let (_dir, root) = scene();
    let outside = root.parent().unwrap().join("shadow");
    std::fs::write(&outside, b"").unwrap();
    symlink(&outside, root.join("link")).unwrap();
    symlink("bin", root.join("way")).unwrap();
    std::fs::write(root.join("two"), b"").unwrap();
    std::fs::hard_link(root.join("two"), root.join("names")).unwrap();
    rustix::fs::mknodat(CWD, root.join("fifo"), rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
    std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    for (path, kind) in [
        ("link", Kind::Symlink),
        ("way", Kind::Symlink),
        ("way/job", Kind::Symlink),
        ("two", Kind::HardLink),
        ("fifo", Kind::NotRegular),
        ("socket", Kind::NotRegular),
        ("", Kind::NotRegular),
        (".", Kind::NotRegular),
        ("none", Kind::Missing),
        ("bin/job/x", Kind::Missing),
        ("../shadow", Kind::Outside),
        ("/etc/shadow", Kind::Outside),
    ] {
        assert_eq!(hold(&root, Path::new(path)).unwrap_err().kind, kind, "{path}");
    }
    let error = hold(&root, Path::new("way/job")).unwrap_err().to_string();
    assert!(error.ends_with(&format!("{}", root.join("bin/job").display())), "{error}");
    assert_eq!(hold(Path::new("/"), Path::new("/dev/null")).unwrap_err().kind, Kind::NotRegular);
}

#[test]
fn what_was_exchanged_meanwhile_is_left_alone() {
    let (_dir, root) = scene();
    let (job, other) = (root.join("bin/job"), root.join("other"));
    let refused = |held: &Held| {
        let to = Ownership { mode: 0o777, ..held.ownership };
        Writer::new().change_ownership(held, &to).unwrap_err().to_string()
    };
    // Another file.
    std::fs::write(&other, b"").unwrap();
    set(&other, 0o644);
    let held = hold(&root, Path::new("bin/job")).unwrap();
    std::fs::rename(&job, root.join("old")).unwrap();
    std::fs::rename(&other, &job).unwrap();
    assert!(refused(&held).contains("another one now"));
    assert_eq!((mode(&job), mode(&root.join("old"))), (0o644, 0o644));
    // A link.
    let held = hold(&root, Path::new("bin/job")).unwrap();
    std::fs::rename(&job, &other).unwrap();
    symlink(&other, &job).unwrap();
    assert!(refused(&held).contains("another one now"));
    assert_eq!(mode(&other), 0o644);
    // A folder on the way.
    std::fs::remove_file(&job).unwrap();
    std::fs::rename(&other, &job).unwrap();
    let held = hold(&root, Path::new("bin/job")).unwrap();
    std::fs::rename(root.join("bin"), root.join("moved")).unwrap();
    symlink("moved", root.join("bin")).unwrap();
    assert!(refused(&held).contains("not where it was"));
    // A second name.
    let held = hold(&root, Path::new("moved/job")).unwrap();
    std::fs::hard_link(root.join("moved/job"), root.join("second")).unwrap();
    assert!(refused(&held).contains("second name"));
    assert_eq!(mode(&root.join("second")), 0o644);
}

#[test]
fn impossible_owners_and_modes_are_no_wish() {
    let (_dir, root) = scene();
    let held = hold(&root, Path::new("bin/job")).unwrap();
    for to in [
        Ownership { mode: 0o10_000, ..held.ownership },
        Ownership { uid: u32::MAX, ..held.ownership },
        Ownership { gid: u32::MAX, ..held.ownership },
    ] {
        assert!(Writer::new().change_ownership(&held, &to).is_err());
    }
    assert_eq!(hold(&root, Path::new("bin/job")).unwrap().ownership, held.ownership);
}

#[test]
fn names_are_looked_up() {
    let list =
        "root:x:0:0:root:/root:/bin/sh\n\nbroken\n:x:7:\nwww-data:x:33:33::/:/x\nmax:x:4294967295:\nbad\u{1b}:x:5:\n";
    assert_eq!(id_in(list, "www-data"), Some(33));
    for name in ["", "www", "max", "broken", "bad\u{1b}", "x"] {
        assert_eq!(id_in(list, name), None, "{name}");
    }
    assert_eq!(name_in(list, 33).as_deref(), Some("www-data"));
    assert_eq!(name_in(list, 5), None);
    assert_eq!((user_id("root"), group_id("root"), user_id("123")), (Some(0), Some(0), Some(123)));
    for text in ["+5", "-1", "4294967295", "99999999999", "no-such-name", " 0", ""] {
        assert_eq!((user_id(text), group_id(text)), (None, None), "{text}");
    }
    assert_eq!(Ownership { mode: 0o644, uid: 0, gid: 0 }.shown(), "0644 root:root");
}
