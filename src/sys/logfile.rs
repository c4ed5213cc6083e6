//! Looks at and reads log files: never waits, never writes, opens nothing but regular files.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What kind of thing stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link (only where links are not followed).
    Link,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
}

/// What the kernel says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// Modification time, nanoseconds since the epoch.
    pub mtime_ns: i64,
    /// Change time, nanoseconds since the epoch.
    pub ctime_ns: i64,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
}

impl Stat {
    fn new(metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        let kind = match () {
            () if kind.is_dir() => Kind::Folder,
            () if kind.is_symlink() => Kind::Link,
            () if kind.is_fifo() => Kind::Fifo,
            () if kind.is_socket() => Kind::Socket,
            () if kind.is_file() => Kind::File,
            () => Kind::Device,
        };
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Self {
            kind,
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanos(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanos(metadata.ctime(), metadata.ctime_nsec()),
            uid: metadata.uid(),
            gid: metadata.gid(),
            mode: metadata.mode(),
        }
    }

    /// Whether somebody other than root may add, remove or exchange what lies in this folder.
    #[must_use]
    pub const fn open_to_others(&self) -> bool {
        self.uid != 0 || self.mode & 0o002 != 0 || (self.mode & 0o020 != 0 && self.gid != 0)
    }

    /// The same file, and nothing happened to it.
    #[must_use]
    pub const fn same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }
}

/// What stands behind a name, links followed.
///
/// # Errors
/// As the kernel says.
pub fn stat(path: &Path) -> io::Result<Stat> {
    std::fs::metadata(path).map(|metadata| Stat::new(&metadata))
}

/// What stands under a name itself.
///
/// # Errors
/// As the kernel says.
pub fn stat_link(path: &Path) -> io::Result<Stat> {
    std::fs::symlink_metadata(path).map(|metadata| Stat::new(&metadata))
}

/// Where a file lies, all links resolved.
#[must_use]
pub fn real_path(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

/// The names in a folder, sorted.
///
/// # Errors
/// As the kernel says; a folder that fails half-way fails.
pub fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Whether heal runs as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A regular file, open for reading at any place.
#[derive(Debug)]
pub struct LogFile {
    file: File,
}

impl LogFile {
    /// Opens `path` and says what was opened.
    ///
    /// # Errors
    /// As the kernel says, and when it is no regular file.
    pub fn open(path: &Path) -> io::Result<(Self, Stat)> {
        // Opening a device can have effects, so that comes first; not waiting covers what is put there meanwhile.
        if stat(path)?.kind != Kind::File {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        let stat = Stat::new(&file.metadata()?);
        if stat.kind != Kind::File {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        Ok((Self { file }, stat))
    }

    /// The file, to be read from its start to its end.
    #[must_use]
    pub fn into_reader(self) -> impl io::Read + use<> {
        self.file
    }

    /// Appends up to `most` bytes from `offset` on to `buffer`; how many there were, 0 at the end of the file.
    ///
    /// # Errors
    /// As the kernel says; then `buffer` is as before.
    pub fn read_at(&self, buffer: &mut Vec<u8>, offset: u64, most: usize) -> io::Result<usize> {
        let start = buffer.len();
        buffer.resize(start + most, 0);
        let result = loop {
            match self.file.read_at(buffer.get_mut(start..).unwrap_or_default(), offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        buffer.truncate(start + result.as_ref().map_or(0, |length| *length));
        result
    }

    /// The bytes of a range, fewer where the file ends.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn read_range(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let have = bytes.len();
            let got = self.read_at(&mut bytes, offset.saturating_add(have as u64), length - have)?;
            if got == 0 {
                break;
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn opens_regular_files_only() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::from(0o600), 0)
            .unwrap();
        for path in [folder.path(), &fifo, Path::new("/dev/null")] {
            assert!(LogFile::open(path).is_err(), "{}", path.display());
        }
        assert_eq!(stat(&fifo).unwrap().kind, Kind::Fifo);
    }

    #[test]
    fn reads_ranges() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let (log, stat) = LogFile::open(file.path()).unwrap();
        assert_eq!(stat.size, 10);
        assert_eq!(log.read_range(4, 3).unwrap(), b"456");
        assert_eq!(log.read_range(8, 30).unwrap(), b"89");
        let mut buffer = b"x".to_vec();
        assert_eq!(log.read_at(&mut buffer, 10, 5).unwrap(), 0);
        assert_eq!(buffer, b"x");
    }
}
