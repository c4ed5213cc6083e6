//! Counts by time as bars of text.

use std::collections::BTreeMap;
use std::io::{self, Write};

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Bucket, DAY, HOUR};

/// Widest bar, in columns.
const WIDTH: u64 = 40;

/// How long the time of a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Hour,
    Day,
}

impl Unit {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Where the one around this time begins.
    pub fn around(self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let seconds = match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        };
        Some(Bucket::around(time.fixed_offset(), seconds, 0)?.start.to_utc())
    }

    const fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    const fn format(self) -> &'static str {
        match self {
            Self::Hour => "%Y-%m-%d %H:00",
            Self::Day => "%Y-%m-%d",
        }
    }
}

/// What one bar stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub errors: u64,
    /// Told beside the errors where it is known.
    pub incidents: Option<u64>,
}

/// The newest bars, at most so many, each beginning one unit after the one before: a quiet time has its bar, too.
pub(super) fn newest(counts: &BTreeMap<DateTime<Utc>, Count>, unit: Unit, most: usize) -> Vec<(String, Count)> {
    let (Some((first, _)), Some((last, _))) = (counts.first_key_value(), counts.last_key_value()) else {
        return Vec::new();
    };
    let mut bars = Vec::new();
    let mut at = *last;
    while at >= *first && bars.len() < most {
        bars.push((at.format(unit.format()).to_string(), counts.get(&at).copied().unwrap_or_default()));
        let Some(before) = at.checked_sub_signed(unit.length()) else { break };
        at = before;
    }
    bars.reverse();
    bars
}

/// One bar for each time, the longest as wide as there is room.
pub(super) fn bars(rows: &[(String, Count)], out: &mut dyn Write) -> io::Result<()> {
    let most = rows.iter().map(|(_, count)| count.errors).max().unwrap_or_default().max(1);
    let with_incidents = rows.iter().any(|(_, count)| count.incidents.is_some());
    for (time, Count { errors, incidents }) in rows {
        // In 128 bits no product of two counts is too large.
        let width = u128::from(*errors) * u128::from(WIDTH.min(most)) / u128::from(most);
        let width = usize::try_from(width).unwrap_or_default().max(usize::from(*errors > 0));
        let incidents = if with_incidents { format!(" {:>6}", incidents.unwrap_or_default()) } else { String::new() };
        writeln!(out, "{}", format!("  {time:<16} {errors:>8}{incidents}  {}", "#".repeat(width)).trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(errors: u64) -> Count {
        Count { errors, incidents: None }
    }

    #[test]
    fn the_longest_bar_has_room_and_the_least_is_seen() {
        let mut out = Vec::new();
        let row = |time: &str, errors| (time.to_owned(), count(errors));
        bars(&[row("2026-01-01", u64::MAX), row("2026-01-02", 1), row("2026-01-03", 0)], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let bars: Vec<usize> = text.lines().map(|line| line.matches('#').count()).collect();
        assert_eq!(bars, [40, 1, 0]);
    }

    #[test]
    fn a_quiet_day_has_its_bar() {
        let day = |text: &str| format!("{text}T00:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let counts = BTreeMap::from([
            (day("2024-12-31"), count(1)),
            (day("2026-01-05"), count(8)),
            (day("2026-01-08"), count(1)),
        ]);
        let told = newest(&counts, Unit::Day, 5);
        let told: Vec<_> = told.iter().map(|(time, count)| (time.as_str(), count.errors)).collect();
        assert_eq!(
            told,
            [("2026-01-04", 0), ("2026-01-05", 8), ("2026-01-06", 0), ("2026-01-07", 0), ("2026-01-08", 1)]
        );
    }
}
