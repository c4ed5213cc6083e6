//! What keeps the database small: older pieces of time are merged, old rows removed.

use chrono::{DateTime, FixedOffset, TimeDelta};
use rusqlite::{Transaction, params};

use super::chronicle::{FINE_FOR, HOURS_FOR, KEPT_FOR};
use super::time;

type Time = DateTime<FixedOffset>;

/// So often, at most.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// A clock that jumped this far is not believed in the run that sees it first.
const LEAP: TimeDelta = TimeDelta::days(30);
/// Most pieces of time over all incidents.
const MAX_BUCKETS: i64 = 500_000;
/// Most rows of `sightings`.
const MAX_SIGHTINGS: i64 = 1_000_000;
/// Most onsets.
const MAX_ONSETS: i64 = 10_000;
/// Most incidents; beyond, those that stayed away longest go.
const MAX_INCIDENTS: i64 = 50_000;

/// Merges and removes, when it is time.
pub(super) fn maybe(transaction: &Transaction<'_>, now: Time) -> rusqlite::Result<()> {
    let last = transaction.query_row("SELECT MAX(at) FROM upkeep", [], |row| time::optional(row, 0))?;
    let since = last.map(|last| now.signed_duration_since(last));
    if since.is_some_and(|since| since >= TimeDelta::zero() && since < EVERY) {
        return Ok(());
    }
    transaction.execute("DELETE FROM upkeep", [])?;
    transaction.execute("INSERT INTO upkeep (at) VALUES (?1)", [time::text(now)])?;
    if since.is_some_and(|since| since > LEAP || since < TimeDelta::zero()) {
        return Ok(());
    }
    all(transaction, now)
}

fn all(transaction: &Transaction<'_>, now: Time) -> rusqlite::Result<()> {
    let ago = |age: TimeDelta| now.checked_sub_signed(age).map(time::text).unwrap_or_default();
    merge(transaction, &ago(FINE_FOR), &ago(HOURS_FOR))?;
    let old = ago(KEPT_FOR);
    for sql in [
        "DELETE FROM buckets WHERE seconds = 86400 AND start < ?1",
        "DELETE FROM onsets WHERE at < ?1",
        "DELETE FROM changes WHERE at < ?1",
        "DELETE FROM sightings WHERE run IN (SELECT id FROM runs WHERE started_at < ?1)",
        "DELETE FROM metrics WHERE run IN (SELECT id FROM runs WHERE started_at < ?1)",
        "DELETE FROM runs WHERE started_at < ?1",
    ] {
        transaction.execute(sql, [&old])?;
    }
    old_attempts(transaction, &old)?;
    old_incidents(transaction, &old)?;
    bounds(transaction, &ago(TimeDelta::hours(6)), &ago(FINE_FOR))
}

/// Five minutes older than `fine` become hours, hours older than `hours` days.
fn merge(transaction: &Transaction<'_>, fine: &str, hours: &str) -> rusqlite::Result<()> {
    for (from, to, digits, rest, before) in
        [(300, 3600, 13, ":00:00.000000Z", fine), (3600, 86_400, 10, "T00:00:00.000000Z", hours)]
    {
        transaction.execute(
            "INSERT INTO buckets (incident, seconds, start, count)
             SELECT incident, ?2, substr(start, 1, ?3) || ?4, SUM(count) FROM buckets
             WHERE seconds = ?1 AND start < ?5 GROUP BY 1, 3
             ON CONFLICT (incident, seconds, start) DO UPDATE SET count = count + excluded.count",
            params![from, to, digits, rest, before],
        )?;
        transaction.execute("DELETE FROM buckets WHERE seconds = ?1 AND start < ?2", params![from, before])?;
    }
    Ok(())
}

fn old_attempts(transaction: &Transaction<'_>, old: &str) -> rusqlite::Result<()> {
    let done = "applied_at < ?1 AND verdict NOT IN ('under_way', 'on_probation')";
    for table in ["verdicts", "attempt_steps"] {
        transaction
            .execute(&format!("DELETE FROM {table} WHERE attempt IN (SELECT id FROM attempts WHERE {done})"), [old])?;
    }
    transaction.execute(&format!("DELETE FROM attempts WHERE {done}"), [old])?;
    Ok(())
}

/// Incidents that stayed away for long go, and beyond the bound those that stayed away longest; none that is muted
/// or that a fix has acted on. An old log that was read lately is no reason.
fn old_incidents(transaction: &Transaction<'_>, old: &str) -> rusqlite::Result<()> {
    let spared = "id NOT IN (SELECT incident FROM mutes) AND id NOT IN (SELECT incident FROM attempts)";
    let surplus = count(transaction, "incidents")?.saturating_sub(MAX_INCIDENTS).max(0);
    transaction.execute_batch("CREATE TEMP TABLE gone (id TEXT PRIMARY KEY)")?;
    transaction.execute(
        &format!(
            "INSERT INTO gone SELECT id FROM incidents
             WHERE last_seen < ?1 AND last_run NOT IN (SELECT id FROM runs) AND {spared}"
        ),
        [old],
    )?;
    transaction.execute(
        &format!("INSERT OR IGNORE INTO gone SELECT id FROM incidents WHERE {spared} ORDER BY last_seen LIMIT ?1"),
        [surplus],
    )?;
    for table in ["samples", "facets", "incident_sources", "buckets", "sightings", "onsets", "changes"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE incident IN (SELECT id FROM gone)"), [])?;
    }
    transaction.execute("DELETE FROM incidents WHERE id IN (SELECT id FROM gone)", [])?;
    transaction.execute_batch("DROP TABLE gone")
}

/// Whatever the logs bring, no table grows without end.
fn bounds(transaction: &Transaction<'_>, fine: &str, hours: &str) -> rusqlite::Result<()> {
    if count(transaction, "buckets")? > MAX_BUCKETS {
        merge(transaction, fine, hours)?;
        let surplus = count(transaction, "buckets")?.saturating_sub(MAX_BUCKETS).max(0);
        transaction.execute(
            "DELETE FROM buckets WHERE (incident, seconds, start) IN
             (SELECT incident, seconds, start FROM buckets ORDER BY seconds DESC, start LIMIT ?1)",
            [surplus],
        )?;
    }
    let surplus = count(transaction, "sightings")?.saturating_sub(MAX_SIGHTINGS).max(0);
    transaction.execute(
        "DELETE FROM sightings WHERE (run, incident) IN (SELECT run, incident FROM sightings ORDER BY run LIMIT ?1)",
        [surplus],
    )?;
    let surplus = count(transaction, "onsets")?.saturating_sub(MAX_ONSETS).max(0);
    transaction.execute(
        "DELETE FROM onsets WHERE (incident, run) IN (SELECT incident, run FROM onsets ORDER BY at LIMIT ?1)",
        [surplus],
    )?;
    Ok(())
}

fn count(transaction: &Transaction<'_>, table: &str) -> rusqlite::Result<i64> {
    transaction.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0))
}
