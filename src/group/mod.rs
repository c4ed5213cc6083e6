//! Events become incidents: one for each pattern, one for each statement whose errors no pattern knows.

mod angles;
mod brackets;
mod calls;
mod category;
mod classes;
mod commons;
mod compounds;
mod facet;
mod frames;
#[expect(clippy::module_inception, reason = "the room is named for what it does")]
mod group;
mod incident;
mod keys;
mod lists;
mod muting;
mod objects;
mod options;
mod outcomes;
mod pairs;
mod parentheses;
mod quotes;
mod reader;
mod settling;
mod shape;
mod signature;
mod slots;
mod spans;
mod sql;
mod statements;
mod subsuming;
mod target;
mod timeline;
mod trace;
mod units;
mod vocabulary;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, TimeDelta};
use sha2::{Digest, Sha256};

pub use facet::{Facet, MAX_FACETS};
pub use group::{Group, MAX_SAMPLE_BYTES};
pub use incident::{OpenIncident, Status, merge};
pub use keys::Keys;
pub use muting::{EndedMute, mute};
pub use settling::{Settling, Statement};
pub use target::Target;
pub use timeline::Timeline;

use crate::catalogue::{Catalogue, Pattern};
use crate::sanitize::Sanitizer;
use crate::scan::Event;
use crate::store::Incident;
use category::category;
use facet::Sorter;
use group::{Telling, severity_of};
use signature::{MAX_BYTES, Signature};
use statements::Statements;

/// Most kinds of error in one run; the rest is counted as others.
pub const MAX_KINDS: usize = 10_000;
/// So many kinds have a long sample.
const MAX_LONG_SAMPLES: usize = 1000;
/// So many incidents of earlier runs are compared with this run's errors.
const MAX_RECALLED: usize = 10_000;
/// One that was resolved longer ago begins anew.
pub const RECALLED_FOR: TimeDelta = TimeDelta::days(90);
/// Said of an error that no pattern knows.
const NO_PATTERN: &str = "An error that no pattern knows";
/// Between the template of a record's first line and what its stack trace says.
const BELOW: char = '\n';

/// The id of the incident of a pattern.
#[must_use]
pub fn id_of_pattern(name: &str) -> String {
    id_of("pattern", name)
}

/// The id of the incident of errors with this template, which no pattern knows.
fn id_of_unknown(template: &str) -> String {
    id_of("template", template)
}

/// The remembered errors without a pattern that one of this run may belong to, the oldest first: those that are open
/// or were resolved lately, of too many the last seen.
fn recalled<'b>(all: impl IntoIterator<Item = &'b Incident>, now: DateTime<FixedOffset>) -> Vec<&'b Incident> {
    let lately = now.checked_sub_signed(RECALLED_FOR);
    let is_near = |one: &&Incident| one.resolved_at.is_none_or(|at| lately.is_none_or(|lately| at >= lately));
    let mut known: Vec<&Incident> =
        all.into_iter().filter(|incident| incident.pattern.is_none()).filter(is_near).collect();
    if known.len() > MAX_RECALLED {
        known.select_nth_unstable_by_key(MAX_RECALLED, |one| {
            (one.resolved_at.is_some(), Reverse(one.last_seen), &one.id)
        });
        known.truncate(MAX_RECALLED);
    }
    known.sort_by_key(|incident| (incident.first_seen, &incident.id));
    known
}

/// Takes events one by one.
pub struct Grouper<'a> {
    patterns: &'a [Pattern],
    catalogue: &'a Catalogue,
    sanitizer: &'a Sanitizer,
    now: DateTime<FixedOffset>,
    sorters: Vec<Sorter>,
    unknown: HashMap<&'static str, Sorter>,
    by_pattern: Vec<Option<usize>>,
    statements: Statements,
    /// By row of the statements and by stack trace.
    by_kind: HashMap<Kind, usize>,
    groups: Vec<Group>,
    /// Incidents of earlier runs, the oldest first.
    known: Vec<(Kind, String)>,
    signature: Signature,
    keys: Keys,
    others: u64,
}

/// An error that no pattern knows: the row of its message, and what its stack trace says.
type Kind = (usize, Option<Box<str>>);

