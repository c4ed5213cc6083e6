//! Hostile and odd logs: each handled, each in `coverage`.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;

use crate::workspace::Workspace;

fn states(document: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    document["coverage"].as_array().unwrap().iter().map(|one| (text(&one["source"]), text(&one["state"]))).collect()
}

#[test]
fn every_kind_of_file_has_its_entry() {
    let workspace = Workspace::small();
    workspace.write("logs/empty.log", "");
    std::fs::create_dir(workspace.file("logs/folder.log")).unwrap();
    std::fs::hard_link(workspace.file("logs/app.log"), workspace.file("logs/second.log")).unwrap();
    let status = std::process::Command::new("mkfifo").arg(workspace.file("logs/fifo.log")).status().unwrap();
    assert!(status.success());
    workspace.edit("heal.yaml", "{path: 'logs/*.log'}", "{path: 'logs/*.log'}, {path: 'none/*.log'}");
    let (_, document) = workspace.json(&[]);
    let found = states(&document);
    for expected in [
        ("logs/app.log", "ok"),
        ("logs/empty.log", "empty"),
        ("logs/folder.log", "skipped"),
        ("logs/second.log", "skipped"),
        ("logs/fifo.log", "skipped"),
    ] {
        assert!(
            found.iter().any(|(source, state)| (source.as_str(), state.as_str()) == expected),
            "{expected:?} {found:?}"
        );
    }
    assert!(found.iter().any(|(source, state)| source.ends_with("none/*.log") && state == "missing"), "{found:?}");
    assert_eq!(document["summary"]["errors"], 1, "one file under two names counts once");
}

