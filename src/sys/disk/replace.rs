//! Replaces a file: another takes its name, at one instant, with everything kept but the bytes.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, StatxAttributes, StatxFlags, openat, renameat, renameat_with, statat, statx,
    unlinkat,
};
use rustix::io::Errno;

use super::attributes::{Attributes, Identity};
use super::errors::{ReplaceError, ReplaceErrorKind as Kind, errno};
use super::target::{Target, is_same};
use super::{Writer, open, sha256, temporary_name};

/// A file that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Of the new bytes, hex.
    pub sha256: String,
    /// The new file.
    pub identity: Identity,
}

/// Where a replacement stands; tests step in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The new file is written, synced and proven.
    Prepared,
    /// The old one was seen to be unchanged.
    Checked,
    /// The names were exchanged.
    Exchanged,
}

impl Writer {
    /// Gives `target` new bytes and keeps owner, mode, ACL and extended attributes. Atomic: whoever opens the name
    /// gets the old file or the new one. What appends to the old file in that very instant is noticed and put back.
    ///
    /// # Errors
    /// The old file stands, and nothing is left beside it.
    pub fn replace(&self, target: &Target, new: &[u8]) -> Result<Replaced, ReplaceError> {
        self.replace_as(target, new, &target.identity.attributes, &temporary_name())
    }

    /// As [`Self::replace`], with these attributes, through a temporary file of this name
    /// (made by [`temporary_name`]; noted down beforehand, it tells after a kill what was under way).
    ///
    /// # Errors
    /// As there.
    pub fn replace_as(
        &self,
        target: &Target,
        new: &[u8],
        attributes: &Attributes,
        temporary: &str,
    ) -> Result<Replaced, ReplaceError> {
        Replacement { target, attributes, temporary, exchange: true, at: &mut |_| () }.run(new)
    }
}

/// One replacement under way.
pub(super) struct Replacement<'a> {
    pub(super) target: &'a Target,
    pub(super) attributes: &'a Attributes,
    pub(super) temporary: &'a str,
    /// `false`: as on a file system without `RENAME_EXCHANGE`.
    pub(super) exchange: bool,
    pub(super) at: &'a mut dyn FnMut(Moment),
}

