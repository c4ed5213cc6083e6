//! The report that a person reads: first what is wrong and what would change, then the evidence.

pub mod asking;
mod changes;
mod findings;
mod opinion;
mod paint;

use std::io::{self, Write};

pub use changes::diff;
pub(in crate::report) use changes::marked_diff;
pub use paint::Paint;

use super::{Mode, Run, StepResult};
use crate::group::{OpenIncident, Status as Life};
use crate::plan::{FLAG, REVIEW};
use crate::words::Severity;

/// Most incidents in the text report; JSON has all.
const MAX_INCIDENTS: usize = 50;
/// A tab in a line of a log.
const TAB: &str = "    ";
/// So much of the indent of a line of a log is kept, in characters.
const MAX_OWN_INDENT: usize = 24;

/// How much to tell, and in which colours.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Colours and bold.
    pub paint: Paint,
    /// Every sample, source and reason.
    pub verbose: bool,
}

/// Writes the whole report.
///
/// # Errors
/// The writer's own.
pub fn write(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    headline(run, style, out)?;
    changes::cries(run, style, out)?;
    findings::sources(run, style, out)?;
    findings::incidents(run, style, out)?;
    changes::outcomes(run, style, out)?;
    changes::plan(run, style, out)?;
    changes::held_back(run, style, out)?;
    opinion::write(run, style, out)?;
    findings::recommendations(run, style, out)?;
    findings::notices(run, style, out)?;
    next(run, style, out)
}

fn headline(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let ending = run.ending();
    let (muted, listed): (Vec<&OpenIncident>, Vec<_>) =
        run.incidents.iter().partition(|incident| incident.status == Life::Muted);
    let seen = listed.iter().filter(|incident| incident.count > 0).count() + usize::from(run.others > 0);
    let ignored: u64 = muted.iter().map(|incident| incident.count).sum();
    let mut parts = vec![match run.errors().saturating_sub(ignored) {
        0 => "no new errors".to_owned(),
        errors => format!("{} in {}", count(errors, "error"), count(seen as u64, "incident")),
    }];
    let high = listed.iter().filter(|one| one.record.severity >= Severity::High).map(|one| one.count).sum::<u64>();
    if high > 0 {
        parts.push(format!("{high} of high priority"));
    }
    if ignored > 0 {
        parts.push(format!("{} muted", count(ignored, "error")));
    }
    let open = listed.iter().filter(|incident| incident.count == 0 && incident.record.resolved_at.is_none());
    match open.count() {
        0 => {}
        open => parts.push(format!("{open} still open from before")),
    }
    let status = style.paint.status(ending.status);
    writeln!(out, "{status}: {}.", parts.join(", "))?;
    let taken_back = run.outcomes.iter().filter(|outcome| outcome.now && outcome.kind == "take_back").count();
    let changed = match (run.mode.changes_things(), run.plan.fixes.len(), run.fixes_applied()) {
        (true, _, 0) if taken_back > 0 => format!("{} taken back.", count(taken_back as u64, "change")),
        (true, _, 0) => "Nothing was changed.".to_owned(),
        (true, _, applied) => format!("{} applied.", count(applied as u64, "fix")),
        (_, 0, _) if run.plan.take_backs.is_empty() => "There is nothing to apply; nothing was changed.".to_owned(),
        (_, 0, _) => "A fix that did not help would be taken back; nothing was changed.".to_owned(),
        (_, planned, _) => format!("{} would be applied; nothing was changed.", count(planned as u64, "fix")),
    };
    writeln!(out, "{changed}")
}

