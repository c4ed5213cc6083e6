//! Who is told what: a person at a terminal all, cron only what calls for somebody.

use anyhow::Result;
use chrono::TimeDelta;

use crate::cli::Cli;
use crate::commands::output;
use crate::exit::Exit;
use crate::notice::Stage;
use crate::report::{Mode, Run, text, v1};
use crate::store::Snapshot;
use crate::sys::environment;

/// Prints the report where there is something to say; gives the incidents that were told.
pub(super) fn tell(cli: &Cli, run: &Run, snapshot: &Snapshot) -> Result<Vec<String>> {
    if cli.common.json {
        output::print_json(&v1::Document::from(run))?;
        return Ok(troubling(run));
    }
    if is_silent(cli, run, snapshot) {
        return Ok(Vec::new());
    }
    let style = output::style(cli);
    output::print(|out| text::write(run, style, out))?;
    Ok(troubling(run))
}

fn is_silent(cli: &Cli, run: &Run, snapshot: &Snapshot) -> bool {
    let changed = run.outcomes.iter().any(|outcome| outcome.now);
    // What the configuration is like does not change from run to run: it is no news.
    let news = run.notices.iter().any(|notice| notice.stage != Stage::Config);
    let well = run.ending().exit == Exit::Healthy && !changed && !news;
    if run.mode != Mode::DryRun && well && (cli.common.quiet || !environment::stdout_is_terminal()) {
        return true;
    }
    cli.common.quiet && (well || (!changed && run.outcomes.is_empty() && !run.failed && all_told(run, snapshot)))
}

/// Whether each trouble of this run was told not long ago.
fn all_told(run: &Run, snapshot: &Snapshot) -> bool {
    let troubling = troubling(run);
    !troubling.is_empty()
        && troubling.iter().all(|id| {
            let told = snapshot.incidents.get(id).and_then(|known| known.told_at);
            told.is_some_and(|told| run.started_at.signed_duration_since(told) < remind(run))
        })
}

fn remind(run: &Run) -> TimeDelta {
    TimeDelta::from_std(run.remind).unwrap_or(TimeDelta::MAX)
}

/// Incidents that make this run's exit code what it is.
fn troubling(run: &Run) -> Vec<String> {
    run.incidents
        .iter()
        .filter(|incident| incident.count > 0 && incident.record.severity >= run.fail_on)
        .map(|incident| incident.record.id.clone())
        .collect()
}
