//! The events of one kind in one run.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};

use super::facet::{Facet, Facets, Sorter};
use super::signature::Signature;
use super::target::{Target, Targets};
use crate::sanitize::Sanitizer;
use crate::scan::Event;
use crate::store::{MAX_SAMPLES, Sample};
use crate::words::{Level, Severity};

/// Longest sample, in bytes.
pub const MAX_SAMPLE_BYTES: usize = 4096;
/// Samples that stand for values alone, and those of all too many kinds, are no longer than this.
const SHORT_SAMPLE: usize = 512;

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
    /// What they stand for, to keep them distinct.
    shapes: BTreeSet<Vec<u8>>,
    /// What its events are about.
    targets: Targets,
    /// The events by captured values and trust.
    facets: Facets,
    /// How many of the newest times are kept.
    pub(super) recent: usize,
}

/// What a group is told with each event.
pub(super) struct Telling<'a> {
    pub sorter: &'a Sorter,
    pub sanitizer: &'a Sanitizer,
    /// The event's message, redacted and escaped.
    pub message: &'a str,
    /// Of that message.
    pub signature: &'a Signature,
    pub now: DateTime<FixedOffset>,
    /// Samples are to be short.
    pub crowded: bool,
}

impl Group {
    /// Without any event yet.
    pub(super) fn new(template: String, severity: Severity, category: &str, description: &str) -> Self {
        Self {
            id: String::new(),
            pattern: None,
            template,
            category: category.to_owned(),
            severity,
            description: description.to_owned(),
            count: 0,
            first: None,
            last: None,
            unstamped: 0,
            sources: BTreeSet::new(),
            samples: Vec::new(),
            shapes: BTreeSet::new(),
            targets: Targets::default(),
            facets: Facets::default(),
            recent: 0,
        }
    }

    /// Counts one event.
    pub(super) fn add(&mut self, event: &Event<'_>, telling: &Telling<'_>) {
        self.recent = telling.sorter.recent;
        self.facets.add(event, telling.sorter, telling.sanitizer, telling.now);
        self.targets.add(telling.message, telling.signature);
        self.count += 1;
        match event.time {
            Some(time) => {
                self.first = Some(self.first.map_or(time, |first| first.min(time)));
                self.last = Some(self.last.map_or(time, |last| last.max(time)));
            }
            None => self.unstamped += 1,
        }
        if event.pattern.is_none() {
            self.severity = self.severity.max(severity_of(event.level));
        }
        if !self.sources.contains(event.source) {
            self.sources.insert(event.source.to_owned());
        }
        if self.samples.len() < MAX_SAMPLES {
            self.keep_sample(event, telling);
        }
    }

    /// A sample for each signature first; then for each set of values that is no number.
    fn keep_sample(&mut self, event: &Event<'_>, telling: &Telling<'_>) {
        let mut shape = telling.signature.key.clone();
        let known = self.shapes.contains(&shape);
        if known {
            for part in telling.signature.parts.iter().filter(|part| part.value) {
                let text = telling.message.as_bytes().get(part.range.clone()).unwrap_or_default();
                if !text.iter().any(u8::is_ascii_digit) {
                    shape.extend_from_slice(text);
                }
            }
        }
        if self.shapes.insert(shape) {
            let most = if known || telling.crowded { SHORT_SAMPLE } else { MAX_SAMPLE_BYTES };
            self.samples.push(Sample {
                source: event.source.to_owned(),
                line: event.line,
                text: telling.sanitizer.clean_multiline(event.record, most),
            });
        }
    }

    /// Takes in the events of a group that turned out to be of the same kind.
    pub(super) fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.unstamped += other.unstamped;
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.severity = self.severity.max(other.severity);
        self.sources.extend(other.sources);
        self.targets.absorb(other.targets);
        self.facets.absorb(other.facets);
        self.recent = self.recent.max(other.recent);
        let room = MAX_SAMPLES.saturating_sub(self.samples.len());
        self.samples.extend(other.samples.into_iter().take(room));
    }

    /// This run's events by captured values and trust, without anything that is remembered.
    #[must_use]
    pub fn into_facets(self) -> Vec<Facet> {
        self.facets.finish(&[], 0)
    }

    /// Its facets together with those that are remembered, and its targets.
    pub(super) fn take_facets(&mut self, known: &[crate::store::Facet]) -> (Vec<Facet>, Vec<Target>) {
        (std::mem::take(&mut self.facets).finish(known, self.recent), std::mem::take(&mut self.targets).finish())
    }
}

/// What an error that no pattern knows weighs, by its level.
pub(super) fn severity_of(level: Option<Level>) -> Severity {
    match level {
        Some(Level::Critical) => Severity::Critical,
        Some(Level::Error) => Severity::Medium,
        _ => Severity::Low,
    }
}
