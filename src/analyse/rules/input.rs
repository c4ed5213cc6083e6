//! From this run's incidents and what is remembered to what the rules look at.

use chrono::{DateTime, FixedOffset};

use super::{Case, Scene};
use crate::catalogue::Catalogue;
use crate::config::{Config, Readers};
use crate::group::OpenIncident;
use crate::sources::Coverage;
use crate::store::{Onset, Start};

/// Longest name of an incident, in characters.
const MAX_NAME: usize = 60;
/// Longest name of what it is about, in characters.
const MAX_TARGET: usize = 40;

/// What one run read and remembers.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// All of this run.
    pub incidents: &'a [OpenIncident],
    /// How incidents began before.
    pub onsets: &'a [Onset],
    /// When units were started, lately.
    pub starts: &'a [Start],
    /// What was read.
    pub coverage: &'a [Coverage],
    /// The patterns with their advice.
    pub catalogue: &'a Catalogue,
    /// What needs what.
    pub config: &'a Config,
    /// When this run began: the time of events that have none.
    pub now: DateTime<FixedOffset>,
}

/// The scene that the rules look at.
#[must_use]
pub fn scene(read: &Read<'_>) -> Scene {
    let live = read.incidents.iter().filter(|incident| incident.count > 0 && incident.is_live());
    let readers = Readers::new(read.config);
    Scene {
        errors: read.incidents.iter().filter(|one| one.is_live()).map(|one| one.count).sum(),
        cases: live.map(|incident| case(incident, read, &readers)).collect(),
        onsets: read.onsets.to_vec(),
        starts: read.starts.to_vec(),
        depends_on: read.config.depends_on.clone(),
        logs: read.coverage.iter().filter(|source| source.lines > 0).count(),
        zone: Some(*read.now.offset()),
    }
}

fn case(incident: &OpenIncident, read: &Read<'_>, readers: &Readers<'_>) -> Case {
    let record = &incident.record;
    // An event without a time counts at the time of the run, and tells nothing of any order.
    let own = |time: &DateTime<FixedOffset>| *time != read.now;
    let pattern = record.pattern.as_deref().and_then(|name| read.catalogue.pattern(name));
    Case {
        id: record.id.clone(),
        name: name(incident),
        known: record.pattern.is_some(),
        names: names(incident, readers),
        severity: record.severity,
        count: incident.count,
        first: incident.timeline.first().filter(own),
        onsets: incident.onsets.iter().filter(|time| own(time)).copied().collect(),
        now: incident.timeline.buckets(),
        history: incident.history.clone(),
        sources: record.sources.clone(),
        samples: record.samples.clone(),
        advice: pattern.and_then(|pattern| pattern.advice.clone()),
    }
}

/// The pattern's name, or how an unknown error begins, with what most of its events are about.
fn name(incident: &OpenIncident) -> String {
    let record = &incident.record;
    let name = record.pattern.clone().unwrap_or_else(|| {
        let text = record.template.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(MAX_NAME).collect();
        if short.len() < text.len() { format!("\"{}...\"", short.trim_end()) } else { format!("\"{short}\"") }
    });
    let about = main_target(incident).or_else(|| incident.record.pattern.as_ref().and_then(|_| one_address(incident)));
    match about {
        Some(about) => format!("{name} ({about})"),
        None => name,
    }
}

/// What more than half of this run's events are about.
fn main_target(incident: &OpenIncident) -> Option<String> {
    let most = incident.targets.first().filter(|most| most.count.saturating_mul(2) > incident.count)?;
    let short: String = most.name.chars().take(MAX_TARGET).collect();
    Some(if short.len() < most.name.len() { format!("{short}...") } else { short })
}

/// The one address that the samples name.
fn one_address(incident: &OpenIncident) -> Option<String> {
    let all = incident.record.samples.iter().flat_map(|sample| super::address::addresses(&sample.text));
    let mut addresses: Vec<String> = all.collect();
    addresses.sort();
    addresses.dedup();
    if addresses.len() == 1 { addresses.pop() } else { None }
}

/// What `depends_on` may call it.
fn names(incident: &OpenIncident, readers: &Readers<'_>) -> Vec<String> {
    let record = &incident.record;
    let mut names = vec![record.category.clone()];
    for source in &record.sources {
        let unit = source.strip_prefix("journal:").unwrap_or(source);
        names.extend([source.clone(), unit.to_owned(), unit.trim_end_matches(".service").to_owned()]);
        names.extend(readers.of(source).map(|log| log.name.clone()));
    }
    names.sort();
    names.dedup();
    names
}
