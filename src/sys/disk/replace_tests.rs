//! Replacing files under difficult conditions.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::PathBuf;
use std::process::Command;

use super::super::{open_target, sha256};
use super::*;

const OLD: &[u8] = b"# comment\ntimeout: 30\r\n";
const NEW: &[u8] = b"# comment\ntimeout: 45\r\n";

struct Case {
    dir: tempfile::TempDir,
    path: PathBuf,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("conf.d")).unwrap();
        let path = dir.path().canonicalize().unwrap().join("conf.d/app.yaml");
        fs::write(&path, OLD).unwrap();
        Self { dir, path }
    }

    fn open(&self) -> Target {
        open_target(self.dir.path(), Path::new("conf.d/app.yaml"), 1 << 20).unwrap()
    }

    fn run(&self, exchange: bool, at: &mut dyn FnMut(Moment)) -> Result<Replaced, ReplaceError> {
        let target = self.open();
        let attributes = target.identity.attributes.clone();
        Replacement { target: &target, attributes: &attributes, temporary: &temporary_name(), exchange, at }.run(NEW)
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let parent = self.path.parent().unwrap();
        fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn assert_alone(&self) {
        assert_eq!(self.names(), ["app.yaml"]);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn new_bytes_under_the_old_name() {
    for exchange in [true, false] {
        let case = Case::new();
        let replaced = case.run(exchange, &mut |_| ()).unwrap();
        assert_eq!((case.bytes().as_slice(), replaced.sha256.as_str()), (NEW, sha256(NEW).as_str()));
        assert_eq!(case.open().identity, replaced.identity);
        case.assert_alone();
    }
}

#[test]
fn owner_mode_xattrs_and_acl_are_kept() {
    let case = Case::new();
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in
        [(1_u16, 6_u16, u32::MAX), (2, 6, 4321), (4, 0, u32::MAX), (0x10, 6, u32::MAX), (0x20, 0, u32::MAX)]
    {
        acl.extend(tag.to_le_bytes());
        acl.extend(permissions.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    if is_root() {
        chown(&case.path, Some(1234), Some(5678)).unwrap();
        // A default ACL of the folder must not land on the file.
        if let Err(error) = xattr::set(case.path.parent().unwrap(), "system.posix_acl_default", &acl) {
            eprintln!("default ACL not tried: {error}");
        }
        let capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        xattr::set(&case.path, "security.capability", &capability).unwrap();
    } else {
        eprintln!("owner and capabilities not tried: this needs root");
    }
    fs::set_permissions(&case.path, Permissions::from_mode(0o4751)).unwrap();
    xattr::set(&case.path, "user.note", b"kept\0bytes").unwrap();
    for with_acl in [false, true] {
        if with_acl && let Err(error) = xattr::set(&case.path, "system.posix_acl_access", &acl) {
            eprintln!("ACL not tried: {error}");
        }
        fs::write(&case.path, OLD).unwrap();
        let before = case.open().identity.attributes;
        case.run(true, &mut |_| ()).unwrap();
        let after = case.open().identity.attributes;
        assert_eq!(before, after);
        assert_eq!(after.xattrs.get("user.note").map(Vec::as_slice), Some(b"kept\0bytes".as_slice()));
        assert_eq!(after.xattrs.contains_key("system.posix_acl_access"), with_acl);
    }
    assert_eq!(case.names(), ["app.yaml"]);
}

#[test]
fn whatever_another_hand_does_meanwhile_stands() {
    let moments = [Moment::Prepared, Moment::Checked];
    for moment in moments {
        let append = |case: &Case| {
            use std::io::Write as _;
            fs::OpenOptions::new().append(true).open(&case.path).unwrap().write_all(b"more\n").unwrap();
        };
        let same_size = |case: &Case| fs::write(&case.path, [b'x'; 23]).unwrap();
        let exchange = |case: &Case| {
            fs::write(case.path.with_extension("new"), b"theirs").unwrap();
            fs::rename(case.path.with_extension("new"), &case.path).unwrap();
        };
        let chmod = |case: &Case| fs::set_permissions(&case.path, Permissions::from_mode(0o600)).unwrap();
        let link = |case: &Case| {
            fs::remove_file(&case.path).unwrap();
            symlink("/etc/passwd", &case.path).unwrap();
        };
        let hands: [&dyn Fn(&Case); 5] = [&append, &same_size, &exchange, &chmod, &link];
        for (number, hand) in hands.iter().enumerate() {
            let case = Case::new();
            fs::set_permissions(&case.path, Permissions::from_mode(0o644)).unwrap();
            let mut expected = None;
            let error = case
                .run(true, &mut |now| {
                    if now == moment {
                        hand(&case);
                        expected = Some((case.bytes(), case.path.symlink_metadata().unwrap().permissions()));
                    }
                })
                .unwrap_err();
            assert_eq!(error.code(), "changed_meanwhile", "{moment:?} {number}");
            let found = (case.bytes(), case.path.symlink_metadata().unwrap().permissions());
            assert_eq!(Some(found), expected, "{moment:?} {number}");
            case.assert_alone();
        }
    }
}

#[test]
fn a_file_that_vanishes_stays_away() {
    for moment in [Moment::Prepared, Moment::Checked] {
        let case = Case::new();
        let result = case.run(true, &mut |now| {
            if now == moment {
                fs::remove_file(&case.path).unwrap();
            }
        });
        assert_eq!(result.unwrap_err().code(), "changed_meanwhile");
        assert!(case.names().is_empty());
    }
}

#[test]
fn the_newest_file_wins_after_the_exchange() {
    // An editor's rename in the instant after the exchange: its bytes stay, as they would without heal.
    let case = Case::new();
    let result = case.run(true, &mut |now| match now {
        Moment::Checked => {
            fs::write(case.path.with_extension("1"), b"first").unwrap();
            fs::rename(case.path.with_extension("1"), &case.path).unwrap();
        }
        Moment::Exchanged => {
            fs::write(case.path.with_extension("2"), b"second").unwrap();
            fs::rename(case.path.with_extension("2"), &case.path).unwrap();
        }
        Moment::Prepared => {}
    });
    assert_eq!(result.unwrap_err().code(), "changed_meanwhile");
    assert_eq!(case.bytes(), b"second");
    case.assert_alone();
}

#[test]
fn a_folder_that_was_exchanged_does_not_redirect_it() {
    for with_link in [true, false] {
        let case = Case::new();
        let folder = case.path.parent().unwrap();
        let away = case.dir.path().join("away");
        let victim = case.dir.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("app.yaml"), OLD).unwrap();
        let result = case.run(true, &mut |now| {
            if now == Moment::Prepared {
                fs::rename(folder, &away).unwrap();
                if with_link { symlink(&victim, folder).unwrap() } else { fs::rename(&victim, folder).unwrap() }
            }
        });
        assert_eq!(result.unwrap_err().code(), "changed_meanwhile");
        for folder in [folder, &away] {
            assert_eq!(fs::read(folder.join("app.yaml")).unwrap(), OLD);
            assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
        }
    }
}

#[test]
fn a_temporary_file_of_that_name_is_not_touched() {
    let case = Case::new();
    let target = case.open();
    let name = temporary_name();
    let planted = case.path.with_file_name(&name);
    fs::write(&planted, b"planted").unwrap();
    assert!(Writer::new().replace_as(&target, NEW, &target.identity.attributes, &name).is_err());
    assert_eq!((fs::read(&planted).unwrap().as_slice(), case.bytes().as_slice()), (b"planted".as_slice(), OLD));
}

#[test]
fn immutable_and_append_only_files_are_named_so() {
    for (flag, word) in [("+i", "immutable"), ("+a", "append-only")] {
        let case = Case::new();
        let chattr = |flag: &str| {
            Command::new("chattr").arg(flag).arg(&case.path).output().is_ok_and(|out| out.status.success())
        };
        if !is_root() || !chattr(flag) {
            eprintln!("skipped immutable_and_append_only_files_are_named_so: chattr {flag} is not possible");
            return;
        }
        let result = case.run(true, &mut |_| ());
        let undone = chattr(&flag.replace('+', "-"));
        let error = result.unwrap_err();
        assert!(undone && error.code() == "immutable" && error.to_string().contains(word), "{error}");
        assert_eq!(case.bytes(), OLD);
        case.assert_alone();
    }
}

/// A small file system of our own, unmounted in the end.
struct Mount(tempfile::TempDir);

impl Mount {
    fn new(options: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(dir.path()).output();
        if is_root() && mount.is_ok_and(|out| out.status.success()) {
            return Some(Self(dir));
        }
        eprintln!("skipped: mounting a tmpfs is not possible here");
        None
    }

    fn remount(&self, options: &str) {
        let remounted = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0.path()).status();
        assert!(remounted.unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_leaves_the_old_file_alone() {
    let Some(mount) = Mount::new("size=64k") else { return };
    let path = mount.0.path().join("file");
    fs::write(&path, vec![b'o'; 40_000]).unwrap();
    let target = open_target(mount.0.path(), Path::new("file"), 1 << 20).unwrap();
    let error = Writer::new().replace(&target, &vec![b'n'; 40_000]).unwrap_err();
    assert_eq!(error.code(), "no_space", "{error}");
    assert_eq!(fs::read(&path).unwrap(), vec![b'o'; 40_000]);
    assert_eq!(fs::read_dir(mount.0.path()).unwrap().count(), 1);
}

#[test]
fn a_read_only_mount_is_named_so() {
    let Some(mount) = Mount::new("size=64k") else { return };
    fs::write(mount.0.path().join("file"), OLD).unwrap();
    mount.remount("ro");
    let target = open_target(mount.0.path(), Path::new("file"), 1 << 20).unwrap();
    let error = Writer::new().replace(&target, NEW).unwrap_err();
    assert_eq!(error.code(), "read_only", "{error}");
    assert!(error.to_string().contains("read-only"));
}

#[test]
fn a_bind_mounted_file_is_named_so() {
    let Some(mount) = Mount::new("size=64k") else { return };
    let case = Case::new();
    fs::write(mount.0.path().join("file"), OLD).unwrap();
    let bound = Command::new("mount").arg("--bind").arg(mount.0.path().join("file")).arg(&case.path).status();
    assert!(bound.unwrap().success());
    let result = case.run(true, &mut |_| ());
    assert!(Command::new("umount").arg(&case.path).status().unwrap().success());
    assert_eq!(result.unwrap_err().code(), "mounted");
    case.assert_alone();
}

#[test]
fn many_at_once_leave_one_whole_file() {
    let case = Case::new();
    let threads: Vec<_> = (0..4_u8)
        .map(|number| {
            let root = case.dir.path().to_path_buf();
            std::thread::spawn(move || {
                for _ in 0..50 {
                    let Ok(target) = open_target(&root, Path::new("conf.d/app.yaml"), 1 << 20) else { continue };
                    let _ = Writer::new().replace(&target, &[number; 5000]);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let bytes = case.bytes();
    assert!(bytes == OLD || (bytes.len() == 5000 && bytes.windows(2).all(|pair| pair[0] == pair[1])));
    case.assert_alone();
}
