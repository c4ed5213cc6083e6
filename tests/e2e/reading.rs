//! Every line once, wherever it stands: rotation, compression, windows, programs, standard input, silence.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::workspace::{Ran, Workspace};

fn workspace(entries: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("heal.yaml", &format!("logs: [{entries}]\nwindow: all\nai: {{enabled: false}}\n"));
    workspace
}

fn errors(workspace: &Workspace, arguments: &[&str]) -> u64 {
    workspace.json(arguments).1["summary"]["errors"].as_u64().unwrap()
}

fn of<'a>(document: &'a Value, source: &str) -> &'a Value {
    let all = document["coverage"].as_array().unwrap();
    all.iter().find(|one| one["source"] == source).unwrap_or_else(|| panic!("{source} in {all:?}"))
}

fn fed(workspace: &Workspace, arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = workspace.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn gzip(workspace: &Workspace, name: &str) {
    assert!(Command::new("gzip").arg(workspace.file(name)).status().unwrap().success());
}

#[test]
fn each_line_counts_once_over_every_rotation() {
    let workspace = workspace("{path: 'logs/*.log'}");
    let rename = |from: &str, to: &str| std::fs::rename(workspace.file(from), workspace.file(to)).unwrap();
    workspace.write("logs/app.log", "ERROR one\nERROR two\n");
    assert_eq!(errors(&workspace, &["--record"]), 2);
    // Renamed, and written on before the program opens the new file.
    workspace.append("logs/app.log", "ERROR three\n");
    rename("logs/app.log", "logs/app.log.1");
    workspace.write("logs/app.log", "ERROR four\n");
    let (_, document) = workspace.json(&["--record"]);
    assert_eq!(document["summary"]["errors"], 2);
    assert_eq!(of(&document, "logs/app.log.1")["lines"], 1);
    assert!(of(&document, "logs/app.log")["detail"].as_str().unwrap().contains("replaced"));
    // Compressed: nothing is new.
    gzip(&workspace, "logs/app.log.1");
    assert_eq!(errors(&workspace, &["--record"]), 0);
    // Twice between two runs, the older one compressed at once.
    workspace.append("logs/app.log", "ERROR five\n");
    rename("logs/app.log.1.gz", "logs/app.log.3.gz");
    rename("logs/app.log", "logs/app.log.2");
    gzip(&workspace, "logs/app.log.2");
    workspace.write("logs/app.log.1", "ERROR six\n");
    workspace.write("logs/app.log", "ERROR seven\n");
    assert_eq!(errors(&workspace, &["--record"]), 3);
    // Copied and cut, and grown past where it was.
    std::fs::copy(workspace.file("logs/app.log"), workspace.file("logs/app.log-20261121")).unwrap();
    std::fs::write(workspace.file("logs/app.log"), "ERROR eight, which is longer than what was there\n").unwrap();
    assert_eq!(errors(&workspace, &["--record"]), 1);
    assert_eq!(errors(&workspace, &["--record"]), 0);
    assert_eq!(errors(&workspace, &[]), 0);
}

#[test]
fn a_link_that_moved_on_is_read_to_its_end() {
    let workspace = workspace("{path: logs/current.log}");
    workspace.write("logs/app-2026-11-23.log", "ERROR one\n");
    let link = |target: &str| {
        let _ = std::fs::remove_file(workspace.file("logs/current.log"));
        std::os::unix::fs::symlink(target, workspace.file("logs/current.log")).unwrap();
    };
    link("app-2026-11-23.log");
    assert_eq!(errors(&workspace, &["--record"]), 1);
    workspace.append("logs/app-2026-11-23.log", "ERROR two\n");
    workspace.write("logs/app-2026-11-24.log", "ERROR three\n");
    link("app-2026-11-24.log");
    assert_eq!(errors(&workspace, &["--record"]), 2);
    assert_eq!(errors(&workspace, &["--record"]), 0);
}

#[test]
fn since_and_until_choose_what_a_dry_run_sees() {
    let workspace = workspace("{path: app.log}");
    workspace
        .write("app.log", "2026-01-01 10:00:00 ERROR a\n2026-01-02 10:00:00 ERROR b\n2026-01-03 10:00:00 ERROR c\n");
    assert_eq!(errors(&workspace, &["--record"]), 3);
    for (arguments, count) in [
        (&["--since", "all"][..], 3),
        (&["--since", "2026-01-02"], 2),
        (&["--since", "2026-01-02", "--until", "2026-01-02 12:00"], 1),
        (&["--until", "2026-01-01 12:00"], 1),
        (&["--since", "2h"], 0),
        (&["--record", "--since", "all"], 0),
    ] {
        assert_eq!(errors(&workspace, arguments), count, "{arguments:?}");
    }
    assert_eq!(workspace.heal(&["--record", "--until", "2h"]).code, 2);
    for arguments in [&["--since", "30m", "--until", "2h"][..], &["history", "--since", "30m", "--until", "2h"]] {
        let ran = workspace.heal(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains("write `--since 2h --until 30m`"), "{}", ran.err);
        let document = serde_json::from_str::<Value>(&workspace.heal(&[arguments, &["--json"]].concat()).out).unwrap();
        assert!(document.to_string().contains("nothing lies between"), "{document}");
    }
}

#[test]
fn a_program_is_a_source() {
    let workspace = workspace("{name: app, command: [cat, out.txt]}, {name: bad, command: [ls, /no/such/thing]}");
    workspace.write("out.txt", "ERROR one\nERROR two\n");
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &document["summary"]["errors"]), (1, &Value::from(2)));
    assert_eq!(of(&document, "bad")["state"], "unreadable");
    assert!(of(&document, "bad")["detail"].as_str().unwrap().contains("/no/such/thing"), "{document}");
    workspace.append("out.txt", "ERROR three\n");
    assert_eq!(errors(&workspace, &["--record"]), 1);
    assert_eq!(errors(&workspace, &["--record"]), 0);
}

