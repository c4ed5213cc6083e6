//! Opens log files without ever blocking, and reads them by position.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// What a path is, links followed or not as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
}

/// What the system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, nanoseconds since the epoch.
    pub mtime_ns: i64,
    /// Change time, nanoseconds since the epoch.
    pub ctime_ns: i64,
    /// Whether somebody other than root may write it by owner or mode.
    pub others_may_write: bool,
}

impl From<&std::fs::Metadata> for Stat {
    fn from(metadata: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::FileTypeExt;
        let file_type = metadata.file_type();
        let kind = if file_type.is_file() {
            Kind::File
        } else if file_type.is_dir() {
            Kind::Folder
        } else if file_type.is_symlink() {
            Kind::Link
        } else if file_type.is_fifo() {
            Kind::Fifo
        } else if file_type.is_socket() {
            Kind::Socket
        } else {
            Kind::Device
        };
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        let by_mode = metadata.mode() & 0o002 != 0 || (metadata.mode() & 0o020 != 0 && metadata.gid() != 0);
        Self {
            kind,
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            others_may_write: metadata.uid() != 0 || by_mode,
        }
    }
}

/// What `path` is, links followed.
///
/// # Errors
///
/// Whatever the system says.
pub fn stat(path: &Path) -> io::Result<Stat> {
    std::fs::metadata(path).map(|metadata| Stat::from(&metadata))
}

/// What `path` is, a link being a link.
///
/// # Errors
///
/// Whatever the system says.
pub fn stat_link(path: &Path) -> io::Result<Stat> {
    std::fs::symlink_metadata(path).map(|metadata| Stat::from(&metadata))
}

/// Whether heal runs as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A plain file, open for reading.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    stat: Stat,
}

impl LogFile {
    /// Opens `path`; a link as its last part only when `follow`. Never blocks, never becomes a terminal's owner.
    ///
    /// # Errors
    ///
    /// Whatever the system says, and `InvalidInput` for what is no plain file.
    pub fn open(path: &Path, follow: bool) -> io::Result<Self> {
        let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        if !follow {
            flags |= OFlags::NOFOLLOW;
        }
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let stat = Stat::from(&file.metadata()?);
        if stat.kind != Kind::File {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
        }
        Ok(Self { file, stat })
    }

    /// As it was when opened.
    #[must_use]
    pub const fn stat(&self) -> &Stat {
        &self.stat
    }

    /// Reads at `offset` until `buffer` is full or the file ends; gives the number of bytes.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_folders_and_links_are_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(LogFile::open(&pipe, true).is_err());
        assert!(LogFile::open(folder.path(), true).is_err());
        let file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(file.path(), &link).unwrap();
        assert!(LogFile::open(&link, false).is_err());
        assert_eq!(LogFile::open(&link, true).unwrap().stat().inode, stat(file.path()).unwrap().inode);
        assert_eq!(stat_link(&link).unwrap().kind, Kind::Link);
    }
}
