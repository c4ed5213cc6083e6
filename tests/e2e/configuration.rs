//! Bad configuration: file, line, column, the offending text, a suggestion, exit 2, and nothing touched.

use std::os::unix::fs::PermissionsExt as _;

use crate::workspace::{FIX, PATTERN, Workspace};

fn complaint(change: impl FnOnce(&Workspace)) -> String {
    let workspace = Workspace::small();
    change(&workspace);
    let before = workspace.tree();
    for arguments in [&["check"][..], &["--apply"]] {
        let ran = workspace.heal(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
    }
    assert_eq!(workspace.tree(), before, "nothing is touched");
    workspace.heal(&[]).err
}

#[test]
fn every_fault_has_its_place_and_a_way_out() {
    for (file, from, to, expected) in [
        (
            "heal.yaml",
            "cooldown: 0s",
            "cooldwn: 0s",
            &["heal.yaml:3:1: ", "did you mean `cooldown`?", "cooldwn: 0s"][..],
        ),
        ("heal.yaml", "cooldown: 0s", "cooldown: 0s\ncooldown: 1s", &["heal.yaml:4:1: duplicate key `cooldown`"]),
        ("heal.yaml", "cooldown: 0s", "cooldown: 5", &["heal.yaml:3:11: ", "10m"]),
        ("heal.yaml", "window: all", "window: [", &["heal.yaml:"]),
        ("heal.yaml", "window: all", "window: all\nfail_on: hihg", &["heal.yaml:2:10: ", "did you mean `high`?"]),
        ("heal.yaml", "window: all", "window: all\ndisable: [raise_pol]", &["did you mean `raise_pool`?"]),
        ("heal.yaml", "window: all", "window: all\nredact: ['(']", &["redact"]),
        (
            "patterns/app.yaml",
            "'pool exhausted'",
            "'(pool'",
            &["patterns/app.yaml:3: pattern `pool_exhausted`: the regex"],
        ),
        (
            "patterns/app.yaml",
            "severity: high",
            "severty: high",
            &["patterns/app.yaml:4:5: ", "did you mean `severity`?"],
        ),
        (
            "fixes/app.yaml",
            "[pool_exhausted]",
            "[pool_exausted]",
            &["fix `raise_pool`", "did you mean `pool_exhausted`?"],
        ),
        ("fixes/app.yaml", "['category:x']", "", &[]),
        ("fixes/app.yaml", "file: app.yaml", "file: ../app.yaml", &["outside the workspace"]),
        ("fixes/app.yaml", "file: app.yaml", "file: /etc/hosts", &["outside the workspace"]),
        ("fixes/app.yaml", "max_value: 100", "max_value: 1, min_value: 5", &["contradict"]),
        ("fixes/app.yaml", "factor: 2", "factor: 0.5", &["wrong way"]),
        ("fixes/app.yaml", "- edit", "- restart_container: {name: a}\n      - edit", &["not yet supported"]),
    ] {
        if expected.is_empty() {
            continue;
        }
        let text = complaint(|workspace| workspace.edit(file, from, to));
        for words in expected {
            assert!(text.contains(words), "{to}: {words:?} is not in {text}");
        }
    }
}

#[test]
fn examples_that_do_not_hold_fail_the_check() {
    let workspace = Workspace::small();
    workspace.write(
        "patterns/app.yaml",
        &format!("{PATTERN}    examples: {{match: ['all is well'], no_match: ['pool exhausted']}}\n"),
    );
    let ran = workspace.heal(&["check"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.out.contains("does not match, and should") && ran.out.contains("matches, and should not"),
        "{}",
        ran.out
    );
}

#[test]
fn an_operators_row_replaces_the_built_in_one_in_its_place() {
    let workspace = Workspace::small();
    workspace.write(
        "patterns/app.yaml",
        &PATTERN.replace("pool_exhausted", "connection_refused").replace("'pool exhausted'", "'refused by us'"),
    );
    workspace.write("fixes/app.yaml", &FIX.replace("pool_exhausted", "connection_refused"));
    let listed: serde_json::Value = serde_json::from_str(&workspace.heal(&["patterns", "list", "--json"]).out).unwrap();
    let names: Vec<&str> =
        listed["patterns"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 10);
    assert_ne!(names[0], "connection_refused", "it keeps the built-in one's place");
    assert_eq!(workspace.heal(&["patterns", "test", "ERROR connection refused"]).code, 1);
}

#[test]
fn the_configuration_is_found_where_it_should_be() {
    let workspace = Workspace::small();
    let elsewhere = Workspace::empty();
    let none = elsewhere.heal(&[]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("heal init") && none.err.contains("heal scan FILE"), "{}", none.err);
    let config = workspace.file("heal.yaml").display().to_string();
    assert_eq!(elsewhere.heal(&["--config", &config]).code, 1);
    assert_eq!(elsewhere.heal(&["--workspace", &workspace.path().display().to_string()]).code, 1);
    let by_environment = crate::workspace::ran(elsewhere.command(&[]).env("HEAL_CONFIG", &config));
    assert_eq!(by_environment.code, 1);
    std::fs::create_dir_all(elsewhere.file(".config/heal")).unwrap();
    elsewhere.write(".config/heal/heal.yaml", "logs: []\n");
    assert_eq!(elsewhere.heal(&[]).code, 0);
    assert_eq!(elsewhere.heal(&["--config", "nowhere.yaml"]).code, 2);
}

#[test]
fn an_applications_own_configuration_serves() {
    let workspace = Workspace::small();
    std::fs::remove_file(workspace.file("heal.yaml")).unwrap();
    workspace.write(
        "config.yaml",
        "name: app\nother: {keys: are, not: checked}\nauto_healer:\n  enabled: true\n  enable_ai: false\n",
    );
    let (code, document) = workspace.json(&[]);
    assert_eq!(code, 1);
    assert_eq!(document["analysis"]["state"], "off");
    assert_eq!(document["summary"]["errors"], 1);
    workspace.edit("config.yaml", "enabled: true", "enabled: false");
    let ran = workspace.heal(&["--apply"]);
    assert_eq!(ran.code, 0);
    assert_eq!((ran.out + &ran.err).lines().count(), 1);
    workspace.edit("config.yaml", "enable_ai", "enable_ia");
    assert!(workspace.heal(&[]).err.contains("did you mean `enable_ai`?"));
}

#[test]
fn root_believes_only_what_nobody_else_could_have_written() {
    if std::fs::metadata("/proc/self").map_or(1, |own| std::os::unix::fs::MetadataExt::uid(&own)) != 0 {
        println!("skipped: this test needs root");
        return;
    }
    for file in ["heal.yaml", "patterns/app.yaml", "fixes/app.yaml", "fixes"] {
        let workspace = Workspace::small();
        let path = workspace.file(file);
        let mode = if path.is_dir() { 0o777 } else { 0o666 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = workspace.heal(&[]);
        assert_eq!(ran.code, 2, "{file}");
        assert!(ran.err.contains(file), "{}", ran.err);
    }
    let workspace = Workspace::small();
    std::os::unix::fs::chown(workspace.file("heal.yaml"), Some(1234), None).unwrap();
    assert_eq!(workspace.heal(&[]).code, 2);
    let named = workspace.heal(&["--config", "heal.yaml"]);
    assert_eq!(named.code, 1, "{}", named.err);
    let words = named.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("does not belong to root"), "{words}");
}
