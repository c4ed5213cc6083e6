//! Which words are values after all: told by the other signatures of the same log.
//!
//! When several signatures differ in one word only, that word was filled in. A signature that has a word where another
//! one has a value is of the same statement. The answer depends on the set of signatures, not on their order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};

use super::classes::Classes;
use super::commons::Commons;
use super::frames;
use super::objects;
use super::options;
use super::signature::Marks;
use super::spans;
use super::subsuming::subsume;
use super::vocabulary::{Kind, SLOT, Words};

/// So often at most the words are looked at again.
const ROUNDS: usize = 8;
/// A word is looked for in so many other sentences.
const MOST_FRAMES: usize = 64;
/// So many names must differ in two sentences, before these are values.
const ENOUGH_ELSEWHERE: usize = 4;
/// So many different things must be unknown or invalid, before these are values.
const ENOUGH_DOUBTED: usize = 3;

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
        // What is surest comes first; the next ones see what it left.
        let finders: [&mut dyn FnMut() -> Vec<(usize, usize)>; 5] = [
            &mut || frames::phrases(&all, &words, &commons),
            &mut || frames::last_words(&all, &words, &commons),
            &mut || frames::tails(&all, &words, &commons),
            &mut || differing(&all, &words, &commons, &mut values),
            &mut || spans::several_words(&all, &words, &commons),
        ];
        let found = finders.into_iter().map(|find| find()).find(|found| !found.is_empty()).unwrap_or_default();
        if !found.is_empty() {
            all = widened(all, &found, &mut slots);
            continue;
        }
        if !subsume(&mut all, &words, &commons)
            && !options::optional(&mut all, &words, &commons)
            && !objects::alike(&mut all)
            && !frames::contexts(&mut all, &words)
        {
            break;
        }
    }
    all.finish(entries, slots)
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
        let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
        for (at, &word) in form.iter().enumerate() {
            let again = form.get(..at).is_some_and(|before| before.contains(&word));
            // What says what the value behind it is, is none.
            let name = marks.get(at).is_some_and(|mark| mark.keyed) && !matches!(words.kind(word), Kind::Numbered(_));
            let code = at == 0 && words.kind(word) == Kind::Code;
            if word == SLOT || again || name || code || words.kind(word) == Kind::Function {
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
    let elsewhere = elsewhere(&places);
    let mut found = Vec::new();
    for alike in places.chunk_by(|left, right| left.others == right.others) {
        let Some(first) = alike.first().filter(|_| alike.len() > 1) else { continue };
        let Some(form) = all.forms.get(first.class) else { continue };
        let happens = alike.iter().any(|place| words.acts(&[place.word]) || words.fails(&[place.word]));
        let seen = Seen {
            count: alike.len(),
            constant: commons.telling(form, &(first.at..first.at + 1), 1, words),
            function: form.iter().filter(|word| words.kind(**word) == Kind::Function).count(),
            stands: match first.at {
                0 if happens => Stands::Verb,
                0 => Stands::First,
                _ => Stands::Within,
            },
            told: alike.iter().all(|place| values.contains(&place.word))
                || (alike.len() >= ENOUGH_DOUBTED
                    && is_doubted(form, first.at, words)
                    && !alike.iter().any(|place| words.is_attribute(place.word))
                    && !happens)
                || (first.at > 0 && words.is_coded(form))
                || is_named(alike, form, words)
                || is_introduced(alike, form, words),
            elsewhere: elsewhere.get(&first.others) == Some(&true),
            acted: first.at.checked_sub(1).and_then(|at| form.get(at)).is_some_and(|word| words.acts(&[*word]))
                && !alike.iter().any(|place| words.is_state(place.word)),
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

/// Whether the word before these places says that a name follows: `for user anna`, not `user created`.
fn is_named(alike: &[Place], form: &[u32], words: &Words<'_>) -> bool {
    let Some(before) = alike.first().and_then(|first| first.at.checked_sub(1)) else { return false };
    form.get(before).is_some_and(|word| words.kind(*word) == Kind::Namer)
        && !alike.iter().all(|place| words.is_state(place.word))
}

/// Whether these are names, and what stands before says whose: `by client SPP`.
fn is_introduced(alike: &[Place], form: &[u32], words: &Words<'_>) -> bool {
    let before = |by: usize| alike.first().and_then(|first| form.get(first.at.checked_sub(by)?)).copied();
    let (Some(noun), Some(leading)) = (before(1), before(2)) else { return false };
    let is_name = |place: &Place| {
        matches!(words.kind(place.word), Kind::Name | Kind::Capitals | Kind::Numbered(_)) && !words.is_state(place.word)
    };
    let ends = alike.first().is_some_and(|first| form.len() == first.at + 1) && alike.len() > 2;
    noun != SLOT
        && words.kind(noun) == Kind::Plain
        && !words.is_state(noun)
        && !words.is_circumstance(noun)
        && words.introduces(leading)
        && (alike.iter().all(is_name)
            || (ends && words.is_actor(noun) && !alike.iter().any(|place| words.is_state(place.word))))
}

/// Whether the word before `at` is of a kind that is said to be unknown or invalid, and the sentence goes on behind it.
fn is_doubted(form: &[u32], at: usize, words: &Words<'_>) -> bool {
    let doubt = at.checked_sub(2).and_then(|before| form.get(before)).is_some_and(|word| words.doubts(*word));
    let kind = at.checked_sub(1).and_then(|before| form.get(before)).is_some_and(|word| *word != SLOT);
    doubt && kind && form.get(at + 1).is_none_or(|word| *word == SLOT || words.kind(*word) == Kind::Function)
}

/// Sentences in which most of the words differ that differ in another one too.
fn elsewhere(places: &[Place]) -> HashMap<u64, bool> {
    let mut frames: HashMap<u32, Vec<u64>> = HashMap::new();
    let several =
        places.chunk_by(|left, right| left.others == right.others).filter(|alike| alike.len() >= ENOUGH_ELSEWHERE);
    let mut elsewhere = HashMap::new();
    for place in several.clone().flatten() {
        let frames = frames.entry(place.word).or_default();
        if frames.len() < MOST_FRAMES {
            frames.push(place.others);
        }
    }
    for alike in several {
        let mut shared: HashMap<u64, usize> = HashMap::new();
        for other in alike.iter().filter_map(|place| frames.get(&place.word)).flatten() {
            *shared.entry(*other).or_default() += 1;
        }
        let Some(first) = alike.first() else { continue };
        let most = shared.iter().filter(|(other, _)| **other != first.others).map(|(_, count)| *count).max();
        let is = most.is_some_and(|most| most >= ENOUGH_ELSEWHERE && most * 2 >= alike.len());
        elsewhere.insert(first.others, is);
    }
    elsewhere
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

/// Where a place is in its sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Within,
    /// As the first word, which says what happened more often than to whom.
    First,
    /// As the first word, and some of the words there say what happened: `Starting`, `Stopped`, `Failed`.
    Verb,
}

/// What is seen of a place in which several classes differ.
struct Seen {
    /// Different words.
    count: usize,
    /// Constant words around it that tell something.
    constant: usize,
    /// Words around it that hold the sentence together.
    function: usize,
    stands: Stands,
    /// The number of the statement stands before it, or a word that says whose name follows or that it is not known; or
    /// each of its words is a value elsewhere.
    told: bool,
    /// Most of its words differ in another sentence too: `Mailer: start`, `Mailer: done`.
    elsewhere: bool,
    /// What was done stands before it: `Starting Heart`.
    acted: bool,
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
        let weight = self.constant * 2 + self.function;
        let enough = match weight {
            _ if self.constant == 0 => return false,
            0..=3 => 16,
            4..=5 => 8,
            6..=9 => 5,
            10..=13 => 4,
            _ => 3,
        };
        // Words in capitals may be three statements: `Entering MASTER STATE`.
        let least = if capitals > names && self.constant < 3 { 4 } else { 3 };
        // What a long sentence speaks of may stand first.
        let first = if weight > 13 && self.stands != Stands::Verb { 5 } else { 16 };
        counted
            || (self.constant > 1
                && self.stands == Stands::Within
                && self.count >= least
                && (names + capitals) * 3 >= self.count * 2)
            || self.told
            || (self.elsewhere && (names == self.count || (self.acted && self.count > ENOUGH_ELSEWHERE)))
            || (weight > 7 && names == self.count)
            || self.count
                >= if self.stands != Stands::Within && (names + capitals) * 3 < self.count * 2 { first } else { enough }
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
            // What stood before a word that is a value now stands before the next one; a phrase that is over does not.
            pending.opened &= !own.closed;
            (pending.keyed, pending.counted) = (false, false);
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
            if let Some(first) = marks.first_mut() {
                first.led = true;
            }
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
