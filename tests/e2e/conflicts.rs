//! Fixes that contradict each other in one run, and fixes that build on each other.

use crate::workspace::{Workspace, held};

/// Two safe fixes for the one error, each of its own pattern, so that both ladders have one.
fn two(first: &str, second: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.append(
        "patterns/app.yaml",
        "  - {name: pool_slow, regex: 'pool is slow', severity: high, category: database, description: d}\n",
    );
    workspace.log("ERROR app.db: pool is slow");
    let fix = |name: &str, pattern: &str, step: &str| {
        format!("  - {{name: {name}, for: [{pattern}], description: d, risk: safe, steps: [{step}]}}\n")
    };
    let (one, two) = (fix("one", "pool_exhausted", first), fix("two", "pool_slow", second));
    workspace.write("fixes/app.yaml", &format!("fixes:\n{one}{two}"));
    workspace
}

fn pool(what: &str) -> String {
    format!("edit: {{file: app.yaml, yaml_path: [db, pool], {what}}}")
}

#[test]
fn what_contradicts_is_held_back_on_both_sides_and_names_the_other() {
    let cases = [
        (pool("operation: set, value: 20"), pool("operation: set, value: 30")),
        (pool("operation: set, value: 20"), pool("operation: increase, factor: 2")),
        (pool("operation: increase, amount: 1"), pool("operation: decrease, amount: 1")),
        (
            pool("operation: set, value: 20"),
            "edit: {file: app.yaml, regex: 'pool: (?P<value>.*)', operation: replace, value: '7'}".to_owned(),
        ),
        (
            "edit: {file: app.yaml, yaml_path: [db, new], operation: set, value: 1, create_missing: true}".to_owned(),
            "edit: {file: app.yaml, yaml_path: [db, new], operation: set, value: 2, create_missing: true}".to_owned(),
        ),
        (
            "fix_permissions: {path: app.yaml, mode: '0600'}".to_owned(),
            "fix_permissions: {path: app.yaml, mode: '0640'}".to_owned(),
        ),
    ];
    for (first, second) in cases {
        let workspace = two(&first, &second);
        let before = workspace.read("app.yaml");
        let (code, document) = workspace.json(&["--apply"]);
        assert_eq!(code, 1, "{first} | {second}");
        for (fix, other) in [("one", "two"), ("two", "one")] {
            let (reason, detail) = held(&document, fix).first().cloned().unwrap_or_default();
            assert_eq!(reason, "conflict", "{first} | {second}: {document}");
            assert!(detail.contains(other) && detail.contains("app.yaml"), "{detail}");
        }
        assert_eq!(workspace.read("app.yaml"), before, "{first} | {second}");
    }
}

#[test]
fn what_agrees_builds_on_each_other_and_the_same_edit_is_made_once() {
    let host = "edit: {file: app.yaml, yaml_path: [db, host], operation: set, value: db2}";
    let workspace = two(&pool("operation: increase, factor: 2"), host);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    let text = workspace.read("app.yaml");
    assert!(text.contains("pool: 20 ") && text.contains("host: db2"), "{text}");

    let new = |name: &str| {
        format!("edit: {{file: app.yaml, yaml_path: [db, {name}], operation: set, value: 1, create_missing: true}}")
    };
    let workspace = two(&new("here"), &new("there"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    let text = workspace.read("app.yaml");
    assert!(text.contains("here: 1") && text.contains("there: 1"), "{text}");

    let double = pool("operation: increase, factor: 2");
    let workspace = two(&double, &double);
    workspace.heal(&["--apply"]);
    assert!(workspace.read("app.yaml").contains("pool: 20 "), "doubled once: {}", workspace.read("app.yaml"));
}
