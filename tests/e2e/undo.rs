//! `heal undo` and `heal backups`: the way back.

use crate::workspace::{APP, Workspace};

#[test]
fn undo_puts_every_byte_of_the_example_back() {
    let workspace = Workspace::example();
    let before: Vec<String> = ["config.yaml", "streamtv/streaming.py"].map(|file| workspace.read(file)).to_vec();
    workspace.heal(&["--no-ai", "--apply"]);
    let undo = workspace.heal(&["undo"]);
    assert_eq!(undo.code, 0, "{}", undo.err);
    assert!(undo.out.contains("config.yaml"), "{}", undo.out);
    assert_eq!(before, ["config.yaml", "streamtv/streaming.py"].map(|file| workspace.read(file)));
    let again = workspace.heal(&["undo"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("nothing to undo"), "{}", again.err);
}

#[test]
fn an_undo_can_be_undone_by_its_id() {
    let workspace = Workspace::small();
    workspace.heal(&["--apply"]);
    let undo: serde_json::Value = serde_json::from_str(&workspace.heal(&["undo", "--json"]).out).unwrap();
    assert_eq!(workspace.read("app.yaml"), APP);
    let id = undo["run"].as_str().unwrap();
    assert_eq!(workspace.heal(&["undo", id]).code, 0);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}

#[test]
fn a_file_changed_since_is_not_overwritten() {
    let workspace = Workspace::small();
    workspace.heal(&["--apply"]);
    workspace.edit("app.yaml", "pool: 20", "pool: 25");
    let refused = workspace.heal(&["undo"]);
    assert_eq!(refused.code, 2);
    assert!(refused.out.contains("-  pool: 25") && refused.out.contains("+  pool: 10"), "{}", refused.out);
    assert!(workspace.read("app.yaml").contains("pool: 25"));
    assert_eq!(workspace.heal(&["undo", "--force"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn a_lost_backup_calls_for_a_person() {
    let workspace = Workspace::small();
    workspace.heal(&["--apply"]);
    let folder = workspace.file(".heal/backups").join(workspace.only_backup());
    for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        if entry.file_name() != "manifest.json" {
            std::fs::write(entry.path(), "altered").unwrap();
        }
    }
    let ran = workspace.heal(&["undo"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(workspace.read("app.yaml").contains("pool: 20 "), "nothing is touched");
}

#[test]
fn a_damaged_manifest_touches_nothing() {
    let workspace = Workspace::small();
    workspace.heal(&["--apply"]);
    let manifest = format!(".heal/backups/{}/manifest.json", workspace.only_backup());
    workspace.write(&manifest, "{\"format_version\": 1, ");
    let ran = workspace.heal(&["undo"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
    assert_eq!(workspace.heal(&["undo", "20200101T000000Z-abcd"]).code, 2);
}

#[test]
fn backups_are_listed_and_pruned_but_never_the_newest_copy() {
    let workspace = Workspace::small();
    assert!(workspace.heal(&["backups"]).out.contains("no backups"));
    workspace.heal(&["--apply"]);
    workspace.log("ERROR app.db: pool exhausted");
    workspace.heal(&["--apply"]);
    let listed: serde_json::Value = serde_json::from_str(&workspace.heal(&["backups", "list", "--json"]).out).unwrap();
    assert_eq!(listed["backups"].as_array().unwrap().len(), 2);
    workspace.heal(&["undo"]);
    workspace.append("heal.yaml", "backups: {keep: 0, max_age: 0s}\n");
    let pruned = workspace.heal(&["backups", "prune"]);
    assert_eq!(pruned.code, 0, "{}", pruned.err);
    let left: serde_json::Value = serde_json::from_str(&workspace.heal(&["backups", "--json"]).out).unwrap();
    assert!(!left["backups"].as_array().unwrap().is_empty(), "the newest copy of a file stays");
}
