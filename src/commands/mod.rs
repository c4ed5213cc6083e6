//! The conductor: one file for each subcommand; it alone sees every room.

mod answers;
mod asking;
mod assembling;
mod backups;
mod changing;
mod check;
mod continuous;
mod deciding;
mod doctor;
mod edit;
mod excerpts;
mod fixes;
mod healing;
mod init;
mod learn;
mod manual;
mod memory;
mod muting;
mod noting;
mod output;
mod past;
mod patterns;
mod pausing;
mod progress;
mod reading;
mod remembered;
mod review;
mod run;
mod saving;
mod scan;
mod setup;
mod status;
mod suggestions;
mod telling;
mod undo;

use std::ffi::OsString;

use anyhow::{Result, bail};
use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::config::strict;
use crate::exit::Exit;

const NOW: [&str; 23] = [
    "apply",
    "backups",
    "check",
    "completions",
    "doctor",
    "edit",
    "fixes",
    "history",
    "init",
    "learn",
    "man",
    "mute",
    "patterns",
    "pause",
    "plan",
    "resume",
    "review",
    "scan",
    "show",
    "stats",
    "status",
    "suggestions",
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
    match &cli.command {
        None if cli.run.continuous => continuous::repeat(cli),
        None => run::run(cli),
        Some(Command::Check) => check::run(cli),
        Some(Command::Doctor) => doctor::run(cli),
        Some(Command::Init) => init::run(cli),
        Some(Command::Status) => status::run(cli),
        Some(Command::Patterns { action }) => patterns::run(cli, action.as_ref()),
        Some(Command::Fixes { action }) => fixes::run(cli, action.as_ref()),
        Some(Command::Scan(scan)) => scan::run(cli, scan),
        Some(Command::Pause(arguments)) => pausing::pause(cli, arguments),
        Some(Command::History(arguments)) => past::history(cli, arguments),
        Some(Command::Show { incident }) => past::show(cli, incident),
        Some(Command::Stats(arguments)) => past::stats(cli, arguments),
        Some(Command::Learn(arguments)) => learn::run(cli, arguments),
        Some(Command::Mute(arguments)) => muting::mute(cli, arguments),
        Some(Command::Resume { incident: Some(incident) }) => muting::resume(cli, incident),
        Some(Command::Resume { incident: None }) => pausing::resume(cli),
        Some(Command::Plan(arguments)) => saving::save(cli, arguments),
        Some(Command::Apply { file }) => saving::apply(cli, file),
        Some(Command::Review(arguments)) => review::run(cli, arguments),
        Some(Command::Edit(arguments)) => edit::run(cli, arguments),
        Some(Command::Undo(undo)) => undo::run(cli, undo),
        Some(Command::Backups { action }) => backups::run(cli, action.as_ref()),
        Some(Command::Suggestions { action }) => suggestions::run(cli, action.as_ref()),
        Some(Command::Completions { shell }) => manual::completions(*shell),
        Some(Command::Man) => manual::man(),
        Some(Command::Other(words)) => refuse_unknown(words),
    }
}

fn refuse_unknown(words: &[OsString]) -> Result<Exit> {
    let word = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    match strict::nearest(&word, &NOW) {
        Some(near) => bail!("there is no `heal {word}`; did you mean `heal {near}`? `heal --help` lists all"),
        None => bail!("there is no `heal {word}`; `heal --help` lists what there is"),
    }
}
