//! A file that an edit is about: opened below a root, never through a link, read whole and identified.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, statat};
use rustix::io::Errno;

use super::attributes::Identity;
use super::errors::{TargetError, TargetErrorKind as Kind, errno};
use super::{open, sha256};

/// The largest target, in bytes.
pub const MAX_TARGET: u64 = 16 * 1024 * 1024;

/// How often a file is read again that changes while it is read.
const TRIES: usize = 3;

/// A regular file with one name, as it was read. It holds its folder open: a replacement cannot be redirected.
#[derive(Clone, Debug)]
pub struct Target {
    /// The real, absolute path.
    pub path: PathBuf,
    /// Relative to the root.
    pub relative: PathBuf,
    /// All of it.
    pub bytes: Vec<u8>,
    /// Which file, in what state.
    pub identity: Identity,
    /// Of the bytes, hex.
    pub sha256: String,
    pub(super) root: Arc<File>,
    pub(super) folder: Arc<File>,
}

impl Target {
    /// Its name in its folder.
    pub(super) fn name(&self) -> &Path {
        self.relative.file_name().map_or(Path::new(""), Path::new)
    }
}

/// Opens and reads the target `path` below `root`, at most `max` bytes. A relative path counts from `root`,
/// an absolute one must lie in it; `..` is resolved. `root` itself may be reached through links.
///
/// # Errors
/// When it is not there, lies outside, is or lies behind a symlink, is not a regular file with one name,
/// is too large, is open in an editor, or cannot be read.
pub fn open_target(root: &Path, path: &Path, max: u64) -> Result<Target, TargetError> {
    let Place { full, relative, root, folder } = Place::find(root, path)?;
    let Some(name) = relative.file_name().map(Path::new) else {
        return Err(not_regular(path, "a folder"));
    };
    let file = open::entry(&folder, name).map_err(|errno| refuse(&full, path, errno))?;
    check_kind(&file, path, max)?;
    refuse_open_editor(&folder, name, path)?;
    let (bytes, identity) = read_still(&file, path, max)?;
    let sha256 = sha256(&bytes);
    Ok(Target { path: full, relative, bytes, identity, sha256, root: Arc::new(root), folder: Arc::new(folder) })
}

/// Where a path below a root leads, with the folder that holds it open.
pub(super) struct Place {
    /// Real, absolute.
    pub full: PathBuf,
    /// Counted from the root; empty for the root itself.
    pub relative: PathBuf,
    pub root: File,
    pub folder: File,
}

impl Place {
    pub(super) fn find(root: &Path, path: &Path) -> Result<Self, TargetError> {
        let real_root = root.canonicalize().map_err(|error| {
            TargetError::new(Kind::Unreadable, path, format!("could not open the folder {}: {error}", root.display()))
        })?;
        let relative = relative_to(root, &real_root, path)?;
        let full = real_root.join(&relative);
        let refused = |errno: Errno| refuse(&full, path, errno);
        let root = open::folder(&real_root).map_err(refused)?;
        let folder = open::folder_beneath(&root, relative.parent().unwrap_or(Path::new(""))).map_err(refused)?;
        Ok(Self { full, relative, root, folder })
    }
}

fn relative_to(root: &Path, real_root: &Path, path: &Path) -> Result<PathBuf, TargetError> {
    let wanted = clean(&real_root.join(path));
    for base in [real_root, &clean(root)] {
        if let Ok(relative) = wanted.strip_prefix(base) {
            return Ok(relative.to_path_buf());
        }
    }
    match wanted.canonicalize() {
        Ok(real) if real.starts_with(real_root) => Err(behind_link(path, &real)),
        _ => {
            let told = format!("{} lies outside {}: fixes may not leave it", path.display(), real_root.display());
            Err(TargetError::new(Kind::Outside, path, told))
        }
    }
}

/// Without `.` and `..`. No link is asked: whatever lies behind one is refused later anyway.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::CurDir => {}
            other => cleaned.push(other),
        }
    }
    cleaned
}

