//! Records wait until it is clear which statement wrote them: for `heal scan`, which prints each one once.

use std::rc::Rc;

use super::category::category;
use super::statements::{self, Statements, Template};
use crate::sanitize::Sanitizer;

/// So many records wait at most.
const MOST: usize = 32_000;
/// Nor more bytes than this.
const MOST_BYTES: usize = 16 << 20;
/// So many signatures are remembered; the records of others have a template by themselves.
const MOST_SIGNATURES: usize = 32_768;

/// The statement behind a record.
#[derive(Debug)]
pub struct Statement {
    /// Its constant words.
    pub template: String,
    /// What kind of trouble its words tell of.
    pub category: &'static str,
    /// Of the incident that its errors are, when no pattern knows them.
    pub incident: String,
}

impl Statement {
    fn new(template: Template) -> Self {
        let incident = super::id_of_unknown(&template.words);
        Self { category: category(&template.text), incident, template: template.text }
    }
}

/// Holds records of any kind back.
#[derive(Debug)]
pub struct Settling<T> {
    statements: Statements,
    /// What the records of each row were given.
    given: Vec<Option<Rc<Statement>>>,
    held: Vec<(usize, usize, T)>,
    bytes: usize,
    beyond: u64,
}

impl<T> Default for Settling<T> {
    fn default() -> Self {
        Self { statements: Statements::new(MOST_SIGNATURES), given: Vec::new(), held: Vec::new(), bytes: 0, beyond: 0 }
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
        ready: &mut dyn FnMut(T, &Statement),
    ) {
        let Some(row) = self.statements.add(message, sanitizer) else {
            self.beyond += 1;
            return ready(record, &Statement::new(statements::template(message, sanitizer)));
        };
        self.held.push((row, size, record));
        self.bytes += size;
        if self.held.len() >= MOST || self.bytes >= MOST_BYTES {
            self.give(self.held.len() / 2, ready);
        }
    }

    /// All that still waits. Tells how many records were of kinds that could not be remembered.
    pub fn finish(mut self, ready: &mut dyn FnMut(T, &Statement)) -> u64 {
        self.give(usize::MAX, ready);
        self.beyond
    }

    /// Gives at least so many records, of the most frequent statements first: the others may find company.
    fn give(&mut self, least: usize, ready: &mut dyn FnMut(T, &Statement)) {
        let settled = self.statements.settle();
        let mut counts = vec![0_u64; settled.templates.len()];
        let mut waiting = vec![0_usize; settled.templates.len()];
        for (row, class) in settled.class.iter().enumerate() {
            if let Some(count) = counts.get_mut(*class) {
                *count += self.statements.count(row);
            }
        }
        let class_of = |row: usize| settled.class.get(row).copied().unwrap_or_default();
        for (row, ..) in &self.held {
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
        self.given.resize(settled.class.len(), None);
        let mut names: Vec<Option<Rc<Statement>>> = vec![None; free.len()];
        for (given, class) in self.given.iter().zip(&settled.class) {
            if let (Some(name), Some(given)) = (names.get_mut(*class), given) {
                name.get_or_insert_with(|| Rc::clone(given));
            }
        }
        for (row, class) in settled.class.iter().enumerate().filter(|(_, class)| free.get(**class) == Some(&true)) {
            let (Some(name), Some(given)) = (names.get_mut(*class), self.given.get_mut(row)) else { continue };
            let new = || Rc::new(Statement::new(settled.templates.get(*class).cloned().unwrap_or_default()));
            let statement = given.get_or_insert_with(|| Rc::clone(name.get_or_insert_with(new)));
            self.statements.name(row, &statement.template);
        }
        for (row, size, record) in std::mem::take(&mut self.held) {
            match self.given.get(row).and_then(Option::as_ref).filter(|_| free.get(class_of(row)) == Some(&true)) {
                Some(statement) => {
                    self.bytes -= size;
                    ready(record, statement);
                }
                None => self.held.push((row, size, record)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every record once, with its template; and how many had one by themselves.
    fn settled(messages: impl Iterator<Item = String>) -> (BTreeMap<usize, String>, u64) {
        let sanitizer = Sanitizer::new(&[]).unwrap();
        let mut given = BTreeMap::new();
        let mut settling = Settling::default();
        for (number, message) in messages.enumerate() {
            settling.add(message.as_bytes(), (number, message.len()), &sanitizer, &mut |number, statement| {
                assert!(given.insert(number, statement.template.clone()).is_none(), "{number} was given twice");
            });
        }
        let beyond = settling.finish(&mut |number, statement| {
            assert!(given.insert(number, statement.template.clone()).is_none(), "{number} was given twice");
        });
        (given, beyond)
    }

    #[test]
    fn a_long_log_settles_on_the_way_and_a_statement_keeps_its_template() {
        let message = |number: usize| match number % 3 {
            0 => format!("took {number} ms to write block {number}"),
            1 => format!(
                "user {} logged in from 10.0.0.{}",
                ["alice", "bob", "carol", "dave"][number / 3 % 4],
                number % 250
            ),
            _ => "nothing to do".to_owned(),
        };
        let (given, beyond) = settled((0..90_000).map(message));
        assert_eq!((given.len(), beyond), (90_000, 0));
        let templates: BTreeSet<_> = given.values().map(String::as_str).collect();
        let expected = ["nothing to do", "took <*> to write block <*>", "user <*> logged in from <*>"];
        assert_eq!(templates.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn kinds_without_end_are_given_all_the_same() {
        let word = |mut number: usize| {
            std::iter::repeat_with(move || {
                let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
                number /= 26;
                letter
            })
            .take(5)
            .collect::<String>()
        };
        let message = |number: usize| format!("{} {} {}", word(number), word(number * 7919), word(number * 104_729));
        let (given, beyond) = settled((0..40_000).map(message));
        assert_eq!(given.len(), 40_000);
        assert!(beyond > 0 && given.values().all(|template| !template.is_empty()));
    }
}
