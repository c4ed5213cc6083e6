//! The rows of the exit table, from the first to the last.

use std::fs::{self, File};

use crate::workspace::{FIX, Workspace};

#[test]
fn another_run_holds_the_lock() {
    let workspace = Workspace::small();
    workspace.heal(&["--record"]);
    let lock = File::options().write(true).open(workspace.file(".heal/heal.lock")).unwrap();
    lock.lock().unwrap();
    for arguments in [&["--apply"][..], &["--record"], &["undo"], &["backups", "prune"], &["--apply", "--json"]] {
        let ran = workspace.heal(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (75, ""), "{arguments:?}");
        assert!(ran.err.contains("another run holds the lock"));
    }
    assert_eq!(workspace.heal(&[]).code, 1, "a dry run takes no lock");
    assert_eq!(workspace.heal(&["--apply", "--wait", "1s"]).code, 75);
    drop(lock);
    assert_eq!(workspace.heal(&["--apply"]).code, 0, "a left-over file locks nothing");
}

#[test]
fn an_undo_that_fails_needs_a_person_and_stops_everything() {
    let workspace = Workspace::small();
    // The check throws the way back away: the worst that can happen.
    workspace.write(
        "fixes/app.yaml",
        &format!("{FIX}    verify:\n      - command: [sh, -c, 'rm -f .heal/backups/*/0000*; exit 1']\n"),
    );
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 4, "{document}");
    assert_eq!(document["status"], "error");
    assert_eq!(document["outcomes"][0]["result"], "undo_failed");
    assert!(document["outcomes"][0]["detail"].as_str().unwrap().contains("cp -- "), "{document}");
}

#[test]
fn usage_and_configuration() {
    let workspace = Workspace::small();
    for arguments in
        [&["--bogus"][..], &["chek"], &["--apply", "--record"], &["--wait", "soon", "--apply"], &["fixes", "show", "x"]]
    {
        let ran = workspace.heal(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.out);
        assert!(!ran.err.is_empty());
    }
    assert!(workspace.heal(&["chek"]).err.contains("did you mean `heal check`"));
    assert!(workspace.heal(&["suggestion"]).err.contains("did you mean `heal suggestions`"));
    for wrong in [&["--since", "soon"][..], &["--interval", "5"], &["--continuous", "--interval", "x"]] {
        let ran = workspace.heal(wrong);
        assert_eq!(ran.code, 2, "{wrong:?} {}", ran.err);
    }
}

#[test]
fn a_failing_configuration_still_gives_a_document() {
    let workspace = Workspace::small();
    workspace.append("heal.yaml", "windw: 1h\n");
    let (code, document) = workspace.json(&[]);
    assert_eq!((code, &document["status"]), (2, &"error".into()));
    assert!(document["notices"][0]["text"].as_str().unwrap().contains("did you mean `window`"));
}

#[test]
fn trouble_below_fail_on_changes_nothing() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", "fixes: []\n");
    assert_eq!(workspace.heal(&[]).code, 1);
    workspace.append("heal.yaml", "fail_on: critical\n");
    let (code, document) = workspace.json(&[]);
    assert_eq!((code, &document["status"]), (0, &"healthy".into()));
    assert_eq!(document["summary"]["errors"], 1, "it is still reported");
    // A step to apply counts, whatever its severity.
    workspace.write("fixes/app.yaml", FIX);
    assert_eq!(workspace.heal(&[]).code, 1);
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
}

#[test]
fn sources_that_cannot_be_read() {
    let workspace = Workspace::small();
    workspace.write("logs/app.log", "2026-01-05 10:00:00 INFO app: started\n");
    assert_eq!(workspace.heal(&[]).code, 0);
    workspace.append("heal.yaml", "");
    workspace.edit("heal.yaml", "logs: [{path: 'logs/*.log'}]", "logs: [{path: 'logs/*.log'}, {path: 'gone/*.log'}]");
    let (code, document) = workspace.json(&[]);
    assert_eq!((code, &document["status"]), (0, &"degraded".into()), "missing can never be healthy");
    workspace.edit("heal.yaml", "{path: 'gone/*.log'}", "{path: 'gone/*.log', required: true}");
    assert_eq!(workspace.heal(&[]).code, 1);
}

#[test]
fn all_is_well() {
    let workspace = Workspace::small();
    workspace.write("logs/app.log", "2026-01-05 10:00:00 INFO app: timeout set to 30\n");
    for arguments in [&["--apply"][..], &["--record"]] {
        let ran = workspace.heal(arguments);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""), "cron sends no mail");
    }
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!((code, &document["status"]), (0, &"healthy".into()));
}

#[test]
fn state_that_others_could_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = Workspace::small();
    workspace.heal(&["--record"]);
    fs::set_permissions(workspace.file(".heal"), fs::Permissions::from_mode(0o777)).unwrap();
    for arguments in [&["--apply"][..], &["--record"], &[]] {
        assert_eq!(workspace.heal(arguments).code, 2, "{arguments:?}");
    }
}
