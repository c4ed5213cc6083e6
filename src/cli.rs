//! The command line: flags and subcommands, and nothing about what they do.

mod backups;
mod edit;
mod suggestions;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use backups::{BackupsAction, BackupsShowArgs};
pub use edit::{EditArgs, EditFormat};
pub use suggestions::{AcceptArgs, SuggestionsAction};

/// Read recent logs, group what went wrong, and repair what the operator approved in advance.
///
/// Without a subcommand heal makes a dry run: it scans what is new, groups it, plans the registered fixes that apply
/// and shows each as a diff. It changes nothing without --apply.
#[derive(Debug, Parser)]
#[command(name = "heal", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// Options that every subcommand takes.
    #[command(flatten)]
    pub common: Common,
    /// Options of a run.
    #[command(flatten)]
    pub run: RunArgs,
    /// What to do instead of a run.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes:
  0   nothing wrong, or everything found was healed
  1   trouble remains: errors without a fix, fixes held back, or a dry run with something to apply
  2   heal itself could not do its work: usage, configuration, state
  3   a fix failed its checks and was undone
  4   an undo failed: a person is needed now
  75  another run holds the lock";

/// Options that every subcommand takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// Read this configuration [env: `HEAL_CONFIG`; else ./heal.yaml, the user's, /etc/heal/heal.yaml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Heal this folder: fix targets are relative to it and may not leave it
    #[arg(long, global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Keep state here [env: `HEAL_STATE_DIR`, `STATE_DIRECTORY`; else .heal in the workspace]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Print one JSON document, and nothing else, on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Tell trouble that goes on once a day only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Tell more: every sample, source and reason
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Wait this long for another run to end, such as 30s
    #[arg(long, global = true, value_name = "DURATION")]
    pub wait: Option<String>,
}

/// Options of a run.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct RunArgs {
    /// Back up, apply, verify, undo what failed, and remember
    #[arg(long, conflicts_with_all = ["record", "dry_run"])]
    pub apply: bool,
    /// Change nothing, but remember what was read and reported
    #[arg(long, conflicts_with = "dry_run")]
    pub record: bool,
    /// Change nothing, even with `apply_fixes: true`
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask the model
    #[arg(long, conflicts_with = "fresh")]
    pub no_ai: bool,
    /// Ask the model again, also where its answer is known
    #[arg(long)]
    pub fresh: bool,
    /// Apply fixes of risk `unsafe` too
    #[arg(long = "unsafe")]
    pub with_unsafe: bool,
    /// Look back this far: 90m, 2h, 3d, yesterday, all, a date, RFC 3339
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// Look no further than this; for dry runs
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Read these files instead of the configured logs, whole; - is standard input
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Where Ollama listens [env: `OLLAMA_HOST`]
    #[arg(long, value_name = "URL")]
    pub ollama_url: Option<String>,
    /// Which model to ask [env: `OLLAMA_MODEL`]
    #[arg(long, value_name = "NAME")]
    pub ollama_model: Option<String>,
    /// Repeat the run, for hosts without cron
    #[arg(long)]
    pub continuous: bool,
    /// From one round to the next: minutes, or a duration such as 90s [default: `check_interval`, else 5]
    #[arg(long, value_name = "MINUTES", requires = "continuous")]
    pub interval: Option<String>,
    /// End after so many rounds
    #[arg(long, value_name = "N", requires = "continuous", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_iterations: Option<u64>,
}

/// What to do instead of a run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Load the configuration and run every table's examples
    Check,
    /// Find what stands in the way of each part, with the command that mends it
    Doctor,
    /// Write a commented starter heal.yaml that fits what is here
    Init,
    /// Tell what stands now, without a scan
    Status,
    /// List runs and incidents, newest first
    History(HistoryArgs),
    /// Show one incident with its evidence
    Show {
        /// Its id, or how it begins
        incident: String,
    },
    /// Tell how often, how soon seen and healed, and what helped
    Stats(StatsArgs),
    /// List the patterns, or tell which one matches a line
    Patterns {
        /// What to do with them.
        #[command(subcommand)]
        action: Option<PatternsAction>,
    },
    /// List the fixes, or show one
    Fixes {
        /// What to do with them.
        #[command(subcommand)]
        action: Option<FixesAction>,
    },
    /// Print one JSON line for each event in these files: for pipes and for debugging
    Scan(ScanArgs),
    /// Change nothing for a while; reports go on
    Pause(PauseArgs),
    /// Count a known issue, and list it no longer
    Mute(MuteArgs),
    /// Write a new row for patterns/ from an incident that no pattern knows
    Learn(LearnArgs),
    /// Change things again; with an incident: list it again, and let its fixes try again
    Resume {
        /// The incident that was muted, or whose fixes were given up: its id, or how it begins
        incident: Option<String>,
    },
    /// Save what a run would do to a file, for `heal apply FILE`
    Plan(PlanArgs),
    /// Do exactly what a saved plan says, once; refused when anything it is about has changed since
    Apply {
        /// The file that `heal plan -o` wrote.
        file: PathBuf,
    },
    /// Ask at the terminal, step by step, what to apply; also what only waits for a person
    Review(ReviewArgs),
    /// Make one edit by hand, as a fix would: shows the diff and the row of a fix, and changes nothing without --apply
    Edit(Box<EditArgs>),
    /// Put back what a run changed
    Undo(UndoArgs),
    /// List the backups, show one, or remove old ones
    Backups {
        /// What to do with them.
        #[command(subcommand)]
        action: Option<BackupsAction>,
    },
    /// Review what the model suggested: list, show, accept, reject
    Suggestions {
        /// What to do with them.
        #[command(subcommand)]
        action: Option<SuggestionsAction>,
    },
    /// Print shell completions
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Anything else.
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