impl Replacement<'_> {
    pub(super) fn run(mut self, new: &[u8]) -> Result<Replaced, ReplaceError> {
        self.refuse_immutable()?;
        self.check_folder()?;
        let file = self.create()?;
        let result = self.prepare(&file, new).and_then(|()| self.take_name(&file));
        if let Err(Failure::Clean(_)) = &result {
            // Only ever the file that was just made; what another hand put there is not ours to remove.
            self.unlink_ours(&file);
        }
        result.map_err(Failure::into_error)?;
        let identity = Identity::of(&file).map_err(|error| self.io("look at", errno(&error)))?;
        Ok(Replaced { sha256: sha256(new), identity })
    }

    fn io(&self, doing: &str, errno: Errno) -> ReplaceError {
        ReplaceError::io(&self.target.path, doing, errno)
    }

    /// A rename over such a file fails with a bare EPERM: say why beforehand.
    pub(super) fn refuse_immutable(&self) -> Result<(), ReplaceError> {
        let wanted = StatxFlags::BASIC_STATS;
        let Ok(stat) = statx(&*self.target.folder, self.target.name(), AtFlags::SYMLINK_NOFOLLOW, wanted) else {
            return Ok(());
        };
        let present = StatxAttributes::from_bits_retain(stat.stx_attributes.bits() & stat.stx_attributes_mask.bits());
        for (flag, word, option) in
            [(StatxAttributes::IMMUTABLE, "immutable", "-i"), (StatxAttributes::APPEND, "append-only", "-a")]
        {
            if present.contains(flag) {
                let name = self.target.path.display();
                let told =
                    format!("{name} is marked {word}: someone wants it to stay. chattr {option} {name} allows it");
                return Err(ReplaceError::new(Kind::Immutable, &self.target.path, told));
            }
        }
        Ok(())
    }

    /// The held folder must still be the one that the path leads to.
    pub(super) fn check_folder(&self) -> Result<(), ReplaceError> {
        let parent = self.target.relative.parent().unwrap_or(Path::new(""));
        let changed = || ReplaceError::changed(&self.target.path, "its folder is another one now");
        let now = open::folder_beneath(&self.target.root, parent).map_err(|_| changed())?;
        let id = |file: &File| file.metadata().map(|metadata| (metadata.dev(), metadata.ino()));
        match (id(&now), id(&self.target.folder)) {
            (Ok(now), Ok(held)) if now == held => Ok(()),
            _ => Err(changed()),
        }
    }

    fn check_unchanged(&self) -> Result<(), ReplaceError> {
        match is_same(self.target, self.target.name(), false) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ReplaceError::changed(&self.target.path, "it is not what was read")),
            Err(errno) => Err(self.io("read", errno)),
        }
    }

    fn create(&self) -> Result<File, ReplaceError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let created = openat(&*self.target.folder, self.temporary, flags, Mode::RUSR | Mode::WUSR);
        created.map(File::from).map_err(|errno| self.io("write beside", errno))
    }

    fn prepare(&mut self, file: &File, new: &[u8]) -> Result<(), Failure> {
        let written = (&mut &*file).write_all(new);
        written.map_err(|error| self.io("write beside", errno(&error)))?;
        self.attributes.apply(file).map_err(|error| self.attributes_lost(&error.to_string()))?;
        file.sync_all().map_err(|error| self.io("write beside", errno(&error)))?;
        let identity = Identity::of(file).map_err(|error| self.io("write beside", errno(&error)))?;
        if identity.attributes != *self.attributes {
            return Err(self.attributes_lost("they read back different").into());
        }
        if u64::try_from(new.len()) != Ok(identity.size) {
            return Err(self.io("write beside", Errno::IO).into());
        }
        (self.at)(Moment::Prepared);
        Ok(())
    }

    pub(super) fn attributes_lost(&self, why: &str) -> ReplaceError {
        let wanted = self.attributes;
        let told = format!(
            "could not keep the owner, mode or attributes of {} (user {}, group {}, mode {:04o}): {why}. Run heal as root or as its owner",
            self.target.path.display(),
            wanted.uid,
            wanted.gid,
            wanted.mode
        );
        ReplaceError::new(Kind::Attributes, &self.target.path, told)
    }

    fn take_name(&mut self, file: &File) -> Result<(), Failure> {
        self.check_folder()?;
        self.check_unchanged()?;
        (self.at)(Moment::Checked);
        if !self.exchange {
            return self.rename();
        }
        match self.swap() {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => return self.rename(),
            Err(Errno::NOENT) => return Err(ReplaceError::changed(&self.target.path, "it is gone").into()),
            Err(errno) => return Err(self.io("replace", errno).into()),
        }
        (self.at)(Moment::Exchanged);
        match is_same(self.target, Path::new(self.temporary), true) {
            Ok(true) => {}
            Ok(false) => {
                let changed = ReplaceError::changed(&self.target.path, "in the instant of the exchange");
                return Err(self.swap_back(file, changed));
            }
            Err(errno) => return Err(self.swap_back(file, self.io("read", errno))),
        }
        if let Err(errno) = self.sync_folder() {
            return Err(self.swap_back(file, self.io("replace", errno)));
        }
        if let Err(errno) = unlinkat(&*self.target.folder, self.temporary, AtFlags::empty()) {
            return Err(self.swap_back(file, self.io("replace", errno)));
        }
        // The new name is already safe on the disk; only the old one's removal may come later.
        let _ = self.sync_folder();
        Ok(())
    }

    fn swap(&self) -> Result<(), Errno> {
        let folder = &*self.target.folder;
        renameat_with(folder, self.temporary, folder, self.target.name(), RenameFlags::EXCHANGE)
    }

    /// What came out was not what was read: it gets its name back. Should yet another file have taken the name
    /// in between, that one, the newest, keeps it.
    fn swap_back(&self, ours: &File, why: ReplaceError) -> Failure {
        if let Err(errno) = self.swap() {
            let told = format!(
                "{why}. Putting it back failed too ({errno}): what {} held before lies beside it as {}",
                self.target.path.display(),
                self.temporary
            );
            return Failure::Left(ReplaceError::new(Kind::Io, &self.target.path, told));
        }
        if !self.is_ours(ours) && self.swap().is_ok() {
            let _ = unlinkat(&*self.target.folder, self.temporary, AtFlags::empty());
        }
        let _ = self.sync_folder();
        Failure::Clean(why)
    }

    /// For file systems that cannot exchange: there is no looking at what came out.
    fn rename(&self) -> Result<(), Failure> {
        let folder = &*self.target.folder;
        renameat(folder, self.temporary, folder, self.target.name()).map_err(|errno| self.io("replace", errno))?;
        self.sync_folder().map_err(|errno| {
            let told =
                format!("{} was replaced, but {errno}: it may not survive a power cut", self.target.path.display());
            Failure::Left(ReplaceError::new(Kind::Io, &self.target.path, told))
        })
    }

    fn sync_folder(&self) -> Result<(), Errno> {
        sync_folder(&self.target.folder)
    }

    fn is_ours(&self, ours: &File) -> bool {
        match (statat(&*self.target.folder, self.temporary, AtFlags::SYMLINK_NOFOLLOW), ours.metadata()) {
            (Ok(named), Ok(ours)) => (named.st_dev, named.st_ino) == (ours.dev(), ours.ino()),
            _ => false,
        }
    }

    fn unlink_ours(&self, ours: &File) {
        if self.is_ours(ours) {
            let _ = unlinkat(&*self.target.folder, self.temporary, AtFlags::empty());
        }
    }
}

/// Makes the entries of `folder` durable; file systems that cannot are not asked twice.
pub(super) fn sync_folder(folder: &File) -> Result<(), Errno> {
    match folder.sync_all().map_err(|error| errno(&error)) {
        Err(Errno::INVAL | Errno::NOTSUP) | Ok(()) => Ok(()),
        Err(errno) => Err(errno),
    }
}

enum Failure {
    /// The old file stands; the temporary file goes.
    Clean(ReplaceError),
    /// What lies beside it must stay.
    Left(ReplaceError),
}

impl Failure {
    fn into_error(self) -> ReplaceError {
        match self {
            Self::Clean(error) | Self::Left(error) => error,
        }
    }
}

impl From<ReplaceError> for Failure {
    fn from(error: ReplaceError) -> Self {
        Self::Clean(error)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
#[path = "replace_tests.rs"]
mod tests;
