//! Every code of `plan.held_back` that heal can produce so far.

use crate::workspace::{FIX, PATTERN, Workspace, held};

/// The first reason why `raise_pool` is held back, after a change of the small world.
fn reason(change: impl FnOnce(&Workspace)) -> (String, String) {
    let workspace = Workspace::small();
    change(&workspace);
    let (_, document) = workspace.json(&[]);
    held(&document, "raise_pool").first().cloned().unwrap_or_else(|| panic!("{document}"))
}

fn code(change: impl FnOnce(&Workspace)) -> String {
    reason(change).0
}

#[test]
fn age() {
    let old = code(|workspace| {
        workspace.edit("heal.yaml", "max_event_age: all", "max_event_age: 1h");
        workspace.write("logs/app.log", "2025-01-05 10:00:00 ERROR app.db: pool exhausted\n");
    });
    assert_eq!(old, "age");
}

#[test]
fn mode() {
    for mode in ["observe", "propose"] {
        let held = code(|workspace| workspace.write("patterns/app.yaml", &format!("{PATTERN}    mode: {mode}\n")));
        assert_eq!(held, "mode");
    }
}

#[test]
fn risk() {
    let (code, detail) = reason(|workspace| workspace.edit("fixes/app.yaml", "risk: safe", "risk: unsafe"));
    assert_eq!(code, "risk");
    assert!(detail.contains("--unsafe"), "{detail}");
    let workspace = Workspace::small();
    workspace.edit("fixes/app.yaml", "risk: safe", "risk: unsafe");
    assert_eq!(workspace.heal(&["--apply", "--unsafe"]).code, 0);
    let shown = self::code(|workspace| workspace.edit("fixes/app.yaml", "risk: safe", "risk: display_only"));
    assert_eq!(shown, "risk");
    let unsafe_by_default = self::code(|workspace| workspace.edit("fixes/app.yaml", "    risk: safe\n", ""));
    assert_eq!(unsafe_by_default, "risk");
}

#[test]
fn policy() {
    let held = code(|workspace| workspace.append("heal.yaml", "policy: {auto: {severities: [low]}}\n"));
    assert_eq!(held, "policy");
}

#[test]
fn not_allowed() {
    for allowed in ["[]", "[other.yaml]", "['conf.d/*']"] {
        let held = code(|workspace| workspace.append("heal.yaml", &format!("policy: {{allow_paths: {allowed}}}\n")));
        assert_eq!(held, "not_allowed", "{allowed}");
    }
    let git = code(|workspace| {
        workspace.write(".git/app.yaml", "db: {pool: 10}\n");
        workspace.edit("fixes/app.yaml", "file: app.yaml", "file: .git/app.yaml");
    });
    assert_eq!(git, "not_allowed");
    let block = code(|workspace| {
        workspace.write("app.yaml", "auto_healer:\n  max_fix_attempts: 3\ndb:\n  pool: 10\n");
        workspace.edit("fixes/app.yaml", "[db, pool]", "[auto_healer, max_fix_attempts]");
    });
    assert_eq!(block, "not_allowed");
    let workspace = Workspace::small();
    workspace.append("heal.yaml", "policy: {allow_paths: ['app.*']}\n");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
}

#[test]
fn cooldown_and_budget() {
    let workspace = Workspace::small();
    workspace.edit("heal.yaml", "cooldown: 0s", "cooldown: 1h");
    workspace.heal(&["--apply"]);
    workspace.log("ERROR app.db: pool exhausted, 20 in use");
    let (_, document) = workspace.json(&["--apply"]);
    assert_eq!(held(&document, "raise_pool")[0].0, "cooldown");
    let spent = code(|workspace| workspace.append("heal.yaml", "budget: {per_run: 0}\n"));
    assert_eq!(spent, "budget");
    let per_day = code(|workspace| workspace.append("heal.yaml", "budget: {per_day: 0}\n"));
    assert_eq!(per_day, "budget");
}

#[test]
fn refused_edit() {
    let (code, detail) = reason(|workspace| workspace.write("app.yaml", "db: {pool: 1}\ndb: {pool: 2}\n"));
    assert_eq!(code, "refused_edit");
    assert!(detail.starts_with("app.yaml:2:1: "), "{detail}");
    let missing = self::code(|workspace| std::fs::remove_file(workspace.file("app.yaml")).unwrap());
    assert_eq!(missing, "refused_edit");
    let (link, detail) = reason(|workspace| {
        std::fs::rename(workspace.file("app.yaml"), workspace.file("real.yaml")).unwrap();
        std::os::unix::fs::symlink("real.yaml", workspace.file("app.yaml")).unwrap();
    });
    assert_eq!(link, "refused_edit");
    assert!(detail.contains("real.yaml"), "{detail}");
    let hard = self::code(|workspace| {
        std::fs::hard_link(workspace.file("app.yaml"), workspace.file("second.yaml")).unwrap();
    });
    assert_eq!(hard, "refused_edit");
}

#[test]
fn check_failed_and_already_optimal() {
    let only = |regex: &str| {
        format!(
            "fixes:\n  - name: raise_pool\n    for: [pool_exhausted]\n    description: d\n    risk: safe\n    steps:\n      - edit: {{file: app.yaml, regex: '{regex}', operation: verify_only}}\n"
        )
    };
    assert_eq!(code(|workspace| workspace.write("fixes/app.yaml", &only("pool: 99"))), "check_failed");
    assert_eq!(code(|workspace| workspace.write("fixes/app.yaml", &only("pool: 10"))), "already_optimal");
}

