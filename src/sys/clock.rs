//! What time it is, and the ids of runs that are made from it.

use std::fmt;

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeZone as _, Utc};
use serde::{Deserialize, Serialize};

/// A time on this host's clock; where summer time makes it come twice, the first. `None`: it never comes.
#[must_use]
pub fn local(time: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
    Local.from_local_datetime(&time).earliest().map(|time| time.fixed_offset())
}

/// The same instant as this host's clock tells it.
#[must_use]
pub fn here(time: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    time.with_timezone(&Local).fixed_offset()
}

/// The present, with the local offset.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door to the clock")]
pub fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// The id of a run, `20251204T143022Z-7f3a`: its start in UTC and four random hex digits.
///
/// Always safe as a file name. Two runs of one second sort by chance: sort by the manifest's `started_at`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// A new id for a run that started at `at`.
    #[must_use]
    pub fn new(at: DateTime<FixedOffset>) -> Self {
        Self(format!("{}-{}", at.with_timezone(&Utc).format(STAMP), super::random::hex::<2>()))
    }

    /// A new id that no other run has: of those within one second two may draw the same.
    #[must_use]
    pub fn unused(at: DateTime<FixedOffset>, is_used: impl Fn(&Self) -> bool) -> Self {
        const DRAWS: usize = 64;
        let mut id = Self::new(at);
        for _ in 0..DRAWS {
            if !is_used(&id) {
                break;
            }
            id = Self::new(at);
        }
        id
    }

    /// The id that `text` spells, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (stamp, suffix) = text.split_once('-')?;
        let hex = suffix.len() == 4 && suffix.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let exact = stamp.len() == 16 && NaiveDateTime::parse_from_str(stamp, STAMP).is_ok();
        (hex && exact).then(|| Self(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for RunId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| "a run id looks like 20251204T143022Z-7f3a".to_owned())
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_is_utc_and_parses() {
        let at = DateTime::parse_from_rfc3339("2025-12-04T15:30:22+01:00").unwrap();
        let first = RunId::new(at);
        let other = RunId::unused(at, |id| *id == first);
        assert_ne!(first, other);
        let id = RunId::new(at);
        assert!(id.as_str().starts_with("20251204T143022Z-"), "{id}");
        assert_eq!(RunId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn what_is_no_run_id_is_refused() {
        for text in ["", "../etc", "20251204T143022Z-7f3", "20251204T143022Z-7F3A", "20251304T143022Z-7f3a", "a-7f3a"] {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
        assert_eq!(RunId::parse("20251204T143022Z-7f3a/.."), None);
    }
}
