//! Takes the steps of a plan: backs up, changes, and takes back.
//!
//! Every change passes through `change`: its intent is in the run's manifest and a proven copy of the old bytes in the
//! run's folder before the file is replaced. So after a kill at any instant a file is old, or new with a way back.

mod action;
mod action_change;
mod backup;
mod chain;
mod change;
mod copy;
mod edit;
mod error;
mod history;
mod kept;
mod manifest;
mod marks;
mod recover;
mod run_folder;
mod take_back;
mod undo;
mod validate;

pub use action::{Limits, apply_action};
pub use action_change::ActionChange;
pub use backup::BackupError;
pub use copy::last_good_copy;
pub use edit::{PlannedEdit, Receipt, apply_edit};
pub use error::ApplyError;
pub use history::{Pruned, RunState, RunSummary, list, prune};
pub use kept::{KeptFile, Stands, kept};
pub use manifest::{Change, ChangeRef, FileChange, FileState, Manifest, ManifestError, Mode, State, has_run, load};
pub use recover::{Interrupted, Recovery, find_interrupted, recover};
pub use run_folder::{RunFolder, RunHeader};
pub use take_back::{PutBack, TakeBack, TakenBack, take_back};
pub use undo::{ChangedFile, UndoError, UndoReport, UndoRequest, UndoneFile, undo_run};

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
mod tests;