/// What to do with the patterns.
#[derive(Debug, Subcommand)]
pub enum PatternsAction {
    /// List them in the order in which they are tried
    List,
    /// Tell which patterns match a line, and why not
    Test {
        /// A line as the log has it; without it, lines of standard input
        line: Option<String>,
    },
}

/// What to do with the fixes.
#[derive(Debug, Subcommand)]
pub enum FixesAction {
    /// List them in the order in which they are tried
    List,
    /// Show one whole
    Show {
        /// Its name.
        name: String,
    },
}

/// What to scan.
#[derive(Args, Debug)]
pub struct ScanArgs {
    /// Files, read whole; - is standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Also errors that no pattern knows
    #[arg(long)]
    pub unknown: bool,
    /// Every record, also what is no event
    #[arg(long)]
    pub all: bool,
}

/// How long to pause, and why.
#[derive(Args, Debug)]
pub struct PauseArgs {
    /// Until then: a length of time (2h) or a time (2026-01-31T18:00:00+01:00); without it, until `heal resume`
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Why, for whoever reads the reports
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Which part of the history to list.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// Runs only
    #[arg(long)]
    pub runs: bool,
    /// Incidents only
    #[arg(long)]
    pub incidents: bool,
    /// Not what was over by then: 90m, 2h, 3d, yesterday, a date, RFC 3339
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// Not what began after it
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Incidents of this category, and runs that saw one
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// Incidents of this pattern, and runs that saw it
    #[arg(long, value_name = "NAME")]
    pub pattern: Option<String>,
    /// Incidents: open, new, ongoing, regressed, resolved, muted; runs: healthy, healing, degraded, critical, error
    #[arg(long, value_name = "WORD")]
    pub status: Option<String>,
    /// So many of each
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// Which time to look at.
#[derive(Args, Debug)]
pub struct StatsArgs {
    /// Look back this far: 2h, 3d, yesterday, all, a date [default: 30d]
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
}

/// What to mute, how long, and why.
#[derive(Args, Debug)]
pub struct MuteArgs {
    /// The incident: its id, or how it begins
    pub incident: String,
    /// Until then: a day (2027-01-31), a time, or a length of time (2w); without it, until `heal resume INCIDENT`
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Why, for whoever reads the reports
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What to learn from.
#[derive(Args, Debug)]
pub struct LearnArgs {
    /// The incident: its id, or how it begins
    pub incident: String,
    /// Call the pattern so; without it, by the words of its text
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// What to look at, for a plan or a review.
#[derive(Args, Clone, Debug, Default)]
pub struct LookArgs {
    /// Look back this far: 90m, 2h, 3d, yesterday, all, a date, RFC 3339
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// Read these files instead of the configured logs, whole
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// No model is asked anyway
    #[arg(long, hide = true)]
    pub no_ai: bool,
}

/// Which plan to save, and where.
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// Write the plan to this file, for its owner alone; an older plan there is replaced, anything else is not
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// It is refused after this time: 30m, 24h, 3d
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    pub expires: String,
    /// With fixes of risk `unsafe`
    #[arg(long = "unsafe")]
    pub with_unsafe: bool,
    /// What to look at.
    #[command(flatten)]
    pub look: LookArgs,
}

/// What to review.
#[derive(Args, Debug)]
pub struct ReviewArgs {
    /// Only fixes for this incident: its id, or how it begins
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// Only this fix
    #[arg(long, value_name = "NAME")]
    pub fix: Option<String>,
    /// What to look at.
    #[command(flatten)]
    pub look: LookArgs,
}

impl Cli {
    /// The command line of the run that looks at what a plan or a review is about. No model is asked.
    #[must_use]
    pub fn looking(&self, look: &LookArgs, with_unsafe: bool) -> Self {
        let run = RunArgs {
            no_ai: true,
            fresh: false,
            with_unsafe: with_unsafe || self.run.with_unsafe,
            since: look.since.clone().or_else(|| self.run.since.clone()),
            log: if look.log.is_empty() { self.run.log.clone() } else { look.log.clone() },
            ..RunArgs::default()
        };
        Self { common: self.common.clone(), run, command: None }
    }
}

/// What to undo.
#[derive(Args, Debug)]
pub struct UndoArgs {
    /// The run, as `heal backups` lists it; without it, the last one that changed something
    pub run: Option<String>,
    /// Only this file; without a run, of the last one that changed it
    #[arg(long, value_name = "F")]
    pub file: Option<PathBuf>,
    /// Also when a file was changed since: that state is backed up first
    #[arg(long)]
    pub force: bool,
}
