//! Known issues: counted, and nothing more, while their mute holds.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use super::{OpenIncident, Status};
use crate::store::Mute;

/// A mute that no longer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedMute {
    /// The incident's id.
    pub incident: String,
    /// Why, in a clause.
    pub why: String,
}

/// Marks what is muted; gives the mutes that end with this run.
pub fn mute(
    incidents: &mut [OpenIncident],
    mutes: &BTreeMap<String, Mute>,
    now: DateTime<FixedOffset>,
) -> Vec<EndedMute> {
    let mut ended = Vec::new();
    for mute in mutes.values() {
        let incident = incidents.iter_mut().find(|incident| incident.record.id == mute.incident);
        let why = match &incident {
            None => mute.ended(mute.rate.total, &[], now),
            Some(incident) => {
                let mut buckets = incident.timeline.buckets();
                buckets.extend(&incident.history);
                mute.ended(incident.record.total, &buckets, now)
            }
        };
        match (why, incident) {
            (Some(why), _) => ended.push(EndedMute { incident: mute.incident.clone(), why }),
            (None, Some(incident)) => incident.status = Status::Muted,
            (None, None) => {}
        }
    }
    ended
}
