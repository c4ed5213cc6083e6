//! The lines of configuration files that fixes touch or could touch, without secrets: what the model is shown of them.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use super::setup::Setup;
use crate::analyse::Excerpt;
use crate::catalogue::{Edit, Fix, Locator, PathElement, Step};
use crate::config::clean;
use crate::plan::edit::without_secrets;
use crate::sanitize::{Sanitizer, value_is_secret};
use crate::sys::disk::open_target;

/// Bytes of a file that is looked at.
const LARGEST: u64 = 256 * 1024;
/// Lines shown around one that a fix is about.
const AROUND: usize = 2;
/// Lines of one file.
const MOST: usize = 24;
/// Files.
const FILES: usize = 3;
/// Files that are looked into for an incident's words.
const LISTED: usize = 16;
/// Shorter words name nothing.
const SHORTEST: usize = 3;
/// In place of a value whose key, or a key above it, promises a secret.
const SECRET: &str = "[REDACTED:secret]";

/// The relevant lines of the files that these fixes edit, and of those that one could: those that name what the
/// incident's words name. One excerpt for each file.
pub(super) fn of<'a>(setup: &'a Setup, fixes: impl Iterator<Item = &'a Fix>, incident: &str) -> Vec<Excerpt> {
    let mut excerpts: Vec<Excerpt> = Vec::new();
    let edits: Vec<&Edit> = edits(fixes).collect();
    let mut names: Vec<&str> = Vec::new();
    for name in edits.iter().map(|edit| edit.file.as_str()).chain(editable(setup)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let words = words(incident);
    for file in names {
        let Ok(target) = open_target(&setup.config.workspace, Path::new(file), LARGEST) else { continue };
        let wanted: Vec<&Edit> = edits.iter().copied().filter(|edit| edit.file == file).collect();
        let lines = relevant(file, &String::from_utf8_lossy(&target.bytes), &wanted, &words, &setup.sanitizer);
        if !lines.is_empty() {
            excerpts.push(Excerpt { file: file.to_owned(), lines });
        }
        if excerpts.len() == FILES {
            break;
        }
    }
    excerpts
}

fn edits<'a>(fixes: impl Iterator<Item = &'a Fix>) -> impl Iterator<Item = &'a Edit> {
    let edits =
        fixes.flat_map(|fix| &fix.steps).filter_map(|step| if let Step::Edit(edit) = step { Some(edit) } else { None });
    // A captured value is not looked for: it is not checked yet.
    edits.filter(|edit| !edit.file.contains('{'))
}

/// The files in which a proposed edit could be allowed: what the list names one by one, without it what the operator's
/// own fixes edit. heal's own configuration never.
fn editable(setup: &Setup) -> Vec<&str> {
    let config = &setup.config;
    let own = |file: &&str| clean(&config.workspace.join(file)) != config.file;
    if let Some(list) = &config.policy.allow_paths {
        let one_by_one = |glob: &&str| !glob.contains(['*', '?', '[', '{']);
        return list.iter().map(String::as_str).filter(one_by_one).filter(own).take(LISTED).collect();
    }
    let own_fixes = setup.catalogue.fixes.iter().filter(|fix| !fix.origin.builtin);
    edits(own_fixes).map(|edit| edit.file.as_str()).filter(own).take(LISTED).collect()
}

/// The words of a text, in lower case.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= SHORTEST);
    words.map(str::to_lowercase).collect()
}

/// The lines that these edits are about, those whose key is one of these words, and those around them, redacted, in
/// order.
fn relevant(file: &str, text: &str, edits: &[&Edit], named: &BTreeSet<String>, sanitizer: &Sanitizer) -> Vec<String> {
    // The whole is redacted first: a secret over several lines is seen as one.
    let masked = without_secrets(Path::new(file), text);
    let redacted = sanitizer.redactor().redact(masked.as_deref().unwrap_or(text));
    let lines: Vec<&str> = redacted.lines().collect();
    let mut chosen = BTreeSet::new();
    let by_words = (0..lines.len()).filter(|at| {
        let key = lines.get(*at).and_then(|line| key_of(line));
        key.is_some_and(|key| words(key).iter().any(|word| named.contains(word)))
    });
    for at in edits.iter().flat_map(|edit| hits(&redacted, &lines, edit)).chain(by_words.take(MOST)) {
        chosen.extend(at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len()));
    }
    chosen.into_iter().take(MOST).map(|at| without_secret(&lines, at)).collect()
}

