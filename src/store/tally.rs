//! Events added up by incident and by day, of more rows than a database likes to sort.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Datelike as _, FixedOffset};

use super::Slot;

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Incidents in the order in which they were seen first.
    places: HashMap<Box<str>, u32>,
    counts: Vec<u64>,
    days: BTreeMap<String, Day>,
}

#[derive(Debug, Default)]
struct Day {
    errors: u64,
    incidents: HashSet<u32>,
}

impl Tally {
    /// Events of an incident.
    pub fn count(&mut self, incident: &str, count: u64) {
        let place = self.place(incident);
        if let Some(sum) = self.counts.get_mut(place as usize) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Events of an incident on a day.
    pub fn see(&mut self, incident: &str, count: u64, day: &str) {
        let place = self.place(incident);
        if !self.days.contains_key(day) {
            self.days.insert(day.to_owned(), Day::default());
        }
        if let Some(day) = self.days.get_mut(day) {
            day.errors = day.errors.saturating_add(count);
            day.incidents.insert(place);
        }
    }

    fn place(&mut self, incident: &str) -> u32 {
        if let Some(place) = self.places.get(incident) {
            return *place;
        }
        let place = u32::try_from(self.counts.len()).unwrap_or(u32::MAX);
        self.places.insert(incident.into(), place);
        self.counts.push(0);
        place
    }

    /// The days, the oldest first.
    pub fn slots(&self) -> Vec<Slot> {
        let slot = |(start, day): (&String, &Day)| Slot {
            start: start.clone(),
            errors: day.errors,
            incidents: day.incidents.len() as u64,
        };
        self.days.iter().map(slot).collect()
    }

    /// The incidents that were counted, most events first.
    pub fn most_first(self) -> Vec<(String, u64)> {
        let counts = self.counts;
        let sum = |place: u32| counts.get(place as usize).copied().unwrap_or_default();
        let all = self.places.into_iter().map(|(incident, place)| (incident.into_string(), sum(place)));
        let mut counted: Vec<(String, u64)> = all.filter(|(_, count)| *count > 0).collect();
        counted.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        counted
    }
}

/// The month after that of a time, as `2026-02`: with it begin those that are whole since then.
pub(super) fn first_whole_month(since: DateTime<FixedOffset>) -> String {
    let since = since.to_utc();
    let (year, month) = if since.month() == 12 { (since.year() + 1, 1) } else { (since.year(), since.month() + 1) };
    format!("{year:04}-{month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_ends_with_december() {
        let month = |text: &str| first_whole_month(text.parse().unwrap());
        assert_eq!(month("2025-12-01T00:00:00Z"), "2026-01");
        assert_eq!(month("2026-01-31T23:30:00-01:00"), "2026-03");
    }
}
