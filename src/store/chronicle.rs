//! How incidents go over time: what a run saw of each, written with its findings, and read back.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, TimeDelta};
use rusqlite::{Transaction, params};

use super::bucket::{Bucket, DAY, FINEST, HOUR, disjoint};
use super::{RunStart, View, snapshot, time};

type Time = DateTime<FixedOffset>;

/// Most incidents whose events by time a run stores by minutes; of the others only days.
const MAX_FINE: usize = 1000;
/// Most incidents that a run is remembered to have seen, worst first.
const MAX_SEEN: usize = 1000;
/// Most onsets of one run, worst first.
const MAX_ONSETS: usize = 200;
/// Finest pieces of time are kept so long, then hours.
pub(super) const FINE_FOR: TimeDelta = TimeDelta::days(2);
/// Hours are kept so long, then days.
pub(super) const HOURS_FOR: TimeDelta = TimeDelta::days(30);
/// Everything that tells of the past is kept so long.
pub(super) const KEPT_FOR: TimeDelta = TimeDelta::days(400);

/// How a run saw an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The incident's id.
    pub incident: String,
    /// Where it stands.
    pub status: &'static str,
    /// This run's events; 0 when it is resolved now.
    pub count: u64,
    /// Log time of the first of them.
    pub since: Option<Time>,
    /// Those with which the incident began, or began again.
    pub onsets: Vec<Time>,
    /// The events by time.
    pub buckets: Vec<Bucket>,
}

/// Stores what a run saw, the worst first.
pub(super) fn put(
    transaction: &Transaction<'_>,
    run: &RunStart<'_>,
    sightings: &[Sighting],
    now: Time,
) -> rusqlite::Result<()> {
    let mut seen = transaction
        .prepare("INSERT OR REPLACE INTO sightings (incident, run, count, status) VALUES (?1, ?2, ?3, ?4)")?;
    let mut began = transaction.prepare("INSERT OR REPLACE INTO onsets (incident, run, at) VALUES (?1, ?2, ?3)")?;
    let mut changed =
        transaction.prepare("INSERT INTO changes (incident, at, status, run, since) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut onsets = 0;
    for (rank, sighting) in sightings.iter().enumerate() {
        if sighting.count > 0 && rank < MAX_SEEN {
            seen.execute(params![sighting.incident, run.id, sighting.count.cast_signed(), sighting.status])?;
        }
        if matches!(sighting.status, "new" | "regressed" | "resolved") {
            let since = sighting.since.map(time::text);
            changed.execute(params![sighting.incident, time::text(now), sighting.status, run.id, since])?;
        }
        for onset in sighting.onsets.iter().take(MAX_ONSETS.saturating_sub(onsets)) {
            onsets += 1;
            began.execute(params![sighting.incident, run.id, time::text((*onset).min(now))])?;
        }
        put_buckets(transaction, sighting, rank < MAX_FINE, now)?;
    }
    Ok(())
}

fn put_buckets(transaction: &Transaction<'_>, sighting: &Sighting, fine: bool, now: Time) -> rusqlite::Result<()> {
    let mut pieces: BTreeMap<(u32, String), u64> = BTreeMap::new();
    for bucket in &sighting.buckets {
        // A clock that goes ahead counts as now; what is too old to be kept counts in the total alone.
        let start = bucket.start.min(now);
        let age = now.signed_duration_since(start);
        let least = match age {
            _ if age > KEPT_FOR => continue,
            _ if age > HOURS_FOR || !fine => DAY,
            _ if age > FINE_FOR => HOUR,
            _ => FINEST,
        };
        if let Some(piece) = Bucket::around(start, bucket.seconds.max(least), bucket.count) {
            let count = pieces.entry((piece.seconds, time::text(piece.start))).or_default();
            *count = count.saturating_add(piece.count);
        }
    }
    let mut put = transaction.prepare_cached(
        "INSERT INTO buckets (incident, seconds, start, count) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (incident, seconds, start) DO UPDATE SET count = count + ?4",
    )?;
    for ((seconds, start), count) in pieces {
        put.execute(params![sighting.incident, seconds, start, count.cast_signed()])?;
    }
    Ok(())
}

impl View {
    /// The remembered events of an incident by time: oldest first, none inside another. Pieces of five minutes of the
    /// last two days, of an hour of the last thirty, of a day before that.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn buckets(&self, incident: &str) -> anyhow::Result<Vec<Bucket>> {
        let sql = "SELECT start, seconds, count FROM buckets WHERE incident = ?1";
        let bucket = |row: &rusqlite::Row<'_>| {
            Ok(Bucket { start: time::required(row, 0)?, seconds: row.get(1)?, count: snapshot::unsigned(row, 2)? })
        };
        Ok(disjoint(snapshot::rows_with(&self.connection, sql, [incident], bucket)?))
    }
}
