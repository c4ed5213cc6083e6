//! How the events of one kind are spread over time in this run, within bounds of memory.

use chrono::{DateTime, FixedOffset, TimeDelta};

use crate::store::{Bucket, DAY, FINEST, HOUR};

/// Most pieces of time kept of one kind.
const MOST: usize = 256;
/// Lengths of a piece, in seconds; when there are too many pieces the older ones grow.
const LENGTHS: [u32; 4] = [60, FINEST, HOUR, DAY];

/// So many beginnings of an incident in one run are told, the newest.
const MOST_OUTBREAKS: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    start: i64,
    length: u32,
    count: u64,
    /// Of its events.
    first: DateTime<FixedOffset>,
}

impl Piece {
    const fn end(&self) -> i64 {
        self.start.saturating_add(self.length as i64)
    }

    /// Counts what another one has counted.
    fn take(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
    }

    const fn holds(&self, second: i64) -> bool {
        self.start <= second && second < self.end()
    }

    fn grown(self, length: u32) -> Self {
        let length = length.max(self.length);
        let start = self.start.div_euclid(i64::from(length)).saturating_mul(i64::from(length));
        Self { start, length, ..self }
    }
}

/// Counts by time, in their order, none inside another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    pieces: Vec<Piece>,
    /// Where the last event went: the next is most often there too.
    last: usize,
    first: Option<DateTime<FixedOffset>>,
}

