//! `heal edit`: one edit by hand, with the engine of the fixes.

use crate::workspace::{APP, Workspace};

#[test]
fn an_edit_is_shown_with_its_fix_and_changes_nothing() {
    let workspace = Workspace::small();
    let before = workspace.tree();
    let ran = workspace.heal(&["edit", "app.yaml", "db.pool", "--increase", "--factor", "1.5", "--max-value", "100"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out.contains("-  pool: 10   # connections") && ran.out.contains("+  pool: 15   # connections"),
        "{}",
        ran.out
    );
    let row = "- edit: {file: app.yaml, yaml_path: [db, pool], operation: increase, factor: 1.5, max_value: 100}";
    assert!(ran.out.contains(row), "{}", ran.out);
    assert_eq!(workspace.tree(), before, "a dry run changes nothing");
}

#[test]
fn the_printed_row_is_a_fix_that_heals() {
    let workspace = Workspace::small();
    let set = ["edit", "app.yaml", "[db, pool]", "--set", "40", "--json"];
    let document: serde_json::Value = serde_json::from_str(&workspace.heal(&set).out).unwrap();
    assert_eq!(document["status"], "planned");
    assert_eq!(document["plan"]["steps"][0]["target"], "app.yaml");
    let row = document["fix"].as_str().unwrap().replace("name_of_a_pattern", "pool_exhausted");
    workspace.write("fixes/app.yaml", &row);
    let ran = workspace.heal(&["--apply", "--unsafe"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(workspace.read("app.yaml"), APP.replace("pool: 10 ", "pool: 40 "));
}

#[test]
fn an_applied_edit_is_a_run_that_is_undone() {
    let workspace = Workspace::small();
    let ran = workspace.heal(&["edit", "app.yaml", "db.host", "--set", "db2", "--expect-current", "db1", "--apply"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(workspace.read("app.yaml"), APP.replace("db1", "db2"));
    let listed = workspace.heal(&["backups"]);
    assert!(listed.out.contains("app.yaml"), "{}", listed.out);
    let again = workspace.heal(&["edit", "app.yaml", "db.host", "--set", "db2", "--apply"]);
    assert_eq!(again.code, 0);
    assert!(again.out.contains("already optimal"), "{}", again.out);
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn an_applied_edit_stands_in_the_history_like_any_run() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--record"]).code, 1);
    let status = |words: &[&str]| serde_json::from_str::<serde_json::Value>(&workspace.heal(words).out).unwrap();
    let before = status(&["status", "--json"]);
    let ran = workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20", "--apply", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let validate = "[grep, -q, 'pool: 20', '{candidate}']";
    let failed = workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "30", "--validate", validate, "--apply"]);
    assert_eq!(failed.code, 3, "{}{}", failed.out, failed.err);
    // What changes nothing is no run.
    assert_eq!(workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20", "--apply"]).code, 0);
    let history = status(&["history", "--runs", "--json"]);
    let runs = history["runs"].as_array().unwrap();
    let told = |run: &serde_json::Value| {
        (run["mode"].clone(), run["status"].clone(), run["exit_code"].clone(), run["fixes_applied"].clone())
    };
    assert_eq!(runs.len(), 3, "{history}");
    assert_eq!(told(&runs[0]), ("edit".into(), "degraded".into(), 3.into(), 0.into()));
    assert_eq!(told(&runs[1]), ("edit".into(), "healing".into(), 0.into(), 1.into()));
    assert_eq!(runs[1]["id"], document["run"]["id"]);
    assert!(!runs[1]["finished_at"].is_null());
    assert!(workspace.heal(&["history"]).out.contains("edit"));
    // The last look at the logs is still that of the record, and what it found is still new.
    let after = status(&["status", "--json"]);
    assert_eq!(after["last_run"], before["last_run"]);
    assert_eq!(after["incidents"][0]["status"], before["incidents"][0]["status"]);
    assert_eq!(before["incidents"][0]["status"], "new");
    let undone = status(&["undo", document["run"]["id"].as_str().unwrap(), "--json"]);
    assert_eq!(workspace.read("app.yaml"), APP);
    // So does taking it back.
    let history = status(&["history", "--runs", "--json"]);
    assert_eq!(told(&history["runs"][0]), ("undo".into(), "healing".into(), 0.into(), 0.into()));
    assert_eq!(history["runs"][0]["id"], undone["run"]);
    let after = status(&["status", "--json"]);
    assert_eq!(after["last_run"], before["last_run"]);
    assert_eq!(after["incidents"][0]["status"], "new");
}

#[test]
fn an_applied_edit_prunes_old_backups() {
    let workspace = Workspace::small();
    workspace.append("heal.yaml", "backups: {keep: 2}\n");
    for value in ["11", "12", "13", "14"] {
        assert_eq!(workspace.heal(&["edit", "app.yaml", "db.pool", "--set", value, "--apply"]).code, 0);
    }
    let listed = workspace.heal(&["backups", "--json"]).out;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["backups"].as_array().map(Vec::len), Some(2), "{listed}");
}

#[test]
fn an_edit_by_hand_on_a_damaged_state_changes_nothing() {
    let workspace = Workspace::small();
    workspace.heal(&["--record"]);
    workspace.write(".heal/heal.db", "no database\n");
    let ran = workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20", "--apply"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("moved aside whole") && ran.err.contains("nothing was changed"), "{}", ran.err);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn text_of_any_kind_is_edited_by_a_regex() {
    let workspace = Workspace::small();
    workspace.write("nginx.conf", "http {\n    client_max_body_size 1k;  # small\n}\n");
    let regex = r"client_max_body_size (?P<value>\S+);";
    let ran = workspace.heal(&["edit", "nginx.conf", "--regex", regex, "--replace", "1m", "--apply"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(workspace.read("nginx.conf"), "http {\n    client_max_body_size 1m;  # small\n}\n");
    assert!(ran.out.contains("regex: 'client_max_body_size (?P<value>\\S+);'"), "{}", ran.out);
}

#[test]
fn what_is_ambiguous_is_refused_with_its_place_and_code() {
    let workspace = Workspace::small();
    workspace.write("twice.yaml", "a: 1\nb: 2\na: 3\n");
    for apply in [&[][..], &["--apply"]] {
        let mut words = vec!["edit", "twice.yaml", "a", "--set", "7"];
        words.extend(apply);
        let ran = workspace.heal(&words);
        assert_eq!(ran.code, 1);
        assert!(ran.out.contains("twice.yaml:3:1") && ran.out.contains("duplicate_key"), "{}", ran.out);
    }
    assert_eq!(workspace.read("twice.yaml"), "a: 1\nb: 2\na: 3\n");
    let held = |words: &[&str]| {
        let document: serde_json::Value = serde_json::from_str(&workspace.heal(words).out).unwrap();
        document["plan"]["held_back"][0].clone()
    };
    let refused = held(&["edit", "twice.yaml", "a", "--set", "7", "--json"]);
    assert_eq!((&refused["reason"], &refused["code"]), (&"refused_edit".into(), &"duplicate_key".into()));
    let optimal = held(&["edit", "twice.yaml", "b", "--set", "2", "--json"]);
    assert_eq!((&optimal["reason"], &optimal["code"]), (&"already_optimal".into(), &serde_json::Value::Null));
}

#[test]
fn what_heal_never_touches_is_not_edited_by_hand_either() {
    let workspace = Workspace::small();
    for file in ["heal.yaml", "fixes/app.yaml", "/etc/hostname"] {
        let ran = workspace.heal(&["edit", file, "--regex", "(?P<value>w)", "--expect-matches", "1", "--replace", "x"]);
        assert_eq!(ran.code, 1, "{file}: {}", ran.err);
        assert!(ran.out.starts_with("not_allowed"), "{file}: {}", ran.out);
    }
}

#[test]
fn a_validation_that_fails_leaves_the_file_and_tells_of_it() {
    let workspace = Workspace::small();
    let validate = "[grep, -q, 'pool: 10', '{candidate}']";
    let ran = workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20", "--validate", validate, "--apply"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert_eq!(workspace.read("app.yaml"), APP);
    let undo = workspace.heal(&["undo"]);
    assert_eq!(undo.code, 2, "there is nothing to undo: {}", undo.out);
}

#[test]
fn a_pause_holds_an_edit_by_hand_back() {
    let workspace = Workspace::small();
    workspace.heal(&["pause", "--reason", "moving"]);
    let ran = workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20", "--apply"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("paused"), "{}", ran.out);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn without_a_configuration_an_edit_is_only_shown() {
    let workspace = Workspace::empty();
    workspace.write("app.yaml", APP);
    let ran = workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("+  pool: 20"), "{}", ran.out);
    let applied = workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20", "--apply"]);
    assert_eq!(applied.code, 2);
    assert!(applied.err.contains("heal init"), "{}", applied.err);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn flags_that_make_no_edit_are_a_usage_error() {
    let workspace = Workspace::small();
    for words in [
        &["edit", "app.yaml", "db.pool"][..],
        &["edit", "app.yaml", "db.pool", "--increase"],
        &["edit", "app.yaml", "db.pool", "--set", "1", "--increase", "--factor", "2"],
        &["edit", "app.yaml", "--set", "1"],
        &["edit", "app.yaml", "db..pool", "--set", "1"],
    ] {
        let ran = workspace.heal(words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.out);
        assert!(!ran.err.is_empty(), "{words:?}");
    }
}
