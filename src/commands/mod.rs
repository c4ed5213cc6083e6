//! The conductor: one file for each subcommand; it alone sees every room.

mod answers;
mod asking;
mod assembling;
mod backups;
mod check;
mod fixes;
mod healing;
mod init;
mod manual;
mod memory;
mod output;
mod patterns;
mod pausing;
mod progress;
mod reading;
mod run;
mod scan;
mod setup;
mod status;
mod telling;
mod undo;

use std::ffi::OsString;

use anyhow::{Result, bail};
use clap::Parser as _;

use crate::cli::{Cli, Command, LaterArgs};
use crate::config::strict;
use crate::exit::Exit;

/// Subcommands that a later version builds.
const LATER: [&str; 11] =
    ["apply", "doctor", "edit", "history", "learn", "mute", "plan", "review", "show", "stats", "suggestions"];
const NOW: [&str; 12] = [
    "backups",
    "check",
    "completions",
    "fixes",
    "init",
    "man",
    "patterns",
    "pause",
    "resume",
    "scan",
    "status",
    "undo",
];

/// Runs heal with the arguments of the process and gives the exit code.
#[must_use]
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a closed pipe is nobody's trouble.
            let _ = error.print();
            return if error.use_stderr() { Exit::Failed } else { Exit::Healthy };
        }
    };
    match dispatch(&cli) {
        Ok(exit) => exit,
        Err(error) => {
            output::failure(&cli, &error);
            Exit::Failed
        }
    }
}

fn dispatch(cli: &Cli) -> Result<Exit> {
    refuse_later_flags(&cli.run.later)?;
    if cli.run.log.iter().any(|file| file.as_os_str() == "-") {
        bail!("--log - (standard input) is not yet supported; name a file");
    }
    match &cli.command {
        None => run::run(cli),
        Some(Command::Check) => check::run(cli),
        Some(Command::Init) => init::run(cli),
        Some(Command::Status) => status::run(cli),
        Some(Command::Patterns { action }) => patterns::run(cli, action.as_ref()),
        Some(Command::Fixes { action }) => fixes::run(cli, action.as_ref()),
        Some(Command::Scan(scan)) => scan::run(cli, scan),
        Some(Command::Pause(arguments)) => pausing::pause(cli, arguments),
        Some(Command::Resume { incident }) => pausing::resume(cli, incident.as_deref()),
        Some(Command::Undo(undo)) => undo::run(cli, undo),
        Some(Command::Backups { action }) => backups::run(cli, action.as_ref()),
        Some(Command::Completions { shell }) => manual::completions(*shell),
        Some(Command::Man) => manual::man(),
        Some(Command::Other(words)) => refuse_unknown(words),
    }
}

fn refuse_later_flags(later: &LaterArgs) -> Result<()> {
    let given = [
        ("--since", later.since.is_some()),
        ("--until", later.until.is_some()),
        ("--continuous", later.continuous),
        ("--interval", later.interval.is_some()),
        ("--max-iterations", later.max_iterations.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => bail!("{flag} is not yet supported"),
        None => Ok(()),
    }
}

fn refuse_unknown(words: &[OsString]) -> Result<Exit> {
    let word = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    if LATER.contains(&word.as_str()) {
        bail!("`heal {word}` is not yet supported");
    }
    match strict::nearest(&word, &NOW) {
        Some(near) => bail!("there is no `heal {word}`; did you mean `heal {near}`? `heal --help` lists all"),
        None => bail!("there is no `heal {word}`; `heal --help` lists what there is"),
    }
}
