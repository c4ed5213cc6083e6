//! `when`: what must hold for a fix to be planned.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{NaiveTime, Weekday};

/// A condition on the host, the incident or the clock.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Each of these.
    All(Vec<Condition>),
    /// One of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A unit is in this state: an `ActiveState` or `SubState` of systemd.
    Service {
        /// The unit.
        name: String,
        /// Such as `active`, `failed`, `inactive`, `running`.
        state: String,
    },
    /// A file is so; each that is given must hold.
    File(FileCondition),
    /// Less than this is free where the path lies.
    DiskFree {
        /// Relative to the workspace, or absolute.
        path: String,
        /// The bound.
        below: Amount,
    },
    /// Less memory than this is available.
    MemoryAvailable {
        /// The bound.
        below: Amount,
    },
    /// The load average of the last minute is above this.
    Load {
        /// The bound.
        above: f64,
    },
    /// At least so many events within this time.
    Count {
        /// Events.
        at_least: u32,
        /// Until now.
        within: Duration,
    },
    /// The incident was first seen at least this long ago.
    Age {
        /// The least age.
        at_least: Duration,
    },
    /// Each captured value matches, as a whole, the regex that stands beside its group.
    Capture(BTreeMap<String, String>),
    /// The clock of this host.
    Time {
        /// From and to; over midnight when from is the later one.
        between: Option<(NaiveTime, NaiveTime)>,
        /// On these days; every day when empty.
        days: Vec<Weekday>,
    },
}

/// What is asked of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCondition {
    /// Relative to the workspace, or absolute.
    pub path: String,
    /// There, or not there.
    pub exists: Option<bool>,
    /// Last written longer ago than this.
    pub older_than: Option<Duration>,
    /// More bytes than this.
    pub larger_than: Option<u64>,
    /// Exactly this mode.
    pub mode: Option<u32>,
}

/// Bytes, or a share of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// Per cent of the whole.
    Percent(f64),
}

/// What journald's own fields must say of an event for it to count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// The unit that wrote it, or of which process 1 says it.
    pub unit: Option<String>,
    /// The user that wrote it.
    pub uid: Option<u32>,
    /// The program that wrote it.
    pub comm: Option<String>,
}

impl Trusted {
    /// The same for the same demand: `unit=nginx.service uid=0`.
    #[must_use]
    pub fn key(&self) -> String {
        let unit = self.unit.as_ref().map(|unit| format!("unit={unit}"));
        let uid = self.uid.map(|uid| format!("uid={uid}"));
        let comm = self.comm.as_ref().map(|comm| format!("comm={comm}"));
        [unit, uid, comm].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