#[test]
fn a_program_that_takes_too_long_is_stopped_and_its_words_are_told() {
    let slow = "echo ERROR early; echo cannot reach the daemon >&2; sleep 60";
    let workspace = workspace(&format!("{{name: slow, command: [sh, -c, '{slow}'], timeout: 1s}}"));
    let (code, document) = workspace.json(&[]);
    assert_eq!((code, &document["summary"]["errors"]), (1, &1.into()));
    let coverage = of(&document, "slow");
    assert_eq!(coverage["state"], "truncated");
    let detail = coverage["detail"].as_str().unwrap();
    assert!(detail.contains("longer than 1 s") && detail.contains("cannot reach the daemon"), "{detail}");
}

#[test]
fn an_application_reports_on_standard_input() {
    let workspace = workspace("{path: app.log}");
    let ran = fed(&workspace, &["--json", "--log", "-"], br#"{"message":"pool exhausted","service":"shop","timestamp":"2026-01-01T10:00:00Z","stack_trace":"Traceback","context":{"user":7}}"#);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["summary"]["errors"], 1, "{}", ran.err);
    assert_eq!(document["incidents"][0]["samples"][0]["source"], "shop");
    assert_eq!(document["incidents"][0]["last_seen"], "2026-01-01T10:00:00+00:00");
    let ran =
        fed(&workspace, &["--json", "--log", "-"], b"{\"message\":\"all is well\",\"level\":\"info\"}\nINFO fine\n");
    assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["summary"]["errors"], 0);
}

