//! Which words tell nothing of a statement, for they stand in many.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use super::classes::{Classes, connected};
use super::vocabulary::{Kind, SLOT, Words};

/// In how many families a word stands: classes that differ in one word are one, however many there are.
pub(super) struct Commons {
    of: Vec<u32>,
    /// That of each class.
    family: Vec<usize>,
    classes: usize,
}

impl Commons {
    pub fn new(all: &Classes, words: &Words<'_>) -> Self {
        let family = families(all);
        let mut stands: Vec<(u32, usize)> = Vec::new();
        for (form, family) in all.forms.iter().zip(&family) {
            stands.extend(form.iter().map(|word| (*word, *family)));
        }
        stands.sort_unstable();
        stands.dedup();
        let mut of = vec![0_u32; words.kinds.len() + 1];
        for (word, _) in stands {
            if let Some(count) = of.get_mut(word as usize) {
                *count += 1;
            }
        }
        Self { of, family, classes: all.len() }
    }

    /// Of how many families these classes are.
    pub fn families(&self, classes: impl Iterator<Item = usize>) -> usize {
        classes.filter_map(|class| self.family.get(class)).collect::<HashSet<_>>().len()
    }

    /// Whether the word stands in many families beside these: then it tells nothing of a statement.
    fn is_common(&self, word: u32, beside: usize) -> bool {
        let others = (self.of.get(word as usize).copied().unwrap_or_default() as usize).saturating_sub(beside);
        others > 8 && others * 8 > self.classes.saturating_sub(beside)
    }

    /// In how many families the word stands.
    pub fn stands(&self, word: u32) -> u32 {
        self.of.get(word as usize).copied().unwrap_or_default()
    }

    /// Words of a form that tell something, but for those at `places`.
    pub fn telling(&self, form: &[u32], places: &Range<usize>, beside: usize, words: &Words<'_>) -> usize {
        let telling = |(at, word): &(usize, &u32)| {
            !places.contains(at)
                && **word != SLOT
                && words.kind(**word) != Kind::Function
                && !self.is_common(**word, beside)
        };
        form.iter().enumerate().filter(telling).count()
    }
}

/// The family of each class. Two words at least must be the same.
fn families(all: &Classes) -> Vec<usize> {
    let hasher = all.by_form.hasher();
    let mut frames: Vec<(u64, usize)> = Vec::new();
    for (class, form) in all.forms.iter().enumerate() {
        for at in 0..form.len() {
            let rest = form.iter().enumerate().filter(|(other, word)| *other != at && **word != SLOT).count();
            if rest < 2 {
                continue;
            }
            let mut hash = hasher.build_hasher();
            for (other, word) in form.iter().enumerate() {
                hash.write_u32(if other == at { u32::MAX } else { *word });
            }
            frames.push((hash.finish(), class));
        }
    }
    frames.sort_unstable();
    let alike = frames.chunk_by(|left, right| left.0 == right.0);
    let pairs = alike.flat_map(|alike| alike.windows(2)).filter_map(|pair| Some((pair.first()?.1, pair.get(1)?.1)));
    let mut families: Vec<usize> = (0..all.len()).collect();
    for family in connected(pairs) {
        let first = family.first().copied().unwrap_or_default();
        for class in family {
            if let Some(own) = families.get_mut(class) {
                *own = first;
            }
        }
    }
    families
}
