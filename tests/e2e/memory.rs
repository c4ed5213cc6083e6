//! What heal remembers, and the commands that tell it.

use serde_json::Value;

use crate::ollama;
use crate::workspace::{HEAL, Ran, Workspace};

const ERROR: &str = "ERROR app.db: pool exhausted, 10 in use";

/// The document of a command that is no run, checked against its schema.
pub fn told(workspace: &Workspace, schema: &str, arguments: &[&str]) -> Value {
    let ran = workspace.heal(&[arguments, &["--json"]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let schemas: Value = serde_json::from_str(include_str!("../../src/report/past/schemas.json")).unwrap();
    if let Err(error) = jsonschema::validate(&schemas[schema], &document) {
        panic!("{error} at {}: {document}", error.instance_path());
    }
    assert_eq!(document["format_version"], "1.0");
    document
}

fn is_narrow(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

fn only_incident(workspace: &Workspace) -> String {
    told(workspace, "status", &["status"])["incidents"][0]["id"].as_str().unwrap().to_owned()
}

/// The smallest world, without a fix, after its first run.
fn recorded() -> Workspace {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", "fixes: []\n");
    assert_eq!(workspace.heal(&["--record"]).code, 1);
    workspace
}

fn database(workspace: &Workspace) -> rusqlite::Connection {
    rusqlite::Connection::open(workspace.file(".heal/heal.db")).unwrap()
}

#[test]
fn a_muted_incident_is_counted_and_nothing_more() {
    let workspace = Workspace::small();
    workspace.heal(&["--record"]);
    let id = only_incident(&workspace);
    let muted = told(&workspace, "mute", &["mute", &id[..4], "--reason", "known since May", "--until", "2w"]);
    assert_eq!((&muted["status"], &muted["mute"]["reason"]), (&"muted".into(), &"known since May".into()));
    assert_eq!(muted["mute"]["uid"], rustix::process::getuid().as_raw());
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(document["status"], "healthy");
    assert_eq!((&document["incidents"][0]["status"], &document["incidents"][0]["count"]), (&"muted".into(), &1.into()));
    assert_eq!(document["summary"]["errors"], 1);
    assert!(document["plan"]["steps"].as_array().unwrap().is_empty());
    assert!(workspace.read("app.yaml").contains("pool: 10 "), "a muted incident plans nothing");
    workspace.log(ERROR);
    let text = workspace.heal(&["--dry-run"]);
    assert_eq!(text.code, 0, "{}", text.out);
    assert!(!text.out.contains("pool_exhausted") && text.out.contains("1 error muted"), "{}", text.out);
    let status = workspace.heal(&["status"]);
    is_narrow(&status);
    assert!(status.out.contains("Open incidents: 0") && status.out.contains("known since May"), "{}", status.out);
    assert_eq!(told(&workspace, "show", &["show", &id])["incident"]["status"], "muted");
}

#[test]
fn a_mute_comes_back_when_it_grows() {
    let workspace = recorded();
    let id = only_incident(&workspace);
    assert_eq!(workspace.heal(&["mute", &id]).code, 0);
    for _ in 0..2 {
        workspace.log(ERROR);
        assert_eq!(workspace.heal(&["--record"]).code, 0);
    }
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &document["incidents"][0]["status"]), (1, &"ongoing".into()));
    let text = document["notices"][0]["text"].as_str().unwrap();
    assert_eq!(text, "no longer muted: 3 events within an hour; there were 1 when it was muted");
    assert!(told(&workspace, "status", &["status"])["mutes"].as_array().unwrap().is_empty());
    let life = told(&workspace, "show", &["show", &id])["life"].clone();
    let words: Vec<&str> = life.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["new", "muted", "unmuted"]);
}

#[test]
fn a_mute_comes_back_at_its_time_and_by_resume() {
    let workspace = recorded();
    let id = only_incident(&workspace);
    workspace.heal(&["mute", &id, "--until", "1h"]);
    database(&workspace).execute("UPDATE mutes SET until = '2026-01-01T00:00:00.000000Z'", []).unwrap();
    workspace.log(ERROR);
    let ran = workspace.heal(&["--record"]);
    assert!(ran.code == 1 && ran.out.contains("no longer muted"), "{}", ran.out);
    workspace.heal(&["mute", &id]);
    let resumed = told(&workspace, "resume", &["resume", &id[..6]]);
    assert_eq!((&resumed["incident"], &resumed["unmuted"]), (&id.as_str().into(), &true.into()));
    workspace.log(ERROR);
    assert_eq!(workspace.heal(&["--record"]).code, 1);
}

