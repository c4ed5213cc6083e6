//! Opening below a folder, never through a symlink.

use std::fs::File;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, open, openat, openat2, statat};
use rustix::io::Errno;

/// How a file is opened to be looked at: no link, no waiting on a FIFO, no terminal.
pub(super) const LOOK: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens the folder `path`; links on the way are followed.
pub(super) fn folder(path: &Path) -> Result<File, Errno> {
    open(path, FOLDER, Mode::empty()).map(File::from)
}

/// Opens the folder `relative` below `root`. `ELOOP`: there is a symlink on the way.
pub(super) fn folder_beneath(root: &File, relative: &Path) -> Result<File, Errno> {
    let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
    // Without O_NOFOLLOW: with it a link at the end would be "not a directory" and not a loop.
    beneath(root, relative, FOLDER)
}

/// Opens the entry `name` of `folder` to look at it. `ELOOP`: it is a symlink.
pub(super) fn entry(folder: &File, name: &Path) -> Result<File, Errno> {
    openat(folder, name, LOOK, Mode::empty()).map(File::from)
}

/// Opens the entry `name` of `folder` to hold it: nothing is read, and nothing is set going. A symlink is held as such.
pub(super) fn held(folder: &File, name: &Path) -> Result<File, Errno> {
    openat(folder, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()).map(File::from)
}

fn beneath(root: &File, relative: &Path, flags: OFlags) -> Result<File, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
    // EAGAIN: a rename somewhere on the host raced with the walk.
    for _ in 0..16 {
        match openat2(root, relative, flags, Mode::empty(), resolve) {
            Ok(file) => return Ok(File::from(file)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            // EPERM: an old container's filter that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => return step_by_step(root, relative, flags),
            Err(error) => return Err(error),
        }
    }
    Err(Errno::AGAIN)
}

/// What `openat2` does, for kernels without it: one component at a time, none of them a link.
fn step_by_step(root: &File, relative: &Path, flags: OFlags) -> Result<File, Errno> {
    let mut current = File::from(openat(root, ".", FOLDER, Mode::empty())?);
    for component in relative.components() {
        let name = match component {
            Component::Normal(name) => name,
            Component::CurDir => continue,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(Errno::XDEV),
        };
        current = match openat(&current, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(next) => File::from(next),
            // With O_DIRECTORY a link is "not a directory".
            Err(Errno::NOTDIR) if is_link(&current, Path::new(name)) => return Err(Errno::LOOP),
            Err(error) => return Err(error),
        };
    }
    Ok(current)
}

fn is_link(folder: &File, name: &Path) -> bool {
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
mod tests {
    use super::*;

    #[test]
    fn both_ways_refuse_the_same() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("a/out")).unwrap();
        let root = folder(dir.path()).unwrap();
        let flags = FOLDER;
        for (path, expected) in [
            ("a/b", None),
            (".", None),
            ("link", Some(Errno::LOOP)),
            ("link/b", Some(Errno::LOOP)),
            ("a/out", Some(Errno::LOOP)),
            ("../x", Some(Errno::XDEV)),
            ("/etc", Some(Errno::XDEV)),
            ("none", Some(Errno::NOENT)),
        ] {
            assert_eq!(beneath(&root, Path::new(path), flags).err(), expected, "openat2 {path}");
            assert_eq!(step_by_step(&root, Path::new(path), flags).err(), expected, "step by step {path}");
        }
    }
}
