//! Positions of files that are not there any more: kept for a while, in case they come back.

use std::collections::HashSet;

use chrono::{DateTime, FixedOffset};

use crate::sources::lineage::{Fate, Member};
use crate::store::{Position, Rhythm};

/// Those that begin or cease to be vanished with this run.
pub(super) fn noted(members: &[Member], positions: &[Position], now: DateTime<FixedOffset>) -> Vec<Position> {
    let there: HashSet<_> = members.iter().map(|member| (member.stat.device, member.stat.inode)).collect();
    let followed: HashSet<_> = members
        .iter()
        .filter_map(|member| match &member.fate {
            Fate::After(position) => Some((position.device, position.inode)),
            _ => None,
        })
        .collect();
    let mut noted = Vec::new();
    for position in positions {
        let key = (position.device, position.inode);
        let gone = !there.contains(&key);
        if !followed.contains(&key) && gone != position.rhythm.gone.is_some() {
            let rhythm = Rhythm { gone: gone.then(|| now.timestamp()), ..position.rhythm.clone() };
            noted.push(Position { rhythm, ..position.clone() });
        }
    }
    noted
}
