//! The last good copy of a file among the backups of all runs.

use std::path::Path;

use super::history::read_all;
use super::manifest::{Change, Mode, State, run_dir};
use crate::catalogue::{Operation, Step};
use crate::sys::disk::{MAX_TARGET, Reader, sha256};

/// What the file was before heal's last change of it, proven by its hash. What a `restore`, an undo or a take-back found
/// was to go, and is no good copy.
///
/// # Errors
/// There is none, or it is missing or altered; in a sentence.
pub fn last_good_copy(state_dir: &Path, relative: &Path) -> Result<Vec<u8>, String> {
    let runs = read_all(state_dir).map_err(|error| format!("{error:#}"))?;
    let manifests = runs.iter().rev().filter_map(|(_, loaded)| loaded.as_ref().ok());
    for manifest in manifests.filter(|manifest| manifest.mode != Mode::Undo) {
        for change in manifest.changes.iter().rev().filter(|change| is_good(change)) {
            let Some(file) = change.file.as_ref().filter(|file| Path::new(&file.relative) == relative) else {
                continue;
            };
            let lost = || format!("the copy of {} in run {} is missing or altered", relative.display(), manifest.run);
            let path = run_dir(state_dir, &manifest.run).join(file.found());
            let bytes = Reader::new().read_bounded(&path, MAX_TARGET).map_err(|_| lost())?;
            return if sha256(&bytes) == file.before.sha256 { Ok(bytes) } else { Err(lost()) };
        }
    }
    Err(format!("heal holds no copy of {} yet; name a file by `from:`", relative.display()))
}

fn is_good(change: &Change) -> bool {
    let restores =
        matches!(change.step(), Some(Step::Edit(edit)) if matches!(edit.operation, Operation::Restore { .. }));
    change.state != State::Failed && change.takes_back.is_empty() && !restores
}
