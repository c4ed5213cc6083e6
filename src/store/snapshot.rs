//! Everything that a run wants to know from the database, read at once.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::ledger::reading;
use super::place::Seal;
use super::{
    Attempt, CommandPosition, Facet, Incident, JournalPosition, KnownEntry, Mute, Onset, Pause, Place, Position,
    Positions, Sample, Start, Verdict, json, mute, time,
};
use crate::words::Severity;

type Time = DateTime<FixedOffset>;

/// Of the newest reading runs those after the last one that ended.
const UNTOLD: &str = concat!(
    "WITH newest AS (SELECT rowid AS number, id, finished_at FROM runs WHERE ",
    reading!(),
    " ORDER BY rowid DESC LIMIT 20)
     SELECT i.id, n.id FROM newest n JOIN incidents i ON i.last_run = n.id
     WHERE i.resolved_at IS NULL
      AND n.number > (SELECT COALESCE(MAX(number), 0) FROM newest WHERE finished_at IS NOT NULL) ORDER BY i.id"
);
/// Most attempts that a run looks at, beside those that wait for a verdict.
const MAX_ATTEMPTS: i64 = 5000;
/// Most onsets that a run looks at.
const MAX_ONSETS: i64 = 2000;

/// What is remembered. Empty without a database.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The `logs[]` entries that were read before.
    pub entries: Vec<KnownEntry>,
    /// How far was read.
    pub positions: Positions,
    /// Incidents by id: the open ones, with their samples, and those that were resolved lately. One that was resolved
    /// long ago is looked up when it comes back.
    pub incidents: BTreeMap<String, Incident>,
    /// The newest 5,000 and those that wait for a verdict, oldest first.
    pub attempts: Vec<Attempt>,
    /// Nothing is to be changed for a while.
    pub pause: Option<Pause>,
    /// Known issues by incident.
    pub mutes: BTreeMap<String, Mute>,
    /// When incidents began, the newest 2,000, oldest first.
    pub onsets: Vec<Onset>,
    /// When units were started, the newest 1,000.
    pub starts: Vec<Start>,
    /// Incidents that the last runs found and may never have told, for they did not end: each with its run.
    pub untold: Vec<(String, String)>,
}

impl Snapshot {
    /// Attempts of one incident, fix and target, oldest first.
    #[must_use]
    pub fn attempts_of<'a>(
        &'a self,
        incident: &'a str,
        fix: &'a str,
        target: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Attempt> + 'a {
        self.attempts
            .iter()
            .filter(move |attempt| attempt.incident == incident && attempt.fix == fix && attempt.target == target)
    }

    /// Incidents that are not resolved.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().filter(|incident| incident.resolved_at.is_none())
    }
}

/// Which incidents are read; the rest is always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Resolved ones too.
    All,
    /// Open ones, those that are muted, and those that were resolved since: one of them may come back in this run.
    Since(Time),
    /// Open ones, and those that are muted.
    Open,
}

