//! Overwrites a file in its place: for one that nothing may take the name of, such as a container's single-file mount.
//!
//! It is not atomic: who reads meanwhile may see the one half and the other. So the caller has put both the old and the
//! new bytes aside before, and whatever a kill leaves is a mix of the two, known as such and settled to either.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate, openat};
use rustix::io::Errno;

use super::attributes::{Attributes, Identity};
use super::errors::{ReplaceError, ReplaceErrorKind as Kind, errno};
use super::replace::{Replaced, Replacement};
use super::target::{Target, read_whole};
use super::{MAX_TARGET, Writer, open_target, sha256};

/// Old and new bytes of a file that was overwritten, and which of them it is to have.
#[derive(Clone, Copy, Debug)]
pub struct Halves<'a> {
    /// Before.
    pub old: &'a [u8],
    /// After.
    pub new: &'a [u8],
    /// Whether it is to have the new ones.
    pub forward: bool,
}

impl Halves<'_> {
    const fn wanted(&self) -> &[u8] {
        if self.forward { self.new } else { self.old }
    }

    /// Whether `found` is what an overwriting that was cut short leaves: at every place a byte of the one or the other.
    fn is_mix(&self, found: &[u8]) -> bool {
        let (short, long) = (self.old.len().min(self.new.len()), self.old.len().max(self.new.len()));
        let fits = |(at, byte): (usize, &u8)| {
            // What was made longer may not have its bytes yet.
            self.old.get(at) == Some(byte) || self.new.get(at) == Some(byte) || (*byte == 0 && at >= self.old.len())
        };
        (short..=long).contains(&found.len()) && found.iter().enumerate().all(fits)
    }
}

impl Writer {
    /// Gives `target` new bytes in its place; it stays the same file. The old bytes must lie safe elsewhere.
    ///
    /// # Errors
    /// The old bytes stand, unless the sentence says otherwise.
    pub fn overwrite(&self, target: &Target, new: &[u8], attributes: &Attributes) -> Result<Replaced, ReplaceError> {
        let check = Replacement { target, attributes, temporary: "", exchange: false, at: &mut |_| () };
        check.refuse_immutable()?;
        check.check_folder()?;
        let io = |doing: &str, errno: Errno| ReplaceError::io(&target.path, doing, errno);
        let file = open_to_write(target).map_err(|errno| io("overwrite", errno))?;
        check_same(target, &file)?;
        if new.len() > target.bytes.len() {
            reserve(&file, new.len()).map_err(|errno| io("overwrite", errno))?;
        }
        if let Err(error) = write(&file, &target.bytes, new).and_then(|()| prove(&file, new)) {
            return Err(go_back(target, &file, new, &io("overwrite", errno(&error))));
        }
        if let Err(error) = keep(&file, attributes) {
            let lost = check.attributes_lost(&error.to_string());
            return Err(go_back(target, &file, new, &lost));
        }
        let identity = Identity::of(&file).map_err(|error| io("look at", errno(&error)))?;
        Ok(Replaced { sha256: sha256(new), identity })
    }

    /// Settles `relative` below `root`, whose overwriting a kill cut short. `true`: it was half the one and half the
    /// other, and is whole now. What is neither is another hand's, and is not touched.
    ///
    /// # Errors
    /// When it can be neither read nor written.
    pub fn settle_overwrite(
        &self,
        root: &Path,
        relative: &Path,
        halves: Halves<'_>,
        attributes: &Attributes,
    ) -> Result<bool, ReplaceError> {
        let path = root.join(relative);
        let unreadable = |why: String| ReplaceError::new(Kind::Io, &path, why);
        let target = open_target(root, relative, MAX_TARGET).map_err(|error| unreadable(error.to_string()))?;
        let whole = target.bytes == halves.old || target.bytes == halves.new;
        // A write takes the set-user-id bits, and what was cut short did not give them back.
        let now = &target.identity.attributes;
        let stripped = now.mode & 0o1777 == attributes.mode & 0o1777
            && (now.uid, now.gid) == (attributes.uid, attributes.gid)
            && now != attributes;
        if whole && !stripped {
            return Ok(false);
        }
        if !whole && !halves.is_mix(&target.bytes) {
            return Ok(false);
        }
        let io = |errno: Errno| ReplaceError::io(&path, "overwrite", errno);
        let file = open_to_write(&target).map_err(io)?;
        check_same(&target, &file)?;
        if !whole {
            let settled = write(&file, &target.bytes, halves.wanted()).and_then(|()| prove(&file, halves.wanted()));
            settled.map_err(|error| io(errno(&error)))?;
        }
        if stripped {
            keep(&file, attributes).map_err(|error| io(errno(&error)))?;
        }
        Ok(!whole)
    }
}

fn open_to_write(target: &Target) -> Result<File, Errno> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    openat(&*target.folder, target.name(), flags, Mode::empty()).map(File::from)
}

/// The open file must be the one that was read, with the very bytes.
fn check_same(target: &Target, file: &File) -> Result<(), ReplaceError> {
    let io = |error: std::io::Error| ReplaceError::io(&target.path, "read", errno(&error));
    let metadata = file.metadata().map_err(io)?;
    let changed = || ReplaceError::changed(&target.path, "it is not what was read");
    if !metadata.is_file() || metadata.nlink() != 1 || metadata.len() != target.identity.size {
        return Err(changed());
    }
    let (bytes, before, after) = read_whole(file, target.identity.size).map_err(io)?;
    let same = before == target.identity && after == target.identity && bytes == target.bytes;
    if same { Ok(()) } else { Err(changed()) }
}

