//! The other subcommands.

use crate::workspace::Workspace;

#[test]
fn help_is_there_for_each() {
    let workspace = Workspace::empty();
    let all = workspace.heal(&["--help"]);
    assert_eq!(all.code, 0);
    assert!(all.out.contains("--apply") && all.out.contains("Exit codes"));
    for command in [
        "check",
        "init",
        "status",
        "history",
        "show",
        "stats",
        "mute",
        "patterns",
        "fixes",
        "scan",
        "undo",
        "backups",
        "suggestions",
        "completions",
        "man",
    ] {
        let help = workspace.heal(&[command, "--help"]);
        assert!(help.code == 0 && help.out.contains("Usage: heal"), "{command}: {}", help.err);
        assert!(all.out.contains(command), "{command}");
    }
    assert!(workspace.heal(&["--version"]).out.starts_with("heal "));
    assert!(workspace.heal(&["completions", "bash"]).out.contains("_heal"));
    assert!(workspace.heal(&["man"]).out.contains(".TH heal"));
}

#[test]
fn init_writes_a_file_that_passes_the_check() {
    let workspace = Workspace::empty();
    workspace.write("logs/web.log", "2026-01-05 10:00:00 ERROR web: pool exhausted\n");
    let init = workspace.heal(&["init"]);
    assert_eq!(init.code, 0, "{}", init.err);
    assert!(workspace.read("heal.yaml").contains("logs/*.log"));
    let check = workspace.heal(&["check"]);
    assert_eq!(check.code, 0, "{}{}", check.out, check.err);
    let again = workspace.heal(&["init"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("is there already"), "{}", again.err);
}

#[test]
fn check_runs_every_example_of_the_shipped_tables() {
    let ran = Workspace::example().heal(&["check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("10 patterns"), "{}", ran.out);
}

#[test]
fn status_tells_what_stands() {
    let workspace = Workspace::small();
    assert!(workspace.heal(&["status"]).out.contains("no run is remembered"));
    let before = workspace.tree();
    workspace.heal(&["status"]);
    assert_eq!(workspace.tree(), before);
    workspace.heal(&["--apply"]);
    let status = workspace.heal(&["status"]);
    assert!(status.out.contains("pool_exhausted") && status.out.contains("raise_pool"), "{}", status.out);
    let document: serde_json::Value = serde_json::from_str(&workspace.heal(&["status", "--json"]).out).unwrap();
    assert_eq!(document["on_probation"][0]["fix"], "raise_pool");
}

#[test]
fn patterns_and_fixes_explain_themselves() {
    let workspace = Workspace::example();
    let list = workspace.heal(&["patterns", "list"]);
    assert_eq!(list.out.lines().count(), 10);
    let test = workspace.heal(&["patterns", "test", "2025-12-04 14:30:22 ERROR x: FFmpeg timeout: no data received"]);
    assert_eq!(test.code, 0);
    assert!(test.out.contains("ffmpeg_timeout") && test.out.contains("seen also by timeout_general"), "{}", test.out);
    let setting = workspace.heal(&["patterns", "test", "2025-12-04 14:30:22 INFO timeout set to 30"]);
    assert_eq!((setting.code, setting.out.trim()), (1, "no pattern matches"));
    assert!(workspace.heal(&["fixes"]).out.contains("raise_streaming_timeout"));
    let show = workspace.heal(&["fixes", "show", "raise_streaming_timeout"]);
    assert!(show.out.contains("streaming.timeout by the factor 1.5, at most 120"), "{}", show.out);
    assert!(workspace.heal(&["fixes", "show", "raise_streaming_timeot"]).err.contains("did you mean"));
}

#[test]
fn scan_needs_no_configuration() {
    let workspace = Workspace::empty();
    workspace.write(
        "a.log",
        "2026-01-05 10:00:00 INFO app: started\n2026-01-05 10:00:01 ERROR app: connect to db:5432: Connection refused\n2026-01-05 10:00:02 ERROR app: worker 3 died\n",
    );
    let scan = workspace.heal(&["scan", "a.log"]);
    assert_eq!(scan.code, 0, "{}", scan.err);
    let events: Vec<serde_json::Value> = scan.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["pattern"], "connection_refused");
    assert_eq!((events[0]["line"].as_u64(), events[0]["offset"].as_u64()), (Some(2), Some(38)));
    assert_eq!(events[0]["level"], "error");
    assert_eq!(workspace.heal(&["scan", "--unknown", "a.log"]).out.lines().count(), 2);
    let missing = workspace.heal(&["scan", "a.log", "none.log"]);
    assert_eq!((missing.code, missing.out.lines().count()), (2, 1));
    assert_eq!(workspace.tree().len(), 2, "nothing is created");
}
