//! What earlier runs have read of an entry, to look things up in.

use std::collections::HashMap;

use crate::sources::lineage::Member;
use crate::store::Position;

/// What was read of an entry.
pub(super) struct Known<'a> {
    /// By device and inode.
    pub(super) by_key: HashMap<(u64, u64), &'a Position>,
    /// By path; the first that proves something.
    by_path: HashMap<&'a str, &'a Position>,
}

impl<'a> Known<'a> {
    pub(super) fn of(positions: &'a [Position]) -> Self {
        let by_key = positions.iter().map(|position| (position.key(), position)).collect();
        let mut by_path = HashMap::new();
        for position in positions.iter().filter(|position| position.proves()) {
            by_path.entry(position.path.text()).or_insert(position);
        }
        Self { by_key, by_path }
    }

    /// What became of the text that was read under this name.
    pub(super) fn replaced(&self, member: &Member) -> String {
        let stat = &member.stat;
        let same = self.by_key.get(&(stat.device, stat.inode)).filter(|position| position.proves());
        match same {
            Some(position) if stat.size < position.offset => {
                format!("it shrank from {} to {} bytes and is read from its start", position.offset, stat.size)
            }
            Some(_) => "what was read before has changed: it is read from its start".to_owned(),
            None if self.by_path.contains_key(&*member.path.to_string_lossy()) => {
                "it was replaced by a new file, which is read from its start".to_owned()
            }
            None => String::new(),
        }
    }
}
