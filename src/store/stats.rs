//! What `heal stats` asks: how it went over a time, counted by the database.

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use rusqlite::{Row, params};

use super::ledger::reading;
use super::snapshot::{rows_with, unsigned};
use super::tally::{Tally, first_whole_month};
use super::{View, time};

type Time = DateTime<FixedOffset>;

/// Most kinds of error that are named.
const MOST_COMMON: u32 = 10;

/// A mean, and of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    /// In seconds; `None` of nothing.
    pub seconds: Option<f64>,
    /// Of how many.
    pub of: u64,
}

/// Events in an hour or a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// `2026-01-31T18` or `2026-01-31`, in UTC.
    pub start: String,
    /// Events.
    pub errors: u64,
    /// Incidents that had some.
    pub incidents: u64,
}

/// One kind of error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// The incident's id.
    pub incident: String,
    /// The pattern.
    pub pattern: Option<String>,
    /// What its events have in common.
    pub template: String,
    /// What kind of trouble.
    pub category: String,
    /// How bad it is.
    pub severity: String,
    /// Events.
    pub count: u64,
}

/// How attempts of one fix, kind, category or severity went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    /// Of which.
    pub name: String,
    /// Applied.
    pub attempts: u64,
    /// Seen to have helped, and not come back.
    pub confirmed: u64,
    /// Ineffective, regressed, inconclusive or undone.
    pub failed: u64,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Runs.
    pub runs: u64,
    /// When the first of them began.
    pub first_run: Option<Time>,
    /// Incidents that had events.
    pub incidents: u64,
    /// Events.
    pub errors: u64,
    /// The last 24 hours that had events.
    pub per_hour: Vec<Slot>,
    /// Days that had events.
    pub per_day: Vec<Slot>,
    /// Most events first.
    pub most_common: Vec<Common>,
    /// From the first error to the run that saw it; what was long over before the first run could not be seen sooner.
    pub detect: Mean,
    /// From the first error to the verdict `confirmed`.
    pub recover: Mean,
    /// From the beginning of a fix until its checks passed.
    pub heal: Mean,
    /// By fix.
    pub fixes: Vec<Success>,
    /// By kind of step.
    pub kinds: Vec<Success>,
    /// By category.
    pub categories: Vec<Success>,
    /// By severity.
    pub severities: Vec<Success>,
    /// How often each pattern (or, without one, incident) was muted, with the incident's template.
    pub mutes: Vec<(String, String, u64)>,
    /// Sums by name: `model_requests`, `model_seconds`, `model_prompt_tokens`, ...
    pub metrics: Vec<(String, f64)>,
}

/// Events by incident, most first, and by day.
type Counted = (Vec<(String, u64)>, Vec<Slot>);

