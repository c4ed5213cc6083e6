//! The state directory: read positions, incidents and how they went over time, attempts, samples.

mod advance;
mod attempt;
mod bucket;
mod chronicle;
mod cleansing;
mod diagnosis;
mod facet;
mod incident;
mod json;
mod ledger;
mod mute;
mod naming;
mod open;
mod opinion;
mod pause;
mod place;
mod position;
mod removed;
mod snapshot;
mod start;
mod stats;
mod tally;
mod time;
mod upkeep;
mod write;

pub use attempt::{Attempt, Verdict};
pub use bucket::{Bucket, DAY, FINEST, HOUR, Onset, disjoint};
pub use chronicle::Sighting;
pub use diagnosis::{PastDiagnosis, PastFact};
pub use facet::Facet;
pub use incident::{Incident, MAX_SAMPLES, Sample};
pub use ledger::{Filter, Life, LifeChange, PastIncident, PastRun, PastVerdict};
pub use mute::{GROWTH, Mute, Rate};
pub use naming::stored as sealed_name;
pub use open::{Problem, Store, Trouble, View};
pub use opinion::{PastOpinion, Record};
pub use pause::Pause;
pub use place::{Piece, Place, Sealed, SealedFile, digest};
pub use position::{CommandPosition, Evidence, JournalPosition, KnownEntry, MAX_SEEN, Position, Positions, Rhythm};
pub use snapshot::Snapshot;
pub use start::Start;
pub use stats::{Common, Mean, Slot, Stats, Success};
pub use write::{Findings, RunEnd, RunStart, Told};

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
mod tests;
