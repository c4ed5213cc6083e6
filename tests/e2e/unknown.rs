//! Errors that no pattern knows: one incident for each statement, the same in every run.

use serde_json::Value;

use crate::workspace::Workspace;

fn unknown(document: &Value) -> Vec<&Value> {
    document["incidents"].as_array().unwrap().iter().filter(|one| one["pattern"].is_null()).collect()
}

#[test]
fn lines_of_one_statement_are_one_incident_whatever_was_filled_in() {
    let workspace = Workspace::small();
    workspace.log("INFO started");
    for (number, user) in ["alice", "bob", "carol", "dave", "erin", "frank"].iter().enumerate() {
        workspace.log(&format!("ERROR app.mail: user {user} has no mailbox on shard {number}, giving up"));
        workspace.log(&format!("WARNING app.mail: queue {number} is slow ({number}.5 s)"));
    }
    let (_, document) = workspace.json(&[]);
    let found = unknown(&document);
    let said: Vec<_> = found.iter().map(|one| (one["template"].as_str().unwrap(), one["count"].as_u64())).collect();
    assert_eq!(
        said,
        [("user <*> has no mailbox on shard <*>, giving up", Some(6)), ("queue <*> is slow (<*>)", Some(6)),]
    );
    assert_eq!([&found[0]["severity"], &found[1]["severity"]], ["medium", "low"]);
}

#[test]
fn an_incident_keeps_its_id_when_more_is_learned_of_its_statement() {
    let workspace = Workspace::small();
    workspace.log("ERROR app.mail: the mailbox of alice has vanished");
    let (_, first) = workspace.json(&["--record"]);
    let id = unknown(&first)[0]["id"].clone();
    for user in ["bob", "carol", "dave", "erin", "frank"] {
        workspace.log(&format!("ERROR app.mail: the mailbox of {user} has vanished"));
    }
    let (_, second) = workspace.json(&["--record"]);
    let found = unknown(&second);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["id"], found[0]["total"].as_u64()), (&id, Some(6)));
    assert_eq!(found[0]["template"], "the mailbox of <*> has vanished");
    // Told again at another time, it is no further evidence.
    workspace.log("ERROR app.mail: the mailbox of bob has vanished");
    workspace.heal(&["--record"]);
    let shown = crate::memory::told(&workspace, "show", &["show", id.as_str().unwrap()]);
    let samples = shown["samples"].as_array().unwrap();
    assert_eq!(
        samples.iter().filter(|one| one["text"].as_str().unwrap().contains("of bob ")).count(),
        1,
        "{samples:?}"
    );
    // And a name that was never seen belongs to it.
    workspace.log("ERROR app.mail: the mailbox of zoe has vanished");
    let (_, third) = workspace.json(&["--record"]);
    assert_eq!((&unknown(&third)[0]["id"], unknown(&third)[0]["total"].as_u64()), (&id, Some(8)));
}

#[test]
fn one_incident_for_each_thing_thrown_and_each_place_in_the_applications_own_code() {
    let workspace = Workspace::small();
    let trace = |class: &str, function: &str, line: u32| {
        format!(
            "ERROR app: request {line} failed\nTraceback (most recent call last):\n  File \"/srv/app/web.py\", line {line}, in \
             {function}\n    run()\n{class}: no such thing as {line}"
        )
    };
    for line in [1, 2, 3] {
        workspace.log(&trace("LookupError", "find", line));
        workspace.log(&trace("LookupError", "list", line));
    }
    workspace.log(&trace("ArithmeticError", "find", 9));
    let (_, document) = workspace.json(&[]);
    let mut counts: Vec<_> = unknown(&document).iter().map(|one| one["count"].as_u64().unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 3, 3], "{document:#}");
}

#[test]
fn one_known_incident_tells_its_targets_apart() {
    let workspace = Workspace::small();
    for number in 0..30 {
        let host = if number % 3 == 0 { "cache:6379" } else { "db:5432" };
        workspace.log(&format!("ERROR app: connect to {host} failed after {number} ms: Connection refused"));
    }
    let (_, document) = workspace.json(&[]);
    let incidents = document["incidents"].as_array().unwrap();
    let refused = incidents.iter().find(|one| one["pattern"] == "connection_refused").unwrap();
    let targets: Vec<_> =
        refused["targets"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!((refused["count"].as_u64(), targets), (Some(30), vec!["db:5432", "cache:6379"]));
    let ran = workspace.heal(&[]);
    assert!(ran.out.contains("about db:5432 20x, cache:6379 10x"), "{}", ran.out);
}

#[test]
fn kinds_without_end_are_bounded_and_counted() {
    let workspace = Workspace::small();
    let word = |mut number: usize| {
        let mut word = String::new();
        for _ in 0..6 {
            word.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
            number /= 26;
        }
        word
    };
    let mut text = String::new();
    for number in 0..12_000_usize {
        let (a, b, c) = (word(number * 7919), word(number * 104_729 + 1), word(number * 1_299_709 + 2));
        let now = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S");
        text += &[now.to_string().as_str(), "ERROR", &a, &b, &c].join(" ");
        text.push('\n');
    }
    workspace.append("logs/app.log", &text);
    let (_, document) = workspace.json(&[]);
    assert_eq!(document["summary"]["errors"].as_u64(), Some(12_001));
    assert!(unknown(&document).len() <= 10_000);
    let ran = workspace.heal(&[]);
    assert!(ran.out.contains("of further kinds"), "{}", ran.out);
}

#[test]
fn scan_gives_each_record_a_template_and_the_same_ids_as_the_run() {
    let workspace = Workspace::small();
    workspace.log("ERROR app.mail: the mailbox of u-4711 has vanished");
    let (_, document) = workspace.json(&[]);
    let ran = workspace.heal(&["scan", "--all", "logs/app.log"]);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["template"].is_string()), "{}", ran.out);
    let last = lines.iter().find(|line| line["template"] == "the mailbox of <*> has vanished").unwrap();
    assert_eq!(last["incident"], unknown(&document)[0]["id"]);
}
