//! Verdicts of later runs: proof, not silence.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, TimeDelta};

use crate::catalogue::{Catalogue, Fix, Trusted};
use crate::config::Config;
use crate::config::units::human;
use crate::group::OpenIncident;
use crate::store::{Attempt, Evidence, Snapshot, Verdict};

/// Longest time that a fix waits for evidence.
const MOST_DAYS: i64 = 7;

/// A verdict that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The attempt as it was.
    pub attempt: Attempt,
    /// What is known now.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub detail: String,
}

/// What else than the log speaks for a fix since a time: one clause, or nothing.
pub type Alive<'a> = &'a dyn Fn(&Fix, DateTime<FixedOffset>) -> Option<String>;

/// Judges every attempt that waits for a verdict, or that stands as confirmed.
#[must_use]
pub fn judge(
    snapshot: &Snapshot,
    incidents: &[OpenIncident],
    evidence: Evidence<'_>,
    catalogue: &Catalogue,
    config: &Config,
    alive: Alive<'_>,
    now: DateTime<FixedOffset>,
) -> Vec<Judgement> {
    let mut judgements = Vec::new();
    let by_id: BTreeMap<&str, &OpenIncident> =
        incidents.iter().map(|incident| (incident.record.id.as_str(), incident)).collect();
    for attempt in &snapshot.attempts {
        let Some(settled) = attempt.settled_at else { continue };
        let Some(incident) = by_id.get(attempt.incident.as_str()).copied() else { continue };
        let fix = catalogue.fixes.iter().find(|fix| fix.name == attempt.fix);
        let demand = fix.and_then(|fix| fix.trusted.as_ref()).map(Trusted::key);
        let events =
            if is_latest(snapshot, attempt) { events_after(incident, attempt, demand.as_deref(), settled) } else { 0 };
        let came_back = events > 0;
        let probation = fix.and_then(|fix| fix.probation).unwrap_or(config.probation);
        let judged = match attempt.verdict {
            Verdict::OnProbation | Verdict::Inconclusive if came_back => {
                Some((Verdict::Ineffective, format!("{} came back after it", shown(events))))
            }
            Verdict::Confirmed if came_back => {
                Some((Verdict::Regressed, format!("{} came back after it was confirmed", shown(events))))
            }
            Verdict::OnProbation => {
                let probation = TimeDelta::from_std(probation).unwrap_or(TimeDelta::days(MOST_DAYS));
                let mut alive = || alive(&fix?.bound(&attempt.captures), settled);
                wait(incident, settled, probation, evidence, &mut alive, now)
            }
            _ => None,
        };
        if let Some((verdict, detail)) = judged {
            judgements.push(Judgement { attempt: attempt.clone(), verdict, detail });
        }
    }
    judgements
}

/// Only the latest attempt of an incident answers for what happens now.
fn is_latest(snapshot: &Snapshot, attempt: &Attempt) -> bool {
    snapshot
        .attempts
        .iter()
        .rev()
        .find(|other| {
            other.incident == attempt.incident
                && other.verdict != Verdict::Undone
                && other.agrees_with(&attempt.captures)
        })
        .is_some_and(|other| other.id == attempt.id)
}

/// This run's events of what the fix acted on that came after it settled: by their stamp; without one, by being read
/// after it. Events that do not count for the fix do not count against it either.
fn events_after(
    incident: &OpenIncident,
    attempt: &Attempt,
    demand: Option<&str>,
    settled: DateTime<FixedOffset>,
) -> u64 {
    incident
        .facets
        .iter()
        .filter(|facet| facet.record.has(&attempt.captures) && facet.record.counts_for(demand))
        .filter(|facet| facet.unstamped > 0 || facet.newest.is_some_and(|newest| is_after(newest, settled)))
        .map(|facet| facet.count)
        .sum()
}

/// A stamp of whole seconds stands for its whole second: an error in the second of the fix is after it.
fn is_after(stamp: DateTime<FixedOffset>, settled: DateTime<FixedOffset>) -> bool {
    if stamp.timestamp_subsec_nanos() == 0 { stamp.timestamp() >= settled.timestamp() } else { stamp > settled }
}

fn shown(events: u64) -> String {
    match events {
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    }
}

/// Confirmed when its time is up and something shows that silence means health; inconclusive after a week without.
fn wait(
    incident: &OpenIncident,
    settled: DateTime<FixedOffset>,
    probation: TimeDelta,
    evidence: Evidence<'_>,
    alive: &mut dyn FnMut() -> Option<String>,
    now: DateTime<FixedOffset>,
) -> Option<(Verdict, String)> {
    let quiet = now.signed_duration_since(settled);
    let wait = probation.max(three_events(incident));
    let human = |delta: TimeDelta| human(delta.to_std().unwrap_or_default());
    if quiet >= wait {
        let written = evidence.written_since(&incident.record.sources, settled);
        let evidence = if written { Some("its log was written".to_owned()) } else { alive() };
        if let Some(evidence) = evidence {
            return Some((Verdict::Confirmed, format!("stayed away for {} while {evidence}", human(quiet))));
        }
    }
    (quiet >= TimeDelta::days(MOST_DAYS).max(probation))
        .then(|| (Verdict::Inconclusive, format!("no evidence in {}: nothing shows that it still runs", human(quiet))))
}