#[test]
fn a_mute_is_refused_that_cannot_be_meant() {
    let workspace = recorded();
    let id = only_incident(&workspace);
    for (arguments, word) in [
        (&["mute", "pool_exhausted"][..], "is no incident's id"),
        (&["mute", "0123456789abcdef"], "there is no incident"),
        (&["mute", &id, "--until", "2020-01-31"], "lies in the past"),
        (&["mute", &id, "--until", "soon"], "`soon`"),
        (&["show", ""], "is no incident's id"),
    ] {
        let ran = workspace.heal(arguments);
        assert!(ran.code == 2 && ran.err.contains(word), "{arguments:?}: {}{}", ran.out, ran.err);
    }
    let database = database(&workspace);
    database
        .execute_batch(
            "INSERT INTO incidents SELECT 'aaaa000001', pattern, template, category, severity, description, total,
              first_seen, last_seen, first_run, last_run, resolved_at, told_at, cried_at, fresh_since FROM incidents;
             INSERT INTO incidents SELECT 'aaaa000002', pattern, template, category, severity, description, total,
              first_seen, last_seen, first_run, last_run, resolved_at, told_at, cried_at, fresh_since FROM incidents
              WHERE id = 'aaaa000001'",
        )
        .unwrap();
    let ran = workspace.heal(&["mute", "aaaa"]);
    assert!(ran.code == 2 && ran.err.contains("aaaa000001 or aaaa000002"), "{}", ran.err);
    let lock = std::fs::File::open(workspace.file(".heal/heal.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(workspace.heal(&["mute", &id]).code, 75, "a mute waits for no run");
}

#[test]
fn history_lists_runs_and_incidents_and_filters_them() {
    let workspace = recorded();
    workspace.log("ERROR app.web: template index.html missing");
    workspace.heal(&["--record"]);
    let history = workspace.heal(&["history"]);
    is_narrow(&history);
    assert!(history.out.contains("pool_exhausted") && history.out.contains("degraded"), "{}", history.out);
    let all = told(&workspace, "history", &["history"]);
    let count = |document: &Value, what: &str| document[what].as_array().map_or(99, Vec::len);
    assert_eq!((count(&all, "runs"), count(&all, "incidents")), (2, 2));
    assert!(all["runs"][0]["started_at"].as_str() >= all["runs"][1]["started_at"].as_str(), "newest first");
    for (arguments, runs, incidents) in [
        (&["--runs"][..], 2, 99),
        (&["--incidents"], 99, 2),
        (&["--pattern", "pool_exhausted"], 1, 1),
        (&["--category", "none"], 0, 0),
        (&["--status", "critical"], 1, 99),
        (&["--status", "open"], 99, 2),
        (&["--status", "resolved"], 99, 0),
        (&["--since", "2020-01-01", "--until", "2020-02-01"], 0, 0),
        (&["--since", "1h"], 2, 2),
        (&["--limit", "1"], 1, 1),
    ] {
        let found = told(&workspace, "history", &[&["history"], arguments].concat());
        assert_eq!((count(&found, "runs"), count(&found, "incidents")), (runs, incidents), "{arguments:?}: {found}");
    }
    assert!(workspace.heal(&["history", "--limit", "1"]).out.contains("... and more"));
    for arguments in [&["--status", "well"][..], &["--status", "open", "--runs"], &["--since", "soon"]] {
        assert_eq!(workspace.heal(&[&["history"], arguments].concat()).code, 2, "{arguments:?}");
    }
}

#[test]
fn show_tells_a_life_with_its_attempts() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.log(ERROR);
    workspace.heal(&["--apply"]);
    let id = only_incident(&workspace);
    let show = workspace.heal(&["show", &id]);
    is_narrow(&show);
    for word in
        ["pool_exhausted", "Life", "first error", "Errors by hour", "##", "logs/app.log:3", "ineffective", "heal undo"]
    {
        assert!(show.out.contains(word), "{word}: {}", show.out);
    }
    let document = told(&workspace, "show", &["show", &id]);
    let counts: u64 = document["buckets"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum();
    assert_eq!(counts, 2);
    let attempts = document["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!((&attempts[0]["verdict"], &attempts[0]["backup"]), (&"ineffective".into(), &true.into()));
    assert_eq!(attempts[0]["verdicts"][0]["verdict"], "ineffective");
    assert_eq!(document["seen"].as_array().unwrap().len(), 2);
    assert_eq!(document["diagnosis"]["facts"][0]["kind"], "history", "{document}");
}

#[test]
fn status_tells_what_may_be_tried_next_and_when() {
    let workspace = Workspace::small();
    workspace.write("heal.yaml", &HEAL.replace("cooldown: 0s", "cooldown: 1h"));
    workspace.heal(&["--record"]);
    let next = told(&workspace, "status", &["status"])["next"].clone();
    assert_eq!((&next[0]["fix"], &next[0]["ready"]), (&"raise_pool".into(), &true.into()));
    workspace.heal(&["--apply"]);
    let waiting = told(&workspace, "status", &["status"]);
    assert_eq!(waiting["on_probation"][0]["fix"], "raise_pool");
    assert_eq!(waiting["next"][0]["reason"], "on_probation");
    workspace.log(ERROR);
    workspace.heal(&["--record"]);
    let status = told(&workspace, "status", &["status"]);
    assert_eq!(status["next"][0]["reason"], "cooldown", "{status}");
    assert!(status["next"][0]["not_before"].is_string(), "{status}");
    let text = workspace.heal(&["status"]);
    is_narrow(&text);
    assert!(text.out.contains("raise_pool for") && text.out.contains("not before"), "{}", text.out);
}

#[test]
fn status_knows_an_open_breaker() {
    let workspace = Workspace::small();
    workspace.write("heal.yaml", &format!("{HEAL}max_fix_attempts: 1\n"));
    for _ in 0..2 {
        workspace.heal(&["--apply"]);
        workspace.log(ERROR);
    }
    workspace.heal(&["--apply"]);
    let status = told(&workspace, "status", &["status"]);
    assert_eq!(status["breakers"][0]["fixes"][0], "raise_pool", "{status}");
    assert!(workspace.heal(&["status"]).out.contains("Needs a person: 1"));
}

#[test]
fn stats_count_what_helped_and_how_soon() {
    let workspace = Workspace::small();
    let nothing = workspace.heal(&["stats"]);
    is_narrow(&nothing);
    assert!(nothing.out.contains("Too little history"), "{}", nothing.out);
    workspace.heal(&["--apply"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    workspace.log("INFO app: request served");
    workspace.heal(&["--apply"]);
    workspace.heal(&["mute", &told(&workspace, "history", &["history"])["incidents"][0]["id"].as_str().unwrap()[..5]]);
    let stats = told(&workspace, "stats", &["stats"]);
    assert_eq!((&stats["runs"], &stats["errors"], &stats["incidents"]), (&2.into(), &1.into(), &1.into()), "{stats}");
    let fix = &stats["fixes"][0];
    assert_eq!((&fix["name"], &fix["confirmed"], &fix["rate"]), (&"raise_pool".into(), &1.into(), &1.0.into()));
    assert_eq!(stats["step_kinds"][0]["name"], "edit");
    assert_eq!(
        (&stats["categories"][0]["name"], &stats["severities"][0]["name"]),
        (&"database".into(), &"high".into())
    );
    assert_eq!(stats["muted"][0]["pattern"], "pool_exhausted");
    assert_eq!(stats["mean_time_to_detect"]["of"], 1);
    let recover = stats["mean_time_to_recover"]["seconds"].as_f64().unwrap();
    assert!(recover >= 1.0, "from the first error to the verdict: {recover}");
    assert_eq!(stats["most_common"][0]["count"], 1);
    assert_eq!(stats["per_day"].as_array().unwrap().iter().map(|day| day["errors"].as_u64().unwrap()).sum::<u64>(), 1);
    let text = workspace.heal(&["stats"]);
    is_narrow(&text);
    for word in ["Errors by day", "Success by fix", "100%", "Most common", "Muted as a false alarm"] {
        assert!(text.out.contains(word), "{word}: {}", text.out);
    }
}

#[test]
fn a_fix_that_did_not_help_counts_against_it_and_not_as_recovered() {
    let workspace = Workspace::small();
    workspace.heal(&["--apply"]);
    workspace.log(ERROR);
    workspace.heal(&["--record"]);
    let stats = told(&workspace, "stats", &["stats", "--since", "1d"]);
    assert_eq!((&stats["fixes"][0]["failed"], &stats["fixes"][0]["rate"]), (&1.into(), &0.0.into()), "{stats}");
    assert_eq!(stats["mean_time_to_recover"], serde_json::json!({"seconds": null, "of": 0}));
}

#[test]
fn an_incident_lives_through_resolved_and_regressed_under_one_id() {
    let workspace = recorded();
    workspace.write("heal.yaml", &format!("{HEAL}resolve_after: 1s\n"));
    let id = only_incident(&workspace);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let (_, silent) = workspace.json(&["--record"]);
    assert_eq!(silent["incidents"][0]["status"], "ongoing", "a silent source resolves nothing");
    workspace.log("INFO app: request served");
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &document["incidents"][0]["status"]), (0, &"resolved".into()));
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &document["incidents"][0]["status"]), (1, &"regressed".into()));
    assert_eq!(document["incidents"][0]["id"], id.as_str());
    assert_eq!(told(&workspace, "history", &["history", "--status", "regressed"])["incidents"][0]["id"], id.as_str());
    let life = told(&workspace, "show", &["show", &id])["life"].clone();
    let words: Vec<&str> = life.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["new", "resolved", "regressed"]);
}

