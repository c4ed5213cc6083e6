//! What a person has done by hand, as one of the runs that `heal history` tells of.

use anyhow::{Context as _, Result};
use chrono::{DateTime, FixedOffset};

use crate::exit::Exit;
use crate::report::Status;
use crate::store::{RunEnd, RunStart, Store, Told};
use crate::sys::clock::{self, RunId};

/// Opens the run's row.
pub(super) fn begin(
    store: &mut Store,
    run: &RunId,
    mode: &str,
    host: &str,
    started_at: DateTime<FixedOffset>,
) -> Result<()> {
    store.begin_run(&RunStart { id: run.as_str(), mode, host, started_at }).context("could not note the run")
}

/// Closes it.
pub(super) fn finish(store: &mut Store, run: &RunId, status: Status, exit: Exit, fixes_applied: u64) -> Result<()> {
    let end = RunEnd {
        id: run.as_str(),
        finished_at: clock::now(),
        status: status.as_str(),
        exit_code: exit.code(),
        errors: 0,
        fixes_applied,
        metrics: Vec::new(),
        diagnoses: Vec::new(),
        opinions: Vec::new(),
    };
    store.finish_run(&end, &Told::default()).context("could not note how the run ended")
}
