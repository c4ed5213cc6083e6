//! The members of a JSON object that comes in pieces: of whatever length, in little memory.

/// Most bytes of a value that are kept.
const MOST: usize = super::record::MOST_BYTES;
/// Keys that mean something are short.
const LONGEST_KEY: usize = 64;

/// Follows one JSON object from its opening brace on.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Objects and lists that are open.
    depth: usize,
    place: Place,
    key: Vec<u8>,
    value: Vec<u8>,
    ended: bool,
    /// It was no object after all, or something follows it.
    broken: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Place {
    /// Between strings.
    #[default]
    Key,
    /// After the colon.
    Value,
    Text {
        of_key: bool,
        escaped: bool,
    },
}

impl Members {
    /// Takes the next piece. `visit` hears of each member of the object itself: its key, and its value, without quotes
    /// and no longer than a record may be. Lists and objects within have no value.
    pub(super) fn feed(&mut self, mut piece: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) {
        while let [first, rest @ ..] = piece {
            if let Place::Text { of_key, escaped } = self.place {
                piece = self.text(piece, of_key, escaped, visit);
            } else {
                self.between(*first, visit);
                piece = rest;
            }
            if self.broken {
                return;
            }
        }
    }

    /// The object has ended, and nothing came after it.
    pub(super) const fn is_whole(&self) -> bool {
        self.ended && !self.broken
    }

    /// Inside of a string; gives what follows what was taken.
    fn text<'a>(
        &mut self,
        piece: &'a [u8],
        of_key: bool,
        escaped: bool,
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> &'a [u8] {
        if escaped {
            let (one, rest) = piece.split_at(1.min(piece.len()));
            self.keep(one, of_key);
            self.place = Place::Text { of_key, escaped: false };
            return rest;
        }
        let end = memchr::memchr2(b'"', b'\\', piece);
        let (plain, rest) = piece.split_at(end.unwrap_or(piece.len()));
        self.keep(plain, of_key);
        match rest {
            [b'\\', rest @ ..] => {
                self.keep(b"\\", of_key);
                self.place = Place::Text { of_key, escaped: true };
                rest
            }
            [_, rest @ ..] => {
                self.place = if of_key { Place::Key } else { Place::Value };
                if self.depth == 1 && !of_key {
                    visit(&self.key, &self.value);
                    self.value.clear();
                    self.key.clear();
                }
                rest
            }
            [] => rest,
        }
    }

    fn between(&mut self, byte: u8, visit: &mut dyn FnMut(&[u8], &[u8])) {
        match byte {
            _ if self.ended || (self.depth == 0 && byte != b'{') => self.broken |= !byte.is_ascii_whitespace(),
            b'"' => {
                let of_key = self.depth == 1 && self.place == Place::Key;
                if of_key {
                    self.key.clear();
                }
                self.value.clear();
                self.place = Place::Text { of_key, escaped: false };
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.place = if self.depth == 1 { Place::Key } else { Place::Value };
            }
            b'}' | b']' => {
                self.scalar(visit);
                self.depth -= 1;
                self.ended = self.depth == 0;
                self.place = Place::Value;
            }
            b':' if self.depth == 1 => self.place = Place::Value,
            b',' if self.depth == 1 => {
                self.scalar(visit);
                self.place = Place::Key;
            }
            _ if self.depth == 1 && self.place == Place::Value && !byte.is_ascii_whitespace() => {
                self.keep(&[byte], false);
            }
            _ => {}
        }
    }

    /// A number or a word ends where the next member begins.
    fn scalar(&mut self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        if self.depth == 1 && !self.value.is_empty() && !self.key.is_empty() {
            visit(&self.key, &self.value);
        }
        self.value.clear();
    }

    fn keep(&mut self, bytes: &[u8], of_key: bool) {
        if self.depth != 1 {
            return;
        }
        let (kept, most) = if of_key { (&mut self.key, LONGEST_KEY) } else { (&mut self.value, MOST) };
        let room = most.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &[u8], step: usize) -> (Vec<String>, bool) {
        let mut members = Members::default();
        let mut found = Vec::new();
        for piece in text.chunks(step) {
            members.feed(piece, &mut |key, value| {
                found.push(format!("{}={}", String::from_utf8_lossy(key), String::from_utf8_lossy(value)));
            });
        }
        (found, members.is_whole())
    }

    #[test]
    fn a_member_is_found_whatever_piece_it_stands_in() {
        let text =
            br#" {"a": "x\"y,:}", "n":{"level":"info","l":["{",{}]}, "level" : "error", "code":-1.5e3 , "e\"k":true} "#;
        let found = ["a=x\\\"y,:}", "level=error", "code=-1.5e3", "e\\\"k=true"].map(str::to_owned);
        for step in 1..text.len() {
            assert_eq!(members(text, step), (found.to_vec(), true), "{step}");
        }
    }

    #[test]
    fn what_is_no_object_is_told() {
        for text in ["", "[]", "x", "{", r#"{"a":"b"#, r#"{"a":1} x"#, r#"{"a":1}{"#, "]]", r#""a""#] {
            assert!(!members(text.as_bytes(), 3).1, "{text}");
        }
        assert!(members(b"{}\r\n", 1).1);
    }

    #[test]
    fn little_is_kept_of_much() {
        let text = format!(r#"{{"message":"{}","{}":1,"level":3}}"#, "x".repeat(1 << 20), "k".repeat(1 << 20));
        let (found, whole) = members(text.as_bytes(), 4096);
        assert!(whole && found.iter().all(|one| one.len() < 70_000));
        assert_eq!(found.last().map(String::as_str), Some("level=3"));
    }
}
