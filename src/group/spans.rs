//! Values of several words within a sentence: `mounted Macintosh HD on device`.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use super::classes::Classes;
use super::commons::Commons;
use super::vocabulary::{Kind, SLOT, Words};

/// So many words are one value at most.
const LONGEST: usize = 6;
/// In longer statements none is looked for.
const MOST_WORDS: usize = 32;
/// Nor among more classes, which are no statements of a program.
const MOST_CLASSES: usize = 8192;
/// So many words must tell the statement around it.
const ENOUGH: usize = 3;
/// So many where another value stands right behind it.
const ENOUGH_BESIDE: usize = 5;

/// Where a value of several words may stand in a statement: between two words of it, and behind the first one; at its end
/// where it is announced. What says whose name follows, or that something went wrong, is of the statement: `for invalid
/// user x`.
fn spans<'a>(form: &'a [u32], words: &'a Words<'_>) -> impl Iterator<Item = Range<usize>> + 'a {
    let last = if form.len() > MOST_WORDS { 0 } else { form.len() };
    let may_be = |piece: &[u32]| {
        let tells = |word: &u32| *word == SLOT || words.kind(*word) == Kind::Namer;
        piece == [SLOT] || !(piece.iter().any(tells) || words.fails(piece))
    };
    let spans = (1..last).flat_map(move |start| (start + 1..=(start + LONGEST).min(last)).map(move |end| start..end));
    spans.filter(move |span| {
        let behind = form.get(span.end);
        form.get(span.start - 1) != Some(&SLOT)
            && (behind.is_some() || is_announced(form, span.start, words))
            && form.get(span.clone()).is_some_and(may_be)
    })
}

/// `user`, before the place.
fn is_announced(form: &[u32], place: usize, words: &Words<'_>) -> bool {
    place > 0 && form.get(place - 1).is_some_and(|word| words.kind(*word) == Kind::Namer)
}

/// One span of a class, and what the class says but for it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Spanned {
    frame: u64,
    piece: u64,
    class: usize,
    start: usize,
    end: usize,
}

/// The words of spans that are values, as classes and places: the same sentence stands around several others, one of
/// which is a value, or many.
pub(super) fn several_words(all: &Classes, words: &Words<'_>, commons: &Commons) -> Vec<(usize, usize)> {
    if all.len() > MOST_CLASSES {
        return Vec::new();
    }
    let mut spanned = Vec::new();
    for (class, form) in all.forms.iter().enumerate() {
        collect(all, class, form, words, &mut spanned);
    }
    spanned.sort_unstable();
    let mut found = Vec::new();
    // Pieces that are values somewhere are so where all that stands in a place is.
    let mut values: HashSet<u64> = HashSet::new();
    for again in [false, true] {
        for alike in spanned.chunk_by(|left, right| left.frame == right.frame) {
            let is = if again {
                alike.len() > 1 && alike.iter().all(|one| values.contains(&one.piece))
            } else {
                are_values(alike, all, words, commons)
            };
            if is {
                values.extend(alike.iter().map(|one| one.piece));
                found.extend(alike.iter().flat_map(|one| (one.start..one.end).map(|place| (one.class, place))));
            }
        }
    }
    found
}

/// Whether the pieces in one place of a sentence are values.
fn are_values(alike: &[Spanned], all: &Classes, words: &Words<'_>, commons: &Commons) -> bool {
    let Some(first) = alike.first() else { return false };
    let form = |one: &Spanned| all.forms.get(one.class).map(Vec::as_slice).unwrap_or_default();
    let is_slot = |one: &Spanned| form(one).get(one.start..one.end) == Some(&[SLOT][..]);
    let different = alike.chunk_by(|left, right| left.piece == right.piece).count();
    let least = if alike.iter().any(is_slot) { 3 } else { 5 };
    let several = alike.iter().any(|one| one.end - one.start > 1);
    // Where most begin or end alike, these words are of the statement.
    let distinct =
        |at: fn(&Spanned) -> usize| alike.iter().filter_map(|one| form(one).get(at(one))).collect::<HashSet<_>>().len();
    let apart = distinct(|one| one.start).min(distinct(|one| one.end - 1)) * 2 >= different;
    let beside = commons.families(alike.iter().map(|one| one.class));
    let telling = commons.telling(form(first), &(first.start..first.end), beside, words);
    let enough = if form(first).get(first.end) == Some(&SLOT) { ENOUGH_BESIDE } else { ENOUGH };
    let least = if telling > ENOUGH_BESIDE { least.min(4) } else { least };
    several && apart && different >= least && telling >= enough
}

