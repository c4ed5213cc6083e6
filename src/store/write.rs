//! What a run writes: each function is one transaction.

use chrono::{DateTime, FixedOffset};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{
    Attempt, Incident, KnownEntry, PastDiagnosis, PastOpinion, Position, Positions, Sighting, Start, Store, Verdict,
    advance, chronicle, diagnosis, json, mute, naming, opinion, start, time, upkeep,
};
use crate::sanitize::Sanitizer;

type Time = DateTime<FixedOffset>;
type Result<T> = rusqlite::Result<T>;

/// A run as it begins.
#[derive(Clone, Debug)]
pub struct RunStart<'a> {
    /// Its id.
    pub id: &'a str,
    /// As the report calls it.
    pub mode: &'a str,
    /// This host.
    pub host: &'a str,
    /// When it began.
    pub started_at: Time,
}

/// What a run told, by incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Trouble.
    pub incidents: Vec<String>,
    /// That a person is needed.
    pub breakers: Vec<String>,
}

/// A run as it ends.
#[derive(Clone, Debug)]
pub struct RunEnd<'a> {
    /// Its id.
    pub id: &'a str,
    /// When it ended.
    pub finished_at: Time,
    /// The overall status.
    pub status: &'a str,
    /// The exit code.
    pub exit_code: u8,
    /// Events of this run.
    pub errors: u64,
    /// Fixes applied and kept.
    pub fixes_applied: u64,
    /// What else it found out, by name.
    pub metrics: Vec<(&'static str, f64)>,
    /// What the rules said of incidents with events, the worst first.
    pub diagnoses: Vec<PastDiagnosis>,
    /// What the model said of incidents.
    pub opinions: Vec<PastOpinion>,
}

/// What reading found: stored together with how far it read.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// `logs[]` entries that were looked at.
    pub entries: Vec<KnownEntry>,
    /// The new read positions.
    pub positions: Positions,
    /// Old ones whose path turns out to hold a secret.
    pub sealed: Vec<Position>,
    /// Incidents as they stand now: new ones, those with new events, those resolved.
    pub incidents: Vec<Incident>,
    /// How this run saw the same incidents.
    pub sightings: Vec<Sighting>,
    /// Mutes that end: incident and reason.
    pub unmuted: Vec<(String, String)>,
    /// Units that were started.
    pub starts: Vec<Start>,
    /// Attempts that were judged: id, verdict, reason.
    pub verdicts: Vec<(i64, Verdict, String)>,
}

impl Store {
    /// Whether a run of this id is remembered.
    #[must_use]
    pub fn has_run(&self, run: &str) -> bool {
        let query = "SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?1)";
        self.connection.query_row(query, [run], |row| row.get(0)).unwrap_or(false)
    }

    /// Opens the row of a run that reads nothing.
    ///
    /// # Errors
    /// The database's own.
    pub fn begin_run(&mut self, run: &RunStart<'_>) -> Result<()> {
        begin(&self.connection, run)
    }

    /// Stores a run's findings and its read positions, all or nothing. `names` tells how entries are named.
    ///
    /// # Errors
    /// The database's own.
    pub fn store_findings(
        &mut self,
        run: &RunStart<'_>,
        findings: &Findings,
        names: &Sanitizer,
        now: Time,
    ) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        begin(&transaction, run)?;
        advance::put(&transaction, findings, names, run.id)?;
        for incident in &findings.incidents {
            put_incident(&transaction, incident)?;
        }
        chronicle::put(&transaction, run, &findings.sightings, now)?;
        start::put(&transaction, &findings.starts, now)?;
        for (id, why) in &findings.unmuted {
            mute::unmute(&transaction, id, why, now)?;
        }
        for (id, verdict, detail) in &findings.verdicts {
            judge(&transaction, *id, *verdict, detail, now)?;
        }
        let configured = naming::stored_all(&findings.entries, names);
        upkeep::maybe(&transaction, &configured, now)?;
        transaction.commit()
    }

    /// Notes that a fix is about to be applied; gives the rows' ids.
    ///
    /// # Errors
    /// The database's own.
    pub fn begin_attempts(&mut self, attempts: &[Attempt]) -> Result<Vec<i64>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut ids = Vec::with_capacity(attempts.len());
        for attempt in attempts {
            transaction.execute(
                "INSERT INTO attempts
                 (run, incident, fix, target, applied_at, settled_at, wrote, verdict, failed, judged_at, detail,
                  captures)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    attempt.run,
                    attempt.incident,
                    attempt.fix,
                    attempt.target,
                    time::text(attempt.applied_at),
                    attempt.settled_at.map(time::text),
                    attempt.wrote,
                    attempt.verdict.as_str(),
                    attempt.failed,
                    attempt.judged_at.map(time::text),
                    attempt.detail,
                    json::text(&attempt.captures)
                ],
            )?;
            ids.push(transaction.last_insert_rowid());
        }
        transaction.commit()?;
        Ok(ids)
    }

    /// Notes which kinds of step these attempts take.
    ///
    /// # Errors
    /// The database's own.
    pub fn note_steps(&mut self, ids: &[i64], kinds: &[&str]) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            for kind in kinds {
                let insert = "INSERT OR IGNORE INTO attempt_steps (attempt, kind) VALUES (?1, ?2)";
                transaction.execute(insert, params![id, kind])?;
            }
        }
        transaction.commit()
    }

    /// Notes that a fix stands and its checks pass.
    ///
    /// # Errors
    /// The database's own.
    pub fn settle_attempts(&mut self, ids: &[i64], now: Time) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            transaction.execute(
                "UPDATE attempts SET settled_at = ?2, verdict = ?3 WHERE id = ?1",
                params![id, time::text(now), Verdict::OnProbation.as_str()],
            )?;
        }
        transaction.commit()
    }

    /// Forgets attempts that changed nothing after all.
    ///
    /// # Errors
    /// The database's own.
    pub fn forget_attempts(&mut self, ids: &[i64]) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            for table in ["verdicts WHERE attempt", "attempt_steps WHERE attempt", "attempts WHERE id"] {
                transaction.execute(&format!("DELETE FROM {table} = ?1"), params![id])?;
            }
        }
        transaction.commit()
    }

    /// Stores verdicts.
    ///
    /// # Errors
    /// The database's own.
    pub fn judge_attempts(&mut self, verdicts: &[(i64, Verdict, String)], now: Time) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (id, verdict, detail) in verdicts {
            judge(&transaction, *id, *verdict, detail, now)?;
        }
        transaction.commit()
    }

    /// Closes the run's row, and notes which incidents were told.
    ///
    /// # Errors
    /// The database's own.
    pub fn finish_run(&mut self, end: &RunEnd<'_>, told: &Told) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "UPDATE runs SET finished_at = ?2, status = ?3, exit_code = ?4, errors = ?5, fixes_applied = ?6
             WHERE id = ?1",
            params![
                end.id,
                time::text(end.finished_at),
                end.status,
                end.exit_code,
                end.errors.cast_signed(),
                end.fixes_applied.cast_signed()
            ],
        )?;
        for (name, value) in &end.metrics {
            transaction.execute(
                "INSERT OR REPLACE INTO metrics (run, name, value) VALUES (?1, ?2, ?3)",
                params![end.id, name, value],
            )?;
        }
        diagnosis::put(&transaction, &end.diagnoses)?;
        opinion::put(&transaction, end.id, &end.opinions)?;
        for (update, incidents) in [
            ("UPDATE incidents SET told_at = ?2 WHERE id = ?1", &told.incidents),
            ("UPDATE incidents SET cried_at = ?2 WHERE id = ?1", &told.breakers),
        ] {
            for incident in incidents {
                transaction.execute(update, params![incident, time::text(end.finished_at)])?;
            }
        }
        transaction.commit()
    }
}