/// Reads what a run, or who asks how things stand, wants to know.
pub(super) fn read(connection: &Connection, which: Which) -> Result<Snapshot> {
    let standing = "i.resolved_at IS NULL OR i.id IN (SELECT incident FROM mutes)";
    let wanted = match which {
        Which::All => "1".to_owned(),
        Which::Since(time) => format!("({standing} OR i.resolved_at >= '{}')", time::text(time)),
        Which::Open => format!("({standing})"),
    };
    let all = format!("SELECT {INCIDENT} FROM incidents i WHERE {wanted}");
    let mut incidents: BTreeMap<String, Incident> =
        rows(connection, &all, incident)?.into_iter().map(|row| (row.id.clone(), row)).collect();
    let sources = format!(
        "SELECT s.incident, s.source FROM incidents i CROSS JOIN incident_sources s ON s.incident = i.id
         WHERE {wanted} ORDER BY s.incident, s.source"
    );
    let sources = if which == Which::All { "SELECT incident, source FROM incident_sources" } else { &sources };
    for (id, source) in rows(connection, sources, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
        if let Some(incident) = incidents.get_mut(&id) {
            incident.sources.push(source);
        }
    }
    for (id, sample) in rows(
        connection,
        "SELECT s.incident, s.source, s.line, s.text FROM samples s JOIN incidents i ON i.id = s.incident
         WHERE i.resolved_at IS NULL ORDER BY s.incident, s.number",
        |row| {
            let line = unsigned(row, 2)?;
            Ok((row.get::<_, String>(0)?, Sample { source: row.get(1)?, line, text: row.get(3)? }))
        },
    )? {
        if let Some(incident) = incidents.get_mut(&id) {
            incident.samples.push(sample);
        }
    }
    for (id, facet) in rows(
        connection,
        "SELECT f.* FROM facets f JOIN incidents i ON i.id = f.incident WHERE i.resolved_at IS NULL
         ORDER BY f.incident, f.last_seen DESC",
        facet,
    )? {
        if let Some(incident) = incidents.get_mut(&id) {
            incident.facets.push(facet);
        }
    }
    Ok(Snapshot {
        entries: rows(connection, "SELECT name, since FROM entries ORDER BY name", |row| {
            Ok(KnownEntry { name: row.get("name")?, since: time::optional(row, "since")? })
        })?,
        positions: Positions {
            files: rows(connection, "SELECT * FROM positions ORDER BY entry, path", position)?,
            journals: rows(connection, "SELECT * FROM journals ORDER BY entry", journal)?,
            commands: rows(connection, "SELECT * FROM commands ORDER BY entry", command)?,
        },
        incidents,
        attempts: attempts(connection)?,
        pause: rows(connection, "SELECT * FROM pause ORDER BY since DESC LIMIT 1", pause)?.pop(),
        mutes: rows(connection, "SELECT * FROM mutes", mute::mute)?
            .into_iter()
            .map(|mute| (mute.incident.clone(), mute))
            .collect(),
        onsets: rows(
            connection,
            &format!(
                "SELECT incident, run, at FROM (SELECT * FROM onsets ORDER BY at DESC LIMIT {MAX_ONSETS})
                 ORDER BY at, incident"
            ),
            |row| Ok(Onset { incident: row.get(0)?, run: row.get(1)?, at: time::required(row, 2)? }),
        )?,
        starts: rows(connection, "SELECT unit, at FROM starts ORDER BY at DESC LIMIT 1000", |row| {
            Ok(Start { unit: row.get(0)?, at: time::required(row, 1)? })
        })?,
        untold: rows(connection, UNTOLD, |row| Ok((row.get(0)?, row.get(1)?)))?,
    })
}

/// The newest attempts, and those that wait for a verdict.
pub(super) fn attempts(connection: &Connection) -> Result<Vec<Attempt>> {
    let sql = format!(
        "SELECT {ATTEMPT} FROM attempts a
         WHERE id > (SELECT COALESCE(MAX(id), 0) FROM attempts) - {MAX_ATTEMPTS}
          OR verdict IN ('under_way', 'on_probation')
         ORDER BY id"
    );
    rows(connection, &sql, attempt)
}

/// One incident with what hangs on it.
pub(super) fn one_incident(connection: &Connection, id: &str) -> Result<Option<Incident>> {
    let sql = format!("SELECT {INCIDENT} FROM incidents i WHERE i.id = ?1");
    let Some(mut found) = rows_with(connection, &sql, [id], incident)?.pop() else { return Ok(None) };
    let sources = "SELECT source FROM incident_sources WHERE incident = ?1 ORDER BY source";
    found.sources = rows_with(connection, sources, [id], |row| row.get(0))?;
    let samples = "SELECT source, line, text FROM samples WHERE incident = ?1 ORDER BY number";
    found.samples = rows_with(connection, samples, [id], |row| {
        Ok(Sample { source: row.get(0)?, line: unsigned(row, 1)?, text: row.get(2)? })
    })?;
    Ok(Some(found))
}

fn rows<T>(connection: &Connection, sql: &str, map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
    rows_with(connection, sql, [], map)
}

pub(super) fn rows_with<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).context("could not read the database")?;
    let found = statement.query_map(values, map).context("could not read the database")?;
    found.collect::<rusqlite::Result<_>>().context("could not read the database")
}

