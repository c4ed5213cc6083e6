//! This run's groups meet what is remembered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::{Facet, Group, Target, Timeline};
use crate::store::{Attempt, Bucket, Evidence, Incident, MAX_SAMPLES, Sighting, Snapshot, Verdict};

/// Quiet for so long, an incident begins again.
const QUIET: TimeDelta = TimeDelta::hours(1);

/// Where an incident stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Seen for the first time.
    New,
    /// Open before this run.
    Ongoing,
    /// Back after it was resolved.
    Regressed,
    /// Stayed away long enough while its source was written.
    Resolved,
    /// A known issue: counted, and nothing more.
    Muted,
}

impl Status {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ongoing => "ongoing",
            Self::Regressed => "regressed",
            Self::Resolved => "resolved",
            Self::Muted => "muted",
        }
    }
}

/// An incident as this run sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIncident {
    /// As it is to be remembered.
    pub record: Incident,
    /// Where it stands.
    pub status: Status,
    /// Where it would stand if it were not muted.
    pub life: Status,
    /// This run's events.
    pub count: u64,
    /// All events by captured values and trust, newest first.
    pub facets: Vec<Facet>,
    /// What this run's events are about, the most frequent first.
    pub targets: Vec<Target>,
    /// This run's events by time.
    pub timeline: Timeline,
    /// Events of earlier runs by time, oldest first, none inside another; of the worst with events in this run.
    pub history: Vec<Bucket>,
    /// Log times of this run's events with which the incident began, or began again after a quiet time, in order.
    pub onsets: Vec<DateTime<FixedOffset>>,
}

impl OpenIncident {
    /// Whether anything is to be done about it.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !matches!(self.status, Status::Resolved | Status::Muted)
    }

    /// What is to be remembered of how this run saw it.
    #[must_use]
    pub fn sighting(&self) -> Sighting {
        Sighting {
            incident: self.record.id.clone(),
            status: self.life.as_str(),
            count: self.count,
            since: self.timeline.first(),
            onsets: self.onsets.clone(),
            buckets: self.timeline.buckets(),
        }
    }
}

/// Joins this run's groups with the remembered incidents: what is open, worst and newest first, and what is resolved now.
#[must_use]
pub fn merge(
    groups: Vec<Group>,
    snapshot: &Snapshot,
    evidence: Evidence<'_>,
    run: &str,
    now: DateTime<FixedOffset>,
    resolve_after: TimeDelta,
) -> Vec<OpenIncident> {
    let mut seen = BTreeMap::new();
    for group in groups {
        let known = snapshot.incidents.get(&group.id);
        let incident = with_events(group, known, run, now);
        seen.insert(incident.record.id.clone(), incident);
    }
    let waits = |attempt: &&Attempt| matches!(attempt.verdict, Verdict::OnProbation | Verdict::UnderWay);
    let waiting: BTreeSet<&str> =
        snapshot.attempts.iter().filter(waits).map(|attempt| attempt.incident.as_str()).collect();
    for known in snapshot.open() {
        // A fix first gets its verdict: a resolved incident could no longer give it one.
        let resolve_after = if waiting.contains(known.id.as_str()) { None } else { Some(resolve_after) };
        seen.entry(known.id.clone()).or_insert_with(|| without_events(known, evidence, now, resolve_after));
    }
    let mut incidents: Vec<_> = seen.into_values().collect();
    incidents.sort_by(|a, b| {
        let key = |one: &OpenIncident| (one.count > 0, one.record.severity, one.count.max(one.record.total));
        key(b).cmp(&key(a)).then_with(|| a.record.id.cmp(&b.record.id))
    });
    incidents
}

