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

/// A fix that changes two files, one of them with all that a file can have.
fn two_files() -> Workspace {
    let workspace = Workspace::small();
    workspace.write("other.conf", "workers = 4\n");
    workspace.append(
        "fixes/app.yaml",
        "      - edit: {file: other.conf, regex: 'workers = (?P<value>\\d+)', operation: increase, amount: 1}\n",
    );
    workspace
}

#[test]
fn one_file_of_a_run_is_undone_with_all_that_it_had_and_that_can_be_undone_too() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let workspace = two_files();
    let path = workspace.file("app.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let marked = xattr::set(&path, "user.note", b"keep \x00 me").is_ok();
    // Owner rw, user 12345 r, group r, mask r, other none: as the kernel keeps it.
    let acl: Vec<u8> = [
        2_u32.to_le_bytes().to_vec(),
        [(0x01_u16, 6_u16, u32::MAX), (0x02, 4, 12345), (0x04, 4, u32::MAX), (0x10, 4, u32::MAX), (0x20, 0, u32::MAX)]
            .iter()
            .flat_map(|(tag, perm, id)| {
                [&tag.to_le_bytes()[..], &perm.to_le_bytes()[..], &id.to_le_bytes()[..]].concat()
            })
            .collect(),
    ]
    .concat();
    let listed = xattr::set(&path, "system.posix_acl_access", &acl).is_ok();
    let owned = std::os::unix::fs::chown(&path, Some(12345), Some(12346)).is_ok();
    let state = || {
        let metadata = std::fs::metadata(&path).unwrap();
        let mut names: Vec<_> = xattr::list(&path).unwrap().collect();
        names.sort();
        let values: Vec<_> = names.into_iter().map(|name| (xattr::get(&path, &name).unwrap(), name)).collect();
        (metadata.mode(), metadata.uid(), metadata.gid(), std::fs::read(&path).unwrap(), values)
    };
    let before = state();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    let applied = state();
    assert_ne!(before.3, applied.3);
    let undo = workspace.heal(&["undo", "--file", "app.yaml", "--json"]);
    assert_eq!(undo.code, 0, "{}", undo.err);
    assert_eq!(state(), before, "user.note: {marked}, ACL: {listed}, owner: {owned}");
    assert_eq!(workspace.read("other.conf"), "workers = 5\n", "the other file is not touched");
    let document: serde_json::Value = serde_json::from_str(&undo.out).unwrap();
    assert_eq!(document["files"].as_array().unwrap().len(), 1);
    let again = workspace.heal(&["undo", "--file", "app.yaml"]);
    assert_eq!(again.code, 2, "{}", again.out);
    let run = document["run"].as_str().unwrap();
    assert_eq!(workspace.heal(&["undo", run]).code, 0);
    assert_eq!(state(), applied);
    // Named absolutely, from elsewhere, it is the same file.
    let mut elsewhere = workspace.command(&["undo", "--workspace", workspace.path().to_str().unwrap(), "--file"]);
    elsewhere.arg(&path).arg("--config").arg(workspace.file("heal.yaml")).current_dir("/");
    let ran = crate::workspace::ran(&mut elsewhere);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(state(), before);
}

