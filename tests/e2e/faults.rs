//! Faults on purpose: whatever happens, a target has its old or its new bytes.

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use crate::workspace::{APP, FIX, Workspace};

#[test]
fn a_damaged_database_is_moved_aside_and_said_loudly() {
    let workspace = Workspace::small();
    workspace.heal(&["--apply"]);
    workspace
        .write(".heal/heal.db", "this is no database, and it is long enough to be read as a header of one.........");
    let before = workspace.tree();
    let dry = workspace.heal(&["--dry-run"]);
    assert!(dry.out.contains("damaged"), "{}", dry.out);
    assert_eq!(workspace.tree(), before, "a dry run touches nothing");
    workspace.log("ERROR app.db: pool exhausted");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!((code, &document["run"]["mode"]), (2, &"record".into()));
    assert_eq!(document["status"], "error");
    assert!(workspace.read("app.yaml").contains("pool: 20 "), "that run only records");
    let aside = std::fs::read_dir(workspace.file(".heal")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(aside.into_iter().any(|name| name.to_string_lossy().starts_with("heal.db.damaged-")));
    assert_ne!(workspace.heal(&["--apply"]).code, 2, "the next run goes on");
}

#[test]
fn a_newer_database_is_left_alone() {
    let workspace = Workspace::small();
    workspace.heal(&["--record"]);
    let database = rusqlite::Connection::open(workspace.file(".heal/heal.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let before = workspace.read("app.yaml");
    let bytes = std::fs::read(workspace.file(".heal/heal.db")).unwrap();
    for arguments in [&["--apply"][..], &["--record"]] {
        let ran = workspace.heal(arguments);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("newer heal"), "{}", ran.err);
    }
    assert_eq!(workspace.heal(&[]).code, 1, "a dry run works without it");
    assert_eq!(workspace.read("app.yaml"), before);
    assert_eq!(std::fs::read(workspace.file(".heal/heal.db")).unwrap(), bytes);
}

#[test]
fn an_unfinished_transaction_is_left_to_a_run_that_writes() {
    let workspace = Workspace::small();
    workspace.heal(&["--record"]);
    // A hot journal: its header is right, its run is gone.
    let mut journal = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    journal.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 22, 0, 0, 2, 0, 0, 0, 16, 0]);
    journal.resize(512, 0);
    std::fs::write(workspace.file(".heal/heal.db-journal"), journal).unwrap();
    let before = workspace.tree();
    let ran = workspace.heal(&[]);
    assert!(ran.code == 1 && ran.out.contains("heal.db"), "{}{}", ran.out, ran.err);
    assert_eq!(workspace.tree(), before);
}

#[test]
fn an_interrupt_takes_the_fix_under_way_back() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    verify: [{{command: [sleep, '20']}}]\n"));
    let mut child = workspace.command(&["--apply"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while workspace.read("app.yaml") == APP && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = i32::try_from(child.id()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), rustix::process::Signal::INT).unwrap();
    let code = child.wait().unwrap().code();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("interrupted"), "{out}");
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn a_killed_run_is_taken_back_by_the_next() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    verify: [{{command: [sleep, '20']}}]\n"));
    kill_while_it_checks(&workspace, &["--apply"]);
    let told = workspace.heal(&[]);
    assert!(told.out.contains("interrupted"), "{}", told.out);
    workspace.write("fixes/app.yaml", "fixes: []\n");
    let ran = workspace.heal(&["--apply"]);
    assert!(ran.out.contains("interrupted"), "{}", ran.out);
    assert_eq!(workspace.read("app.yaml"), APP);
}

/// A run that is killed when `app.yaml` is changed already; its check must take some time.
pub fn kill_while_it_checks(workspace: &Workspace, arguments: &[&str]) {
    let mut child = workspace.command(arguments).stdout(Stdio::null()).spawn().unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while workspace.read("app.yaml") == APP && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(100));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}

#[test]
fn eight_runs_at_once_make_one_change() {
    let workspace = Workspace::small();
    let children: Vec<_> = (0..8)
        .map(|_| workspace.command(&["--apply", "--wait", "30s"]).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    let codes: Vec<_> = children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    assert!(codes.iter().all(|code| *code == 0), "{codes:?}");
    assert!(workspace.read("app.yaml").contains("pool: 20 "), "{}", workspace.read("app.yaml"));
    workspace.only_backup();
}

#[test]
fn a_closed_pipe_ends_the_output_and_not_the_run() {
    let workspace = Workspace::example();
    let mut child =
        workspace.command(&["--no-ai", "--apply"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(workspace.read("config.yaml").contains("timeout: 45"));
}
