//! What `heal history` and `heal show` ask: runs and incidents, newest first, and the life of one.

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::snapshot::{INCIDENT, rows_with, unsigned};
use super::{Attempt, Incident, Mute, PastDiagnosis, View, diagnosis, mute, snapshot, time};

type Time = DateTime<FixedOffset>;

/// Runs that read logs, and not what a person did by hand.
macro_rules! reading {
    () => {
        "mode NOT IN ('edit', 'undo')"
    };
}
pub(super) use reading;

/// Where an incident stands, by the names `i` and `m` of its row and of its mute, at the time `?1`.
const STANDING: &str = concat!(
    "CASE
    WHEN m.incident IS NOT NULL AND (m.until IS NULL OR m.until > ?1) THEN 'muted'
    WHEN i.resolved_at IS NOT NULL THEN 'resolved'
    WHEN i.first_run = (SELECT id FROM runs WHERE ",
    reading!(),
    " ORDER BY rowid DESC LIMIT 1) THEN 'new'
    WHEN (SELECT c.status FROM changes c WHERE c.incident = i.id AND c.status IN ('new', 'regressed')
          ORDER BY c.at DESC, c.id DESC LIMIT 1) = 'regressed' THEN 'regressed'
    ELSE 'ongoing' END"
);

/// From so many sightings on, an incident is seen often.
const OFTEN: i64 = 5000;

/// Which runs or incidents are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Not before: a run's begin, an incident's last event.
    pub since: Option<Time>,
    /// Not after: a run's begin, an incident's first event.
    pub until: Option<Time>,
    /// Incidents of this category, and runs that saw one.
    pub category: Option<String>,
    /// Incidents of this pattern, and runs that saw it.
    pub pattern: Option<String>,
    /// Where an incident stands (`open`: not resolved, not muted), or how a run ended.
    pub status: Option<String>,
    /// Only runs that read logs: not those of `heal edit` and `heal undo`.
    pub reading: bool,
    /// So many, the newest.
    pub limit: u32,
}

/// A row of `runs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// Its id.
    pub id: String,
    /// As the report calls it.
    pub mode: String,
    /// Where.
    pub host: String,
    /// When it began.
    pub started_at: Time,
    /// When it ended; `None`: it was cut short.
    pub finished_at: Option<Time>,
    /// The overall status.
    pub status: Option<String>,
    /// The exit code.
    pub exit_code: Option<u8>,
    /// Events.
    pub errors: u64,
    /// Incidents that had events.
    pub incidents: u64,
    /// Fixes applied and kept.
    pub fixes_applied: u64,
}

/// A row of `incidents`, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastIncident {
    /// What is known of it; without what hangs on it.
    pub record: Incident,
    /// `new`, `ongoing`, `regressed`, `resolved` or `muted`.
    pub status: String,
}

/// A row of `changes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeChange {
    /// When.
    pub at: Time,
    /// `new`, `regressed`, `resolved`, `muted`, `unmuted` or `resumed`.
    pub status: String,
    /// The run that saw it.
    pub run: Option<String>,
    /// Log time of the first event.
    pub since: Option<Time>,
    /// Why.
    pub detail: String,
}

/// A row of `verdicts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastVerdict {
    /// The attempt's id.
    pub attempt: i64,
    /// When.
    pub at: Time,
    /// The word.
    pub verdict: String,
    /// Why.
    pub detail: String,
}

/// One incident with all that is remembered of it.
#[derive(Clone, Debug)]
pub struct Life {
    /// The incident, with its sources and samples.
    pub incident: PastIncident,
    /// Oldest first.
    pub changes: Vec<LifeChange>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// Of these attempts, oldest first.
    pub verdicts: Vec<PastVerdict>,
    /// The mute, whether it still holds or not.
    pub mute: Option<Mute>,
    /// What the rules said in the last run that saw it and had something to say.
    pub diagnosis: Option<PastDiagnosis>,
    /// The last runs that saw it, newest first: run, when it began, events.
    pub seen: Vec<(String, Option<Time>, u64)>,
}

/// Conditions of a question with their values; `?1` is the present.
struct Question {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Question {
    fn new(now: Time) -> Self {
        Self { conditions: vec!["1".to_owned()], values: vec![Value::Text(time::text(now))] }
    }

    /// Adds a condition; `$` in it is the value.
    fn and(&mut self, condition: &str, value: Option<String>) {
        let Some(value) = value else { return };
        self.values.push(Value::Text(value));
        self.conditions.push(condition.replace('$', &format!("?{}", self.values.len())));
    }

