//! The state directory: read positions, incidents, attempts, samples.

mod attempt;
mod facet;
mod incident;
mod json;
mod open;
mod pause;
mod position;
mod snapshot;
mod time;
mod write;

pub use attempt::{Attempt, Verdict};
pub use facet::Facet;
pub use incident::{Incident, MAX_SAMPLES, Sample};
pub use open::{Problem, Store, Trouble};
pub use pause::Pause;
pub use position::{CommandPosition, JournalPosition, KnownEntry, MAX_SEEN, Position, Positions, Rhythm};
pub use snapshot::{LastRun, Snapshot};
pub use write::{Findings, RunEnd, RunStart, Told};
