//! Events become incidents: one for each pattern, one for each text that no pattern knows.

mod facet;
mod incident;
mod muting;
mod template;
mod timeline;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, FixedOffset};
use sha2::{Digest, Sha256};

pub use facet::{Facet, MAX_FACETS};
use facet::{Facets, Sorter};
pub use incident::{OpenIncident, Status, merge};
pub use muting::{EndedMute, mute};
pub use timeline::Timeline;

use crate::catalogue::{Catalogue, Pattern};
use crate::sanitize::Sanitizer;
use crate::scan::Event;
use crate::store::{MAX_SAMPLES, Sample};
use crate::words::{Level, Severity};

/// Most kinds of error in one run; the rest is counted as others.
pub const MAX_KINDS: usize = 10_000;
/// The category of an error that no pattern knows.
const UNKNOWN: &str = "unknown";
/// Longest sample, in bytes.
pub const MAX_SAMPLE_BYTES: usize = 4096;

/// The events of one kind in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The incident's id.
    pub id: String,
    /// The pattern's name.
    pub pattern: Option<String>,
    /// What its events have in common.
    pub template: String,
    /// What kind of trouble.
    pub category: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub description: String,
    /// Events.
    pub count: u64,
    /// Earliest stamp.
    pub first: Option<DateTime<FixedOffset>>,
    /// Latest stamp.
    pub last: Option<DateTime<FixedOffset>>,
    /// Events without any stamp.
    pub unstamped: u64,
    /// Where it was seen.
    pub sources: BTreeSet<String>,
    /// Distinct evidence.
    pub samples: Vec<Sample>,
    /// Its events by time; one without any counts at the time of the run.
    pub timeline: Timeline,
    /// Templates of the samples, to keep them distinct.
    shapes: BTreeSet<String>,
    /// The events by captured values and trust.
    facets: Facets,
    /// How many of the newest times are kept.
    recent: usize,
}

impl Group {
    /// This run's events by captured values and trust, without anything that is remembered.
    #[must_use]
    pub fn into_facets(self) -> Vec<Facet> {
        self.facets.finish(&[], 0)
    }
}

/// What an event alone tells of its incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The incident's id.
    pub id: String,
    /// What its events have in common.
    pub template: String,
}

/// The incident that this event belongs to.
#[must_use]
pub fn kind_of(event: &Event<'_>, patterns: &[Pattern], sanitizer: &Sanitizer) -> Kind {
    if let Some(pattern) = event.pattern.and_then(|at| patterns.get(at)) {
        Kind { id: id_of("pattern", &pattern.name), template: pattern.regex.clone() }
    } else {
        let template = template::template(&sanitizer.clean(event.message, template::MAX_BYTES));
        Kind { id: id_of("template", &template), template }
    }
}

/// Takes events one by one.
pub struct Grouper<'a> {
    patterns: &'a [Pattern],
    sanitizer: &'a Sanitizer,
    now: DateTime<FixedOffset>,
    sorters: Vec<Sorter>,
    unknown: Sorter,
    by_pattern: Vec<Option<usize>>,
    by_template: HashMap<String, usize>,
    groups: Vec<Group>,
    others: u64,
}

