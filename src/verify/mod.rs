//! Judges whether fixes helped: their checks now, the log in later runs.

mod alive;
mod check;
mod judge;
mod parses;
mod watch;

pub use alive::still_alive;
pub use check::{CheckFailure, Surroundings, run_checks};
pub use judge::{Alive, Judgement, judge};
