//! Days of runs in a moment: heal's clock is set by `faketime`, and every figure was worked out by hand.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::workspace::{PATTERN, Ran, Workspace, ran};

const HEAL: &str = "\
window: all
cooldown: 0s
probation: 10m
logs: [{path: 'logs/*.log'}]
ai: {enabled: false}
";
const API: &str = "\
patterns:
  - name: api_slow
    regex: 'api too slow'
    severity: low
    category: api
    description: The API is slow
";
const FIXES: &str = "\
fixes:
  - name: raise_pool
    for: [pool_exhausted]
    description: A larger pool
    risk: safe
    steps:
      - edit: {file: app.yaml, yaml_path: [db, pool], operation: increase, factor: 2, max_value: 100}
  - name: tune_api
    for: [api_slow]
    description: More time
    risk: safe
    steps:
      - edit: {file: app.yaml, yaml_path: [api, timeout], operation: increase, amount: 5, max_value: 100}
";
const POOL: &str = "ERROR app.db: pool exhausted, 10 in use";
const SLOW: &str = "ERROR app.api: api too slow";
const FINE: &str = "INFO app: request served";

/// A workspace whose time is told, in UTC of January 2026.
struct Days {
    workspace: Workspace,
}

impl Days {
    /// `None`: there is no `faketime` here.
    fn begin() -> Option<Self> {
        let there = Command::new("faketime").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !there.is_ok_and(|ended| ended.success()) {
            println!("skipped: faketime is not there");
            return None;
        }
        let workspace = Workspace::empty();
        workspace.write("heal.yaml", HEAL);
        workspace.write("patterns/app.yaml", PATTERN);
        workspace.write("patterns/api.yaml", API);
        workspace.write("fixes/app.yaml", FIXES);
        workspace.write("app.yaml", "db:\n  pool: 10\napi:\n  timeout: 5\n");
        workspace.write("logs/app.log", "");
        Some(Self { workspace })
    }

    /// A line of `logs/app.log`, written at the time it bears: `05 10:00:00`.
    fn log(&self, time: &str, text: &str) {
        self.workspace.append("logs/app.log", &format!("2026-01-{time} {text}\n"));
        let written = chrono::NaiveDateTime::parse_from_str(&format!("2026-01-{time}"), "%Y-%m-%d %H:%M:%S").unwrap();
        let file = std::fs::File::options().append(true).open(self.workspace.file("logs/app.log")).unwrap();
        file.set_modified(written.and_utc().into()).unwrap();
    }

    fn heal(&self, time: &str, arguments: &[&str]) -> Ran {
        let plain = self.workspace.command(arguments);
        let mut command = Command::new("faketime");
        // The clock stands still: a busy host changes no figure.
        command.args(["-f", &format!("2026-01-{time}")]).arg(plain.get_program()).args(plain.get_args());
        command.current_dir(self.workspace.path()).env_clear().stdin(Stdio::null());
        command.envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        ran(&mut command)
    }

    fn code(&self, time: &str, arguments: &[&str]) -> i32 {
        self.heal(time, arguments).code
    }

