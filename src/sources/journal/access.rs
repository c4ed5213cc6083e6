//! Whether this user sees all of the host's journal: journalctl itself keeps quiet about what it may not open.

use std::path::Path;

use super::FOLDERS;
use crate::sys::logfile::{self, LogFile};

/// What a user is told who sees only a part.
pub(super) const PARTLY: &str =
    "this user sees only records of its own; as root, or in the group systemd-journal, heal sees all";

/// Whether a file of the system's journal is there that may not be opened.
pub(super) fn is_partial() -> bool {
    FOLDERS.iter().any(|folder| denied_in(Path::new(folder)))
}

fn denied_in(folder: &Path) -> bool {
    let machines = match logfile::names(folder) {
        Ok(names) => names,
        Err(error) => return is_denied(&error),
    };
    machines.iter().map(|machine| folder.join(machine)).any(|folder| match logfile::stat_link(&folder.join(SYSTEM)) {
        Ok(_) => LogFile::open(&folder.join(SYSTEM)).is_err_and(|error| is_denied(&error)),
        Err(error) => is_denied(&error),
    })
}

const SYSTEM: &str = "system.journal";

fn is_denied(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::PermissionDenied
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests build what is looked at")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_denies_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!denied_in(&folder.path().join("none")));
        std::fs::create_dir(folder.path().join("machine")).unwrap();
        assert!(!denied_in(folder.path()));
        std::fs::write(folder.path().join("machine").join(SYSTEM), "LPKSHHRH").unwrap();
        assert!(!denied_in(folder.path()));
    }
}