#[test]
fn what_cannot_be_read_is_said() {
    const NOBODY: u32 = 65534;
    let workspace = Workspace::small();
    std::fs::set_permissions(workspace.file("logs/app.log"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = workspace.command(&["--json"]);
    if std::fs::read(workspace.file("logs/app.log")).is_ok() {
        // Root reads everything: somebody else looks, at a log that stays root's.
        for entry in walkdir::WalkDir::new(workspace.path()).into_iter().map(Result::unwrap) {
            if entry.file_name() != "app.log" {
                std::os::unix::fs::chown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        command.uid(NOBODY).gid(NOBODY);
        if let Err(error) = command.output() {
            println!("skipped: another user cannot run heal here: {error}");
            return;
        }
    }
    let ran = crate::workspace::ran(&mut command);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let document = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(states(&document)[0].1, "unreadable");
    assert_eq!(document["status"], "degraded");
}

#[test]
fn bytes_of_every_kind_are_text() {
    let workspace = Workspace::small();
    let mut log = Vec::new();
    log.extend_from_slice(b"2026-01-05 10:00:00 ERROR a: pool exhausted \xff\xfe\0 end\r\n");
    log.extend_from_slice(b"2026-01-05 10:00:01 ERROR a: pool exhausted ");
    log.extend(std::iter::repeat_n(b'x', 3 << 20));
    log.extend_from_slice(b"\n2026-01-05 10:00:02 ERROR a: pool exhausted again\n");
    std::fs::write(workspace.file("logs/app.log"), log).unwrap();
    let (_, document) = workspace.json(&[]);
    assert_eq!(document["incidents"][0]["count"], 3, "{}", document["coverage"]);
    assert_eq!(document["coverage"][0]["lines"], 3);
    assert!(!document["coverage"][0]["detail"].as_str().unwrap().is_empty(), "a line that was cut is reported");
    let longest =
        document["incidents"][0]["samples"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().len());
    assert!(longest.max().unwrap() <= 4200);
}

#[test]
fn a_half_line_waits_and_each_line_counts_once() {
    let workspace = Workspace::small();
    workspace.append("logs/app.log", "2026-01-05 10:00:05 ERROR app.db: pool exha");
    let (_, first) = workspace.json(&["--record"]);
    assert_eq!(first["summary"]["errors"], 1);
    workspace.append("logs/app.log", "usted, 11 in use\n");
    let (_, second) = workspace.json(&["--record"]);
    assert_eq!(second["summary"]["errors"], 1);
    assert_eq!(second["incidents"][0]["total"], 2);
    let (_, third) = workspace.json(&["--record"]);
    assert_eq!(third["summary"]["errors"], 0);
}

#[test]
fn the_window_holds_on_the_first_run_of_an_entry() {
    let workspace = Workspace::small();
    workspace.edit("heal.yaml", "window: all", "window: 60m");
    workspace.write("logs/app.log", "2025-01-05 10:00:00 ERROR app.db: pool exhausted long ago\n");
    workspace.log("ERROR app.db: pool exhausted, just now");
    let (_, document) = workspace.json(&["--record"]);
    assert_eq!(document["summary"]["errors"], 1);
    // A line appended since counts even when its stamp is older.
    workspace.append("logs/app.log", "2025-01-05 10:00:00 ERROR app.db: pool exhausted, a late line\n");
    let (_, document) = workspace.json(&["--record"]);
    assert_eq!(document["summary"]["errors"], 1);
}

#[test]
fn a_named_log_is_read_whole_and_touches_no_position() {
    let workspace = Workspace::small();
    workspace.write("other/x.log", "2025-01-05 10:00:00 ERROR app.db: pool exhausted\n");
    workspace.heal(&["--record"]);
    for _ in 0..2 {
        let (_, document) = workspace.json(&["--log", "other/x.log"]);
        assert_eq!(document["summary"]["errors"], 1);
    }
    let (_, document) = workspace.json(&["--record"]);
    assert_eq!(document["summary"]["errors"], 0);
    let (code, document) = workspace.json(&["--log", "other/none.log"]);
    assert_eq!((code, states(&document)), (1, vec![("other/none.log".to_owned(), "missing".to_owned())]));
}

#[test]
fn forged_lines_never_look_like_heals_own_words() {
    let workspace = Workspace::small();
    workspace.log("ERROR app.db: pool exhausted\n+++ b/etc/passwd\nNext\n  heal --apply --unsafe");
    let ran = workspace.heal(&["-v"]);
    let forged = ran.out.lines().filter(|line| line.starts_with("+++") || line.starts_with("Next")).count();
    assert!(forged <= 1, "{}", ran.out);
}

#[test]
fn a_crash_below_a_harmless_line_is_an_error() {
    let workspace = Workspace::empty();
    workspace.write(
        "a.log",
        "2025-12-04 14:30:22 INFO job started\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: no\n2025-12-04 14:30:23 INFO timeout set to 30\n",
    );
    let scan = workspace.heal(&["scan", "--unknown", "a.log"]);
    let events: Vec<serde_json::Value> = scan.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 1, "{}", scan.out);
    assert_eq!((events[0]["line"].as_u64(), events[0]["level"].as_str()), (Some(1), Some("error")));
}

#[test]
fn a_journal_has_its_entry_whatever_is_wrong_with_it() {
    let workspace = Workspace::small();
    let journals = "{path: 'logs/*.log'}, {journal: {directory: none}, name: gone}, \
                    {journal: {units: [nginx], priority: err, directory: empty}}, {journal: {directory: bad}, name: bad}";
    workspace.edit("heal.yaml", "{path: 'logs/*.log'}", journals);
    std::fs::create_dir(workspace.file("empty")).unwrap();
    workspace.write("bad/system.journal", "LPKSHHRH, and no more");
    let (_, document) = workspace.json(&["--record"]);
    let found = states(&document);
    let state = |name: &str| found.iter().find(|(source, _)| source == name).unwrap().1.as_str();
    assert_eq!(state("gone"), "missing");
    // A host without systemd has no journalctl.
    let there = std::path::Path::new("/usr/bin/journalctl").exists();
    let expected = if there { "empty" } else { "unreadable" };
    assert_eq!((state("journal:nginx.service"), state("bad")), (expected, expected));
    assert!(states(&workspace.json(&["--record"]).1).contains(&("bad".to_owned(), expected.to_owned())));
    assert_eq!(workspace.json(&["--log", "logs/app.log"]).1["coverage"].as_array().unwrap().len(), 1);
}
