//! `heal plan -o FILE` and `heal apply FILE`: decided now, done later, exactly so and once.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use serde_json::Value;

use crate::faults::kill_while_it_checks;
use crate::workspace::{APP, FIX, Workspace};

fn planned() -> Workspace {
    let workspace = Workspace::small();
    let ran = workspace.heal(&["plan", "-o", "p.json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    workspace
}

fn saved(workspace: &Workspace) -> Value {
    serde_json::from_str(&workspace.read("p.json")).unwrap()
}

/// Applying is refused, with these words, and nothing changes.
fn refused(workspace: &Workspace, words: &str) {
    let before = workspace.tree();
    let ran = workspace.heal(&["apply", "p.json"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(words), "{words}: {}", ran.err);
    let mut after = workspace.tree();
    // The lock and an empty database are no change.
    after.retain(|path, _| !path.starts_with(".heal") || before.contains_key(path));
    assert_eq!(workspace.read("app.yaml").as_bytes(), before[std::path::Path::new("app.yaml")]);
    let copies = |tree: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        tree.keys().filter(|path| path.starts_with(".heal/backups")).count()
    };
    assert_eq!(copies(&before), copies(&workspace.tree()));
}

/// Changes the plan as a careful forger would, with the hash over it made anew.
fn forge(workspace: &Workspace, from: &str, to: &str) {
    workspace.edit("p.json", from, to);
    let text = workspace.read("p.json");
    let seal = saved(workspace)["sha256"].as_str().unwrap().to_owned();
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    plan["sha256"] = "".into();
    // The order of keys is that of the file.
    let compact = compact(&text.replace(&seal, ""));
    let sealed = heal::sys::disk::sha256(compact.as_bytes());
    workspace.edit("p.json", &seal, &sealed);
}

/// JSON without the blanks between its parts.
fn compact(pretty: &str) -> String {
    let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
    for letter in pretty.chars() {
        if quoted || !letter.is_whitespace() {
            out.push(letter);
        }
        quoted ^= letter == '"' && !escaped;
        escaped = quoted && letter == '\\' && !escaped;
    }
    out
}

#[test]
fn a_plan_is_private_readable_and_changes_nothing() {
    let workspace = planned();
    assert_eq!(fs::metadata(workspace.file("p.json")).unwrap().mode() & 0o7777, 0o600);
    assert!(!workspace.file(".heal").exists(), "planning touches no state");
    assert_eq!(workspace.read("app.yaml"), APP);
    let plan = saved(&workspace);
    let step = &plan["fixes"][0]["steps"][0];
    assert_eq!((plan["fixes"][0]["fix"].as_str(), step["target"].as_str()), (Some("raise_pool"), Some("app.yaml")));
    let patch: Vec<&str> = step["patch"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(patch.contains(&"-  pool: 10   # connections") && patch.contains(&"+  pool: 20   # connections"));
    let life = |key: &str| chrono::DateTime::parse_from_rfc3339(plan[key].as_str().unwrap()).unwrap();
    assert_eq!((life("expires_at") - life("created_at")).num_hours(), 24);
}

#[test]
fn it_is_done_once_with_backup_and_memory() {
    let workspace = planned();
    let (code, document) = workspace.json(&["apply", "p.json"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(document["run"]["mode"], "apply_plan");
    assert_eq!(document["outcomes"][0]["verdict"], "on_probation");
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
    refused(&workspace, "used already");
    assert!(workspace.heal(&["status"]).out.contains("raise_pool"), "it is remembered");
    // Its bytes are back, and it stays used.
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), APP);
    refused(&workspace, "used already");
    fs::copy(workspace.file("p.json"), workspace.file("copy.json")).unwrap();
    assert_eq!(workspace.heal(&["apply", "copy.json"]).code, 2);
}

#[test]
fn a_failing_check_takes_it_back_like_any_run() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    verify: [{{command: ['false']}}]\n"));
    workspace.heal(&["plan", "-o", "p.json"]);
    assert_eq!(workspace.heal(&["apply", "p.json"]).code, 3);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn it_is_refused_when_what_it_is_about_has_changed() {
    let workspace = planned();
    workspace.edit("app.yaml", "host: db1", "host: db2");
    refused(&workspace, "app.yaml has changed since");
    for (file, from, to) in [
        ("heal.yaml", "probation: 0s", "probation: 1s"),
        ("fixes/app.yaml", "A larger pool", "A much larger pool"),
        ("patterns/app.yaml", "severity: high", "severity: low"),
    ] {
        let workspace = planned();
        workspace.edit(file, from, to);
        refused(&workspace, &format!("{file} has changed since"));
    }
    let workspace = planned();
    workspace.write("fixes/more.yaml", "fixes: []\n");
    refused(&workspace, "fixes/more.yaml has changed since");
    let workspace = planned();
    workspace.heal(&["pause", "--reason", "a move"]);
    refused(&workspace, "paused");
}

#[test]
fn it_expires() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["plan", "-o", "p.json", "--expires", "1s"]).code, 0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    refused(&workspace, "expired");
    assert_eq!(workspace.heal(&["plan", "-o", "q.json", "--expires", "0s"]).code, 2);
    assert_eq!(workspace.heal(&["plan", "-o", "q.json", "--expires", "soon"]).code, 2);
}

#[test]
fn it_belongs_to_its_host_its_workspace_and_its_state() {
    let workspace = planned();
    let name = saved(&workspace)["host"]["name"].as_str().unwrap().to_owned();
    forge(&workspace, &format!("\"name\": \"{name}\""), "\"name\": \"elsewhere\"");
    refused(&workspace, "was made on elsewhere");
    let workspace = planned();
    let ran = workspace.heal(&["apply", "p.json", "--state-dir", "other"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--state-dir"), "{}", ran.err);
}

#[test]
fn it_is_no_way_to_run_what_is_not_registered() {
    let workspace = planned();
    workspace.edit("p.json", "pool: 20", "pool: 99");
    refused(&workspace, "was edited since it was saved");
    for (from, to, words) in [
        ("+  pool: 20", "+  pool: 99", "makes other bytes of app.yaml"),
        ("\"factor\": \"2\"", "\"factor\": \"9\"", "is not the one that is registered"),
        ("\"fix\": \"raise_pool\"", "\"fix\": \"raise_cain\"", "is not registered"),
        ("\"target\": \"app.yaml\"", "\"target\": \"heal.yaml\"", "than the plan says"),
    ] {
        let workspace = planned();
        forge(&workspace, from, to);
        refused(&workspace, words);
    }
    // A fix that nobody approved does not get in by being written into a plan.
    let workspace = planned();
    workspace.edit("fixes/app.yaml", "risk: safe", "risk: unsafe");
    let (old, new) = {
        let hash = |workspace: &Workspace| heal::sys::disk::sha256(workspace.read("fixes/app.yaml").as_bytes());
        let new = hash(&workspace);
        (heal::sys::disk::sha256(FIX.as_bytes()), new)
    };
    forge(&workspace, &old, &new);
    refused(&workspace, "raise_pool is held back now (risk)");
    let workspace = planned();
    workspace.write("p.json", "{\"heal_plan\": 1, ");
    refused(&workspace, "is no saved plan");
    workspace.write("p.json", "{\"heal_plan\": 7}");
    refused(&workspace, "format 7");
}

#[test]
fn only_the_owner_may_write_it() {
    for mode in [0o620, 0o602] {
        let workspace = planned();
        fs::set_permissions(workspace.file("p.json"), fs::Permissions::from_mode(mode)).unwrap();
        refused(&workspace, "may be written by");
    }
    let workspace = planned();
    fs::rename(workspace.file("p.json"), workspace.file("real.json")).unwrap();
    std::os::unix::fs::symlink("real.json", workspace.file("p.json")).unwrap();
    refused(&workspace, "symlink");
    let workspace = planned();
    if std::os::unix::fs::chown(workspace.file("p.json"), Some(12345), None).is_ok() {
        refused(&workspace, "belongs to user 12345");
    }
}

#[test]
fn a_plan_replaces_a_plan_and_nothing_else() {
    let workspace = planned();
    let first = saved(&workspace)["id"].clone();
    assert_eq!(workspace.heal(&["plan", "-o", "p.json"]).code, 0);
    assert_ne!(saved(&workspace)["id"], first);
    let ran = workspace.heal(&["plan", "-o", "app.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert_eq!(workspace.read("app.yaml"), APP);
    assert_eq!(workspace.heal(&["plan", "-o", "-"]).code, 2);
    assert_eq!(workspace.heal(&["plan"]).code, 2);
}

#[test]
fn unsafe_fixes_come_in_by_the_flag_and_nothing_is_a_plan_too() {
    let workspace = Workspace::small();
    workspace.edit("fixes/app.yaml", "risk: safe", "risk: unsafe");
    let (code, document) = workspace.json(&["plan", "-o", "p.json"]);
    assert_eq!((code, &document["saved_plan"]["fixes"]), (0, &0.into()));
    let ran = workspace.heal(&["apply", "p.json"]);
    assert_eq!(ran.code, 1, "the incident remains: {}", ran.err);
    assert_eq!(workspace.read("app.yaml"), APP);
    assert_eq!(workspace.heal(&["plan", "-o", "p.json", "--unsafe"]).code, 0);
    assert_eq!(workspace.heal(&["apply", "p.json"]).code, 0);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}

#[test]
fn what_another_run_did_meanwhile_is_not_done_twice() {
    let workspace = planned();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    let ran = workspace.heal(&["apply", "p.json"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}

#[test]
fn several_edits_of_one_file_and_an_action_are_one_plan() {
    let workspace = Workspace::small();
    workspace.write(
        "fixes/app.yaml",
        &format!(
            "{FIX}      - edit: {{file: app.yaml, yaml_path: [db, host], operation: set, value: db2}}\n      - fix_permissions: {{path: app.yaml, mode: '0600'}}\n"
        ),
    );
    assert_eq!(workspace.heal(&["plan", "-o", "p.json"]).code, 0);
    assert_eq!(workspace.heal(&["apply", "p.json"]).code, 0);
    let text = workspace.read("app.yaml");
    assert!(text.contains("pool: 20 ") && text.contains("host: db2"), "{text}");
    assert_eq!(fs::metadata(workspace.file("app.yaml")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn what_did_not_help_is_taken_back_by_a_plan_too() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    on_ineffective: undo\n"));
    workspace.heal(&["--apply"]);
    workspace.log("ERROR app.db: pool exhausted, 20 in use");
    assert_eq!(workspace.heal(&["plan", "-o", "p.json"]).code, 0);
    let plan = saved(&workspace);
    assert_eq!(plan["take_backs"][0]["fix"], "raise_pool", "{plan}");
    let ran = workspace.heal(&["apply", "p.json", "--json"]);
    assert!(ran.out.contains("\"take_back\""), "{}{}", ran.out, ran.err);
    assert_eq!(workspace.read("app.yaml"), APP);
    // An edit in between, and it is refused.
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    on_ineffective: undo\n"));
    workspace.heal(&["--apply"]);
    workspace.log("ERROR app.db: pool exhausted, 20 in use");
    workspace.heal(&["plan", "-o", "p.json"]);
    workspace.edit("app.yaml", "host: db1", "host: db2");
    refused(&workspace, "has changed since");
}

#[test]
fn it_sees_again_what_it_was_made_for_whatever_was_read_meanwhile() {
    // Recorded in between: the incident is open, and its events are not read again.
    let workspace = planned();
    assert_eq!(workspace.heal(&["--record"]).code, 1);
    assert_eq!(workspace.heal(&["apply", "p.json"]).code, 0);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
    // Named logs are read again, from wherever it is applied.
    let workspace = Workspace::small();
    workspace.write("else.log", "2026-01-05 10:00:00 ERROR app.db: pool exhausted\n");
    workspace.write("logs/app.log", "");
    assert_eq!(workspace.heal(&["plan", "-o", "p.json", "--log", "else.log"]).code, 0);
    let ran = workspace.heal(&["apply", "p.json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}

#[test]
fn another_run_that_holds_the_lock_does_not_use_it_up() {
    let workspace = planned();
    std::fs::create_dir(workspace.file(".heal")).unwrap();
    fs::set_permissions(workspace.file(".heal"), fs::Permissions::from_mode(0o700)).unwrap();
    let lock = fs::OpenOptions::new().create(true).truncate(false).write(true).open(workspace.file(".heal/heal.lock"));
    let lock = lock.unwrap();
    fs::set_permissions(workspace.file(".heal/heal.lock"), fs::Permissions::from_mode(0o600)).unwrap();
    lock.lock().unwrap();
    assert_eq!(workspace.heal(&["apply", "p.json"]).code, 75);
    drop(lock);
    assert_eq!(workspace.heal(&["apply", "p.json"]).code, 0);
}

#[test]
fn only_one_of_several_at_once_applies_it() {
    let workspace = planned();
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = workspace.command(&["apply", "p.json", "--wait", "60s"]);
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    let mut codes: Vec<_> = children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 2, 2, 2, 2, 2]);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}

#[test]
fn it_is_refused_until_what_a_kill_cut_short_is_taken_back() {
    let workspace = Workspace::small();
    workspace.write("wait", "#!/bin/sh\nwhile [ -e hang ]; do sleep 0.1; done\n");
    fs::set_permissions(workspace.file("wait"), fs::Permissions::from_mode(0o755)).unwrap();
    workspace.write("fixes/app.yaml", &format!("{FIX}    verify: [{{command: [./wait]}}]\n"));
    for plan in ["p.json", "q.json"] {
        assert_eq!(workspace.heal(&["plan", "-o", plan]).code, 0);
    }
    workspace.write("hang", "");
    kill_while_it_checks(&workspace, &["apply", "q.json"]);
    fs::remove_file(workspace.file("hang")).unwrap();
    let run = workspace.only_backup();
    let words = format!(
        "run {run} was interrupted while changing {}: nothing was changed; `heal --apply` takes that back first",
        workspace.file("app.yaml").display()
    );
    refused(&workspace, &words);
    workspace.heal(&["pause"]);
    refused(&workspace, &words);
    workspace.heal(&["resume"]);
    let recovered = workspace.heal(&["--apply"]);
    assert!(recovered.out.contains("interrupted, and taken back"), "{}{}", recovered.out, recovered.err);
    let ran = workspace.heal(&["apply", "p.json"]);
    assert!(!ran.err.contains("interrupted"), "{}", ran.err);
}
