//! The starts of units that went by in a journal.

use std::collections::VecDeque;

use super::Entry;
use crate::store::Start;

/// Most that one run tells of, the newest.
const MOST: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Starts(VecDeque<Start>);

impl Starts {
    pub(super) fn note(&mut self, entry: &Entry) {
        let Some(unit) = entry.origin.says_manager_of.as_ref().filter(|_| entry.starts) else { return };
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(Start { unit: unit.clone(), at: entry.time });
    }

    pub(super) fn take(&mut self) -> Vec<Start> {
        std::mem::take(&mut self.0).into()
    }
}