    fn json(&self, time: &str, arguments: &[&str]) -> Value {
        let ran = self.heal(time, &[arguments, &["--json"]].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
    }

    /// The id of the only incident that no pattern knows.
    fn unknown(&self, time: &str) -> String {
        let status = self.json(time, &["status"]);
        let mut all = status["incidents"].as_array().unwrap().iter().filter(|one| one["pattern"].is_null());
        all.next().unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// The mean in seconds, and of how many.
fn mean(stats: &Value, name: &str) -> (i64, i64) {
    let seconds = stats[name]["seconds"].as_f64().unwrap_or(-1.0);
    #[expect(clippy::cast_possible_truncation, reason = "a few thousand")]
    (seconds as i64, stats[name]["of"].as_i64().unwrap())
}

/// Name, confirmed, failed, waiting.
fn success(stats: &Value, table: &str) -> Vec<(String, i64, i64, i64)> {
    let number = |one: &Value, key: &str| one[key].as_i64().unwrap();
    let row = |one: &Value| {
        let name = one["name"].as_str().unwrap().to_owned();
        (name, number(one, "confirmed"), number(one, "failed"), number(one, "waiting"))
    };
    let mut rows: Vec<_> = stats[table].as_array().unwrap().iter().map(row).collect();
    rows.sort();
    rows
}

/// A day: the pool is healed at once, the API with the second attempt, and nobody knows of the mailbox.
fn one_day() -> Option<Days> {
    let days = Days::begin()?;
    days.log("05 09:59:00", FINE);
    days.log("05 10:00:00", POOL);
    days.log("05 10:01:00", POOL);
    for minute in [2, 3, 4] {
        days.log(&format!("05 10:0{minute}:00"), &format!("ERROR app.mail: the mailbox of tenant {minute} is gone"));
    }
    days.code("05 10:05:00", &["--apply"]);
    days.log("05 10:09:00", FINE);
    assert_eq!(days.code("05 10:10:00", &["--apply"]), 0);
    days.log("05 11:09:00", FINE);
    assert_eq!(days.code("05 11:10:00", &["--apply"]), 0);
    days.log("05 11:58:00", SLOW);
    days.code("05 12:00:00", &["--apply"]);
    days.log("05 12:03:00", SLOW);
    assert_eq!(days.code("05 12:05:00", &["--apply"]), 1);
    days.log("05 13:04:00", FINE);
    assert_eq!(days.code("05 13:05:00", &["--apply"]), 0);
    Some(days)
}

#[test]
fn the_figures_of_a_day_are_those_of_a_pencil() {
    let Some(days) = one_day() else { return };
    let stats = days.json("05 13:06:00", &["stats"]);
    assert_eq!((&stats["runs"], &stats["errors"], &stats["incidents"]), (&6.into(), &7.into(), &3.into()));
    let slot =
        |start: &str, errors: u64, incidents: u64| json!({"start": start, "errors": errors, "incidents": incidents});
    assert_eq!(stats["per_day"], json!([slot("2026-01-05T00:00:00+00:00", 7, 3)]));
    let hours = [("10", 5, 2), ("11", 1, 1), ("12", 1, 1)];
    let hours =
        hours.map(|(hour, errors, incidents)| slot(&format!("2026-01-05T{hour}:00:00+00:00"), errors, incidents));
    assert_eq!(stats["per_hour"], json!(hours));
    let common = stats["most_common"].as_array().unwrap().iter();
    assert_eq!(common.map(|one| one["count"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 2, 2]);
    // 10:00 to 10:05, 10:02 to 10:05, 11:58 to 12:00.
    assert_eq!(mean(&stats, "mean_time_to_detect"), ((300 + 180 + 120) / 3, 3));
    // 10:00 to 11:10, 11:58 to 13:05.
    assert_eq!(mean(&stats, "mean_time_to_recover"), (i64::midpoint(4200, 4020), 2));
    assert_eq!(mean(&stats, "mean_healing_time"), (0, 3));
    let row = |name: &str, confirmed, failed| (name.to_owned(), confirmed, failed, 0);
    assert_eq!(success(&stats, "fixes"), [row("raise_pool", 1, 0), row("tune_api", 1, 1)]);
    assert_eq!(success(&stats, "step_kinds"), [row("edit", 2, 1)]);
    assert_eq!(success(&stats, "categories"), [row("api", 1, 1), row("database", 1, 0)]);
    assert_eq!(success(&stats, "severities"), [row("high", 1, 0), row("low", 1, 1)]);
    let text = days.heal("05 13:06:00", &["stats"]).out;
    for words in ["3m20s, mean of 3", "1h8m, mean of 2", "2026-01-05 10:00        5      2  #####", " 50%  tune_api"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn what_comes_back_after_it_was_confirmed_has_not_recovered() {
    let Some(days) = one_day() else { return };
    days.log("08 10:00:00", FINE);
    assert_eq!(days.code("08 10:05:00", &["--apply"]), 0);
    assert!(days.json("08 10:06:00", &["status"])["incidents"].as_array().unwrap().is_empty(), "all are resolved");
    days.log("08 11:00:00", POOL);
    assert_eq!(days.code("08 11:05:00", &["--apply"]), 1);
    let stats = days.json("08 11:06:00", &["stats"]);
    assert_eq!(mean(&stats, "mean_time_to_detect"), ((300 + 180 + 120 + 300) / 4, 4));
    assert_eq!(mean(&stats, "mean_time_to_recover"), (4020, 1));
    assert_eq!(success(&stats, "fixes")[0], ("raise_pool".to_owned(), 0, 1, 1));
    let text = days.heal("08 11:06:00", &["stats"]).out;
    assert!(text.contains("  2026-01-07              0      0\n"), "a quiet day is told: {text}");
}

#[test]
fn a_mute_ends_at_its_time_or_when_it_triples_and_who_muted_is_kept() {
    let Some(days) = one_day() else { return };
    let mailbox = "ERROR app.mail: the mailbox of tenant 9 is gone";
    let id = days.unknown("05 14:00:00");
    days.heal("05 14:00:00", &["mute", &id, "--reason", "known since May", "--until", "2026-01-06 09:00"]);
    days.log("05 14:30:00", mailbox);
    assert_eq!(days.code("05 14:35:00", &["--record"]), 0, "counted, not listed");
    let muted = days.heal("06 08:59:00", &["status"]).out;
    assert!(muted.contains("Muted: 1\n  the mailbox of tenant <*> is gone  "), "{muted}");
    let ended = days.heal("06 09:01:00", &["status"]).out;
    assert!(!ended.contains("Muted: ") && ended.contains("Open incidents: 3"), "{ended}");
    assert!(ended.contains("no longer muted: the mute ended on 2026-01-06 09:00"), "{ended}");
    days.log("06 09:04:00", FINE);
    assert_eq!(days.code("06 09:05:00", &["--record"]), 0);

    // Four events in the time from the first to the last, four and a half hours: twelve in as long bring it back.
    days.heal("06 09:10:00", &["mute", &id, "--until", "2w"]);
    for minute in 11..22 {
        days.log(&format!("06 09:{minute}:00"), mailbox);
    }
    assert_eq!(days.code("06 09:30:00", &["--record"]), 0);
    assert_eq!(days.json("06 09:30:00", &["show", &id])["incident"]["status"], "muted");
    days.log("06 09:31:00", mailbox);
    let ran = days.heal("06 09:35:00", &["--record"]);
    assert!(ran.code == 1 && ran.out.contains("12 events within 5 hours; there were 4 when it"), "{}", ran.out);

    let show = days.json("06 09:36:00", &["show", &id]);
    assert_eq!((&show["mute"], &show["incident"]["total"]), (&Value::Null, &16.into()));
    let life: Vec<_> = show["life"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(life, ["new", "muted", "unmuted", "muted", "unmuted"]);
    let who = show["life"][1]["detail"].as_str().unwrap();
    let uid = rustix::process::getuid().as_raw();
    assert!(who.contains(&format!("(uid {uid}) until 2026-01-06 09:00:00: known since May")), "{who}");
    let stats = days.json("06 09:36:00", &["stats"]);
    assert_eq!((&stats["muted"][0]["pattern"], &stats["muted"][0]["count"]), (&id.as_str().into(), &2.into()));
}

#[test]
fn what_trickles_on_as_before_stays_muted() {
    let Some(days) = one_day() else { return };
    let id = days.unknown("05 14:00:00");
    days.heal("05 14:00:00", &["mute", &id]);
    // Three events within two minutes were known, an hour being the least that is compared: two an hour are no more.
    for hour in ["06 10", "06 11", "06 12", "06 13", "06 14", "07 10", "07 11"] {
        for minute in [10, 40] {
            days.log(&format!("{hour}:{minute}:00"), "ERROR app.mail: the mailbox of tenant 9 is gone");
        }
        assert_eq!(days.code(&format!("{hour}:45:00"), &["--record"]), 0, "{hour}");
    }
    assert_eq!(days.json("07 12:00:00", &["show", &id])["incident"]["status"], "muted");
}
