//! Events by time: how many there were in which piece of it, and when an incident began.

use chrono::{DateTime, FixedOffset};

/// A day, the coarsest piece of time.
pub const DAY: u32 = 86_400;
/// An hour.
pub const HOUR: u32 = 3600;
/// The finest piece of time that is remembered.
pub const FINEST: u32 = 300;

/// The events in one piece of time, by their own log times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Where it begins, in UTC, a multiple of its length since the epoch.
    pub start: DateTime<FixedOffset>,
    /// Its length: a minute in this run; 300, 3600 or 86400 seconds where it is remembered.
    pub seconds: u32,
    /// Events in it.
    pub count: u64,
}

impl Bucket {
    /// The piece of this length around a time. `None`: no calendar has it.
    #[must_use]
    pub fn around(time: DateTime<FixedOffset>, seconds: u32, count: u64) -> Option<Self> {
        let length = i64::from(seconds.max(1));
        let start = DateTime::from_timestamp(time.timestamp().div_euclid(length).checked_mul(length)?, 0)?;
        Some(Self { start: start.fixed_offset(), seconds, count })
    }

    /// Seconds since the epoch at which it ends.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.start.timestamp().saturating_add(i64::from(self.seconds))
    }
}

/// An incident began, or began again after a quiet time: its first event in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Onset {
    /// The incident's id.
    pub incident: String,
    /// The run that saw it.
    pub run: String,
    /// The log time of that event.
    pub at: DateTime<FixedOffset>,
}

/// In the order of time, and none inside another: a finer piece inside a coarser one is counted with that.
#[must_use]
pub fn disjoint(mut buckets: Vec<Bucket>) -> Vec<Bucket> {
    buckets.sort_unstable_by_key(|bucket| (bucket.start, std::cmp::Reverse(bucket.seconds)));
    let mut kept: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match kept.last_mut() {
            Some(last) if bucket.start.timestamp() < last.end() => last.count = last.count.saturating_add(bucket.count),
            _ => kept.push(bucket),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(time: &str, seconds: u32, count: u64) -> Bucket {
        Bucket::around(time.parse().unwrap(), seconds, count).unwrap()
    }

    #[test]
    fn pieces_begin_at_multiples_in_utc_whatever_the_zone_says() {
        let a = bucket("2026-03-29T01:59:59+01:00", HOUR, 1);
        let b = bucket("2026-03-29T03:00:01+02:00", HOUR, 1);
        assert_eq!(a.start.to_rfc3339(), "2026-03-29T00:00:00+00:00");
        assert_eq!(b.start.to_rfc3339(), "2026-03-29T01:00:00+00:00", "summer time leaves no gap");
        assert_eq!(bucket("1969-12-31T23:59:59Z", DAY, 1).start.to_rfc3339(), "1969-12-31T00:00:00+00:00");
    }

    #[test]
    fn a_fine_piece_inside_a_coarse_one_is_counted_with_it() {
        let (hour, inside) = (bucket("2026-01-01T10:00:00Z", HOUR, 5), bucket("2026-01-01T10:35:00Z", FINEST, 2));
        let after = bucket("2026-01-01T11:00:00Z", FINEST, 1);
        assert_eq!(disjoint(vec![after, inside, hour]), [Bucket { count: 7, ..hour }, after]);
    }
}