/// Room for a longer text, before a byte is written. File systems that cannot promise it are not asked twice.
fn reserve(file: &File, length: usize) -> Result<(), Errno> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, length) {
        Err(Errno::NOTSUP | Errno::NOSYS | Errno::INVAL) | Ok(()) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// From the first byte that differs on: the less is written, the shorter it is half done.
fn write(file: &File, old: &[u8], new: &[u8]) -> std::io::Result<()> {
    let first = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let last = if old.len() == new.len() {
        let same = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        new.len().saturating_sub(same).max(first)
    } else {
        new.len()
    };
    let offset = u64::try_from(first).map_err(std::io::Error::other)?;
    file.write_all_at(new.get(first..last).unwrap_or_default(), offset)?;
    if new.len() < old.len() {
        file.set_len(u64::try_from(new.len()).map_err(std::io::Error::other)?)?;
    }
    file.sync_all()
}

fn prove(file: &File, wanted: &[u8]) -> std::io::Result<()> {
    let (bytes, _, _) = read_whole(file, MAX_TARGET)?;
    if bytes == wanted { Ok(()) } else { Err(std::io::Error::other("it reads back different")) }
}

/// A write takes the set-user-id bits and capabilities; they are given back.
fn keep(file: &File, attributes: &Attributes) -> std::io::Result<()> {
    if Identity::of(file)?.attributes == *attributes {
        return Ok(());
    }
    attributes.apply(file)?;
    file.sync_all()?;
    if Identity::of(file)?.attributes == *attributes {
        Ok(())
    } else {
        Err(std::io::Error::other("they read back different"))
    }
}

/// What was begun and failed: the old bytes come back, as far as the disk lets them.
fn go_back(target: &Target, file: &File, new: &[u8], why: &ReplaceError) -> ReplaceError {
    let now = read_whole(file, MAX_TARGET).map_or_else(|_| new.to_vec(), |(bytes, _, _)| bytes);
    let halves = Halves { old: &target.bytes, new, forward: false };
    let restored = if halves.is_mix(&now) {
        write(file, &now, &target.bytes).and_then(|()| prove(file, &target.bytes))
    } else {
        Err(std::io::Error::other("another hand wrote to it meanwhile"))
    };
    match restored {
        Ok(()) => {
            let _ = keep(file, &target.identity.attributes);
            ReplaceError::new(why.kind, &target.path, format!("{why}; it has its old bytes"))
        }
        Err(error) => {
            let told =
                format!("{why}; and it could not be given its old bytes again ({error}): they are in the backup");
            ReplaceError::new(Kind::Io, &target.path, told)
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn world(bytes: &[u8]) -> (tempfile::TempDir, Target) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), bytes).unwrap();
        let target = open_target(dir.path(), Path::new("file"), MAX_TARGET).unwrap();
        (dir, target)
    }

    #[test]
    fn it_stays_the_same_file_longer_or_shorter() {
        for (old, new) in
            [("timeout: 30\nx", "timeout: 45\nx"), ("a", "a longer text"), ("a longer text", "a"), ("", "x")]
        {
            let (dir, target) = world(old.as_bytes());
            let path = dir.path().join("file");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o4751)).unwrap();
            let target = open_target(dir.path(), &target.relative, MAX_TARGET).unwrap();
            let done = Writer::new().overwrite(&target, new.as_bytes(), &target.identity.attributes).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), new.as_bytes());
            assert_eq!(done.identity.inode, target.identity.inode);
            assert_eq!(done.identity.attributes, target.identity.attributes, "set-user-id too");
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing lies beside it");
        }
    }

    #[test]
    fn what_another_hand_wrote_since_it_was_read_stays() {
        let (dir, target) = world(b"old");
        std::fs::write(dir.path().join("file"), b"their").unwrap();
        let error = Writer::new().overwrite(&target, b"new", &target.identity.attributes).unwrap_err();
        assert_eq!(error.kind, Kind::ChangedMeanwhile);
        assert_eq!(std::fs::read(dir.path().join("file")).unwrap(), b"their");
    }

    #[test]
    fn every_cut_is_settled_either_way_and_nothing_else_is() {
        for (old, new) in [("abcdef", "ABCDEF"), ("abc", "ABCDEF"), ("abcdef", "ABC"), ("", "ABC"), ("abc", "")] {
            let (old, new) = (old.as_bytes(), new.as_bytes());
            let mut cuts: Vec<Vec<u8>> = (0..=new.len())
                .map(|at| {
                    let mut cut = new[..at].to_vec();
                    cut.extend_from_slice(old.get(at..).unwrap_or_default());
                    cut
                })
                .collect();
            // A file that was made longer, and has no bytes there yet.
            let mut hole = old.to_vec();
            hole.resize(old.len().max(new.len()), 0);
            cuts.push(hole);
            for cut in cuts {
                for forward in [false, true] {
                    let (dir, target) = world(&cut);
                    let halves = Halves { old, new, forward };
                    let attributes = target.identity.attributes.clone();
                    Writer::new().settle_overwrite(dir.path(), Path::new("file"), halves, &attributes).unwrap();
                    let now = std::fs::read(dir.path().join("file")).unwrap();
                    let whole = cut == old || cut == new;
                    assert!(if whole { now == cut } else { now == halves.wanted() }, "{cut:?} {forward}");
                }
            }
        }
        let (dir, target) = world(b"theirs");
        let halves = Halves { old: b"abcdef", new: b"ABCDEF", forward: false };
        let attributes = target.identity.attributes.clone();
        assert!(!Writer::new().settle_overwrite(dir.path(), Path::new("file"), halves, &attributes).unwrap());
        assert_eq!(std::fs::read(dir.path().join("file")).unwrap(), b"theirs");
    }
}
