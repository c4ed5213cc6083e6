//! Sorts the events of one group by captured values and by who vouches for them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};
use regex_automata::meta::Regex;

use crate::catalogue::{Bindings, Catalogue, MAX_CAPTURE, Pattern, Trusted, regex};
use crate::sanitize::Sanitizer;
use crate::scan::Event;
use crate::sources::Origin;
use crate::store;

/// Most facets of one incident whose events are vouched for in the same way; the newest stay.
pub const MAX_FACETS: usize = 64;

/// The facets of an incident as this run sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// As it is to be remembered.
    pub record: store::Facet,
    /// This run's events.
    pub count: u64,
    /// Latest stamp of this run's events.
    pub newest: Option<DateTime<FixedOffset>>,
    /// This run's events without any stamp.
    pub unstamped: u64,
}

impl Facet {
    /// One that is remembered, and of which this run has seen nothing.
    #[must_use]
    pub const fn without_events(record: store::Facet) -> Self {
        Self { record, count: 0, newest: None, unstamped: 0 }
    }
}

/// What a group needs to know to sort its events.
#[derive(Debug)]
pub(super) struct Sorter {
    captures: Option<(Regex, Vec<String>)>,
    demands: Vec<Trusted>,
    /// How many of the newest times are kept.
    pub recent: usize,
}

impl Sorter {
    /// For the events of a pattern, or of errors of this category that no pattern knows.
    pub fn new(catalogue: &Catalogue, pattern: Option<&Pattern>, category: &str) -> Self {
        let fixes: Vec<_> = catalogue.fixes_for(pattern.map(|pattern| pattern.name.as_str()), category).collect();
        let mut demands: Vec<Trusted> = fixes.iter().filter_map(|fix| fix.trusted.clone()).collect();
        demands.dedup();
        let conditions = fixes.iter().filter_map(|fix| fix.when.as_ref()).map(crate::catalogue::Condition::most_events);
        let threshold = pattern.and_then(|pattern| pattern.threshold).map(|threshold| threshold.count);
        let recent = conditions.chain(threshold).max().unwrap_or_default().min(1000);
        let captures = pattern
            .filter(|pattern| !pattern.captures.is_empty())
            .and_then(|pattern| Some((regex::capturing(&pattern.regex)?, pattern.captures.keys().cloned().collect())));
        Self { captures, demands, recent: recent as usize }
    }

    fn captured(&self, record: &[u8], sanitizer: &Sanitizer) -> Bindings {
        let Some((regex, groups)) = &self.captures else { return Bindings::new() };
        let mut found = regex.create_captures();
        for line in record.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            regex.captures(line, &mut found);
            if found.is_match() {
                let span = |group: &String| line.get(found.get_group_by_name(group)?.range());
                let taken = |group: &String| Some((group.clone(), value(span(group)?, sanitizer)));
                return groups.iter().filter_map(taken).collect();
            }
        }
        Bindings::new()
    }

    fn vouched(&self, origin: Option<&Origin>) -> BTreeSet<String> {
        let Some(origin) = origin else { return BTreeSet::new() };
        self.demands.iter().filter(|demand| meets(origin, demand)).map(Trusted::key).collect()
    }
}

/// A captured value as text. One that holds a secret is not kept, and fits no type then; nor does one that was cut.
fn value(bytes: &[u8], sanitizer: &Sanitizer) -> String {
    let bytes = bytes.get(..bytes.len().min(MAX_CAPTURE + 1)).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes).into_owned();
    if sanitizer.redactor().contains_secret(&text) { "(a secret)".to_owned() } else { text }
}

/// Whether journald's own fields say what is demanded.
fn meets(origin: &Origin, demand: &Trusted) -> bool {
    let manager = demand.unit.is_some() && origin.says_manager_of == demand.unit;
    if manager {
        // Process 1 is root's own word on the unit; which program wrote it is then no question.
        return true;
    }
    demand.unit.as_ref().is_none_or(|unit| origin.unit.as_ref() == Some(unit))
        && demand.uid.is_none_or(|uid| origin.uid == Some(uid))
        && demand.comm.as_ref().is_none_or(|comm| origin.comm.as_ref() == Some(comm))
}

/// The facets of one group, while events come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facets(Vec<Facet>);

