//! Looks for many longer texts at once: four bytes at every fourth place tell whether one of them may stand there.

use super::literals::frequency;

/// As long a text holds four bytes that begin at a fourth place, wherever it stands.
pub(super) const SHORTEST: usize = STEP + GRAM - 1;
const GRAM: usize = 4;
const STEP: usize = 4;
/// Bits of the table that most places are refused by.
const BITS: u32 = 16;

/// Finds the first of its texts.
#[derive(Debug)]
pub(super) struct Grams {
    /// One bit for each hash of four bytes that a text holds.
    table: Vec<u64>,
    /// Four bytes, how far within a text they stand, and which text: sorted.
    places: Vec<(u32, usize, usize)>,
    texts: Vec<Vec<u8>>,
}

impl Grams {
    /// Every text is in lower case and no shorter than [`SHORTEST`].
    pub(super) fn new(texts: Vec<Vec<u8>>) -> Self {
        let mut table = vec![0; 1 << (BITS - 6)];
        let mut known = Vec::with_capacity(texts.len() * STEP);
        for (index, text) in texts.iter().enumerate() {
            for (within, gram) in text.windows(GRAM).take(STEP).enumerate() {
                let Some(key) = key(gram) else { continue };
                let (word, bit) = place(key);
                if let Some(word) = table.get_mut(word) {
                    *word |= bit;
                }
                known.push((key, within, index));
            }
        }
        known.sort_unstable();
        Self { table, places: known, texts }
    }

    /// Where the first text at `from` or after it stands, and which it is: of several at one place the longest.
    pub(super) fn find(&self, folded: &[u8], from: usize) -> Option<(usize, usize)> {
        let first = from.next_multiple_of(STEP);
        let (places, _) = folded.get(first..)?.as_chunks::<GRAM>();
        let table = self.table.as_slice();
        for (number, gram) in places.iter().enumerate() {
            let key = u32::from_le_bytes(*gram);
            let (word, bit) = place(key);
            if table.get(word).is_some_and(|word| word & bit != 0)
                && let Some(found) = self.at(folded, key, first + number * STEP, from)
            {
                return Some(found);
            }
        }
        None
    }

    /// The text that has these four bytes at `at`.
    fn at(&self, folded: &[u8], key: u32, at: usize, from: usize) -> Option<(usize, usize)> {
        let begin = self.places.partition_point(|gram| gram.0 < key);
        let same = self.places.get(begin..)?.iter().take_while(|gram| gram.0 == key);
        let mut best: Option<(usize, usize, usize)> = None;
        for (_, within, index) in same {
            let (Some(start), Some(text)) = (at.checked_sub(*within), self.texts.get(*index)) else { continue };
            let better = best.is_none_or(|(place, length, _)| (start, length) < (place, text.len()));
            if start >= from && better && folded.get(start..).is_some_and(|rest| rest.starts_with(text)) {
                best = Some((start, text.len(), *index));
            }
        }
        best.map(|(start, _, index)| (start, index))
    }
}

fn key(gram: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(gram.first_chunk::<GRAM>().copied()?))
}

/// The word of the table and the bit in it.
const fn place(key: u32) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9e37_79b1) >> (32 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
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
