//! heal's own files: private, durable, never through a link.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path};

use anyhow::{Context as _, Result, bail};
use rustix::fs::{AtFlags, OFlags, RenameFlags, renameat, renameat_with, unlinkat};
use rustix::io::Errno;

use super::replace::sync_folder;
use super::target::read_whole;
use super::{MAX_TARGET, Reader, Writer, check_state_dir, is_temporary_name, open, sha256, temporary_name};

/// What became of a temporary file that a killed run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// There was none.
    None,
    /// It was heal's own, or a copy of what the backup holds, and is gone.
    Removed,
    /// It held what another hand wrote in the very instant of the exchange: it has its name back.
    GivenBack,
}

impl Writer {
    /// Makes the folder `path` and those above it that are missing, each for this user alone.
    ///
    /// # Errors
    /// When it cannot be made, or what is there is a link, another's, or writable by others.
    pub fn create_private_dir(&self, path: &Path) -> Result<()> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        match made {
            // A link in its place: `check_state_dir` says it better.
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("could not create {}", path.display())),
        }
        check_state_dir(path)?;
        Ok(())
    }

    /// Makes the new file `path`, which must not be there, and sees to it that it is on the disk.
    ///
    /// # Errors
    /// When it is there already, or cannot be written; then nothing is left.
    pub fn create_new(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        let fail = || format!("could not write {}", path.display());
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
            .with_context(fail)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| sync_parent(path));
        if let Err(error) = written {
            self.discard(path);
            return Err(error).with_context(fail);
        }
        Ok(())
    }

    /// Gives the private file `path` these bytes, whole or not at all; made when it is not there. Mode 0600.
    ///
    /// # Errors
    /// When it cannot be written; then the old one stands.
    pub fn write_private_atomic(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let temporary = path.with_file_name(temporary_name());
        self.create_new(&temporary, bytes, 0o600)?;
        if let Err(error) = rename(&temporary, path) {
            self.discard(&temporary);
            return Err(error).with_context(|| format!("could not write {}", path.display()));
        }
        sync_parent(path).with_context(|| format!("could not write {}", path.display()))
    }

    /// Removes the file `path` (a link itself, never what it points to); none there is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    #[expect(clippy::disallowed_methods, reason = "this is the door to the disk")]
    pub fn remove_file(&self, path: &Path) -> Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("could not remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Renames `from` to `to`, which must not be there: to move a damaged file aside.
    ///
    /// # Errors
    /// When it cannot be, or `to` is there.
    pub fn move_aside(&self, from: &Path, to: &Path) -> Result<()> {
        let moved = renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, RenameFlags::NOREPLACE);
        let moved = match moved {
            Err(Errno::INVAL | Errno::NOSYS) if to.symlink_metadata().is_err() => rename(from, to),
            other => other.map_err(io::Error::from),
        };
        moved.with_context(|| format!("could not move {} to {}", from.display(), to.display()))?;
        sync_parent(to).with_context(|| format!("could not move {} to {}", from.display(), to.display()))
    }

    /// Removes the folder `path` with all in it, if it lies below `base` and no link is on the way.
    ///
    /// # Errors
    /// When it lies elsewhere or cannot be removed; none there is no error.
    #[expect(clippy::disallowed_methods, reason = "this is the door to the disk")]
    pub fn remove_tree(&self, base: &Path, path: &Path) -> Result<()> {
        let below = path.strip_prefix(base).ok().filter(|below| {
            below.components().next().is_some() && below.components().all(|part| matches!(part, Component::Normal(_)))
        });
        let Some(below) = below else {
            bail!("{} does not lie below {}: it is not removed", path.display(), base.display());
        };
        let mut current = base.to_path_buf();
        for part in below.components() {
            current.push(part);
            match Reader::new().stat(&current)? {
                None => return Ok(()),
                Some(metadata) if metadata.is_dir() => {}
                Some(_) => bail!("{} is not a folder: it is not removed", current.display()),
            }
        }
        std::fs::remove_dir_all(path).with_context(|| format!("could not remove {}", path.display()))?;
        sync_parent(path).with_context(|| format!("could not remove {}", path.display()))
    }

    /// Removes from the folder `path` the temporary files of heal that this user owns; gives how many.
    /// Only under the lock: another run's are stale only when there is no other run.
    ///
    /// # Errors
    /// When the folder cannot be read; none there is no error.
    pub fn clean_stale_temps(&self, path: &Path) -> Result<usize> {
        let folder = match open::folder(path) {
            Ok(folder) => folder,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(0),
            Err(error) => return Err(error).with_context(|| format!("could not open {}", path.display())),
        };
        let own = rustix::process::geteuid().as_raw();
        let mut removed = 0;
        for entry in Reader::new().list(path).with_context(|| format!("could not read {}", path.display()))? {
            let name = entry.path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let ours = is_temporary_name(name) && entry.metadata.is_file() && entry.metadata.uid() == own;
            if ours && unlinkat(&folder, name, AtFlags::empty()).is_ok() {
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Tidies up after a replacement of `relative` below `root` that a kill cut short: `temporary` is removed,
    /// unless it holds what another hand wrote in the instant of the exchange (`before` and `after` are the hashes of
    /// the old and the new bytes). Then that gets its name back.
    ///
    /// # Errors
    /// When the folder cannot be opened without passing a link, or the file can be neither read nor removed.
    pub fn settle_leftover(
        &self,
        root: &Path,
        relative: &Path,
        temporary: &str,
        before: &str,
        after: &str,
    ) -> Result<Leftover> {
        let fail = || format!("could not tidy up {temporary} beside {}", root.join(relative).display());
        if !is_temporary_name(temporary) {
            bail!("{temporary} is no temporary file of heal");
        }
        let top = open::folder(root).with_context(fail)?;
        let parent = relative.parent().unwrap_or(Path::new(""));
        let folder = match open::folder_beneath(&top, parent) {
            Ok(folder) => folder,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Leftover::None),
            Err(error) => return Err(error).with_context(fail),
        };
        let Some(left) = hash_of(&folder, Path::new(temporary)).with_context(fail)? else { return Ok(Leftover::None) };
        let name = relative.file_name().map_or(Path::new(""), Path::new);
        let named = hash_of(&folder, name).with_context(fail)?;
        if named.as_deref() == Some(after) && left != before && left != after {
            renameat(&folder, temporary, &folder, name).with_context(fail)?;
            sync_folder(&folder).with_context(fail)?;
            return Ok(Leftover::GivenBack);
        }
        unlinkat(&folder, temporary, AtFlags::empty()).with_context(fail)?;
        sync_folder(&folder).with_context(fail)?;
        Ok(Leftover::Removed)
    }

    fn discard(&self, path: &Path) {
        // The error that made it useless is the one to tell.
        let _ = self.remove_file(path);
    }
}

/// The hash of an entry, `None` when it is not there, empty when it is no regular file within bounds.
fn hash_of(folder: &File, name: &Path) -> io::Result<Option<String>> {
    let file = match open::entry(folder, name) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP | Errno::NXIO) => return Ok(Some(String::new())),
        Err(error) => return Err(error.into()),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > MAX_TARGET {
        return Ok(Some(String::new()));
    }
    read_whole(&file, MAX_TARGET).map(|(bytes, _, _)| Some(sha256(&bytes)))
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sync_folder(&open::folder(parent)?).map_err(Into::into)
}

