//! What heal dares to do, and when: thresholds, alternatives, conditions, pauses, breakers.

use std::time::Duration;

use crate::workspace::{FIX, Workspace, held, verdicts};

#[test]
fn a_few_events_are_reported_and_nothing_is_planned() {
    let workspace = Workspace::small();
    workspace.append("patterns/app.yaml", "    threshold: {count: 3, within: 10m}\n");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!((code, held(&document, "raise_pool")[0].0.as_str()), (1, "threshold"), "{document}");
    workspace.log("ERROR app.db: pool exhausted");
    assert_eq!(held(&workspace.json(&["--apply"]).1, "raise_pool")[0].0, "threshold");
    workspace.log("ERROR app.db: pool exhausted");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "the third within the time counts, over several runs: {document}");
}

/// The second way is taken when the first is given up; when both are, a person is called, once.
#[test]
fn alternatives_then_a_cry_for_help() {
    let workspace = Workspace::small();
    workspace.append(
        "fixes/app.yaml",
        "    max_attempts: 1\n    on_ineffective: undo\n    alternatives:\n      - name: move\n        steps: [{edit: {file: app.yaml, yaml_path: [db, host], operation: set, value: db2}}]\n",
    );
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert!(workspace.read("app.yaml").contains("pool: 20"));
    workspace.log("ERROR app.db: pool exhausted");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1, "an ineffective fix is trouble: {document}");
    assert!(workspace.read("app.yaml").contains("pool: 10 "), "taken back at once");
    assert!(workspace.read("app.yaml").contains("host: db2"), "the next way is tried: {document}");
    workspace.log("ERROR app.db: pool exhausted");
    let told = workspace.heal(&["--apply", "--quiet"]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("needs a person"), "{}", told.out);
    assert!(told.out.contains("given up after 1 attempt"), "{}", told.out);
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP);
    for _ in 0..2 {
        let silent = workspace.heal(&["--apply", "--quiet"]);
        assert_eq!((silent.code, silent.out.as_str()), (0, ""), "told once");
    }
    let (_, document) = workspace.json(&[]);
    let id = document["incidents"][0]["id"].as_str().unwrap().to_owned();
    assert!(document["notices"].to_string().contains(&format!("heal resume {id}")), "{document}");
    let refused = workspace.heal(&["resume", "0000000000"]);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert_eq!(workspace.heal(&["resume", &id]).code, 0);
    let (_, document) = workspace.json(&["--apply"]);
    assert_eq!(verdicts(&document, "raise_pool"), ["on_probation"], "{document}");
}

#[test]
fn a_condition_that_does_not_hold_is_said_with_what_it_saw() {
    let workspace = Workspace::small();
    workspace.append("fixes/app.yaml", "    when: {file: {path: maintenance, exists: false}}\n");
    workspace.write("maintenance", "");
    let (_, document) = workspace.json(&["--apply"]);
    let (reason, detail) = &held(&document, "raise_pool")[0];
    assert_eq!(reason, "when");
    assert!(detail.contains("maintenance"), "{detail}");
    std::fs::remove_file(workspace.file("maintenance")).unwrap();
    assert_eq!(workspace.json(&["--apply"]).0, 0);
}

#[test]
fn a_pause_stops_changes_and_not_the_report() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["pause", "--until", "1h", "--reason", "moving\u{1b}[31m house"]).code, 0);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!((code, held(&document, "raise_pool")[0].0.as_str()), (1, "paused"));
    assert_eq!(document["summary"]["errors"], 1);
    assert!(!document.to_string().contains('\u{1b}'));
    let status = workspace.heal(&["status"]);
    assert!(status.out.contains("moving"), "{}", status.out);
    assert!(workspace.heal(&[]).out.contains("paused"), "a dry run says it too");
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP);
    assert_eq!(workspace.heal(&["resume"]).code, 0);
    assert_eq!(workspace.heal(&["--apply"]).code, 0, "what was seen while paused is acted upon");
    assert!(workspace.read("app.yaml").contains("pool: 20"));
    // One that is over by itself.
    assert_eq!(workspace.heal(&["pause", "--until", "1s"]).code, 0);
    std::thread::sleep(Duration::from_millis(1100));
    assert!(!workspace.heal(&["status"]).out.contains("paused since"));
    for bad in ["yesterday", "0s", "2001-01-01"] {
        assert_eq!(workspace.heal(&["pause", "--until", bad]).code, 2, "{bad}");
    }
}

/// While paused nothing is mailed that is not trouble.
#[test]
fn a_pause_alone_is_silent() {
    let workspace = Workspace::small();
    workspace.write("logs/app.log", "2026-01-05 10:00:00 INFO app: started\n");
    assert_eq!(workspace.heal(&["pause"]).code, 0);
    let ran = workspace.heal(&["--apply"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

#[test]
fn retries_build_up_and_are_taken_back_together_at_the_end() {
    let workspace = Workspace::small();
    for pool in [20, 40, 80] {
        let (_, document) = workspace.json(&["--apply"]);
        assert!(workspace.read("app.yaml").contains(&format!("pool: {pool} ")), "{document}");
        workspace.log("ERROR app.db: pool exhausted");
    }
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1, "{document}");
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP, "{document}");
    let (reason, detail) = &held(&document, "raise_pool")[0];
    assert_eq!(reason, "attempts");
    assert!(detail.contains("given up after 3 attempts"), "{detail}");
}

#[test]
fn what_a_person_edited_since_is_kept() {
    let workspace = Workspace::small();
    workspace.append("fixes/app.yaml", "    on_ineffective: undo\n");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    // Elsewhere in the file: heal takes back its own value alone.
    workspace.edit("app.yaml", "host: db1", "host: db9");
    workspace.log("ERROR app.db: pool exhausted");
    workspace.heal(&["--apply"]);
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP.replace("db1", "db9"));
    // The very value: it is the person's now.
    let workspace = Workspace::small();
    workspace.append("fixes/app.yaml", "    on_ineffective: undo\n");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.edit("app.yaml", "pool: 20", "pool: 33");
    workspace.log("ERROR app.db: pool exhausted");
    let (_, document) = workspace.json(&["--apply"]);
    let reasons: Vec<_> = held(&document, "raise_pool").into_iter().map(|(reason, _)| reason).collect();
    assert!(reasons.contains(&"changed_since".to_owned()), "{document}");
    assert!(!workspace.read("app.yaml").contains("pool: 10 "));
}

#[test]
fn a_value_that_another_tool_put_back_is_not_set_again() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.write("app.yaml", crate::workspace::APP);
    workspace.log("ERROR app.db: pool exhausted");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1, "{document}");
    assert_eq!(held(&document, "raise_pool")[0].0, "reverted_by_other", "{document}");
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP);
}

/// Evidence besides the log: what answers again.
#[test]
fn a_port_that_still_answers_confirms() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let workspace = Workspace::small();
    workspace
        .write("fixes/app.yaml", &format!("{FIX}    verify: [{{port_open: {{host: 127.0.0.1, port: {port}}}}}]\n"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    std::thread::sleep(Duration::from_millis(50));
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!((code, verdicts(&document, "raise_pool")), (0, vec!["confirmed".to_owned()]), "{document}");
    drop(listener);
    // Silence alone is no evidence.
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    std::thread::sleep(Duration::from_millis(50));
    let (_, document) = workspace.json(&["--apply"]);
    assert!(verdicts(&document, "raise_pool").is_empty(), "{document}");
}
