//! The checks of a fix, right after it.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::catalogue::{Check, Fix};
use crate::sys::exec::{self, Command};
use crate::sys::signal;

/// Longest time of one check.
const STEP_LIMIT: Duration = Duration::from_secs(30);

/// A check that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFailure {
    /// The check as a person would type it.
    pub check: String,
    /// What went wrong, with the end of its output; not yet redacted.
    pub reason: String,
    /// heal was interrupted while it ran.
    pub interrupted: bool,
}

/// Waits until the fix has settled, then runs its checks in order, up to the first that fails.
///
/// # Errors
/// The first check that does not pass within its time.
pub fn run_checks(fix: &Fix, workspace: &Path, begun: Instant) -> Result<(), CheckFailure> {
    settle(fix.settle)?;
    for Check::Command(argv) in &fix.verify {
        let left = fix.timeout.saturating_sub(begun.elapsed()).min(STEP_LIMIT);
        let failure = |reason: String, interrupted: bool| CheckFailure { check: shown(argv), reason, interrupted };
        if left.is_zero() {
            return Err(failure("the fix's `timeout` was used up before this check".to_owned(), false));
        }
        let outcome =
            exec::run(&Command::new(argv, workspace, left)).map_err(|error| failure(error.to_string(), false))?;
        if !outcome.succeeded() {
            return Err(failure(reason(&outcome, left), outcome.interrupted));
        }
    }
    Ok(())
}

/// An argv as a person would type it.
#[must_use]
pub fn shown(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    argv.iter()
        .map(|argument| {
            if !argument.is_empty() && argument.chars().all(plain) {
                argument.clone()
            } else {
                format!("'{}'", argument.replace('\'', "'\\''"))
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn settle(time: Duration) -> Result<(), CheckFailure> {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if signal::interrupted() {
            let reason = "interrupted while the fix settled".to_owned();
            return Err(CheckFailure { check: "settle".to_owned(), reason, interrupted: true });
        }
        std::thread::sleep(Duration::from_millis(50).min(time.saturating_sub(begun.elapsed())));
    }
    Ok(())
}

fn reason(outcome: &exec::Outcome, limit: Duration) -> String {
    let how = match (outcome.status, outcome.signal) {
        _ if outcome.timed_out => format!("was stopped after {} s", limit.as_secs()),
        _ if outcome.interrupted => "was interrupted".to_owned(),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended without a status".to_owned(),
    };
    let output = outcome.text();
    match output.trim_end() {
        "" => how,
        output => format!("{how}: {output}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argv_is_shown_as_it_would_be_typed() {
        let argv = ["grep", "-Eq", "^  timeout: [0-9]+", "it's", ""].map(str::to_owned);
        assert_eq!(shown(&argv), r"grep -Eq '^  timeout: [0-9]+' 'it'\''s' ''");
    }
}