#[test]
fn what_was_resolved_long_ago_is_known_when_it_comes_back() {
    let workspace = recorded();
    let unknown = "ERROR app.mail: the mailbox of tenant 7 is gone";
    workspace.log(unknown);
    workspace.heal(&["--record"]);
    let seen = told(&workspace, "status", &["status"])["incidents"].clone();
    let long_ago =
        "UPDATE incidents SET resolved_at = '2025-01-01T00:00:00.000000Z', first_seen = '2024-12-31T00:00:00.000000Z'";
    database(&workspace).execute(long_ago, []).unwrap();
    workspace.log(ERROR);
    workspace.log(unknown);
    let (_, document) = workspace.json(&[]);
    assert_eq!(document["incidents"].as_array().unwrap().len(), 2);
    for one in document["incidents"].as_array().unwrap() {
        assert!(seen.as_array().unwrap().iter().any(|old| old["id"] == one["id"]), "{one}");
        assert_eq!((&one["status"], &one["total"]), (&"regressed".into(), &2.into()), "{one}");
        assert!(one["first_seen"].as_str().unwrap().starts_with("2024-12-31"), "{one}");
    }
}

#[test]
fn events_count_at_their_own_time_whatever_the_zone_or_the_host() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", "fixes: []\n");
    let now = chrono::Utc::now();
    let at = |minutes: i64| now - chrono::TimeDelta::minutes(minutes);
    let berlin = chrono::FixedOffset::east_opt(2 * 3600).unwrap();
    // Two hosts write one file: one in UTC, one two hours east of it, a quarter of an hour late.
    let lines = [
        format!("{} web1 {ERROR}\n", at(30).to_rfc3339()),
        format!("{} web2 {ERROR}\n", at(45).with_timezone(&berlin).to_rfc3339()),
        format!("{} web1 {ERROR}\n", at(29).to_rfc3339()),
    ];
    workspace.write("logs/app.log", &lines.concat());
    workspace.heal(&["--record"]);
    let id = only_incident(&workspace);
    let show = |zone: &str| {
        let ran = crate::workspace::ran(workspace.command(&["show", &id, "--json"]).env("TZ", zone));
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let begins = |document: &Value| -> Vec<i64> {
        let time = |one: &Value| chrono::DateTime::parse_from_rfc3339(one["start"].as_str().unwrap()).unwrap();
        document["buckets"].as_array().unwrap().iter().map(|one| time(one).timestamp()).collect()
    };
    let here = show("UTC");
    let spread = begins(&here).last().unwrap() - begins(&here).first().unwrap();
    assert!((600..=1200).contains(&spread), "{}", here["buckets"]);
    // The host moves to another zone, with summer time: the same instants.
    let there = show("America/New_York");
    assert_eq!(begins(&here), begins(&there));
    assert!(there["incident"]["first_seen"].as_str().unwrap().ends_with(":00") && there != here);
    workspace.append("logs/app.log", &format!("{} web1 {ERROR}\n", chrono::Utc::now().to_rfc3339()));
    let ran = crate::workspace::ran(workspace.command(&["--record", "--json"]).env("TZ", "America/New_York"));
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&document["incidents"][0]["status"], &document["incidents"][0]["total"]),
        (&"ongoing".into(), &4.into())
    );
}