impl View {
    /// How it went since a time.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn stats(&self, begin: Time, day_ago: Time) -> Result<Stats> {
        let since = time::text(begin);
        let (runs, first_run) = self.one(
            concat!("SELECT COUNT(*), MIN(started_at) FROM runs WHERE ", reading!(), " AND started_at >= ?1"),
            &since,
            |row| Ok((unsigned(row, 0)?, time::optional(row, 1)?)),
        )?;
        let (common, per_day) = self.counted(begin)?;
        Ok(Stats {
            runs,
            first_run,
            incidents: common.len() as u64,
            errors: common.iter().map(|one| one.1).sum(),
            most_common: self.named(&common)?,
            per_hour: self.hours(&time::text(day_ago))?,
            per_day,
            detect: self.mean(
                concat!(
                    "SELECT AVG(MAX(julianday(at) - julianday(since), 0)), COUNT(*) FROM changes
                 WHERE at >= ?1 AND status IN ('new', 'regressed')
                  AND julianday(since) >=
                      (SELECT julianday(MIN(started_at)) FROM runs WHERE ",
                    reading!(),
                    ") - 1.0 / 24"
                ),
                &since,
            )?,
            recover: self.mean(
                "SELECT AVG(MAX(julianday(healed) - julianday(began), 0)), COUNT(*) FROM (
                     SELECT a.judged_at AS healed,
                      (SELECT c.since FROM changes c WHERE c.incident = a.incident AND c.since <= a.applied_at
                       ORDER BY c.at DESC, c.id DESC LIMIT 1) AS began
                     FROM attempts a WHERE a.applied_at >= ?1 AND a.verdict = 'confirmed')
                 WHERE began IS NOT NULL",
                &since,
            )?,
            heal: self.mean(
                "SELECT AVG(MAX(julianday(settled_at) - julianday(applied_at), 0)), COUNT(*) FROM attempts
                 WHERE applied_at >= ?1 AND settled_at IS NOT NULL",
                &since,
            )?,
            fixes: self.success("a.fix", "", &since)?,
            kinds: self.success("k.kind", "JOIN attempt_steps k ON k.attempt = a.id", &since)?,
            categories: self.success("i.category", "JOIN incidents i ON i.id = a.incident", &since)?,
            severities: self.success("i.severity", "JOIN incidents i ON i.id = a.incident", &since)?,
            mutes: rows_with(
                &self.connection,
                "SELECT COALESCE(i.pattern, i.id), MAX(IIF(i.pattern IS NULL, i.template, i.pattern)), COUNT(*)
                 FROM changes c JOIN incidents i ON i.id = c.incident
                 WHERE c.at >= ?1 AND c.status = 'muted' GROUP BY 1 ORDER BY 3 DESC, 1",
                [&since],
                |row| Ok((row.get(0)?, row.get(1)?, unsigned(row, 2)?)),
            )?,
            metrics: rows_with(
                &self.connection,
                // A run's id begins with the second in which it began: no run need be looked up.
                "SELECT name, SUM(value) FROM metrics
                 WHERE substr(name, 1, 6) = 'model_' AND run >= ?1 GROUP BY 1 ORDER BY 1",
                [begin.to_utc().format("%Y%m%dT%H%M%SZ").to_string()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
        })
    }

    fn named(&self, common: &[(String, u64)]) -> Result<Vec<Common>> {
        let mut named = Vec::new();
        for (id, count) in common.iter().take(MOST_COMMON as usize) {
            let sql = "SELECT pattern, template, category, severity FROM incidents WHERE id = ?1";
            named.extend(rows_with(&self.connection, sql, [id], |row| {
                Ok(Common {
                    incident: id.clone(),
                    pattern: row.get(0)?,
                    template: row.get(1)?,
                    category: row.get(2)?,
                    severity: row.get(3)?,
                    count: *count,
                })
            })?);
        }
        Ok(named)
    }

    /// Events by hour.
    fn hours(&self, since: &str) -> Result<Vec<Slot>> {
        let sql = "SELECT substr(start, 1, 13), SUM(count), COUNT(DISTINCT incident) FROM buckets
                   WHERE seconds IN (300, 3600) AND start >= ?1 GROUP BY 1 ORDER BY 1";
        rows_with(&self.connection, sql, [since], slot)
    }

    /// Events by incident, most first, and by day. Whole months and days are summed up already; only what is kept by the
    /// hour, and the days before the first whole month, are added up here.
    fn counted(&self, since: Time) -> Result<Counted> {
        let (from, border) = (time::text(since), self.border()?);
        let recent = if from < border { &border } else { &from };
        let mut tally = Tally::default();
        let whole = first_whole_month(since);
        let months = "SELECT incident, SUM(errors) FROM months WHERE month >= ?1 GROUP BY 1";
        let mut count = |row: &Row<'_>| {
            tally.count(text(row, 0)?, unsigned(row, 1)?);
            Ok(())
        };
        self.each(months, [&whole], &mut count)?;
        let days = "SELECT incident, count FROM buckets WHERE seconds = 86400 AND start >= ?1 AND start < ?2";
        self.each(days, [&from, &whole], &mut count)?;
        let fine = "SELECT incident, count, substr(start, 1, 10) FROM buckets WHERE seconds = ?1 AND start >= ?2";
        for seconds in [super::FINEST, super::HOUR] {
            self.each(fine, params![seconds, recent], |row| {
                let (incident, count) = (text(row, 0)?, unsigned(row, 1)?);
                tally.count(incident, count);
                tally.see(incident, count, text(row, 2)?);
                Ok(())
            })?;
        }
        self.each(fine, params![super::DAY, recent], |row| {
            tally.see(text(row, 0)?, unsigned(row, 1)?, text(row, 2)?);
            Ok(())
        })?;
        let old =
            "SELECT substr(start, 1, 10), errors, incidents FROM days WHERE start >= ?1 AND start < ?2 ORDER BY 1";
        let mut slots = rows_with(&self.connection, old, [&from, &border], slot)?;
        slots.extend(tally.slots());
        Ok((tally.most_first(), slots))
    }

    fn each(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        mut seen: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        rows_with(&self.connection, sql, values, &mut seen).map(drop)
    }

    /// The first day that is kept by the hour.
    fn border(&self) -> Result<String> {
        let sql = "SELECT MIN(start) FROM buckets WHERE seconds = ?1";
        let mut first = Vec::new();
        for seconds in [super::FINEST, super::HOUR] {
            first.extend(rows_with(&self.connection, sql, [seconds], |row| row.get::<_, Option<String>>(0))?);
        }
        let first = first.into_iter().flatten().min();
        Ok(first.map_or_else(|| "9999".to_owned(), |first| first.chars().take(10).collect()))
    }

    fn mean(&self, sql: &str, since: &str) -> Result<Mean> {
        self.one(sql, since, |row| {
            let days: Option<f64> = row.get(0)?;
            Ok(Mean { seconds: days.map(|days| (days * 86_400_000.0).round() / 1000.0), of: unsigned(row, 1)? })
        })
    }

    fn success(&self, what: &str, join: &str, since: &str) -> Result<Vec<Success>> {
        let sql = format!(
            "SELECT {what}, COUNT(*), SUM(a.verdict = 'confirmed'),
              SUM(a.verdict != 'confirmed' AND (a.failed OR a.verdict IN ('ineffective', 'regressed', 'inconclusive', 'undone')))
             FROM attempts a {join} WHERE a.applied_at >= ?1 GROUP BY 1 ORDER BY 2 DESC, 1"
        );
        rows_with(&self.connection, &sql, [since], |row| {
            Ok(Success {
                name: row.get(0)?,
                attempts: unsigned(row, 1)?,
                confirmed: unsigned(row, 2)?,
                failed: unsigned(row, 3)?,
            })
        })
    }

    fn one<T: Default>(&self, sql: &str, since: &str, map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<T> {
        Ok(rows_with(&self.connection, sql, [since], map)?.pop().unwrap_or_default())
    }
}

fn slot(row: &Row<'_>) -> rusqlite::Result<Slot> {
    Ok(Slot { start: row.get(0)?, errors: unsigned(row, 1)?, incidents: unsigned(row, 2)? })
}

/// A column as it lies in the database.
fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    Ok(row.get_ref(column)?.as_str()?)
}
