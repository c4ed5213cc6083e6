//! `heal pause`: no changes for a while.

use chrono::{DateTime, FixedOffset};
use rusqlite::{TransactionBehavior, params};

use super::{Store, time};

/// Nothing is to be changed, but reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub since: DateTime<FixedOffset>,
    /// Until when; `None`: until `heal resume`.
    pub until: Option<DateTime<FixedOffset>>,
    /// Why, in the operator's words; may be empty.
    pub reason: String,
}

impl Pause {
    /// Whether it holds at this time.
    #[must_use]
    pub fn holds(&self, now: DateTime<FixedOffset>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Store {
    /// Pauses from now on; takes the place of an earlier pause.
    ///
    /// # Errors
    /// The database's own.
    pub fn pause(&mut self, pause: &Pause) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM pause", [])?;
        transaction.execute(
            "INSERT INTO pause (since, until, reason) VALUES (?1, ?2, ?3)",
            params![time::text(pause.since), pause.until.map(time::text), pause.reason],
        )?;
        transaction.commit()
    }

    /// Ends the pause; whether there was one.
    ///
    /// # Errors
    /// The database's own.
    pub fn end_pause(&mut self) -> rusqlite::Result<bool> {
        Ok(self.connection.execute("DELETE FROM pause", [])? > 0)
    }
}
