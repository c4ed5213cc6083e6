//! Judges whether fixes helped: their checks now, the log in later runs.

mod check;
mod judge;

pub use check::{CheckFailure, run_checks, shown};
pub use judge::{Judgement, judge};
