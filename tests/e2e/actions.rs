//! Steps beside `edit`: mode and owner, programs with their undo, validation before an exchange.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;

use crate::workspace::{HEAL, PATTERN, Workspace, held, ran, verdicts};

/// The small world with fixes for `pool_exhausted`, each a row of a table.
fn world(fixes: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("fixes:\n{fixes}"));
    workspace.append("heal.yaml", "policy: {auto: {risks: [safe, unsafe]}}\n");
    workspace
}

fn fix(more: &str) -> String {
    format!("  - name: mend\n    for: [pool_exhausted]\n    description: Mend it\n    settle: 0s\n{more}")
}

/// A program of the operator's that notes what it is told.
fn with_teller(workspace: &Workspace) {
    workspace
        .write("bin/tell", "#!/bin/sh\necho \"$@\" >>told\n[ \"$1\" != fail ] || { echo 'no: broken'; exit 7; }\n");
    set_mode(workspace, "bin/tell", 0o755);
}

fn mode(workspace: &Workspace, name: &str) -> u32 {
    fs::metadata(workspace.file(name)).unwrap().mode() & 0o7777
}

fn set_mode(workspace: &Workspace, name: &str, mode: u32) {
    fs::set_permissions(workspace.file(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_mode_is_changed_shown_and_undone_exactly() {
    let workspace = world(&fix("    risk: safe\n    steps: [{fix_permissions: {path: app.yaml, mode: 'u+x,o-r'}}]\n"));
    set_mode(&workspace, "app.yaml", 0o644);
    let shown = workspace.heal(&[]);
    assert_eq!(shown.code, 1);
    assert!(shown.out.contains("app.yaml is 0644 "), "{}", shown.out);
    assert!(shown.out.contains("$ chmod 0740 -- "), "{}", shown.out);
    assert_eq!(mode(&workspace, "app.yaml"), 0o644);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    let step = &document["plan"]["steps"][0];
    assert_eq!((step["kind"].as_str(), step["target"].as_str()), (Some("fix_permissions"), Some("app.yaml")));
    assert_eq!(step["diff"], serde_json::Value::Null);
    assert_eq!(mode(&workspace, "app.yaml"), 0o740);
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(mode(&workspace, "app.yaml"), 0o644);
}

#[test]
fn permissions_changed_since_are_not_undone_blindly() {
    let workspace = world(&fix("    risk: safe\n    steps: [{fix_permissions: {path: app.yaml, mode: '0600'}}]\n"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    set_mode(&workspace, "app.yaml", 0o660);
    let refused = workspace.heal(&["undo"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("0660"), "{}", refused.err);
    assert_eq!(mode(&workspace, "app.yaml"), 0o660);
    assert_eq!(workspace.heal(&["undo", "--force"]).code, 0);
    assert_eq!(mode(&workspace, "app.yaml"), 0o644);
}

#[test]
fn a_captured_path_leads_nowhere_else() {
    let workspace = world(
        "  - {name: mend, for: [no_exec], description: d, risk: safe, steps: [{fix_permissions: {path: '{path}', mode: u+x}}]}\n",
    );
    workspace.write(
        "patterns/app.yaml",
        "patterns:\n  - {name: no_exec, regex: 'cannot run (?P<path>.+)', severity: high, category: filesystem, description: d, captures: {path: absolute_path}}\n",
    );
    workspace.write("job.sh", "#!/bin/sh\n");
    symlink("/etc/shadow", workspace.file("evil")).unwrap();
    workspace.write("one", "");
    fs::hard_link(workspace.file("one"), workspace.file("two")).unwrap();
    let here = workspace.path().canonicalize().unwrap();
    for path in ["job.sh", "evil", "two", "heal.yaml", "../../etc/shadow", "none", "a b"] {
        workspace.log(&format!("ERROR cron: cannot run {}/{path}", here.display()));
    }
    workspace.log("ERROR cron: cannot run /etc/shadow");
    workspace.log("ERROR cron: cannot run -rf");
    let before = fs::metadata("/etc/shadow").unwrap();
    // Without a list no captured path is one that the operator named.
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!((code, document["outcomes"].as_array().unwrap().len()), (1, 0), "{document}");
    assert_eq!(mode(&workspace, "job.sh"), 0o644);
    workspace.edit("heal.yaml", "policy: {", "policy: {allow_paths: ['*', /etc/shadow], ");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "only open ones without new events are held back: {document}");
    let outcomes = document["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), 1, "{document}");
    assert_eq!(outcomes[0]["target"], "job.sh");
    assert_eq!(mode(&workspace, "job.sh"), 0o744);
    assert!(workspace.heal(&["status"]).out.contains("mend  job.sh  since"), "however the log line named it");
    let reasons: Vec<String> = held(&document, "mend").into_iter().map(|(reason, _)| reason).collect();
    assert!(reasons.iter().any(|reason| reason == "bad_capture"), "{reasons:?}");
    let after = fs::metadata("/etc/shadow").unwrap();
    assert_eq!((before.mode(), before.ctime()), (after.mode(), after.ctime()));
    assert_eq!(mode(&workspace, "heal.yaml") & 0o111, 0);
    assert_eq!(mode(&workspace, "one") & 0o111, 0);
}

#[test]
fn a_program_runs_as_it_is_written_and_is_taken_back_by_its_undo() {
    let workspace =
        world(&fix("    steps: [{run: {argv: [bin/tell, 'a b', '$HOME', ';'], undo: [bin/tell, back]}}]\n"));
    with_teller(&workspace);
    let shown = workspace.heal(&[]);
    assert!(shown.out.contains("$ bin/tell 'a b' '$HOME' ';'"), "{}", shown.out);
    assert!(shown.out.contains("taken back: `bin/tell back`"), "{}", shown.out);
    assert!(!workspace.file("told").exists());
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    let argv = &document["plan"]["steps"][0]["argv"];
    assert_eq!(argv, &serde_json::json!(["bin/tell", "a b", "$HOME", ";"]));
    assert_eq!(workspace.read("told"), "a b $HOME ;\n");
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("told"), "a b $HOME ;\nback\n");
}

#[test]
fn a_failing_step_takes_back_those_before_it() {
    let workspace = world(&fix(
        "    steps:\n      - edit: {file: app.yaml, yaml_path: [db, pool], operation: set, value: 11}\n      - fix_permissions: {path: app.yaml, mode: '0600'}\n      - run: {argv: [bin/tell, one], undo: [bin/tell, back]}\n      - run: {argv: [bin/tell, fail]}\n      - run: {argv: [bin/tell, never]}\n",
    ));
    with_teller(&workspace);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 3, "{document}");
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP);
    assert_eq!(mode(&workspace, "app.yaml"), 0o644);
    assert_eq!(workspace.read("told"), "one\nfail\nback\n");
    assert!(document.to_string().contains("no: broken"), "{document}");
    assert!(verdicts(&document, "mend").iter().all(|verdict| verdict == "undone"), "{document}");
}

#[test]
fn what_cannot_be_taken_back_is_said_and_nothing_more_is_changed() {
    let workspace = world(&format!(
        "{}{}",
        fix(
            "    steps: [{run: {argv: [bin/tell, one], undo: [bin/tell, fail]}}]\n    verify: [{command: ['false']}]\n"
        ),
        "  - {name: second, for: [timeout_general], description: d, risk: safe, steps: [{edit: {file: app.yaml, yaml_path: [db, pool], operation: set, value: 11}}]}\n"
    ));
    with_teller(&workspace);
    workspace.log("ERROR app.web: upstream timed out");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 4, "{document}");
    let outcome = &document["outcomes"][0];
    assert_eq!(outcome["result"], "undo_failed");
    assert!(outcome["detail"].as_str().unwrap().contains("By hand: bin/tell fail"), "{outcome}");
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP, "no more changes in that run");
    assert_eq!(document["status"], "error");
}

#[test]
fn a_program_without_an_undo_cannot_be_taken_back_and_that_is_said_before() {
    let workspace = world(&fix("    steps: [{run: {argv: [bin/tell, one]}}]\n    verify: [{command: ['false']}]\n"));
    with_teller(&workspace);
    let shown = workspace.heal(&[]);
    assert!(shown.out.contains("CANNOT be undone: it has no `undo`"), "{}", shown.out);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 3, "{document}");
}