#[test]
fn conflict() {
    let workspace = Workspace::small();
    workspace.write(
        "fixes/app.yaml",
        &format!("{FIX}  - name: lower_pool\n    for: [timeout_general]\n    description: d\n    risk: safe\n    steps:\n      - edit: {{file: app.yaml, yaml_path: [db, pool], operation: decrease, factor: 2}}\n"),
    );
    workspace.log("ERROR app.web: upstream timed out");
    let (code, document) = workspace.json(&[]);
    assert_eq!(code, 1);
    for (fix, other) in [("raise_pool", "lower_pool"), ("lower_pool", "raise_pool")] {
        let (reason, detail) = &held(&document, fix)[0];
        assert_eq!(reason, "conflict");
        assert!(detail.contains(other), "{detail}");
    }
    assert!(document["plan"]["steps"].as_array().unwrap().is_empty());
}

#[test]
fn two_edits_of_one_file_build_on_each_other() {
    let workspace = Workspace::small();
    workspace.write(
        "fixes/app.yaml",
        &format!("{FIX}  - name: move_host\n    for: [timeout_general]\n    description: d\n    risk: safe\n    steps:\n      - edit: {{file: app.yaml, yaml_path: [db, host], operation: set, value: db2}}\n"),
    );
    workspace.log("ERROR app.web: upstream timed out");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), "# the application\ndb:\n  pool: 20   # connections\n  host: db2\n");
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), crate::workspace::APP);
}

#[test]
fn the_ladder_goes_on_to_the_next_fix() {
    let workspace = Workspace::small();
    workspace.edit("app.yaml", "pool: 10", "pool: 100");
    workspace.append(
        "fixes/app.yaml",
        "  - name: move_host\n    for: ['category:database']\n    description: d\n    risk: safe\n    steps:\n      - edit: {file: app.yaml, yaml_path: [db, host], operation: set, value: db2}\n",
    );
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(held(&document, "raise_pool")[0].0, "already_optimal");
    assert!(workspace.read("app.yaml").contains("host: db2"));
}

#[test]
fn changed_meanwhile() {
    let workspace = Workspace::small();
    workspace.write("other.yaml", "workers: 4\n");
    workspace.write(
        "fixes/app.yaml",
        &format!("{FIX}    verify: [{{command: [sh, -c, 'echo \"# by hand\" >> other.yaml']}}]\n  - name: more_workers\n    for: [timeout_general]\n    description: d\n    risk: safe\n    steps:\n      - edit: {{file: other.yaml, yaml_path: [workers], operation: increase, amount: 1}}\n"),
    );
    workspace.log("ERROR app.web: upstream timed out");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    assert_eq!(held(&document, "more_workers")[0].0, "changed_meanwhile");
    assert_eq!(workspace.read("other.yaml"), "workers: 4\n# by hand\n");
    // Nothing was tried: the next run does it.
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert!(workspace.read("other.yaml").starts_with("workers: 5\n"));
}

/// Risk levels are ordered: what is held back says which flag or which review frees it, or that none does.
#[test]
fn what_is_held_back_says_what_frees_it() {
    let freed = |change: &dyn Fn(&Workspace)| {
        let workspace = Workspace::small();
        change(&workspace);
        let (_, document) = workspace.json(&[]);
        let held = document["plan"]["held_back"][0].clone();
        let by: Vec<String> =
            held["freed_by"].as_array().unwrap().iter().map(|by| by.as_str().unwrap().into()).collect();
        let text = workspace.heal(&[]).out;
        for word in &by {
            assert!(text.contains(word.as_str()), "{word}: {text}");
        }
        by
    };
    let risk = |to: &'static str| move |workspace: &Workspace| workspace.edit("fixes/app.yaml", "risk: safe", to);
    assert_eq!(freed(&risk("risk: unsafe")), ["--unsafe", "heal review"]);
    assert!(freed(&risk("risk: display_only")).is_empty());
    let mode = |mode: &'static str| {
        move |workspace: &Workspace| workspace.write("patterns/app.yaml", &format!("{PATTERN}    mode: {mode}\n"))
    };
    assert_eq!(freed(&mode("propose")), ["heal review"]);
    assert!(freed(&mode("observe")).is_empty());
    assert_eq!(
        freed(&|workspace| workspace.append("heal.yaml", "policy: {auto: {severities: [low]}}\n")),
        ["heal review"]
    );
    assert_eq!(freed(&|workspace| workspace.append("heal.yaml", "policy: {auto: {risks: []}}\n")), ["heal review"]);
    // Two reasons: what frees one alone frees nothing.
    let both = |workspace: &Workspace| {
        workspace.edit("fixes/app.yaml", "risk: safe", "risk: unsafe");
        workspace.write("patterns/app.yaml", &format!("{PATTERN}    mode: propose\n"));
    };
    assert_eq!(freed(&both), ["heal review"]);
    let paused = |workspace: &Workspace| {
        workspace.edit("fixes/app.yaml", "risk: safe", "risk: unsafe");
        workspace.heal(&["pause"]);
    };
    assert!(freed(&paused).is_empty());
}
