//! Faults of the real thing: full disks, mounts that may not be written, files that may not change, calls that fail or
//! kill, and others who write at the same time. They need root; `.ci/run` runs them with `--ignored`.

#![allow(clippy::print_stderr, reason = "says how many places were hit")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::workspace::{self, APP, FIX, Ran, Workspace};

const CHANGED: &str = "pool: 20 ";

/// A mount that is taken off at the end.
struct Mount(PathBuf);

impl Mount {
    /// An empty disk of so many KiB.
    fn disk(folder: &Path, kib: u32) -> Self {
        fs::create_dir_all(folder).unwrap();
        let size = format!("size={kib}k,mode=0700");
        run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", folder.to_str().unwrap()]);
        Self(folder.to_owned())
    }

    /// The folder itself, which may no longer be written.
    fn read_only(folder: &Path) -> Self {
        let path = folder.to_str().unwrap();
        run("mount", &["--bind", path, path]);
        run("mount", &["-o", "remount,bind,ro", path]);
        Self(folder.to_owned())
    }

    /// Leaves no byte free.
    fn fill(&self) -> PathBuf {
        let filler = self.0.join("filler");
        let mut file = fs::File::create(&filler).unwrap();
        while std::io::Write::write_all(&mut file, &[b'x'; 4096]).is_ok() {}
        filler
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}

/// The small world with its target in a folder of its own.
fn world() -> Workspace {
    let workspace = Workspace::small();
    fs::create_dir(workspace.file("conf")).unwrap();
    fs::rename(workspace.file("app.yaml"), workspace.file("conf/app.yaml")).unwrap();
    workspace.write("fixes/app.yaml", &FIX.replace("file: app.yaml", "file: conf/app.yaml"));
    workspace
}

/// The target has its old bytes, and heal says that it did not do what it wanted.
fn is_untouched(workspace: &Workspace, ran: &Ran) {
    assert_eq!(workspace.read("conf/app.yaml"), APP, "{}{}", ran.out, ran.err);
    assert_ne!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// Once the fault is gone: old or new; taken back or finished by the next run, and undone to the old bytes; nothing
/// stale is left.
fn goes_on(workspace: &Workspace, place: &str) {
    let now = workspace.read("conf/app.yaml");
    assert!(now == APP || now == APP.replace("pool: 10 ", CHANGED), "{place}: neither old nor new:\n{now}");
    if now != APP {
        let kept = walkdir::WalkDir::new(workspace.file(".heal/backups"));
        let mut kept = kept.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        assert!(kept.any(|entry| fs::read(entry.path()).unwrap() == APP.as_bytes()), "{place}: new, and no copy");
    }
    let next = workspace.heal(&["--apply"]);
    assert!(matches!(next.code, 0 | 1), "{place}: the next run: {} {}{}", next.code, next.out, next.err);
    workspace.log("ERROR app.db: pool exhausted, 10 in use");
    let last = workspace.heal(&["--apply"]);
    assert!(matches!(last.code, 0 | 1), "{place}: the run after: {} {}{}", last.code, last.out, last.err);
    // As many undos as runs that changed something, and one for what a run took back.
    for _ in 0..6 {
        if workspace.read("conf/app.yaml") == APP {
            break;
        }
        let undone = workspace.heal(&["undo", "--force"]);
        assert_eq!(undone.code, 0, "{place}: {}{}", undone.out, undone.err);
    }
    assert_eq!(workspace.read("conf/app.yaml"), APP, "{place}: the way back");
    let names: Vec<_> = fs::read_dir(workspace.file("conf")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["app.yaml"], "{place}: something stale is left");
}

#[test]
#[ignore = "needs root"]
fn a_full_disk_under_the_target() {
    let workspace = world();
    let disk = Mount::disk(&workspace.file("conf"), 4096);
    workspace.write("conf/app.yaml", APP);
    let filler = disk.fill();
    let ran = workspace.heal(&["--apply"]);
    is_untouched(&workspace, &ran);
    assert!(ran.out.contains("free some first"), "{}{}", ran.out, ran.err);
    fs::remove_file(filler).unwrap();
    goes_on(&workspace, "full disk");
}

#[test]
#[ignore = "needs root"]
fn a_full_disk_under_the_state() {
    for kib in [4, 64, 256, 400] {
        let workspace = world();
        let disk = Mount::disk(&workspace.file(".heal"), kib);
        let filler = disk.fill();
        let ran = workspace.heal(&["--apply"]);
        is_untouched(&workspace, &ran);
        fs::remove_file(filler).unwrap();
        drop(disk);
        goes_on(&workspace, &format!("{kib} KiB for the state"));
    }
}

#[test]
#[ignore = "needs root"]
fn a_disk_for_the_state_that_fills_up_on_the_way() {
    for kib in (16..800).step_by(48) {
        let workspace = world();
        let _disk = Mount::disk(&workspace.file(".heal"), kib);
        let ran = workspace.heal(&["--apply"]);
        let now = workspace.read("conf/app.yaml");
        let changed = now == APP.replace("pool: 10 ", CHANGED);
        assert!(changed || now == APP, "{kib}: {now}");
        if changed {
            let undone = workspace.heal(&["undo"]);
            let back = workspace.read("conf/app.yaml") == APP;
            assert!(back, "{kib}: {}{}{}{}", ran.out, ran.err, undone.out, undone.err);
        }
    }
}

#[test]
#[ignore = "needs root"]
fn a_mount_that_may_not_be_written() {
    let workspace = world();
    let mount = Mount::read_only(&workspace.file("conf"));
    let ran = workspace.heal(&["--apply"]);
    is_untouched(&workspace, &ran);
    drop(mount);
    goes_on(&workspace, "read-only mount");
    let workspace = world();
    fs::create_dir(workspace.file(".heal")).unwrap();
    let mount = Mount::read_only(&workspace.file(".heal"));
    let ran = workspace.heal(&["--apply"]);
    is_untouched(&workspace, &ran);
    assert!(ran.err.contains("--state-dir") || ran.err.contains("ead-only"), "{}{}", ran.out, ran.err);
    drop(mount);
    fs::set_permissions(workspace.file(".heal"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    goes_on(&workspace, "read-only state");
}

#[test]
#[ignore = "needs root"]
fn a_file_that_may_not_change() {
    for flag in ["i", "a"] {
        let workspace = world();
        let path = workspace.file("conf/app.yaml");
        let path = path.to_str().unwrap();
        run("chattr", &[&format!("+{flag}"), path]);
        let ran = workspace.heal(&["--apply"]);
        let dry = workspace.heal(&[]);
        run("chattr", &[&format!("-{flag}"), path]);
        is_untouched(&workspace, &ran);
        assert_ne!(dry.code, 0, "{}", dry.out);
        goes_on(&workspace, &format!("chattr +{flag}"));
    }
}

#[test]
#[ignore = "needs root"]
fn a_target_that_is_no_plain_file() {
    let workspace = world();
    fs::hard_link(workspace.file("conf/app.yaml"), workspace.file("twin.yaml")).unwrap();
    let ran = workspace.heal(&["--apply"]);
    is_untouched(&workspace, &ran);
    assert_eq!(workspace.read("twin.yaml"), APP);
    for kind in ["p", "c"] {
        let workspace = world();
        let path = workspace.file("conf/app.yaml");
        fs::remove_file(&path).unwrap();
        let numbers: &[&str] = if kind == "c" { &["1", "5"] } else { &[] };
        run("mknod", &[&[path.to_str().unwrap(), kind], numbers].concat());
        let mut command = Command::new("timeout");
        command.arg("20").arg(env!("CARGO_BIN_EXE_heal")).arg("--apply").current_dir(workspace.path());
        let ran = workspace::ran(&mut command);
        assert!(matches!(ran.code, 1..=3), "{kind}: {} {}{}", ran.code, ran.out, ran.err);
    }
}

#[test]
#[ignore = "needs root"]
fn a_store_without_locks() {
    for (call, fault) in [("flock", "ENOLCK"), ("flock", "EOPNOTSUPP"), ("fcntl", "ENOLCK")] {
        let workspace = world();
        let ran = workspace::ran(&mut failing(&workspace, call, &format!("error={fault}"), "1+"));
        is_untouched(&workspace, &ran);
        assert_eq!(ran.code, 2, "{call} {fault}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("lock"), "{call} {fault}: {}{}", ran.out, ran.err);
        goes_on(&workspace, &format!("{call} {fault}"));
    }
}

/// `heal --apply` whose calls meet `fault`: all of them, or the `when`th.
fn failing(workspace: &Workspace, call: &str, fault: &str, when: &str) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-o", workspace.file("trace").to_str().unwrap(), "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:{fault}:when={when}")])
        .arg(env!("CARGO_BIN_EXE_heal"))
        .arg("--apply")
        .current_dir(workspace.path())
        .stdin(Stdio::null());
    command
}

/// Whether the fault was met at all.
fn traced(workspace: &Workspace, call: &str, fault: &str, when: usize) -> bool {
    failing(workspace, call, fault, &when.to_string()).output().unwrap();
    let trace = fs::read_to_string(workspace.file("trace")).unwrap();
    trace.contains("INJECTED") || trace.contains("killed by")
}

/// The whole program, not its engine alone: the store's own writes are among the calls. A call that comes often is
/// hit at every so manyth place; `apply::tests::crash` hits each one of the engine's.
#[test]
#[ignore = "needs root; a minute or two"]
fn killed_or_failed_on_the_way() {
    const CALLS: [(&str, usize); 9] = [
        ("renameat2", 1),
        ("rename", 1),
        ("fsync", 4),
        ("fdatasync", 5),
        ("pwrite64", 29),
        ("ftruncate", 1),
        ("unlink", 2),
        ("unlinkat", 2),
        ("fchmod", 3),
    ];
    const FAULTS: [&str; 3] = ["signal=KILL", "error=EIO", "error=ENOSPC"];
    for (call, step) in CALLS {
        let mut places = 0;
        for when in (1..2000).step_by(step) {
            let fault = FAULTS[places % FAULTS.len()];
            let workspace = world();
            let hit = traced(&workspace, call, fault, when);
            goes_on(&workspace, &format!("{fault} at {call} {when}"));
            if !hit {
                break;
            }
            places += 1;
        }
        eprintln!("{call}: hit at {places} places");
    }
}

#[test]
#[ignore = "needs root"]
fn what_others_append_meanwhile_is_kept() {
    let mut changed = 0;
    for round in 0..30 {
        let workspace = world();
        let stop = AtomicBool::new(false);
        let lines = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut lines = 0;
                while !stop.load(Ordering::Relaxed) {
                    // Any program that opens, appends and closes.
                    workspace.append("conf/app.yaml", &format!("# line {lines}\n"));
                    lines += 1;
                    std::thread::sleep(Duration::from_micros(200 << (2 * (round % 7))));
                }
                lines
            });
            workspace.heal(&["--apply"]);
            stop.store(true, Ordering::Relaxed);
            writer.join().unwrap()
        });
        let text = workspace.read("conf/app.yaml");
        let kept = text.lines().filter(|line| line.starts_with("# line ")).count();
        assert_eq!(kept, lines, "round {round}: lines of another program are lost");
        changed += usize::from(text.contains(CHANGED));
    }
    assert!(changed > 0, "nothing was ever changed: nothing was tried");
    eprintln!("changed in {changed} of 30 rounds");
}

#[test]
#[ignore = "needs root"]
fn a_folder_that_turns_into_a_link_leads_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("app.yaml"), APP).unwrap();
    for _ in 0..30 {
        let workspace = world();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (folder, aside) = (workspace.file("conf"), workspace.file("aside"));
                while !stop.load(Ordering::Relaxed) {
                    fs::rename(&folder, &aside).unwrap();
                    symlink(outside.path(), &folder).unwrap();
                    fs::remove_file(&folder).unwrap();
                    fs::rename(&aside, &folder).unwrap();
                }
            });
            workspace.heal(&["--apply"]);
            stop.store(true, Ordering::Relaxed);
        });
        let names: Vec<_> = fs::read_dir(outside.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["app.yaml"]);
        assert_eq!(fs::read_to_string(outside.path().join("app.yaml")).unwrap(), APP);
        let now = workspace.read("conf/app.yaml");
        assert!(now == APP || now.contains(CHANGED), "{now}");
    }
}
