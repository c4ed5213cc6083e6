//! Strict reading of our own YAML: no duplicate key, no unknown key, every fault with its place.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Result, anyhow};
use granit_parser::{Event, Parser};
use serde::de::DeserializeOwned;

/// Largest table or configuration file, in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;
/// Deepest nesting.
const MAX_DEPTH: usize = 64;

/// Reads `bytes` of `file` as one YAML document of type `T`.
///
/// # Errors
/// Bytes that are not UTF-8, YAML that does not parse, duplicate or unknown keys and wrong types:
/// each as `file:line:column: what`, with the offending line.
pub fn read<T: DeserializeOwned>(file: &Path, bytes: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes).map_err(|fault| not_utf8(file, bytes, fault.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_structure(file, text)?;
    serde_yaml::from_str(text).map_err(|error| explain(file, text, &error))
}

/// A fault at a place of a file, with the line it stands in.
#[must_use]
pub fn fault(file: &Path, text: &str, line: usize, column: usize, what: &str) -> anyhow::Error {
    let place = format!("{}:{line}:{column}: {what}", file.display());
    let Some(offending) = text.lines().nth(line.saturating_sub(1)).filter(|offending| !offending.trim().is_empty())
    else {
        return anyhow!(place);
    };
    let shown: String = offending.chars().take(160).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mark = " ".repeat(column.saturating_sub(1).min(160));
    anyhow!("{place}\n  {line:>4} | {shown}\n       | {mark}^")
}

fn not_utf8(file: &Path, bytes: &[u8], offset: usize) -> anyhow::Error {
    let before = bytes.get(..offset).unwrap_or_default();
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1) + 1;
    anyhow!("{}:{line}:{column}: not UTF-8; save the file as UTF-8", file.display())
}

/// One open collection while its events go by.
enum Open {
    List,
    Map { keys: HashSet<String>, expects_key: bool },
}

/// Duplicate keys win silently in the deserialiser, and deep nesting is hostile: both are refused here.
fn check_structure(file: &Path, text: &str) -> Result<()> {
    let mut open: Vec<Open> = Vec::new();
    // Comments may fill pages.
    let options = granit_parser::options! { max_buffered_comment_events: 1 << 20 };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| {
            fault(file, text, error.marker().line(), error.marker().col() + 1, &plain_reason(&error.to_string()))
        })?;
        let at = |what: &str| fault(file, text, span.start.line(), span.start.col() + 1, what);
        match event {
            Event::Scalar(value, ..) => {
                if let Some(Open::Map { keys, expects_key: true }) = open.last_mut()
                    && !keys.insert(value.to_string())
                {
                    return Err(at(&format!("duplicate key `{value}`; keep one of the two")));
                }
                node_done(&mut open);
            }
            Event::Alias(_) => node_done(&mut open),
            Event::SequenceStart(..) => open.push(Open::List),
            Event::MappingStart(..) => open.push(Open::Map { keys: HashSet::new(), expects_key: true }),
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                node_done(&mut open);
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return Err(at(&format!("nested more than {MAX_DEPTH} levels deep")));
        }
    }
    Ok(())
}

fn node_done(open: &mut [Open]) {
    if let Some(Open::Map { expects_key, .. }) = open.last_mut() {
        *expects_key = !*expects_key;
    }
}

/// The parser's message without the place that it appends.
fn plain_reason(message: &str) -> String {
    message.split(" at char ").next().unwrap_or(message).split(" at byte ").next().unwrap_or(message).to_owned()
}

