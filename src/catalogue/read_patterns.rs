//! One file of `patterns/`, from bytes to rows.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use super::row::{Row, check_name};
use super::{CaptureType, Origin, Pattern, Threshold, regex};
use crate::config::{some_duration, strict};
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
    threshold: Option<RawThreshold>,
    mode: Option<Mode>,
    #[serde(default)]
    captures: BTreeMap<String, CaptureType>,
    advice: Option<String>,
    #[serde(default)]
    examples: Examples,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreshold {
    count: u32,
    #[serde(default, deserialize_with = "some_duration")]
    within: Option<Duration>,
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
    if !is_word(&raw.category) {
        return Err(row.fault("category", &format!("category `{}` is no word of [a-z0-9_]", raw.category)));
    }
    if let Err(reason) = regex::line_safe_hir(&raw.regex) {
        return Err(row.fault("regex", &format!("the regex does not compile: {reason}")));
    }
    let threshold = raw.threshold.as_ref().map(threshold).transpose().map_err(|why| row.fault("threshold", why))?;
    let groups = if raw.captures.is_empty() { Vec::new() } else { regex::groups(&raw.regex) };
    if let Some(group) = raw.captures.keys().find(|group| !groups.contains(group)) {
        return Err(row.fault("captures", &format!("the regex has no group `(?P<{group}>...)`")));
    }
    Ok(Pattern {
        name: raw.name,
        regex: raw.regex,
        severity: raw.severity,
        category: raw.category,
        description: raw.description,
        min_level: raw.min_level,
        threshold,
        captures: raw.captures,
        mode: raw.mode.unwrap_or(Mode::Apply),
        advice: raw.advice,
        match_examples: raw.examples.r#match,
        no_match_examples: raw.examples.no_match,
        origin: origin.clone(),
    })
}

fn threshold(raw: &RawThreshold) -> Result<Threshold, &'static str> {
    match raw.within {
        Some(within) if (1..=1000).contains(&raw.count) => Ok(Threshold { count: raw.count, within }),
        Some(_) => Err("`count` of `threshold` is a number from 1 to 1000"),
        None => Err("`threshold` needs `within`, such as 10m"),
    }
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
            (
                one("    captures: {unit: word}\n"),
                "patterns/a.yaml:7: pattern `a_b`: the regex has no group `(?P<unit>...)`",
            ),
            (one("    captures: {unit: wrd}\n"), "patterns/a.yaml:7:22: unknown value `wrd`"),
            (
                one("    threshold: {count: 0, within: 1m}\n"),
                "patterns/a.yaml:7: pattern `a_b`: `count` of `threshold`",
            ),
            (one("    threshold: {count: 3}\n"), "patterns/a.yaml:7: pattern `a_b`: `threshold` needs `within`"),
            (one("").replace("a_b", "A-b"), "patterns/a.yaml:2: pattern `A-b`: "),
            (one("").replace("severity: high", "severity: hihg"), "patterns/a.yaml:4:15: unknown value `hihg`"),
            (one("    mod: apply\n"), "patterns/a.yaml:7:5: unknown key `mod` in `patterns[0]`; did you mean `mode`?"),
        ] {
            let error = format!("{:#}", read(&text).unwrap_err());
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
