//! Does something to the host that is no change of a file: noted before, noted after.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::action_change::ActionChange;
use super::change::Reason;
use super::edit::Receipt;
use super::error::ApplyError;
use super::manifest::{Change, State};
use super::marks;
use super::run_folder::RunFolder;
use crate::plan::{Deed, PlannedAction};
use crate::sys::disk::{Writer, hold};
use crate::sys::service::{self, Unit};
use crate::sys::{clock, exec};

/// Longest part of a program's output that is told, in bytes.
const MAX_TOLD: usize = 300;

/// How long an action may take, and whether an interrupt ends it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest time.
    pub timeout: Duration,
    /// `false` for what takes a fix back.
    pub stop_on_interrupt: bool,
}

impl Limits {
    /// Of what takes something back: the usual time of a step, whatever else happens.
    pub(super) const BACK: Self = Self { timeout: Duration::from_secs(30), stop_on_interrupt: false };
}

/// Does a planned action as the next change of `run`.
///
/// # Errors
/// When it was not done, or not with success. What must be taken back then is among the standing changes of the run.
pub fn apply_action(
    run: &mut RunFolder,
    writer: &Writer,
    planned: &PlannedAction,
    fix: &crate::catalogue::FixKey,
    incidents: &[String],
    limits: Limits,
) -> Result<Receipt, ApplyError> {
    let state = match &planned.deed {
        Deed::Service { unit, test, .. } => {
            if let Some(test) = test {
                run_program(&run.workspace(), test, 0, limits).map_err(|failure| {
                    ApplyError::Action(format!("the test `{}` {}; nothing was done", exec::shown(test), failure.why))
                })?;
            }
            Some(service::state(unit).map_err(|error| ApplyError::Action(error.to_string()))?)
        }
        _ => None,
    };
    let action = ActionChange::of(&planned.deed, state).ok_or_else(|| ApplyError::State(anyhow!("no action")))?;
    let step = serde_json::to_value(&planned.step).map_err(|error| ApplyError::State(error.into()))?;
    let reason = Reason {
        fix: fix.clone(),
        incidents: incidents.to_vec(),
        kind: planned.step.kind().to_owned(),
        step: Some(step),
        takes_back: Vec::new(),
        old_raw: Some(planned.old.clone()).filter(|old| !old.is_empty()),
        new_raw: Some(planned.new.clone()).filter(|new| !new.is_empty()),
        in_place: false,
    };
    let target = match &planned.deed {
        Deed::Permissions { relative, .. } => run.workspace().join(relative).display().to_string(),
        _ => planned.target.clone(),
    };
    let index = act(run, writer, target, action, reason, limits)?;
    Receipt::of(run, index).ok_or_else(|| ApplyError::State(anyhow!("the change is not in the manifest")))
}

/// Does `action` as the next change of `run`; gives the change's index.
pub(super) fn act(
    run: &mut RunFolder,
    writer: &Writer,
    target: String,
    action: ActionChange,
    reason: Reason,
    limits: Limits,
) -> Result<u32, ApplyError> {
    let index = run.next_index().map_err(ApplyError::State)?;
    let takes_back = reason.takes_back.clone();
    run.push(writer, intent(index, target, action.clone(), reason))
        .context("nothing was done: the manifest could not be written")
        .map_err(ApplyError::State)?;
    match perform(run, writer, action, limits) {
        Ok(done) => {
            run.settle_action(index, State::Done, Some(done));
            run.save(writer)
                .context("it was done, but the manifest could not be written")
                .map_err(ApplyError::State)?;
            run.tell(writer, index);
            // What could not be marked is marked by `recover`.
            let _ = marks::undone(run, writer, &takes_back);
            Ok(index)
        }
        Err(failure) => {
            run.settle_action(index, if failure.made { State::Done } else { State::Failed }, None);
            // On the disk it stays intended then, and `recover` looks.
            let _ = run.save(writer);
            Err(if failure.changed_meanwhile {
                ApplyError::ChangedMeanwhile(failure.why.into())
            } else {
                ApplyError::Action(failure.why)
            })
        }
    }
}

