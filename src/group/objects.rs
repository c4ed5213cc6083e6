//! Objects without a message: their names tell the statement, and some of them are not always there.

use std::collections::BTreeMap;

use super::classes::Classes;
use super::frames::join_all;
use super::reader::Reader;
use super::vocabulary::SLOT;

/// So many names at least make an object of a class.
const ENOUGH: usize = 4;
/// Among more objects that begin and end alike none is looked for.
const MOST_ALIKE: usize = 256;

impl Reader<'_> {
    /// `"params":[{"key":"a"},{"key":"b"}]` in an object: a list has as many members as there were to tell of.
    pub(super) fn nested_list(&mut self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default().trim_ascii_end();
        let is = before.ends_with(b"\":") && before.trim_ascii_start().starts_with(b"{\"");
        if is {
            let length = list(self.text.get(self.at..).unwrap_or_default());
            self.out.value(self.at..self.at + length);
            self.at += length;
        }
        is
    }
}

/// Bytes of the list at the beginning of a text, all of it where the list does not end.
fn list(text: &[u8]) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Joins objects that begin and end with the same names, and have most of those between in common. `false` when there
/// was nothing to join.
pub(super) fn alike(all: &mut Classes) -> bool {
    let mut alike: BTreeMap<[u32; 3], Vec<(usize, Vec<u32>)>> = BTreeMap::new();
    for class in 0..all.len() {
        let names = names(all, class);
        if let ([first, second, ..], Some(last), true) = (&*names, names.last(), names.len() >= ENOUGH) {
            alike.entry([*first, *second, *last]).or_default().push((class, names));
        }
    }
    let mut joins = Vec::new();
    for objects in alike.values().filter(|objects| objects.len() <= MOST_ALIKE) {
        for (at, (class, names)) in objects.iter().enumerate() {
            let same = objects
                .iter()
                .skip(at + 1)
                .filter(|(_, other)| in_common(names, other) * 4 >= names.len().max(other.len()) * 3);
            joins.extend(same.map(|(other, _)| (*class, *other)));
        }
    }
    join_all(all, joins)
}

/// The names of an object; none where it has words that are no names of values.
fn names(all: &Classes, class: usize) -> Vec<u32> {
    let form = all.forms.get(class).map(Vec::as_slice).unwrap_or_default();
    let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
    let is_object = form.first() != Some(&SLOT)
        && form.iter().zip(marks).skip(1).all(|(word, mark)| *word == SLOT || mark.keyed)
        && form.windows(2).all(|pair| pair.contains(&SLOT));
    if is_object { form.iter().copied().filter(|word| *word != SLOT).collect() } else { Vec::new() }
}

/// So many names stand in both, in the same order.
fn in_common(left: &[u32], right: &[u32]) -> usize {
    let mut before = vec![0; right.len() + 1];
    for name in left {
        let mut diagonal = 0;
        for (at, other) in right.iter().enumerate() {
            let above = before.get(at + 1).copied().unwrap_or_default();
            let beside = before.get(at).copied().unwrap_or_default();
            let best = if name == other { diagonal + 1 } else { above.max(beside) };
            diagonal = above;
            if let Some(slot) = before.get_mut(at + 1) {
                *slot = best;
            }
        }
    }
    before.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::statements::tests::settled;

    #[test]
    fn names_of_an_object_are_not_always_there() {
        let found = settled(&[
            r#"{"method":"GET","path":"/a","status":200,"params":[],"user":5,"cache":"miss","ms":7}"#,
            r#"{"method":"PUT","path":"/b","status":404,"params":[{"key":"x","value":[1]}],"user":6,"cache":"hit","ms":8}"#,
            r#"{"method":"GET","path":"/c","status":200,"params":[{"key":"]"}],"user":7,"ms":9}"#,
            r#"{"method":"GET","path":"/c","status":200,"params":[],"user":7,"ms":9,"exception":"x"}"#,
            r#"{"method":"GET","topic":"/c","status":200,"params":[],"user":7,"ms":9}"#,
        ]);
        assert_eq!((&found[0], &found[0]), (&found[1], &found[2]));
        assert!(found[3] != found[0] && found[4] != found[0], "{found:?}");
    }
}
