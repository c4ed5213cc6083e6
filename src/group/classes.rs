//! Entries whose constant words are the same.

use std::collections::{BTreeSet, HashMap};

use super::signature::Marks;
use super::slots::{Entry, Settled};
use super::vocabulary::Form;

/// Entries with equal forms are one class.
#[derive(Default)]
pub(super) struct Classes {
    pub forms: Vec<Vec<u32>>,
    /// What stands before each word of a form, in any of its members.
    pub marks: Vec<Vec<Marks>>,
    /// Places of the form in the key of its first member.
    pub members: Vec<Vec<(usize, Vec<u16>)>>,
    pub counts: Vec<u64>,
    pub known: Vec<bool>,
    pub by_form: HashMap<Vec<u32>, usize>,
    /// A class that joined another one.
    pub joined: Vec<Option<usize>>,
}

impl Classes {
    pub fn add(&mut self, form: Form, member: usize, entry: &Entry<'_>) {
        self.put(form.words, &form.marks, vec![(member, form.places)], entry.count, entry.known);
    }

    pub fn put(
        &mut self,
        words: Vec<u32>,
        marks: &[Marks],
        members: Vec<(usize, Vec<u16>)>,
        count: u64,
        known: bool,
    ) -> usize {
        let next = self.forms.len();
        let at = *self.by_form.entry(words).or_insert_with_key(|words| {
            self.forms.push(words.clone());
            self.marks.push(vec![Marks::default(); words.len()]);
            self.members.push(Vec::new());
            self.counts.push(0);
            self.known.push(false);
            self.joined.push(None);
            next
        });
        for (own, other) in self.marks.get_mut(at).into_iter().flatten().zip(marks) {
            *own |= *other;
        }
        if let (Some(all), Some(sum), Some(was)) =
            (self.members.get_mut(at), self.counts.get_mut(at), self.known.get_mut(at))
        {
            all.extend(members);
            *sum = sum.saturating_add(count);
            *was |= known;
        }
        at
    }

    pub fn len(&self) -> usize {
        self.forms.len()
    }

    pub fn root(&self, mut at: usize) -> usize {
        while let Some(Some(next)) = self.joined.get(at) {
            at = *next;
        }
        at
    }

    pub fn count(&self, at: usize) -> u64 {
        self.counts.get(at).copied().unwrap_or_default()
    }

    /// Of several classes that one may join, the one with the highest rank is it, whatever the order: one that is known,
    /// else the most frequent.
    pub fn rank(&self, at: usize) -> (Option<bool>, u64, Option<&Vec<u32>>) {
        (self.known.get(at).copied(), self.count(at), self.forms.get(at))
    }

    /// From now on the class is part of the other one. `false` where it was already.
    pub fn join(&mut self, class: usize, other: usize) -> bool {
        let (class, other) = (self.root(class), self.root(other));
        if class == other {
            return false;
        }
        if let Some(joined) = self.joined.get_mut(class) {
            *joined = Some(other);
        }
        let count = self.count(class);
        if let Some(sum) = self.counts.get_mut(other) {
            *sum = sum.saturating_add(count);
        }
        true
    }

    pub fn finish(self, entries: &[Entry<'_>], slots: Vec<Vec<u16>>) -> Settled {
        let mut settled = Settled { class: vec![0; entries.len()], shown: Vec::new(), slots };
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        // The classes in the order of their first entries.
        let mut of = vec![0; entries.len()];
        for (class, members) in self.members.iter().enumerate() {
            for (member, _) in members {
                if let Some(slot) = of.get_mut(*member) {
                    *slot = class;
                }
            }
        }
        for (member, class) in of.iter().enumerate() {
            let root = self.root(*class);
            let next = numbers.len();
            let number = *numbers.entry(root).or_insert(next);
            if let Some(slot) = settled.class.get_mut(member) {
                *slot = number;
            }
            // Only a member of the root shows all values of the class.
            let own = *class == root;
            let better = |old: usize| {
                let rank = |at: usize| entries.get(at).map(|entry| (entry.count, std::cmp::Reverse(entry.key)));
                of.get(old) != Some(&root) || rank(member) > rank(old)
            };
            match settled.shown.get_mut(number) {
                None => settled.shown.push(member),
                Some(shown) if own && better(*shown) => *shown = member,
                Some(_) => {}
            }
        }
        settled
    }
}

/// The sets of classes that are connected, whatever the order of the pairs.
pub(super) fn connected(pairs: impl Iterator<Item = (usize, usize)>) -> Vec<BTreeSet<usize>> {
    let mut sets: Vec<BTreeSet<usize>> = Vec::new();
    let mut of: HashMap<usize, usize> = HashMap::new();
    for (left, right) in pairs {
        let mut set_of = |class: usize| {
            *of.entry(class).or_insert_with(|| {
                sets.push(BTreeSet::from([class]));
                sets.len() - 1
            })
        };
        let (mut left, mut right) = (set_of(left), set_of(right));
        if left == right {
            continue;
        }
        let size = |at: usize| sets.get(at).map_or(0, BTreeSet::len);
        if size(left) < size(right) {
            std::mem::swap(&mut left, &mut right);
        }
        let moved = sets.get_mut(right).map(std::mem::take).unwrap_or_default();
        for class in &moved {
            of.insert(*class, left);
        }
        if let Some(set) = sets.get_mut(left) {
            set.extend(moved);
        }
    }
    sets
}
