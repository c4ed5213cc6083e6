//! Whether there is room to change things: no backup that would not fit, and then no edit.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{No, PlannedStep, Reason, Situation};

/// What the state folder needs beside the copies themselves, in bytes.
const MARGIN: u64 = 4 << 20;
/// What an action, or a file beside its new self, needs in bytes.
const LITTLE: u64 = 1 << 20;

/// Why there is no room for these steps.
pub(super) fn short(situation: &Situation<'_>, steps: &[PlannedStep]) -> Option<No> {
    let state = &situation.config.state_dir;
    let mut copies = 0_u64;
    let mut beside: BTreeMap<PathBuf, u64> = BTreeMap::new();
    for step in steps {
        if let PlannedStep::Edit(edit) = step {
            let (old, new) = (length(edit.current.len()), length(edit.bytes.len()));
            copies = copies.saturating_add(old).saturating_add(new);
            let folder = situation.config.workspace.join(&edit.relative).parent().map(PathBuf::from);
            *beside.entry(folder.unwrap_or_default()).or_default() += new;
        }
    }
    let margin = if copies > 0 { MARGIN } else { LITTLE };
    let wanted = beside.into_iter().map(|(folder, bytes)| (folder, bytes.saturating_add(LITTLE)));
    let mut wanted = wanted.chain([(state.clone(), copies.saturating_add(margin))]);
    wanted.find_map(|(folder, bytes)| {
        let space = situation.host.space(&folder)?;
        (space.available < bytes).then(|| {
            let text = format!(
                "the disk of {} has {} KiB left, too little for a backup and the change ({} KiB): free some first",
                folder.display(),
                space.available >> 10,
                bytes >> 10
            );
            (Reason::Resources, text)
        })
    })
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
