//! A program of the operator's, looked up.

use std::time::Duration;

use super::{Attempt, Outcome};
use crate::catalogue::RunCommand;
use crate::plan::{Deed, No, PlannedAction, PlannedStep, Reason, allowed};
use crate::sys::exec;

/// How long a program may take when the fix does not say.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn attempt(attempt: &Attempt<'_>, command: &RunCommand) -> Result<Outcome, Vec<No>> {
    let config = attempt.situation.config;
    let mut noes = Vec::new();
    for argv in [Some(&command.argv), command.undo.as_ref()].into_iter().flatten() {
        let Some(name) = argv.first() else { continue };
        match exec::resolve(name, &config.workspace) {
            Some(program) => {
                noes.extend(allowed::program(config, &program, attempt.must_be_listed()));
                if let Err(why) = exec::check_program(&program) {
                    noes.push((Reason::NotAllowed, format!("{why}; root runs no program that others may write")));
                }
            }
            None => noes.push((Reason::CheckFailed, format!("the program {name} is not there"))),
        }
    }
    if !noes.is_empty() {
        return Err(noes.into_iter().map(|(reason, text)| (reason, attempt.situation.clean(&text))).collect());
    }
    Ok(Outcome::Does(PlannedStep::Action(PlannedAction {
        step: attempt.step.clone(),
        target: command.argv.first().cloned().unwrap_or_default(),
        commands: vec![attempt.situation.sanitizer.argv(&command.argv)],
        state: String::new(),
        undo: command.undo.as_ref().map(|undo| format!("`{}`", exec::shown(&attempt.situation.sanitizer.argv(undo)))),
        old: String::new(),
        new: String::new(),
        deed: Deed::Run {
            argv: command.argv.clone(),
            undo: command.undo.clone(),
            timeout: command.timeout.unwrap_or(TIMEOUT),
            expect_exit: command.expect_exit,
        },
    })))
}
