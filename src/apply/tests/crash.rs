//! Real faults: `strace` kills a child in the middle of an apply or an undo, or lets a system call fail,
//! at one call after another.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::sys::environment;

const FOLDER: &str = "HEAL_TEST_CRASH_DIR";
/// Only these system calls, with commas between them.
const CHOSEN: &str = "HEAL_TEST_CRASH_CALLS";
const CALLS: [&str; 15] = [
    "mkdir",
    "openat",
    "openat2",
    "write",
    "fchmod",
    "fsetxattr",
    "fsync",
    "renameat",
    "renameat2",
    "rename",
    "unlink",
    "unlinkat",
    "pwrite64",
    "ftruncate",
    "fallocate",
];

fn world_in(dir: tempfile::TempDir) -> World {
    World { dir, writer: Writer::new(), started: DateTime::parse_from_rfc3339("2025-12-04T15:30:22+01:00").unwrap() }
}

/// The part that is killed; alone it does nothing.
#[test]
fn child() {
    let Some(folder) = environment::var(FOLDER) else { return };
    let holder = tempfile::Builder::new().disable_cleanup(true).tempdir().unwrap();
    let mut world = world_in(holder);
    let workspace = Path::new(&folder).join("app");
    let state = Path::new(&folder).join("state");
    world.started += TimeDelta::minutes(1);
    let header = RunHeader {
        run: RunId::new(world.started),
        mode: Mode::Apply,
        host: "web1".to_owned(),
        started_at: world.started,
        workspace,
    };
    let mut run = RunFolder::new(&state, header).unwrap();
    let in_place = step_in_place("conf/b.yaml");
    for (old, new, file, step) in
        [(OLD, NEW, "conf/a.yaml", step("conf/a.yaml")), (B_OLD, B_NEW, "conf/b.yaml", in_place)]
    {
        let planned = PlannedEdit {
            file: Path::new(file),
            expected_sha256: &sha256(old),
            expected_identity: None,
            new,
            fix: &key("fix"),
            incidents: &[],
            step: &step,
            old_raw: None,
            new_raw: None,
            validate: None,
        };
        apply_edit(&mut run, &world.writer, &planned).unwrap();
    }
    world.started += TimeDelta::minutes(1);
    let request = UndoRequest { run: None, force: false, file: None, now: world.started, host: "web1" };
    undo_run(&state, &world.writer, &request).unwrap();
}

/// Written in place, and shorter: between the writing and the cutting off it is half the one and half the other.
const B_OLD: &[u8] = b"b: 1  # one, and a comment that goes\nc: 3\n";
const B_NEW: &[u8] = b"b: 2\n";
const NEW: &[u8] = b"# the app\nstreaming:\n  timeout: 45  # seconds\r\n  retries: 3";

static HALVES: AtomicUsize = AtomicUsize::new(0);

fn world_to_crash() -> World {
    let world = World::new();
    world.write("conf/b.yaml", B_OLD);
    world
}

/// Whether the child failed when `fault` hit its `when`th `call`.
fn failed_at(world: &World, call: &str, fault: &str, when: usize) -> Option<bool> {
    let program = std::env::current_exe().ok()?;
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:{fault}:when={when}")])
        .arg(program)
        .args(["--exact", "apply::tests::crash::child", "--test-threads=1"])
        .env(FOLDER, world.dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.ok().map(|status| !status.success())
}

/// Old or new, and when new with a proven way back; then recovered, undone and tidy.
fn check(world: &mut World, place: &str) {
    for (file, old, new) in [("conf/a.yaml", OLD, NEW), ("conf/b.yaml", B_OLD, B_NEW)] {
        let now = world.read(file);
        // In place nothing is atomic: there the next run makes it whole.
        let half = file == "conf/b.yaml" && now != old && now != new;
        assert!(now == old || now == new || half, "{place}: {file} is neither old nor new");
        if half {
            HALVES.fetch_add(1, Ordering::Relaxed);
        }
        if now == new || half {
            let runs = list(&world.state()).unwrap();
            let copied = runs.iter().any(|run| {
                let manifest = world.manifest(&run.run);
                manifest.changes.iter().filter_map(|change| change.file.as_ref()).any(|change| {
                    change.relative == file
                        && fs::read(world.run_dir(&run.run).join(&change.backup)).is_ok_and(|bytes| bytes == old)
                })
            });
            assert!(copied, "{place}: {file} is new without a backup");
        }
    }
    world.started += TimeDelta::minutes(5);
    let mut run = world.run();
    let recovery = recover(&mut run, &world.writer, &BTreeSet::new(), None).unwrap();
    assert!(recovery.damaged.is_empty() && recovery.trouble.is_empty(), "{place}: {recovery:?}");
    assert!(recovery.taken_back.iter().all(|taken| taken.result.succeeded()), "{place}: {recovery:?}");
    assert!(find_interrupted(&world.state(), &BTreeSet::new()).unwrap().0.is_empty(), "{place}");
    let now = world.read("conf/b.yaml");
    assert!(now == B_OLD || now == B_NEW, "{place}: it is still half and half");
    match world.undo(None, false) {
        Ok(_) | Err(UndoError::NothingToUndo) => {}
        Err(error) => panic!("{place}: {error}"),
    }
    if world.read("conf/a.yaml") != OLD || world.read("conf/b.yaml") != B_OLD {
        // What was recovered in a later run is undone first; then the run itself.
        world.undo(None, false).unwrap();
    }
    assert!(world.read("conf/a.yaml") == OLD && world.read("conf/b.yaml") == B_OLD, "{place}: the way back failed");
    if world.state().exists() {
        world.assert_tidy();
    }
}

/// Kills at every second call from `first` on, and lets the same one fail: with the two errors in turn. Gives how many.
fn hit_every_other(call: &str, first: usize) -> usize {
    let mut places = 0;
    for when in (first..).step_by(2) {
        let mut world = world_to_crash();
        let Some(true) = failed_at(&world, call, "signal=KILL", when) else { break };
        check(&mut world, &format!("{call} {when}"));
        places += 1;
        let fault = if places % 2 == 0 { "error=EIO" } else { "error=ENOSPC" };
        let mut world = world_to_crash();
        failed_at(&world, call, fault, when);
        check(&mut world, &format!("{call} {when} {fault}"));
    }
    places
}

#[test]
#[ignore = "slow: some hundred kills; run with --ignored"]
fn at_every_system_call() {
    if !Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped at_every_system_call: strace is not there");
        return;
    }
    let chosen = environment::var(CHOSEN).map(|calls| calls.to_string_lossy().into_owned());
    let is_chosen = |call: &str| chosen.as_ref().is_none_or(|calls| calls.split(',').any(|one| one == call));
    for call in CALLS.into_iter().filter(|call| is_chosen(call)) {
        // Two at once: every other place each.
        let places = std::thread::scope(|scope| {
            let halves = [1, 2].map(|first| scope.spawn(move || hit_every_other(call, first)));
            halves.into_iter().map(|half| half.join().unwrap()).sum::<usize>()
        });
        eprintln!("{call}: killed and failed at {places} places");
    }
    let halves = HALVES.load(Ordering::Relaxed);
    assert!(halves > 0 || !is_chosen("ftruncate"), "no kill came in the middle of a writing in place");
    eprintln!("half written in place, and made whole: {halves} times");
}
