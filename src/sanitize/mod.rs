//! Hostile text made harmless: secrets redacted, control characters escaped.

pub mod escape;
pub mod secrets;

use std::borrow::Cow;

pub use escape::{escape, escape_multiline, text_of};
pub use secrets::{KeyLines, Redactor, secret_kind, value_hides, value_is_secret};

/// What is read beyond the bound, so that a secret across it is still seen whole.
const MARGIN: usize = 16 * 1024;

/// Bytes from outside become text that may be stored, shown and sent.
#[derive(Debug)]
pub struct Sanitizer {
    redactor: Redactor,
}

impl Sanitizer {
    /// With the built-in kinds of secrets and the operator's own rules (`redact:` of the configuration).
    ///
    /// # Errors
    /// A rule that is no valid regex; the message names it.
    pub fn new(operator_rules: &[String]) -> anyhow::Result<Self> {
        Ok(Self { redactor: Redactor::new(operator_rules)? })
    }

    /// Also redacts this word wherever it stands, as this kind.
    #[must_use]
    pub fn with_literal(self, word: &str, kind: &'static str) -> Self {
        Self { redactor: self.redactor.with_literal(word, kind) }
    }

    /// The redactor alone, for text that must keep its control characters (a diff).
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The name of a file as it is shown and remembered: redacted and escaped, on one line.
    #[must_use]
    pub fn name(&self, text: &str) -> String {
        escape(&self.redactor.redact(text)).into_owned()
    }

    /// [`name`](Self::name) of a path; what is no UTF-8 in it is shown as `�`.
    #[must_use]
    pub fn path(&self, path: &std::path::Path) -> String {
        self.name(&path.to_string_lossy())
    }

    /// A program's arguments as they are shown: `--password` hides what comes behind it.
    #[must_use]
    pub fn argv(&self, argv: &[String]) -> Vec<String> {
        let list = serde_json::Value::from(argv).to_string();
        let redacted = self.redactor.redact(&list);
        let read = serde_json::from_str(&redacted).ok();
        let read = read.filter(|read: &Vec<String>| read.len() == argv.len());
        let read = read.unwrap_or_else(|| vec!["[REDACTED:argv]".to_owned(); argv.len()]);
        read.iter().map(|argument| self.redactor.redact(argument).into_owned()).collect()
    }

    /// One line of at most `max` bytes: decoded, redacted, then escaped (line ends too) and cut with `…`.
    #[must_use]
    pub fn clean(&self, bytes: &[u8], max: usize) -> String {
        escape::bounded(self.redacted(bytes, max), max, escape::Lines::Escaped)
    }

    /// As [`clean`](Self::clean), and line ends stay.
    #[must_use]
    pub fn clean_multiline(&self, bytes: &[u8], max: usize) -> String {
        escape::bounded(self.redacted(bytes, max), max, escape::Lines::Kept)
    }

    fn redacted<'a>(&self, bytes: &'a [u8], max: usize) -> Cow<'a, str> {
        let bound = max.saturating_mul(2).saturating_add(MARGIN);
        match text_of(bytes.get(..bound).unwrap_or(bytes)) {
            Cow::Borrowed(text) => self.redactor.redact(text),
            Cow::Owned(text) => Cow::Owned(self.redactor.redact(&text).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
