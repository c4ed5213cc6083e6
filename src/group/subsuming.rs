//! What has words where another class has values is of the same statement.

use std::collections::HashMap;

use super::classes::Classes;
use super::commons::Commons;
use super::spans;
use super::vocabulary::{Kind, SLOT, Words};

/// So many pairs are compared for the statements of earlier runs.
const MOST_PAIRS: usize = 2_000_000;
/// Among more classes of one skeleton none is looked for.
const MOST_ALIKE: usize = 1000;

/// Joins what has words where another class has values. `false` when there was nothing to join.
pub(super) fn subsume(all: &mut Classes, words: &Words<'_>, commons: &Commons) -> bool {
    let skeletons = skeletons(all, words);
    let several = Wider::new(all, words, commons);
    let mut joins: Vec<(usize, usize)> = Vec::new();
    let mut wider = Vec::new();
    for (class, form) in all.forms.iter().enumerate() {
        if all.joined.get(class).is_some_and(Option::is_some) {
            continue;
        }
        let mut best: Option<usize> = None;
        let coded = words.is_coded(form);
        // What has no first word is another statement.
        for place in 1..form.len() {
            let is_value = |at: Option<usize>| at.and_then(|at| form.get(at)) == Some(&SLOT);
            let kind = form.get(place).map_or(Kind::Function, |word| words.kind(*word));
            let beside = is_value(place.checked_sub(1)) || is_value(Some(place + 1));
            let between = is_value(place.checked_sub(1)) && is_value(Some(place + 1));
            // `version 9` is not one value; `nightly-report (x1)` may be.
            let plain = kind == Kind::Plain && !coded && !form.get(place).is_some_and(|word| words.is_hyphened(*word));
            if is_value(Some(place)) || between || kind == Kind::Function || (beside && plain) {
                continue;
            }
            wider.clear();
            for (at, word) in form.iter().enumerate() {
                let word = if at == place { SLOT } else { *word };
                if word != SLOT || wider.last() != Some(&SLOT) {
                    wider.push(word);
                }
            }
            // What has few telling words left explains everything, and nothing.
            let dotted = form.get(place).is_some_and(|word| words.is_dotted(*word));
            let name = !beside && form.get(place).is_some_and(|word| words.is_compound(*word));
            let least = if coded || dotted || name || matches!(kind, Kind::Numbered(_)) {
                1
            } else if beside {
                3
            } else {
                2
            };
            if commons.telling(form, &(place..place + 1), 1, words) < least {
                continue;
            }
            let Some(&other) = all.by_form.get(&wider) else { continue };
            let other = all.root(other);
            let fits =
                other != class && (all.known.get(other) == Some(&true) || all.count(class) / 4 <= all.count(other));
            if fits && best.is_none_or(|best| all.rank(other) > all.rank(best)) {
                best = Some(other);
            }
        }
        let best = best
            .or_else(|| spans::wider(all, words, commons, class))
            .or_else(|| named_match(all, words, commons, &skeletons, class))
            .or_else(|| several.of(all, words, class))
            .or_else(|| led(all, words, commons, class))
            .or_else(|| known_match(all, class, form));
        joins.extend(best.map(|best| (class, best)));
    }
    let mut changed = false;
    for (class, other) in joins {
        changed |= all.join(class, other);
    }
    changed
}

/// A form without the words that may be names.
fn skeleton(form: &[u32], words: &Words<'_>) -> Vec<u32> {
    let may_be = |word: &u32| matches!(words.kind(*word), Kind::Name | Kind::Capitals | Kind::Numbered(_));
    form.iter().map(|word| if may_be(word) { SLOT } else { *word }).collect()
}

/// Classes by their skeletons, those that have names or values in several places.
fn skeletons(all: &Classes, words: &Words<'_>) -> HashMap<Vec<u32>, Vec<usize>> {
    let mut skeletons: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    for (class, form) in all.forms.iter().enumerate() {
        let skeleton = skeleton(form, words);
        if skeleton.iter().filter(|word| **word == SLOT).count() > 1 {
            skeletons.entry(skeleton).or_default().push(class);
        }
    }
    skeletons.retain(|_, classes| classes.len() > 1);
    skeletons
}

/// A more frequent class that has values in several places where this one has names.
fn named_match(
    all: &Classes,
    words: &Words<'_>,
    commons: &Commons,
    skeletons: &HashMap<Vec<u32>, Vec<usize>>,
    class: usize,
) -> Option<usize> {
    let form = all.forms.get(class)?;
    let alike = skeletons.get(&skeleton(form, words)).filter(|alike| alike.len() <= MOST_ALIKE)?;
    let wider = |other: &&usize| {
        let theirs = all.forms.get(**other).map(Vec::as_slice).unwrap_or_default();
        let fits = theirs.iter().zip(form).all(|(theirs, ours)| theirs == ours || *theirs == SLOT);
        let function = theirs.iter().filter(|word| words.kind(**word) == Kind::Function).count();
        **other != class
            && fits
            && all.count(class) / 4 <= all.count(**other)
            && commons.telling(theirs, &(0..0), 1, words) * 2 + function > 3
    };
    let best = alike.iter().filter(wider).copied().max_by(|left, right| all.rank(*left).cmp(&all.rank(*right)))?;
    Some(all.root(best)).filter(|best| *best != class)
}