fn next(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<(&str, String)> = Vec::new();
    match run.mode.changes_things() {
        true if run.outcomes.iter().any(|outcome| outcome.now && outcome.result == StepResult::Done) => {
            lines.push(("heal undo", "put back what this run changed".to_owned()));
            lines.push(("heal", "look again: later runs tell whether it helped".to_owned()));
        }
        true => {}
        false if run.plan.is_empty() => {}
        false => lines.push(("heal --apply", "back up, apply, verify, and undo what fails".to_owned())),
    }
    let freed_by = |what: &str| run.plan.held_back.iter().any(|held| held.freed_by.contains(&what));
    if freed_by(FLAG) && !run.mode.changes_things() {
        lines.push(("heal --apply --unsafe", "also the fixes of risk `unsafe`".to_owned()));
    }
    if freed_by(REVIEW) && run.mode != Mode::Review {
        lines.push((REVIEW, "decide at the terminal about what is held back".to_owned()));
    }
    for breaker in &run.plan.breakers {
        lines.push(("heal resume ID", format!("let the fixes of {} try again", breaker.incident)));
    }
    if lines.is_empty() {
        return Ok(());
    }
    heading("Next", style, out)?;
    lines.iter().try_for_each(|(command, what)| writeln!(out, "  {command:<22} {what}"))
}

/// One blank line between thoughts.
pub(in crate::report) fn heading(text: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", style.paint.bold(text))
}

/// `1 error`, `2 errors`, `2 fixes`.
pub(in crate::report) fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ if what.ends_with('x') => format!("{number} {what}es"),
        _ => format!("{number} {what}s"),
    }
}

/// Breaks a sentence at blanks into lines of at most 80 columns behind an indent.
pub(in crate::report) fn wrapped(text: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    let room = 80_usize.saturating_sub(console::measure_text_width(indent)).max(20);
    for word in text.split_whitespace().flat_map(|word| pieces(word, room)) {
        let width = console::measure_text_width(indent) + console::measure_text_width(&line);
        if !line.is_empty() && width + 1 + console::measure_text_width(&word) > 80 {
            writeln!(out, "{indent}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if line.is_empty() { Ok(()) } else { writeln!(out, "{indent}{line}") }
}

/// Writes a line of a log as it was written, its own indent and the blanks between its words included. One that is too
/// wide is broken as a sentence is, below its own indent.
pub(in crate::report) fn as_written(line: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    // A terminal's tabs would make it wider than it is measured.
    let line = line.trim_end().replace('\t', TAB);
    let text = line.trim_start();
    let own: String = line.chars().take_while(|c| c.is_whitespace()).take(MAX_OWN_INDENT).collect();
    let whole = format!("{indent}{own}{text}");
    if console::measure_text_width(&whole) <= 80 {
        return if text.is_empty() { Ok(()) } else { writeln!(out, "{whole}") };
    }
    wrapped(text, &format!("{indent}{own}"), out)
}

/// A word that no line can hold is broken.
fn pieces(word: &str, room: usize) -> Vec<String> {
    if console::measure_text_width(word) <= room {
        return vec![word.to_owned()];
    }
    let chars: Vec<char> = word.chars().collect();
    chars.chunks(room).map(|piece| piece.iter().collect()).collect()
}

/// The severity as a word of constant width.
pub(in crate::report) fn severity(severity: Severity, style: Style) -> String {
    style.paint.severity(severity, &format!("{:<8}", severity.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str) -> String {
        let mut out = Vec::new();
        as_written(line, "  | ", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_of_a_log_keeps_its_indent_and_stays_narrow() {
        assert_eq!(written("    at app.Pool.take(Pool.java:17)  "), "  |     at app.Pool.take(Pool.java:17)\n");
        assert_eq!(written("a   b"), "  | a   b\n");
        assert_eq!(written("\tat app.Pool"), "  |     at app.Pool\n");
        assert_eq!(written("   "), "");
        let long = written(&format!("    {}", "word ".repeat(20)));
        assert_eq!(long.lines().count(), 2);
        assert!(long.lines().all(|line| line.starts_with("  |     word") && line.len() <= 80), "{long}");
        let padded = written(&format!("{}x{}y", " ".repeat(300), " ".repeat(300)));
        assert_eq!(padded, format!("  | {}x y\n", " ".repeat(MAX_OWN_INDENT)));
    }
}
