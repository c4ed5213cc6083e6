//! An edit by hand as one of the runs that `heal history` tells of.

use anyhow::{Context as _, Result};

use super::Ending;
use crate::apply::RunHeader;
use crate::report::Status;
use crate::store::{RunEnd, RunStart, Store, Told};
use crate::sys::clock::{self, RunId};

/// The word for such a run.
const MODE: &str = "edit";

/// Opens its row, before anything is changed.
pub(super) fn begin(store: &mut Store, header: &RunHeader) -> Result<()> {
    let start = RunStart { id: header.run.as_str(), mode: MODE, host: &header.host, started_at: header.started_at };
    store.begin_run(&start).context("could not note the run; nothing was changed")
}

/// Closes it.
pub(super) fn finish(store: &mut Store, run: &RunId, ending: &Ending) -> Result<()> {
    let status = match ending {
        Ending::Done(..) => Status::Healing,
        Ending::Planned(_) | Ending::HeldBack(_) | Ending::Failed(..) => Status::Degraded,
        Ending::Stuck(..) => Status::Error,
    };
    let end = RunEnd {
        id: run.as_str(),
        finished_at: clock::now(),
        status: status.as_str(),
        exit_code: ending.exit().code(),
        errors: 0,
        fixes_applied: u64::from(matches!(ending, Ending::Done(..))),
        metrics: Vec::new(),
        diagnoses: Vec::new(),
        opinions: Vec::new(),
    };
    store.finish_run(&end, &Told::default()).context("could not note how the run ended")
}
