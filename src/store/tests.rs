//! The database over many runs, and from an older heal.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::*;
use crate::sanitize::Sanitizer;
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
    store.store_findings(&start, &findings, &Sanitizer::new(&[]).unwrap(), now).unwrap();
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

/// Whether the sums of days and months say what the buckets say.
fn sums_hold(store: &Store) -> bool {
    let counted = |sql: &str| -> i64 { store.connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    let days = "SELECT start, SUM(count), COUNT(*) FROM buckets WHERE seconds = 86400 GROUP BY 1";
    let months = "SELECT incident, substr(start, 1, 7), SUM(count), COUNT(*) FROM buckets WHERE seconds = 86400
                  GROUP BY 1, 2";
    [(days, "days"), (months, "months")].into_iter().all(|(truth, table)| {
        let table = format!("SELECT * FROM {table}");
        counted(&format!("SELECT COUNT(*) FROM ({truth} EXCEPT {table})"))
            + counted(&format!("SELECT COUNT(*) FROM ({table} EXCEPT {truth})"))
            == 0
    })
}

/// Two years of runs, a few a month, each with late events; one of the incidents is seen each time.
fn two_years(store: &mut Store) -> Vec<(String, Time, u64)> {
    let mut events = Vec::new();
    let mut now = at("2024-12-20T09:00:00Z");
    for number in 0..140_u32 {
        now += TimeDelta::hours(131);
        let id = if number % 3 == 0 { "often".to_owned() } else { format!("id{}", number % 17) };
        let seen = [(now - TimeDelta::minutes(7), 2), (now - TimeDelta::days(i64::from(number % 80)), 3)];
        record(store, &format!("run{number:04}"), now, &id, "ongoing", &seen);
        events.extend(seen.map(|(time, count)| (id.clone(), time, count)));
        assert!(sums_hold(store), "after run {number}");
    }
    events
}

#[test]
fn what_is_summed_up_is_what_was_counted_whatever_the_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &Writer::new()).unwrap();
    let events = two_years(&mut store);
    let view = View::open(dir.path()).unwrap().unwrap();
    // Pieces that are kept begin and end at midnight, or lately at the hour.
    for since in ["2025-12-20", "2026-01-01", "2026-01-31", "2026-02-28", "2026-06-15", "2026-12-31", "2027-01-17"] {
        let since = at(&format!("{since}T00:00:00Z"));
        let stats = view.stats(since, since).unwrap();
        let wanted: Vec<_> = events.iter().filter(|(_, time, _)| *time >= since).collect();
        assert_eq!(stats.errors, wanted.iter().map(|(.., count)| count).sum::<u64>(), "{since}");
        let ids: BTreeSet<_> = wanted.iter().map(|(id, ..)| id).collect();
        assert_eq!(stats.incidents, ids.len() as u64, "{since}");
        for common in &stats.most_common {
            let own: u64 = wanted.iter().filter(|(id, ..)| *id == common.incident).map(|(.., count)| count).sum();
            assert_eq!(common.count, own, "{since}: {}", common.incident);
        }
        let mut days: BTreeMap<String, (u64, BTreeSet<&String>)> = BTreeMap::new();
        for (id, time, count) in &wanted {
            let day = days.entry(time.format("%Y-%m-%d").to_string()).or_default();
            day.0 += count;
            day.1.insert(id);
        }
        let told: Vec<_> = stats.per_day.iter().map(|day| (day.start.clone(), day.errors, day.incidents)).collect();
        let wanted: Vec<_> = days.into_iter().map(|(day, (errors, ids))| (day, errors, ids.len() as u64)).collect();
        assert_eq!(told, wanted, "{since}");
    }
}