    fn text(&self) -> String {
        self.conditions.join(" AND ")
    }
}

impl View {
    /// Runs, newest first.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn runs(&self, filter: &Filter, now: Time) -> Result<Vec<PastRun>> {
        let mut question = Question::new(now);
        question.and("r.started_at >= $", filter.since.map(time::text));
        question.and("r.started_at <= $", filter.until.map(time::text));
        question.and("r.status = $", filter.status.clone());
        if filter.reading {
            question.conditions.push(concat!("r.", reading!()).to_owned());
        }
        for (column, wanted) in [("category", &filter.category), ("pattern", &filter.pattern)] {
            let Some(value) = wanted else { continue };
            question.and(&self.saw(column, value)?, Some(value.clone()));
        }
        let sql = format!(
            "SELECT r.*, (SELECT COUNT(*) FROM sightings s WHERE s.run = r.id) AS incidents FROM runs r
             WHERE ?1 IS NOT NULL AND {} ORDER BY r.started_at DESC LIMIT {}",
            question.text(),
            filter.limit
        );
        rows_with(&self.connection, &sql, params_from_iter(question.values), |row| {
            Ok(PastRun {
                id: row.get("id")?,
                mode: row.get("mode")?,
                host: row.get("host")?,
                started_at: time::required(row, "started_at")?,
                finished_at: time::optional(row, "finished_at")?,
                status: row.get("status")?,
                exit_code: row.get("exit_code")?,
                errors: unsigned(row, "errors")?,
                incidents: unsigned(row, "incidents")?,
                fixes_applied: unsigned(row, "fixes_applied")?,
            })
        })
    }

    /// The condition that a run saw such an incident. What was seen seldom is found from its own side; what was seen
    /// often is soon found among the newest runs.
    fn saw(&self, column: &str, value: &str) -> Result<String> {
        let seen = format!("incidents i CROSS JOIN sightings s ON s.incident = i.id WHERE i.{column}");
        let some = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {seen} = ?1 LIMIT {OFTEN})");
        let count = rows_with(&self.connection, &some, [value], |row| row.get::<_, i64>(0))?.pop();
        Ok(if count < Some(OFTEN) {
            format!("r.id IN (SELECT s.run FROM {seen} = $)")
        } else {
            format!(
                "EXISTS (SELECT 1 FROM sightings s JOIN incidents i ON i.id = s.incident
                 WHERE s.run = r.id AND i.{column} = $)"
            )
        })
    }

    /// Incidents, newest first.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn incidents(&self, filter: &Filter, now: Time) -> Result<Vec<PastIncident>> {
        let mut question = Question::new(now);
        question.and("i.last_seen >= $", filter.since.map(time::text));
        question.and("i.first_seen <= $", filter.until.map(time::text));
        question.and("i.category = $", filter.category.clone());
        question.and("i.pattern = $", filter.pattern.clone());
        match filter.status.as_deref() {
            Some("open") => {
                question.conditions.push(format!("i.resolved_at IS NULL AND {STANDING} != 'muted'"));
            }
            status => question.and(&format!("{STANDING} = $"), status.map(str::to_owned)),
        }
        self.listed(&question.text(), filter.limit, question.values)
    }

    /// All that is remembered of one incident.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn life(&self, id: &str, now: Time) -> Result<Option<Life>> {
        let values = vec![Value::Text(time::text(now)), Value::Text(id.to_owned())];
        let Some(mut incident) = self.listed("i.id = ?2", 1, values)?.pop() else { return Ok(None) };
        if let Some(whole) = snapshot::one_incident(&self.connection, id)? {
            incident.record = whole;
        }
        let connection = &self.connection;
        let changes = "SELECT * FROM changes WHERE incident = ?1 ORDER BY at, id";
        let attempts = format!("SELECT {} FROM attempts a WHERE a.incident = ?1 ORDER BY a.id", snapshot::ATTEMPT);
        let verdicts = "SELECT v.* FROM attempts a JOIN verdicts v ON v.attempt = a.id WHERE a.incident = ?1
                        ORDER BY v.at, v.rowid";
        let seen = "SELECT s.run, r.started_at, s.count FROM sightings s LEFT JOIN runs r ON r.id = s.run
                    WHERE s.incident = ?1 ORDER BY s.run DESC LIMIT 10";
        let change = |row: &Row<'_>| {
            Ok(LifeChange {
                at: time::required(row, "at")?,
                status: row.get("status")?,
                run: row.get("run")?,
                since: time::optional(row, "since")?,
                detail: row.get("detail")?,
            })
        };
        let verdict = |row: &Row<'_>| {
            Ok(PastVerdict {
                attempt: row.get("attempt")?,
                at: time::required(row, "at")?,
                verdict: row.get("verdict")?,
                detail: row.get("detail")?,
            })
        };
        Ok(Some(Life {
            incident,
            changes: rows_with(connection, changes, [id], change)?,
            attempts: rows_with(connection, &attempts, [id], snapshot::attempt)?,
            verdicts: rows_with(connection, verdicts, [id], verdict)?,
            mute: rows_with(connection, "SELECT * FROM mutes WHERE incident = ?1", [id], mute::mute)?.pop(),
            diagnosis: rows_with(
                connection,
                "SELECT * FROM diagnoses WHERE incident = ?1",
                [id],
                diagnosis::diagnosis,
            )?
            .pop(),
            seen: rows_with(connection, seen, [id], |row| {
                Ok((row.get(0)?, time::optional(row, 1)?, unsigned(row, 2)?))
            })?,
        }))
    }

    fn listed(&self, conditions: &str, limit: u32, values: Vec<Value>) -> Result<Vec<PastIncident>> {
        let sql = format!(
            "SELECT {INCIDENT}, {STANDING} AS standing FROM incidents i LEFT JOIN mutes m ON m.incident = i.id
             WHERE {conditions} ORDER BY i.last_seen DESC LIMIT {limit}"
        );
        rows_with(&self.connection, &sql, params_from_iter(values), |row| {
            Ok(PastIncident { record: snapshot::incident(row)?, status: row.get("standing")? })
        })
    }
}