fn begin(connection: &Connection, run: &RunStart<'_>) -> Result<()> {
    connection.execute(
        "INSERT INTO runs (id, mode, host, heal_version, started_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![run.id, run.mode, run.host, env!("CARGO_PKG_VERSION"), time::text(run.started_at)],
    )?;
    Ok(())
}

fn judge(transaction: &Transaction<'_>, id: i64, verdict: Verdict, detail: &str, now: Time) -> Result<()> {
    transaction.execute(
        "UPDATE attempts SET verdict = ?2, failed = failed OR ?5, judged_at = ?3, detail = ?4 WHERE id = ?1",
        params![id, verdict.as_str(), time::text(now), detail, verdict.is_failure()],
    )?;
    transaction.execute(
        "INSERT INTO verdicts (attempt, at, verdict, detail) VALUES (?1, ?2, ?3, ?4)",
        params![id, time::text(now), verdict.as_str(), detail],
    )?;
    Ok(())
}

fn put_incident(transaction: &Transaction<'_>, incident: &Incident) -> Result<()> {
    transaction.execute(
        "INSERT INTO incidents
         (id, pattern, template, category, severity, description, total, first_seen, last_seen, first_run, last_run,
          resolved_at, told_at, fresh_since, cried_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT (id) DO UPDATE SET pattern = ?2, template = ?3, category = ?4, severity = ?5, description = ?6,
          total = ?7, first_seen = ?8, last_seen = ?9, first_run = ?10, last_run = ?11, resolved_at = ?12, told_at = ?13,
          fresh_since = ?14, cried_at = ?15",
        params![
            incident.id,
            incident.pattern,
            incident.template,
            incident.category,
            incident.severity.as_str(),
            incident.description,
            incident.total.cast_signed(),
            time::text(incident.first_seen),
            time::text(incident.last_seen),
            incident.first_run,
            incident.last_run,
            incident.resolved_at.map(time::text),
            incident.told_at.map(time::text),
            incident.fresh_since.map(time::text),
            incident.cried_at.map(time::text)
        ],
    )?;
    for source in &incident.sources {
        transaction.execute(
            "INSERT OR IGNORE INTO incident_sources (incident, source) VALUES (?1, ?2)",
            params![incident.id, source],
        )?;
    }
    transaction.execute("DELETE FROM facets WHERE incident = ?1", params![incident.id])?;
    for facet in &incident.facets {
        transaction.execute(
            "INSERT OR REPLACE INTO facets (incident, captures, vouched, last_seen, recent) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                incident.id,
                json::text(&facet.captures),
                json::text(&facet.vouched),
                time::text(facet.last_seen),
                json::text(&facet.recent)
            ],
        )?;
    }
    transaction.execute("DELETE FROM samples WHERE incident = ?1", params![incident.id])?;
    for (number, sample) in (0_i64..).zip(&incident.samples) {
        transaction.execute(
            "INSERT INTO samples (incident, number, source, line, text) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![incident.id, number, sample.source, sample.line.cast_signed(), sample.text],
        )?;
    }
    Ok(())
}
