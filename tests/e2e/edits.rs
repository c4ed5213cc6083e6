//! Edits of every kind of file: shown, made, taken back, refused.

use std::process::{Command, Stdio};

use crate::workspace::{Workspace, held};

/// A fix, its file, and what of the file it changes.
const EDITS: [(&str, &str, &str, &str); 10] = [
    ("more_mysql_connections", "etc/mysql/my.cnf", "= 100        # was 50", "= 150        # was 50"),
    ("more_php_memory", "etc/php/php.ini", "128M ; per", "256M ; per"),
    ("longer_app_start", "etc/systemd/system/app.service", "=90s", "=150s"),
    ("more_postgresql_connections", "etc/postgresql/postgresql.conf", "= 150", "= 200"),
    ("larger_git_post", "app/.gitconfig", "1048576", "524288000"),
    ("longer_gateway_timeout", "app/gateway.toml", "10.0 ", "20.0 "),
    (
        "fewer_watched_files",
        "app/settings.jsonc",
        "// the largest one\n",
        "// the largest one\n    \"**/target/**\": true,\n",
    ),
    ("larger_node_heap", "app/package.json", "node server.js", "node --max-old-space-size=2048 server.js"),
    ("more_workers", "app/.env", "WORKERS=4 ", "WORKERS=8 "),
    ("larger_sqlalchemy_pool", "app/alembic.ini", "sqlalchemy.echo = true", "sqlalchemy.pool_size = 10"),
];

fn after(workspace: &Workspace, file: &str, from: &str, to: &str) -> String {
    let text = workspace.read(file);
    assert_eq!(text.matches(from).count(), 1, "{file}: {from}");
    text.replace(from, to)
}

/// The example's files as heal must leave them.
fn expected(workspace: &Workspace) -> Vec<(&'static str, String)> {
    EDITS.map(|(_, file, from, to)| (file, after(workspace, file, from, to))).to_vec()
}

#[test]
fn every_kind_of_file_is_shown_edited_and_put_back() {
    let workspace = Workspace::of_example("config-files");
    let check = workspace.heal(&["check"]);
    assert_eq!(check.code, 0, "{}{}", check.out, check.err);
    // One without a last line end, and one with a mark and CRLF.
    let gateway = workspace.read("app/gateway.toml");
    workspace.write("app/gateway.toml", &format!("\u{feff}{}", gateway.trim_end().replace('\n', "\r\n")));
    let before = workspace.tree();
    let expected = expected(&workspace);

    let (code, document) = workspace.json(&[]);
    assert_eq!(code, 1);
    assert_eq!(workspace.tree(), before, "a dry run changes nothing");
    let steps = document["plan"]["steps"].as_array().unwrap();
    for (fix, file, ..) in EDITS {
        let step = steps.iter().find(|step| step["fix"] == fix).unwrap_or_else(|| panic!("{fix}: {document}"));
        assert_eq!((step["kind"].as_str(), step["target"].as_str()), (Some("edit"), Some(file)));
    }

    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    for (file, text) in &expected {
        assert_eq!(workspace.read(file), *text, "{file}");
    }
    let undo = workspace.heal(&["undo"]);
    assert_eq!(undo.code, 0, "{}", undo.err);
    for (path, bytes) in before {
        if !bytes.is_empty() {
            assert_eq!(std::fs::read(workspace.file(path.to_str().unwrap())).unwrap(), bytes, "{}", path.display());
        }
    }
}

#[test]
fn the_diffs_apply_with_git() {
    let workspace = Workspace::of_example("config-files");
    // A secret near the value would be left out of the diff.
    workspace.edit("app/.env", "DATABASE_URL='postgres://app:p#ss@db/app'\n", "");
    let expected = expected(&workspace);
    let (_, document) = workspace.json(&[]);
    for step in document["plan"]["steps"].as_array().unwrap() {
        assert_eq!(step["diff_redacted"], false, "{step}");
        let mut git = Command::new("git")
            .args(["apply", "-"])
            .current_dir(workspace.path())
            .env("GIT_CEILING_DIRECTORIES", workspace.path().parent().unwrap())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut git.stdin.take().unwrap(), step["diff"].as_str().unwrap().as_bytes()).unwrap();
        assert!(git.wait().unwrap().success(), "{step}");
    }
    for (file, text) in expected {
        assert_eq!(workspace.read(file), text, "{file}");
    }
}

