//! One file of `patterns/`, from bytes to rows.

use anyhow::Result;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::row::{Row, check_name};
use super::{Origin, Pattern, regex};
use crate::config::strict;
use crate::words::{Level, Mode, Severity};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    patterns: Vec<RawPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPattern {
    name: String,
    regex: String,
    severity: Severity,
    category: String,
    description: String,
    min_level: Option<Level>,
    threshold: Option<IgnoredAny>,
    mode: Option<Mode>,
    captures: Option<IgnoredAny>,
    advice: Option<String>,
    #[serde(default)]
    examples: Examples,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Examples {
    r#match: Vec<String>,
    no_match: Vec<String>,
}

/// Reads one table of patterns.
///
/// # Errors
/// Everything that [`strict::read`] refuses, bad names, regexes that do not compile, keys not yet supported.
pub fn patterns(bytes: &[u8], origin: &Origin) -> Result<Vec<Pattern>> {
    let table: Table = strict::read(&origin.file, bytes)?;
    table.patterns.into_iter().map(|raw| pattern(raw, bytes, origin)).collect()
}

fn pattern(raw: RawPattern, bytes: &[u8], origin: &Origin) -> Result<Pattern> {
    let row = Row { kind: "pattern", name: &raw.name, bytes, file: &origin.file };
    check_name(&row)?;
    for (key, given) in [("threshold", &raw.threshold), ("captures", &raw.captures)] {
        if given.is_some() {
            return Err(row.fault(key, &format!("`{key}` is not yet supported; remove it")));
        }
    }
    if !is_word(&raw.category) {
        return Err(row.fault("category", &format!("category `{}` is no word of [a-z0-9_]", raw.category)));
    }
    if let Err(reason) = regex::line_safe_hir(&raw.regex) {
        return Err(row.fault("regex", &format!("the regex does not compile: {reason}")));
    }
    Ok(Pattern {
        name: raw.name,
        regex: raw.regex,
        severity: raw.severity,
        category: raw.category,
        description: raw.description,
        min_level: raw.min_level,
        mode: raw.mode.unwrap_or(Mode::Apply),
        advice: raw.advice,
        match_examples: raw.examples.r#match,
        no_match_examples: raw.examples.no_match,
        origin: origin.clone(),
    })
}

/// A word of lower-case letters, digits and underscores.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Pattern>> {
        patterns(text.as_bytes(), &Origin { file: "patterns/a.yaml".into(), builtin: false })
    }

    fn one(extra: &str) -> String {
        format!(
            "patterns:\n  - name: a_b\n    regex: 'x'\n    severity: high\n    category: c\n    description: d\n{extra}"
        )
    }

    #[test]
    fn a_row_is_read() {
        let row = read(&one("    min_level: warn\n    mode: propose\n")).unwrap().remove(0);
        assert_eq!((row.min_level, row.mode, row.severity), (Some(Level::Warning), Mode::Propose, Severity::High));
    }

    #[test]
    fn faults_name_the_pattern_and_its_line() {
        for (text, expected) in [
            (one("").replace("'x'", "'(x'"), "patterns/a.yaml:3: pattern `a_b`: the regex does not compile: "),
            (one("    captures: {}\n"), "patterns/a.yaml:7: pattern `a_b`: `captures` is not yet supported"),
            (one("").replace("a_b", "A-b"), "patterns/a.yaml:2: pattern `A-b`: "),
            (one("").replace("severity: high", "severity: hihg"), "patterns/a.yaml:4:15: unknown value `hihg`"),
            (one("    mod: apply\n"), "patterns/a.yaml:7:5: unknown key `mod` in `patterns[0]`; did you mean `mode`?"),
        ] {
            let error = format!("{:#}", read(&text).unwrap_err());
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
