//! Why a file cannot be read as a target or be replaced: a fixed code and a sentence.

use std::fmt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why a target is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetErrorKind {
    /// It lies outside the root.
    Outside,
    /// It is not there.
    Missing,
    /// It is a symlink, or lies behind one.
    Symlink,
    /// It is a folder, a FIFO, a device or a socket.
    NotRegular,
    /// It has a second name.
    HardLink,
    /// It is larger than the bound.
    TooLarge,
    /// An editor has it open.
    EditorOpen,
    /// It changes while it is read.
    Busy,
    /// It cannot be read.
    Unreadable,
}

impl TargetErrorKind {
    /// The fixed code for JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outside => "outside_root",
            Self::Missing => "missing",
            Self::Symlink => "symlink",
            Self::NotRegular => "not_regular",
            Self::HardLink => "hard_link",
            Self::TooLarge => "too_large",
            Self::EditorOpen => "editor_open",
            Self::Busy => "busy",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A target that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetError {
    /// Why.
    pub kind: TargetErrorKind,
    /// As it was asked for.
    pub path: PathBuf,
    sentence: String,
}

impl TargetError {
    pub(super) fn new(kind: TargetErrorKind, path: &Path, sentence: impl Into<String>) -> Self {
        Self { kind, path: path.to_path_buf(), sentence: sentence.into() }
    }

    /// The fixed code for JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.as_str()
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence)
    }
}

impl std::error::Error for TargetError {}

/// Why a file was not replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceErrorKind {
    /// Another hand changed it, or its folder, since it was read.
    ChangedMeanwhile,
    /// It is marked immutable or append-only.
    Immutable,
    /// It is itself a mount point.
    Mounted,
    /// No room, or no quota.
    Full,
    /// The file system is mounted read-only.
    ReadOnly,
    /// This user may not.
    NotAllowed,
    /// Owner, mode, ACL or attributes could not be kept.
    Attributes,
    /// Something else went wrong.
    Io,
}

/// A file that was not replaced. Its old bytes stand, unless the sentence says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceError {
    /// Why.
    pub kind: ReplaceErrorKind,
    /// The file.
    pub path: PathBuf,
    sentence: String,
}

impl ReplaceError {
    pub(super) fn new(kind: ReplaceErrorKind, path: &Path, sentence: impl Into<String>) -> Self {
        Self { kind, path: path.to_path_buf(), sentence: sentence.into() }
    }

    pub(super) fn changed(path: &Path, what: &str) -> Self {
        let sentence = format!("{} was changed by another hand meanwhile ({what}): nothing was done", path.display());
        Self::new(ReplaceErrorKind::ChangedMeanwhile, path, sentence)
    }

    /// `doing` is what failed, such as `write beside`.
    pub(super) fn io(path: &Path, doing: &str, errno: Errno) -> Self {
        let name = path.display();
        let folder = path.parent().unwrap_or(path).display();
        let (kind, sentence) = match errno {
            Errno::NOSPC | Errno::DQUOT => (
                ReplaceErrorKind::Full,
                format!("no room to {doing} {name} ({errno}): free some space on the file system of {folder}"),
            ),
            Errno::ROFS => (
                ReplaceErrorKind::ReadOnly,
                format!("could not {doing} {name}: the file system of {folder} is mounted read-only"),
            ),
            Errno::BUSY => (
                ReplaceErrorKind::Mounted,
                format!(
                    "could not {doing} {name}: it is a mount point (a container's single-file mount?): `write_mode: in_place` allows it, which is not atomic"
                ),
            ),
            Errno::ACCESS | Errno::PERM => (
                ReplaceErrorKind::NotAllowed,
                format!("could not {doing} {name} ({errno}): this user must be allowed to make files in {folder}"),
            ),
            _ => (ReplaceErrorKind::Io, format!("could not {doing} {name}: {errno}")),
        };
        Self::new(kind, path, sentence)
    }

    /// The fixed code for JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            ReplaceErrorKind::ChangedMeanwhile => "changed_meanwhile",
            ReplaceErrorKind::Immutable => "immutable",
            ReplaceErrorKind::Mounted => "mounted",
            ReplaceErrorKind::Full => "no_space",
            ReplaceErrorKind::ReadOnly => "read_only",
            ReplaceErrorKind::NotAllowed => "not_permitted",
            ReplaceErrorKind::Attributes => "attributes",
            ReplaceErrorKind::Io => "io",
        }
    }
}

impl fmt::Display for ReplaceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence)
    }
}

impl std::error::Error for ReplaceError {}

/// The error number of an `io::Error`; EIO for one that the system did not make.
pub(super) fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
