//! What heal does to units.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::state::{Seen, look};
use super::{ServiceError, ServiceState, Unit, argv, ended, run};
use crate::sys::disk::Writer;

/// How long systemd is watched after a kill: it notices the end of processes much sooner.
const SETTLED: Duration = Duration::from_secs(2);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(100);

/// What can be done to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Stopped, if it runs, and started.
    Restart,
    /// Started.
    Start,
    /// Stopped.
    Stop,
    /// Told to read its configuration again.
    Reload,
    /// All of its processes killed, and started again.
    ForceRestart,
}

impl Verb {
    const fn word(self) -> &'static str {
        match self {
            Self::Restart | Self::ForceRestart => "restart",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Reload => "reload",
        }
    }
}

/// The exact commands of `verb`, in their order. A start limit is never reset by them. The second one of a forced
/// restart is left out where systemd has started the killed unit by itself.
#[must_use]
pub fn commands(verb: Verb, unit: &Unit) -> Vec<Vec<String>> {
    let last = argv(&["systemctl", verb.word(), "--no-ask-password", "--", unit.as_str()]);
    if verb == Verb::ForceRestart {
        let kill = argv(&["systemctl", "kill", "--signal=SIGKILL", "--no-ask-password", "--", unit.as_str()]);
        return vec![kill, last];
    }
    vec![last]
}

/// Does `verb` to `unit`, all within `timeout`, and gives the state that it is in afterwards. `stop_on_interrupt`
/// is `false` for what takes a fix back.
///
/// # Errors
/// When systemd refuses, the time is over, or the unit is not in the state that `verb` should bring; the sentence
/// tells the state.
pub fn act(
    _writer: &Writer,
    verb: Verb,
    unit: &Unit,
    timeout: Duration,
    stop_on_interrupt: bool,
) -> Result<ServiceState, ServiceError> {
    let since = Instant::now();
    let left = || timeout.saturating_sub(since.elapsed());
    let before = if verb == Verb::ForceRestart { Some(look(unit)?) } else { None };
    let commands = commands(verb, unit);
    let mut failed = None;
    for (number, command) in commands.iter().enumerate() {
        let outcome = run(command, left(), stop_on_interrupt)?;
        let is_last = number + 1 == commands.len();
        // That there is nothing left to kill is no reason not to start.
        let goes_on = !is_last && !outcome.timed_out && !outcome.interrupted;
        if !outcome.succeeded() && !goes_on {
            let word = command.get(1).map_or("", String::as_str);
            let still = if outcome.timed_out { ", though systemd goes on with it" } else { "" };
            failed = Some(format!("systemctl {word} {unit} {}{still}", ended(&outcome, timeout)));
            break;
        }
        if !is_last && before.as_ref().is_some_and(|before| comes_back(unit, before, left())) {
            break;
        }
    }
    let seen = look(unit);
    match (failed, seen) {
        (None, Ok(seen)) if is_reached(verb, &seen) => Ok(seen.state),
        (None, Ok(seen)) => {
            let told = format!("systemctl {} {unit} succeeded, but the unit is {}", verb.word(), seen.state.shown());
            Err(ServiceError::new(told + &advice(unit, &seen.state)))
        }
        (Some(failed), Ok(seen)) => {
            let told = format!("{failed}; the unit is {}", seen.state.shown());
            Err(ServiceError::new(told + &advice(unit, &seen.state)))
        }
        (None, Err(error)) => Err(error),
        (Some(failed), Err(error)) => Err(ServiceError::new(format!("{failed}; {error}"))),
    }
}

/// Whether systemd starts a killed unit by itself: because it restarts what dies, or because a restart was under way
/// that waited for its end. Another restart would then have to stop the fresh one, which may hang as the old one did.
fn comes_back(unit: &Unit, before: &Seen, left: Duration) -> bool {
    let since = Instant::now();
    while since.elapsed() < left.min(SETTLED) {
        let Ok(now) = look(unit) else { return false };
        let dying = now.has_job || now.state.active == "deactivating" || now.invocation == before.invocation;
        if now.state.active == "active" && !dying {
            return true;
        }
        let dead = matches!(now.state.active.as_str(), "failed" | "inactive");
        if dead && !now.has_job {
            return false;
        }
        std::thread::sleep(GLANCE);
    }
    false
}

/// Whether the unit is as `verb` should leave it.
pub(super) fn is_reached(verb: Verb, seen: &Seen) -> bool {
    let state = &seen.state;
    match verb {
        Verb::Stop => matches!(state.active.as_str(), "inactive" | "failed"),
        Verb::Reload => state.is_active(),
        // One that runs to its end has done so.
        Verb::Restart | Verb::Start | Verb::ForceRestart => {
            state.is_active() || (seen.oneshot && state.active == "inactive" && state.result == "success")
        }
    }
}

/// A start limit is a person's business: it was set so that someone looks.
pub(super) fn advice(unit: &Unit, state: &ServiceState) -> String {
    if !state.start_limited {
        return String::new();
    }
    format!(
        ": it was started too often, and systemd starts it no more; look at `systemctl status {unit}`, mend what \
         makes it fail, and only then run `systemctl reset-failed {unit}`, which heal never does"
    )
}