/// The numbers of the lines that an edit is about.
fn hits(text: &str, lines: &[&str], edit: &Edit) -> Vec<usize> {
    match &edit.locator {
        Locator::Regex(regex) => {
            let Ok(regex) = Regex::new(regex) else { return Vec::new() };
            let number = |at: usize| text.get(..at).map_or(0, |before| before.matches('\n').count());
            regex.find_iter(text).take(MOST).map(|hit| number(hit.start())).collect()
        }
        Locator::YamlPath(path) | Locator::TomlPath(path) | Locator::JsonPath(path) => {
            let key = path.iter().rev().find_map(|element| match element {
                PathElement::Key(key) => Some(key.as_str()),
                _ => None,
            });
            key.map_or_else(Vec::new, |key| with_key(lines, key))
        }
        Locator::IniPath { key, .. } => with_key(lines, key),
        // Nothing of it is more relevant than the rest.
        Locator::WholeFile => Vec::new(),
    }
}

fn with_key(lines: &[&str], key: &str) -> Vec<usize> {
    (0..lines.len()).filter(|at| lines.get(*at).and_then(|line| key_of(line)) == Some(key)).collect()
}

/// The key of `key: value`, `- key: value`, `"key": value`, `key = value`.
fn key_of(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("- ").trim_start();
    let (key, _) = line.split_once([':', '='])?;
    let key = key.trim().trim_matches(['"', '\'']);
    (!key.is_empty() && !key.starts_with('#') && !key.contains(char::is_whitespace)).then_some(key)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The line, its value left out where its key or a key above it promises a secret.
fn without_secret(lines: &[&str], at: usize) -> String {
    let Some(line) = lines.get(at) else { return String::new() };
    let mut depth = indent(line);
    if key_of(line).is_some_and(value_is_secret) {
        let end = line.find([':', '=']).map_or(0, |end| end + 1);
        return format!("{} {SECRET}", line.get(..end).unwrap_or_default());
    }
    let above = lines.get(..at).unwrap_or_default().iter().rev();
    // `[database.credentials]` of TOML and INI: all keys below are in it.
    let section = above.clone().find(|line| line.starts_with('['));
    if section.is_some_and(|section| section.trim_matches(['[', ']', ' ']).split('.').any(value_is_secret)) {
        return SECRET.to_owned();
    }
    for above in above {
        if above.trim().is_empty() || indent(above) >= depth {
            continue;
        }
        depth = indent(above);
        if key_of(above).is_some_and(value_is_secret) {
            return format!("{}{SECRET}", " ".repeat(indent(line)));
        }
    }
    (*line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Operation, Scalar, WriteMode};

    fn edit(locator: Locator) -> Edit {
        Edit {
            file: "app.yaml".into(),
            locator,
            operation: Operation::Set(Scalar::Null),
            document: None,
            dialect: None,
            unit: None,
            expect_current: None,
            expect_matches: 1,
            create_missing: false,
            validate: None,
            write_mode: WriteMode::Replace,
        }
    }

    fn lines(text: &str, locator: Locator) -> Vec<String> {
        relevant("app.yaml", text, &[&edit(locator)], &BTreeSet::new(), &Sanitizer::new(&[]).unwrap())
    }

    #[test]
    fn the_lines_that_an_incident_names() {
        let text = "a: 1\nb: 2\nc: 3\ndb:\n  pool_size: 10\n  pool_password: hunter2\nx: 1\ny: 2\nz: 3\n";
        let named = |incident: &str| relevant("app.yaml", text, &[], &words(incident), &Sanitizer::new(&[]).unwrap());
        let shown = named("app.db: Pool exhausted, <*> in use");
        assert_eq!(shown.first().map(String::as_str), Some("c: 3"));
        assert!(shown.contains(&"  pool_size: 10".to_owned()) && !shown.join("").contains("hunter2"), "{shown:?}");
        assert_eq!(shown.len(), 6);
        assert!(named("disk is full, db a b").is_empty());
    }

    #[test]
    fn the_lines_around_a_value_without_secrets() {
        let text = "a: 1\nb: 2\ndb:\n  pool: 10 # connections\n  password: hunter2\n  api_secret:\n    value: x7\n  host: db1\n";
        let path = |key: &str| Locator::YamlPath(vec![PathElement::Key("db".into()), PathElement::Key(key.into())]);
        let shown = lines(text, path("pool"));
        assert_eq!(shown.len(), 5);
        assert_eq!(shown[2], "  pool: 10 # connections");
        let all = lines(text, path("api_secret")).join("\n");
        assert!(all.contains("pool: 10") && all.contains("host: db1"), "{all}");
        assert!(!all.contains("hunter2") && !all.contains("x7"), "{all}");
        assert!(lines(text, path("nothing")).is_empty());
        let by_regex = lines(text, Locator::Regex(r"host: (?P<value>\S+)".into()));
        assert_eq!(by_regex.last().map(String::as_str), Some("  host: db1"));
    }

    #[test]
    fn a_secret_over_several_lines_is_one() {
        let text = "key: |\n  -----BEGIN PRIVATE KEY-----\n  MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n  -----END PRIVATE KEY-----\npool: 1\n";
        let all = lines(text, Locator::YamlPath(vec![PathElement::Key("pool".into())])).join("\n");
        assert!(all.contains("pool: 1") && !all.contains("MIIEvQ"), "{all}");
    }
}
