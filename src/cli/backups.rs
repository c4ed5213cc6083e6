//! What `heal backups` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with the backups.
#[derive(Debug, Subcommand)]
pub enum BackupsAction {
    /// List them, newest first
    List,
    /// Show what a run changed against what stands now
    Show(BackupsShowArgs),
    /// Remove what `backups` in the configuration no longer keeps; never the newest copy of a file
    Prune,
}

/// Which backups to show.
#[derive(Args, Debug)]
pub struct BackupsShowArgs {
    /// The run, as `heal backups` lists it; without it, the last one that changed a file
    pub run: Option<String>,
    /// Only this file
    #[arg(long, value_name = "F")]
    pub file: Option<PathBuf>,
    /// The old bytes themselves, of one file, instead of the difference
    #[arg(long)]
    pub content: bool,
}
