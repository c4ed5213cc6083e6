//! Which words are values after all: told by the other signatures of the same log.
//!
//! When several signatures differ in one word only, that word was filled in. A signature that has a word where another
//! one has a value is of the same statement. The answer depends on the set of signatures, not on their order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use super::classes::Classes;
use super::frames;
use super::options;
use super::signature::Marks;
use super::vocabulary::{Kind, SLOT, Words};

/// So often at most the words are looked at again.
const ROUNDS: usize = 8;
/// So many pairs are compared for the statements of earlier runs.
const MOST_PAIRS: usize = 2_000_000;
/// Among more classes of one skeleton none is looked for.
const MOST_ALIKE: usize = 1000;

/// One signature, or the template of an earlier run.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    /// As [`Signature::key`](super::signature::Signature::key).
    pub key: &'a [u8],
    pub count: u64,
    /// It stood in a report before: what is of the same statement joins it.
    pub known: bool,
}

/// Which entries are of one statement, and which of their words are values.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// The class of each entry.
    pub class: Vec<usize>,
    /// Of each class, the entry that shows it best: the most frequent one that needs no word changed.
    pub shown: Vec<usize>,
    /// Of each entry, the places in its key, counted in words and values, that are values after all.
    pub slots: Vec<Vec<u16>>,
}