impl Timeline {
    /// Counts one event.
    pub fn add(&mut self, time: DateTime<FixedOffset>) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        let second = time.timestamp();
        if let Some(piece) = self.pieces.get_mut(self.last).filter(|piece| piece.holds(second)) {
            piece.count = piece.count.saturating_add(1);
            piece.first = piece.first.min(time);
        } else {
            self.put(Piece { start: second, length: 1, count: 1, first: time });
        }
    }

    /// Counts what another one has counted.
    pub fn absorb(&mut self, other: &Self) {
        self.first = self.first.into_iter().chain(other.first).min();
        for piece in &other.pieces {
            self.put(*piece);
        }
    }

    /// The time of the earliest event.
    #[must_use]
    pub const fn first(&self) -> Option<DateTime<FixedOffset>> {
        self.first
    }

    /// The times of the first events after so long a quiet time, that of the very first event among them; the newest.
    #[must_use]
    pub fn outbreaks(&self, quiet: TimeDelta) -> Vec<DateTime<FixedOffset>> {
        let mut before: Option<&Piece> = None;
        let mut all = Vec::new();
        for piece in &self.pieces {
            let since = before.replace(piece).map(|before| piece.first.timestamp().saturating_sub(before.end()));
            if since.is_none_or(|since| since >= quiet.num_seconds()) {
                all.push(piece.first);
            }
        }
        all.drain(..all.len().saturating_sub(MOST_OUTBREAKS));
        all
    }

    /// The counts in the order of time, none inside another.
    #[must_use]
    pub fn buckets(&self) -> Vec<Bucket> {
        let bucket = |piece: &Piece| {
            let start = DateTime::from_timestamp(piece.start, 0)?.fixed_offset();
            Some(Bucket { start, seconds: piece.length, count: piece.count })
        };
        self.pieces.iter().filter_map(bucket).collect()
    }

    fn put(&mut self, new: Piece) {
        let new = new.grown(LENGTHS[0]);
        let at = self.pieces.partition_point(|piece| piece.end() <= new.start);
        self.last = at;
        match self.pieces.get_mut(at) {
            Some(piece) if piece.holds(new.start) && piece.length >= new.length => {
                piece.take(&new);
            }
            _ => {
                self.pieces.insert(at, new);
                // A coarse one swallows the fine ones that it holds.
                while let Some(inside) = self.pieces.get(at + 1).copied().filter(|next| next.start < new.end()) {
                    self.pieces.remove(at + 1);
                    if let Some(piece) = self.pieces.get_mut(at) {
                        piece.take(&inside);
                    }
                }
                if self.pieces.len() > MOST {
                    self.shrink();
                }
            }
        }
    }

    /// The older half grows, as far as it must; beyond days the oldest counts with the next.
    fn shrink(&mut self) {
        self.last = 0;
        for length in LENGTHS {
            let border = self.pieces.get(MOST / 2).map_or(i64::MIN, |piece| piece.grown(length).end());
            let mut kept: Vec<Piece> = Vec::with_capacity(MOST + 1);
            for piece in &self.pieces {
                let piece = if piece.start < border { piece.grown(length) } else { *piece };
                match kept.last_mut() {
                    Some(last) if last.holds(piece.start) => last.take(&piece),
                    _ => kept.push(piece),
                }
            }
            self.pieces = kept;
            if self.pieces.len() <= MOST * 3 / 4 {
                return;
            }
        }
        let surplus = self.pieces.len().saturating_sub(MOST * 3 / 4);
        let oldest: u64 = self.pieces.drain(..surplus).map(|piece| piece.count).sum();
        if let Some(piece) = self.pieces.first_mut() {
            piece.count = piece.count.saturating_add(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<FixedOffset> {
        DateTime::from_timestamp(second, 0).unwrap().fixed_offset()
    }

    fn counts(timeline: &Timeline) -> Vec<(i64, u32, u64)> {
        timeline.buckets().iter().map(|bucket| (bucket.start.timestamp(), bucket.seconds, bucket.count)).collect()
    }

    #[test]
    fn events_are_counted_by_the_minute_in_any_order() {
        let mut timeline = Timeline::default();
        for second in [130, 121, 5, 119, 6, 131] {
            timeline.add(at(second));
        }
        assert_eq!(counts(&timeline), [(0, 60, 2), (60, 60, 1), (120, 60, 3)]);
        assert_eq!(timeline.first(), Some(at(5)));
    }

    #[test]
    fn what_comes_after_a_quiet_time_begins_anew() {
        let (mut timeline, mut other) = (Timeline::default(), Timeline::default());
        for second in [9003, 9002, 100, 102, 3000] {
            timeline.add(at(second));
        }
        for second in [101, 9001, 20_000] {
            other.add(at(second));
        }
        timeline.absorb(&other);
        assert_eq!(timeline.outbreaks(TimeDelta::hours(1)), [at(100), at(9001), at(20_000)]);
        assert!(Timeline::default().outbreaks(TimeDelta::hours(1)).is_empty());
    }

    #[test]
    fn the_older_half_grows_and_the_newest_stays_fine() {
        let mut timeline = Timeline::default();
        for minute in 0..1000 {
            timeline.add(at(minute * 60));
        }
        let counts = counts(&timeline);
        assert!(counts.len() <= MOST);
        assert_eq!(counts.last(), Some(&(59_940, 60, 1)));
        assert!(counts[0].1 > 60, "{:?}", counts[0]);
        assert_eq!(counts.iter().map(|(.., count)| count).sum::<u64>(), 1000);
    }

    #[test]
    fn many_days_are_bounded_too() {
        let mut timeline = Timeline::default();
        for day in 0..5000 {
            timeline.add(at(day * 86_400));
        }
        let counts = counts(&timeline);
        assert!(counts.len() <= MOST);
        assert_eq!(counts.iter().map(|(.., count)| count).sum::<u64>(), 5000);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_overlaps(
            seconds in prop::collection::vec(prop_oneof![0_i64..100_000, 0_i64..4_000_000_000], 0..2000),
            others in prop::collection::vec(0_i64..4_000_000, 0..500),
        ) {
            let (mut timeline, mut other) = (Timeline::default(), Timeline::default());
            for second in &seconds {
                timeline.add(at(*second));
            }
            for second in &others {
                other.add(at(*second));
            }
            timeline.absorb(&other);
            let counts = counts(&timeline);
            prop_assert!(counts.len() <= MOST);
            prop_assert_eq!(counts.iter().map(|(.., count)| *count).sum::<u64>(), (seconds.len() + others.len()) as u64);
            prop_assert!(counts.windows(2).all(|two| two[0].0 + i64::from(two[0].1) <= two[1].0));
            prop_assert_eq!(timeline.first(), seconds.iter().chain(&others).min().map(|second| at(*second)));
        }
    }
}