impl<'a> Grouper<'a> {
    /// A grouper for events of the catalogue's patterns, in a run that began `now`. What is of the same statement as
    /// an incident that is `known` belongs to it.
    #[must_use]
    pub fn new<'b>(
        catalogue: &'a Catalogue,
        sanitizer: &'a Sanitizer,
        known: impl IntoIterator<Item = &'b Incident>,
        now: DateTime<FixedOffset>,
    ) -> Self {
        let patterns = &catalogue.patterns;
        let sorter = |pattern: &Pattern| Sorter::new(catalogue, Some(pattern), &pattern.category);
        let mut statements = Statements::new(MAX_KINDS * 2);
        let known = recalled(known, now)
            .into_iter()
            .filter_map(|incident| {
                let (template, trace) = match incident.template.split_once(BELOW) {
                    Some((template, trace)) => (template, Some(trace.into())),
                    None => (incident.template.as_str(), None),
                };
                Some(((statements.know(template)?, trace), incident.id.clone()))
            })
            .collect();
        Self {
            patterns,
            catalogue,
            sanitizer,
            now,
            sorters: patterns.iter().map(sorter).collect(),
            unknown: HashMap::new(),
            by_pattern: vec![None; patterns.len()],
            statements,
            by_kind: HashMap::new(),
            groups: Vec::new(),
            known,
            signature: Signature::default(),
            keys: Keys::default(),
            others: 0,
        }
    }

    /// Counts one event.
    pub fn add(&mut self, event: &Event<'_>) {
        let mut keys = std::mem::take(&mut self.keys);
        self.count(&keys.hide(event));
        self.keys = keys;
    }

    fn count(&mut self, event: &Event<'_>) {
        // Redacted first: a secret must not become part of a template, nor of an id.
        let message = self.sanitizer.clean(event.message, MAX_BYTES);
        self.signature.of(message.as_bytes());
        let Some(at) = self.group_of(event, &message) else {
            self.others += 1;
            return;
        };
        let Some(group) = self.groups.get_mut(at) else { return };
        let sorter = event.pattern.and_then(|index| self.sorters.get(index));
        let Some(sorter) = sorter.or_else(|| self.unknown.get(group.category.as_str())) else { return };
        let crowded = at > MAX_LONG_SAMPLES;
        let telling = Telling {
            crowded,
            sorter,
            sanitizer: self.sanitizer,
            message: &message,
            signature: &self.signature,
            now: self.now,
        };
        group.add(event, &telling);
    }

    /// The groups in the order in which they were first seen, and how many events were beyond [`MAX_KINDS`].
    #[must_use]
    pub fn finish(self) -> (Vec<Group>, u64) {
        let settled = self.statements.settle();
        let class = |row: usize| settled.class.get(row).copied().unwrap_or_default();
        let mut ids: BTreeMap<(usize, Option<Box<str>>), String> = BTreeMap::new();
        for ((row, trace), id) in self.known {
            ids.entry((class(row), trace)).or_insert(id);
        }
        let mut kinds: Vec<_> = self.by_kind.into_iter().map(|(kind, at)| (at, kind)).collect();
        kinds.sort_unstable();
        let kinds: HashMap<usize, Kind> = kinds.into_iter().collect();
        let mut merged: Vec<Group> = Vec::new();
        let mut by_class: HashMap<Kind, usize> = HashMap::new();
        for (at, mut group) in self.groups.into_iter().enumerate() {
            let Some((row, trace)) = kinds.get(&at) else {
                merged.push(group);
                continue;
            };
            let key = (class(*row), trace.clone());
            if let Some(other) = by_class.get(&key).and_then(|at| merged.get_mut(*at)) {
                other.absorb(group);
                continue;
            }
            let template = settled.templates.get(key.0).cloned().unwrap_or_default();
            category(&template.text).clone_into(&mut group.category);
            let with_trace = |text: &str| match trace {
                Some(trace) => format!("{text}{BELOW}{trace}"),
                None => text.to_owned(),
            };
            group.template = with_trace(&template.text);
            group.id = ids.get(&key).cloned().unwrap_or_else(|| id_of_unknown(&with_trace(&template.words)));
            by_class.insert(key, merged.len());
            merged.push(group);
        }
        (merged, self.others)
    }

    fn group_of(&mut self, event: &Event<'_>, message: &str) -> Option<usize> {
        if let Some(index) = event.pattern {
            let pattern = self.patterns.get(index)?;
            let slot = self.by_pattern.get_mut(index)?;
            if slot.is_none() {
                *slot = Some(self.groups.len());
                self.groups.push(of_pattern(pattern));
            }
            return *slot;
        }
        let row = self.statements.add_clean(message, &self.signature)?;
        let kind = (row, trace::summary(event.record, self.sanitizer).map(String::into_boxed_str));
        if let Some(at) = self.by_kind.get(&kind) {
            return Some(*at);
        }
        if self.groups.len() >= MAX_KINDS {
            return None;
        }
        let template = self.statements.template(row);
        let category = category(&template.text);
        let catalogue = self.catalogue;
        self.unknown.entry(category).or_insert_with(|| Sorter::new(catalogue, None, category));
        let at = self.groups.len();
        self.groups.push(Group::new(template.text, severity_of(event.level), category, NO_PATTERN));
        self.by_kind.insert(kind, at);
        Some(at)
    }
}

fn of_pattern(pattern: &Pattern) -> Group {
    let mut group = Group::new(pattern.regex.clone(), pattern.severity, &pattern.category, &pattern.description);
    group.id = id_of_pattern(&pattern.name);
    group.pattern = Some(pattern.name.clone());
    group
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

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(number: usize, resolved: Option<&str>) -> Incident {
        let at = |text: &str| text.parse::<DateTime<FixedOffset>>().unwrap();
        let seen = at("2026-01-01T00:00:00Z") + TimeDelta::seconds(i64::try_from(number).unwrap());
        Incident { resolved_at: resolved.map(at), ..Incident::example(&format!("{number:06}"), seen) }
    }

    #[test]
    fn a_run_compares_with_what_is_open_or_lately_resolved_and_with_so_many_only() {
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let ids = |all: &[Incident]| recalled(all, now).iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        let pattern = Incident { pattern: Some("x".to_owned()), ..remembered(4, None) };
        let few = [
            remembered(3, Some("2026-05-01T00:00:00Z")),
            remembered(2, Some("2026-02-01T00:00:00Z")),
            remembered(1, None),
            pattern,
        ];
        assert_eq!(ids(&few), ["000001", "000003"]);
        let resolved = Some("2026-05-01T00:00:00Z");
        let many: Vec<_> = (0..MAX_RECALLED + 2).map(|number| remembered(number, resolved)).collect();
        let mut many = many;
        many[0].resolved_at = None;
        let ids = ids(&many);
        assert_eq!((ids.len(), ids[0].as_str(), ids[1].as_str()), (MAX_RECALLED, "000000", "000003"));
    }
}
