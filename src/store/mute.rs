//! `heal mute`: known issues, counted and not listed, until they end or grow.

use chrono::{DateTime, FixedOffset, TimeDelta};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::{Bucket, Incident, Store, View, snapshot, time};

type Time = DateTime<FixedOffset>;

/// A mute ends when there are so many times the events that there were.
pub const GROWTH: u64 = 3;
/// Longest and shortest time over which events are compared.
const DAY: TimeDelta = TimeDelta::days(1);
const HOUR: TimeDelta = TimeDelta::hours(1);

/// A row of `mutes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// The incident's id.
    pub incident: String,
    /// Since when.
    pub since: Time,
    /// Until when; `None`: until `heal resume`.
    pub until: Option<Time>,
    /// Why, in the operator's words; may be empty.
    pub reason: String,
    /// Who did it, by name; empty when the user has none.
    pub user: String,
    /// Who did it, by number.
    pub uid: u32,
    /// Who became root for it, as sudo says.
    pub sudo_user: Option<String>,
    /// How it went when it was muted.
    pub rate: Rate,
}

/// How often an incident happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many events, at least one, ...
    pub events: u64,
    /// ... in so many seconds before the last of them.
    pub seconds: u32,
    /// Events of all runs until then.
    pub total: u64,
}

impl Rate {
    /// Over the day before the last event, or as long as the incident is known, at least an hour.
    #[must_use]
    pub fn of(incident: &Incident, buckets: &[Bucket]) -> Self {
        let known = incident.last_seen.signed_duration_since(incident.first_seen);
        let span = known.clamp(HOUR, DAY);
        let from = incident.last_seen.checked_sub_signed(span).map_or(i64::MIN, |from| from.timestamp());
        let counted: u64 = buckets.iter().filter(|bucket| bucket.end() > from).map(|bucket| bucket.count).sum();
        // A store of an older heal has no buckets: the mean of all the time then.
        let mean = || {
            let parts = (known.num_seconds() / span.num_seconds().max(1)).max(1).unsigned_abs();
            incident.total / parts
        };
        let events = if buckets.is_empty() { mean() } else { counted };
        let seconds = u32::try_from(span.num_seconds()).unwrap_or(u32::MAX);
        Self { events: events.max(1), seconds, total: incident.total }
    }
}

impl Mute {
    /// By whom, until when and why: stays in the incident's life when the mute has ended.
    #[must_use]
    fn told(&self) -> String {
        let sudo = self.sudo_user.as_ref().map(|name| format!(", sudo by {name}")).unwrap_or_default();
        let until = self.until.map(|at| at.with_timezone(self.since.offset()).format(" until %Y-%m-%d %H:%M:%S"));
        let until = until.map(|until| until.to_string()).unwrap_or_default();
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("by {} (uid {}{sudo}){until}{reason}", self.user, self.uid)
    }

    /// Why it no longer holds. `total` and `buckets` are the incident's, this run's events included.
    #[must_use]
    pub fn ended(&self, total: u64, buckets: &[Bucket], now: Time) -> Option<String> {
        if let Some(until) = self.until.filter(|until| *until <= now) {
            let until = until.with_timezone(now.offset()).format("%Y-%m-%d %H:%M");
            return Some(format!("the mute ended on {until}"));
        }
        let window = TimeDelta::seconds(i64::from(self.rate.seconds));
        let from = now.checked_sub_signed(window)?;
        let recent: u64 = if from <= self.since {
            total.saturating_sub(self.rate.total)
        } else {
            buckets.iter().filter(|bucket| bucket.start >= from).map(|bucket| bucket.count).sum()
        };
        (recent >= self.rate.events.saturating_mul(GROWTH)).then(|| {
            let hours = self.rate.seconds.div_ceil(3600);
            let within = if hours == 1 { "an hour".to_owned() } else { format!("{hours} hours") };
            format!("{recent} events within {within}; there were {} when it was muted", self.rate.events)
        })
    }
}

