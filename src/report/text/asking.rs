//! What a person is shown before each answer of a review.

use std::io::{self, Write};

use super::{Style, changes, findings, wrapped};
use crate::plan::{HeldBack, PlannedFix, PlannedStep, TakeBack};
use crate::report::Run;
use crate::sanitize::escape;

/// The incidents that a fix is for, what it is, how sure, and what must hold afterwards.
///
/// # Errors
/// The writer's own.
pub fn fix(fix: &PlannedFix, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    incidents(&fix.incidents, run, style, out)?;
    let undo = if fix.reversible() { "can be undone" } else { "CANNOT be undone" };
    writeln!(out, "  fix {}", style.paint.bold(&fix.fix.name))?;
    wrapped(fix.fix.description.trim_end_matches('.'), "    ", out)?;
    wrapped(&format!("risk {}, attempt {}, {undo}", fix.fix.risk.as_str(), fix.attempt), "    ", out)?;
    if let Some(condition) = &fix.condition {
        wrapped(&format!("because {condition}"), "    ", out)?;
    }
    if fix.fix.verify.is_empty() {
        writeln!(out, "    has no check of its own")?;
    }
    for check in &fix.checks {
        writeln!(out, "    then checks: {}", escape(check))?;
    }
    Ok(())
}

fn incidents(ids: &[String], run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let served = run.incidents.iter().filter(|one| ids.contains(&one.record.id));
    served.into_iter().try_for_each(|one| findings::in_short(one, run, style, out))
}

/// One step: the diff or the command, and how it is taken back.
///
/// # Errors
/// The writer's own.
pub fn step(step: &PlannedStep, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match step {
        PlannedStep::Edit(edit) => {
            changes::edit(edit, style, out)?;
            wrapped("taken back: its old bytes are put back", "      ", out)
        }
        PlannedStep::Action(action) => changes::action(action, out),
    }
}

/// Something that is to be taken back.
///
/// # Errors
/// The writer's own.
pub fn take_back(back: &TakeBack, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    incidents(std::slice::from_ref(&back.incident), run, style, out)?;
    changes::take_back(back, run, style, out)
}

/// The lines of the log behind it.
///
/// # Errors
/// The writer's own.
pub fn evidence(ids: &[String], run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let style = Style { verbose: true, ..style };
    for incident in run.incidents.iter().filter(|one| ids.contains(&one.record.id)) {
        findings::in_short(incident, run, style, out)?;
        findings::evidence(incident, run, style, out)?;
        if incident.record.samples.is_empty() {
            writeln!(out, "    no line of it is kept")?;
        }
    }
    Ok(())
}

/// Why an unattended run would not do it.
///
/// # Errors
/// The writer's own.
pub fn hold(waits_for: &[String], out: &mut dyn Write) -> io::Result<()> {
    if waits_for.is_empty() {
        return writeln!(out, "    nothing holds it back: `heal --apply` would do it unattended");
    }
    writeln!(out, "    an unattended run holds it back:")?;
    waits_for.iter().try_for_each(|why| wrapped(why, "      ", out))
}

/// What nobody can be asked about, and why.
///
/// # Errors
/// The writer's own.
pub fn held(held: &HeldBack, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let reason = style.paint.dim(held.reason.as_str());
    writeln!(out, "  {}  {reason}", style.paint.bold(&held.fix))?;
    wrapped(&held.detail, "    ", out)
}
