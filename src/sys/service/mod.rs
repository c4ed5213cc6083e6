//! systemd units: what state they are in, and the few things heal does to them, through `systemctl`.

mod act;
mod start_limit;
mod state;
mod unit;

use std::path::Path;
use std::time::Duration;

use super::exec::{self, Command, Outcome};

pub use act::{Verb, act, commands};
pub use start_limit::{StartLimit, start_limit};
pub use state::{ServiceState, has_written_since, state};
pub use unit::{Unit, own_unit};

/// For a question to systemd or its journal.
const QUESTION: Duration = Duration::from_secs(10);
/// Where systemd runs, this folder is.
const BOOTED: &str = "/run/systemd/system";
/// Characters of a program's line that are shown.
const SHOWN: usize = 200;

/// Why a unit's state is not known, or why it is not what it should be: one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError(String);

impl std::fmt::Display for ServiceError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ServiceError {}

impl ServiceError {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Whether systemd runs this host.
#[must_use]
pub fn is_booted() -> bool {
    Path::new(BOOTED).is_dir()
}

/// Without systemd as the first process `systemctl` has nobody to ask.
fn require_systemd(booted: &Path) -> Result<(), ServiceError> {
    if booted.is_dir() {
        return Ok(());
    }
    let told = format!("systemd does not run this host ({} is not there), so there are no services", booted.display());
    Err(ServiceError::new(told))
}

fn run(argv: &[String], timeout: Duration, stop_on_interrupt: bool) -> Result<Outcome, ServiceError> {
    let command = Command { stop_on_interrupt, ..Command::new(argv, Path::new("/"), timeout) };
    exec::run(&command).map_err(|error| ServiceError::new(error.to_string()))
}

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The last line that says something, made safe to print; nothing when there is none.
fn last_line(outcome: &Outcome) -> Option<String> {
    let text = outcome.text();
    let advice = ["See ", "Hint:", "To force a start", "followed by "];
    let says = |line: &&str| !line.is_empty() && !advice.iter().any(|word| line.starts_with(word));
    let line = text.lines().map(str::trim).rfind(says)?;
    Some(line.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// How a program ended that did not succeed, as the end of a sentence.
fn ended(outcome: &Outcome, timeout: Duration) -> String {
    let how = if outcome.interrupted {
        "was stopped, because heal was interrupted".to_owned()
    } else if outcome.timed_out {
        format!("did not end within {} s and was stopped", timeout.as_secs_f64().ceil())
    } else if let Some(code) = outcome.status {
        format!("ended with exit code {code}")
    } else if let Some(signal) = outcome.signal {
        format!("was ended by signal {signal}")
    } else {
        "could not be stopped".to_owned()
    };
    match last_line(outcome) {
        Some(line) => format!("{how} (it said: {line})"),
        None => how,
    }
}

#[cfg(test)]
mod tests;
