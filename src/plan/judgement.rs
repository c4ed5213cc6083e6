//! Whether we dare: every No about one fix for one incident.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::case::Case;
use super::{HeldBack, No, Reason, Situation, condition};
use crate::catalogue::Fix;
use crate::config::{Reach, units::human};
use crate::group::OpenIncident;
use crate::store::{Attempt, Verdict};
use crate::words::{Mode, Risk};

/// The attempts of this fix that still count, newest first: since it was last confirmed, or the incident resolved.
pub(super) fn series<'a>(
    situation: &'a Situation<'_>,
    incident: &OpenIncident,
    fix: &str,
    target: &str,
) -> Vec<&'a Attempt> {
    let mut counted = Vec::new();
    let same =
        |attempt: &&&Attempt| attempt.incident == incident.record.id && attempt.fix == fix && attempt.target == target;
    for attempt in situation.snapshot.attempts.iter().rev().filter(|attempt| same(&attempt)) {
        if attempt.verdict == Verdict::Confirmed
            || incident.record.fresh_since.is_some_and(|since| attempt.applied_at < since)
        {
            break;
        }
        counted.push(attempt);
        if attempt.verdict == Verdict::Regressed {
            break;
        }
    }
    counted
}

/// How many attempts this fix has.
pub(super) fn max_attempts(situation: &Situation<'_>, fix: &Fix) -> usize {
    fix.max_attempts.unwrap_or(situation.config.max_fix_attempts) as usize
}

/// Given up: attempts used up, or the next one would only repeat what did not help.
pub(super) fn given_up(situation: &Situation<'_>, fix: &Fix, series: &[&Attempt], wrote: &str) -> Option<No> {
    let most = max_attempts(situation, fix);
    if series.len() >= most {
        return Some((Reason::Attempts, format!("given up after {}", attempts(series.len()))));
    }
    series.iter().any(|attempt| attempt.failed && !wrote.is_empty() && attempt.wrote == wrote).then(|| {
        let text = format!("given up after {}: the next would write the same bytes again", attempts(series.len()));
        (Reason::Attempts, text)
    })
}

fn attempts(count: usize) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") }
}

