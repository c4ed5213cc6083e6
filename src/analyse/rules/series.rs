//! Counts in pieces of equal length, quiet ones included.

use super::Case;
use super::numbers::number;
use crate::store::{Bucket, DAY, FINEST, HOUR, disjoint};

/// Most pieces looked at.
const MOST: i64 = 600;

/// Events by time, without a gap.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    /// Where the first piece begins, in seconds.
    pub start: i64,
    /// Seconds of a piece.
    pub length: i64,
    /// Events of each piece.
    pub counts: Vec<f64>,
    /// The first piece of this run.
    pub fresh: usize,
}

impl Series {
    /// The finest series that has enough pieces before its end; else none.
    pub(super) fn of(case: &Case, least: usize) -> Option<Self> {
        let all = disjoint(case.now.iter().chain(&case.history).copied().collect());
        let fresh = case.now.iter().map(|bucket| bucket.start.timestamp()).min()?;
        let made = |length: u32| Self::with(&all, i64::from(length), fresh);
        [FINEST, HOUR, DAY].into_iter().filter_map(made).find(|series| series.counts.len() > least)
    }

    /// Pieces of this length, back to where only coarser ones are known.
    fn with(all: &[Bucket], length: i64, fresh: i64) -> Option<Self> {
        let coarse = all.iter().rposition(|bucket| i64::from(bucket.seconds) > length);
        let fine = all.get(coarse.map_or(0, |at| at + 1)..)?;
        let piece = |seconds: i64| seconds.div_euclid(length);
        let end = piece(fine.last()?.start.timestamp());
        let known =
            coarse.and_then(|at| all.get(at)).map_or(i64::MIN, |bucket| piece(bucket.end().saturating_sub(1)) + 1);
        let first = piece(fine.first()?.start.timestamp()).max(known).max(end.saturating_sub(MOST - 1));
        let pieces = usize::try_from(end.checked_sub(first)?.checked_add(1)?).ok()?;
        let mut counts = vec![0.0; pieces];
        for bucket in fine {
            let at = usize::try_from(piece(bucket.start.timestamp()).saturating_sub(first));
            if let Some(count) = at.ok().and_then(|at| counts.get_mut(at)) {
                *count += number(bucket.count);
            }
        }
        let fresh = usize::try_from(piece(fresh).saturating_sub(first)).unwrap_or(0);
        Some(Self { start: first.checked_mul(length)?, length, counts, fresh })
    }
}
