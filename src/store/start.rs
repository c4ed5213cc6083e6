//! When units were started: what begins right after it may come from it.

use chrono::{DateTime, FixedOffset, TimeDelta};
use rusqlite::{Transaction, params};

use super::time;

/// Kept so long; a start says nothing of what begins much later.
const KEPT_FOR: TimeDelta = TimeDelta::days(1);

/// A unit was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The unit, with its suffix.
    pub unit: String,
    /// When its journal says so.
    pub at: DateTime<FixedOffset>,
}

/// Stores what a run saw, and forgets what is old.
pub(super) fn put(transaction: &Transaction<'_>, starts: &[Start], now: DateTime<FixedOffset>) -> rusqlite::Result<()> {
    if starts.is_empty() {
        return Ok(());
    }
    let old = now.checked_sub_signed(KEPT_FOR).map(time::text).unwrap_or_default();
    transaction.execute("DELETE FROM starts WHERE at < ?1", [old])?;
    let mut put = transaction.prepare("INSERT OR IGNORE INTO starts (unit, at) VALUES (?1, ?2)")?;
    for start in starts {
        put.execute(params![start.unit, time::text(start.at)])?;
    }
    Ok(())
}