/// Every No of the judgement that does not look at what the steps act on.
pub(super) fn noes(situation: &Situation<'_>, case: &Case<'_>, series: &[&Attempt]) -> Vec<No> {
    let (incident, fix) = (case.incident, case.fix);
    let bad = (!case.bad.is_empty()).then(|| (Reason::BadCapture, case.bad.join("; ")));
    [
        age(situation, case),
        threshold(situation, case),
        mode(situation, incident),
        risk(situation, fix),
        policy(situation, incident),
        case.untrusted(),
        // Without its values a condition says nothing.
        if bad.is_some() { None } else { condition::not_met(situation, case) },
        bad,
        on_probation(situation, case),
        cooldown(situation, fix, series),
        situation.paused.map(|why| (Reason::Paused, why.to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn age(situation: &Situation<'_>, case: &Case<'_>) -> Option<No> {
    let fix = case.fix;
    let general = match situation.config.max_event_age {
        Reach::All => None,
        Reach::Last(limit) => Some(limit),
    };
    let limit = [general, fix.max_event_age].into_iter().flatten().min()?;
    let last_seen = case.counting().map(|facet| facet.record.last_seen).max();
    let last_seen = last_seen.unwrap_or(case.incident.record.last_seen);
    let age = situation.now.signed_duration_since(last_seen).to_std().ok()?;
    (age > limit).then(|| {
        let text = format!(
            "the last event is {} old; `max_event_age` is {}: `heal review` frees it",
            human(age),
            human(limit)
        );
        (Reason::Age, text)
    })
}

/// Enough events of what the fix is about, close enough to each other, up to now.
fn threshold(situation: &Situation<'_>, case: &Case<'_>) -> Option<No> {
    let name = case.incident.record.pattern.as_deref()?;
    let threshold = situation.catalogue.pattern(name)?.threshold?;
    let since = TimeDelta::from_std(threshold.within).ok().and_then(|within| situation.now.checked_sub_signed(within));
    let recent = case.counting().flat_map(|facet| &facet.record.recent);
    let count = recent.filter(|time| since.is_none_or(|since| **time >= since)).count();
    (u32::try_from(count).unwrap_or(u32::MAX) < threshold.count).then(|| {
        let text = format!(
            "{count} events within {}; pattern {name} asks for {} (`threshold`)",
            human(threshold.within),
            threshold.count
        );
        (Reason::Threshold, text)
    })
}

fn mode(situation: &Situation<'_>, incident: &OpenIncident) -> Option<No> {
    let name = incident.record.pattern.as_deref()?;
    match situation.catalogue.pattern(name)?.mode {
        Mode::Apply => None,
        Mode::Propose => Some((Reason::Mode, format!("pattern {name} has `mode: propose`: `heal review` frees it"))),
        Mode::Observe => Some((
            Reason::Mode,
            format!("pattern {name} has `mode: observe`: reported only, and no flag or review frees it"),
        )),
    }
}

fn risk(situation: &Situation<'_>, fix: &Fix) -> Option<No> {
    if let Some(why) = fix.not_adopted() {
        return Some((Reason::Risk, why));
    }
    let allowed =
        situation.config.policy.auto_risks.contains(&fix.risk) || (situation.with_unsafe && fix.risk == Risk::Unsafe);
    if allowed && fix.risk != Risk::DisplayOnly {
        return None;
    }
    let text = match fix.risk {
        Risk::DisplayOnly => "risk display_only: shown, never applied; no flag or review frees it".to_owned(),
        Risk::Unsafe => "risk unsafe: --unsafe or `heal review` frees it".to_owned(),
        Risk::Safe => "risk safe is not among `policy.auto.risks`: `heal review` frees it".to_owned(),
    };
    Some((Reason::Risk, text))
}

fn policy(situation: &Situation<'_>, incident: &OpenIncident) -> Option<No> {
    let severity = incident.record.severity;
    (!situation.config.policy.auto_severities.contains(&severity)).then(|| {
        (
            Reason::Policy,
            format!("severity {} is not among `policy.auto.severities`: `heal review` frees it", severity.as_str()),
        )
    })
}

/// One fix at a time for one incident and what it is about, and one change at a time of one target.
fn on_probation(situation: &Situation<'_>, case: &Case<'_>) -> Option<No> {
    let record = &case.incident.record;
    let about = |attempt: &Attempt| attempt.incident == record.id && attempt.agrees_with(case.line);
    let waiting = situation.snapshot.attempts.iter().rev().find(|attempt| {
        let waits = matches!(attempt.verdict, Verdict::OnProbation | Verdict::UnderWay | Verdict::Inconclusive);
        waits
            && (about(attempt) || (attempt.fix == case.fix.name && attempt.target == case.target))
            && record.fresh_since.is_none_or(|since| attempt.applied_at >= since)
    });
    if let Some(attempt) = waiting {
        let when = attempt.applied_at.with_timezone(situation.now.offset()).format("%Y-%m-%d %H:%M");
        return Some((Reason::OnProbation, format!("{} was applied {when} and is on probation", attempt.fix)));
    }
    let latest = situation.snapshot.attempts.iter().rev().find(|attempt| about(attempt))?;
    let quiet = case.facets().all(|facet| facet.count == 0);
    (latest.verdict == Verdict::Confirmed && quiet)
        .then(|| (Reason::OnProbation, format!("{} is confirmed, and nothing new happened", latest.fix)))
}

/// When the next attempt may be made of a fix that is held back for its cool-down.
#[must_use]
pub fn not_before(situation: &Situation<'_>, held: &HeldBack) -> Option<DateTime<FixedOffset>> {
    let incident = situation.incidents.iter().find(|incident| incident.record.id == held.incident)?;
    let fix = situation.catalogue.fixes.iter().find(|fix| fix.name == held.fix)?;
    let of_fix = |attempt: &&Attempt| attempt.incident == held.incident && attempt.fix == held.fix;
    let last = situation.snapshot.attempts.iter().rev().find(of_fix).filter(|_| held.reason == Reason::Cooldown)?;
    let series = series(situation, incident, &fix.name, &last.target);
    last.applied_at.checked_add_signed(TimeDelta::from_std(wait(situation, fix, series.len())).ok()?)
}

/// How long a fix waits after so many attempts.
fn wait(situation: &Situation<'_>, fix: &Fix, attempts: usize) -> Duration {
    let base = fix.cooldown.unwrap_or(situation.config.cooldown);
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
    base.saturating_mul(1 << doublings)
}

fn cooldown(situation: &Situation<'_>, fix: &Fix, series: &[&Attempt]) -> Option<No> {
    let last = series.first()?;
    let wait = wait(situation, fix, series.len());
    let since = situation.now.signed_duration_since(last.applied_at).max(TimeDelta::zero()).to_std().ok()?;
    let left = wait.checked_sub(since).filter(|left| *left > Duration::ZERO)?;
    Some((Reason::Cooldown, format!("the next attempt waits another {}", human(left.max(Duration::from_secs(1))))))
}