fn intent(index: u32, target: String, action: ActionChange, reason: Reason) -> Change {
    Change {
        index,
        fix: reason.fix.fix,
        captures: reason.fix.captures,
        incidents: reason.incidents,
        kind: reason.kind,
        step: reason.step,
        target,
        time: clock::now(),
        state: State::Intended,
        undone_by: None,
        takes_back: reason.takes_back,
        old_raw: reason.old_raw,
        new_raw: reason.new_raw,
        file: None,
        action: Some(action),
    }
}

/// Why an action did not succeed.
pub(super) struct Failure {
    pub(super) why: String,
    /// Something may have been done all the same.
    made: bool,
    changed_meanwhile: bool,
}

impl Failure {
    const fn new(why: String, made: bool) -> Self {
        Self { why, made, changed_meanwhile: false }
    }
}

fn perform(run: &RunFolder, writer: &Writer, action: ActionChange, limits: Limits) -> Result<ActionChange, Failure> {
    match action {
        ActionChange::Service { verb, unit, before, .. } => {
            let parsed = Unit::parse(&unit).map_err(|why| Failure::new(why, false))?;
            let after = service::act(writer, verb, &parsed, limits.timeout, limits.stop_on_interrupt)
                .map_err(|error| Failure::new(error.to_string(), true))?;
            Ok(ActionChange::Service { verb, unit, before, after: Some(after) })
        }
        ActionChange::Permissions { relative, before, after } => {
            let held = hold(&run.workspace(), &relative).map_err(|error| Failure::new(error.to_string(), false))?;
            if held.ownership != before {
                let why = held.path.display().to_string();
                return Err(Failure { why, made: false, changed_meanwhile: true });
            }
            writer.change_ownership(&held, &after).map_err(|error| {
                let now = hold(&run.workspace(), &relative).ok().map(|held| held.ownership);
                let why = format!("{} could not be given {}: {error}", held.path.display(), after.shown());
                Failure::new(why, now.is_none_or(|now| now != before))
            })?;
            Ok(ActionChange::Permissions { relative, before, after })
        }
        ActionChange::Command { argv, undo, timeout, expect_exit } => {
            let limits = Limits { timeout: limits.timeout.min(Duration::from_secs(timeout)), ..limits };
            run_program(&run.workspace(), &argv, expect_exit, limits)
                .map_err(|failure| Failure { why: format!("`{}` {}", exec::shown(&argv), failure.why), ..failure })?;
            Ok(ActionChange::Command { argv, undo, timeout, expect_exit })
        }
    }
}

/// Runs a program to its expected end.
pub(super) fn run_program(workspace: &Path, argv: &[String], expect_exit: i32, limits: Limits) -> Result<(), Failure> {
    let command = exec::Command {
        stop_on_interrupt: limits.stop_on_interrupt,
        ..exec::Command::new(argv, workspace, limits.timeout)
    };
    let outcome = exec::run(&command).map_err(|error| Failure::new(format!("did not start: {error}"), false))?;
    if outcome.status == Some(expect_exit) && !outcome.timed_out && !outcome.interrupted {
        return Ok(());
    }
    let how = match (outcome.timed_out, outcome.interrupted, outcome.status, outcome.signal) {
        (true, ..) => format!("was killed after {} s", limits.timeout.as_secs()),
        (_, true, ..) => "was interrupted".to_owned(),
        (_, _, Some(code), _) => format!("ended with exit code {code}"),
        (_, _, _, Some(signal)) => format!("was ended by signal {signal}"),
        _ => "did not end".to_owned(),
    };
    Err(Failure::new(with_last_line(how, &outcome.text()), true))
}

/// What a program said last is what a person wants to know.
pub(super) fn with_last_line(how: String, output: &str) -> String {
    match output.lines().rev().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("{how}: {}", line.chars().take(MAX_TOLD).collect::<String>()),
        None => how,
    }
}