#[test]
fn sums_follow_what_an_operator_changes_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &Writer::new()).unwrap();
    two_years(&mut store);
    for sql in [
        "UPDATE buckets SET start = strftime('%Y-%m-%dT%H:%M:%S.000000Z', start, '+400 days')",
        "UPDATE buckets SET count = 9 WHERE incident = 'often'",
        "UPDATE buckets SET seconds = 3600 WHERE incident = 'id1'",
        "DELETE FROM buckets WHERE incident = 'often'",
        "DELETE FROM buckets",
    ] {
        store.connection.execute(sql, []).unwrap();
        assert!(sums_hold(&store), "{sql}");
    }
    let left = |table: &str| -> i64 {
        store.connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((left("days"), left("months")), (0, 0));
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
    let snapshot = Store::look(dir.path(), at("2026-01-01T00:00:00Z"), &Sanitizer::new(&[]).unwrap()).unwrap();
    assert_eq!((snapshot.incidents["x"].total, snapshot.attempts.len()), (7, 1));
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "who looks changes nothing");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

    let store = Store::open(dir.path(), &Writer::new()).unwrap();
    let text = |sql: &str| store.connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("SELECT CAST(user_version AS TEXT) FROM pragma_user_version"), "6");
    assert_eq!(text("SELECT group_concat(status) FROM (SELECT status FROM changes ORDER BY at)"), "new,resolved");
    assert_eq!(text("SELECT verdict FROM verdicts"), "confirmed");
    drop(store);
    assert_eq!(
        Store::look(dir.path(), at("2026-01-01T00:00:00Z"), &Sanitizer::new(&[]).unwrap()).unwrap().incidents["x"]
            .total,
        7
    );
    assert!(Store::open(dir.path(), &Writer::new()).is_ok(), "once is enough");
}

#[test]
fn a_store_of_version_2_keeps_its_onsets_and_its_days_are_summed_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = Store::file(dir.path());
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("schema.sql")).unwrap();
    old.execute_batch(include_str!("schema_2.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO incidents (id, pattern, template, category, severity, description, total, first_seen, last_seen,
          first_run, last_run)
         VALUES ('x', NULL, 't', 'unknown', 'medium', '', 7, '2026-01-10T11:59:00.000000Z',
          '2026-03-10T11:59:30.000000Z', 'r1', 'r2'), ('y', NULL, 'u', 'unknown', 'medium', '', 7,
          '2026-01-10T11:59:00.000000Z', '2026-03-10T11:59:30.000000Z', 'r1', 'r2');
         INSERT INTO onsets VALUES ('x', 'r1', '2026-01-10T11:59:00.000000Z'), ('x', 'r2', '2026-03-10T11:59:00.000000Z'),
          ('y', 'r1', '2026-01-10T11:59:00.000000Z');
         INSERT INTO buckets VALUES ('x', 86400, '2026-01-10T00:00:00.000000Z', 4),
          ('y', 86400, '2026-01-10T00:00:00.000000Z', 2), ('x', 86400, '2026-01-11T00:00:00.000000Z', 3),
          ('x', 300, '2026-03-10T11:55:00.000000Z', 5);",
    )
    .unwrap();
    drop(old);
    let told = |onsets: &[Onset]| -> Vec<(String, String, Time)> {
        onsets.iter().map(|one| (one.incident.clone(), one.run.clone(), one.at)).collect()
    };
    let (first, second) = (at("2026-01-10T11:59:00Z"), at("2026-03-10T11:59:00Z"));
    let row = |incident: &str, run: &str, at: Time| (incident.to_owned(), run.to_owned(), at);
    let wanted = [row("x", "r1", first), row("y", "r1", first), row("x", "r2", second)];
    assert_eq!(
        told(&Store::look(dir.path(), first, &Sanitizer::new(&[]).unwrap()).unwrap().onsets),
        wanted,
        "who looks brings it up to date in memory"
    );
    let mut store = Store::open(dir.path(), &Writer::new()).unwrap();
    assert_eq!(told(&store.snapshot(dir.path(), first).unwrap().onsets), wanted);
    assert!(sums_hold(&store));
    let stats = View::open(dir.path()).unwrap().unwrap().stats(at("2026-01-01T00:00:00Z"), second).unwrap();
    assert_eq!((stats.errors, stats.incidents, stats.per_day.len()), (14, 2, 3));
    // An incident may begin twice in a run, which version 2 could not say.
    let twice = store.connection.execute("INSERT INTO onsets VALUES ('x', 'r2', '2026-03-10T12:59:00.000000Z')", []);
    assert_eq!(twice, Ok(1));
    record(&mut store, "r3", second + TimeDelta::days(400), "y", "ongoing", &[(second, 1)]);
    assert!(sums_hold(&store));
}

#[test]
fn an_empty_file_is_no_database_yet() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(Store::file(dir.path()), b"").unwrap();
    assert!(View::open(dir.path()).unwrap().is_none());
    assert!(
        Store::look(dir.path(), at("2026-01-01T00:00:00Z"), &Sanitizer::new(&[]).unwrap())
            .unwrap()
            .incidents
            .is_empty()
    );
}
