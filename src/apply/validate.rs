//! Lets a program of the operator's look at the new text before it takes the old one's place.

use std::path::Path;

use super::action::{Limits, run_program};
use super::error::ApplyError;
use super::run_folder::RunFolder;
use crate::sys::disk::{Target, Writer};
use crate::sys::exec;

/// What stands for the candidate's path.
const PLACEHOLDER: &str = "{candidate}";
/// The folder in the state folder in which a candidate lies, under the target's own name.
pub(super) const FOLDER: &str = "candidate";

/// Writes `new` to a file of its own, under the target's name, and runs `argv` on it.
///
/// # Errors
/// When the program does not accept it, or the candidate cannot be written: the target is as it was.
pub(super) fn candidate(
    run: &RunFolder,
    writer: &Writer,
    target: &Target,
    new: &[u8],
    argv: &[String],
    limits: Limits,
) -> Result<(), ApplyError> {
    let folder = run.state_dir().join(FOLDER);
    let name = target.relative.file_name().unwrap_or(target.relative.as_os_str());
    clear(run.state_dir(), writer).map_err(ApplyError::State)?;
    let written = writer
        .create_private_dir(run.state_dir())
        .and_then(|()| writer.create_private_dir(&folder))
        .and_then(|()| writer.create_new(&folder.join(name), new, 0o600));
    let accepted = written.map_err(ApplyError::State).and_then(|()| {
        let path = folder.join(name).display().to_string();
        let argv: Vec<String> =
            argv.iter().map(|word| if word == PLACEHOLDER { path.clone() } else { word.clone() }).collect();
        run_program(&run.workspace(), &argv, 0, limits).map_err(|failure| {
            let (what, file) = (exec::shown(&argv), target.path.display());
            ApplyError::Invalid(format!("`validate` {what} {}; {file} was not touched", failure.why))
        })
    });
    // What stays is removed by the next candidate, or the next run.
    let _ = clear(run.state_dir(), writer);
    accepted
}

/// Removes what a killed run left.
pub(super) fn clear(state_dir: &Path, writer: &Writer) -> anyhow::Result<()> {
    writer.remove_tree(state_dir, &state_dir.join(FOLDER))
}
