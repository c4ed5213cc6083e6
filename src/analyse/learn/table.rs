//! The row as YAML, appended to a table as text: what a person wrote stays as it is.

use std::fmt::Write as _;
use std::path::Path;

use super::Draft;
use crate::catalogue::{Origin, parse_patterns};

/// What a new table begins with.
const OPENING: &str = "# Rows that `heal learn` wrote. Review them: they are as good as the samples that they were made from.\npatterns:\n";

/// The row as it stands in a table.
#[must_use]
pub fn yaml(draft: &Draft, indent: usize) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "- name: {}\n  regex: {}\n  severity: {}\n  category: {}\n  description: {}\n",
        draft.name,
        quoted(&draft.regex),
        draft.severity.as_str(),
        draft.category,
        quoted(&draft.description),
    );
    if let Some(level) = draft.min_level {
        let _ = writeln!(text, "  min_level: {}", level.as_str());
    }
    text.push_str("  examples:\n");
    for (key, lines) in [("match", &draft.matches), ("no_match", &draft.no_matches)] {
        if !lines.is_empty() {
            let _ = writeln!(text, "    {key}:");
        }
        for line in lines {
            let _ = writeln!(text, "      - {}", quoted(line));
        }
    }
    let blanks = " ".repeat(indent);
    text.lines().fold(String::new(), |all, line| all + &blanks + line + "\n")
}

/// The table with the row after all others.
///
/// # Errors
/// A table that is none, or in which a row cannot simply be appended.
pub fn appended(file: &Path, table: Option<&[u8]>, draft: &Draft) -> Result<String, String> {
    let old = std::str::from_utf8(table.unwrap_or_default()).map_err(|_| "it is not UTF-8".to_owned())?;
    let origin = Origin { file: file.to_owned(), builtin: false };
    let read = |text: &str| parse_patterns(text.as_bytes(), &origin).map_err(|error| format!("{error:#}"));
    let before = if says_nothing(old) { Vec::new() } else { read(old)? };
    if before.iter().any(|row| row.name == draft.name) {
        return Err(format!("{} has a row `{}` already", file.display(), draft.name));
    }
    let item = |line: &&str| line.trim_start().starts_with("- ");
    let indent = old.lines().find(item).map_or(2, |line| line.len() - line.trim_start().len());
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = opened(old, end);
    if !before.is_empty() {
        text.push_str(end);
    }
    text.push_str(&yaml(draft, indent).replace('\n', end));
    let own = || format!("a row cannot be appended to {} as it is written; add it by hand", file.display());
    let mut after = read(&text).map_err(|_| own())?;
    let last = after.pop().ok_or_else(own)?;
    let told = (last.name, last.regex, last.match_examples, last.no_match_examples);
    let meant = (draft.name.clone(), draft.regex.clone(), draft.matches.clone(), draft.no_matches.clone());
    if after == before && told == meant { Ok(text) } else { Err(own()) }
}

/// Whether there is nothing but comments.
fn says_nothing(table: &str) -> bool {
    let table = table.trim_start_matches('\u{feff}');
    table.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#') || line.trim_end() == "---")
}

/// The table with its last line ended, so that a row may come after it.
fn opened(old: &str, end: &str) -> String {
    if old.trim().is_empty() {
        return OPENING.to_owned();
    }
    let ended = old.ends_with('\n');
    let mut text: String = old.to_owned() + if ended { "" } else { end };
    if says_nothing(old) {
        text.push_str("patterns:");
        text.push_str(end);
    }
    text
}

/// A YAML string that stands for just this text.
fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        // JSON's strings are YAML's.
        return serde_json::to_string(text).unwrap_or_default();
    }
    format!("'{}'", text.replace('\'', "''"))
}
