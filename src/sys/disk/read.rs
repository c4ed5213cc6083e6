//! Looking: bounded, never waiting, never changing anything.

use std::fs::{File, Metadata, OpenOptions, read_dir};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Looks at the disk. Anyone may have one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader;

/// One entry of a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path: the folder's with the name added.
    pub path: PathBuf,
    /// Of the entry itself, links not followed.
    pub metadata: Metadata,
}

impl Reader {
    /// A reader.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// All bytes of the regular file `path`, links followed.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file (`InvalidInput`), or is larger than `max` bytes (`FileTooLarge`).
    pub fn read_bounded(&self, path: &Path, max: u64) -> io::Result<Vec<u8>> {
        read(open(path, OFlags::empty())?, max)
    }

    /// As [`Self::read_bounded`], but a symlink is an error.
    ///
    /// # Errors
    /// As there.
    pub fn read_unlinked(&self, path: &Path, max: u64) -> io::Result<Vec<u8>> {
        read(open(path, OFlags::NOFOLLOW)?, max)
    }

    /// As [`Self::read_bounded`], of a file that belongs to this user or root and that nobody else may read.
    ///
    /// # Errors
    /// As there; `PermissionDenied` with the reason, as the end of a sentence, where others may read it.
    pub fn read_secret(&self, path: &Path, max: u64) -> io::Result<Vec<u8>> {
        let file = open(path, OFlags::empty())?;
        let metadata = file.metadata()?;
        let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, why.to_owned()));
        // An access list shows in the bits of the group.
        if metadata.mode() & 0o077 != 0 {
            return refuse("may be read or written by others");
        }
        if ![0, rustix::process::geteuid().as_raw()].contains(&metadata.uid()) {
            return refuse("belongs to another user");
        }
        read(file, max)
    }

    /// What `path` is, links not followed; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn stat(&self, path: &Path) -> io::Result<Option<Metadata>> {
        match path.symlink_metadata() {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The entries of the folder `path`, by name; those that vanish meanwhile are left out.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in read_dir(path)? {
            let path = entry?.path();
            if let Some(metadata) = self.stat(&path)? {
                entries.push(Entry { path, metadata });
            }
        }
        entries.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(entries)
    }
}

pub(super) fn open(path: &Path, more: OFlags) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC | more;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

pub(super) fn read(file: File, max: u64) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {max} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
mod tests {
    use super::*;

    #[test]
    fn reads_within_its_bound_and_regular_files_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, b"12345").unwrap();
        let reader = Reader::new();
        assert_eq!(reader.read_bounded(&path, 5).unwrap(), b"12345");
        assert_eq!(reader.read_bounded(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(reader.read_bounded(dir.path(), 4).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        assert_eq!(reader.read_bounded(&fifo, 4).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(reader.read_bounded(&link, 5).is_ok() && reader.read_unlinked(&link, 5).is_err());
        let names: Vec<_> = reader.list(dir.path()).unwrap().into_iter().map(|entry| entry.path).collect();
        assert_eq!(names, [fifo, path, link]);
        assert!(reader.stat(&dir.path().join("none")).unwrap().is_none());
    }
}
