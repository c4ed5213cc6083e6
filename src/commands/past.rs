//! `heal history`, `heal show` and `heal stats`: what is remembered.

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset, TimeDelta};

use super::remembered::Remembered;
use super::{output, setup};
use crate::cli::{Cli, HistoryArgs, StatsArgs};
use crate::config::units;
use crate::exit::Exit;
use crate::report::past::{HistoryDocument, ShowDocument, StatsDocument};
use crate::sanitize::escape;
use crate::store::Filter;
use crate::sys::clock::{self, RunId};
use crate::sys::disk::Reader;

type Time = DateTime<FixedOffset>;

const RUN_STATUS: [&str; 5] = ["healthy", "healing", "degraded", "critical", "error"];
const INCIDENT_STATUS: [&str; 6] = ["open", "new", "ongoing", "regressed", "resolved", "muted"];
/// What `heal stats` looks back on when nobody says.
const MONTH: TimeDelta = TimeDelta::days(30);

/// `heal history`.
pub(super) fn history(cli: &Cli, arguments: &HistoryArgs) -> Result<Exit> {
    let now = clock::now();
    let (runs, incidents) = wanted(arguments)?;
    let past = Remembered::open(&setup::prepare(cli)?)?;
    let limit = arguments.limit;
    let (since, until) = (arguments.since.as_deref(), arguments.until.as_deref());
    let (from, to) = (moment("--since", since, now)?, moment("--until", until, now)?);
    if let (Some(from), Some(to)) = (from, to) {
        let (since, until) = (since.unwrap_or_default(), until.unwrap_or_default());
        units::ordered((since, from), (until, to)).map_err(anyhow::Error::msg)?;
    }
    let filter = Filter {
        since: from,
        until: to,
        category: arguments.category.clone(),
        pattern: arguments.pattern.clone(),
        status: arguments.status.clone(),
        limit: limit.saturating_add(1),
        reading: false,
    };
    let runs = if runs { Some(past.ask(|view| view.runs(&filter, now))?) } else { None };
    let incidents = if incidents { Some(past.ask(|view| view.incidents(&filter, now))?) } else { None };
    let document = HistoryDocument::new(runs, incidents, limit as usize, now);
    output::tell(cli, &document, |style, out| document.write(style, out))
}

/// Whether runs, whether incidents: as the flags say, else as the status allows.
fn wanted(arguments: &HistoryArgs) -> Result<(bool, bool)> {
    let both = arguments.runs == arguments.incidents;
    let (runs, incidents) = (arguments.runs || both, arguments.incidents || both);
    let Some(status) = arguments.status.as_deref() else { return Ok((runs, incidents)) };
    let (of_run, of_incident) = (RUN_STATUS.contains(&status), INCIDENT_STATUS.contains(&status));
    if !of_run && !of_incident {
        let known = [&RUN_STATUS[..], &INCIDENT_STATUS].concat().join(", ");
        bail!("--status: there is no status `{}`; known are {known}", escape(status));
    }
    if (of_run && !runs) || (of_incident && !incidents) {
        let of = if of_run { "a run" } else { "an incident" };
        bail!("--status: `{status}` is the status of {of}; leave out --runs and --incidents");
    }
    Ok((of_run, of_incident))
}

/// `heal show`.
pub(super) fn show(cli: &Cli, incident: &str) -> Result<Exit> {
    let now = clock::now();
    let setup = setup::prepare(cli)?;
    let past = Remembered::open(&setup)?;
    let life = past.life(incident, now)?;
    let buckets = past.ask(|view| view.buckets(&life.incident.record.id))?;
    let backups = setup.config.state_dir.join("backups");
    let held = |run: &str| RunId::parse(run).is_some_and(|id| is_there(&backups.join(id.as_str())));
    let document = ShowDocument::new(&life, &buckets, &held, now);
    output::tell(cli, &document, |style, out| document.write(style, out))
}

/// `heal stats`.
pub(super) fn stats(cli: &Cli, arguments: &StatsArgs) -> Result<Exit> {
    let now = clock::now();
    let back = |length: TimeDelta| now.checked_sub_signed(length).context("the clock of this host is wrong");
    let since = match arguments.since.as_deref() {
        None => back(MONTH)?,
        // All that there is: nothing is kept longer than 400 days.
        given => moment("--since", given, now)?.map_or_else(|| back(TimeDelta::days(500)), Ok)?,
    };
    let past = Remembered::open(&setup::prepare(cli)?)?;
    let day_ago = back(TimeDelta::days(1))?.max(since);
    let stats = past.ask(|view| view.stats(since, day_ago))?;
    let document = StatsDocument::new(&stats, since, now);
    output::tell(cli, &document, |style, out| document.write(style, out))
}

fn moment(flag: &str, text: Option<&str>, now: Time) -> Result<Option<Time>> {
    let Some(text) = text else { return Ok(None) };
    units::moment(text, now).map_err(|reason| anyhow!("{flag}: {reason}"))
}

fn is_there(folder: &std::path::Path) -> bool {
    Reader::new().stat(folder).is_ok_and(|found| found.is_some())
}
