//! Runs and incidents, newest first.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::FORMAT_VERSION;
use super::parts::{IncidentInfo, RunInfo, moment};
use crate::report::text::Style;
use crate::store::{PastIncident, PastRun};

/// The document of `heal history --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HistoryDocument {
    format_version: String,
    /// Newest first; null when only incidents were asked for.
    runs: Option<Vec<RunInfo>>,
    /// The last seen first; null when only runs were asked for.
    incidents: Option<Vec<IncidentInfo>>,
    /// More of them match than `--limit` lets through.
    more_runs: bool,
    more_incidents: bool,
}

impl HistoryDocument {
    /// Of what was found: one more than the limit says that there is more.
    #[must_use]
    pub fn new(
        runs: Option<Vec<PastRun>>,
        incidents: Option<Vec<PastIncident>>,
        limit: usize,
        now: DateTime<FixedOffset>,
    ) -> Self {
        let more_runs = runs.as_ref().is_some_and(|runs| runs.len() > limit);
        let more_incidents = incidents.as_ref().is_some_and(|incidents| incidents.len() > limit);
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            runs: runs.map(|runs| runs.into_iter().take(limit).map(|run| RunInfo::new(run, now)).collect()),
            incidents: incidents
                .map(|found| found.iter().take(limit).map(|incident| IncidentInfo::new(incident, now)).collect()),
            more_runs,
            more_incidents,
        }
    }

    /// As text.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        if let Some(runs) = &self.runs {
            writeln!(out, "{}", style.paint.bold("Runs"))?;
            write_runs(runs, style, out)?;
            more(self.more_runs, out)?;
        }
        if let Some(incidents) = &self.incidents {
            let gap = if self.runs.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}{}", style.paint.bold("Incidents"))?;
            if incidents.is_empty() {
                writeln!(out, "  none")?;
            }
            incidents.iter().try_for_each(|incident| incident.write(style, out))?;
            more(self.more_incidents, out)?;
        }
        Ok(())
    }
}

fn write_runs(runs: &[RunInfo], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if runs.is_empty() {
        return writeln!(out, "  none");
    }
    let head =
        format!("{:<19}  {:<21}  {:<10}  {:<8} {:>6} {:>6}", "began", "run", "mode", "status", "errors", "fixes");
    writeln!(out, "  {}", style.paint.dim(&head))?;
    for run in runs {
        let status = run.status.as_deref().unwrap_or("cut off");
        writeln!(
            out,
            "  {}  {:<21}  {:<10}  {status:<8} {:>6} {:>6}",
            moment(&run.started_at),
            run.id,
            run.mode,
            run.errors,
            run.fixes_applied
        )?;
    }
    Ok(())
}

fn more(more: bool, out: &mut dyn Write) -> io::Result<()> {
    if more { writeln!(out, "  ... and more; `--limit`, `--since` and `--until` choose") } else { Ok(()) }
}
