//! A year of five-minute runs: `cargo bench --bench store [-- RUNS INCIDENTS]`.
//!
//! Builds a store from a seed in a temporary folder (100,000 runs, 5,000 incidents, one in ten open) and prints how long
//! each command takes on it, the ordinary `heal --record` with a new error included: the best of five, in milliseconds.
//! `STORE_BENCH_KEEP=FOLDER` builds it there instead, and keeps it for a profiler.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(clippy::disallowed_methods, reason = "a benchmark builds the world that heal is shown")]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use heal::store::Store;
use heal::sys::disk::Writer;
use rusqlite::{Connection, Transaction, params};

const MINUTES: i64 = 5;

fn main() {
    let numbers: Vec<i64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (runs, incidents) = (numbers.first().copied().unwrap_or(100_000), numbers.get(1).copied().unwrap_or(5_000));
    let mut folder = tempfile::Builder::new();
    folder.prefix("heal-store-");
    let folder = match std::env::var_os("STORE_BENCH_KEEP") {
        Some(kept) => folder.disable_cleanup(true).tempdir_in(kept),
        None => folder.tempdir(),
    };
    let folder = folder.unwrap();
    println!("{}", folder.path().display());
    let state = folder.path().join(".heal");
    std::fs::create_dir(&state).unwrap();
    std::os::unix::fs::chown(&state, None, None).unwrap();
    std::fs::set_permissions(&state, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("heal.yaml"), "logs: [{path: 'logs/*.log'}]\nai: {enabled: false}\n").unwrap();
    drop(Store::open(&state, &Writer::new()).unwrap());
    let started = Instant::now();
    build(&Store::file(&state), runs, incidents);
    let size = std::fs::metadata(Store::file(&state)).unwrap().len() >> 20;
    println!("{runs} runs, {incidents} incidents: {size} MiB, built in {:.1} s", started.elapsed().as_secs_f64());

    // The first run that writes under these rules of redaction looks at all that is stored; no later one does.
    println!("heal {:<40} {:>8.1} ms", "--record, the first", run(folder.path(), &["--record"]));
    let id = id_of(7);
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["history"],
        &["history", "--json", "--limit", "1000"],
        &["history", "--category", "rare"],
        &["history", "--pattern", "pattern_7"],
        &["history", "--status", "regressed"],
        &["history", "--status", "critical"],
        &["show", &id],
        &["stats"],
        &["stats", "--since", "200d"],
        &["stats", "--since", "all"],
        &["--dry-run"],
        &["--record"],
    ] {
        let best = (0..5).map(|_| run(folder.path(), arguments)).min_by(f64::total_cmp).unwrap();
        println!("heal {:<40} {best:>8.1} ms", arguments.join(" "));
    }
}

/// A new error each time, so that every run has something to remember.
fn run(folder: &Path, arguments: &[&str]) -> f64 {
    use std::io::Write as _;
    let log = folder.join("logs/app.log");
    let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    let now = Utc::now().format("%Y-%m-%d %H:%M:%S%.3f");
    // One that a pattern knows, and one that must be compared with all that is remembered.
    writeln!(log, "{now} ERROR db: Connection refused\n{now} ERROR mail: the shelf has no mailbox {now}").unwrap();
    let started = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_heal"));
    command.args(arguments).current_dir(folder).env("TZ", "UTC").stdout(Stdio::null());
    let status = command.status().unwrap();
    assert!(matches!(status.code(), Some(0 | 1)), "{arguments:?}: {status}");
    started.elapsed().as_secs_f64() * 1e3
}

fn id_of(number: i64) -> String {
    format!("{:010x}", number.wrapping_mul(0x9e37_79b9_7f4a).rem_euclid(1 << 40))
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Numbers that are the same each time.
struct Chance(u64);

impl Chance {
    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        let at = self.below(i64::try_from(words.len()).unwrap());
        words[usize::try_from(at).unwrap()]
    }

    fn below(&mut self, most: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 1).cast_signed() % most
    }
}

fn build(file: &Path, runs: i64, incidents: i64) {
    let mut connection = Connection::open(file).unwrap();
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF").unwrap();
    let transaction = connection.transaction().unwrap();
    let (mut chance, now) = (Chance(0x5eed), Utc::now());
    let begin = now - TimeDelta::minutes(MINUTES * runs);
    for number in 0..incidents {
        let seen = begin + TimeDelta::minutes(chance.below(MINUTES * runs));
        incident(&transaction, number, seen, &mut chance);
    }
    for number in 0..runs {
        let at = begin + TimeDelta::minutes(MINUTES * number);
        let id = format!("{}-{:04x}", at.format("%Y%m%dT%H%M%SZ"), number & 0xffff);
        one_run(&transaction, &id, at, now, incidents, &mut chance);
    }
    for number in 0..3000 {
        let at = begin + TimeDelta::minutes(chance.below(MINUTES * runs));
        attempt(&transaction, number, at, incidents, &mut chance);
    }
    transaction.execute("INSERT INTO upkeep (at) VALUES (?1)", [text(now)]).unwrap();
    transaction.commit().unwrap();
}

