//! Looks for many longer texts at once: four bytes at every fourth place tell whether one of them may stand there.

use super::literals::frequency;

/// As long a text holds four bytes that begin at a fourth place, wherever it stands.
pub(super) const SHORTEST: usize = STEP + GRAM - 1;
const GRAM: usize = 4;
const STEP: usize = 4;
/// So many places are looked at before one branch.
const AT_ONCE: usize = 8;
/// Entries of the table that most places are refused by, as a power of two: it stays in the first-level cache.
const BITS: u32 = 14;

/// Finds the first of its texts.
#[derive(Debug)]
pub(super) struct Grams {
    /// For each hash of four bytes that a text holds the number of its bucket; 0 for all others.
    table: Box<[u8; 1 << BITS]>,
    /// The first one is empty.
    buckets: Vec<Vec<Place>>,
    texts: Vec<Vec<u8>>,
}

/// Four bytes of a text.
#[derive(Debug)]
struct Place {
    key: u32,
    /// How far within the text they stand.
    within: usize,
    /// Which text.
    text: usize,
    /// How the text begins, and which bits of that are its own.
    head: u64,
    mask: u64,
}

/// So many bytes of a text are compared at once.
const HEAD: usize = 8;

impl Place {
    fn new(key: u32, within: usize, index: usize, text: &[u8]) -> Self {
        let mut head = [0; HEAD];
        let mut mask = [0; HEAD];
        for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(text) {
            (*head, *mask) = (*byte, u8::MAX);
        }
        Self { key, within, text: index, head: u64::from_le_bytes(head), mask: u64::from_le_bytes(mask) }
    }

    /// Whether `rest` may begin with the text.
    fn may_begin(&self, rest: &[u8]) -> bool {
        rest.first_chunk().is_none_or(|head| u64::from_le_bytes(*head) & self.mask == self.head)
    }
}

impl Grams {
    /// Every text is in lower case and no shorter than [`SHORTEST`].
    pub(super) fn new(texts: Vec<Vec<u8>>) -> Self {
        let mut table = Box::new([0; 1 << BITS]);
        let mut buckets: Vec<Vec<Place>> = (0..=u8::MAX).map(|_| Vec::new()).collect();
        let mut last = 0;
        for (index, text) in texts.iter().enumerate() {
            for (within, gram) in text.windows(GRAM).take(STEP).enumerate() {
                let Some(key) = key(gram) else { continue };
                let Some(bucket) = table.get_mut(hash(key)) else { continue };
                if *bucket == 0 {
                    // More hashes than numbers share their buckets.
                    last = last % u8::MAX + 1;
                    *bucket = last;
                }
                if let Some(bucket) = buckets.get_mut(usize::from(*bucket)) {
                    bucket.push(Place::new(key, within, index, text));
                }
            }
        }
        Self { table, buckets, texts }
    }

    /// Where the first text at `from` or after it stands, and which it is: of several at one place the longest.
    pub(super) fn find(&self, folded: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut at = from.next_multiple_of(STEP);
        let (places, _) = folded.get(at..)?.as_chunks::<GRAM>();
        let (groups, rest) = places.as_chunks::<AT_ONCE>();
        for group in groups {
            if group.iter().fold(0, |any, gram| any | self.bucket(*gram)) != 0
                && let Some(found) = self.first(folded, group, at, from)
            {
                return Some(found);
            }
            at += AT_ONCE * STEP;
        }
        self.first(folded, rest, at, from)
    }

    /// The first text that has one of these grams, which stand from `start` on.
    fn first(&self, folded: &[u8], grams: &[[u8; GRAM]], start: usize, from: usize) -> Option<(usize, usize)> {
        grams.iter().enumerate().find_map(|(number, gram)| {
            let bucket = self.bucket(*gram);
            if bucket == 0 { None } else { self.at(folded, bucket, *gram, start + number * STEP, from) }
        })
    }

    fn bucket(&self, gram: [u8; GRAM]) -> u8 {
        self.table.get(hash(u32::from_le_bytes(gram))).copied().unwrap_or_default()
    }

    /// The text that has these four bytes at `at`.
    fn at(&self, folded: &[u8], bucket: u8, gram: [u8; GRAM], at: usize, from: usize) -> Option<(usize, usize)> {
        let key = u32::from_le_bytes(gram);
        let same = self.buckets.get(usize::from(bucket))?.iter().filter(|place| place.key == key);
        let mut best: Option<(usize, usize, usize)> = None;
        for place in same {
            let Some(start) = at.checked_sub(place.within).filter(|start| *start >= from) else { continue };
            let rest = folded.get(start..).unwrap_or_default();
            let Some(text) = self.texts.get(place.text).filter(|_| place.may_begin(rest)) else { continue };
            let better = best.is_none_or(|(place, length, _)| (start, length) < (place, text.len()));
            if better && rest.starts_with(text) {
                best = Some((start, text.len(), place.text));
            }
        }
        best.map(|(start, _, index)| (start, index))
    }
}

fn key(gram: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(gram.first_chunk::<GRAM>().copied()?))
}

const fn hash(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// The part of a text whose beginning is rarest.
pub(super) fn rarest_tail(text: &[u8]) -> &[u8] {
    let common = |start: &[u8]| {
        start.windows(GRAM).map(|gram| gram.iter().map(|byte| frequency(*byte)).product::<f64>()).sum::<f64>()
    };
    text.windows(SHORTEST)
        .enumerate()
        .min_by(|(_, left), (_, right)| common(left).total_cmp(&common(right)))
        .and_then(|(start, _)| text.get(start..))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_text_wherever_it_stands() {
        let texts = ["refused", "refused by", "timeout", "no such file"].map(|text| text.as_bytes().to_vec());
        let grams = Grams::new(texts.to_vec());
        for shift in 0..9 {
            let line = format!("{}refused by a timeoutimeout; no such file", "x".repeat(shift));
            let mut found = Vec::new();
            let mut from = 0;
            while let Some((at, index)) = grams.find(line.as_bytes(), from) {
                found.push((at - shift, index));
                from = at + 1;
            }
            assert_eq!(found, [(0, 1), (13, 2), (19, 2), (28, 3)], "{shift}");
        }
    }

    #[test]
    fn of_texts_found_at_one_place_the_first_goes_before() {
        let grams = Grams::new(vec![b"cdefghi".to_vec(), b"abcdefg".to_vec()]);
        assert_eq!(grams.find(b"..abcdefghi", 0), Some((2, 1)));
        assert_eq!(grams.find(b"..abcdefghi", 3), Some((4, 0)));
        assert_eq!(grams.find(b"..abcdefghi", 5), None);
    }
}
