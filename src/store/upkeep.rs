//! What keeps the database small: older pieces of time are merged, old rows removed.

use chrono::{DateTime, FixedOffset, TimeDelta};
use rusqlite::{Transaction, params};

use super::chronicle::{FINE_FOR, HOURS_FOR, KEPT_FOR};
use super::position::KnownEntry;
use super::{removed, time};

type Time = DateTime<FixedOffset>;

/// So often, at most.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// What was read of a file that vanished is remembered for so long: it may come back.
const VANISHED_FOR: TimeDelta = TimeDelta::days(35);
/// A clock that jumped this far is not believed in the run that sees it first.
const LEAP: TimeDelta = TimeDelta::days(30);
/// Most rows of a table, whatever the logs bring.
struct Most {
    /// Pieces of time over all incidents.
    buckets: i64,
    /// Incidents in runs.
    sightings: i64,
    /// Beginnings of incidents.
    onsets: i64,
    /// Incidents; beyond, those that stayed away longest go.
    incidents: i64,
}

const MOST: Most = Most { buckets: 500_000, sightings: 1_000_000, onsets: 10_000, incidents: 50_000 };

/// Merges and removes, when it is time.
pub(super) fn maybe(transaction: &Transaction<'_>, configured: &[KnownEntry], now: Time) -> rusqlite::Result<()> {
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
    let gone = now.checked_sub_signed(VANISHED_FOR);
    removed::forget(transaction, configured, gone.unwrap_or_default())?;
    all(transaction, now, &MOST)
}

