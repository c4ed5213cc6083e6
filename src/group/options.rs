//! Parts within a statement that are not always there: `, subrequest: <*>`.

use std::collections::HashMap;

use super::classes::Classes;
use super::commons::Commons;
use super::frames::join_all;
use super::vocabulary::{SLOT, Words};

/// So many words must tell something of the statement without the part.
const ENOUGH: usize = 2;

/// Joins statements that are equal but for a name with its value somewhere within: what is added at the end says more,
/// `authentication failure; rhost=<*> user=<*>`. `false` when there was nothing to join.
pub(super) fn optional(all: &mut Classes, words: &Words<'_>, commons: &Commons) -> bool {
    let mut joins = Vec::new();
    let mut without = Vec::new();
    for (class, form) in all.forms.iter().enumerate() {
        let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
        for (at, _) in marks.iter().enumerate().filter(|(at, mark)| *at > 0 && mark.keyed) {
            let within = form.get(at + 1) == Some(&SLOT) && form.len() > at + 2;
            if !within || commons.telling(form, &(at..at + 2), 2, words) < ENOUGH {
                continue;
            }
            without.clear();
            without.extend_from_slice(form.get(..at).unwrap_or_default());
            without.extend_from_slice(form.get(at + 2..).unwrap_or_default());
            joins.extend(all.by_form.get(&without).map(|other| (class, *other)));
        }
    }
    joins.extend(counted(all, words, commons));
    join_all(all, joins)
}

/// Statements that say the same before a list of pairs, `disconnect from <*> ehlo=<*> quit=<*> commands=<*>`, which ends
/// with the same name and has others only where there was something to count.
fn counted(all: &Classes, words: &Words<'_>, commons: &Commons) -> Vec<(usize, usize)> {
    let mut first: HashMap<(&[u32], u32), usize> = HashMap::new();
    let mut joins = Vec::new();
    for (class, form) in all.forms.iter().enumerate() {
        let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
        let Some(start) = marks.iter().position(|mark| mark.keyed) else { continue };
        let (head, pairs) = form.split_at_checked(start).unwrap_or_default();
        let keyed = |(at, word): (usize, &u32)| match at % 2 {
            0 => *word != SLOT && !words.is_state(*word) && marks.get(start + at).is_some_and(|mark| mark.counted),
            _ => *word == SLOT,
        };
        let listed = pairs.len() > 3 && pairs.len() % 2 == 0 && pairs.iter().enumerate().all(keyed);
        let Some(last) = pairs.get(pairs.len().wrapping_sub(2)).filter(|_| listed) else { continue };
        // An object has but a name there.
        let said = head.iter().filter(|word| **word != SLOT).count();
        if said < 2 || commons.telling(head, &(0..0), 1, words) == 0 {
            continue;
        }
        let other = *first.entry((head, *last)).or_insert(class);
        joins.extend((other != class).then_some((class, other)));
    }
    joins
}

#[cfg(test)]
mod tests {
    use super::super::statements::tests::settled;

    #[test]
    fn a_name_with_its_value_may_be_missing_within() {
        let found = settled(&[
            "authentication failure; logname= uid=0 tty=ssh rhost=10.0.0.1",
            "authentication failure; logname= uid=0 tty=ssh rhost=10.0.0.1 user=anna",
            "connect failed while reading, client: 10.0.0.1, request: \"GET /\", host: \"a\"",
            "connect failed while reading, client: 10.0.0.1, request: \"GET /\", subrequest: \"/x\", host: \"a\"",
        ]);
        assert_ne!(found[0], found[1]);
        assert_eq!(found[2], found[3]);
    }

    #[test]
    fn counters_may_be_missing_in_a_list_that_ends_alike() {
        let found = settled(&[
            "disconnect from a1[10.0.0.1] ehlo=1 mail=1 quit=1 commands=3",
            "disconnect from a1[10.0.0.1] helo=1 unknown=0/1 commands=1/2",
            "disconnect from a1[10.0.0.1] ehlo=1 quit=1 lost=2",
        ]);
        assert_eq!(found[0], found[1]);
        assert_ne!(found[0], found[2]);
    }

    #[test]
    fn words_that_name_no_value_make_another_statement() {
        let found = settled(&[
            "the server closed connection 12",
            "the server closed connection 12 after 30",
            "slow a=1",
            "slow a=1 b=2",
        ]);
        assert_ne!(found[0], found[1]);
        assert_ne!(found[2], found[3]);
    }
}
