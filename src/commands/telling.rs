//! Who is told what: a person at a terminal all, cron only what calls for somebody.

use anyhow::Result;
use chrono::{DateTime, FixedOffset, TimeDelta};

use crate::cli::Cli;
use crate::commands::output;
use crate::exit::Exit;
use crate::notice::Stage;
use crate::report::{Mode, Run, text, v1};
use crate::store::{Snapshot, Told};
use crate::sys::environment;

/// Prints the report where there is something to say; gives what was told.
pub(super) fn tell(cli: &Cli, run: &Run, snapshot: &Snapshot) -> Result<Told> {
    if cli.common.json {
        output::print_json(&v1::Document::from(run))?;
        return Ok(told(run));
    }
    if is_silent(cli, run, snapshot) {
        return Ok(Told::default());
    }
    let style = output::style(cli);
    output::print(|out| text::write(run, style, out))?;
    Ok(told(run))
}

fn is_silent(cli: &Cli, run: &Run, snapshot: &Snapshot) -> bool {
    let changed = run.outcomes.iter().any(|outcome| outcome.now);
    // What the configuration is like does not change from run to run: it is no news.
    let news = run.notices.iter().any(|notice| notice.stage != Stage::Config);
    let well = run.ending().exit == Exit::Healthy && !changed && !news && !calls_for_help(run, snapshot);
    // Whoever asked for one plan wants to hear what became of it.
    let routine = matches!(run.mode, Mode::Apply | Mode::Record);
    if routine && well && (cli.common.quiet || !environment::stdout_is_terminal()) {
        return true;
    }
    cli.common.quiet
        && (well
            || (!changed
                && run.outcomes.is_empty()
                && !run.failed
                && !calls_for_help(run, snapshot)
                && all_told(run, snapshot)))
}

/// Whether each trouble of this run was told not long ago.
fn all_told(run: &Run, snapshot: &Snapshot) -> bool {
    let troubling = troubling(run);
    let told = |id: &String| snapshot.incidents.get(id).and_then(|known| known.told_at);
    !troubling.is_empty() && troubling.iter().all(|id| is_recent(run, told(id)))
}

/// Whether a person is to be called, who was not called lately. An incident whose attempts began anew is another one.
fn calls_for_help(run: &Run, snapshot: &Snapshot) -> bool {
    run.plan.breakers.iter().any(|breaker| {
        let known = snapshot.incidents.get(&breaker.incident);
        let cried =
            known.and_then(|known| known.cried_at.filter(|at| known.fresh_since.is_none_or(|since| *at >= since)));
        !is_recent(run, cried)
    })
}

fn is_recent(run: &Run, told: Option<DateTime<FixedOffset>>) -> bool {
    let remind = TimeDelta::from_std(run.remind).unwrap_or(TimeDelta::MAX);
    told.is_some_and(|told| run.started_at.signed_duration_since(told) < remind)
}

fn told(run: &Run) -> Told {
    let breakers = run.plan.breakers.iter().map(|breaker| breaker.incident.clone()).collect();
    Told { incidents: troubling(run).into_iter().chain(run.untold.iter().cloned()).collect(), breakers }
}

/// Incidents that make this run's exit code what it is.
fn troubling(run: &Run) -> Vec<String> {
    run.incidents
        .iter()
        .filter(|incident| incident.count > 0 && incident.is_live() && incident.record.severity >= run.fail_on)
        .map(|incident| incident.record.id.clone())
        .collect()
}