#[test]
fn a_program_that_hangs_is_killed_with_its_children() {
    let workspace = world(&fix("    steps: [{run: {argv: [bin/hang], timeout: 1s}}]\n"));
    workspace.write("bin/hang", "#!/bin/sh\nsleep 300 &\necho $! >child\nwait\n");
    set_mode(&workspace, "bin/hang", 0o755);
    assert_eq!(workspace.heal(&["--apply"]).code, 3);
    let child = workspace.read("child");
    let state = fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
}

#[test]
fn an_edit_that_its_validation_refuses_never_happens() {
    let workspace = world(&fix(
        "    steps:\n      - run: {argv: [bin/tell, one], undo: [bin/tell, back]}\n      - edit: {file: app.yaml, yaml_path: [db, pool], operation: set, value: 11, validate: [bin/check, '{candidate}']}\n",
    ));
    with_teller(&workspace);
    workspace.write("bin/check", "#!/bin/sh\ncp \"$1\" seen\ncase $1 in */app.yaml) ;; *) exit 9;; esac\ngrep -q 'pool: 12' \"$1\" || { echo 'pool must be 12'; exit 1; }\n");
    set_mode(&workspace, "bin/check", 0o755);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 3, "{document}");
    assert!(document.to_string().contains("pool must be 12"), "{document}");
    assert!(workspace.read("seen").contains("pool: 11   # connections"));
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP);
    assert_eq!(workspace.read("told"), "one\nback\n");
    assert!(!workspace.file(".heal/candidate").exists());
    // One that it accepts does.
    workspace.edit("bin/check", "pool: 12", "pool: 11");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert!(workspace.read("app.yaml").contains("pool: 11 "));
}