#[test]
fn a_clock_set_back_loses_nothing() {
    let workspace = recorded();
    // As if the first run had been a day in the future.
    database(&workspace)
        .execute_batch(
            "UPDATE runs SET started_at = strftime('%Y-%m-%dT%H:%M:%f000Z', started_at, '+1 day');
             UPDATE upkeep SET at = strftime('%Y-%m-%dT%H:%M:%f000Z', at, '+1 day');
             UPDATE incidents SET last_seen = strftime('%Y-%m-%dT%H:%M:%f000Z', last_seen, '+1 day');
             UPDATE buckets SET start = strftime('%Y-%m-%dT%H:%M:%S.000000Z', start, '+1 day')",
        )
        .unwrap();
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--record"]);
    assert_eq!((code, &document["incidents"][0]["total"]), (1, &2.into()));
    assert_eq!(document["incidents"][0]["status"], "ongoing");
    let show = told(&workspace, "show", &["show", &only_incident(&workspace)]);
    assert_eq!(show["buckets"].as_array().unwrap().len(), 2, "{show}");
    for command in ["status", "history", "stats"] {
        is_narrow(&workspace.heal(&[command]));
    }
}

#[test]
fn a_store_that_is_newer_or_damaged_is_said_and_left_alone() {
    let workspace = recorded();
    let id = only_incident(&workspace);
    database(&workspace).pragma_update(None, "user_version", 99).unwrap();
    let bytes = std::fs::read(workspace.file(".heal/heal.db")).unwrap();
    for arguments in [&["history"][..], &["stats"], &["show", &id], &["mute", &id], &["resume", &id]] {
        let ran = workspace.heal(arguments);
        assert!(ran.code == 2 && ran.err.contains("newer heal"), "{arguments:?}: {}{}", ran.out, ran.err);
    }
    assert!(workspace.heal(&["status"]).out.contains("newer heal"));
    assert_eq!(std::fs::read(workspace.file(".heal/heal.db")).unwrap(), bytes);
    workspace.write(".heal/heal.db", &"this is no database at all. ".repeat(40));
    let before = workspace.tree();
    for arguments in [&["history"][..], &["stats"], &["show", &id]] {
        let ran = workspace.heal(arguments);
        assert!(ran.code == 2 && ran.err.contains("damaged"), "{arguments:?}: {}{}", ran.out, ran.err);
    }
    assert!(workspace.heal(&["status"]).out.contains("damaged"));
    assert_eq!(workspace.tree(), before, "who looks touches nothing");
}

#[test]
fn stats_tell_what_the_model_cost() {
    let server = ollama::Server::start(ollama::Script::default());
    let workspace = Workspace::small();
    let on = format!("ai: {{ollama_url: '{}', timeout: 5s, budget: 9s}}", server.url());
    workspace.edit("heal.yaml", "ai: {enabled: false}", &on);
    let (_, document) = workspace.json(&["--record"]);
    let stats = told(&workspace, "stats", &["stats"]);
    assert_eq!(stats["model"]["requests"], document["analysis"]["requests"], "{document}");
    assert_eq!(stats["model"]["requests"], 1);
    assert!(workspace.heal(&["stats"]).out.contains("1 question, "));
}

#[test]
fn who_looks_creates_nothing() {
    let workspace = Workspace::small();
    let before = workspace.tree();
    for arguments in [&["status"][..], &["history"], &["stats"]] {
        assert_eq!(workspace.heal(arguments).code, 0, "{arguments:?}");
    }
    assert_eq!(workspace.heal(&["show", "abc"]).code, 2);
    assert_eq!(workspace.tree(), before);
}