/// Classes of several values and enough telling words, by their length and their rarest word.
struct Wider(HashMap<(usize, u32), Vec<usize>>);

/// So many telling words a class must have, so that a rarer one joins it that has plain words where it has values.
const LEAST_TELLING: usize = 3;

impl Wider {
    fn new(all: &Classes, words: &Words<'_>, commons: &Commons) -> Self {
        let mut index: HashMap<(usize, u32), Vec<usize>> = HashMap::new();
        for (class, form) in all.forms.iter().enumerate() {
            let values = form.iter().filter(|word| **word == SLOT).count();
            if values < 2 || commons.telling(form, &(0..0), 1, words) < LEAST_TELLING {
                continue;
            }
            let rarest =
                form.iter().copied().filter(|word| *word != SLOT).min_by_key(|word| (commons.stands(*word), *word));
            if let Some(word) = rarest {
                index.entry((form.len(), word)).or_default().push(class);
            }
        }
        Self(index)
    }

    /// The most frequent class that has values in several places where this rarer one has words.
    fn of(&self, all: &Classes, words: &Words<'_>, class: usize) -> Option<usize> {
        let form = all.forms.get(class)?;
        let fits = |other: &usize| {
            let theirs = all.forms.get(*other).map(Vec::as_slice).unwrap_or_default();
            let (mut places, mut likely) = (0, 0);
            *other != class
                && all.count(class) <= all.count(*other)
                && theirs.iter().zip(form).enumerate().all(|(at, (theirs, ours))| {
                    let namer = || at > 0 && form.get(at - 1).is_some_and(|word| words.kind(*word) == Kind::Namer);
                    places += usize::from(theirs != ours);
                    likely += usize::from(theirs != ours && (words.kind(*ours) != Kind::Plain || namer()));
                    theirs == ours || (at > 0 && *theirs == SLOT && words.kind(*ours) != Kind::Function)
                })
                && places > 1
                && likely > 0
        };
        let alike =
            form.iter().filter_map(|word| self.0.get(&(form.len(), *word))).filter(|alike| alike.len() <= MOST_ALIKE);
        let best =
            alike.flatten().copied().filter(fits).max_by(|left, right| all.rank(*left).cmp(&all.rank(*right)))?;
        Some(all.root(best)).filter(|best| *best != class)
    }
}

/// A more frequent class that begins with a value where this one has a name: `anna opened file <*>`, `<*> opened file <*>`.
fn led(all: &Classes, words: &Words<'_>, commons: &Commons, class: usize) -> Option<usize> {
    let (name, rest) = all.forms.get(class)?.split_first()?;
    if !words.may_be_name(*name)
        || !rest.first().is_some_and(|verb| words.is_done(*verb))
        || commons.telling(rest, &(0..0), 1, words) < LEAST_TELLING
    {
        return None;
    }
    let other = *all.by_form.get(rest)?;
    let is_led = all.marks.get(other)?.first()?.led;
    let other = all.root(other);
    (is_led && other != class && all.count(class) <= all.count(other)).then_some(other)
}

/// A template of an earlier run that has values wherever `form` differs from it.
fn known_match(all: &Classes, class: usize, form: &[u32]) -> Option<usize> {
    if all.known.get(class) == Some(&true) || all.len().saturating_mul(all.len()) > MOST_PAIRS {
        return None;
    }
    let matches = |other: &[u32]| {
        other.len() == form.len()
            && other.iter().any(|word| *word != SLOT)
            && other.iter().zip(form).all(|(theirs, ours)| theirs == ours || *theirs == SLOT)
    };
    let candidates = all.forms.iter().enumerate().filter(|(at, _)| *at != class && all.known.get(*at) == Some(&true));
    candidates.filter(|(_, other)| matches(other)).map(|(at, _)| all.root(at)).find(|at| *at != class)
}

#[cfg(test)]
mod tests {
    use crate::group::statements::tests::settled;

    #[test]
    fn a_name_before_the_first_word_is_a_value_where_a_commoner_one_has_one() {
        let found = settled(&[
            "a1b2 opened the file report for reading",
            "c3d4 opened the file report for reading",
            "anna opened the file report for reading",
            "never opened the file report for reading",
        ]);
        assert_eq!(found[0], found[2]);
        assert_ne!(found[0], found[3]);
    }

    #[test]
    fn several_plain_words_where_a_commoner_one_has_values_are_values() {
        let many = [
            "User a1 from 10.0.0.1 not allowed because not listed",
            "User a2 from 10.0.0.2 not allowed because not listed",
        ];
        let found = settled(&[many[0], many[1], "User anna from printer not allowed because not listed"]);
        assert_eq!(found[2], "User <*> from <*> not allowed because not listed");
        let found = settled(&["moved a1 to 10.0.0.1", "moved a2 to 10.0.0.2", "moved files to trash"]);
        assert_ne!(found[0], found[2]);
    }
}
