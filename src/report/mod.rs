//! The run as text, as JSON and as an exit code.

mod doctor;
mod outcome;
pub mod past;
mod run;
pub mod suggestions;
pub mod text;
pub mod v1;

pub use doctor::{DoctorCheck, DoctorDocument};
pub use outcome::{Ending, Status};
pub use run::{Mode, Outcome, Run, StepResult};