/// The spans of one class.
fn collect(all: &Classes, class: usize, form: &[u32], words: &Words<'_>, out: &mut Vec<Spanned>) {
    if !(3..=MOST_WORDS).contains(&form.len()) {
        return;
    }
    let hasher = all.by_form.hasher();
    let hash = |words: &mut dyn Iterator<Item = &u32>| {
        let mut hash = hasher.build_hasher();
        let mut steps = vec![hash.finish()];
        for word in words {
            hash.write_u32(*word);
            steps.push(hash.finish());
        }
        steps
    };
    // Of the words before each place, and of those behind it.
    let before = hash(&mut form.iter());
    let mut behind = hash(&mut form.iter().rev());
    behind.reverse();
    for span in spans(form, words) {
        let (Some(before), Some(behind)) = (before.get(span.start), behind.get(span.end)) else { continue };
        let piece = form.get(span.clone()).unwrap_or_default();
        let mut frame = hasher.build_hasher();
        frame.write_u64(*before);
        frame.write_u64(*behind);
        out.push(Spanned {
            frame: frame.finish(),
            piece: hasher.hash_one(piece),
            class,
            start: span.start,
            end: span.end,
        });
    }
}

/// A more frequent class that has a value where this one has several words, or one that holds sentences together:
/// `invalid user adm in from`, `invalid user a from`.
pub(super) fn wider(all: &Classes, words: &Words<'_>, commons: &Commons, class: usize) -> Option<usize> {
    let form = all.forms.get(class).filter(|_| all.len() <= MOST_CLASSES)?;
    let mut wide = Vec::with_capacity(form.len());
    let mut best: Option<usize> = None;
    for span in spans(form, words) {
        let piece = form.get(span.clone()).unwrap_or_default();
        let lone = piece.len() == 1;
        let beside = form.get(span.end) == Some(&SLOT);
        let announced = is_announced(form, span.start, words);
        let least = if announced {
            1
        } else if beside {
            ENOUGH_BESIDE
        } else {
            ENOUGH
        };
        if (lone && piece.first().is_none_or(|word| *word == SLOT || words.kind(*word) != Kind::Function))
            || commons.telling(form, &span, 1, words) < least
        {
            continue;
        }
        wide.clear();
        wide.extend_from_slice(form.get(..span.start).unwrap_or_default());
        // One value with what stands behind it.
        wide.extend((!beside).then_some(SLOT));
        wide.extend_from_slice(form.get(span.end..).unwrap_or_default());
        let Some(other) = all.by_form.get(&wide).map(|other| all.root(*other)) else { continue };
        let often = all.known.get(other) == Some(&true) || all.count(class).saturating_mul(2) <= all.count(other);
        if other != class && often && best.is_none_or(|best| all.rank(other) > all.rank(best)) {
            best = Some(other);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::statements::tests::settled;

    #[test]
    fn several_words_within_a_sentence_are_one_value() {
        let names = ["Macintosh HD", "Untitled", "Time Machine", "Preboot", "Google Chrome", "Backup of x"];
        let lines: Vec<String> = names.iter().map(|name| format!("hfs mounted {name} on device disk now")).collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(found.iter().all(|one| one == "hfs mounted <*> on device disk now"), "{found:?}");
        let few = settled(&lines.iter().take(3).map(String::as_str).collect::<Vec<_>>());
        assert_ne!(few[0], few[1]);
    }

    #[test]
    fn what_is_rare_joins_what_has_a_value_there() {
        let found = settled(&[
            "Failed password for invalid user a1b2 from 10.0.0.1",
            "Failed password for invalid user a1b2 from 10.0.0.1",
            "Failed password for invalid user adm in from 10.0.0.1",
            "Failed password for invalid user a from 10.0.0.1",
            "Failed password for a1b2 from 10.0.0.1",
            "Failed password for a1b2 from 10.0.0.1",
            "Failed password for invalid user from 10.0.0.1",
            "Invalid user a1b2",
            "Invalid user a1b2",
            "Invalid user a",
        ]);
        assert_eq!(found[7], found[9]);
        assert!(found[1..4].iter().all(|one| *one == found[0]), "{found:?}");
        assert!(found[4] != found[0] && found[6] != found[4], "{found:?}");
    }
}
