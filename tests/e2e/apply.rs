//! `heal --apply`: backs up, applies, verifies, undoes what failed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use crate::workspace::{APP, FIX, Workspace, held, verdicts};

#[test]
fn the_example_is_healed_and_backed_up() {
    let workspace = Workspace::example();
    let (code, document) = workspace.json(&["--no-ai", "--apply"]);
    // Errors without a fix remain.
    assert_eq!(code, 1);
    assert_eq!(document["status"], "healing");
    assert_eq!(document["summary"]["fixes_applied"], 5);
    let config = workspace.read("config.yaml");
    for words in ["  timeout: 45  ", "  max_retries: 5  ", "  use_authentication: true  "] {
        assert!(config.contains(words), "{words}");
    }
    let source = workspace.read("streamtv/streaming.py");
    assert!(source.contains("first_chunk_timeout = 10") && source.contains("\"-timeout\", \"20000000\""));
    let run = workspace.only_backup();
    assert_eq!(document["run"]["id"], run.as_str());
    assert!(document["outcomes"][0]["backup"].as_str().unwrap().ends_with(&run));
    let again = workspace.heal(&["--no-ai", "--apply"]);
    assert_eq!((again.code, again.out.as_str()), (0, ""), "nothing new happened, so nothing is done, and nothing said");
}

#[test]
fn owner_mode_and_every_other_byte_stay() {
    let workspace = Workspace::small();
    fs::set_permissions(workspace.file("app.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), APP.replace("pool: 10 ", "pool: 20 "));
    assert_eq!(fs::metadata(workspace.file("app.yaml")).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(fs::metadata(workspace.file(".heal")).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(workspace.file(".heal/heal.db")).unwrap().mode() & 0o777, 0o600);
    let left: Vec<_> = fs::read_dir(workspace.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".tmp")), "{left:?}");
}

#[test]
fn a_fix_whose_check_fails_is_taken_back_whole() {
    let workspace = Workspace::small();
    workspace.write("second.conf", "workers = 4\n");
    workspace.write(
        "fixes/app.yaml",
        &format!(
            "{FIX}      - edit: {{file: second.conf, regex: 'workers = (?P<value>\\d+)', operation: increase, amount: 1}}\n    verify:\n      - command: [grep, -q, 'pool: 20', app.yaml]\n      - command: [grep, -q, 'not there', app.yaml]\n"
        ),
    );
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 3);
    assert_eq!(workspace.read("app.yaml"), APP);
    assert_eq!(workspace.read("second.conf"), "workers = 4\n");
    assert_eq!(verdicts(&document, "raise_pool"), ["undone", "undone"]);
    assert_eq!(document["outcomes"][0]["result"], "undone");
    assert!(document["outcomes"][0]["detail"].as_str().unwrap().contains("exit code 1"));
    assert_eq!(document["status"], "critical");
}

#[test]
fn a_fix_that_always_fails_is_given_up() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    verify: [{{command: ['false']}}]\n"));
    for _ in 0..3 {
        assert_eq!(workspace.heal(&["--apply"]).code, 3);
    }
    workspace.log("ERROR app.db: pool exhausted, 10 in use");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    let (reason, detail) = &held(&document, "raise_pool")[0];
    assert_eq!(reason, "attempts");
    assert!(detail.contains("given up after 3 attempts"), "{detail}");
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn what_is_at_its_bound_is_left_alone() {
    let workspace = Workspace::small();
    workspace.edit("app.yaml", "pool: 10", "pool: 100");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    let (reason, detail) = &held(&document, "raise_pool")[0];
    assert_eq!(reason, "already_optimal");
    assert!(detail.contains("already optimal"), "{detail}");
    assert!(!workspace.file(".heal/backups").exists(), "no change, no backup");
}

#[test]
fn one_change_serves_two_incidents_and_is_made_once() {
    let workspace = Workspace::small();
    workspace.edit("fixes/app.yaml", "for: [pool_exhausted]", "for: [pool_exhausted, timeout_general]");
    workspace.log("ERROR app.web: upstream timed out");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
    assert_eq!(document["plan"]["steps"].as_array().unwrap().len(), 1);
    assert_eq!(document["plan"]["steps"][0]["also_for"].as_array().unwrap().len(), 1);
}

#[test]
fn apply_fixes_in_the_configuration_makes_it_the_default() {
    let workspace = Workspace::small();
    workspace.append("heal.yaml", "apply_fixes: true\n");
    assert_eq!(workspace.heal(&["--dry-run"]).code, 1);
    assert_eq!(workspace.read("app.yaml"), APP);
    assert_eq!(workspace.heal(&["--record"]).code, 1);
    assert_eq!(workspace.read("app.yaml"), APP);
    assert_eq!(workspace.heal(&[]).code, 0);
    assert_ne!(workspace.read("app.yaml"), APP);
}

#[test]
fn what_a_report_only_run_recorded_can_be_healed_later() {
    let workspace = Workspace::small();
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &document["run"]["mode"]), (1, &"record".into()));
    // Nothing new, and still open: a person sees after cron what cron saw.
    let (code, document) = workspace.json(&[]);
    assert_eq!(code, 1);
    assert_eq!(document["incidents"][0]["count"], 0);
    assert_eq!(document["incidents"][0]["total"], 1);
    assert_eq!(document["summary"]["fixes_planned"], 1);
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}