fn all(transaction: &Transaction<'_>, now: Time, most: &Most) -> rusqlite::Result<()> {
    let ago = |age: TimeDelta| now.checked_sub_signed(age).map(time::text).unwrap_or_default();
    merge(transaction, &ago(FINE_FOR), &ago(HOURS_FOR))?;
    let old = ago(KEPT_FOR);
    for sql in [
        "DELETE FROM buckets WHERE seconds = 86400 AND start < ?1",
        "DELETE FROM onsets WHERE at < ?1",
        "DELETE FROM changes WHERE at < ?1",
        "DELETE FROM sightings WHERE run IN (SELECT id FROM runs WHERE started_at < ?1)",
        "DELETE FROM opinions WHERE run IN (SELECT id FROM runs WHERE started_at < ?1)",
        "DELETE FROM metrics WHERE run IN (SELECT id FROM runs WHERE started_at < ?1)",
        "DELETE FROM runs WHERE started_at < ?1",
    ] {
        transaction.execute(sql, [&old])?;
    }
    let gone = now.checked_sub_signed(VANISHED_FOR).map_or(i64::MIN, |time| time.timestamp());
    transaction.execute("DELETE FROM positions WHERE json_extract(rhythm, '$.gone') < ?1", [gone])?;
    old_attempts(transaction, &old)?;
    old_incidents(transaction, &old, most)?;
    bounds(transaction, &ago(TimeDelta::hours(6)), &ago(FINE_FOR), most)
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
fn old_incidents(transaction: &Transaction<'_>, old: &str, most: &Most) -> rusqlite::Result<()> {
    let spared = "id NOT IN (SELECT incident FROM mutes) AND id NOT IN (SELECT incident FROM attempts)";
    let surplus = count(transaction, "incidents")?.saturating_sub(most.incidents).max(0);
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
    for table in ["samples", "facets", "incident_sources", "buckets", "sightings", "onsets", "changes", "diagnoses"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE incident IN (SELECT id FROM gone)"), [])?;
    }
    transaction.execute("DELETE FROM incidents WHERE id IN (SELECT id FROM gone)", [])?;
    transaction.execute_batch("DROP TABLE gone")
}

/// Whatever the logs bring, no table grows without end.
fn bounds(transaction: &Transaction<'_>, fine: &str, hours: &str, most: &Most) -> rusqlite::Result<()> {
    if count(transaction, "buckets")? > most.buckets {
        merge(transaction, fine, hours)?;
        let surplus = count(transaction, "buckets")?.saturating_sub(most.buckets).max(0);
        transaction.execute(
            "DELETE FROM buckets WHERE (incident, seconds, start) IN
             (SELECT incident, seconds, start FROM buckets ORDER BY seconds DESC, start LIMIT ?1)",
            [surplus],
        )?;
    }
    let surplus = count(transaction, "sightings")?.saturating_sub(most.sightings).max(0);
    transaction.execute(
        "DELETE FROM sightings WHERE (run, incident) IN (SELECT run, incident FROM sightings ORDER BY run LIMIT ?1)",
        [surplus],
    )?;
    let surplus = count(transaction, "onsets")?.saturating_sub(most.onsets).max(0);
    transaction.execute(
        "DELETE FROM onsets WHERE (incident, run, at) IN (SELECT incident, run, at FROM onsets ORDER BY at LIMIT ?1)",
        [surplus],
    )?;
    Ok(())
}

fn count(transaction: &Transaction<'_>, table: &str) -> rusqlite::Result<i64> {
    transaction.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::sys::disk::Writer;

    /// Ten incidents, each seen in a run and with twelve pieces of five minutes an hour and more ago.
    const FLOOD: &str = "
        WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 9)
        INSERT INTO incidents (id, template, category, severity, description, total, first_seen, last_seen, first_run,
         last_run) SELECT 'id' || n, '', 'unknown', 'low', '', 24, '2026-01-10T00:00:00.000000Z',
         '2026-01-10T0' || n || ':00:00.000000Z', 'r', 'r' FROM n;
        INSERT INTO runs (id, mode, host, heal_version, started_at)
         VALUES ('r', 'record', '', '', '2026-01-10T10:00:00.000000Z');
        INSERT INTO sightings SELECT id, 'r', 24, 'new' FROM incidents;
        INSERT INTO onsets SELECT id, 'r', first_seen FROM incidents;
        WITH RECURSIVE m (m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM m WHERE m < 11)
        INSERT INTO buckets SELECT id, 300, printf('2026-01-10T01:%02d:00.000000Z', m * 5), 2 FROM incidents, m;";

    #[test]
    fn a_flood_of_kinds_leaves_every_table_bounded_and_the_counts_whole() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), &Writer::new()).unwrap();
        let transaction = store.connection.transaction().unwrap();
        transaction.execute_batch(FLOOD).unwrap();
        transaction
            .execute(
                "INSERT INTO mutes VALUES ('id0', '2026-01-10T00:00:00.000000Z', NULL, '', '', 0, NULL, 1, 3600, 1)",
                [],
            )
            .unwrap();
        let now = "2026-01-10T12:00:00Z".parse().unwrap();
        let most = |buckets, incidents| Most { buckets, sightings: 5, onsets: 4, incidents };
        all(&transaction, now, &most(200, 10)).unwrap();
        assert_eq!(count(&transaction, "buckets").unwrap(), 120, "within the bound nothing is merged before its time");
        assert_eq!((count(&transaction, "sightings").unwrap(), count(&transaction, "onsets").unwrap()), (5, 4));
        all(&transaction, now, &most(50, 10)).unwrap();
        let sum = |sql: &str| transaction.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((count(&transaction, "buckets").unwrap(), sum("SELECT SUM(count) FROM buckets")), (10, 240));
        all(&transaction, now, &most(7, 10)).unwrap();
        assert_eq!(count(&transaction, "buckets").unwrap(), 7);
        all(&transaction, now, &most(7, 3)).unwrap();
        let left = "SELECT group_concat(id) FROM (SELECT id FROM incidents ORDER BY id)";
        let left: String = transaction.query_row(left, [], |row| row.get(0)).unwrap();
        assert_eq!(left, "id0,id8,id9", "the muted one stays, and the last seen");
    }
}