#[test]
fn a_report_of_megabytes_keeps_its_level_its_service_and_its_message() {
    let workspace = workspace("{path: app.log}");
    for size in [100 << 10, 3 << 20] {
        let report = |end: &str| format!(r#"{{"context":{{"level":"debug","x":"{}"}}{end}}}"#, "z".repeat(size)) + "\n";
        let told = report(r#","message":"pool exhausted","service":"shop","level":"critical""#);
        let quiet = report(r#","message":"all is well","level":"info""#);
        let plain = report(r#","message":"it broke""#);
        let ran = fed(&workspace, &["--json", "--log", "-"], [told, quiet, plain].concat().as_bytes());
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(document["summary"]["errors"], 2, "{}", document["incidents"]);
        let incidents = document["incidents"].as_array().unwrap();
        let of = |template: &str| incidents.iter().find(|one| one["template"] == template).unwrap();
        assert_eq!(
            (&of("pool exhausted")["severity"], &of("it broke")["severity"]),
            (&"critical".into(), &"medium".into())
        );
        assert_eq!(of("pool exhausted")["samples"][0]["source"], "shop");
    }
}

#[test]
fn scan_tells_the_same_of_every_form_of_a_text() {
    let workspace = Workspace::empty();
    let text = "2026-01-01 10:00:00 INFO start\n2026-01-01 10:00:01 ERROR boom\n  at x\nERROR half";
    workspace.write("a.log", text);
    std::fs::copy(workspace.file("a.log"), workspace.file("b.log")).unwrap();
    gzip(&workspace, "b.log");
    let plain = workspace.heal(&["scan", "--unknown", "a.log"]);
    assert_eq!((plain.code, plain.out.lines().count()), (0, 2), "{}", plain.err);
    let packed = workspace.heal(&["scan", "--unknown", "b.log.gz"]);
    assert_eq!(packed.out.replace("b.log.gz", "a.log"), plain.out);
    let piped = fed(&workspace, &["scan", "--unknown", "-"], text.as_bytes());
    assert_eq!(piped.out.replace("\"-\"", "\"a.log\""), plain.out);
    let all = workspace.heal(&["scan", "--all", "a.log"]);
    let lines: Vec<Value> = all.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 4]);
    assert!(plain.out.lines().all(|line| all.out.contains(line)));
    // A damaged one gives what came before, and is told.
    let bytes = std::fs::read(workspace.file("b.log.gz")).unwrap();
    std::fs::write(workspace.file("cut.log.gz"), &bytes[..bytes.len() - 12]).unwrap();
    let cut = workspace.heal(&["scan", "--unknown", "cut.log.gz"]);
    assert_eq!(cut.code, 2);
    assert!(cut.err.contains("truncated") || cut.err.contains("unreadable"), "{}", cut.err);
}

#[test]
fn a_log_that_went_silent_is_told() {
    let workspace = workspace("{path: app.log}, {path: other.log, expect: 10m}");
    let hours_ago = |name: &str, hours: u64| {
        let file = std::fs::File::options().append(true).open(workspace.file(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
    };
    let tick = |minute: u32| format!("2026-01-01 {:02}:{:02}:00 INFO tick\n", minute / 60, minute % 60);
    let lines = (0..200).map(tick).collect::<Vec<_>>().concat();
    workspace.write("app.log", &lines);
    workspace.write("other.log", "INFO tick\n");
    assert_eq!(workspace.json(&["--record"]).0, 0);
    hours_ago("app.log", 5);
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &of(&document, "app.log")["state"]), (1, &Value::from("silent")), "{document}");
    assert_eq!(document["status"], "degraded");
    // Once.
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &of(&document, "app.log")["state"]), (0, &Value::from("silent")));
    // What is expected, each time.
    hours_ago("other.log", 1);
    for _ in 0..2 {
        let (code, document) = workspace.json(&["--record"]);
        assert_eq!((code, &of(&document, "other.log")["state"]), (1, &Value::from("silent")));
    }
    workspace.append("app.log", "2026-01-01 04:00:00 INFO tick\n");
    assert_eq!(of(&workspace.json(&["--record"]).1, "app.log")["state"], "ok");
}