#[expect(clippy::disallowed_methods, reason = "this is the door to the disk")]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn folders_and_files_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::new();
        let state = dir.path().join("a/state");
        writer.create_private_dir(&state).unwrap();
        writer.create_private_dir(&state).unwrap();
        assert_eq!((mode(&state), mode(&dir.path().join("a"))), (0o700, 0o700));
        let file = state.join("file");
        writer.create_new(&file, b"one", 0o600).unwrap();
        assert!(writer.create_new(&file, b"two", 0o600).is_err());
        writer.write_private_atomic(&file, b"three").unwrap();
        assert_eq!((std::fs::read(&file).unwrap(), mode(&file)), (b"three".to_vec(), 0o600));
        assert_eq!(std::fs::read_dir(&state).unwrap().count(), 1);
        writer.remove_file(&file).unwrap();
        writer.remove_file(&file).unwrap();
    }

    #[test]
    fn no_link_is_followed_out_of_the_state() {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::new();
        let (state, other) = (dir.path().join("state"), dir.path().join("other"));
        writer.create_private_dir(&state).unwrap();
        std::fs::create_dir_all(other.join("kept")).unwrap();
        symlink(&other, state.join("link")).unwrap();
        symlink(other.join("new"), state.join("file")).unwrap();
        assert!(writer.create_new(&state.join("file"), b"", 0o600).is_err());
        for path in ["link", "link/kept", "../other", "", "."] {
            assert!(writer.remove_tree(&state, &state.join(path)).is_err(), "{path}");
        }
        assert!(writer.create_private_dir(&state.join("link")).is_err());
        assert!(other.join("kept").exists() && !other.join("new").exists());
        std::fs::create_dir_all(state.join("backups/run/x")).unwrap();
        symlink(&other, state.join("backups/run/out")).unwrap();
        writer.remove_tree(&state, &state.join("backups/run")).unwrap();
        writer.remove_tree(&state, &state.join("backups/run")).unwrap();
        assert!(state.join("backups").exists() && other.join("kept").exists());
    }

    #[test]
    fn only_its_own_temporary_files_go() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".heal-0123456789abcdef.tmp", ".heal-notes.tmp", "file"] {
            std::fs::write(dir.path().join(name), b"").unwrap();
        }
        std::fs::create_dir(dir.path().join(temporary_name())).unwrap();
        assert_eq!(Writer::new().clean_stale_temps(dir.path()).unwrap(), 1);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
        assert_eq!(Writer::new().clean_stale_temps(&dir.path().join("none")).unwrap(), 0);
    }

    #[test]
    fn moving_aside_never_covers_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        std::fs::write(&from, b"1").unwrap();
        std::fs::write(&to, b"2").unwrap();
        assert!(Writer::new().move_aside(&from, &to).is_err());
        std::fs::remove_file(&to).unwrap();
        Writer::new().move_aside(&from, &to).unwrap();
        assert!(to.exists() && !from.exists());
    }

    #[test]
    fn what_another_hand_wrote_in_the_instant_of_the_exchange_gets_its_name_back() {
        let dir = tempfile::tempdir().unwrap();
        let (temporary, target) = (temporary_name(), Path::new("target"));
        let settle = |target_bytes: &[u8], left: &[u8]| {
            std::fs::write(dir.path().join(target), target_bytes).unwrap();
            std::fs::write(dir.path().join(&temporary), left).unwrap();
            let (old, new) = (sha256(b"old"), sha256(b"new"));
            let done = Writer::new().settle_leftover(dir.path(), target, &temporary, &old, &new).unwrap();
            assert!(!dir.path().join(&temporary).exists());
            (done, std::fs::read(dir.path().join(target)).unwrap())
        };
        assert_eq!(settle(b"new", b"theirs"), (Leftover::GivenBack, b"theirs".to_vec()));
        assert_eq!(settle(b"new", b"old"), (Leftover::Removed, b"new".to_vec()));
        assert_eq!(settle(b"old", b"ne"), (Leftover::Removed, b"old".to_vec()));
        let none = Writer::new().settle_leftover(dir.path(), target, &temporary, "", "").unwrap();
        assert_eq!(none, Leftover::None);
        assert!(Writer::new().settle_leftover(dir.path(), target, "target", "", "").is_err());
    }
}
