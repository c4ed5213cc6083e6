//! `heal status`: what stands now, without a scan.

use anyhow::Result;

use super::{memory, output, pausing, setup};
use crate::cli::Cli;
use crate::exit::Exit;
use crate::store::{Attempt, Incident, Snapshot, Verdict};
use crate::sys::clock;

pub(super) fn run(cli: &Cli) -> Result<Exit> {
    let mut setup = setup::prepare(cli)?;
    let memory = memory::look(&setup.config.state_dir, &mut setup.notices);
    memory::tell_interrupted(&setup.config.state_dir, &memory.snapshot, &mut setup.notices);
    let snapshot = &memory.snapshot;
    let mut open: Vec<&Incident> = snapshot.open().collect();
    open.sort_by_key(|incident| (std::cmp::Reverse(incident.severity), std::cmp::Reverse(incident.last_seen)));
    let waiting: Vec<&Attempt> =
        snapshot.attempts.iter().filter(|attempt| attempt.verdict == Verdict::OnProbation).collect();
    let now = clock::now();
    let paused = pausing::why(snapshot, now);
    if cli.common.json {
        output::print_json(&document(snapshot, &open, &waiting, paused.as_deref(), &setup.notices))?;
        return Ok(Exit::Healthy);
    }
    let offset = *now.offset();
    let moment = |at: chrono::DateTime<chrono::FixedOffset>| at.with_timezone(&offset).format("%Y-%m-%d %H:%M:%S");
    let style = output::style(cli);
    output::print(|out| {
        match &snapshot.last_run {
            Some(run) => writeln!(out, "last run  {}  {}  {}", run.id, run.mode, style.paint.bold(&run.status))?,
            None => writeln!(out, "no run is remembered: `heal --record` or `heal --apply` remembers")?,
        }
        if let Some(why) = &paused {
            writeln!(out, "{}: nothing is changed: {why}", style.paint.bold("paused"))?;
        }
        writeln!(out, "\n{}", style.paint.bold(&format!("Open incidents: {}", open.len())))?;
        for incident in &open {
            let name = incident.pattern.as_deref().unwrap_or(&incident.template);
            let name = console::truncate_str(name, 40, "...");
            let severity = style.paint.severity(incident.severity, &format!("{:<8}", incident.severity.as_str()));
            let last = moment(incident.last_seen);
            writeln!(out, "  {severity} {name}  {} {}x, last {last}", incident.id, incident.total)?;
        }
        writeln!(out, "\n{}", style.paint.bold(&format!("Fixes on probation: {}", waiting.len())))?;
        for attempt in &waiting {
            writeln!(out, "  {}  {}  since {}", attempt.fix, attempt.target, moment(attempt.applied_at))?;
        }
        for notice in &setup.notices {
            writeln!(out, "\n{}: {}", notice.subject, notice.text)?;
        }
        Ok(())
    })?;
    Ok(Exit::Healthy)
}

fn document(
    snapshot: &Snapshot,
    open: &[&Incident],
    waiting: &[&Attempt],
    paused: Option<&str>,
    notices: &[crate::notice::Notice],
) -> serde_json::Value {
    serde_json::json!({
        "format_version": "1.0",
        "last_run": snapshot.last_run.as_ref().map(|run| serde_json::json!({
            "id": run.id, "mode": run.mode, "started_at": run.started_at, "status": run.status,
        })),
        "paused": paused,
        "incidents": open.iter().map(|incident| serde_json::json!({
            "id": incident.id,
            "pattern": incident.pattern,
            "template": incident.template,
            "category": incident.category,
            "severity": incident.severity,
            "total": incident.total,
            "first_seen": incident.first_seen.to_rfc3339(),
            "last_seen": incident.last_seen.to_rfc3339(),
        })).collect::<Vec<_>>(),
        "on_probation": waiting.iter().map(|attempt| serde_json::json!({
            "fix": attempt.fix,
            "incident": attempt.incident,
            "target": attempt.target,
            "run": attempt.run,
            "applied_at": attempt.applied_at.to_rfc3339(),
        })).collect::<Vec<_>>(),
        "notices": notices.iter().map(|notice| serde_json::json!({
            "stage": notice.stage.as_str(), "subject": notice.subject, "text": notice.text,
        })).collect::<Vec<_>>(),
    })
}
