//! What several documents hold, and how it is told.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde::Serialize;

use crate::report::text::{Style, severity, wrapped};
use crate::store::{Incident, Mute, PastIncident, PastRun};
use crate::words::Severity;

type Time = DateTime<FixedOffset>;

/// Where what belongs to an incident begins.
pub(super) const INDENT: &str = "           ";

/// RFC 3339 with this host's offset.
pub(super) fn stamp(at: Time, now: Time) -> String {
    at.with_timezone(now.offset()).to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

/// A stamp for a person, to the second.
pub(super) fn moment(stamp: &str) -> String {
    let plain = |at: Time| at.format("%Y-%m-%d %H:%M:%S").to_string();
    DateTime::parse_from_rfc3339(stamp).map_or_else(|_| stamp.to_owned(), plain)
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RunInfo {
    pub id: String,
    /// `record` or `apply`.
    pub mode: String,
    pub host: String,
    pub started_at: String,
    /// Null when the run was cut short.
    pub finished_at: Option<String>,
    /// `healthy`, `healing`, `degraded`, `critical` or `error`.
    pub status: Option<String>,
    pub exit_code: Option<u8>,
    /// Events.
    pub errors: u64,
    /// Incidents that had events.
    pub incidents: u64,
    pub fixes_applied: u64,
}

impl RunInfo {
    pub fn new(run: PastRun, now: Time) -> Self {
        Self {
            id: run.id,
            mode: run.mode,
            host: run.host,
            started_at: stamp(run.started_at, now),
            finished_at: run.finished_at.map(|at| stamp(at, now)),
            status: run.status,
            exit_code: run.exit_code,
            errors: run.errors,
            incidents: run.incidents,
            fixes_applied: run.fixes_applied,
        }
    }
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct IncidentInfo {
    pub id: String,
    /// Null when no pattern knows it.
    pub pattern: Option<String>,
    pub template: String,
    pub category: String,
    pub severity: String,
    #[serde(skip)]
    rank: Severity,
    pub description: String,
    /// `new`, `ongoing`, `regressed`, `resolved` or `muted`.
    pub status: String,
    /// Events of all runs.
    pub total: u64,
    pub first_seen: String,
    pub last_seen: String,
    pub first_run: String,
    pub last_run: String,
    pub resolved_at: Option<String>,
}

impl IncidentInfo {
    pub fn new(incident: &PastIncident, now: Time) -> Self {
        let record = &incident.record;
        Self {
            id: record.id.clone(),
            pattern: record.pattern.clone(),
            template: record.template.clone(),
            category: record.category.clone(),
            severity: record.severity.as_str().to_owned(),
            rank: record.severity,
            description: record.description.clone(),
            status: incident.status.clone(),
            total: record.total,
            first_seen: stamp(record.first_seen, now),
            last_seen: stamp(record.last_seen, now),
            first_run: record.first_run.clone(),
            last_run: record.last_run.clone(),
            resolved_at: record.resolved_at.map(|at| stamp(at, now)),
        }
    }

    /// The pattern, or what its events have in common, short.
    pub fn name(&self) -> String {
        named(self.pattern.as_deref(), &self.template)
    }

    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let about = format!("{}, {}, {}", self.status, self.category, self.id);
        let name = style.paint.bold(&self.name());
        writeln!(out, "  {} {name}  {}", severity(self.rank, style), style.paint.dim(&about))?;
        let (first, last) = (moment(&self.first_seen), moment(&self.last_seen));
        let when = if first == last { format!("at {last}") } else { format!("from {first} to {last}") };
        wrapped(&format!("{}x, {when}", self.total), INDENT, out)
    }
}

/// A pattern, or the beginning of a template, at most 40 columns wide.
pub(super) fn named(pattern: Option<&str>, template: &str) -> String {
    let line = pattern.or_else(|| template.lines().next()).unwrap_or_default();
    console::truncate_str(line, 40, "...").into_owned()
}

/// The name of an incident of the store.
pub(super) fn name_of(incident: &Incident) -> String {
    named(incident.pattern.as_deref(), &incident.template)
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct MuteInfo {
    pub incident: String,
    /// The incident's pattern.
    pub pattern: Option<String>,
    /// What its events have in common; empty when nothing is known of it any more.
    pub template: String,
    /// Whether it holds still: the next run that remembers removes one that does not.
    pub holds: bool,
    pub since: String,
    /// Null: until `heal resume`.
    pub until: Option<String>,
    pub reason: String,
    /// Who did it.
    pub user: String,
    pub uid: u32,
    /// Who became root for it.
    pub sudo_user: Option<String>,
    /// How it went when it was muted: so many events ...
    pub events: u64,
    /// ... in so many seconds. The mute ends with three times as many in that time.
    pub seconds: u32,
}

impl MuteInfo {
    pub fn new(mute: &Mute, incident: Option<&Incident>, now: Time) -> Self {
        Self {
            incident: mute.incident.clone(),
            pattern: incident.and_then(|known| known.pattern.clone()),
            template: incident.map(|known| known.template.clone()).unwrap_or_default(),
            holds: mute.until.is_none_or(|until| now < until),
            since: stamp(mute.since, now),
            until: mute.until.map(|at| stamp(at, now)),
            reason: mute.reason.clone(),
            user: mute.user.clone(),
            uid: mute.uid,
            sudo_user: mute.sudo_user.clone(),
            events: mute.rate.events,
            seconds: mute.rate.seconds,
        }
    }

    /// The pattern, or what its events have in common, short.
    pub fn name(&self) -> String {
        named(self.pattern.as_deref(), if self.template.is_empty() { "unknown error" } else { &self.template })
    }

    /// `until 2027-01-31 00:00:00, by root (uid 0, sudo by ann): a reason`.
    pub fn told(&self) -> String {
        let until = self.until.as_ref().map_or_else(|| "`heal resume`".to_owned(), |until| moment(until));
        let sudo = self.sudo_user.as_ref().map(|name| format!(", sudo by {name}")).unwrap_or_default();
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        let (user, since) = (&self.user, moment(&self.since));
        format!("until {until}, since {since}, by {user} (uid {}{sudo}){reason}", self.uid)
    }
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct NoticeInfo {
    pub stage: String,
    pub subject: String,
    pub text: String,
}

impl From<&crate::notice::Notice> for NoticeInfo {
    fn from(notice: &crate::notice::Notice) -> Self {
        Self { stage: notice.stage.as_str().to_owned(), subject: notice.subject.clone(), text: notice.text.clone() }
    }
}