/// The time in which the old rate would have brought three more events; zero when there is no rate.
fn three_events(incident: &OpenIncident) -> TimeDelta {
    let span = incident.record.last_seen.signed_duration_since(incident.record.first_seen);
    let Some(intervals) = incident.record.total.checked_sub(1).filter(|intervals| *intervals > 0) else {
        return TimeDelta::zero();
    };
    let intervals = i32::try_from(intervals).unwrap_or(i32::MAX);
    let expected = (span / intervals).checked_mul(3).unwrap_or(TimeDelta::days(MOST_DAYS));
    expected.clamp(TimeDelta::zero(), TimeDelta::days(MOST_DAYS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Status;
    use crate::sanitize::Sanitizer;
    use crate::store::{Incident, Position, Positions};

    fn at(text: &str) -> DateTime<FixedOffset> {
        format!("2026-01-{text}Z").parse().unwrap()
    }

    /// Ten events over a day: three more would take eight hours.
    fn incident() -> OpenIncident {
        OpenIncident {
            record: Incident {
                total: 10,
                last_seen: at("02T00:00:00"),
                sources: vec!["logs/a.log".to_owned()],
                ..Incident::example("a", at("01T00:00:00"))
            },
            status: Status::Ongoing,
            life: Status::Ongoing,
            count: 0,
            facets: Vec::new(),
            targets: Vec::new(),
            timeline: crate::group::Timeline::default(),
            history: Vec::new(),
            onsets: Vec::new(),
        }
    }

    fn position(written: &str) -> Position {
        Position {
            entry: "logs".to_owned(),
            path: crate::store::Place::Known("/srv/app/logs/a.log".to_owned()),
            device: 1,
            inode: 1,
            offset: 1,
            lines: Some(1),
            target: None,
            copy: false,
            head_hash: String::new(),
            tail_hash: String::new(),
            size: 1,
            mtime_ns: 0,
            ctime_ns: 0,
            last_stamp: Some(at(written)),
            grown_ns: at(written).timestamp_nanos_opt().unwrap(),
            rhythm: crate::store::Rhythm::default(),
            moved_from: None,
        }
    }

    fn evidence(positions: &Positions) -> Evidence<'_> {
        static NAMES: std::sync::LazyLock<Sanitizer> = std::sync::LazyLock::new(|| Sanitizer::new(&[]).unwrap());
        Evidence { positions, names: &NAMES }
    }

    fn verdict(now: &str, written: &str) -> Option<Verdict> {
        let settled = at("02T00:00:00");
        let positions = Positions { files: vec![position(written)], ..Positions::default() };
        wait(&incident(), settled, TimeDelta::hours(1), evidence(&positions), &mut || None, at(now))
            .map(|(verdict, _)| verdict)
    }

    #[test]
    fn what_still_answers_is_evidence_too_but_not_before_its_time() {
        let settled = at("02T00:00:00");
        let mut alive = || Some("localhost:80 takes a connection".to_owned());
        let none = Positions::default();
        let mut judged = |now| wait(&incident(), settled, TimeDelta::hours(1), evidence(&none), &mut alive, at(now));
        assert_eq!(judged("02T07:00:00"), None);
        let (verdict, detail) = judged("02T08:00:00").unwrap();
        assert_eq!(verdict, Verdict::Confirmed);
        assert_eq!(detail, "stayed away for 8h while localhost:80 takes a connection");
    }

    #[test]
    fn confirmed_needs_time_and_a_log_that_is_written() {
        assert_eq!(verdict("02T02:00:00", "02T01:59:00"), None, "three events of the old rate would take eight hours");
        assert_eq!(verdict("02T08:00:00", "02T07:59:00"), Some(Verdict::Confirmed));
        assert_eq!(verdict("02T08:00:00", "01T23:00:00"), None, "silence proves nothing");
    }

    #[test]
    fn a_week_without_evidence_is_inconclusive() {
        assert_eq!(verdict("08T23:00:00", "01T23:00:00"), None);
        assert_eq!(verdict("09T00:00:00", "01T23:00:00"), Some(Verdict::Inconclusive));
    }

    #[test]
    fn a_stamp_of_whole_seconds_stands_for_its_second() {
        let settled = "2026-01-02T00:00:00.700Z".parse().unwrap();
        assert!(is_after(at("02T00:00:00"), settled));
        assert!(!is_after(at("01T23:59:59"), settled));
        assert!(!is_after("2026-01-02T00:00:00.600Z".parse().unwrap(), settled));
    }
}
