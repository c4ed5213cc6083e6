//! The statements behind the messages of a run: signatures are counted, and settled once many are known.

use std::collections::HashMap;

use super::signature::{MAX_BYTES, Part, SLOT, Signature};
use super::slots::{self, Entry};
use crate::sanitize::Sanitizer;

/// What is remembered of messages takes at most so many bytes.
const MOST_BYTES: usize = 20 << 20;

/// Takes messages, and tells at the end which are of one statement.
#[derive(Debug)]
pub(super) struct Statements {
    rows: Vec<Row>,
    /// Keys of messages as they were written; they may hold secrets, and are never shown.
    by_message: HashMap<Box<[u8]>, usize>,
    by_key: HashMap<Box<[u8]>, usize>,
    signature: Signature,
    most: usize,
    bytes: usize,
}

/// The messages with one signature.
#[derive(Debug)]
struct Row {
    key: Box<[u8]>,
    /// The first message, redacted and escaped.
    text: String,
    parts: Vec<Part>,
    count: u64,
    /// What it was called before, when it must keep its name.
    name: Option<String>,
}

/// The constant text of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    /// For a person: one message, with its marks.
    pub text: String,
    /// For comparing: the words alone, the same whichever message came first.
    pub words: String,
}

/// What the rows have become.
#[derive(Debug)]
pub(super) struct Settled {
    /// The statement of each row.
    pub class: Vec<usize>,
    /// The template of each statement.
    pub templates: Vec<Template>,
}

impl Statements {
    /// Remembers at most so many signatures.
    pub fn new(most: usize) -> Self {
        Self {
            rows: Vec::new(),
            by_message: HashMap::new(),
            by_key: HashMap::new(),
            signature: Signature::default(),
            most,
            bytes: 0,
        }
    }

    /// The template of an earlier run. It keeps its name, and earlier ones go before later ones.
    pub fn know(&mut self, template: &str) -> Option<usize> {
        let mut signature = std::mem::take(&mut self.signature);
        signature.of(template.as_bytes());
        let at = self.row(&signature, template);
        self.signature = signature;
        let at = at?;
        if let Some(row) = self.rows.get_mut(at) {
            row.name.get_or_insert_with(|| template.to_owned());
        }
        Some(at)
    }

    /// The row of a message, counted. `None` when it is of a new kind, and there are too many.
    pub fn add(&mut self, message: &[u8], sanitizer: &Sanitizer) -> Option<usize> {
        let mut signature = std::mem::take(&mut self.signature);
        signature.of(message);
        let at = self.by_message.get(signature.key.as_slice()).copied().or_else(|| {
            let alias = signature.key.clone().into_boxed_slice();
            // Redacted first: a secret must not become part of a template, nor of an id.
            let text = sanitizer.clean(message, MAX_BYTES);
            if text.as_bytes() != message {
                signature.of(text.as_bytes());
            }
            let at = self.row(&signature, &text)?;
            if self.bytes < MOST_BYTES {
                self.bytes += alias.len() + 64;
                self.by_message.insert(alias, at);
            }
            Some(at)
        });
        self.signature = signature;
        self.rows.get_mut(at?)?.count += 1;
        at
    }

    /// The row of a message that was redacted, and whose signature this is, counted.
    pub fn add_clean(&mut self, message: &str, signature: &Signature) -> Option<usize> {
        let at = self.row(signature, message)?;
        self.rows.get_mut(at)?.count += 1;
        Some(at)
    }

    fn row(&mut self, signature: &Signature, text: &str) -> Option<usize> {
        if let Some(at) = self.by_key.get(signature.key.as_slice()) {
            return Some(*at);
        }
        let at = self.rows.len();
        if at >= self.most || self.bytes >= MOST_BYTES {
            return None;
        }
        let key = signature.key.clone().into_boxed_slice();
        self.bytes += 2 * key.len() + text.len() + signature.parts.len() * size_of::<Part>() + 256;
        self.by_key.insert(key.clone(), at);
        self.rows.push(Row { key, text: text.to_owned(), parts: signature.parts.clone(), count: 0, name: None });
        Some(at)
    }