#[test]
fn what_is_not_exact_is_held_back_with_its_place_and_code() {
    let workspace = Workspace::of_example("config-files");
    for (file, from, to) in [
        ("etc/mysql/my.cnf", "expire_logs_days        = 10", "max_connections = 90"),
        ("etc/php/php.ini", "128M ; per", "128 ; per"),
        ("etc/systemd/system/app.service", "=90s", "=1min 30s"),
        ("etc/postgresql/postgresql.conf", "= 150", "= 'many'"),
        ("app/.gitconfig", "\textraHeader = X-A: 1", "\tpostbuffer = 2"),
        ("app/gateway.toml", "10.0 ", "1_0 "),
        ("app/settings.jsonc", "\"**/node", "\"**/target/**\": 0, \"**/target/**\": 1, \"**/node"),
        ("app/package.json", "\"node server.js\"", "\"node other.js\""),
        ("app/.env", "GREETING", "export WORKERS=2\nGREETING"),
        ("app/alembic.ini", "[loggers]", "[broken"),
    ] {
        workspace.edit(file, from, to);
    }
    let before = workspace.tree();
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    for (fix, place, code) in [
        ("more_mysql_connections", "etc/mysql/my.cnf:15:1: ", "(repeated_key)"),
        ("more_php_memory", "etc/php/php.ini:9:16: ", "(wrong_unit)"),
        ("longer_app_start", "etc/systemd/system/app.service:15:17: ", "(not_a_number)"),
        ("more_postgresql_connections", "etc/postgresql/postgresql.conf:12:19: ", "(not_a_number)"),
        ("larger_git_post", "app/.gitconfig:6:2: ", "(repeated_key)"),
        ("longer_gateway_timeout", "app/gateway.toml:12:11: ", "(not_a_number)"),
        ("fewer_watched_files", "app/settings.jsonc:7:24: ", "(duplicate_key)"),
        ("larger_node_heap", "app/package.json:6:14: ", "(unexpected_value)"),
        ("more_workers", "app/.env:5:8: ", "(repeated_key)"),
        ("larger_sqlalchemy_pool", "app/alembic.ini:10:1: ", "(not_ini)"),
    ] {
        let (reason, detail) = &held(&document, fix)[0];
        assert_eq!(reason, "refused_edit", "{fix}: {detail}");
        assert!(detail.starts_with(place) && detail.contains(code), "{fix}: {detail}");
        assert_eq!(code_of(&document, fix), code.trim_matches(['(', ')']), "{fix}");
    }
    let changed: Vec<_> = before.iter().filter(|(path, bytes)| workspace.tree().get(*path) != Some(bytes)).collect();
    assert!(changed.iter().all(|(path, _)| path.starts_with(".heal")), "{changed:?}");
}

#[test]
fn the_tables_are_checked_and_shown() {
    let workspace = Workspace::of_example("config-files");
    let shown = workspace.heal(&["fixes", "show", "longer_gateway_timeout"]).out;
    assert!(shown.contains("increase backends.[name=\"b\"].timeout by the factor 2, at most 60"), "{shown}");
    let shown = workspace.heal(&["fixes", "show", "larger_sqlalchemy_pool"]).out;
    assert!(shown.contains("edit app/alembic.ini: delete [alembic] sqlalchemy.echo"), "{shown}");
    for (from, to, words) in [
        (
            "file: app/alembic.ini, ini_path: [alembic, sqlalchemy.echo]",
            "file: app/x.conf, ini_path: [a, b]",
            "`dialect`",
        ),
        ("ini_path: [WORKERS]", "ini_path: [app, WORKERS]", "has no sections"),
        ("value: 524288000", "value: 524288000, dialect: gut", "did you mean `git`"),
        ("ini_path: [WORKERS]", "toml_path: []", "from 1 to 64 elements"),
    ] {
        let workspace = Workspace::of_example("config-files");
        workspace.edit("fixes/files.yaml", from, to);
        let ran = workspace.heal(&["check"]);
        assert_eq!(ran.code, 2, "{to}: {}", ran.out);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains("fixes/files.yaml:") && said.contains(words), "{to}: {said}");
    }
}

const BROKEN: &str = "# the application\ndb:\n  pool: ten\n  host: ''\n";

