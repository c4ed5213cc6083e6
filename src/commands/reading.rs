//! Reading: from the configured logs to groups, with what was covered on the way.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::{DateTime, FixedOffset, TimeDelta};

use super::progress::Progress;
use super::setup::Setup;
use crate::config::Reach;
use crate::group::{Group, Grouper};
use crate::scan::{Event, Scanner};
use crate::sources::{self, Coverage, Discovery, Request, Source, Zone};
use crate::store::{KnownEntry, Positions, Snapshot, Start};
use crate::sys::signal;

/// What reading found.
pub(super) struct Reading {
    /// This run's events by kind.
    pub groups: Vec<Group>,
    /// Events beyond the bound on kinds.
    pub others: u64,
    /// What was read.
    pub coverage: Vec<Coverage>,
    /// How far.
    pub positions: Positions,
    /// Units that were started, as their journal tells.
    pub starts: Vec<Start>,
    /// The configured entries, and where the first run of each began.
    pub entries: Vec<KnownEntry>,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Begin {
    /// With all there is.
    All,
    /// At this time.
    At(DateTime<FixedOffset>),
}

impl Begin {
    const fn time(self) -> Option<DateTime<FixedOffset>> {
        match self {
            Self::All => None,
            Self::At(time) => Some(time),
        }
    }
}

/// What a run is asked to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// These files instead of the configured logs.
    pub files: &'a [PathBuf],
    /// `--since`.
    pub since: Option<Begin>,
    /// `--until`.
    pub until: Option<DateTime<FixedOffset>>,
    /// A dry run, which may look again at what was read.
    pub again: bool,
    /// The time of the run.
    pub now: DateTime<FixedOffset>,
}

/// Reads what is new in the configured logs, or all of the named files.
pub(super) fn read(setup: &Setup, snapshot: &Snapshot, wanted: Wanted<'_>, progress: &Progress) -> Result<Reading> {
    let Wanted { files, since, until, again, now } = wanted;
    if !files.is_empty() {
        let bounds = (since.and_then(Begin::time), until);
        let found = sources::files(files, &setup.config.workspace, Zone::Host, now, bounds, &setup.sanitizer);
        return scan_all(setup, found, snapshot, wanted, progress);
    }
    let (window, given) = match (since, until, setup.config.window) {
        (Some(since), ..) => (since.time(), true),
        (None, Some(_), _) => (None, true),
        (None, None, Reach::Last(reach)) => (back(now, reach), false),
        (None, None, Reach::All) => (None, false),
    };
    let nothing = Snapshot::default();
    let known = if given && again { &nothing } else { snapshot };
    let found = sources::discover(&Request {
        logs: &setup.config.logs,
        workspace: &setup.config.workspace,
        state_dir: &setup.config.state_dir,
        positions: &known.positions,
        known_entries: &known.entries,
        window,
        since: since.and_then(Begin::time),
        until,
        now,
        zone: Zone::Host,
        names: &setup.sanitizer,
    });
    scan_all(setup, found, snapshot, wanted, progress)
}

fn back(now: DateTime<FixedOffset>, reach: Duration) -> Option<DateTime<FixedOffset>> {
    TimeDelta::from_std(reach).ok().and_then(|reach| now.checked_sub_signed(reach))
}

fn scan_all(
    setup: &Setup,
    found: Discovery,
    snapshot: &Snapshot,
    wanted: Wanted<'_>,
    progress: &Progress,
) -> Result<Reading> {
    // Most runs find nothing new: they need no patterns.
    let nothing = found.sources.is_empty() && found.journals.is_empty() && found.commands.is_empty();
    let patterns = if nothing { &[][..] } else { &setup.catalogue.patterns };
    let scanner = &Scanner::new(patterns).context("could not prepare the patterns")?;
    let (since, until) = (wanted.since.and_then(Begin::time), wanted.until);
    let mut grouper = Grouper::new(&setup.catalogue, &setup.sanitizer, snapshot.incidents.values(), wanted.now);
    let entries = found.entries;
    let mut coverage = found.coverage;
    let mut positions = Positions { files: found.positions, ..Positions::default() };
    let scan = |source: &mut Source, grouper: &mut Grouper<'_>| {
        let name = source.name().to_owned();
        let mut sink = |event: &Event<'_>| {
            grouper.add(event);
            ControlFlow::Continue(())
        };
        scanner.scan(source, &mut sink, &mut |bytes| {
            progress.tell(&format!("reading {name}, {} MiB", bytes >> 20));
            if signal::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    };
    for mut source in found.sources {
        if signal::interrupted() {
            break;
        }
        scan(&mut source, &mut grouper);
        let (covered, position) = source.finish();
        coverage.extend(covered);
        positions.files.extend(position);
    }
    for mut command in found.commands {
        if signal::interrupted() {
            break;
        }
        progress.tell(&format!("running {}", command.name()));
        let mut source = command.run();
        scan(&mut source, &mut grouper);
        if let Some(scanned) = source.finish().0 {
            let (mut covered, position) = command.finish(scanned);
            // Its last words may repeat its arguments.
            covered.detail = setup.sanitizer.redactor().redact(&covered.detail).into_owned();
            coverage.push(covered);
            positions.commands.extend(position);
        }
    }
    let mut starts = Vec::new();
    for mut journal in found.journals {
        if signal::interrupted() {
            break;
        }
        let name = journal.name().to_owned();
        let mut sink = |event: &Event<'_>| {
            let wanted = since.is_none_or(|since| event.time >= Some(since))
                && until.is_none_or(|until| event.time <= Some(until));
            if wanted {
                grouper.add(event);
            }
            ControlFlow::Continue(())
        };
        let mut read = 0_u64;
        scanner.scan_journal(&mut journal, &mut sink, &mut |bytes| {
            // Entries are many and small.
            if read >> 20 < (read + bytes) >> 20 {
                progress.tell(&format!("reading {name}, {} MiB", (read + bytes) >> 20));
            }
            read += bytes;
            if signal::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        starts.extend(journal.starts());
        let (covered, position) = journal.finish();
        coverage.push(covered);
        positions.journals.extend(position);
    }
    sources::seal(&mut positions.files, &setup.sanitizer);
    coverage.sort_by(|a, b| a.source.cmp(&b.source));
    let (groups, others) = grouper.finish();
    Ok(Reading { groups, others, coverage, positions, starts, entries })
}
