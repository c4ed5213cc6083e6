//! Where a configuration file keeps secrets: every value at or below a key that promises one.
//!
//! The document decides where it can be read; a file that cannot, or of no known kind, is read line by line.

mod lines;

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use super::tree::{Kind, Node};
use super::{json, toml, yaml};
use crate::sanitize::{secret_kind, value_hides};

/// A secret's bytes and what kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Secret {
    span: Range<usize>,
    kind: &'static str,
}

/// The text with a mark for every value that its file promises to be secret, line for line. `None`: there is none.
#[must_use]
pub fn without_secrets(file: &Path, text: &str) -> Option<String> {
    let mut secrets = in_document(file, text).unwrap_or_else(|| lines::secrets(text));
    secrets.sort_by_key(|secret| (secret.span.start, secret.span.end));
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    for secret in secrets.iter().filter(|secret| !secret.span.is_empty()) {
        let (Some(before), Some(value)) = (text.get(written..secret.span.start), text.get(secret.span.clone())) else {
            continue;
        };
        out.push_str(before);
        for line in value.split_inclusive('\n') {
            push_masked(&mut out, line, secret.kind);
        }
        written = secret.span.end;
    }
    out.push_str(text.get(written..).unwrap_or_default());
    (out != text).then_some(out)
}

/// Blanks, quotes and the line end stay.
fn push_masked(out: &mut String, line: &str, kind: &str) {
    let value = line.trim();
    if value.is_empty() {
        return out.push_str(line);
    }
    let start = line.len() - line.trim_start().len();
    let quote = ['"', '\''].into_iter().find(|quote| {
        value.len() > 1 && value.starts_with(*quote) && value.ends_with(*quote) && !value.starts_with("\"\"\"")
    });
    out.push_str(line.get(..start).unwrap_or_default());
    out.extend(quote);
    out.push_str("[REDACTED:");
    out.push_str(kind);
    out.push(']');
    out.extend(quote);
    out.push_str(line.get(start + value.len()..).unwrap_or_default());
}

/// As the file's own reader sees it; `None` where there is no such reader, or it refuses the text.
fn in_document(file: &Path, text: &str) -> Option<Vec<Secret>> {
    let extension = file.extension()?.to_str()?.to_ascii_lowercase();
    let root = match extension.as_str() {
        "yaml" | "yml" => return yaml::tree::parse(text).ok().map(|tree| in_yaml(&tree)),
        "json" | "jsonc" | "json5" => json::read(text, true).ok()?,
        "toml" => toml::parse(text).ok()?,
        _ => return None,
    };
    let mut secrets = Vec::new();
    in_node(&root, Key::default(), &mut secrets);
    Some(secrets)
}

/// What the keys on the way to a value promise.
#[derive(Clone, Copy, Default)]
struct Key<'a> {
    /// The next one above.
    own: &'a str,
    /// Of the first one that promises a secret.
    kind: Option<&'static str>,
}

impl<'a> Key<'a> {
    fn below(self, key: &'a str) -> Self {
        Self { own: key, kind: self.kind.or_else(|| secret_kind(key)) }
    }

    /// The kind of secret that this value is.
    fn hides(self, value: &str) -> Option<&'static str> {
        self.kind.filter(|_| value_hides(self.own, value))
    }
}

/// Keys that name what the key `value` beside them is.
const NAMING: &[&str] = &["name", "key"];

/// `name: DB_PASSWORD` beside `value: ...`.
fn named<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    pairs.filter(|(key, _)| NAMING.contains(key)).map(|(_, name)| name).find(|name| secret_kind(name).is_some())
}

fn in_node(node: &Node, key: Key<'_>, secrets: &mut Vec<Secret>) {
    match &node.kind {
        Kind::Scalar { text, .. } => {
            secrets.extend(key.hides(text).map(|kind| Secret { span: node.span.clone(), kind }));
        }
        Kind::List(items) => items.iter().for_each(|item| in_node(item, key, secrets)),
        Kind::Map(entries) => {
            let name = named(entries.iter().filter_map(|entry| match &entry.value.kind {
                Kind::Scalar { text, .. } => Some((entry.key.as_str(), text.as_str())),
                _ => None,
            }));
            for entry in entries {
                let below = key.below(name.filter(|_| entry.key == "value").unwrap_or(&entry.key));
                in_node(&entry.value, below, secrets);
            }
        }
    }
}

fn in_yaml(tree: &yaml::tree::Tree) -> Vec<Secret> {
    let mut walk = Walk { tree, secrets: Vec::new(), aliases: HashSet::new() };
    tree.documents.iter().for_each(|root| walk.node(*root, Key::default()));
    // What a secret's key only refers to stands elsewhere.
    let anchored = |id: &usize| tree.nodes.get(*id).is_some_and(|node| walk.aliases.contains(&node.anchor));
    let referred: Vec<usize> = (0..tree.nodes.len()).filter(anchored).collect();
    for id in referred {
        walk.node(id, Key { own: "", kind: Some("secret") });
    }
    walk.secrets
}

struct Walk<'t> {
    tree: &'t yaml::tree::Tree,
    secrets: Vec<Secret>,
    /// Anchors that a secret's key refers to.
    aliases: HashSet<usize>,
}

impl<'t> Walk<'t> {
    fn scalar(&self, id: usize) -> Option<&'t str> {
        match &self.tree.nodes.get(id)?.kind {
            yaml::tree::Kind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    fn node(&mut self, id: usize, key: Key<'t>) {
        let Some(node) = self.tree.nodes.get(id) else { return };
        match &node.kind {
            yaml::tree::Kind::Scalar { value, .. } => {
                self.secrets.extend(key.hides(value).map(|kind| Secret { span: node.span.clone(), kind }));
            }
            yaml::tree::Kind::Alias(anchor) => self.aliases.extend(key.kind.map(|_| *anchor)),
            yaml::tree::Kind::List { items, .. } => items.iter().for_each(|item| self.node(*item, key)),
            yaml::tree::Kind::Map { entries, .. } => {
                let pairs = entries.iter().filter_map(|(key, value)| Some((self.scalar(*key)?, self.scalar(*value)?)));
                let name = named(pairs);
                for (own, value) in entries {
                    let own = self.scalar(*own).unwrap_or_default();
                    self.node(*value, key.below(name.filter(|_| own == "value").unwrap_or(own)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