pub(super) fn unsigned<I: rusqlite::RowIndex>(row: &Row<'_>, column: I) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

fn position(row: &Row<'_>) -> rusqlite::Result<Position> {
    let sealed = row.get_ref("seal")? != ValueRef::Null;
    let seal = if sealed { json::parse(row, "seal")? } else { Seal::default() };
    Ok(Position {
        entry: row.get("entry")?,
        path: Place::stored(row.get("path")?, seal.path),
        target: row.get::<_, Option<String>>("target")?.map(|target| Place::stored(target, seal.target)),
        copy: row.get("copy")?,
        device: unsigned(row, "device")?,
        inode: unsigned(row, "inode")?,
        offset: unsigned(row, "offset")?,
        lines: row.get::<_, Option<i64>>("lines")?.map(i64::cast_unsigned),
        head_hash: row.get("head_hash")?,
        tail_hash: row.get("tail_hash")?,
        size: unsigned(row, "size")?,
        mtime_ns: row.get("mtime_ns")?,
        ctime_ns: row.get("ctime_ns")?,
        last_stamp: time::optional(row, "last_stamp")?,
        grown_ns: row.get("grown_ns")?,
        rhythm: json::parse(row, "rhythm")?,
        moved_from: None,
    })
}

fn journal(row: &Row<'_>) -> rusqlite::Result<JournalPosition> {
    Ok(JournalPosition {
        entry: row.get("entry")?,
        cursor: row.get("cursor")?,
        since: time::optional(row, "since")?,
        seen: json::parse(row, "seen")?,
    })
}

/// The last lines of a program, perhaps with the half line after them.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Printed {
    Whole(Vec<u64>),
    Half(Vec<u64>, (usize, u64)),
}

fn command(row: &Row<'_>) -> rusqlite::Result<CommandPosition> {
    let (last, half) = match json::parse(row, "last")? {
        Printed::Whole(last) => (last, None),
        Printed::Half(last, half) => (last, Some(half)),
    };
    Ok(CommandPosition {
        entry: row.get("entry")?,
        began: time::required(row, "began")?,
        grown: time::optional(row, "grown")?,
        count: unsigned(row, "count")?,
        last,
        half,
    })
}

/// The columns that make an incident, in the order in which it reads them: there are many of them to read.
pub(super) const INCIDENT: &str = "i.id, i.pattern, i.template, i.category, i.severity, i.description, i.total,
    i.first_seen, i.last_seen, i.first_run, i.last_run, i.resolved_at, i.told_at, i.cried_at, i.fresh_since";

pub(super) fn incident(row: &Row<'_>) -> rusqlite::Result<Incident> {
    let severity: String = row.get(4)?;
    Ok(Incident {
        id: row.get(0)?,
        pattern: row.get(1)?,
        template: row.get(2)?,
        category: row.get(3)?,
        severity: Severity::ALL.into_iter().find(|known| known.as_str() == severity).unwrap_or(Severity::Medium),
        description: row.get(5)?,
        total: unsigned(row, 6)?,
        first_seen: time::required(row, 7)?,
        last_seen: time::required(row, 8)?,
        first_run: row.get(9)?,
        last_run: row.get(10)?,
        resolved_at: time::optional(row, 11)?,
        told_at: time::optional(row, 12)?,
        cried_at: time::optional(row, 13)?,
        fresh_since: time::optional(row, 14)?,
        sources: Vec::new(),
        facets: Vec::new(),
        samples: Vec::new(),
    })
}

fn facet(row: &Row<'_>) -> rusqlite::Result<(String, Facet)> {
    let facet = Facet {
        captures: json::parse(row, "captures")?,
        vouched: json::parse(row, "vouched")?,
        last_seen: time::required(row, "last_seen")?,
        recent: json::parse(row, "recent")?,
    };
    Ok((row.get("incident")?, facet))
}

fn pause(row: &Row<'_>) -> rusqlite::Result<Pause> {
    Ok(Pause { since: time::required(row, "since")?, until: time::optional(row, "until")?, reason: row.get("reason")? })
}

/// The columns that make an attempt, in the order in which it reads them.
pub(super) const ATTEMPT: &str = "a.id, a.run, a.incident, a.fix, a.target, a.captures, a.applied_at, a.settled_at,
    a.wrote, a.failed, a.verdict, a.judged_at, a.detail";

pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let verdict: String = row.get(10)?;
    Ok(Attempt {
        id: row.get(0)?,
        run: row.get(1)?,
        incident: row.get(2)?,
        fix: row.get(3)?,
        target: row.get(4)?,
        captures: json::parse(row, 5)?,
        applied_at: time::required(row, 6)?,
        settled_at: time::optional(row, 7)?,
        wrote: row.get(8)?,
        failed: row.get(9)?,
        verdict: Verdict::parse(&verdict).unwrap_or(Verdict::Inconclusive),
        judged_at: time::optional(row, 11)?,
        detail: row.get(12)?,
    })
}
