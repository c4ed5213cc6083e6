//! A fix: for which patterns, which steps, within which limits, checked how.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::action::{FixPermissions, ReloadConfig, RunCommand, ServiceAction, Verb};
use super::check::Check;
use super::condition::{Condition, Trusted};
use super::dialect::Dialect;
use super::suggested::Adoption;
use crate::sanitize::escape;
use crate::words::Risk;

/// Where a row of a table was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The table's file, or `built-in/NAME.yaml`.
    pub file: PathBuf,
    /// Whether heal ships it.
    pub builtin: bool,
}

/// A registered recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// Unique, `[a-z][a-z0-9_]*`; of an alternative `FIX/NAME`.
    pub name: String,
    /// The patterns and categories it is for.
    pub selectors: Vec<Selector>,
    /// One sentence for the report.
    pub description: String,
    /// How sure it is.
    pub risk: Risk,
    /// What must hold for it to be planned.
    pub when: Option<Condition>,
    /// What must be known of an event for it to count.
    pub trusted: Option<Trusted>,
    /// What to do, in order; all or nothing.
    pub steps: Vec<Step>,
    /// What must hold afterwards.
    pub verify: Vec<Check>,
    /// How long to wait before the checks.
    pub settle: Duration,
    /// What to do when the error comes back.
    pub on_ineffective: OnIneffective,
    /// Overrides the configuration's `cooldown`.
    pub cooldown: Option<Duration>,
    /// Overrides the configuration's `probation`.
    pub probation: Option<Duration>,
    /// Overrides the configuration's `max_fix_attempts`.
    pub max_attempts: Option<u32>,
    /// Events older than this plan nothing; the configuration's limit holds too.
    pub max_event_age: Option<Duration>,
    /// The longest that all of the fix may take.
    pub timeout: Duration,
    /// Where it was written.
    pub origin: Origin,
    /// Where it came from, when a model suggested it.
    pub adoption: Option<Adoption>,
}

impl Fix {
    /// The name of the row that it comes from: its own, or that of the fix whose alternative it is.
    #[must_use]
    pub fn row(&self) -> &str {
        self.name.split('/').next().unwrap_or(&self.name)
    }

    /// Why nobody's yes holds for what a model suggested, as a sentence; `None` for any other fix.
    #[must_use]
    pub fn not_adopted(&self) -> Option<String> {
        let why = self.adoption.as_ref()?.accepted.as_ref().err()?;
        Some(escape(&format!("{}: {why}", self.origin.file.display())).into_owned())
    }
}

/// What a fix is for. A pattern's name is more specific than its category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The pattern of this name.
    Pattern(String),
    /// Every pattern, and every unknown error, of this category.
    Category(String),
}

/// What to do with a fix after which the error came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnIneffective {
    /// The next attempt builds on this one; all is taken back when attempts are used up.
    Retry,
    /// Taken back at once.
    Undo,
    /// As `Retry`, never taken back.
    Keep,
}

/// One edit or one action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Change one value in one file.
    Edit(Edit),
    /// Act on a service.
    Service(ServiceAction),
    /// Test a configuration, then have its service read it again.
    ReloadConfig(ReloadConfig),
    /// Mode and owner of a file or folder.
    FixPermissions(FixPermissions),
    /// Run a program.
    Run(RunCommand),
}

impl Step {
    /// The step's key in a table, and its `kind` in a report.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Edit(_) => "edit",
            Self::Service(action) => match action.verb {
                Verb::Restart => "restart_service",
                Verb::Start => "start_service",
                Verb::Stop => "stop_service",
                Verb::Reload => "reload_service",
                Verb::ForceRestart => "force_restart",
            },
            Self::ReloadConfig(_) => "reload_config",
            Self::FixPermissions(_) => "fix_permissions",
            Self::Run(_) => "run",
        }
    }

    /// Whether it changes more than a file's bytes.
    #[must_use]
    pub const fn is_action(&self) -> bool {
        !matches!(self, Self::Edit(_))
    }
}

/// A change of one value in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Relative to the workspace, or absolute.
    pub file: String,
    /// Which value.
    pub locator: Locator,
    /// What becomes of it.
    pub operation: Operation,
    /// Which YAML document; without it the path must exist in exactly one.
    pub document: Option<DocumentChoice>,
    /// How the file is written, where its name does not tell.
    #[serde(default)]
    pub dialect: Option<Dialect>,
    /// The suffix that the number has and keeps, as in `30s`.
    pub unit: Option<String>,
    /// Refused when the value is another.
    pub expect_current: Option<Scalar>,
    /// How many times `regex` must match.
    pub expect_matches: usize,
    /// Add a key that is not there (YAML: its parents too).
    pub create_missing: bool,
    /// An argv that must exit 0 before the exchange; `{candidate}` in it is a file with the new text.
    #[serde(default)]
    pub validate: Option<Vec<String>>,
    /// How the new bytes get into the file.
    pub write_mode: WriteMode,
}

impl Edit {
    /// How the file is written, said or by its name.
    #[must_use]
    pub fn dialect(&self) -> Option<Dialect> {
        self.dialect.or_else(|| Dialect::of(Path::new(&self.file)))
    }
}

/// Which value of a file an edit is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locator {
    /// A path through a YAML document.
    YamlPath(Vec<PathElement>),
    /// A path through a TOML document.
    TomlPath(Vec<PathElement>),
    /// A path through a JSON document.
    JsonPath(Vec<PathElement>),
    /// A section, or none, and a key.
    IniPath {
        /// As its header has it, without brackets.
        section: Option<String>,
        /// As the file has it.
        key: String,
    },
    /// All of it: what `restore` puts back when it names no value.
    WholeFile,
    /// The group `value` of a regex (`verify_only` needs no group). Checked to compile when loaded.
    Regex(String),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathElement {
    /// A map's key; also finds the number or boolean written that way.
    Key(String),
    /// A list's index, from 0.
    Index(usize),
    /// The one list item whose map has these scalars.
    Match(Vec<(String, Scalar)>),
}

/// Which document of a YAML stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentChoice {
    /// Its index, from 0.
    Number(usize),
    /// The one whose root map has these scalars.
    Match(Vec<(String, Scalar)>),
}

/// A scalar as a table wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scalar {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, exactly.
    Number(Decimal),
    /// A string.
    Text(String),
}

/// What becomes of the value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Becomes this scalar.
    Set(Scalar),
    /// A number grows.
    Increase(Change),
    /// A number shrinks.
    Decrease(Change),
    /// The value's text, quotes included, becomes this literal text.
    Replace(String),
    /// The key goes, with its value.
    Delete,
    /// Becomes what it is in another file.
    Restore {
        /// The file; the last copy that heal holds when there is none.
        from: Option<String>,
    },
    /// Nothing: report whether the regex holds (with `each`, inside each match of that regex), or whether the path
    /// leads to a value (with `expect_current`, to that one).
    VerifyOnly {
        /// There must be a match of this, and the locator's regex must hold inside each.
        each: Option<String>,
    },
}

/// By how much a number grows or shrinks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Factor or amount, greater than 0.
    pub by: By,
    /// The result is clamped to it.
    pub min_value: Option<Decimal>,
    /// The result is clamped to it.
    pub max_value: Option<Decimal>,
}

/// Exactly one of `factor` and `amount`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// `increase` multiplies by it, `decrease` divides by it.
    Factor(Decimal),
    /// Added or subtracted.
    Amount(Decimal),
}

/// How new bytes get into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// A new file takes the old one's name, atomically.
    Replace,
    /// The file itself is overwritten: for one that is a mount point. Not atomic.
    InPlace,
}
