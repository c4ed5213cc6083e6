//! One secret that heal itself holds, found wherever it stands.

use std::fmt;

use memchr::memmem::Finder;

use super::Found;

/// The word and its kind.
pub(super) struct Literal {
    finder: Finder<'static>,
    kind: &'static str,
}

impl fmt::Debug for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[REDACTED:{}]", self.kind)
    }
}

impl Literal {
    /// `None`: the empty word stands everywhere.
    pub fn new(word: &str, kind: &'static str) -> Option<Self> {
        (!word.is_empty()).then(|| Self { finder: Finder::new(word).into_owned(), kind })
    }

    /// Where it stands.
    pub fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Found> + 'a {
        let length = self.finder.needle().len();
        self.finder.find_iter(text.as_bytes()).filter_map(move |at| Found::new(at..at + length, self.kind))
    }
}
