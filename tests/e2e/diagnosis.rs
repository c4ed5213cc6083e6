//! What rules say without a model, and what is learned from errors that no pattern knows.

use serde_json::Value;

use crate::memory::told;
use crate::workspace::{HEAL, Ran, Workspace};

const PATTERNS: &str = "\
patterns:
  - name: db_refused
    regex: 'db:5432: connection refused'
    severity: medium
    category: database
    description: The database refuses connections
    advice: See whether the database runs.
  - name: bad_gateway
    regex: 'HTTP 502'
    severity: high
    category: http
    description: The upstream does not answer
    advice: Look at the upstream.
";

fn world(lines: &[String]) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("heal.yaml", HEAL);
    workspace.write("patterns/app.yaml", PATTERNS);
    workspace.write("logs/app.log", &lines.concat());
    workspace
}

fn stamped(at: chrono::DateTime<chrono::Utc>, text: &str) -> String {
    format!("{} {text}\n", at.format("%Y-%m-%d %H:%M:%S%.3f"))
}

/// One database error, and 40 errors of what needs it that begin `lead` milliseconds later.
fn outbreak(at: chrono::DateTime<chrono::Utc>, lead: i64) -> Vec<String> {
    let ms = chrono::TimeDelta::milliseconds;
    let mut lines = vec![stamped(at, "ERROR app.db: db:5432: connection refused")];
    let from = at + ms(lead);
    lines.extend((0..40).map(|number| stamped(from + ms(number * 10), "ERROR app.web: HTTP 502 for GET /")));
    lines
}

fn incident<'a>(document: &'a Value, pattern: &str) -> &'a Value {
    document["incidents"].as_array().unwrap().iter().find(|one| one["pattern"] == pattern).unwrap()
}

fn cause(document: &Value, pattern: &str) -> String {
    incident(document, pattern)["diagnosis"]["likely_cause"].as_str().unwrap_or_default().to_owned()
}

