//! The lock that keeps two runs apart.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::fs::OFlags;

use super::disk::Writer;
use super::signal;

const POLL: Duration = Duration::from_millis(100);

/// A held lock on a state folder; dropping it, or dying, frees it. A left-over `heal.lock` locks nothing.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock `heal.lock` of `state_dir` (made when it is not there), trying again for as long as `wait`.
    /// `None`: another run holds it.
    ///
    /// # Errors
    /// When the folder or the file is not ours or cannot be made, the file system has no locks,
    /// or someone interrupts the wait.
    pub fn acquire(writer: &Writer, state_dir: &Path, wait: Duration) -> Result<Option<Self>> {
        writer.create_private_dir(state_dir)?;
        let path = state_dir.join("heal.lock");
        let started = Instant::now();
        loop {
            let file = open(&path)?;
            match file.try_lock() {
                // Someone may have removed the file between opening and locking: then the lock holds nothing.
                Ok(()) if is_current(&file, &path) => return Ok(Some(Self { _file: file })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let Some(left) = wait.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) else {
                        return Ok(None);
                    };
                    sleep(left.min(POLL));
                }
                Err(TryLockError::Error(error)) => {
                    let told = format!(
                        "could not lock {}: does its file system support locks? Choose another with --state-dir",
                        path.display()
                    );
                    return Err(error).context(told);
                }
            }
            if signal::interrupted() {
                bail!("interrupted while waiting for another run of heal to finish");
            }
        }
    }
}

fn open(path: &PathBuf) -> Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .with_context(|| format!("could not open the lock {}", path.display()))?;
    if !file.metadata()?.is_file() {
        bail!("{} is not a regular file: remove it", path.display());
    }
    Ok(file)
}

fn is_current(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(held), Ok(named)) => held.ino() == named.ino() && held.dev() == named.dev(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_it_and_a_left_over_file_locks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let writer = Writer::new();
        let first = RunLock::acquire(&writer, &state, Duration::ZERO).unwrap();
        assert!(first.is_some());
        assert!(RunLock::acquire(&writer, &state, Duration::from_millis(150)).unwrap().is_none());
        drop(first);
        assert!(state.join("heal.lock").exists());
        assert!(RunLock::acquire(&writer, &state, Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn a_link_in_its_place_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let writer = Writer::new();
        writer.create_private_dir(&state).unwrap();
        let other = dir.path().join("other");
        std::os::unix::fs::symlink(&other, state.join("heal.lock")).unwrap();
        assert!(RunLock::acquire(&writer, &state, Duration::ZERO).is_err());
        assert!(!other.exists());
    }

    #[test]
    fn a_waiting_run_gets_it_when_the_other_ends() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let held = RunLock::acquire(&Writer::new(), &state, Duration::ZERO).unwrap();
        let waiting = {
            let state = state.clone();
            std::thread::spawn(move || RunLock::acquire(&Writer::new(), &state, Duration::from_secs(60)).unwrap())
        };
        drop(held);
        assert!(waiting.join().unwrap().is_some());
    }
}