fn incident(transaction: &Transaction<'_>, number: i64, seen: DateTime<Utc>, chance: &mut Chance) {
    let id = id_of(number);
    let pattern = (number % 10 < 3).then(|| format!("pattern_{number}"));
    let category = if number == 3 { "rare" } else { chance.one_of(&["database", "timeout", "unknown"]) };
    let severity = chance.one_of(&["low", "medium", "high", "critical"]);
    let resolved = (number % 10 != 0).then(|| text(seen + TimeDelta::days(1)));
    transaction
        .prepare_cached(
            "INSERT INTO incidents VALUES (?1, ?2, ?3, ?4, ?5, 'An error', 10, ?6, ?6, 'first', 'last', ?7, NULL, NULL, ?7)",
        )
        .unwrap()
        .execute(params![id, pattern, format!("worker <*> died of {number}"), category, severity, text(seen), resolved])
        .unwrap();
    let put = |sql: &str| transaction.prepare_cached(sql).unwrap().execute(params![id, text(seen)]).unwrap();
    put("INSERT INTO changes (incident, at, status, run, since) VALUES (?1, ?2, 'new', 'first', ?2)");
    put("INSERT INTO incident_sources VALUES (?1, 'logs/app.log' || substr(?2, 1, 0))");
    put("INSERT INTO facets VALUES (?1, '{}', '[]', ?2, '[]')");
    for sample in 0..3 {
        transaction
            .prepare_cached("INSERT INTO samples VALUES (?1, ?2, 'logs/app.log', 7, 'ERROR worker 7 died')")
            .unwrap()
            .execute(params![id, sample])
            .unwrap();
    }
}

fn one_run(
    transaction: &Transaction<'_>,
    id: &str,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    incidents: i64,
    chance: &mut Chance,
) {
    let status = chance.one_of(&["healthy", "degraded", "healing"]);
    transaction
        .prepare_cached("INSERT INTO runs VALUES (?1, 'record', 'host', '0.1.0', ?2, ?2, ?3, 0, 4, 0)")
        .unwrap()
        .execute(params![id, text(at), status])
        .unwrap();
    if chance.below(4) == 0 {
        let put = "INSERT INTO metrics VALUES (?1, 'model_requests', 1), (?1, 'model_seconds', 2.5)";
        transaction.prepare_cached(put).unwrap().execute([id]).unwrap();
    }
    let (seconds, format) = match now - at {
        age if age < TimeDelta::days(2) => (300, "%Y-%m-%dT%H:%M:00.000000Z"),
        age if age < TimeDelta::days(30) => (3600, "%Y-%m-%dT%H:00:00.000000Z"),
        _ => (86_400, "%Y-%m-%dT00:00:00.000000Z"),
    };
    for _ in 0..4 {
        // Few incidents are seen often.
        let most = 1 + chance.below(incidents);
        let incident = id_of(chance.below(most));
        transaction
            .prepare_cached("INSERT OR REPLACE INTO sightings VALUES (?1, ?2, 3, 'ongoing')")
            .unwrap()
            .execute(params![incident, id])
            .unwrap();
        transaction
            .prepare_cached(
                "INSERT INTO buckets VALUES (?1, ?2, ?3, 3)
                 ON CONFLICT (incident, seconds, start) DO UPDATE SET count = count + 3",
            )
            .unwrap()
            .execute(params![incident, seconds, at.format(format).to_string()])
            .unwrap();
    }
    if chance.below(10) == 0 {
        transaction
            .prepare_cached("INSERT INTO onsets VALUES (?1, ?2, ?3)")
            .unwrap()
            .execute(params![id_of(chance.below(incidents)), id, text(at)])
            .unwrap();
    }
}

fn attempt(transaction: &Transaction<'_>, number: i64, at: DateTime<Utc>, incidents: i64, chance: &mut Chance) {
    let verdict = chance.one_of(&["confirmed", "ineffective", "undone"]);
    transaction
        .prepare_cached(
            "INSERT INTO attempts (id, run, incident, fix, target, captures, applied_at, settled_at, wrote, verdict,
              failed, judged_at) VALUES (?1, 'run', ?2, ?3, 'app.yaml', '{}', ?4, ?4, '', ?5, 0, ?4)",
        )
        .unwrap()
        .execute(params![number + 1, id_of(chance.below(incidents)), format!("fix_{}", number % 20), text(at), verdict])
        .unwrap();
    transaction.prepare_cached("INSERT INTO attempt_steps VALUES (?1, 'edit')").unwrap().execute([number + 1]).unwrap();
    transaction
        .prepare_cached("INSERT INTO verdicts VALUES (?1, ?2, ?3, '')")
        .unwrap()
        .execute(params![number + 1, text(at), verdict])
        .unwrap();
}
