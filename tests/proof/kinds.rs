//! Kinds of files, each with the other parser that reads it. A new kind is one row.

use std::path::Path;

use serde::Deserialize as _;

use crate::libfyaml;

/// A kind of file that heal edits by a path.
pub struct Kind {
    pub name: &'static str,
    /// The locator of its edits, as an edit is written in a manifest.
    pub locator: &'static str,
    pub fits: fn(&Path) -> bool,
    /// What the other parser reads: one tree for each document.
    pub read: fn(&str) -> Option<Vec<Tree>>,
    /// Whether there may be several documents.
    pub documents: bool,
    /// Whether it has a word for nothing.
    pub null: bool,
    /// Whether the other parser keeps the order of a map.
    pub ordered: bool,
}

/// Endings of configuration files.
pub const CONFIGURATION: &[&str] =
    &["yaml", "yml", "json", "toml", "ini", "cnf", "conf", "cfg", "service", "socket", "timer", "env"];

pub const KINDS: &[Kind] = &[
    Kind {
        name: "YAML",
        locator: "yaml_path",
        fits: |path| has_ending(path, &["yaml", "yml"]),
        read: yaml,
        documents: true,
        null: true,
        ordered: true,
    },
    // JSON is YAML, too.
    Kind {
        name: "JSON, as YAML,",
        locator: "yaml_path",
        fits: |path| has_ending(path, &["json"]),
        read: yaml,
        documents: true,
        null: true,
        ordered: true,
    },
    Kind {
        name: "JSON",
        locator: "json_path",
        fits: |path| has_ending(path, &["json"]),
        read: json,
        documents: false,
        null: true,
        ordered: false,
    },
    Kind {
        name: "TOML",
        locator: "toml_path",
        // What must not be read is no configuration.
        fits: |path| has_ending(path, &["toml"]) && !path.iter().any(|folder| folder == "invalid"),
        read: toml,
        documents: false,
        null: false,
        ordered: false,
    },
];

/// What libyaml does not read of the official suite.
pub const YAML_BY_LIBFYAML: Kind = Kind {
    name: "YAML",
    locator: "yaml_path",
    fits: |path| has_ending(path, &["yaml", "yml"]),
    read: libfyaml::read,
    documents: true,
    null: true,
    ordered: true,
};

/// What a parser reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Leaf(Word),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    Tagged(String, Box<Tree>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    /// Of a format that has them.
    Date(String),
}

pub fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    endings.iter().any(|ending| name.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.')))
}

/// By libyaml.
fn yaml(text: &str) -> Option<Vec<Tree>> {
    let documents = serde_yaml::Deserializer::from_str(text).map(serde_yaml::Value::deserialize);
    documents.map(|document| document.ok().map(|value| of_yaml(&value))).collect()
}

fn of_yaml(value: &serde_yaml::Value) -> Tree {
    use serde_yaml::Value;
    match value {
        Value::Null => Tree::Leaf(Word::Null),
        Value::Bool(flag) => Tree::Leaf(Word::Bool(*flag)),
        Value::Number(number) => Tree::Leaf(Word::Number(number.to_string())),
        Value::String(text) => Tree::Leaf(Word::Text(text.clone())),
        Value::Sequence(items) => Tree::List(items.iter().map(of_yaml).collect()),
        Value::Mapping(entries) => {
            Tree::Map(entries.iter().map(|(key, value)| (of_yaml(key), of_yaml(value))).collect())
        }
        Value::Tagged(tagged) => Tree::Tagged(tagged.tag.to_string(), Box::new(of_yaml(&tagged.value))),
    }
}

/// By `serde_json`.
fn json(text: &str) -> Option<Vec<Tree>> {
    let body = text.trim_start_matches('\u{feff}');
    serde_json::from_str(body).ok().map(|value| vec![of_json(&value)])
}

fn of_json(value: &serde_json::Value) -> Tree {
    use serde_json::Value;
    match value {
        Value::Null => Tree::Leaf(Word::Null),
        Value::Bool(flag) => Tree::Leaf(Word::Bool(*flag)),
        Value::Number(number) => Tree::Leaf(Word::Number(number.to_string())),
        Value::String(text) => Tree::Leaf(Word::Text(text.clone())),
        Value::Array(items) => Tree::List(items.iter().map(of_json).collect()),
        Value::Object(entries) => Tree::Map(entries.iter().map(|(key, value)| (named(key), of_json(value))).collect()),
    }
}

/// By the parser that the crate `toml` had before it became one with heal's.
fn toml(text: &str) -> Option<Vec<Tree>> {
    let body = text.trim_start_matches('\u{feff}');
    body.parse().ok().map(|value| vec![of_toml(&value)])
}

fn of_toml(value: &toml::Value) -> Tree {
    use toml::Value;
    match value {
        Value::Boolean(flag) => Tree::Leaf(Word::Bool(*flag)),
        Value::Integer(number) => Tree::Leaf(Word::Number(number.to_string())),
        // A decimal stays one when it becomes a whole number: 8217.0.
        Value::Float(number) => Tree::Leaf(Word::Number(number.to_string())),
        Value::String(text) => Tree::Leaf(Word::Text(text.clone())),
        Value::Datetime(date) => Tree::Leaf(Word::Date(date.to_string())),
        Value::Array(items) => Tree::List(items.iter().map(of_toml).collect()),
        Value::Table(entries) => Tree::Map(entries.iter().map(|(key, value)| (named(key), of_toml(value))).collect()),
    }
}

fn named(key: &str) -> Tree {
    Tree::Leaf(Word::Text(key.to_owned()))
}
