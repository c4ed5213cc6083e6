//! What was read, what is wrong, and what to look at.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset};

use super::{MAX_INCIDENTS, Style, as_written, count, heading, severity, wrapped};
use crate::group::{OpenIncident, Status};
use crate::report::Run;
use crate::sources::{Coverage, State};

/// Longest line of evidence, in columns.
const SAMPLE_WIDTH: usize = 200;
/// Most facts of the rules in the short report.
const MAX_FACTS: usize = 2;
/// Where what belongs to an incident begins.
const INDENT: &str = "           ";

pub(super) fn sources(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    heading("Logs", style, out)?;
    if run.coverage.is_empty() {
        return writeln!(out, "  none: `logs` in the configuration names no source");
    }
    let quiet = |source: &&Coverage| matches!(source.state, State::Empty | State::Skipped) && source.detail.is_empty();
    for source in run.coverage.iter().filter(|source| style.verbose || !quiet(source)) {
        source_line(source, run, style, out)?;
    }
    match run.coverage.iter().filter(quiet).count() {
        0 => Ok(()),
        _ if style.verbose => Ok(()),
        hidden => {
            writeln!(out, "  {}", style.paint.dim(&format!("{} without anything new", count(hidden as u64, "source"))))
        }
    }
}

fn source_line(source: &Coverage, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let state = format!("{:<10}", source.state.as_str());
    let state = if source.state.is_trouble() { style.paint.bold(&state) } else { state };
    let lines = if source.lines > 0 { format!("  {}", count(source.lines, "line")) } else { String::new() };
    let line = format!("  {state} {}{lines}", source.source);
    writeln!(out, "{line}")?;
    if let (Some(from), Some(to)) = (source.from, source.to) {
        let times = format!("{} to {}", moment(from, run), moment(to, run));
        writeln!(out, "             {}", style.paint.dim(&times))?;
    }
    wrapped(&source.detail, "             ", out)
}

pub(super) fn incidents(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let listed: Vec<&OpenIncident> = run.incidents.iter().filter(|one| one.status != Status::Muted).collect();
    if listed.is_empty() && run.others == 0 {
        return Ok(());
    }
    heading("Incidents", style, out)?;
    for incident in listed.iter().take(MAX_INCIDENTS) {
        one(incident, run, style, out)?;
    }
    if let Some(more) = listed.len().checked_sub(MAX_INCIDENTS).filter(|more| *more > 0) {
        writeln!(out, "  ... and {more} more; `heal --json` lists all")?;
    }
    if run.others > 0 {
        writeln!(out, "  {} of further kinds: the bound on kinds of error was hit", count(run.others, "error"))?;
    }
    Ok(())
}

/// What it is and how often, and what that means: two lines, or a third for a long description.
pub(super) fn in_short(incident: &OpenIncident, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let record = &incident.record;
    let name = record.pattern.as_deref().unwrap_or("unknown error");
    let times = match incident.count {
        0 => format!("nothing new, {} in all", record.total),
        now if now == record.total => format!("{now}x"),
        now => format!("{now}x, {} in all", record.total),
    };
    let about = format!("{}, {}, {}", incident.status.as_str(), record.category, record.id);
    let (name, about) = (style.paint.bold(name), style.paint.dim(&about));
    writeln!(out, "  {} {name}  {times}  {about}", severity(record.severity, style))?;
    let what = match &record.pattern {
        Some(_) => record.description.trim_end_matches('.').to_owned(),
        None => shortened(&record.template, style),
    };
    wrapped(&format!("{what}; last {}", moment(record.last_seen, run)), INDENT, out)
}

fn one(incident: &OpenIncident, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    in_short(incident, run, style, out)?;
    evidence(incident, run, style, out)
}