#[test]
fn rounds_repeat_until_a_signal_comes() {
    let workspace = workspace("{path: app.log}");
    workspace.write("app.log", "ERROR one\n");
    let ran = workspace.heal(&["--record", "--continuous", "--interval", "1s", "--max-iterations", "2"]);
    assert_eq!(ran.code, 0, "nothing is new in the second round: {}", ran.err);
    let mut child = workspace
        .command(&["--record", "--continuous", "--interval", "60"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "it waits for its next round");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // A round that fails is told, and the next one tries again.
    workspace.write("heal.yaml", "logs: 7\n");
    let ran = workspace.heal(&["--continuous", "--interval", "1s", "--max-iterations", "2"]);
    assert_eq!((ran.code, ran.err.matches("heal.yaml").count() >= 2), (2, true), "{}", ran.err);
}

#[test]
fn a_clear_date_tells_the_order_also_in_a_stream() {
    let workspace = workspace("");
    let log = "12/04/2025 14:30:22 ERROR a\n13/04/2025 14:30:22 ERROR b\n";
    let first = |ran: &Ran| {
        let line: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
        line["time"].as_str().unwrap_or_else(|| panic!("{}", ran.out))[..10].to_owned()
    };
    assert_eq!(first(&fed(&workspace, &["scan", "--all", "-"], log.as_bytes())), "2025-04-12");
    workspace.write("a.log", log);
    gzip(&workspace, "a.log");
    assert_eq!(first(&workspace.heal(&["scan", "--all", "a.log.gz"])), "2025-04-12");
    let packed = std::fs::read(workspace.file("a.log.gz")).unwrap();
    assert_eq!(first(&fed(&workspace, &["scan", "--all", "-"], &packed)), "2025-04-12");
}

#[test]
fn what_could_not_be_read_to_its_end_is_trouble_until_it_can() {
    let workspace = workspace("{path: 'logs/*.log*'}");
    let lines: Vec<String> = (0..5000).map(|number| format!("ERROR item {} failed\n", number * 7919 % 5003)).collect();
    workspace.write("logs/a.log.1", &lines.concat());
    gzip(&workspace, "logs/a.log.1");
    let whole = std::fs::read(workspace.file("logs/a.log.1.gz")).unwrap();
    std::fs::write(workspace.file("logs/a.log.1.gz"), &whole[..whole.len() / 2]).unwrap();
    let (_, before) = workspace.json(&["--record"]);
    let (_, again) = workspace.json(&["--record"]);
    assert_eq!((&again["status"], &again["summary"]["errors"]), (&Value::from("degraded"), &Value::from(0)));
    assert_eq!(of(&again, "logs/a.log.1.gz")["state"], "truncated");
    std::fs::write(workspace.file("logs/a.log.1.gz"), &whole).unwrap();
    let (_, after) = workspace.json(&["--record"]);
    let sum = [&before, &after].map(|one| one["summary"]["errors"].as_u64().unwrap()).iter().sum::<u64>();
    assert!((5000..=5001).contains(&sum), "the line at the cut may count as half and as rest: {sum}");
    assert_eq!(of(&workspace.json(&["--record"]).1, "logs/a.log.1.gz")["state"], "empty");
}

#[test]
fn what_a_tool_leaves_behind_compressed_text_is_no_damage() {
    let workspace = workspace("{path: 'logs/*.gz'}");
    for (name, behind) in [("padded", &[0; 10_240][..]), ("odd", b"garbage")] {
        workspace.write(&format!("logs/{name}.log"), &format!("ERROR {name}\n"));
        gzip(&workspace, &format!("logs/{name}.log"));
        let path = workspace.file(&format!("logs/{name}.log.gz"));
        std::fs::File::options().append(true).open(path).unwrap().write_all(behind).unwrap();
    }
    let (_, document) = workspace.json(&["--record"]);
    assert_eq!(document["summary"]["errors"], 2);
    for (name, detail) in [("padded", ""), ("odd", "left out")] {
        let coverage = of(&document, &format!("logs/{name}.log.gz"));
        assert_eq!((&coverage["state"], &coverage["lines"]), (&"ok".into(), &1.into()), "{document}");
        let told = coverage["detail"].as_str().unwrap();
        assert!(told.contains(detail) && told.is_empty() == detail.is_empty(), "{told}");
    }
    assert_eq!(workspace.json(&["--record"]).1["status"], "healthy");
}

/// A workspace that belongs to somebody who is not root, and heal run by them; `None` where that cannot be.
fn somebody(workspace: &Workspace) -> Option<impl Fn() -> Value + '_> {
    use std::os::unix::process::CommandExt as _;

    const NOBODY: u32 = 65534;
    let own = |path: &std::path::Path| std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).is_ok();
    let record = move || {
        let root = walkdir::WalkDir::new(workspace.path()).into_iter().flatten().all(|entry| own(entry.path()));
        let mut command = workspace.command(&["--json", "--record"]);
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    };
    if let Err(error) = record().output() {
        println!("skipped: another user cannot run heal here: {error}");
        return None;
    }
    Some(move || serde_json::from_str(&crate::workspace::ran(&mut record()).out).unwrap())
}