    /// The template of a row by itself.
    pub fn template(&self, row: usize) -> Template {
        self.rows.get(row).map(|row| row.template(&[])).unwrap_or_default()
    }

    /// Its messages so far.
    pub fn count(&self, row: usize) -> u64 {
        self.rows.get(row).map_or(0, |row| row.count)
    }

    /// From now on it is called so.
    pub fn name(&mut self, row: usize, template: &str) {
        if let Some(row) = self.rows.get_mut(row) {
            row.name.get_or_insert_with(|| template.to_owned());
        }
    }

    /// Finds the statements.
    pub fn settle(&self) -> Settled {
        let entries: Vec<_> =
            self.rows.iter().map(|row| Entry { key: &row.key, count: row.count, known: row.name.is_some() }).collect();
        let settled = slots::settle(&entries);
        let shown = settled.shown.iter().map(|at| {
            let slots = settled.slots.get(*at).map(Vec::as_slice).unwrap_or_default();
            self.rows.get(*at).map(|row| row.template(slots)).unwrap_or_default()
        });
        let templates = shown.collect();
        Settled { class: settled.class, templates }
    }
}

/// The template of a message by itself, without any other to compare it with.
pub(super) fn template(message: &[u8], sanitizer: &Sanitizer) -> Template {
    let text = sanitizer.clean(message, MAX_BYTES);
    let mut signature = Signature::default();
    signature.of(text.as_bytes());
    Template::of(&text, &signature.parts, &[])
}

impl Row {
    fn template(&self, slots: &[u16]) -> Template {
        Template::of(&self.text, &self.parts, slots)
    }
}

/// Longest template, in bytes.
const LONGEST: usize = 512;

impl Template {
    /// The text with a slot for each value, and for the words in `slots`, which are counted from the first word or
    /// value that counts; the marks between two values go with them.
    fn of(text: &str, parts: &[Part], slots: &[u16]) -> Self {
        let mut shown = String::with_capacity(text.len().min(LONGEST) + 8);
        let mut words = String::new();
        // A value before the first word does not count.
        let leading = usize::from(parts.len() > 1 && parts.first().is_some_and(|part| part.value));
        let mut at = 0;
        let mut after_value = false;
        // Brackets that were opened within a run of values.
        let mut open = 0;
        for (index, part) in parts.iter().enumerate() {
            let widened = slots.iter().any(|slot| usize::from(*slot) + leading == index);
            let value = part.value || widened;
            let between = text.get(at..part.range.start).unwrap_or_default();
            at = part.range.end;
            let inside = text.get(part.range.clone()).unwrap_or_default();
            if value && after_value {
                open = opened(inside, opened(between, open));
                continue;
            }
            push_blanks_once(&mut shown, without_closing(between, open));
            open = if value { opened(inside, 0) } else { 0 };
            let word = if value { SLOT } else { inside };
            shown.push_str(word);
            if !value || !words.is_empty() || parts.len() == 1 {
                words.push_str(if words.is_empty() { "" } else { " " });
                words.push_str(word);
            }
            after_value = value;
            if shown.len() > LONGEST {
                shown.push_str(" ...");
                return Self { text: shown, words };
            }
        }
        let rest = without_closing(text.get(at..).unwrap_or_default(), open);
        let rest = if rest.chars().any(char::is_alphanumeric) { " ..." } else { rest };
        push_blanks_once(&mut shown, rest);
        shown.truncate(shown.trim_end().len());
        Self { text: shown, words }
    }
}

/// How many brackets are open after `text`, of which so many were before.
fn opened(text: &str, before: usize) -> usize {
    text.chars().fold(before, |open, c| match c {
        '(' | '[' | '{' | '<' => open + 1,
        ')' | ']' | '}' | '>' => open.saturating_sub(1),
        _ => open,
    })
}

/// Without the ends of so many brackets at its beginning.
fn without_closing(text: &str, open: usize) -> &str {
    let closing = text.chars().take(open).take_while(|c| matches!(c, ')' | ']' | '}' | '>')).count();
    text.get(closing..).unwrap_or_default()
}

fn push_blanks_once(out: &mut String, text: &str) {
    for c in text.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
