//! What counting and comparing times say about incidents, without any model: facts, each with its evidence.

mod address;
mod advice;
mod amount;
mod input;
mod need;
mod numbers;
mod order;
mod place;
mod series;
mod start;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

pub use advice::{recommendations, recommendations_each};
pub use input::{Read, scene};

use crate::store::{Bucket, Onset, Sample, Start};
use crate::words::Severity;

/// Most incidents that are compared with each other, the worst.
const MOST: usize = 300;

/// One thing that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// `order`, `start`, `burst`, `trend`, `address`, `share`, `sources` or `history`.
    pub kind: &'static str,
    /// One sentence.
    pub text: String,
    /// Where it was seen: `source:line`.
    pub evidence: Vec<String>,
    /// Worth a line of the short report.
    pub telling: bool,
}

/// What rules say about an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// What holds, most telling first.
    pub facts: Vec<Fact>,
    /// What it probably comes from, with how often that held.
    pub likely_cause: Option<String>,
    /// The incident that it probably comes from.
    pub cause: Option<String>,
}

/// An incident with events in this run, as the rules see it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Whether a pattern knows it.
    pub known: bool,
    /// What `depends_on` may call it: its category, its sources and units.
    pub names: Vec<String>,
    /// How bad it is.
    pub severity: Severity,
    /// This run's events.
    pub count: u64,
    /// The time of this run's first event; `None` without a time of its own.
    pub first: Option<DateTime<FixedOffset>>,
    /// The times in this run at which the incident began, or began again after a quiet time, in order.
    pub onsets: Vec<DateTime<FixedOffset>>,
    /// This run's events by time.
    pub now: Vec<Bucket>,
    /// Those of earlier runs.
    pub history: Vec<Bucket>,
    /// Where it was seen.
    pub sources: Vec<String>,
    /// Lines of evidence.
    pub samples: Vec<Sample>,
    /// What its pattern says that a person should look at.
    pub advice: Option<String>,
}

/// All that the rules look at.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// In any order.
    pub cases: Vec<Case>,
    /// When incidents began in earlier runs.
    pub onsets: Vec<Onset>,
    /// When units were started, in this run and a little before.
    pub starts: Vec<Start>,
    /// What needs what.
    pub depends_on: BTreeMap<String, Vec<String>>,
    /// Logs that had lines in this run.
    pub logs: usize,
    /// Events of all kinds in this run.
    pub errors: u64,
    /// The zone in which times are told.
    pub zone: Option<FixedOffset>,
}

/// What the rules say, by the incidents' ids; the order of the cases changes nothing.
#[must_use]
pub fn diagnose(scene: &Scene) -> BTreeMap<String, Diagnosis> {
    let mut worst: Vec<&Case> = scene.cases.iter().filter(|case| case.count > 0).collect();
    worst.sort_by(|a, b| (b.severity, b.count).cmp(&(a.severity, a.count)).then_with(|| a.id.cmp(&b.id)));
    let compared = worst.get(..MOST).unwrap_or(&worst);
    let mut orders = order::of(scene, compared);
    let addresses = address::of(compared);
    worst
        .iter()
        .map(|case| {
            let mut diagnosis = orders.remove(&case.id).unwrap_or_default();
            let facts = &mut diagnosis.facts;
            facts.extend(start::of(scene, case));
            facts.extend(addresses.get(&case.id).cloned());
            facts.extend(place::share(scene, case));
            facts.extend(amount::of(scene, case));
            facts.extend(place::sources(scene, case));
            facts.sort_by_key(|fact| !fact.telling);
            (case.id.clone(), diagnosis)
        })
        .collect()
}

impl Diagnosis {
    /// Whether there is anything to tell.
    #[must_use]
    pub const fn says_something(&self) -> bool {
        !self.facts.is_empty() || self.likely_cause.is_some()
    }
}

impl Case {
    /// Where the first line of evidence stands.
    fn evidence(&self) -> Vec<String> {
        self.samples.first().map(at).into_iter().collect()
    }
}

impl Scene {
    /// The time of day, with the date where it is not that of `beside`.
    fn clock(&self, time: DateTime<FixedOffset>, beside: Option<DateTime<FixedOffset>>) -> String {
        let zone = self.zone.unwrap_or(*time.offset());
        let local = time.with_timezone(&zone);
        let same_day = beside.is_some_and(|other| other.with_timezone(&zone).date_naive() == local.date_naive());
        local.format(if same_day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
    }
}

/// `logs/app.log:17`; an entry of the journal has no line.
fn at(sample: &Sample) -> String {
    match sample.line {
        0 => sample.source.clone(),
        line => format!("{}:{line}", sample.source),
    }
}

/// `2 s`, `5 min`, `3 h`, `2 days`.
fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", (seconds + 30) / 60),
        7200..172_800 => format!("{} h", (seconds + 1800) / 3600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}