impl Store {
    /// Mutes an incident from now on; takes the place of an earlier mute.
    ///
    /// # Errors
    /// The database's own.
    pub fn mute(&mut self, mute: &Mute) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT OR REPLACE INTO mutes
             (incident, since, until, reason, user_name, uid, sudo_user, events, seconds, total)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                mute.incident,
                time::text(mute.since),
                mute.until.map(time::text),
                mute.reason,
                mute.user,
                mute.uid,
                mute.sudo_user,
                mute.rate.events.cast_signed(),
                mute.rate.seconds,
                mute.rate.total.cast_signed()
            ],
        )?;
        note(&transaction, &mute.incident, "muted", &mute.told(), mute.since)?;
        transaction.commit()
    }

    /// Lets the fixes of an incident begin anew, and lists it again; whether it was muted.
    ///
    /// # Errors
    /// The database's own.
    pub fn resume_incident(&mut self, id: &str, now: Time) -> rusqlite::Result<bool> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("UPDATE incidents SET fresh_since = ?2 WHERE id = ?1", params![id, time::text(now)])?;
        let muted = unmute(&transaction, id, "heal resume", now)?;
        note(&transaction, id, "resumed", "", now)?;
        transaction.commit()?;
        Ok(muted)
    }

    /// A view of what this one writes.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn incident(&self, id: &str) -> anyhow::Result<Option<Incident>> {
        snapshot::one_incident(&self.connection, id)
    }

    /// The ids that begin so, at most two.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn ids(&self, prefix: &str) -> anyhow::Result<Vec<String>> {
        ids(&self.connection, prefix)
    }
}

impl View {
    /// The ids that begin so, at most two.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn ids(&self, prefix: &str) -> anyhow::Result<Vec<String>> {
        ids(&self.connection, prefix)
    }
}

fn ids(connection: &Connection, prefix: &str) -> anyhow::Result<Vec<String>> {
    // An id is made of hexadecimal digits: `g` comes after every one that begins so.
    let sql = "SELECT id FROM incidents WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 2";
    snapshot::rows_with(connection, sql, [prefix], |row| row.get(0))
}

/// Ends a mute; whether there was one.
pub(super) fn unmute(transaction: &Transaction<'_>, id: &str, why: &str, now: Time) -> rusqlite::Result<bool> {
    let muted = transaction.execute("DELETE FROM mutes WHERE incident = ?1", [id])? > 0;
    if muted {
        note(transaction, id, "unmuted", why, now)?;
    }
    Ok(muted)
}

fn note(transaction: &Transaction<'_>, id: &str, status: &str, detail: &str, now: Time) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO changes (incident, at, status, detail) VALUES (?1, ?2, ?3, ?4)",
        params![id, time::text(now), status, detail],
    )?;
    Ok(())
}

pub(super) fn mute(row: &Row<'_>) -> rusqlite::Result<Mute> {
    Ok(Mute {
        incident: row.get("incident")?,
        since: time::required(row, "since")?,
        until: time::optional(row, "until")?,
        reason: row.get("reason")?,
        user: row.get("user_name")?,
        uid: row.get("uid")?,
        sudo_user: row.get("sudo_user")?,
        rate: Rate {
            events: snapshot::unsigned(row, "events")?,
            seconds: row.get("seconds")?,
            total: snapshot::unsigned(row, "total")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn bucket(text: &str, count: u64) -> Bucket {
        Bucket::around(at(text), 300, count).unwrap()
    }

    fn muted(events: u64) -> Mute {
        Mute {
            incident: "a".to_owned(),
            since: at("2026-01-10T12:00:00Z"),
            until: Some(at("2026-02-01T00:00:00Z")),
            reason: String::new(),
            user: String::new(),
            uid: 0,
            sudo_user: None,
            rate: Rate { events, seconds: 86_400, total: 100 },
        }
    }

    #[test]
    fn it_ends_at_its_time() {
        assert_eq!(muted(5).ended(100, &[], at("2026-01-31T23:59:59Z")), None);
        assert!(muted(5).ended(100, &[], at("2026-02-01T00:00:00Z")).unwrap().contains("ended on 2026-02-01"));
        let forever = Mute { until: None, ..muted(5) };
        assert_eq!(forever.ended(100, &[], at("2036-02-01T00:00:00Z")), None);
    }

    #[test]
    fn it_ends_when_three_times_as_many_come_in_a_like_time() {
        let now = at("2026-01-10T13:00:00Z");
        assert_eq!(muted(5).ended(114, &[], now), None, "in its first day all that came since count");
        assert!(muted(5).ended(115, &[], now).unwrap().starts_with("15 events within 24 hours"));
        let later = at("2026-01-20T12:00:00Z");
        let slow: Vec<Bucket> = (12..20).map(|day| bucket(&format!("2026-01-{day}T00:00:00Z"), 5)).collect();
        assert_eq!(muted(5).ended(140, &slow, later), None, "spread over days they are no more than before");
        let burst = [bucket("2026-01-20T11:00:00Z", 15)];
        assert!(muted(5).ended(115, &burst, later).is_some());
    }
}
