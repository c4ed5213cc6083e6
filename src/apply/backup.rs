//! Copies of old bytes: never overwritten, read back before they count, and believed by their hash only.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::sys::disk::{MAX_TARGET, Reader, Writer, sha256};

/// Longest part of a target's name that a backup's name repeats, in bytes.
const MAX_NAME: usize = 80;

/// What is wrong with a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupError {
    /// It could not be made.
    NotMade(PathBuf, String),
    /// It is not there.
    Missing(PathBuf),
    /// Its bytes are not those that were put aside.
    Altered(PathBuf),
    /// It cannot be read.
    Unreadable(PathBuf, String),
}

impl fmt::Display for BackupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMade(path, why) => write!(formatter, "could not make the backup {}: {why}", path.display()),
            Self::Missing(path) => write!(formatter, "the backup {} is missing", path.display()),
            Self::Altered(path) => {
                write!(formatter, "the backup {} was altered: its hash is not the one noted down", path.display())
            }
            Self::Unreadable(path, why) => write!(formatter, "could not read the backup {}: {why}", path.display()),
        }
    }
}

impl std::error::Error for BackupError {}

/// The name of a backup: `0003-app.yaml`, of nothing but plain characters.
pub(super) fn name(index: u32, target: &Path) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' };
    let text = target.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let text: String = text.chars().map(plain).take(MAX_NAME).collect();
    format!("{index:04}-{text}")
}

/// Puts `bytes` aside and reads them back.
pub(super) fn make(writer: &Writer, folder: &Path, name: &str, bytes: &[u8], hash: &str) -> Result<(), BackupError> {
    let path = folder.join(name);
    writer
        .create_new(&path, bytes, 0o600)
        .map_err(|error| BackupError::NotMade(path.clone(), error.root_cause().to_string()))?;
    read(folder, name, hash).map(drop)
}

/// The bytes of a backup, if they are those with this hash.
pub(super) fn read(folder: &Path, name: &str, hash: &str) -> Result<Vec<u8>, BackupError> {
    let path = folder.join(name);
    match Reader::new().read_unlinked(&path, MAX_TARGET) {
        Ok(bytes) if sha256(&bytes) == hash => Ok(bytes),
        Ok(_) => Err(BackupError::Altered(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BackupError::Missing(path)),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(BackupError::Altered(path)),
        Err(error) => Err(BackupError::Unreadable(path, error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_counts_by_its_hash_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::new();
        let hash = sha256(b"old");
        make(&writer, dir.path(), "0000-a", b"old", &hash).unwrap();
        assert!(matches!(make(&writer, dir.path(), "0000-a", b"new", &hash), Err(BackupError::NotMade(..))));
        assert_eq!(read(dir.path(), "0000-a", &hash).unwrap(), b"old");
        assert!(matches!(read(dir.path(), "0000-a", &sha256(b"new")), Err(BackupError::Altered(_))));
        assert!(matches!(read(dir.path(), "0001-a", &hash), Err(BackupError::Missing(_))));
    }

    #[test]
    fn its_name_is_plain() {
        assert_eq!(name(3, Path::new("conf/app config\n.yaml")), "0003-app_config_.yaml");
        assert_eq!(name(12, Path::new("/x/..")), "0012-");
        assert!(name(0, Path::new(&"é".repeat(300))).len() <= MAX_NAME + 5);
    }
}
