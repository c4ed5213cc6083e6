//! What came of all edits.

use std::collections::BTreeMap;

/// Most wrong edits that are told one by one.
const MAX_TOLD: usize = 20;

#[derive(Debug, Default)]
pub struct Figures {
    pub files: usize,
    /// Files that the other parser does not read: nothing can be said of their edits.
    pub unread: usize,
    pub values: usize,
    /// Values that no path can name: a document that is one value, a key that is a list.
    pub unnamed: usize,
    pub exact: usize,
    /// By their code.
    pub refused: BTreeMap<String, usize>,
    pub wrong: Vec<String>,
}

impl Figures {
    pub fn refuse(&mut self, code: &str) {
        *self.refused.entry(code.to_owned()).or_default() += 1;
    }

    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.unread += other.unread;
        self.values += other.values;
        self.unnamed += other.unnamed;
        self.exact += other.exact;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.wrong.extend(other.wrong);
    }

    pub fn tell(&self, what: &str) {
        let refused: usize = self.refused.values().sum();
        println!(
            "{what}: {} files ({} more that the other parser does not read), {} values ({} that no path names), \
             {} edits exact, {refused} refused, {} wrong",
            self.files,
            self.unread,
            self.values,
            self.unnamed,
            self.exact,
            self.wrong.len(),
        );
        let mut codes: Vec<_> = self.refused.iter().collect();
        codes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let codes: Vec<String> = codes.iter().map(|(code, count)| format!("{code} {count}")).collect();
        if !codes.is_empty() {
            println!("  refused: {}", codes.join(", "));
        }
    }

    pub fn must_hold(&self) {
        let told: Vec<&str> = self.wrong.iter().take(MAX_TOLD).map(String::as_str).collect();
        assert!(self.wrong.is_empty(), "{} edits are wrong:\n{}", self.wrong.len(), told.join("\n"));
    }
}
