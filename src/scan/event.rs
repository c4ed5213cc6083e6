//! One thing that went wrong, as the log tells it.

use chrono::{DateTime, FixedOffset};

use crate::sources::Origin;
use crate::words::Level;

/// A record that a pattern knows, or whose level is warning or worse. Borrows from the scan's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The source's name as `coverage` shows it; of an entry of a journal `journal:` and its unit.
    pub source: &'a str,
    /// Number of the record's first line, from 1; 0 for an entry of a journal, which has none, and where so much stands
    /// before the window that its lines are not counted.
    pub line: u64,
    /// Byte of the record's first line, from 0; 0 for an entry of a journal.
    pub offset: u64,
    /// The record's own time, or that of the last stamped line before it.
    pub time: Option<DateTime<FixedOffset>>,
    /// The time is the record's own.
    pub stamped: bool,
    /// What the record says of its importance.
    pub level: Option<Level>,
    /// Index into the catalogue's patterns of the first that sees one of its lines.
    pub pattern: Option<usize>,
    /// The other patterns that see it, in table order.
    pub also: &'a [usize],
    /// What journald itself knows of the record's writer.
    pub origin: Option<&'a Origin>,
    /// The whole record as written, without its last line end; bounded.
    pub record: &'a [u8],
    /// The first line without its header (time, level, logger), or the next one where the first is no more than that.
    pub message: &'a [u8],
}

impl Event<'_> {
    /// Whether a pattern knows it, or it says of itself that it is trouble: what every record's scan tells beside
    /// these is no event.
    #[must_use]
    pub fn is_event(&self) -> bool {
        self.pattern.is_some() || self.level >= Some(Level::Warning)
    }
}