/// Finds the statements behind `entries`.
pub(super) fn settle(entries: &[Entry<'_>]) -> Settled {
    let mut words = Words::default();
    let mut all = Classes::default();
    // By their keys, so that nothing depends on which message came first.
    let mut sorted: Vec<(usize, &Entry<'_>)> = entries.iter().enumerate().collect();
    sorted.sort_unstable_by_key(|(_, entry)| entry.key);
    for (at, entry) in sorted {
        let form = words.form(entry.key);
        all.add(form, at, entry);
    }
    let mut slots: Vec<Vec<u16>> = vec![Vec::new(); entries.len()];
    let mut values = HashSet::new();
    for _ in 0..ROUNDS {
        let commons = Commons::new(&all, &words);
        let mut found = frames::phrases(&all, &words, &commons);
        if found.is_empty() {
            found = frames::last_words(&all, &words, &commons);
        }
        if found.is_empty() {
            found = frames::tails(&all, &words, &commons);
        }
        if found.is_empty() {
            found = differing(&all, &words, &commons, &mut values);
        }
        if !found.is_empty() {
            all = widened(all, &found, &mut slots);
            continue;
        }
        if !subsume(&mut all, &words, &commons)
            && !options::optional(&mut all, &words, &commons)
            && !frames::contexts(&mut all)
        {
            break;
        }
    }
    all.finish(entries, slots)
}

/// In how many families a word stands: classes that differ in one word are one, however many there are.
pub(super) struct Commons {
    of: Vec<u32>,
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

/// The family of each class.
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
    let mut parent: Vec<usize> = (0..all.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while let Some(&next) = parent.get(at).filter(|next| **next != at) {
            let after = parent.get(next).copied().unwrap_or(next);
            if let Some(slot) = parent.get_mut(at) {
                *slot = after;
            }
            at = next;
        }
        at
    }
    for alike in frames.chunk_by(|left, right| left.0 == right.0) {
        let Some((_, first)) = alike.first() else { continue };
        let first = root(&mut parent, *first);
        for (_, other) in alike.iter().skip(1) {
            let other = root(&mut parent, *other);
            if let Some(slot) = parent.get_mut(other) {
                *slot = first;
            }
        }
    }
    (0..all.len()).map(|class| root(&mut parent, class)).collect()
}

/// One word of one class, and what the class says but for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    others: u64,
    word: u32,
    class: usize,
    at: usize,
}

/// Places of classes, in words of their forms, that are values. `values` are words known to be ones.
fn differing(all: &Classes, words: &Words<'_>, commons: &Commons, values: &mut HashSet<u32>) -> Vec<(usize, usize)> {
    let hasher = all.by_form.hasher();
    let mut places: Vec<Place> = Vec::new();
    for (class, form) in all.forms.iter().enumerate() {
        for (at, &word) in form.iter().enumerate() {
            let again = form.get(..at).is_some_and(|before| before.contains(&word));
            if word == SLOT || again || words.kind(word) == Kind::Function {
                continue;
            }
            let mut hash = hasher.build_hasher();
            for other in form {
                // A name that is said twice is one value.
                hash.write_u32(if *other == word { u32::MAX } else { *other });
            }
            places.push(Place { others: hash.finish(), word, class, at });
        }
    }
    places.sort_unstable();
    let mut found = Vec::new();
    for alike in places.chunk_by(|left, right| left.others == right.others) {
        let Some(first) = alike.first().filter(|_| alike.len() > 1) else { continue };
        let Some(form) = all.forms.get(first.class) else { continue };
        let seen = Seen {
            count: alike.len(),
            constant: commons.telling(form, &(first.at..first.at + 1), 1, words),
            function: form.iter().filter(|word| words.kind(**word) == Kind::Function).count(),
            first: first.at == 0,
            coded: first.at > 0 && words.is_coded(form),
            named: first.at > 0 && form.get(first.at - 1).is_some_and(|word| words.kind(*word) == Kind::Namer),
            known: alike.iter().all(|place| values.contains(&place.word)),
        };
        if seen.is_slot(alike.iter().map(|place| words.kind(place.word))) {
            for place in alike {
                let form = all.forms.get(place.class).map(Vec::as_slice).unwrap_or_default();
                let same = form.iter().enumerate().filter(|(_, word)| **word == place.word);
                found.extend(same.map(|(at, _)| (place.class, at)));
            }
        }
    }
    if found.is_empty() {
        found = counted(all, words);
    }
    values.extend(found.iter().filter_map(|(class, at)| all.forms.get(*class)?.get(*at)));
    found
}

/// Places whose words differ in their numbers only, several at once: `none1 of type such1`, `none2 of type such2`.
fn counted(all: &Classes, words: &Words<'_>) -> Vec<(usize, usize)> {
    let mut alike: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
    for (class, form) in all.forms.iter().enumerate() {
        let mut numbered = 0;
        let stems = form.iter().map(|word| match words.kind(*word) {
            Kind::Numbered(stem) if *word != SLOT => {
                numbered += 1;
                stem
            }
            _ => *word,
        });
        let stems: Vec<u32> = stems.collect();
        if numbered > 1 {
            alike.entry(stems).or_default().push(class);
        }
    }
    let mut found = Vec::new();
    for classes in alike.values().filter(|classes| classes.len() > 1) {
        let forms: Vec<&Vec<u32>> = classes.iter().filter_map(|class| all.forms.get(*class)).collect();
        let Some(first) = forms.first() else { continue };
        for (at, word) in first.iter().enumerate() {
            if forms.iter().any(|form| form.get(at) != Some(word)) {
                found.extend(classes.iter().map(|class| (*class, at)));
            }
        }
    }
    found
}

/// What is seen of a place in which several classes differ.
struct Seen {
    /// Different words.
    count: usize,
    /// Constant words around it that tell something.
    constant: usize,
    /// Words around it that hold the sentence together.
    function: usize,
    /// It is the first word, which says what happened more often than to whom.
    first: bool,
    /// The number of the statement stands before it.
    coded: bool,
    /// A word that says whose name follows stands before it.
    named: bool,
    /// Each of its words is a value elsewhere.
    known: bool,
}

impl Seen {
    /// Whether the words of these kinds were filled in.
    fn is_slot(&self, kinds: impl Iterator<Item = Kind>) -> bool {
        let (mut names, mut capitals, mut stem, mut counted) = (0, 0, None, true);
        for kind in kinds {
            match kind {
                Kind::Function | Kind::Namer | Kind::Plain => counted = false,
                Kind::Name | Kind::Code => (names, counted) = (names + 1, false),
                Kind::Capitals => (capitals, counted) = (capitals + 1, false),
                Kind::Numbered(own) => {
                    names += 1;
                    counted &= *stem.get_or_insert(own) == own;
                }
            }
        }
        // Two words that hold a sentence together are as good as one that tells something.
        let enough = match self.constant * 2 + self.function {
            _ if self.constant == 0 => return false,
            0..=3 => 16,
            4..=5 => 8,
            6..=9 => 5,
            10..=13 => 4,
            _ => 3,
        };
        counted
            || (self.constant > 1 && self.count >= 3 && (names + capitals) * 3 >= self.count * 2)
            || (self.coded || self.named || self.known)
            || (self.constant * 2 + self.function > 7 && names == self.count)
            || self.count >= if self.first && (names + capitals) * 3 < self.count * 2 { 16 } else { enough }
    }
}

/// The classes after the words at `found` have become values.
fn widened(all: Classes, found: &[(usize, usize)], slots: &mut [Vec<u16>]) -> Classes {
    let mut marked: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
    for (class, place) in found {
        if let Some(places) = marked.get_mut(*class) {
            places.push(*place);
        }
    }
    let mut next = Classes::default();
    let classes = all.forms.into_iter().zip(all.marks).zip(all.members).zip(all.counts.iter().zip(&all.known));
    for ((((form, before), members), (count, known)), found) in classes.zip(&marked) {
        if found.is_empty() {
            next.put(form, &before, members, *count, *known);
            continue;
        }
        let mut words = Vec::with_capacity(form.len());
        let mut kept = Vec::with_capacity(form.len());
        let mut marks = Vec::with_capacity(form.len());
        let mut pending = Marks::default();
        for (place, (word, own)) in form.iter().zip(&before).enumerate() {
            let word = if found.contains(&place) { SLOT } else { *word };
            // What stood before a word that is a value now stands before the next one.
            pending |= *own;
            if word == SLOT && words.last() == Some(&SLOT) {
                continue;
            }
            words.push(word);
            marks.push(if word == SLOT { Marks::default() } else { std::mem::take(&mut pending) });
            kept.push(place);
        }
        // As in a signature, what stands before the first word does not count.
        if words.first() == Some(&SLOT) && words.len() > 1 {
            words.remove(0);
            marks.remove(0);
            kept.remove(0);
        }
        let members = members
            .into_iter()
            .map(|(member, places)| {
                if let Some(slots) = slots.get_mut(member) {
                    slots.extend(found.iter().filter_map(|place| places.get(*place)));
                }
                (member, kept.iter().filter_map(|place| places.get(*place).copied()).collect())
            })
            .collect();
        next.put(words, &marks, members, *count, *known);
    }
    next
}

/// Joins what has words where another class has values. `false` when there was nothing to join.
fn subsume(all: &mut Classes, words: &Words<'_>, commons: &Commons) -> bool {
    let skeletons = skeletons(all, words);
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
            // `version 9` is not one value.
            if is_value(Some(place)) || between || kind == Kind::Function || (beside && kind == Kind::Plain && !coded) {
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
            let least = if coded || matches!(kind, Kind::Numbered(_)) {
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
            let rank = |at: usize| (all.known.get(at).copied(), all.count(at), all.forms.get(at));
            if fits && best.is_none_or(|best| rank(other) > rank(best)) {
                best = Some(other);
            }
        }
        let best = best
            .or_else(|| named_match(all, words, commons, &skeletons, class))
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
    let rank = |at: usize| (all.known.get(at).copied(), all.count(at), all.forms.get(at));
    let best = alike.iter().filter(wider).copied().max_by(|left, right| rank(*left).cmp(&rank(*right)))?;
    Some(all.root(best)).filter(|best| *best != class)
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
