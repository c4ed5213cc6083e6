//! The checks of a fix, right after it.

use std::path::Path;
use std::time::{Duration, Instant};

use super::parses::file_parses;
use super::watch::{Stop, pause, until};
use crate::catalogue::{Check, Fix};
use crate::sys::exec::{self, Command};
use crate::sys::service::{self, Unit};
use crate::sys::{net, signal};

/// Longest time of one check that does not say.
const STEP_LIMIT: Duration = Duration::from_secs(30);
/// How long a port may take to open.
const PORT_WITHIN: Duration = Duration::from_secs(10);
/// Longest time of one request.
const REQUEST: Duration = Duration::from_secs(10);
/// A service that is up must still be up after this time, without having been started again.
const STEADY: Duration = Duration::from_secs(1);
/// From one look for new errors to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A check that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFailure {
    /// The check as a person would say it.
    pub check: String,
    /// What went wrong, with the end of its output; not yet redacted.
    pub reason: String,
    /// heal was interrupted while it ran.
    pub interrupted: bool,
}

/// What checks look at.
pub struct Surroundings<'a> {
    /// Where commands run, and what relative paths count from.
    pub workspace: &'a Path,
    /// When the fix began.
    pub begun: Instant,
    /// Counts the events of the fix's incidents that are new since it began; an error is a reason.
    pub new_errors: &'a mut dyn FnMut() -> Result<u64, String>,
}

/// Waits until the fix has settled, then runs its checks in order, up to the first that fails.
///
/// # Errors
/// The first check that does not pass within its time.
pub fn run_checks(fix: &Fix, around: &mut Surroundings<'_>) -> Result<(), CheckFailure> {
    let failed = |check: &str, stop: Stop| {
        let interrupted = stop == Stop::Interrupted || signal::interrupted();
        let reason = match stop {
            Stop::Because(reason) => reason,
            Stop::Interrupted => "was interrupted".to_owned(),
        };
        CheckFailure { check: check.to_owned(), reason, interrupted }
    };
    let left = |around: &Surroundings<'_>| fix.timeout.saturating_sub(around.begun.elapsed());
    pause(fix.settle.min(left(around))).map_err(|stop| failed("settle", stop))?;
    for check in &fix.verify {
        let left = left(around);
        let outcome = if left.is_zero() {
            Err(Stop::because("was not begun: the fix's `timeout` was used up"))
        } else {
            pass(check, around, left)
        };
        outcome.map_err(|stop| failed(&check.shown(), stop))?;
    }
    Ok(())
}

fn pass(check: &Check, around: &mut Surroundings<'_>, left: Duration) -> Result<(), Stop> {
    match check {
        Check::Command(argv) => command(argv, around.workspace, left.min(STEP_LIMIT)),
        Check::ServiceActive(name) => service_active(name, left.min(STEP_LIMIT)),
        Check::FileParses(path) => file_parses(&around.workspace.join(path)).map_err(Stop::Because),
        Check::PortOpen { host, port } => until(left.min(PORT_WITHIN), |left| net::port_open(host, *port, left)),
        Check::HttpOk { url, status, within } => until(left.min(*within), |left| http_ok(url, *status, left)),
        Check::NoNewErrors { within } => no_new_errors(around.new_errors, *within, left),
    }
}

fn command(argv: &[String], workspace: &Path, limit: Duration) -> Result<(), Stop> {
    let outcome = exec::run(&Command::new(argv, workspace, limit)).map_err(|error| Stop::Because(error.to_string()))?;
    if outcome.succeeded() { Ok(()) } else { Err(Stop::Because(reason(&outcome, limit))) }
}

/// Up, and still up a moment later: one that crashes and is started again and again is up now and then.
fn service_active(name: &str, limit: Duration) -> Result<(), Stop> {
    let unit = Unit::parse(name).map_err(Stop::Because)?;
    let state = || service::state(&unit).map_err(|error| Stop::Because(error.to_string()));
    let begun = Instant::now();
    loop {
        let seen = state()?;
        if seen.is_active() {
            pause(STEADY)?;
            let later = state()?;
            return if later.is_active() && later.restarts == seen.restarts {
                Ok(())
            } else {
                Err(Stop::Because(format!("does not hold: a moment later it is {}", later.shown())))
            };
        }
        let is_coming = matches!(seen.active.as_str(), "activating" | "deactivating");
        if !is_coming || begun.elapsed() >= limit {
            return Err(Stop::Because(format!("does not hold: it is {}", seen.shown())));
        }
        pause(Duration::from_millis(250))?;
    }
}

/// One request.
pub(super) fn http_ok(url: &str, status: Option<u16>, limit: Duration) -> Result<(), String> {
    match net::http_get(url, limit.min(REQUEST)) {
        Ok(answered) if status.map_or((200..300).contains(&answered), |status| status == answered) => Ok(()),
        Ok(answered) => Err(format!("does not hold: it answers {answered}")),
        Err(why) => Err(format!("does not hold: {why}")),
    }
}

fn no_new_errors(count: &mut dyn FnMut() -> Result<u64, String>, within: Duration, left: Duration) -> Result<(), Stop> {
    if within > left {
        return Err(Stop::because("was not begun: it watches for longer than the fix's `timeout` leaves"));
    }
    let begun = Instant::now();
    loop {
        let ended = begun.elapsed() >= within;
        let look = Instant::now();
        match count().map_err(Stop::Because)? {
            0 if ended => return Ok(()),
            0 => {}
            1 => return Err(Stop::because("does not hold: there is a new one")),
            several => return Err(Stop::Because(format!("does not hold: there are {several} new ones"))),
        }
        // Looking must not become all that this host does.
        let rest = within.saturating_sub(begun.elapsed());
        pause(LOOK_EVERY.max(look.elapsed()).min(rest))?;
    }
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
mod tests;
