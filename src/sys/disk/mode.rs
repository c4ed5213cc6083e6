//! Owner and mode of a file or folder: held open, so that a change cannot be led elsewhere.

use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Gid, Mode, Uid, chmodat, chownat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::errors::{TargetError, TargetErrorKind as Kind};
use super::target::{Place, refuse, unreadable};
use super::{Reader, Writer, open};

/// Bytes of the lists of users and groups.
const LIST_LIMIT: u64 = 4 * 1024 * 1024;
const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";

/// Mode and owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// Permission bits, with setuid, setgid and sticky: at most `0o7777`.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

impl Ownership {
    fn of(metadata: &Metadata) -> Self {
        Self { mode: metadata.mode() & 0o7777, uid: metadata.uid(), gid: metadata.gid() }
    }

    /// In words, such as `0640 root:adm`; numbers where there is no name.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut text = format!("{:04o} ", self.mode);
        for (list, id, mark) in [(USERS, self.uid, ":"), (GROUPS, self.gid, "")] {
            // Writing to a String cannot fail.
            let _ = match name_in(&read_list(list), id) {
                Some(name) => write!(text, "{name}{mark}"),
                None => write!(text, "{id}{mark}"),
            };
        }
        text
    }
}

/// The name of a user, if it has one.
#[must_use]
pub fn user_name(uid: u32) -> Option<String> {
    name_in(&read_list(USERS), uid)
}

/// A regular file with one name, or a folder, held open without being read.
#[derive(Clone, Debug)]
pub struct Held {
    /// The real, absolute path.
    pub path: PathBuf,
    /// Relative to the root.
    pub relative: PathBuf,
    /// As it was when it was opened.
    pub ownership: Ownership,
    /// It is a folder.
    pub is_dir: bool,
    root: Arc<File>,
    file: Arc<File>,
}

/// Opens the file or folder `path` below `root` to change its owner or mode. Paths count as for
/// [`open_target`](super::open_target).
///
/// # Errors
/// When it is not there, lies outside, is or lies behind a symlink, is a file with a second name, is neither a regular
/// file nor a folder, or is the root itself.
pub fn hold(root: &Path, path: &Path) -> Result<Held, TargetError> {
    let Place { full, relative, root, folder } = Place::find(root, path)?;
    let Some(name) = relative.file_name().map(Path::new) else {
        let told = format!("{} is the root of all fixes: they change what lies in it", path.display());
        return Err(TargetError::new(Kind::NotRegular, path, told));
    };
    let file = open::held(&folder, name).map_err(|errno| refuse(&full, path, errno))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if metadata.is_symlink() {
        return Err(refuse(&full, path, Errno::LOOP));
    }
    if !metadata.is_file() && !metadata.is_dir() {
        let told = format!("{} is a FIFO, a socket or a device: neither a file nor a folder", path.display());
        return Err(TargetError::new(Kind::NotRegular, path, told));
    }
    if metadata.is_file() && metadata.nlink() != 1 {
        let told = format!(
            "{} has {} names (hard links): the others would change with it. Make it a file of its own",
            path.display(),
            metadata.nlink()
        );
        return Err(TargetError::new(Kind::HardLink, path, told));
    }
    let ownership = Ownership::of(&metadata);
    let is_dir = metadata.is_dir();
    Ok(Held { path: full, relative, ownership, is_dir, root: Arc::new(root), file: Arc::new(file) })
}

impl Held {
    /// Whether the path still leads to what is held, and that is as it was.
    fn check_unchanged(&self) -> io::Result<()> {
        let changed = |what: &str| {
            io::Error::other(format!(
                "{} was changed by another hand meanwhile ({what}): nothing was done",
                self.path.display()
            ))
        };
        let parent = self.relative.parent().unwrap_or(Path::new(""));
        let name = self.relative.file_name().map_or(Path::new(""), Path::new);
        let named = open::folder_beneath(&self.root, parent)
            .and_then(|folder| open::held(&folder, name))
            .map_err(|_| changed("it is not where it was"))?;
        let (named, held) = (named.metadata()?, self.file.metadata()?);
        if (named.dev(), named.ino()) != (held.dev(), held.ino()) {
            return Err(changed("it is another one now"));
        }
        if !self.is_dir && held.nlink() != 1 {
            return Err(changed("it has a second name now"));
        }
        if Ownership::of(&held) != self.ownership {
            return Err(changed("it has another owner or mode now"));
        }
        Ok(())
    }

    /// Owner first, because that clears setuid, and only where it differs: others than root may not even ask.
    fn give(&self, to: &Ownership) -> io::Result<()> {
        let now = Ownership::of(&self.file.metadata()?);
        if (now.uid, now.gid) != (to.uid, to.gid) {
            let (owner, group) = (Uid::from_raw(to.uid), Gid::from_raw(to.gid));
            chownat(&*self.file, "", Some(owner), Some(group), AtFlags::EMPTY_PATH)?;
        }
        if Ownership::of(&self.file.metadata()?).mode != to.mode {
            // What is held without being opened has its mode changed only by this name of it.
            let name = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            chmodat(CWD, name.as_str(), Mode::from_raw_mode(to.mode), AtFlags::empty())?;
        }
        Ok(())
    }
}

impl Writer {
    /// Gives what is held the owner and mode `to`, and returns what it has then.
    ///
    /// # Errors
    /// When another hand changed it since it was held (then nothing is done), when this user may not, or when it does
    /// not read back as asked; then it has got back what it had, as far as that was possible.
    pub fn change_ownership(&self, held: &Held, to: &Ownership) -> io::Result<Ownership> {
        if to.mode > 0o7777 || to.uid == u32::MAX || to.gid == u32::MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no such mode or owner"));
        }
        held.check_unchanged()?;
        let given = held.give(to).and_then(|()| held.file.metadata());
        match given.map(|metadata| Ownership::of(&metadata)) {
            Ok(now) if now == *to => Ok(now),
            outcome => {
                let why = match outcome {
                    Ok(now) => format!("it reads back as {}", now.shown()),
                    Err(error) => error.to_string(),
                };
                let told = format!("could not make {} {}: {why}", held.path.display(), to.shown());
                // Half a change is worse than none.
                match held.give(&held.ownership) {
                    Ok(()) => Err(io::Error::other(told)),
                    Err(error) => Err(io::Error::other(format!("{told}; nor give it back what it had ({error})"))),
                }
            }
        }
    }
}

/// The number of the user `name`, which may be a number itself; `None` when there is none.
#[must_use]
pub fn user_id(name: &str) -> Option<u32> {
    number(name).or_else(|| id_in(&read_list(USERS), name))
}

/// The number of the group `name`, which may be a number itself; `None` when there is none.
#[must_use]
pub fn group_id(name: &str) -> Option<u32> {
    number(name).or_else(|| id_in(&read_list(GROUPS), name))
}

/// To the kernel the largest number means "leave it as it is".
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number != u32::MAX)
}

fn read_list(path: &str) -> String {
    let bytes = Reader::new().read_bounded(Path::new(path), LIST_LIMIT).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Names and numbers of lines such as `www-data:x:33:...`.
fn entries(list: &str) -> impl Iterator<Item = (&str, u32)> {
    list.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))?;
        Some((name, number(fields.nth(1)?)?))
    })
}

fn id_in(list: &str, name: &str) -> Option<u32> {
    entries(list).find(|(known, _)| *known == name).map(|(_, id)| id)
}

fn name_in(list: &str, id: u32) -> Option<String> {
    entries(list).find(|(_, known)| *known == id).map(|(name, _)| name.to_owned())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
#[path = "mode_tests.rs"]
mod tests;