#[test]
fn what_could_not_be_opened_for_a_while_counts_once_when_it_can() {
    use std::os::unix::fs::PermissionsExt as _;

    let workspace = workspace("{path: 'logs/*.log'}");
    workspace.write("logs/app.log", "ERROR 0\n");
    let Some(heal) = somebody(&workspace) else { return };
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(workspace.file(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let count = |document: &Value| document["summary"]["errors"].as_u64().unwrap();
    // Written to while nobody may look: what is closed, and the mode that opens it.
    for (closed, open) in [("logs/app.log", 0o644), ("logs", 0o755)] {
        for shut in [0o000, 0o600] {
            workspace.append("logs/app.log", "ERROR 1\n");
            mode(closed, if closed == "logs" { shut } else { 0 });
            for _ in 0..2 {
                let document = heal();
                assert_eq!((count(&document), &document["status"]), (0, &"degraded".into()));
                let coverage = document["coverage"].as_array().unwrap();
                assert!(coverage.iter().any(|one| one["state"] == "unreadable"), "{document}");
                assert!(!document["coverage"].to_string().contains("from its start"), "nobody knows: {document}");
            }
            workspace.append("logs/app.log", "ERROR 2\n");
            mode(closed, open);
            assert_eq!((count(&heal()), count(&heal())), (2, 0), "{closed} {shut:o}");
        }
    }
    // A rotated part that cannot be opened, twice; the second time compressed, and its inode given to the new log.
    for packed in [false, true] {
        let part = if packed { "logs/app.log.2.gz" } else { "logs/app.log.1" };
        workspace.append("logs/app.log", "ERROR 3\n");
        std::fs::rename(workspace.file("logs/app.log"), workspace.file(part.trim_end_matches(".gz"))).unwrap();
        if packed {
            gzip(&workspace, part.trim_end_matches(".gz"));
        }
        workspace.write("logs/app.log", if packed { "ERROR 5\n" } else { "ERROR 4\n" });
        mode(part, 0);
        let document = heal();
        assert_eq!((count(&document), &of(&document, part)["state"]), (1, &"unreadable".into()), "{document}");
        mode(part, 0o644);
        assert_eq!((count(&heal()), count(&heal())), (1, 0), "{part}");
    }
}

#[test]
fn what_is_required_or_expected_must_be_a_file() {
    let workspace = workspace("{path: 'r.log', required: true}");
    std::fs::create_dir(workspace.file("r.log")).unwrap();
    let (code, document) = workspace.json(&[]);
    assert_eq!((code, &document["status"]), (1, &Value::from("degraded")), "{}", document["coverage"]);
    workspace.edit("heal.yaml", "{path: 'r.log', required: true}", "{path: 'gone.log', expect: 10m}");
    let (code, document) = workspace.json(&[]);
    assert_eq!((code, &of(&document, "gone.log")["state"]), (1, &Value::from("missing")));
    // A second name of what another entry reads is no trouble.
    workspace.write("a.log", "INFO a\n");
    workspace.edit(
        "heal.yaml",
        "{path: 'gone.log', expect: 10m}",
        "{path: 'a.log'}, {path: './a.log', required: true}",
    );
    assert_eq!(workspace.json(&[]).0, 0);
}

#[test]
fn a_file_that_vanished_is_forgotten_after_a_month_and_not_before() {
    let workspace = workspace("{path: 'logs/*.log'}");
    workspace.write("logs/a.log", "ERROR a\n");
    workspace.write("logs/b.log", "ERROR b\n");
    assert_eq!(errors(&workspace, &["--record"]), 2);
    std::fs::rename(workspace.file("logs/a.log"), workspace.file("a.away")).unwrap();
    assert_eq!(errors(&workspace, &["--record"]), 0);
    let database = || rusqlite::Connection::open(workspace.path().join(".heal/heal.db")).unwrap();
    let count = |sql: &str| database().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let gone = "SELECT COUNT(*) FROM positions WHERE json_extract(rhythm, '$.gone') IS NOT NULL";
    assert_eq!(count(gone), 1);
    std::fs::rename(workspace.file("a.away"), workspace.file("logs/a.log")).unwrap();
    assert_eq!((errors(&workspace, &["--record"]), count(gone)), (0, 0), "it came back, and counted before");
    std::fs::remove_file(workspace.file("logs/a.log")).unwrap();
    assert_eq!((errors(&workspace, &["--record"]), count(gone)), (0, 1));
    database()
        .execute_batch(
            "UPDATE positions SET rhythm = json_set(rhythm, '$.gone', 1) WHERE json_extract(rhythm, '$.gone') > 0;
             DELETE FROM upkeep;",
        )
        .unwrap();
    workspace.append("logs/b.log", "ERROR c\n");
    assert_eq!(errors(&workspace, &["--record"]), 1);
    assert_eq!(count("SELECT COUNT(*) FROM positions"), 1);
}

#[test]
fn an_entry_that_was_removed_is_forgotten_after_a_month_and_not_before() {
    let workspace = workspace("{path: a.log}, {path: b.log}, {name: c, command: [cat, c.txt]}, {path: none.log}");
    let all = workspace.read("heal.yaml");
    workspace.write("a.log", "ERROR a\n");
    workspace.write("b.log", "ERROR b\n");
    workspace.write("c.txt", "ERROR c\n");
    assert_eq!(errors(&workspace, &["--record"]), 3);
    let less = all.replace("{path: a.log}, ", "").replace("{name: c, command: [cat, c.txt]}, ", "");
    workspace.write("heal.yaml", &less);
    workspace.append("a.log", "ERROR a, while nobody looked\n");
    workspace.append("c.txt", "ERROR c, while nobody looked\n");
    let database = || rusqlite::Connection::open(workspace.path().join(".heal/heal.db")).unwrap();
    database().execute_batch("DELETE FROM upkeep").unwrap();
    assert_eq!(errors(&workspace, &["--record"]), 0);
    workspace.write("heal.yaml", &all);
    assert_eq!(errors(&workspace, &["--record"]), 2, "it came back soon: what was written since, and no more");
    workspace.write("heal.yaml", &less);
    assert_eq!(errors(&workspace, &["--record"]), 0);
    database()
        .execute_batch(
            "UPDATE positions SET rhythm = json_set(rhythm, '$.gone', 1) WHERE json_extract(rhythm, '$.gone') > 0;
             UPDATE runs SET started_at = '2020-01-01T00:00:00.000000Z';
             DELETE FROM upkeep;",
        )
        .unwrap();
    assert_eq!(errors(&workspace, &["--record"]), 0);
    let count = |sql: &str| database().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let left = ["positions", "commands", "entries"].map(|table| count(&format!("SELECT COUNT(*) FROM {table}")));
    assert_eq!(left, [1, 0, 2], "what is configured stays, seen or not");
    workspace.write("heal.yaml", &all.replace("window: all", "window: 60m"));
    assert_eq!(errors(&workspace, &["--record"]), 4, "it begins anew: a file without stamps was written just now");
}

#[test]
fn lines_of_a_window_have_no_numbers_where_all_too_many_stand_before_it() {
    use std::io::Write as _;

    let workspace = Workspace::small();
    let file = std::fs::File::create(workspace.file("logs/app.log")).unwrap();
    let mut file = std::io::BufWriter::new(file);
    let now = chrono::Utc::now();
    let padding = "x".repeat(4000);
    // Ten days in order, 280 MiB of them.
    for number in 0..70_000 {
        let time = now - chrono::TimeDelta::seconds((70_000 - number) * 12);
        writeln!(file, "{} INFO app: fine {padding}", time.format("%Y-%m-%d %H:%M:%S")).unwrap();
    }
    writeln!(file, "{} ERROR app.db: pool exhausted, 10 in use", now.format("%Y-%m-%d %H:%M:%S")).unwrap();
    file.flush().unwrap();
    let (_, document) = workspace.json(&["--since", "60m"]);
    assert_eq!(document["summary"]["errors"], 1, "{document:#}");
    assert_eq!(document["incidents"][0]["samples"][0]["line"], 0);
    assert!(document["coverage"][0]["detail"].as_str().unwrap().contains("have no numbers"), "{document:#}");
    let (_, document) = workspace.json(&["--since", "all"]);
    assert_eq!(document["incidents"][0]["samples"][0]["line"], 70_001);
}
