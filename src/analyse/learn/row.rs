//! What stands in a row beside its regex: name, category, description.

use std::collections::BTreeSet;

use crate::catalogue::Catalogue;

/// Most words of a name.
const MAX_WORDS: usize = 4;
/// Longest name that is made, in characters.
const MAX_NAME: usize = 48;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 120;
/// Words that tell nothing.
const EMPTY: [&str; 27] = [
    "a", "an", "and", "at", "after", "before", "by", "for", "from", "in", "into", "is", "was", "of", "on", "or", "the",
    "to", "with", "while", "error", "warning", "msg", "level", "info", "debug", "ms",
];

/// The words of a template, in lower case.
pub(super) fn words(template: &str) -> Vec<String> {
    let split = template.split(|c: char| !c.is_ascii_alphanumeric());
    let word = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    split.filter(word).map(str::to_ascii_lowercase).collect()
}

/// A name of the words that tell most.
pub(super) fn name(words: &[String]) -> String {
    let mut name = String::new();
    for word in words.iter().filter(|word| !EMPTY.contains(&word.as_str())).take(MAX_WORDS) {
        if name.len() + word.len() < MAX_NAME {
            name = if name.is_empty() { word.clone() } else { format!("{name}_{word}") };
        }
    }
    if name.is_empty() { "learned".to_owned() } else { name }
}

/// This name, or the next one that is free.
#[must_use]
pub fn free_name(name: &str, taken: &BTreeSet<&str>) -> String {
    let numbered = (2_u64..).map(|number| format!("{name}_{number}"));
    let mut all = std::iter::once(name.to_owned()).chain(numbered);
    all.find(|name| !taken.contains(name.as_str())).unwrap_or_default()
}

/// The names that are taken.
#[must_use]
pub fn names_of(catalogue: &Catalogue) -> BTreeSet<&str> {
    catalogue.patterns.iter().map(|pattern| pattern.name.as_str()).collect()
}

/// A category of the tables that the text names; else `unknown`.
pub(super) fn category(words: &[String], catalogue: &Catalogue) -> String {
    let of = |word: &String| catalogue.patterns.iter().find(|pattern| pattern.category == *word);
    words.iter().find_map(of).map_or_else(|| "unknown".to_owned(), |pattern| pattern.category.clone())
}

/// The text with its values left out.
pub(super) fn description(template: &str) -> String {
    let text = template.lines().next().unwrap_or_default().replace("<*>", "...");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = text.chars().take(MAX_DESCRIPTION).collect();
    if short.len() < text.len() { format!("{}...", short.trim_end()) } else { short }
}
