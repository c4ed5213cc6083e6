//! How a new scalar is written: in the old one's style, and plain only where every reader agrees.

use std::ops::Range;

use super::super::{scalar, slice};
use crate::catalogue::Scalar;

/// The text that takes the place of the scalar at `span`.
pub(super) fn replacement(text: &str, span: &Range<usize>, new: &Scalar, in_flow: bool) -> String {
    let old = slice(text, span);
    let written = match new {
        Scalar::Text(value) if old.starts_with('\'') && !needs_escapes(value) => {
            format!("'{}'", value.replace('\'', "''"))
        }
        Scalar::Text(value) if old.starts_with('"') => scalar::double_quoted(value),
        Scalar::Text(value) if same_unit(old, value) => value.clone(),
        other => value(other, in_flow),
    };
    if old.is_empty() { behind_indicator(text, span, &written, in_flow) } else { written }
}

/// A value where none is written yet: an implicit null stands right behind its indicator. In `{key}` there is none.
pub(super) fn behind_indicator(text: &str, span: &Range<usize>, written: &str, in_flow: bool) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let lead = match before.chars().next_back() {
        None | Some(' ' | '\t') => "",
        Some(':' | '-' | '?') => " ",
        Some(_) if in_flow => ": ",
        Some(_) => " ",
    };
    let trail = if after.starts_with('#') { " " } else { "" };
    format!("{lead}{written}{trail}")
}

/// `30s` becomes `60s`: what every reader took for a string, it takes for one again.
fn same_unit(old: &str, new: &str) -> bool {
    let unit = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned();
    let scaled = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    scaled(old)
        && scaled(new)
        && !unit(old).is_empty()
        && unit(old) == unit(new)
        && unit(new).chars().all(|c| c.is_alphabetic() || c == '%')
}

/// A scalar without an old style to follow.
pub(super) fn value(new: &Scalar, in_flow: bool) -> String {
    match new {
        Scalar::Text(text) if is_plain_everywhere(text, in_flow) => text.clone(),
        Scalar::Text(text) => scalar::double_quoted(text),
        other => scalar::plain(other),
    }
}

/// A key.
pub(super) fn key(name: &str, in_flow: bool) -> String {
    if is_plain_everywhere(name, in_flow) { name.to_owned() } else { scalar::double_quoted(name) }
}

fn needs_escapes(text: &str) -> bool {
    text.chars().any(scalar::needs_escape)
}

/// Whether YAML 1.1 and 1.2 readers all take the word for this very string.
fn is_plain_everywhere(text: &str, in_flow: bool) -> bool {
    const WORDS: [&str; 16] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf", "~", "<<", "=", "-"];
    let starts_well = text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '/');
    let safe =
        |c: char| c.is_alphanumeric() || "_-./+@%".contains(c) || (!in_flow && (c == ' ' || c == '(' || c == ')'));
    starts_well
        && !text.ends_with(' ')
        && !needs_escapes(text)
        && text.chars().all(safe)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        && matches!(scalar::resolve(text), Scalar::Text(_))
}
