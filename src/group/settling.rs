//! Records wait until it is clear which statement wrote them: for `heal scan`, which prints each one once.

use super::statements::Statements;
use crate::sanitize::Sanitizer;

/// So many records wait at most.
const MOST: usize = 32_000;
/// Nor more bytes than this.
const MOST_BYTES: usize = 32 << 20;
/// So many signatures are remembered; the records of others have a template by themselves.
const MOST_SIGNATURES: usize = 32_768;

/// Holds records of any kind back.
#[derive(Debug)]
pub struct Settling<T> {
    statements: Statements,
    held: Vec<(usize, T)>,
    bytes: usize,
    beyond: u64,
}

impl<T> Default for Settling<T> {
    fn default() -> Self {
        Self { statements: Statements::new(MOST_SIGNATURES), held: Vec::new(), bytes: 0, beyond: 0 }
    }
}

impl<T> Settling<T> {
    /// Takes a record of so many bytes, and its message. `ready` gets each record once, with its template, and in any
    /// order.
    pub fn add(
        &mut self,
        message: &[u8],
        (record, size): (T, usize),
        sanitizer: &Sanitizer,
        ready: &mut dyn FnMut(T, &str),
    ) {
        let Some(row) = self.statements.add(message, sanitizer) else {
            self.beyond += 1;
            return ready(record, &super::statements::template(message, sanitizer));
        };
        self.held.push((row, record));
        self.bytes += size;
        if self.held.len() >= MOST || self.bytes >= MOST_BYTES {
            self.give(self.held.len() / 2, ready);
            self.bytes = self.bytes / 2;
        }
    }

    /// All that still waits.
    pub fn finish(mut self, ready: &mut dyn FnMut(T, &str)) -> u64 {
        self.give(usize::MAX, ready);
        self.beyond
    }

    /// Gives at least so many records, of the most frequent statements first: the others may find company.
    fn give(&mut self, least: usize, ready: &mut dyn FnMut(T, &str)) {
        let settled = self.statements.settle();
        let mut counts = vec![0_u64; settled.templates.len()];
        let mut waiting = vec![0_usize; settled.templates.len()];
        for (row, class) in settled.class.iter().enumerate() {
            if let Some(count) = counts.get_mut(*class) {
                *count += self.statements.count(row);
            }
        }
        let class_of = |row: usize| settled.class.get(row).copied().unwrap_or_default();
        for (row, _) in &self.held {
            if let Some(waiting) = waiting.get_mut(class_of(*row)) {
                *waiting += 1;
            }
        }
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|class| std::cmp::Reverse(counts.get(*class).copied()));
        let mut free = vec![false; counts.len()];
        let mut given = 0;
        for class in order {
            if given >= least {
                break;
            }
            given += waiting.get(class).copied().unwrap_or_default();
            if let Some(free) = free.get_mut(class) {
                *free = true;
            }
        }
        // A statement keeps the name that its first records were given.
        let mut names: Vec<Option<String>> = vec![None; free.len()];
        for (row, class) in settled.class.iter().enumerate() {
            if let (Some(slot), Some(name)) = (names.get_mut(*class), self.statements.named(row)) {
                slot.get_or_insert_with(|| name.to_owned());
            }
        }
        for (row, class) in settled.class.iter().enumerate() {
            if free.get(*class) == Some(&true) {
                let name = names.get(*class).cloned().flatten();
                let name = name.or_else(|| settled.templates.get(*class).cloned()).unwrap_or_default();
                self.statements.name(row, &name);
            }
        }
        let held = std::mem::take(&mut self.held);
        for (row, record) in held {
            if free.get(class_of(row)) == Some(&true) {
                ready(record, self.statements.named(row).unwrap_or_default());
            } else {
                self.held.push((row, record));
            }
        }
    }
}
