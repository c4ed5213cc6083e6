//! Positions of files that are not there any more: kept for a while, in case they come back.

use std::collections::HashSet;

use chrono::{DateTime, FixedOffset};

use crate::config::Log;
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
    let renewed: HashSet<_> = members
        .iter()
        .filter(|member| !matches!(member.fate, Fate::Unchanged | Fate::Old))
        .map(|member| (member.stat.device, member.stat.inode))
        .collect();
    let mut noted = Vec::new();
    for position in positions {
        let key = position.key();
        if !followed.contains(&key) && renewed.contains(&key) && position.proves() {
            // Its text may come to light yet, in an older part that is not there or cannot be read now.
            noted.push(marked(position, Some(now)).displaced());
            continue;
        }
        let gone = !there.contains(&key);
        if !followed.contains(&key) && gone != position.rhythm.gone.is_some() {
            noted.push(marked(position, gone.then_some(now)));
        }
    }
    noted
}

/// Those of entries that the configuration no longer has, and had in the run before.
pub(super) fn left_behind<'a>(
    logs: &[Log],
    positions: &'a [Position],
    now: DateTime<FixedOffset>,
) -> impl Iterator<Item = Position> + 'a {
    let names: HashSet<String> = logs.iter().map(|log| log.name.clone()).collect();
    let left = positions.iter().filter(move |one| !names.contains(&one.entry) && one.rhythm.gone.is_none());
    left.map(move |position| marked(position, Some(now)))
}

fn marked(position: &Position, gone: Option<DateTime<FixedOffset>>) -> Position {
    let rhythm = Rhythm { gone: gone.map(|gone| gone.timestamp()), ..position.rhythm.clone() };
    Position { rhythm, ..position.clone() }
}
