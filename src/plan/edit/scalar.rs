//! Scalars: what they mean, whether two mean the same, and how a table's one is written plainly.

use std::fmt::Write as _;

use crate::catalogue::Scalar;

use super::number;

/// What a plain word means to every reader that follows the YAML 1.2 core schema.
pub(super) fn resolve(plain: &str) -> Scalar {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        other => number::parse(other).map_or_else(|| Scalar::Text(other.to_owned()), Scalar::Number),
    }
}

/// Whether two scalars mean the same: `1.0` is `1`, but `"8080"` is not `8080`.
pub(super) fn same(a: &Scalar, b: &Scalar) -> bool {
    a == b
}

/// A table's scalar as its bare text.
pub(super) fn plain(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => text.clone(),
    }
}

/// What no reader is shown as it is: control characters, Unicode's line ends, the mark of the byte order, no characters.
pub(super) fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// In double quotes, with the escapes that YAML and TOML share, so that a value can never add a line.
pub(super) fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => {
                // Four digits are enough for each of them, and writing to a String cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_toml_read_the_same_text_back() {
        for text in ["a", "\"q\" \\ \t\r\n", "\0\u{1b}[31m\u{7f}\u{85}", "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}é😀"]
        {
            let written = double_quoted(text);
            assert!(!written.contains(needs_escape), "{written:?}");
            assert_eq!(serde_yaml::from_str::<String>(&written).unwrap(), text);
            let toml = format!("a = {written}");
            let toml = toml_edit::Document::parse(toml.as_str()).unwrap();
            assert_eq!(toml["a"].as_str(), Some(text));
        }
    }
}
