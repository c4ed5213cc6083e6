//! The database over many runs, and from an older heal.

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::*;
use crate::sys::disk::Writer;

type Time = DateTime<FixedOffset>;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn incident(id: &str, seen: Time) -> Incident {
    Incident {
        pattern: Some("pool_exhausted".to_owned()),
        template: "pool exhausted".to_owned(),
        category: "database".to_owned(),
        first_run: "first".to_owned(),
        last_run: "last".to_owned(),
        sources: vec!["app.log".to_owned()],
        ..Incident::example(id, seen)
    }
}

/// A run that sees so many events of one incident at these times.
fn record(store: &mut Store, run: &str, now: Time, id: &str, status: &'static str, events: &[(Time, u64)]) {
    let buckets = events.iter().map(|(time, count)| Bucket::around(*time, 60, *count).unwrap()).collect();
    let since = events.iter().map(|(time, _)| *time).min();
    let findings = Findings {
        incidents: vec![Incident { last_run: run.to_owned(), ..incident(id, since.unwrap_or(now)) }],
        sightings: vec![Sighting {
            incident: id.to_owned(),
            status,
            count: events.iter().map(|(_, count)| count).sum(),
            since,
            onsets: since.into_iter().collect(),
            buckets,
        }],
        ..Findings::default()
    };
    let start = RunStart { id: run, mode: "record", host: "host", started_at: now };
    store.store_findings(&start, &findings, now).unwrap();
}

fn told(buckets: &[Bucket]) -> Vec<(String, u32, u64)> {
    buckets.iter().map(|one| (one.start.format("%d %H:%M").to_string(), one.seconds, one.count)).collect()
}

fn lengths(buckets: &[Bucket]) -> Vec<(u32, u64)> {
    buckets.iter().map(|one| (one.seconds, one.count)).collect()
}

#[test]
fn events_of_several_runs_add_up_by_their_own_times() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &Writer::new()).unwrap();
    let now = at("2026-01-10T12:00:00Z");
    record(&mut store, "a", now, "x", "new", &[(at("2026-01-10T11:51:00Z"), 2), (at("2026-01-10T11:56:30Z"), 1)]);
    // The next run reads two late lines, one of them from a host of another zone.
    let late = [(at("2026-01-10T12:59:59+01:00"), 3), (at("2026-01-10T12:01:00Z"), 1)];
    record(&mut store, "b", now + TimeDelta::minutes(5), "x", "ongoing", &late);
    let view = View::open(dir.path()).unwrap().unwrap();
    let buckets = view.buckets("x").unwrap();
    let text = |hour: &str| format!("10 {hour}");
    assert_eq!(told(&buckets), [(text("11:50"), 300, 2), (text("11:55"), 300, 4), (text("12:00"), 300, 1)]);
    assert_eq!(view.snapshot().unwrap().onsets.len(), 2);
    assert!(view.buckets("y").unwrap().is_empty());
}

#[test]
fn older_pieces_grow_and_the_oldest_go() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &Writer::new()).unwrap();
    let begin = at("2026-01-10T12:00:00Z");
    let events = |now: Time| [(now - TimeDelta::minutes(9), 1), (now - TimeDelta::minutes(2), 1)];
    record(&mut store, "a", begin, "x", "new", &events(begin));
    let lengths_after = |store: &mut Store, days: i64| {
        let now = begin + TimeDelta::days(days);
        record(store, &format!("run{days}"), now, "y", "new", &[(now, 1)]);
        lengths(&View::open(dir.path()).unwrap().unwrap().buckets("x").unwrap())
    };
    assert_eq!(lengths_after(&mut store, 1), [(300, 1), (300, 1)]);
    assert_eq!(lengths_after(&mut store, 3), [(3600, 2)]);
    // A clock that leaps is not believed at once.
    assert_eq!(lengths_after(&mut store, 2000), [(3600, 2)]);
    assert_eq!(lengths_after(&mut store, 32), [(3600, 2)], "set back again");
    assert_eq!(lengths_after(&mut store, 33), [(86_400, 2)]);
    for month in 1..14 {
        lengths_after(&mut store, 33 + month * 29);
    }
    assert!(lengths_after(&mut store, 420).is_empty());
    let runs: i64 =
        store.connection.query_row("SELECT COUNT(*) FROM runs WHERE id = 'a'", [], |row| row.get(0)).unwrap();
    assert_eq!(runs, 0);
}

#[test]
fn a_log_whose_clock_is_wrong_leaves_no_bucket_in_the_future() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &Writer::new()).unwrap();
    let now = at("2026-01-10T12:00:00Z");
    let wrong = [(at("2099-01-01T00:00:00Z"), 4), (at("1970-01-01T00:00:00Z"), 2), (at("2025-12-31T01:00:00Z"), 1)];
    record(&mut store, "a", now, "x", "new", &wrong);
    let buckets = View::open(dir.path()).unwrap().unwrap().buckets("x").unwrap();
    assert_eq!(told(&buckets), [("31 01:00".to_owned(), 3600, 1), ("10 12:00".to_owned(), 300, 4)]);
}

#[test]
fn a_store_of_version_1_is_read_in_memory_and_brought_up_to_date_by_who_writes() {
    let dir = tempfile::tempdir().unwrap();
    let file = Store::file(dir.path());
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("schema.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO runs (id, mode, host, heal_version, started_at, finished_at, status)
         VALUES ('r1', 'apply', 'h', '0.1.0', '2026-01-10T12:00:00.000000Z', '2026-01-10T12:00:01.000000Z', 'healing');
         INSERT INTO incidents (id, pattern, template, category, severity, description, total, first_seen, last_seen,
          first_run, last_run, resolved_at)
         VALUES ('x', NULL, 't', 'unknown', 'medium', '', 7, '2026-01-10T11:59:00.000000Z',
          '2026-01-10T11:59:30.000000Z', 'r1', 'r1', '2026-01-12T12:00:00.000000Z');
         INSERT INTO attempts (run, incident, fix, target, captures, applied_at, wrote, verdict, judged_at)
         VALUES ('r1', 'x', 'f', 't', '{}', '2026-01-10T12:00:00.000000Z', '', 'confirmed',
          '2026-01-10T13:00:00.000000Z');",
    )
    .unwrap();
    drop(old);
    let bytes = std::fs::read(&file).unwrap();
    let snapshot = Store::look(dir.path()).unwrap();
    assert_eq!((snapshot.incidents["x"].total, snapshot.attempts.len()), (7, 1));
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "who looks changes nothing");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

    let store = Store::open(dir.path(), &Writer::new()).unwrap();
    let text = |sql: &str| store.connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("SELECT CAST(user_version AS TEXT) FROM pragma_user_version"), "3");
    assert_eq!(text("SELECT group_concat(status) FROM (SELECT status FROM changes ORDER BY at)"), "new,resolved");
    assert_eq!(text("SELECT verdict FROM verdicts"), "confirmed");
    drop(store);
    assert_eq!(Store::look(dir.path()).unwrap().incidents["x"].total, 7);
    assert!(Store::open(dir.path(), &Writer::new()).is_ok(), "once is enough");
}

#[test]
fn an_empty_file_is_no_database_yet() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(Store::file(dir.path()), b"").unwrap();
    assert!(View::open(dir.path()).unwrap().is_none());
    assert!(Store::look(dir.path()).unwrap().incidents.is_empty());
}
