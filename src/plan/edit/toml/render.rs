//! How a value is written in TOML: in the old one's quotes, and as the old one's kind of number.

use super::super::{Code, Refusal, scalar};
use crate::catalogue::Scalar;

/// The text that takes the place of `old`.
pub(super) fn replacement(old: &str, new: &Scalar) -> Result<String, Refusal> {
    Ok(match new {
        Scalar::Text(text) if old.starts_with('\'') && !needs_escapes(text) && !text.contains('\'') => {
            format!("'{text}'")
        }
        // A date stays one.
        Scalar::Text(text) if is_date(old) && is_date(text) => text.clone(),
        Scalar::Number(number) if is_float(old) && number.scale() == 0 => format!("{number}.0"),
        other => value(other)?,
    })
}

/// A value without an old one to follow.
pub(super) fn value(new: &Scalar) -> Result<String, Refusal> {
    match new {
        Scalar::Text(text) => Ok(scalar::double_quoted(text)),
        Scalar::Null => Err(Refusal::new(Code::NoNull, "TOML has no null; `operation: delete` takes the key away")),
        other => Ok(scalar::plain(other)),
    }
}

/// A key.
pub(super) fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { scalar::double_quoted(name) }
}

fn is_date(text: &str) -> bool {
    text.parse::<toml_edit::Datetime>().is_ok()
}

fn is_float(old: &str) -> bool {
    let number = old.starts_with(|c: char| c.is_ascii_digit() || "+-in".contains(c));
    number && !old.starts_with("0x") && !is_date(old) && (old.contains(['.', 'e', 'E']) || old.ends_with(['f', 'n']))
}

fn needs_escapes(text: &str) -> bool {
    text.chars().any(|c| scalar::needs_escape(c) && c != '\t')
}