#[test]
fn each_kind_of_check_decides() {
    for (check, passes) in [
        ("command: ['true']", true),
        ("command: ['false']", false),
        ("file_parses: app.yaml", true),
        ("file_parses: broken.json", false),
        ("port_open: {host: 127.0.0.1, port: 1}", false),
        ("http_ok: {url: 'http://127.0.0.1:1/', within: 1s}", false),
        ("no_new_errors: {within: 1s}", true),
        ("service_active: no-such-unit", false),
    ] {
        let workspace = world(&fix(&format!(
            "    steps: [{{edit: {{file: app.yaml, yaml_path: [db, pool], operation: set, value: 11}}}}]\n    timeout: 3s\n    verify: [{{{check}}}]\n"
        )));
        workspace.write("broken.json", "{\"a\": 1,}\n");
        let ran = workspace.heal(&["--apply"]);
        assert_eq!(ran.code, if passes { 0 } else { 3 }, "{check}: {}{}", ran.out, ran.err);
        assert_eq!(workspace.read("app.yaml") == crate::workspace::APP, !passes, "{check}");
    }
}

#[test]
fn an_error_that_goes_on_fails_its_check() {
    let workspace =
        world(&fix("    steps:\n      - run: {argv: [bin/again]}\n    verify: [{no_new_errors: {within: 2s}}]\n"));
    workspace.write(
        "bin/again",
        "#!/bin/sh\n(sleep 1; echo \"$(date -u '+%F %T') ERROR app.db: pool exhausted\" >>logs/app.log) >/dev/null 2>&1 &\n",
    );
    set_mode(&workspace, "bin/again", 0o755);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 3, "{document}");
    assert!(document.to_string().contains("there is a new one"), "{document}");
    // The next run sees that event too.
    let (_, document) = workspace.json(&[]);
    assert_eq!(document["incidents"][0]["total"], 2, "{document}");
}

#[test]
fn a_fix_without_an_allowed_program_is_held_back() {
    for (list, allowed) in [("[]", false), ("[/usr/bin/touch]", false), ("['%/bin/tell']", true)] {
        let workspace = world(&fix("    steps: [{run: {argv: [bin/tell, one]}}]\n"));
        with_teller(&workspace);
        let list = list.replace('%', &workspace.path().canonicalize().unwrap().display().to_string());
        workspace.edit("heal.yaml", "policy: {", &format!("policy: {{allow_commands: {list}, "));
        let (_, document) = workspace.json(&["--apply"]);
        assert_eq!(workspace.file("told").exists(), allowed, "{document}");
        assert!(allowed || held(&document, "mend")[0].0 == "not_allowed", "{document}");
    }
}

#[test]
fn without_root_an_owner_is_not_changed() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: it needs root to become somebody else");
        return;
    }
    let workspace = Workspace::small();
    workspace.write("heal.yaml", HEAL);
    workspace.write("patterns/app.yaml", PATTERN);
    workspace.write(
        "fixes/app.yaml",
        &format!("fixes:\n{}", fix("    risk: safe\n    steps: [{fix_permissions: {path: app.yaml, owner: root}}]\n")),
    );
    for entry in walkdir::WalkDir::new(workspace.path()) {
        std::os::unix::fs::chown(entry.unwrap().path(), Some(65_534), Some(65_534)).unwrap();
    }
    let outcome = ran(workspace.command(&["--json", "--apply"]).uid(65_534).gid(65_534));
    let document: serde_json::Value = serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{}", outcome.err));
    assert_eq!(held(&document, "mend")[0].0, "needs_root", "{document}");
}

#[test]
fn root_runs_no_program_that_others_may_write() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: it is about root");
        return;
    }
    let steps = "    steps: [{run: {argv: [bin/tell, one]}}]\n";
    for (name, mode) in [("bin/tell", 0o777), ("bin", 0o777)] {
        let workspace = world(&fix(steps));
        with_teller(&workspace);
        set_mode(&workspace, name, mode);
        let (code, document) = workspace.json(&["--apply"]);
        let (reason, detail) = &held(&document, "mend")[0];
        assert_eq!((code, reason.as_str()), (1, "not_allowed"), "{document}");
        assert!(detail.contains(name) && detail.contains("others"), "{detail}");
        assert!(!workspace.file("told").exists());
    }
    // Nor as a check: then all is taken back.
    let workspace = world(&fix(
        "    steps: [{edit: {file: app.yaml, yaml_path: [db, pool], operation: set, value: 11}}]\n    verify: [{command: [bin/tell, one]}]\n",
    ));
    with_teller(&workspace);
    std::os::unix::fs::chown(workspace.file("bin/tell"), Some(65_534), Some(65_534)).unwrap();
    assert_eq!(workspace.heal(&["--apply"]).code, 3);
    assert!(!workspace.file("told").exists());
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP);
}
