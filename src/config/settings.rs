//! The configuration after file, environment and flags: nothing left open.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::sys::service::Unit;
use crate::words::{Risk, Severity};

/// How far back something reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Without end.
    All,
    /// This long before now.
    Last(Duration),
}

/// Which file the configuration came from; it decides what is trusted and where state lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A `heal.yaml`.
    Heal,
    /// An application's `config.yaml` with an `auto_healer` block.
    Application,
}

/// Everything that a run needs to know, resolved.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that was read.
    pub file: PathBuf,
    /// What kind of file it is.
    pub kind: Kind,
    /// `false` only for an application's `enabled: false`.
    pub enabled: bool,
    /// Absolute; fix targets may not leave it.
    pub workspace: PathBuf,
    /// Absolute; not necessarily there yet.
    pub state_dir: PathBuf,
    /// Where lines come from.
    pub logs: Vec<Log>,
    /// How far back the first run of an entry looks.
    pub window: Reach,
    /// Tables of patterns, in the order given: absolute.
    pub patterns: Vec<TablePath>,
    /// Tables of fixes, in the order given: absolute.
    pub fixes: Vec<TablePath>,
    /// Names of patterns and fixes to leave out.
    pub disable: Vec<String>,
    /// `--apply` is the default.
    pub apply_fixes: bool,
    /// Incidents below it change neither status nor exit code.
    pub fail_on: Severity,
    /// Per incident, fix and target.
    pub max_fix_attempts: u32,
    /// From one attempt to the next of the same; doubles with each.
    pub cooldown: Duration,
    /// Least time until a fix may be confirmed.
    pub probation: Duration,
    /// Older events plan no fix.
    pub max_event_age: Reach,
    /// An incident is resolved when it stayed away this long.
    pub resolve_after: Duration,
    /// How often `--quiet` repeats trouble that goes on.
    pub remind: Duration,
    /// Fixes applied per run and per day.
    pub budget: Budget,
    /// What is kept of backups.
    pub backups: Retention,
    /// What needs what: units, categories or source names.
    pub depends_on: BTreeMap<String, Vec<String>>,
    /// What heal dares.
    pub policy: Policy,
    /// Regexes of secrets, beside the built-in ones.
    pub redact: Vec<String>,
    /// The model.
    pub ai: Ai,
    /// Minutes between rounds of `--continuous`.
    pub check_interval: Option<u64>,
}

/// A file or folder of tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePath {
    /// Absolute.
    pub path: PathBuf,
    /// The default name: no error when it is not there.
    pub optional: bool,
}

/// One `logs[]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its `name`, else the glob as written, or `journal:` and what is read of it: the key of its positions.
    pub name: String,
    /// Where its lines come from.
    pub feed: Feed,
    /// Missing is trouble.
    pub required: bool,
    /// Silent for longer is trouble.
    pub expect: Option<Duration>,
}

impl Log {
    /// Whether its position has no other key than the name.
    #[must_use]
    pub const fn is_known_by_name(&self) -> bool {
        matches!(self.feed, Feed::Journal(_) | Feed::Command(_))
    }
}

/// Where the lines of a `logs[]` entry come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// `path`.
    Files {
        /// An absolute glob.
        glob: String,
        /// Absolute globs of files to leave out.
        exclude: Vec<String>,
    },
    /// `journal`.
    Journal(Journal),
    /// `command`.
    Command(Program),
}

/// A program whose output is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments; `{since}` in one stands for the time from which on lines are wanted.
    pub argv: Vec<String>,
    /// It is stopped after this long.
    pub timeout: Duration,
}

/// What is read of a journal: what meets every key given; without any, all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// Full names; any of them.
    pub units: Vec<Unit>,
    /// Syslog identifiers; any of them. None begins with `-`.
    pub identifiers: Vec<String>,
    /// Severity of syslog: this one and worse.
    pub priority: Option<u8>,
    /// Only what was written since this host was started.
    pub boot: bool,
    /// Absolute; journal files of whatever host. `None`: the journal of this host.
    pub directory: Option<PathBuf>,
}

/// Fixes applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In one run.
    pub per_run: u32,
    /// In 24 hours.
    pub per_day: u32,
}

/// What is kept of backups; the newest copy of a file always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Runs kept.
    pub keep: usize,
    /// Runs older than this go.
    pub max_age: Duration,
}

/// What heal dares to touch, and unattended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Globs relative to the workspace, or absolute. `None`: what the operator's own fix files name literally.
    pub allow_paths: Option<Vec<String>>,
    /// Globs of units; `None`: as for paths.
    pub allow_services: Option<Vec<String>>,
    /// Globs of containers; `None`: as for paths.
    pub allow_containers: Option<Vec<String>>,
    /// Globs of absolute programs; `None`: as for paths.
    pub allow_commands: Option<Vec<String>>,
    /// Globs of units that are never touched, beside the built-in ones.
    pub protected: Vec<String>,
    /// Units that are freed from protection.
    pub unprotect: Vec<String>,
    /// Severities that `--apply` heals unattended.
    pub auto_severities: Vec<Severity>,
    /// Risks that `--apply` takes unattended.
    pub auto_risks: Vec<Risk>,
}

/// Which protocol the server of the model speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Ollama's own.
    Ollama,
    /// The chat protocol of `OpenAI`, which many servers speak.
    OpenAi {
        /// What stands before `/chat/completions`.
        base_url: String,
        /// The file with the key.
        api_key_file: Option<PathBuf>,
    },
}

impl Provider {
    /// The key of the configuration that holds the address.
    #[must_use]
    pub const fn address_key(&self) -> &'static str {
        match self {
            Self::Ollama => "ai.ollama_url",
            Self::OpenAi { .. } => "ai.base_url",
        }
    }
}

/// The model: advice only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ai {
    /// Ask at all.
    pub enabled: bool,
    /// Which protocol.
    pub provider: Provider,
    /// Where Ollama listens, as given; see `analyse::ollama` for its forms.
    pub ollama_url: String,
    /// Whether the operator wrote the address (file, environment or flag).
    pub url_given: bool,
    /// The model's name.
    pub model: String,
    /// One question, preload included.
    pub timeout: Duration,
    /// All questions of a run.
    pub budget: Duration,
    /// At most so many incidents are asked about.
    pub max_incidents: usize,
    /// Context size asked for, in tokens.
    pub num_ctx: u32,
    /// Prompts may leave this host for a cloud model.
    pub allow_remote: bool,
    /// PEM file of a private certificate authority.
    pub ca_file: Option<PathBuf>,
    /// How long an answer in the cache counts.
    pub cache_ttl: Duration,
}