impl<'a> Grouper<'a> {
    /// A grouper for events of the catalogue's patterns, in a run that began `now`.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue, sanitizer: &'a Sanitizer, now: DateTime<FixedOffset>) -> Self {
        let patterns = &catalogue.patterns;
        let sorter = |pattern: &Pattern| Sorter::new(catalogue, Some(pattern), &pattern.category);
        Self {
            patterns,
            sanitizer,
            now,
            sorters: patterns.iter().map(sorter).collect(),
            unknown: Sorter::new(catalogue, None, UNKNOWN),
            by_pattern: vec![None; patterns.len()],
            by_template: HashMap::new(),
            groups: Vec::new(),
            others: 0,
        }
    }

    /// Counts one event.
    pub fn add(&mut self, event: &Event<'_>) {
        let Some(at) = self.group_of(event) else {
            self.others += 1;
            return;
        };
        let Some(group) = self.groups.get_mut(at) else { return };
        let sorter = event.pattern.and_then(|index| self.sorters.get(index)).unwrap_or(&self.unknown);
        group.recent = sorter.recent;
        group.facets.add(event, sorter, self.sanitizer, self.now);
        group.count += 1;
        group.timeline.add(event.time.unwrap_or(self.now));
        match event.time {
            Some(time) => {
                group.first = Some(group.first.map_or(time, |first| first.min(time)));
                group.last = Some(group.last.map_or(time, |last| last.max(time)));
            }
            None => group.unstamped += 1,
        }
        if event.pattern.is_none() {
            group.severity = group.severity.max(severity_of(event.level));
        }
        if !group.sources.contains(event.source) {
            group.sources.insert(event.source.to_owned());
        }
        if group.samples.len() < MAX_SAMPLES {
            keep_sample(group, event, self.sanitizer);
        }
    }

    /// The groups in the order in which they were first seen, and how many events were beyond [`MAX_KINDS`].
    #[must_use]
    pub fn finish(self) -> (Vec<Group>, u64) {
        (self.groups, self.others)
    }

    fn group_of(&mut self, event: &Event<'_>) -> Option<usize> {
        if let Some(index) = event.pattern {
            let pattern = self.patterns.get(index)?;
            let slot = self.by_pattern.get_mut(index)?;
            if slot.is_none() {
                *slot = Some(self.groups.len());
                self.groups.push(known(pattern));
            }
            return *slot;
        }
        // Redacted first: a secret must not become part of a template, nor of an id.
        let text = template::template(&self.sanitizer.clean(event.message, template::MAX_BYTES));
        if let Some(at) = self.by_template.get(&text) {
            return Some(*at);
        }
        if self.groups.len() >= MAX_KINDS {
            return None;
        }
        let at = self.groups.len();
        self.groups.push(unknown(&text, event.level));
        self.by_template.insert(text, at);
        Some(at)
    }
}

fn known(pattern: &Pattern) -> Group {
    Group {
        pattern: Some(pattern.name.clone()),
        category: pattern.category.clone(),
        description: pattern.description.clone(),
        ..unseen(id_of("pattern", &pattern.name), &pattern.regex, pattern.severity)
    }
}

fn unknown(text: &str, level: Option<Level>) -> Group {
    unseen(id_of("template", text), text, severity_of(level))
}

/// A group without any event yet, of an error that no pattern knows.
fn unseen(id: String, template: &str, severity: Severity) -> Group {
    Group {
        id,
        pattern: None,
        template: template.to_owned(),
        category: UNKNOWN.to_owned(),
        severity,
        description: "An error that no pattern knows".to_owned(),
        count: 0,
        first: None,
        last: None,
        unstamped: 0,
        sources: BTreeSet::new(),
        samples: Vec::new(),
        timeline: Timeline::default(),
        shapes: BTreeSet::new(),
        facets: Facets::default(),
        recent: 0,
    }
}

fn severity_of(level: Option<Level>) -> Severity {
    match level {
        Some(Level::Critical) => Severity::Critical,
        Some(Level::Error) => Severity::Medium,
        _ => Severity::Low,
    }
}

/// Ten hexadecimal digits that are the same in every run.
fn id_of(kind: &str, key: &str) -> String {
    let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(key).finalize();
    digest.iter().take(5).fold(String::with_capacity(10), |mut id, byte| {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

fn keep_sample(group: &mut Group, event: &Event<'_>, sanitizer: &Sanitizer) {
    let shape = template::template(&sanitizer.clean(event.message, template::MAX_BYTES));
    if group.shapes.insert(shape) {
        group.samples.push(Sample {
            source: event.source.to_owned(),
            line: event.line,
            text: sanitizer.clean_multiline(event.record, MAX_SAMPLE_BYTES),
        });
    }
}
