//! The flags of `heal edit`: the keys of an `edit` step.

use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{ArgGroup, Args, ValueEnum};

use crate::catalogue::Dialect;

/// One edit by hand.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("operation").required(true).args([
    "set", "increase", "decrease", "replace", "delete", "restore", "verify_only",
]))]
pub struct EditArgs {
    /// The file: relative to the current directory, or to the workspace
    pub file: String,
    /// Which value: streaming.timeout, or a list as in a fix: '[items, {match: {name: web}}, size]'
    #[arg(conflicts_with = "regex")]
    pub path: Option<String>,
    /// The value is the group `(?P<value>...)` of this regex
    #[arg(long, value_name = "REGEX")]
    pub regex: Option<String>,
    /// How the file is written, where its name does not tell
    #[arg(long, value_name = "NAME", conflicts_with = "regex")]
    pub format: Option<EditFormat>,
    /// The value becomes this: 30, true, null, text; '"30"' is text
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub set: Option<String>,
    /// The number grows by --factor or --amount
    #[arg(long)]
    pub increase: bool,
    /// The number shrinks by --factor or --amount
    #[arg(long)]
    pub decrease: bool,
    /// The text of the value becomes this, literally
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub replace: Option<String>,
    /// The key goes, with its value
    #[arg(long)]
    pub delete: bool,
    /// Back to what it is in --from, else in the last copy that heal holds
    #[arg(long)]
    pub restore: bool,
    /// Tell whether it holds, and change nothing
    #[arg(long)]
    pub verify_only: bool,
    /// Multiply or divide by this
    #[arg(long, value_name = "NUMBER", conflicts_with = "amount")]
    pub factor: Option<String>,
    /// Add or subtract this
    #[arg(long, value_name = "NUMBER")]
    pub amount: Option<String>,
    /// Not below this
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub min_value: Option<String>,
    /// Not above this
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub max_value: Option<String>,
    /// The number has this suffix, which stays
    #[arg(long, value_name = "SUFFIX")]
    pub unit: Option<String>,
    /// Refuse when the value is another one
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub expect_current: Option<String>,
    /// How many times the regex matches
    #[arg(long, value_name = "N")]
    pub expect_matches: Option<String>,
    /// Add the key when it is not there
    #[arg(long)]
    pub create_missing: bool,
    /// Which YAML document, from 0
    #[arg(long, value_name = "N", conflicts_with = "document_match")]
    pub document: Option<String>,
    /// Which YAML document, by what it has: '{kind: Deployment}'
    #[arg(long, value_name = "MAP")]
    pub document_match: Option<String>,
    /// The regex must hold inside each match of this one
    #[arg(long, value_name = "REGEX")]
    pub each: Option<String>,
    /// Restore from this file
    #[arg(long, value_name = "FILE")]
    pub from: Option<String>,
    /// Must accept the new text before the exchange: '[nginx, -t, -c, "{candidate}"]'
    #[arg(long, value_name = "ARGV")]
    pub validate: Option<String>,
    /// How the new bytes get into the file
    #[arg(long, value_name = "MODE")]
    pub write_mode: Option<String>,
    /// Do it, with a backup, as a run that `heal undo` takes back
    #[arg(long)]
    pub apply: bool,
}

const EXAMPLES: &str = "Examples:
  heal edit config.yaml streaming.timeout --increase --factor 1.5 --max-value 120
  heal edit app.yaml '[items, {match: {name: web}}, size]' --set 20 --apply
  heal edit nginx.conf --regex 'client_max_body_size (?P<value>\\S+);' --replace 1m";

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditFormat {
    /// Also of several documents.
    Yaml,
    /// Strict.
    Json,
    /// Version 1.0.
    Toml,
    /// What its keys and values, or the comments in its JSON, follow.
    Of(Dialect),
}

impl EditFormat {
    /// By the file's name; `None` when that does not tell.
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        let name = file.rsplit('/').next().unwrap_or(file);
        Some(match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            "jsonc" => Self::Of(Dialect::Jsonc),
            "toml" => Self::Toml,
            _ => return None,
        })
    }
}

impl ValueEnum for EditFormat {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<EditFormat>> = LazyLock::new(|| {
            let others = [EditFormat::Yaml, EditFormat::Json, EditFormat::Toml];
            others.into_iter().chain(Dialect::ALL.map(EditFormat::Of)).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, about) = match self {
            Self::Yaml => ("yaml", "also of several documents"),
            Self::Json => ("json", "strict"),
            Self::Toml => ("toml", "version 1.0"),
            Self::Of(dialect) => (dialect.as_str(), dialect.about()),
        };
        Some(PossibleValue::new(word).help(about))
    }
}
