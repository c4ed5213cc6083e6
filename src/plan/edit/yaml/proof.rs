//! The proof: the new text's events are the old one's but for one scalar, or for one new pair.

use std::ops::Range;

use granit_parser::{Event, ScalarStyle};

use super::tree::Stream;

/// Everything else is equal, comments included.
pub(super) fn only_replaces(before: &Stream<'_>, after: &Stream<'_>) -> bool {
    let (old, new) = (&before.events, &after.events);
    let mut differing = old.iter().zip(new).filter(|(old, new)| old != new);
    let one_scalar = match (differing.next(), differing.next()) {
        (Some((Event::Scalar(_, _, old, tag), Event::Scalar(_, _, new, new_tag))), None) => {
            old == new && tag == new_tag
        }
        // The same value in another spelling.
        (None, _) => true,
        _ => false,
    };
    old.len() == new.len() && before.comments == after.comments && one_scalar
}

/// The longer text is the shorter one with one pair added: to a map, in the place of a null, or to no document at all.
pub(super) fn only_adds(shorter: &Stream<'_>, longer: &Stream<'_>) -> bool {
    shorter.comments == longer.comments
        && (adds_pair(&shorter.events, &longer.events)
            || fills_null(&shorter.events, &longer.events)
            || begins(&shorter.events, &longer.events))
}

/// One key is gone with its scalar, and at most the comment behind them.
pub(super) fn only_deletes(before: &Stream<'_>, after: &Stream<'_>) -> bool {
    let (old, new) = (&before.comments, &after.comments);
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let comments = old == new || (old.len() == new.len() + 1 && old.get(same + 1..) == new.get(same..));
    let mut pairs = runs(&after.events, &before.events, 0);
    comments && pairs.any(|run| before.events.get(run).is_some_and(|run| run.len() == 2 && is_pair(run)))
}

fn adds_pair(shorter: &[Event<'_>], longer: &[Event<'_>]) -> bool {
    runs(shorter, longer, 0).any(|run| longer.get(run).is_some_and(|run| run.len() >= 2 && is_pair(run)))
}

fn fills_null(shorter: &[Event<'_>], longer: &[Event<'_>]) -> bool {
    runs(shorter, longer, 1).any(|run| {
        let null =
            matches!(shorter.get(run.start), Some(Event::Scalar(value, ScalarStyle::Plain, 0, None)) if value == "~");
        null && longer.get(run).is_some_and(is_map_of_pair)
    })
}

/// A document where there was none.
fn begins(shorter: &[Event<'_>], longer: &[Event<'_>]) -> bool {
    let ([Event::StreamStart, Event::StreamEnd], [Event::StreamStart, document @ .., Event::StreamEnd]) =
        (shorter, longer)
    else {
        return false;
    };
    matches!(document, [Event::DocumentStart(false, None), map @ .., Event::DocumentEnd] if is_map_of_pair(map))
}

/// Where the longer list may have one run in the place of `replaced` events of the shorter one; all else is equal.
fn runs<'e>(
    shorter: &'e [Event<'_>],
    longer: &'e [Event<'_>],
    replaced: usize,
) -> impl Iterator<Item = Range<usize>> + 'e {
    let added = (longer.len() + replaced).saturating_sub(shorter.len());
    let same = shorter.iter().zip(longer).take_while(|(old, new)| old == new).count();
    // A run that begins like what follows it can be cut in several ways: one that fits is enough.
    let starts = (0..=same).rev().take(added + 1).filter(move |_| longer.len() > shorter.len());
    starts.filter(move |at| shorter.get(at + replaced..) == longer.get(at + added..)).map(move |at| at..at + added)
}

fn is_map_of_pair(events: &[Event<'_>]) -> bool {
    matches!(events, [Event::MappingStart(_, 0, None), pair @ .., Event::MappingEnd] if is_pair(pair))
}

/// One key with one scalar, or with a map that holds one such pair.
fn is_pair(events: &[Event<'_>]) -> bool {
    match events {
        [Event::Scalar(_, _, 0, None), Event::Scalar(_, _, 0, None)] => true,
        [Event::Scalar(_, _, 0, None), map @ ..] => is_map_of_pair(map),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::kit_tests::{edit, path, set};
    use super::super::super::{Format as _, Proof};
    use super::super::Yaml;
    use crate::catalogue::Locator;

    #[test]
    fn what_is_put_back_is_the_key_that_was_added_and_no_other() {
        let added = edit("a.yaml", Locator::YamlPath(path("b")), set("x"));
        let proven = |new: &str| Yaml.prove("a: 1\nb: x\nc: 2\n", new, &added, &Proof::Removed).is_ok();
        assert!(proven("a: 1\nc: 2\n"));
        assert!(proven("a: 1\nb:\nc: 2\n"), "it was given to a key that stood alone");
        for other in ["b: x\nc: 2\n", "a: 1\nb: y\nc: 2\n", "a: 1\nb: null\nc: 2\n", "a: 1\nb: x\nc:\n", "a: 1\n"] {
            assert!(!proven(other), "{other}");
        }
    }
}