/// `app.yaml` was healed once, and then somebody broke it.
fn broken_after_a_fix(edit: &str) -> (Workspace, String) {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    let copy = workspace.read("app.yaml").replace("pool: 20", "pool: 10");
    workspace.write("app.yaml", BROKEN);
    workspace.append(
        "patterns/app.yaml",
        "  - {name: bad_config, regex: 'bad configuration', severity: high, category: configuration, description: d}\n",
    );
    workspace.append("fixes/app.yaml", &format!("  - name: back\n    for: [bad_config]\n    description: d\n    risk: safe\n    steps: [{{edit: {{file: app.yaml, {edit}}}}}]\n"));
    workspace.log("ERROR app: bad configuration");
    (workspace, copy)
}

#[test]
fn the_last_good_copy_comes_back_whole_or_in_part() {
    let (workspace, copy) = broken_after_a_fix("operation: restore");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(workspace.read("app.yaml"), copy);
    // What a restore replaced is no good copy.
    workspace.write("app.yaml", "broken: again\n");
    workspace.append(
        "patterns/app.yaml",
        "  - {name: worse, regex: 'worse', severity: high, category: configuration, description: d}\n",
    );
    workspace.append("fixes/app.yaml", "  - name: back_again\n    for: [worse]\n    description: d\n    risk: safe\n    steps: [{edit: {file: app.yaml, operation: restore}}]\n");
    workspace.log("ERROR app: worse");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), copy);
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), "broken: again\n");

    let (workspace, _) = broken_after_a_fix("yaml_path: [db, host], operation: restore");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), BROKEN.replace("''", "db1"));
}

#[test]
fn a_default_file_is_restored_from_when_its_owner_may_be_trusted() {
    let (workspace, _) = broken_after_a_fix("operation: restore, from: app.yaml.dist");
    let refused = |workspace: &Workspace| {
        let (_, document) = workspace.json(&["--apply"]);
        held(&document, "back")[0].clone()
    };
    let (reason, detail) = refused(&workspace);
    assert_eq!(reason, "refused_edit");
    assert!(detail.contains("app.yaml.dist") && detail.contains("(no_copy)"), "{detail}");
    workspace.write("app.yaml.dist", "db: {pool: 5}\n");
    let file = workspace.file("app.yaml.dist");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    assert!(refused(&workspace).1.contains("written by others"));
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), "db: {pool: 5}\n");
}

#[test]
fn without_a_copy_nothing_is_restored() {
    let workspace = Workspace::small();
    workspace.edit(
        "fixes/app.yaml",
        "yaml_path: [db, pool], operation: increase, factor: 2, max_value: 100",
        "operation: restore",
    );
    let (_, document) = workspace.json(&["--apply"]);
    let (reason, detail) = &held(&document, "raise_pool")[0];
    assert_eq!(reason, "refused_edit");
    assert!(detail.contains("heal holds no copy of app.yaml yet"), "{detail}");
    assert_eq!(code_of(&document, "raise_pool"), "no_copy");
}

#[test]
fn a_file_that_is_no_target_has_its_code_too() {
    let workspace = Workspace::small();
    std::fs::rename(workspace.file("app.yaml"), workspace.file("real.yaml")).unwrap();
    std::os::unix::fs::symlink("real.yaml", workspace.file("app.yaml")).unwrap();
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    assert_eq!(held(&document, "raise_pool")[0].0, "refused_edit");
    assert_eq!(code_of(&document, "raise_pool"), "symlink");
}

/// The code of the refusal that holds a fix back.
fn code_of<'d>(document: &'d serde_json::Value, fix: &str) -> &'d serde_json::Value {
    let held = document["plan"]["held_back"].as_array().unwrap();
    held.iter().find(|held| held["fix"] == fix).unwrap().get("code").unwrap()
}

#[test]
fn a_path_is_only_looked_at() {
    let workspace = Workspace::small();
    let look = "yaml_path: [db, pool], operation: increase, factor: 2, max_value: 100";
    workspace.edit("fixes/app.yaml", look, "yaml_path: [db, pool], operation: verify_only, expect_current: 20");
    let before = workspace.read("app.yaml");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    let (reason, detail) = &held(&document, "raise_pool")[0];
    assert_eq!(reason, "check_failed");
    assert!(detail.starts_with("app.yaml:3: the value is 10"), "{detail}");
    assert_eq!(*code_of(&document, "raise_pool"), serde_json::Value::Null, "no refusal");
    assert_eq!(workspace.read("app.yaml"), before);
}