fn is_narrow(ran: &Ran) {
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn what_began_first_is_told_with_how_often_it_held() {
    let now = chrono::Utc::now();
    let workspace = world(&outbreak(now - chrono::TimeDelta::hours(6), 2000));
    let (_, document) = workspace.json(&["--record"]);
    let first = cause(&document, "bad_gateway");
    assert!(first.starts_with("db_refused (db:5432), which began ") && first.contains(", 2 s before"), "{first}");
    assert!(first.contains("no earlier outbreak"), "{first}");
    workspace.append("logs/app.log", &outbreak(now - chrono::TimeDelta::hours(3), 5000).concat());
    workspace.heal(&["--record"]);
    workspace.append("logs/app.log", &outbreak(now - chrono::TimeDelta::minutes(5), 3000).concat());
    let (_, document) = workspace.json(&[]);
    let third = cause(&document, "bad_gateway");
    assert!(third.contains("3 s before") && third.ends_with("held in 2 of 2 earlier outbreaks"), "{third}");
    assert_eq!(incident(&document, "db_refused")["diagnosis"]["likely_cause"], Value::Null);
    let told = document["summary"]["recommendations"].as_array().unwrap();
    let first = told[0].as_str().unwrap();
    assert!(first.starts_with("1x db_refused (db:5432) since ") && first.contains("logs/app.log:83"), "{first}");
    assert!(first.contains("look here first") && first.ends_with("See whether the database runs."), "{first}");
    let ran = workspace.heal(&[]);
    is_narrow(&ran);
    for words in ["likely cause: db_refused (db:5432)", "diagnosis: started", "What to look at"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}

#[test]
fn show_tells_the_diagnosis_of_the_last_run_that_saw_it() {
    let now = chrono::Utc::now();
    let workspace = world(&outbreak(now - chrono::TimeDelta::minutes(5), 2000));
    let (_, document) = workspace.json(&["--record"]);
    let seen = incident(&document, "bad_gateway");
    let id = seen["id"].as_str().unwrap();
    workspace.heal(&["--record"]);
    let shown = told(&workspace, "show", &["show", id]);
    assert_eq!(shown["diagnosis"]["run"], document["run"]["id"]);
    assert_eq!(shown["diagnosis"]["likely_cause"], seen["diagnosis"]["likely_cause"]);
    assert_eq!(shown["diagnosis"]["facts"], seen["diagnosis"]["facts"]);
    assert!(shown["diagnosis"]["likely_cause"].as_str().unwrap().contains("2 s before"));
    let advice = shown["recommendations"][0].as_str().unwrap();
    assert!(advice.starts_with("40x bad_gateway") && advice.ends_with("Look at the upstream."), "{advice}");
    let ran = workspace.heal(&["show", id]);
    is_narrow(&ran);
    for words in ["Diagnosis of run ", "likely cause: db_refused (db:5432)", "What to look at"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}

#[test]
fn a_cause_is_named_with_what_most_of_its_events_are_about() {
    let now = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
    let mut lines: Vec<String> = (0..9)
        .map(|number| {
            let host = if number == 4 { "cache:6379" } else { "db:5432" };
            let at = now + chrono::TimeDelta::milliseconds(number);
            stamped(at, &format!("ERROR app.pool: no answer from {host} in time, giving up"))
        })
        .collect();
    lines.extend(outbreak(now + chrono::TimeDelta::seconds(2), 500).drain(1..));
    let (_, document) = world(&lines).json(&[]);
    let cause = cause(&document, "bad_gateway");
    assert!(cause.contains("\" (db:5432), which began "), "{cause}");
}

#[test]
fn what_others_need_is_the_cause_when_it_is_seen_a_little_later() {
    let now = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
    let workspace = world(&outbreak(now, -700));
    let (_, document) = workspace.json(&[]);
    assert!(cause(&document, "db_refused").contains("0.7 s before"), "the times alone point the other way");
    workspace.write("heal.yaml", &format!("{HEAL}depends_on: {{http: [database]}}\n"));
    let (_, document) = workspace.json(&[]);
    assert_eq!(cause(&document, "db_refused"), "");
    let cause = cause(&document, "bad_gateway");
    assert!(cause.contains("db_refused") && cause.contains("depends_on"), "{cause}");
}

#[test]
fn a_burst_is_told_with_what_is_usual() {
    let now = chrono::Utc::now() - chrono::TimeDelta::minutes(1);
    let minutes = chrono::TimeDelta::minutes;
    let usual = (1..60).rev().map(|at| stamped(now - minutes(at * 5), "ERROR app.web: HTTP 502 for GET /"));
    let workspace = world(&usual.collect::<Vec<_>>());
    workspace.heal(&["--record"]);
    workspace.append("logs/app.log", &stamped(now, "ERROR app.web: HTTP 502 for GET /").repeat(200));
    let (_, document) = workspace.json(&[]);
    let facts = incident(&document, "bad_gateway")["diagnosis"]["facts"].as_array().unwrap();
    let burst = facts.iter().find(|fact| fact["kind"] == "burst").unwrap_or_else(|| panic!("{facts:?}"));
    let text = burst["text"].as_str().unwrap();
    assert!(text.contains("where 1 is usual"), "{text}");
    let ran = workspace.heal(&[]);
    assert!(ran.out.contains("diagnosis: burst: 20"), "{}", ran.out);
    is_narrow(&ran);
}

/// Adds entries to a journal of its own: second before now, and fields. Whether this host can make one.
fn journal(workspace: &Workspace, entries: &[(i64, &str)]) -> bool {
    use std::io::Write as _;
    let mut export = String::new();
    for (number, (ago, fields)) in entries.iter().enumerate() {
        let micros = (chrono::Utc::now() - chrono::TimeDelta::seconds(*ago)).timestamp_micros();
        let boot = "_BOOT_ID=0123456789abcdef0123456789abcdef";
        let stamps = format!("__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={number}\n");
        export.extend([&stamps, boot, "\n", *fields, "\n\n"]);
    }
    std::fs::create_dir_all(workspace.file("journal")).unwrap();
    let name = format!("journal/{}.journal", entries[0].0);
    let mut command = std::process::Command::new("/lib/systemd/systemd-journal-remote");
    command.arg("-o").arg(workspace.file(&name)).arg("-").stdin(std::process::Stdio::piped());
    let Ok(mut child) = command.stderr(std::process::Stdio::null()).spawn() else { return false };
    child.stdin.take().unwrap().write_all(export.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

#[test]
fn a_restart_just_before_is_told_also_when_an_earlier_run_saw_it() {
    let workspace = world(&[]);
    let config = HEAL.replace("{path: 'logs/*.log'}", "{journal: {directory: journal}}");
    workspace.write(
        "heal.yaml",
        &config.replace("directory: journal", &format!("directory: {}", workspace.file("journal").display())),
    );
    let started = "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf\nUNIT=web.service\n_PID=1\n_UID=0\nPRIORITY=6\n\
        SYSLOG_IDENTIFIER=systemd\nMESSAGE=Started web.service - The web.";
    if !journal(&workspace, &[(90, started)]) {
        println!("skipped: systemd-journal-remote is not there");
        return;
    }
    assert_eq!(workspace.heal(&["--record"]).code, 0);
    let error = "_SYSTEMD_UNIT=web.service\n_PID=812\n_UID=33\nPRIORITY=3\nMESSAGE=HTTP 502 for GET /";
    assert!(journal(&workspace, &[(60, error), (59, error)]));
    let (_, document) = workspace.json(&["--record"]);
    let found = incident(&document, "bad_gateway");
    let facts = found["diagnosis"]["facts"].as_array().unwrap();
    let start = facts.iter().find(|fact| fact["kind"] == "start").unwrap_or_else(|| panic!("{document}"));
    let text = start["text"].as_str().unwrap();
    assert!(text.starts_with("web.service was started ") && text.ends_with("s before this began"), "{text}");
    assert_eq!(start["evidence"][0], "journal:web.service");
    let shown = workspace.heal(&["show", found["id"].as_str().unwrap()]);
    assert!(shown.out.contains("web.service was started"), "{}", shown.out);
}

const UNKNOWN: [&str; 3] = [
    "ERROR billing.worker: could not charge invoice 4711 of customer \"Ada Lovelace\" after 3 attempts (it's [odd])",
    "ERROR billing.worker: could not print invoice 12 on tray 2",
    "ERROR billing.mail: mailbox of tenant 9 is full",
];

/// A world whose errors no pattern knows, after its first run; with the ids of its incidents by their templates.
fn unknown() -> (Workspace, Vec<(String, String)>) {
    let workspace = world(&[]);
    for line in UNKNOWN {
        workspace.log(line);
    }
    let (_, document) = workspace.json(&["--record"]);
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = document["incidents"].as_array().unwrap();
    let ids = all.iter().map(|one| (text(one, "template"), text(one, "id"))).collect();
    (workspace, ids)
}

fn id_of<'a>(ids: &'a [(String, String)], word: &str) -> &'a str {
    &ids.iter().find(|(template, _)| template.contains(word)).unwrap().1
}

#[test]
fn what_is_learned_counts_under_its_pattern_in_the_next_run() {
    let (workspace, ids) = unknown();
    workspace.write("patterns/learned.yaml", "# mine\npatterns:\n- name: other  # stays\n  regex: 'never seen'\n  severity: low\n  category: x\n  description: d\n");
    for (at, word) in ["charge", "print", "mailbox"].iter().enumerate() {
        let ran = workspace.heal(&["learn", &id_of(&ids, word)[..6], "--json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        let name = document["pattern"]["name"].as_str().unwrap().to_owned();
        assert!(name.contains(word), "{name}");
        let check = workspace.heal(&["check"]);
        assert_eq!(check.code, 0, "{}{}", check.out, workspace.read("patterns/learned.yaml"));
        workspace.log(&UNKNOWN[at].replace("4711", "815").replace("12", "7").replace("tenant 9", "tenant 44"));
        let (_, document) = workspace.json(&["--record"]);
        let found = incident(&document, &name);
        assert_eq!((&found["count"], &found["status"]), (&1.into(), &"new".into()), "{document}");
        let known = document["incidents"].as_array().unwrap().iter().filter(|one| one["count"] == 1).count();
        assert_eq!(known, 1, "nothing else: {document}");
        let old = document["incidents"].as_array().unwrap().iter().find(|one| one["id"] == id_of(&ids, word)).unwrap();
        assert_eq!((&old["status"], &old["count"]), (&"ongoing".into(), &0.into()));
    }
    let table = workspace.read("patterns/learned.yaml");
    assert!(table.starts_with("# mine\npatterns:\n- name: other  # stays\n"), "{table}");
    assert!(table.contains("no_match:") && table.matches("- name: ").count() == 4, "{table}");
}

#[test]
fn a_table_of_any_form_takes_one_row_after_another() {
    let (workspace, ids) = unknown();
    let row = "  - name: other\n    regex: 'never seen'\n    severity: low\n    category: x\n    description: d";
    for table in [
        "",
        "# mine\n\n# more",
        "---\n# mine\n",
        "patterns:\n",
        &format!("# mine\npatterns:\n{row}\n"),
        &format!("# mine\npatterns:\n{row}"),
        "\u{feff}patterns:\n  - {name: other, regex: 'never seen', severity: low, category: x, description: d}\n",
    ] {
        for table in [table.to_owned(), table.replace('\n', "\r\n")] {
            workspace.write("patterns/learned.yaml", &table);
            for word in ["charge", "print"] {
                let ran = workspace.heal(&["learn", id_of(&ids, word)]);
                assert_eq!(ran.code, 0, "{table:?}: {}{}", ran.out, ran.err);
                let check = workspace.heal(&["check"]);
                assert_eq!(check.code, 0, "{table:?}: {}{}", check.out, workspace.read("patterns/learned.yaml"));
            }
            let written = workspace.read("patterns/learned.yaml");
            let kept = table.trim_end();
            assert!(written.starts_with(kept), "{table:?}: {written}");
            let (all, ends) = (written.matches('\n').count(), written.matches("\r\n").count());
            assert_eq!(ends, if table.contains("\r\n") { all } else { 0 }, "{table:?}: {written:?}");
        }
    }
}

#[test]
fn a_table_that_takes_no_row_stays_as_it_is_and_the_row_is_shown() {
    let (workspace, ids) = unknown();
    let charge = id_of(&ids, "charge");
    let empty = "patterns: []\n";
    workspace.write("patterns/learned.yaml", empty);
    assert!(workspace.heal(&["learn", charge]).err.contains("add it by hand"));
    assert_eq!(workspace.read("patterns/learned.yaml"), empty);
    let flow = "patterns: [{name: other, regex: 'never seen', severity: low, category: x, description: d}]\n";
    workspace.write("patterns/learned.yaml", flow);
    let ran = workspace.heal(&["learn", charge]);
    assert!(ran.code == 2 && ran.err.contains("add it by hand") && ran.err.contains("  - name: "), "{}", ran.err);
    assert_eq!(workspace.read("patterns/learned.yaml"), flow);
    for broken in ["patterns:\n  - name: [\n# keep me\n", "patterns:\n\t- x\n", "patterns: 7\n"] {
        workspace.write("patterns/learned.yaml", broken);
        let ran = workspace.heal(&["learn", charge]);
        assert!(ran.code == 2 && ran.err.contains("learned.yaml"), "{}", ran.err);
        assert_eq!(workspace.read("patterns/learned.yaml"), broken);
    }
    let taken = "patterns:\n  - {name: taken, regex: 'never seen', severity: low, category: x, description: d}\n";
    workspace.write("patterns/learned.yaml", taken);
    let ran = workspace.heal(&["learn", charge, "--name", "taken"]);
    assert!(ran.code == 2 && ran.err.contains("`taken_2` is free"), "{}", ran.err);
    assert_eq!(workspace.read("patterns/learned.yaml"), taken);
    // A file that may only be read is none that heal may write, unless root runs it.
    let table = workspace.file("patterns/learned.yaml");
    std::fs::set_permissions(&table, std::os::unix::fs::PermissionsExt::from_mode(0o444)).unwrap();
    assert_eq!(workspace.heal(&["learn", charge]).code, 0, "its folder may be written by its owner");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&table).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o444);
    assert_eq!(workspace.heal(&["check"]).code, 0);
}

#[test]
fn what_cannot_be_learned_is_refused_and_writes_nothing() {
    let (workspace, ids) = unknown();
    workspace.log("ERROR app.web: HTTP 502 for GET /");
    let (_, document) = workspace.json(&["--record"]);
    let known = incident(&document, "bad_gateway")["id"].as_str().unwrap().to_owned();
    let charge = id_of(&ids, "charge").to_owned();
    let before = workspace.tree();
    for (arguments, words) in [
        (vec!["learn", &known], "`bad_gateway` knows"),
        (vec!["learn", "ffffffffff"], "no incident"),
        (vec!["learn", "zz"], "no incident's id"),
        (vec!["learn", ""], "no incident's id"),
        (vec!["learn", &charge, "--name", "db_refused"], "`db_refused_2` is free"),
        (vec!["learn", &charge, "--name", "No-Name"], "is no name"),
    ] {
        let ran = workspace.heal(&arguments);
        assert!(ran.code == 2 && ran.err.contains(words), "{arguments:?}: {}{}", ran.out, ran.err);
        assert_eq!(workspace.heal(&[&arguments[..], &["--json"]].concat()).code, 2);
    }
    assert_eq!(workspace.tree(), before);
    assert_eq!(workspace.heal(&["learn", &charge, "--name", "charge_failed"]).code, 0);
    let again = workspace.heal(&["learn", &charge]);
    assert!(again.code == 2 && again.err.contains("`charge_failed` knows its lines by now"), "{}", again.err);
    assert!(workspace.read("patterns/learned.yaml").contains("(it''s [odd])"));
}