fn with_events(mut group: Group, known: Option<&Incident>, run: &str, now: DateTime<FixedOffset>) -> OpenIncident {
    let known_facets = known.filter(|known| known.resolved_at.is_none()).map_or(&[][..], |known| &known.facets);
    let (facets, targets) = group.take_facets(known_facets);
    let first = group.first.unwrap_or(now);
    let last = if group.unstamped > 0 { now.max(group.last.unwrap_or(now)) } else { group.last.unwrap_or(now) };
    let status = match known {
        None => Status::New,
        Some(known) if known.resolved_at.is_some() => Status::Regressed,
        Some(_) => Status::Ongoing,
    };
    let mut sources: Vec<String> = group.sources.into_iter().collect();
    let mut samples = group.samples;
    if let Some(known) = known {
        sources.extend(known.sources.iter().cloned());
        sources.sort();
        sources.dedup();
        for old in &known.samples {
            if samples.len() < MAX_SAMPLES && !samples.iter().any(|sample| tells_the_same(&sample.text, &old.text)) {
                samples.push(old.clone());
            }
        }
    }
    OpenIncident {
        count: group.count,
        status,
        life: status,
        onsets: group.timeline.outbreaks(QUIET).into_iter().filter(|at| begins(known, *at)).collect(),
        timeline: group.timeline,
        history: Vec::new(),
        record: Incident {
            id: group.id,
            pattern: group.pattern,
            template: group.template,
            category: group.category,
            severity: group.severity,
            description: group.description,
            total: group.count.saturating_add(known.map_or(0, |known| known.total)),
            first_seen: known.map_or(first, |known| known.first_seen.min(first)),
            last_seen: known.map_or(last, |known| known.last_seen.max(last)),
            first_run: known.map_or_else(|| run.to_owned(), |known| known.first_run.clone()),
            last_run: run.to_owned(),
            resolved_at: None,
            told_at: known.filter(|known| known.resolved_at.is_none()).and_then(|known| known.told_at),
            cried_at: known.and_then(|known| known.cried_at),
            fresh_since: known.and_then(|known| known.fresh_since),
            sources,
            facets: facets.iter().map(|facet| facet.record.clone()).collect(),
            samples,
        },
        facets,
        targets,
    }
}

fn without_events(
    known: &Incident,
    evidence: Evidence<'_>,
    now: DateTime<FixedOffset>,
    resolve_after: Option<TimeDelta>,
) -> OpenIncident {
    let quiet_until = resolve_after.and_then(|quiet| known.last_seen.checked_add_signed(quiet));
    let resolved = quiet_until.is_some_and(|until| now >= until && evidence.written_since(&known.sources, until));
    let mut record = known.clone();
    if resolved {
        record.resolved_at = Some(now);
        record.fresh_since = Some(now);
    }
    let status = if resolved { Status::Resolved } else { Status::Ongoing };
    OpenIncident {
        record,
        status,
        life: status,
        count: 0,
        facets: known.facets.iter().cloned().map(Facet::without_events).collect(),
        targets: Vec::new(),
        timeline: Timeline::default(),
        history: Vec::new(),
        onsets: Vec::new(),
    }
}

/// Whether two lines of evidence differ in numbers only, such as their times.
fn tells_the_same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.bytes().filter(|byte| !byte.is_ascii_digit()).collect::<Vec<u8>>();
    words(one) == words(other)
}

/// Whether an incident begins, or begins again, with an event at this time.
fn begins(known: Option<&Incident>, first: DateTime<FixedOffset>) -> bool {
    known.is_none_or(|known| known.resolved_at.is_some() || first.signed_duration_since(known.last_seen) >= QUIET)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<FixedOffset> {
        format!("2026-01-{text}Z").parse().unwrap()
    }

    #[test]
    fn an_incident_begins_when_it_is_new_regressed_or_was_quiet_for_an_hour() {
        let open = Incident { last_seen: at("02T00:00:00"), ..Incident::example("a", at("01T00:00:00")) };
        assert!(begins(None, at("02T00:30:00")));
        assert!(!begins(Some(&open), at("02T00:59:59")));
        assert!(!begins(Some(&open), at("01T12:00:00")), "a late line of another host");
        assert!(begins(Some(&open), at("02T01:00:00")));
        let resolved = Incident { resolved_at: Some(at("02T00:10:00")), ..open };
        assert!(begins(Some(&resolved), at("02T00:30:00")));
    }
}
