//! The state directory: read positions, incidents, attempts, samples.

mod attempt;
mod incident;
mod open;
mod position;
mod snapshot;
mod time;
mod write;

pub use attempt::{Attempt, Verdict};
pub use incident::{Incident, MAX_SAMPLES, Sample};
pub use open::{Problem, Store, Trouble};
pub use position::Position;
pub use snapshot::{LastRun, Snapshot};
pub use write::{Findings, RunEnd, RunStart};
