//! Reading: from the configured logs to groups, with what was covered on the way.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use chrono::{DateTime, FixedOffset};

use super::progress::Progress;
use super::setup::Setup;
use crate::group::{Group, Grouper};
use crate::scan::{Event, Scanner};
use crate::sources::{self, Coverage, Discovery, Request, Zone};
use crate::store::{Positions, Snapshot};
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
}

/// Reads what is new in the configured logs, or all of the named files.
pub(super) fn read(
    setup: &Setup,
    snapshot: &Snapshot,
    files: &[PathBuf],
    now: DateTime<FixedOffset>,
    progress: &Progress,
) -> Result<Reading> {
    let scanner = Scanner::new(&setup.catalogue.patterns).context("could not prepare the patterns")?;
    let found = if files.is_empty() {
        sources::discover(&Request {
            logs: &setup.config.logs,
            workspace: &setup.config.workspace,
            state_dir: &setup.config.state_dir,
            positions: &snapshot.positions,
            window: setup.config.window,
            now,
            zone: Zone::Host,
            known_entries: &snapshot.entries,
            whole: false,
        })
    } else {
        sources::files(files, &setup.config.workspace, Zone::Host)
    };
    Ok(scan_all(setup, &scanner, found, now, progress))
}

fn scan_all(
    setup: &Setup,
    scanner: &Scanner,
    found: Discovery,
    now: DateTime<FixedOffset>,
    progress: &Progress,
) -> Reading {
    let mut grouper = Grouper::new(&setup.catalogue, &setup.sanitizer, now);
    let mut coverage = found.coverage;
    let mut positions = Positions::default();
    for mut source in found.sources {
        if signal::interrupted() {
            break;
        }
        let name = source.name().to_owned();
        let mut sink = |event: &Event<'_>| {
            grouper.add(event);
            ControlFlow::Continue(())
        };
        scanner.scan(&mut source, &mut sink, &mut |bytes| {
            progress.tell(&format!("reading {name}, {} MiB", bytes >> 20));
            if signal::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let (covered, position) = source.finish();
        coverage.push(covered);
        positions.files.extend(position);
    }
    for mut journal in found.journals {
        if signal::interrupted() {
            break;
        }
        let name = journal.name().to_owned();
        let mut sink = |event: &Event<'_>| {
            grouper.add(event);
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
        let (covered, position) = journal.finish();
        coverage.push(covered);
        positions.journals.extend(position);
    }
    coverage.sort_by(|a, b| a.source.cmp(&b.source));
    let (groups, others) = grouper.finish();
    Reading { groups, others, coverage, positions }
}