fn explain(file: &Path, text: &str, error: &serde_yaml::Error) -> anyhow::Error {
    let message = error.to_string();
    let reason = message.split(" at line ").next().unwrap_or(&message);
    let (mut line, mut column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    if let Some(unknown) = between(reason, "unknown field `", "`") {
        (line, column) = find_key(text, unknown, line).unwrap_or((line, column));
    }
    fault(file, text, line, column, &reword(reason))
}

/// Says a misspelt key in the user's words, with the nearest key that exists.
fn reword(reason: &str) -> String {
    for (kind, opening) in [("key", "unknown field `"), ("value", "unknown variant `")] {
        let Some(unknown) = between(reason, opening, "`") else { continue };
        let place = reason.split(opening).next().unwrap_or_default().trim_end_matches([':', ' ']);
        let within = if place.is_empty() { String::new() } else { format!(" in `{place}`") };
        let expected: Vec<&str> = reason
            .split_once("expected ")
            .map(|(_, list)| list.split('`').skip(1).step_by(2).collect())
            .unwrap_or_default();
        return match nearest(unknown, &expected) {
            Some(guess) => format!("unknown {kind} `{unknown}`{within}; did you mean `{guess}`?"),
            None => format!("unknown {kind} `{unknown}`{within}; known here: {}", expected.join(", ")),
        };
    }
    reason.to_owned()
}

/// The known word that `word` was probably meant to be.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn between<'a>(text: &'a str, opening: &str, closing: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(opening)?;
    rest.split_once(closing).map(|(inner, _)| inner)
}

/// Where a key stands: the deserialiser names the map, a person wants the line. Searches from the map's line on.
fn find_key(text: &str, key: &str, from_line: usize) -> Option<(usize, usize)> {
    // The empty key stands everywhere.
    if key.is_empty() {
        return None;
    }
    let is_key = |line: &str| -> Option<usize> {
        let mut from = 0;
        while let Some(at) = line.get(from..)?.find(key) {
            let start = from + at;
            let before_ok = line[..start].chars().next_back().is_none_or(|c| c.is_whitespace() || "{,-\"'".contains(c));
            let after = line[start + key.len()..].trim_start_matches(['"', '\'']).trim_start();
            if before_ok && after.starts_with(':') {
                return Some(line[..start].chars().count() + 1);
            }
            from = start + key.len();
        }
        None
    };
    let numbered = || text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let found = |(number, line): (usize, &str)| is_key(line).map(|column| (number, column));
    numbered().filter(|(number, _)| *number >= from_line).find_map(found).or_else(|| numbered().find_map(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its presence matters")]
        window: Option<String>,
        #[expect(dead_code, reason = "only its presence matters")]
        ai: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its presence matters")]
        timeout: Option<String>,
    }

    fn message(text: &str) -> String {
        format!("{:#}", read::<Outer>(Path::new("heal.yaml"), text.as_bytes()).unwrap_err())
    }

    #[test]
    fn comments_may_fill_pages() {
        let text = format!("ai:\n{}  timeout: 3s\n", "# a page of words\n".repeat(500));
        assert!(read::<Outer>(Path::new("heal.yaml"), text.as_bytes()).is_ok());
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_place_and_a_suggestion() {
        let text = "# comment\nwindow: 60m\nai:\n  timout: 3s\n";
        assert_eq!(
            message(text),
            "heal.yaml:4:3: unknown key `timout` in `ai`; did you mean `timeout`?\n     4 |   timout: 3s\n       |   ^"
        );
    }

    #[test]
    fn an_empty_key_is_refused() {
        assert!(message("{\"\": 1}").contains("unknown key ``"), "{}", message("{\"\": 1}"));
    }

    #[test]
    fn a_duplicate_key_is_refused() {
        assert!(message("window: 1h\nwindow: 2h\n").starts_with("heal.yaml:2:1: duplicate key `window`"));
    }

    #[test]
    fn wrong_types_and_broken_yaml_have_a_place() {
        assert!(message("ai: 5\n").starts_with("heal.yaml:1:5: "), "{}", message("ai: 5\n"));
        assert!(message("a: [1,\n").starts_with("heal.yaml:"), "{}", message("a: [1,\n"));
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(message(&format!("{}{}", "[".repeat(70), "]".repeat(70))).contains("64 levels"));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = read::<Outer>(Path::new("heal.yaml"), &bytes);
        }

        #[test]
        fn arbitrary_text_never_panics(text in "[a-z:\\-\\[\\]{} \n\"'&*#|>0-9é]{0,120}") {
            let _ = read::<Outer>(Path::new("heal.yaml"), text.as_bytes());
        }
    }
}
