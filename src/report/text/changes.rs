//! What was done, what would be done, and what is held back.

use std::io::{self, Write};

use super::{Style, heading, wrapped};
use crate::plan::{Diff, IN_PLACE, PlannedAction, PlannedEdit, PlannedFix, PlannedStep, Reason, TakeBack};
use crate::report::{Outcome, Run, StepResult};
use crate::sanitize::escape;
use crate::sys::exec;

pub(super) fn outcomes(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if run.outcomes.is_empty() {
        return Ok(());
    }
    heading("Done", style, out)?;
    for outcome in &run.outcomes {
        let word = match (outcome.now, outcome.result) {
            (true, StepResult::Done) if outcome.kind == "take_back" => "taken back",
            (true, StepResult::Done) => "applied",
            (true, StepResult::Failed) => "failed",
            (true, StepResult::Undone) => "failed, undone",
            (true, StepResult::UndoFailed) => "UNDO FAILED",
            (false, _) => "earlier",
        };
        let verdict = outcome.verdict.as_str().replace('_', " ");
        writeln!(out, "  {:<14} {}  {}  {verdict}", style.paint.bold(word), outcome.fix, outcome.target)?;
        wrapped(&outcome.detail, "                 ", out)?;
    }
    backups(run, out)
}

/// What only a person can do now, before all else.
pub(super) fn cries(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for breaker in &run.plan.breakers {
        let whose = name_of(&breaker.incident, run);
        writeln!(out, "{}", style.paint.bold(&format!("HELP: {whose}")))?;
        wrapped(&breaker.cry(), "  ", out)?;
    }
    match &run.paused {
        Some(why) => wrapped(&format!("Nothing is changed: {why}."), "", out),
        None => Ok(()),
    }
}

fn backups(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let copies = |outcome: &&Outcome| outcome.now && outcome.backup.is_some();
    let Some(backup) = run.outcomes.iter().find(copies).and_then(|outcome| outcome.backup.as_ref()) else {
        return Ok(());
    };
    writeln!(out, "  The old bytes are in {backup}")
}

pub(super) fn plan(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if run.plan.is_empty() || run.mode.changes_things() {
        return Ok(());
    }
    heading("Planned", style, out)?;
    for back in &run.plan.take_backs {
        take_back(back, run, style, out)?;
    }
    run.plan.fixes.iter().try_for_each(|fix| planned(fix, run, style, out))
}

pub(super) fn take_back(back: &TakeBack, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let whose = name_of(&back.incident, run);
    writeln!(out, "  {}  take back, for {whose}: {}", style.paint.bold(&back.fix), back.reason)?;
    back.files.iter().try_for_each(|file| diff(&file.diff, style, out))?;
    back.actions.iter().try_for_each(|action| commands(&action.shown, out))
}

fn planned(fix: &PlannedFix, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let incidents: Vec<String> = fix.incidents.iter().map(|id| name_of(id, run)).collect();
    let undo = if fix.reversible() { "can be undone" } else { "CANNOT be undone" };
    let note = format!("{}, attempt {}, {undo}", fix.fix.risk.as_str(), fix.attempt);
    writeln!(out, "  {}  {}", style.paint.bold(&fix.fix.name), style.paint.dim(&note))?;
    wrapped(&format!("{}, for {}", fix.fix.description.trim_end_matches('.'), incidents.join(", ")), "    ", out)?;
    if let Some(condition) = &fix.condition {
        wrapped(&format!("because {condition}"), "    ", out)?;
    }
    for step in &fix.steps {
        match step {
            PlannedStep::Edit(edit) => self::edit(edit, style, out)?,
            PlannedStep::Action(action) => self::action(action, out)?,
        }
    }
    for check in &fix.checks {
        writeln!(out, "    then checks: {}", escape(check))?;
    }
    Ok(())
}

pub(super) fn edit(edit: &PlannedEdit, style: Style, out: &mut dyn Write) -> io::Result<()> {
    diff(&edit.diff, style, out)?;
    if edit.in_place() {
        wrapped(&format!("NOTE: {IN_PLACE}"), "    ", out)?;
    }
    match &edit.validate {
        Some(argv) => wrapped(&format!("only if it is accepted by: {}", escape(&exec::shown(argv))), "    ", out),
        None => Ok(()),
    }
}

pub(super) fn action(action: &PlannedAction, out: &mut dyn Write) -> io::Result<()> {
    if !action.state.is_empty() {
        let now = format!("{} is {} now", escape(&action.target), escape(&action.state));
        wrapped(&now, "    ", out)?;
    }
    commands(&action.commands, out)?;
    let undo = match &action.undo {
        Some(undo) => format!("taken back: {}", escape(undo)),
        None => "this step CANNOT be undone: it has no `undo`".to_owned(),
    };
    wrapped(&undo, "      ", out)
}

fn commands(commands: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    commands.iter().try_for_each(|argv| writeln!(out, "    $ {}", escape(&exec::shown(argv))))
}

/// Indented, so that no line of a file looks like heal's own words.
///
/// # Errors
/// The writer's own.
pub fn diff(diff: &Diff, style: Style, out: &mut dyn Write) -> io::Result<()> {
    marked_diff(diff, "    ", style, out)?;
    if diff.redacted { writeln!(out, "    (a secret is hidden; --apply writes the real value)") } else { Ok(()) }
}

/// A diff behind a mark of whoever it comes from.
pub(in crate::report) fn marked_diff(diff: &Diff, mark: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    diff.text.split_terminator('\n').try_for_each(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        writeln!(out, "{mark}{}", style.paint.diff(&escape(line)))
    })
}

pub(super) fn held_back(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let confirmed = |incident: &str| run.incidents.iter().any(|open| open.record.id == incident && open.count == 0);
    let held: Vec<_> = run
        .plan
        .held_back
        .iter()
        .filter(|held| style.verbose || held.reason != Reason::OnProbation || !confirmed(&held.incident))
        .collect();
    if held.is_empty() {
        return Ok(());
    }
    heading("Held back", style, out)?;
    for held in held {
        let whose = name_of(&held.incident, run);
        let reason = style.paint.dim(held.reason.as_str());
        writeln!(out, "  {}  for {whose}: {reason}", style.paint.bold(&held.fix))?;
        wrapped(&held.detail, "    ", out)?;
    }
    Ok(())
}

/// What a person calls an incident.
pub(super) fn name_of(id: &str, run: &Run) -> String {
    run.incidents
        .iter()
        .find(|incident| incident.record.id == id)
        .and_then(|incident| incident.record.pattern.clone())
        .unwrap_or_else(|| id.to_owned())
}