pub(super) fn refuse(full: &Path, path: &Path, errno: Errno) -> TargetError {
    let name = path.display();
    match errno {
        Errno::LOOP => behind_link(path, &full.canonicalize().unwrap_or_else(|_| full.to_path_buf())),
        Errno::NOENT => TargetError::new(Kind::Missing, path, format!("{name} is not there")),
        Errno::NOTDIR => {
            TargetError::new(Kind::Missing, path, format!("{name} is not there: a folder on the way is a file"))
        }
        // Opening a socket gives ENXIO.
        Errno::NXIO => not_regular(path, "a socket or a device"),
        errno => TargetError::new(Kind::Unreadable, path, format!("could not open {name}: {errno}")),
    }
}

fn behind_link(path: &Path, real: &Path) -> TargetError {
    let told = format!("{} is a symlink or lies behind one: name the real file, {}", path.display(), real.display());
    TargetError::new(Kind::Symlink, path, told)
}

fn not_regular(path: &Path, what: &str) -> TargetError {
    TargetError::new(Kind::NotRegular, path, format!("{} is {what}, not a regular file", path.display()))
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> TargetError {
    TargetError::new(Kind::Unreadable, path, format!("could not read {}: {error}", path.display()))
}

fn check_kind(file: &File, path: &Path, max: u64) -> Result<(), TargetError> {
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(not_regular(path, if metadata.is_dir() { "a folder" } else { "a FIFO or a device" }));
    }
    if metadata.nlink() != 1 {
        let told = format!(
            "{} has {} names (hard links): replacing it would part them. Make it a file of its own",
            path.display(),
            metadata.nlink()
        );
        return Err(TargetError::new(Kind::HardLink, path, told));
    }
    if metadata.len() > max {
        return Err(too_large(path, max));
    }
    Ok(())
}

fn too_large(path: &Path, max: u64) -> TargetError {
    TargetError::new(Kind::TooLarge, path, format!("{} is larger than {max} bytes, heal's bound", path.display()))
}

/// Vim's swap file, emacs' lock and auto-save files.
fn refuse_open_editor(folder: &File, name: &Path, path: &Path) -> Result<(), TargetError> {
    let Some(text) = name.to_str() else { return Ok(()) };
    let plain = text.strip_prefix('.').unwrap_or(text);
    for beside in [format!(".{plain}.swp"), format!(".#{text}"), format!("#{text}#")] {
        if statat(folder, beside.as_str(), AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            let told = format!(
                "{} is open in an editor: {beside} lies beside it. Close the editor, or remove that file if it is stale",
                path.display()
            );
            return Err(TargetError::new(Kind::EditorOpen, path, told));
        }
    }
    Ok(())
}

fn read_still(file: &File, path: &Path, max: u64) -> Result<(Vec<u8>, Identity), TargetError> {
    for _ in 0..TRIES {
        let (bytes, before, after) = read_whole(file, max).map_err(|error| unreadable(path, &error))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max {
            return Err(too_large(path, max));
        }
        if before == after {
            return Ok((bytes, after));
        }
    }
    let told = format!("{} is being written right now: try again later", path.display());
    Err(TargetError::new(Kind::Busy, path, told))
}

/// At most one byte more than `max`, with the identity before and after.
pub(super) fn read_whole(file: &File, max: u64) -> std::io::Result<(Vec<u8>, Identity, Identity)> {
    use std::io::{Seek as _, SeekFrom};
    let before = Identity::of(file)?;
    let mut reader = file;
    reader.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    reader.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes, before, Identity::of(file)?))
}

/// Whether the entry `name` of `folder` is still the file and the bytes that `target` was read from.
/// After a rename only what a rename keeps is compared.
pub(super) fn is_same(target: &Target, name: &Path, renamed: bool) -> Result<bool, Errno> {
    let file = match open::entry(&target.folder, name) {
        Ok(file) => file,
        Err(Errno::LOOP | Errno::NOENT | Errno::NXIO) => return Ok(false),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata().map_err(|error| errno(&error))?;
    if !metadata.is_file() || metadata.len() != target.identity.size {
        return Ok(false);
    }
    let (bytes, before, after) = read_whole(&file, target.identity.size).map_err(|error| errno(&error))?;
    let same = |identity: &Identity| {
        if renamed { identity.is_renamed(&target.identity) } else { *identity == target.identity }
    };
    Ok(same(&before) && same(&after) && bytes == target.bytes)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
#[path = "target_tests.rs"]
mod tests;