impl Facets {
    /// Sorts one event in. `now` stands in for a time that it does not have.
    pub fn add(&mut self, event: &Event<'_>, sorter: &Sorter, sanitizer: &Sanitizer, now: DateTime<FixedOffset>) {
        let captures = sorter.captured(event.record, sanitizer);
        let vouched = sorter.vouched(event.origin);
        let time = event.time.unwrap_or(now);
        let at = self.place(captures, vouched, time);
        let Some(facet) = self.0.get_mut(at) else { return };
        facet.count += 1;
        match event.time {
            Some(time) => facet.newest = Some(facet.newest.map_or(time, |newest| newest.max(time))),
            None => facet.unstamped += 1,
        }
        facet.record.last_seen = facet.record.last_seen.max(time);
        if sorter.recent > 0 {
            facet.record.recent.push(time);
            // Shortened now and then, not each time.
            if facet.record.recent.len() >= sorter.recent * 2 {
                newest_only(&mut facet.record.recent, sorter.recent);
            }
        }
    }

    /// Takes in those of another group.
    pub fn absorb(&mut self, other: Self) {
        for theirs in other.0 {
            let same = |ours: &&mut Facet| {
                ours.record.captures == theirs.record.captures && ours.record.vouched == theirs.record.vouched
            };
            let Some(ours) = self.0.iter_mut().find(same) else {
                self.0.push(theirs);
                continue;
            };
            ours.count += theirs.count;
            ours.unstamped += theirs.unstamped;
            ours.newest = ours.newest.max(theirs.newest);
            ours.record.last_seen = ours.record.last_seen.max(theirs.record.last_seen);
            ours.record.recent.extend(theirs.record.recent);
        }
    }

    /// All of them, with what is remembered of them.
    pub fn finish(mut self, known: &[store::Facet], recent: usize) -> Vec<Facet> {
        for old in known {
            let same =
                |facet: &&mut Facet| facet.record.captures == old.captures && facet.record.vouched == old.vouched;
            if let Some(facet) = self.0.iter_mut().find(same) {
                facet.record.last_seen = facet.record.last_seen.max(old.last_seen);
                facet.record.recent.extend(&old.recent);
            } else {
                self.0.push(Facet::without_events(old.clone()));
            }
        }
        for facet in &mut self.0 {
            newest_only(&mut facet.record.recent, recent);
        }
        bounded(self.0)
    }

    fn place(&mut self, captures: Bindings, vouched: BTreeSet<String>, time: DateTime<FixedOffset>) -> usize {
        let known = |facet: &Facet| facet.record.captures == captures && facet.record.vouched == vouched;
        if let Some(at) = self.0.iter().position(known) {
            return at;
        }
        let alike = self.0.iter().enumerate().filter(|(_, facet)| facet.record.vouched == vouched);
        let (count, oldest) = alike.fold((0, None), |(count, oldest): (usize, Option<(usize, _)>), (at, facet)| {
            let seen = facet.record.last_seen;
            let older = oldest.filter(|(_, least)| *least <= seen).unwrap_or((at, seen));
            (count + 1, Some(older))
        });
        if let Some((at, _)) = oldest.filter(|_| count >= MAX_FACETS) {
            self.0.swap_remove(at);
        }
        let record = store::Facet { captures, vouched, last_seen: time, recent: Vec::new() };
        self.0.push(Facet::without_events(record));
        self.0.len() - 1
    }
}

fn newest_only(times: &mut Vec<DateTime<FixedOffset>>, most: usize) {
    times.sort_unstable();
    let surplus = times.len().saturating_sub(most);
    times.drain(..surplus);
}

/// The newest of each kind of vouching, newest first.
fn bounded(mut facets: Vec<Facet>) -> Vec<Facet> {
    facets.sort_by(|a, b| {
        b.record.last_seen.cmp(&a.record.last_seen).then_with(|| a.record.captures.cmp(&b.record.captures))
    });
    let mut kept: BTreeMap<BTreeSet<String>, usize> = BTreeMap::new();
    facets.retain(|facet| {
        let count = kept.entry(facet.record.vouched.clone()).or_default();
        *count += 1;
        *count <= MAX_FACETS
    });
    facets
}
