//! How far a file generation has been read.

use chrono::{DateTime, FixedOffset};

/// One file generation (not one path): a renamed file keeps its position, a new file under an old name has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The `logs[]` entry's name.
    pub entry: String,
    /// Absolute path when last seen.
    pub path: String,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Bytes read; always just after a newline.
    pub offset: u64,
    /// Lines read, to number the next one.
    pub lines: u64,
    /// SHA-256, hex, of the first `min(1024, offset)` bytes.
    pub head_hash: String,
    /// SHA-256, hex, of up to 1024 bytes before the offset.
    pub tail_hash: String,
    /// Size in bytes when last seen.
    pub size: u64,
    /// Modification time, nanoseconds since the epoch.
    pub mtime_ns: i64,
    /// Change time, nanoseconds since the epoch.
    pub ctime_ns: i64,
    /// Stamp of the last stamped line read.
    pub last_stamp: Option<DateTime<FixedOffset>>,
    /// Modification time of the file, nanoseconds since the epoch, in the last run that found new lines in it:
    /// the evidence that the source is still being written.
    pub grown_ns: i64,
}
