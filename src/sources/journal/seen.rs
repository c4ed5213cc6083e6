//! When each source of a journal was seen last, with a bound on their number.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use crate::store::MAX_SEEN;

/// Whether the source's name was chosen by its writer, and is no unit's.
pub(super) fn is_chosen(source: &str) -> bool {
    source.starts_with("journal:(")
}

/// Forgets the oldest beyond the bound, names that anyone may choose before those of units.
pub(super) fn prune(seen: &mut BTreeMap<String, DateTime<FixedOffset>>) {
    let surplus = seen.len().saturating_sub(MAX_SEEN);
    if surplus == 0 {
        return;
    }
    let mut order: Vec<_> = seen.iter().map(|(name, time)| (!is_chosen(name), *time, name.clone())).collect();
    order.sort_unstable();
    for (_, _, name) in order.iter().take(surplus) {
        seen.remove(name);
    }
}
