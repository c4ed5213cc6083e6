//! The dry run: shows all, changes nothing.

use std::process::Command;

use crate::workspace::{Workspace, held};

#[test]
fn the_example_shows_a_bad_night_and_five_fixes() {
    let workspace = Workspace::example();
    let before = workspace.tree();
    let ran = workspace.heal(&["--no-ai"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(workspace.tree(), before, "a dry run without a model creates nothing at all");
    for words in [
        "critical: ",
        "5 fixes would be applied; nothing was changed.",
        "raise_first_chunk_timeout",
        "-first_chunk_timeout = 5",
        "+first_chunk_timeout = 10",
        "+  timeout: 45",
        "+  max_retries: 5",
        "+  use_authentication: true",
        "clients_follow_redirects",
        "check_failed",
        "heal --apply",
    ] {
        assert!(ran.out.contains(words), "{words:?} is not in\n{}", ran.out);
    }
    assert!(!ran.out.contains('\x1b'), "no colour on a pipe");
    let too_wide =
        ran.out.lines().filter(|line| line.chars().count() > 80 && !line.starts_with("    ")).collect::<Vec<_>>();
    assert!(too_wide.is_empty(), "{too_wide:?}");
}

#[test]
fn all_ten_kinds_are_counted_once_each_record() {
    let workspace = Workspace::example();
    let (code, document) = workspace.json(&["--no-ai"]);
    assert_eq!(code, 1);
    let counts: Vec<(&str, u64)> = document["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|incident| Some((incident["pattern"].as_str()?, incident["count"].as_u64()?)))
        .collect();
    for expected in [
        ("ffmpeg_timeout", 14),
        ("ffmpeg_demuxing_error", 6),
        ("connection_refused", 11),
        ("archive_org_redirect", 7),
        ("stream_not_found", 5),
        ("http_error", 18),
        ("database_error", 4),
        ("authentication_error", 6),
        ("timeout_general", 9),
        ("file_not_found", 4),
    ] {
        assert!(counts.contains(&expected), "{expected:?} is not among {counts:?}");
    }
    let total: u64 = document["incidents"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum();
    assert_eq!(document["summary"]["errors"], total);
    assert_eq!(document["summary"]["fixes_planned"], 5);
    assert_eq!(document["analysis"]["state"], "off");
    assert_eq!(held(&document, "clients_follow_redirects")[0].0, "check_failed");
}

#[test]
fn each_diff_applies_on_what_the_one_before_gave() {
    let workspace = Workspace::example();
    let (_, document) = workspace.json(&["--no-ai"]);
    let (by_git, by_patch) = (Workspace::example(), Workspace::example());
    for step in document["plan"]["steps"].as_array().unwrap() {
        assert_eq!(step["diff_redacted"], false);
        for folder in [&by_git, &by_patch] {
            folder.write("step.patch", step["diff"].as_str().unwrap());
        }
        let git = Command::new("git").args(["apply", "step.patch"]).current_dir(by_git.path()).status().unwrap();
        let patch = Command::new("patch").args(["-p1", "-s", "-i", "step.patch"]).current_dir(by_patch.path()).status();
        assert!(git.success() && patch.unwrap().success(), "{step}");
    }
    workspace.heal(&["--no-ai", "--apply"]);
    for file in ["config.yaml", "streamtv/streaming.py"] {
        assert_eq!(workspace.read(file), by_git.read(file));
        assert_eq!(workspace.read(file), by_patch.read(file));
    }
}

#[test]
fn secrets_and_terminal_tricks_do_not_get_out() {
    let workspace = Workspace::small();
    workspace.edit("app.yaml", "  host: db1\n", "  password: hunter2secret\n");
    workspace.log("ERROR app.db: pool exhausted password=hunter3secret \x1b]0;owned\x07\u{202e}gnp");
    workspace.log("ERROR app: login failed, Authorization: Bearer abcdef0123456789abcdef");
    for arguments in [&["-v"][..], &["--json"], &["--apply"], &["--json"]] {
        let ran = workspace.heal(arguments);
        let all = ran.out.clone() + &ran.err;
        for planted in ["hunter2secret", "hunter3secret", "abcdef0123456789", "\x1b]", "\u{202e}"] {
            assert!(!all.contains(planted), "{planted:?} got out of {arguments:?}:\n{all}");
        }
    }
    let database = std::fs::read(workspace.file(".heal/heal.db")).unwrap();
    for planted in ["hunter2secret", "hunter3secret", "abcdef0123456789"] {
        assert!(memchr::memmem::find(&database, planted.as_bytes()).is_none(), "{planted} is stored");
    }
}

#[test]
fn a_secret_in_a_changed_line_is_redacted_and_said() {
    let workspace = Workspace::small();
    workspace.write("app.yaml", "db:\n  dsn: \"postgres://app:s3cretpassw0rd@db:5432/app?pool=10\"\n");
    workspace.write(
        "fixes/app.yaml",
        "fixes:\n  - name: raise_pool\n    for: [pool_exhausted]\n    description: d\n    risk: safe\n    steps:\n      - edit: {file: app.yaml, regex: 'pool=(?P<value>\\d+)', operation: increase, factor: 2}\n",
    );
    let (_, document) = workspace.json(&[]);
    let step = &document["plan"]["steps"][0];
    assert_eq!(step["diff_redacted"], true, "{step}");
    assert!(!step["diff"].as_str().unwrap().contains("s3cretpassw0rd"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert!(workspace.read("app.yaml").contains("app:s3cretpassw0rd@db:5432/app?pool=20"));
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let workspace = Workspace::small();
    let forced = crate::workspace::ran(workspace.command(&[]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.out.contains("\x1b[32m+  pool: 20"), "{}", forced.out);
    let none = crate::workspace::ran(workspace.command(&[]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
    assert!(!none.out.contains('\x1b'));
}

#[test]
fn the_text_report_reads_as_it_should() {
    let workspace = Workspace::small();
    workspace.write("logs/app.log", "2026-01-05 10:00:00 ERROR app.db: pool exhausted, 10 in use\n2026-01-05 10:00:07 ERROR app.web: worker 3 died\n");
    let ran = workspace.heal(&[]);
    snapbox::assert_data_eq!(ran.out, snapbox::file!["snapshots/dry_run.txt"]);
}