/// What its events are about, what the rules say, and lines of the log.
pub(super) fn evidence(incident: &OpenIncident, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let record = &incident.record;
    targets(incident, style, out)?;
    diagnosis(incident, run, style, out)?;
    let shown = match (incident.status, style.verbose) {
        (Status::Resolved, false) => 0,
        (_, true) => record.samples.len(),
        (_, false) if incident.count == 0 => 0,
        _ => 1,
    };
    for sample in record.samples.iter().take(shown) {
        // An entry of the journal has no line of its own.
        let line = if sample.line > 0 { format!(":{}", sample.line) } else { String::new() };
        writeln!(out, "{INDENT}{}", style.paint.dim(&format!("{}{line}", sample.source)))?;
        let lines = if style.verbose { 40 } else { 2 };
        for line in sample.text.lines().take(lines) {
            let own: String = line.chars().take_while(|c| c.is_whitespace()).collect();
            as_written(&(own + &shortened(line, style)), &format!("{INDENT}| "), out)?;
        }
    }
    Ok(())
}

/// What the events are about, where they are about several things: the most frequent when they are most of all.
fn targets(incident: &OpenIncident, style: Style, out: &mut dyn Write) -> io::Result<()> {
    /// More of them are counted only.
    const MOST: usize = 4;
    if incident.targets.len() < 2 {
        return Ok(());
    }
    let most = if style.verbose { incident.targets.len() } else { MOST };
    let shown = incident.targets.iter().take(most).map(|target| format!("{} {}x", target.name, target.count));
    let mut text = format!("about {}", shown.collect::<Vec<_>>().join(", "));
    if let Some(more) = incident.targets.len().checked_sub(most).filter(|more| *more > 0) {
        let named: u64 = incident.targets.iter().take(most).map(|target| target.count).sum();
        if named.saturating_mul(2) < incident.count {
            let first = incident.targets.first().map_or("", |first| first.name.as_str());
            return wrapped(&format!("about many, {first} among them"), INDENT, out);
        }
        text = format!("{text}, and {more} more");
    }
    wrapped(&text, INDENT, out)
}

/// The likely cause, then what the rules found; all of it only when asked for more.
fn diagnosis(incident: &OpenIncident, run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(found) = run.diagnoses.get(&incident.record.id) else { return Ok(()) };
    if let Some(cause) = &found.likely_cause {
        wrapped(&format!("likely cause: {cause}"), INDENT, out)?;
    }
    let facts: Vec<&str> =
        found.facts.iter().filter(|fact| style.verbose || fact.telling).map(|fact| fact.text.as_str()).collect();
    let most = if style.verbose { usize::MAX } else { MAX_FACTS };
    facts.iter().take(most).try_for_each(|fact| wrapped(&format!("diagnosis: {fact}"), INDENT, out))
}

/// A line of evidence, without the blanks that pad it, cut to a bearable length.
fn shortened(line: &str, style: Style) -> String {
    let width = if style.verbose { SAMPLE_WIDTH * 10 } else { SAMPLE_WIDTH };
    let mut text = String::new();
    for (at, word) in line.split_whitespace().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        text.push_str(word);
        if text.len() > width * 4 {
            break;
        }
    }
    console::truncate_str(&text, width, " ... (cut)").into_owned()
}

pub(super) fn recommendations(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if run.recommendations.is_empty() {
        return Ok(());
    }
    heading("What to look at", style, out)?;
    run.recommendations.iter().try_for_each(|text| bullet(text, out))
}

pub(super) fn notices(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let notices: Vec<_> = run.notices.iter().chain(&run.analysis.notices).collect();
    if notices.is_empty() {
        return Ok(());
    }
    heading("Notices", style, out)?;
    notices.iter().try_for_each(|notice| bullet(&format!("{}: {}", notice.subject, notice.text), out))
}

fn bullet(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Vec::new();
    wrapped(text, "    ", &mut lines)?;
    if let Some(mark) = lines.get_mut(2) {
        *mark = b'-';
    }
    out.write_all(&lines)
}

/// A time in the zone of this run, to the second.
pub(super) fn moment(at: DateTime<FixedOffset>, run: &Run) -> String {
    at.with_timezone(run.started_at.offset()).format("%Y-%m-%d %H:%M:%S").to_string()
}