#[test]
fn without_a_run_a_file_is_undone_in_the_last_run_that_changed_it() {
    let workspace = two_files();
    workspace.heal(&["--apply"]);
    workspace.edit("fixes/app.yaml", "      - edit: {file: app.yaml", "      #- edit: {file: app.yaml");
    workspace.log("ERROR app.db: pool exhausted, 20 in use");
    workspace.heal(&["--apply"]);
    assert_eq!(workspace.read("other.conf"), "workers = 6\n");
    let ran = workspace.heal(&["undo", "--file", "./app.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!((workspace.read("app.yaml").as_str(), workspace.read("other.conf").as_str()), (APP, "workers = 6\n"));
    let none = workspace.heal(&["undo", "--file", "heal.yaml"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("no run has changed anything in"), "{}", none.err);
}

#[test]
fn an_undone_file_takes_its_fix_from_probation_and_no_other() {
    let workspace = two_files();
    workspace.append(
        "patterns/app.yaml",
        "  - {name: pool_slow, regex: 'pool is slow', severity: high, category: database, description: d}\n",
    );
    workspace.append(
        "fixes/app.yaml",
        "  - {name: third, for: [pool_slow], description: d, risk: safe, steps: [fix_permissions: {path: third, mode: '0600'}]}\n",
    );
    workspace.write("third", "");
    workspace.log("ERROR app.db: pool is slow");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert_eq!(workspace.heal(&["undo", "--file", "other.conf"]).code, 0);
    let status: serde_json::Value = serde_json::from_str(&workspace.heal(&["status", "--json"]).out).unwrap();
    let waiting = status["on_probation"].to_string();
    assert!(waiting.contains("third") && !waiting.contains("raise_pool"), "{status}");
}

#[test]
fn actions_are_taken_back_in_reverse_order() {
    let workspace = Workspace::small();
    let say = |word: &str| format!("[sh, -c, 'echo {word} >> said']");
    workspace.write(
        "fixes/app.yaml",
        &format!(
            "fixes:\n  - name: speak\n    for: [pool_exhausted]\n    description: d\n    steps:\n      - fix_permissions: {{path: app.yaml, mode: '0600'}}\n      - run: {{argv: {}, undo: {}}}\n      - run: {{argv: {}, undo: {}}}\n",
            say("one"),
            say("unone"),
            say("two"),
            say("untwo")
        ),
    );
    workspace.write("said", "");
    let applied = workspace.heal(&["--apply", "--unsafe"]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    let undo = workspace.heal(&["undo"]);
    assert_eq!(undo.code, 0, "{}", undo.err);
    assert_eq!(workspace.read("said"), "one\ntwo\nuntwo\nunone\n");
}

#[test]
fn backups_show_the_difference_or_the_bytes() {
    let workspace = Workspace::small();
    workspace.write("app.yaml", "# the application\ndb:\n  pool: 10   # connections\n  password: hunter2hunter2\n");
    let before = workspace.read("app.yaml");
    assert_eq!(workspace.heal(&["backups", "show"]).code, 2, "there are none yet");
    workspace.heal(&["--apply"]);
    let run = workspace.only_backup();
    let shown = workspace.heal(&["backups", "show", &run]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("-  pool: 10") && shown.out.contains("+  pool: 20"), "{}", shown.out);
    assert!(!shown.out.contains("hunter2"), "a secret stays hidden: {}", shown.out);
    assert_eq!(workspace.heal(&["backups", "show", "--content"]).out, before, "the very bytes");
    let document: serde_json::Value =
        serde_json::from_str(&workspace.heal(&["backups", "show", "--file", "app.yaml", "--json"]).out).unwrap();
    assert_eq!(
        (document["run"].as_str(), document["files"][0]["state"].as_str()),
        (Some(run.as_str()), Some("applied"))
    );
    assert!(document["files"][0]["diff"].as_str().unwrap().contains("+  pool: 20"));
    workspace.edit("app.yaml", "pool: 20", "pool: 25");
    assert!(workspace.heal(&["backups", "show"]).out.contains("changed since"));
    assert_eq!(workspace.heal(&["backups", "show", "--file", "heal.yaml"]).code, 2);
    assert_eq!(workspace.heal(&["backups", "show", "20200101T000000Z-abcd"]).code, 2);
    let copy = document["files"][0]["backup"].as_str().unwrap();
    std::fs::write(copy, "altered").unwrap();
    assert_eq!(workspace.heal(&["backups", "show"]).code, 4);
}

#[test]
fn an_undo_that_cannot_be_remembered_is_told_all_the_same() {
    let workspace = Workspace::small();
    let before = workspace.read("app.yaml");
    assert_eq!(workspace.heal(&["edit", "app.yaml", "db.pool", "--set", "20", "--apply"]).code, 0);
    let database = rusqlite::Connection::open(workspace.file(".heal/heal.db")).unwrap();
    let refuse = "CREATE TRIGGER t BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    database.execute_batch(refuse).unwrap();
    let undo = workspace.heal(&["undo"]);
    assert_eq!(workspace.read("app.yaml"), before);
    assert_eq!(undo.code, 2);
    assert!(undo.out.starts_with("undid "), "{}", undo.out);
    assert!(undo.err.contains("could not note the run: the disk is full"), "{}", undo.err);
}
