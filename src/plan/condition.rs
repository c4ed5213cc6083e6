//! `when`: looks whether a condition holds, and says what it saw.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveTime, Timelike as _};

use super::case::Case;
use super::{No, Reason, Situation};
use crate::catalogue::{Amount, Condition, FileCondition};
use crate::config::units::human;
use crate::sys::disk::Reader;
use crate::sys::service::Unit;

/// Whether it holds, and what was seen.
type Seen = (bool, String);

/// Why the fix's condition does not hold.
pub(super) fn not_met(situation: &Situation<'_>, case: &Case<'_>) -> Option<No> {
    let (holds, seen) = look(situation, case, case.bound.when.as_ref()?);
    (!holds).then(|| (Reason::When, format!("its `when` does not hold: {seen}")))
}

/// The fix's condition with what was seen, in words.
pub(super) fn met(situation: &Situation<'_>, case: &Case<'_>) -> Option<String> {
    Some(look(situation, case, case.bound.when.as_ref()?).1)
}

fn look(situation: &Situation<'_>, case: &Case<'_>, condition: &Condition) -> Seen {
    match condition {
        Condition::All(all) => {
            let seen: Vec<Seen> = all.iter().map(|one| look(situation, case, one)).collect();
            (seen.iter().all(|(holds, _)| *holds), joined(seen, " and "))
        }
        Condition::Any(any) => {
            let seen: Vec<Seen> = any.iter().map(|one| look(situation, case, one)).collect();
            (seen.iter().any(|(holds, _)| *holds), joined(seen, "; "))
        }
        Condition::Not(inner) => {
            let (holds, seen) = look(situation, case, inner);
            (!holds, format!("not so: {seen}"))
        }
        Condition::Service { name, state } => service(situation, name, state),
        Condition::File(file) => self::file(situation, file),
        Condition::DiskFree { path, below } => {
            let place = situation.config.workspace.join(path);
            match situation.host.space(&place) {
                Some(space) => (
                    is_below(space.available, space.total, *below),
                    format!("{} free where {path} lies, asked: below {}", bytes(space.available), amount(*below)),
                ),
                None => (false, format!("the room where {path} lies is not known")),
            }
        }
        Condition::MemoryAvailable { below } => {
            let machine = situation.host.machine();
            match (machine.memory_available, machine.memory_total) {
                (Some(available), Some(total)) => (
                    is_below(available, total, *below),
                    format!("{} of memory available, asked: below {}", bytes(available), amount(*below)),
                ),
                _ => (false, "the memory available is not known".to_owned()),
            }
        }
        Condition::Load { above } => match situation.host.machine().load1 {
            Some(load) => (load > *above, format!("the load is {load:.2}, asked: above {above}")),
            None => (false, "the load is not known".to_owned()),
        },
        Condition::Count { at_least, within } => count(situation, case, *at_least, *within),
        Condition::Age { at_least } => {
            let age = age(situation.now, case.incident.record.first_seen);
            (age >= *at_least, format!("first seen {} ago, asked: at least {}", human(age), human(*at_least)))
        }
        Condition::Capture(groups) => {
            let holds = |group: &String, regex: &String| {
                let whole = regex::Regex::new(&format!("^(?:{regex})$"));
                whole.is_ok_and(|regex| case.captures.get(group).is_some_and(|value| regex.is_match(value)))
            };
            let seen: Vec<Seen> = groups
                .iter()
                .map(|(group, regex)| {
                    let value = case.captures.get(group).map(String::as_str).unwrap_or_default();
                    (holds(group, regex), format!("{{{group}}} is `{}`, asked: /{regex}/", situation.clean(value)))
                })
                .collect();
            (seen.iter().all(|(holds, _)| *holds), joined(seen, " and "))
        }
        Condition::Time { between, days } => time(situation.now, *between, days),
    }
}

fn joined(seen: Vec<Seen>, word: &str) -> String {
    seen.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(word)
}

fn service(situation: &Situation<'_>, name: &str, wanted: &str) -> Seen {
    match Unit::parse(name).and_then(|unit| situation.host.service(&unit)) {
        Ok(state) => {
            let holds = [&state.active, &state.sub, &state.load].into_iter().any(|word| word == wanted);
            (holds, format!("{name} is {}, asked: {wanted}", state.shown()))
        }
        Err(why) => (false, situation.clean(&why)),
    }
}

fn file(situation: &Situation<'_>, file: &FileCondition) -> Seen {
    let path = situation.config.workspace.join(&file.path);
    let found = Reader::new().stat(&path).ok().flatten();
    let mut holds = file.exists.is_none_or(|wanted| wanted == found.is_some());
    let Some(metadata) = found else {
        let more = file.older_than.is_some() || file.larger_than.is_some() || file.mode.is_some();
        return (holds && !more, format!("{} is not there", file.path));
    };
    let written = DateTime::<chrono::Utc>::from(metadata.modified().unwrap_or(std::time::UNIX_EPOCH)).fixed_offset();
    let old = age(situation.now, written);
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
    holds &= file.older_than.is_none_or(|least| old > least);
    holds &= file.larger_than.is_none_or(|least| metadata.len() > least);
    holds &= file.mode.is_none_or(|wanted| wanted == mode);
    let text = format!("{} has {}, mode {mode:04o}, written {} ago", file.path, bytes(metadata.len()), human(old));
    (holds, text)
}

fn count(situation: &Situation<'_>, case: &Case<'_>, at_least: u32, within: Duration) -> Seen {
    let recent = case.counting().flat_map(|facet| &facet.record.recent);
    let count = recent.filter(|time| age(situation.now, **time) <= within).count();
    (count >= at_least as usize, format!("{count} events within {}, asked: at least {at_least}", human(within)))
}

fn time(now: DateTime<FixedOffset>, between: Option<(NaiveTime, NaiveTime)>, days: &[chrono::Weekday]) -> Seen {
    let clock = now.time();
    let inside = between.is_none_or(
        |(from, to)| {
            if from <= to { from <= clock && clock < to } else { from <= clock || clock < to }
        },
    );
    let day = days.is_empty() || days.contains(&now.weekday());
    (inside && day, format!("it is {} {:02}:{:02}", now.weekday(), clock.hour(), clock.minute()))
}

fn age(now: DateTime<FixedOffset>, then: DateTime<FixedOffset>) -> Duration {
    now.signed_duration_since(then).to_std().unwrap_or_default()
}

fn is_below(available: u64, total: u64, below: Amount) -> bool {
    match below {
        Amount::Bytes(bound) => available < bound,
        #[expect(clippy::cast_precision_loss, reason = "a share needs no exact bytes")]
        Amount::Percent(share) => (available as f64) * 100.0 < (total as f64) * share,
    }
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Bytes(count) => bytes(count),
        Amount::Percent(share) => format!("{share} %"),
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..10_240 => format!("{count} bytes"),
        10_240..10_485_760 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}
