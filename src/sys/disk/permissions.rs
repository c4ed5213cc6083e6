//! Who may write what heal believes: tables and configuration, and its own state.

use std::fmt;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use rustix::fs::OFlags;

use super::{Reader, attributes, read};

const ACL: &str = "system.posix_acl_access";

/// Something that another could have written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// The file or folder.
    pub path: PathBuf,
    /// Why, as the end of a sentence that begins with the path.
    pub reason: String,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for Untrusted {}

impl Untrusted {
    fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), reason: reason.into() }
    }
}

/// Whether root may believe the file or folder `path`: it and the folder that holds it belong to root (unless
/// `ownership_waived`: then whoever owns it may write it), nobody else may write either, and no folder above lets
/// others exchange them. Links are followed, and both ways are looked at. For root only: the caller asks as root.
///
/// # Errors
/// The first file or folder that another could have written, or that cannot be looked at.
pub fn check_trusted(path: &Path, ownership_waived: bool) -> Result<(), Untrusted> {
    let unknown = |error: io::Error| Untrusted::new(path, format!("could not be looked at: {error}"));
    let absolute = std::path::absolute(path).map_err(unknown)?;
    let real = absolute.canonicalize().map_err(unknown)?;
    let who = if ownership_waived { Owner::Any } else { Owner::Only(0) };
    check(&real, who)?;
    for way in [&real, &absolute] {
        let mut above = way.ancestors().skip(1);
        if let Some(folder) = above.next() {
            check(folder, who)?;
        }
        for folder in above {
            check_above(folder)?;
        }
    }
    Ok(())
}

/// Whether the state folder `path`, where it exists, is a real folder of this user that nobody else may write,
/// and so is each thing directly in it.
///
/// # Errors
/// What is wrong, and with which of them.
pub fn check_state_dir(path: &Path) -> Result<(), Untrusted> {
    let reader = Reader::new();
    let unknown = |error: io::Error| Untrusted::new(path, format!("could not be looked at: {error}"));
    let Some(metadata) = reader.stat(path).map_err(unknown)? else { return Ok(()) };
    if metadata.is_symlink() {
        return Err(Untrusted::new(
            path,
            "is a symlink: heal's state must be a real folder (choose it with --state-dir)",
        ));
    }
    if !metadata.is_dir() {
        return Err(Untrusted::new(path, "is not a folder: heal's state must be one (choose it with --state-dir)"));
    }
    let own = Owner::Only(rustix::process::geteuid().as_raw());
    check_private(path, &metadata, own)?;
    for entry in reader.list(path).map_err(unknown)? {
        if entry.metadata.is_symlink() {
            return Err(Untrusted::new(&entry.path, "is a symlink, which has no place in heal's state: remove it"));
        }
        check_private(&entry.path, &entry.metadata, own)?;
    }
    Ok(())
}

/// The bytes of `path`, at most `max`, if it is a regular file of this user that nobody else may write, and no link.
///
/// # Errors
/// What is wrong with it.
pub fn read_own(path: &Path, max: u64) -> Result<Vec<u8>, Untrusted> {
    let unknown = |error: io::Error| Untrusted::new(path, format!("could not be read: {error}"));
    let file = read::open(path, OFlags::NOFOLLOW).map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => Untrusted::new(path, "is a symlink: name the file itself"),
        _ => unknown(error),
    })?;
    let metadata = file.metadata().map_err(unknown)?;
    if !metadata.is_file() {
        return Err(Untrusted::new(path, "is not a regular file"));
    }
    check_private(path, &metadata, Owner::Only(rustix::process::geteuid().as_raw()))?;
    let now = path.symlink_metadata().map_err(unknown)?;
    if (now.dev(), now.ino()) != (metadata.dev(), metadata.ino()) {
        return Err(Untrusted::new(path, "was exchanged while it was looked at"));
    }
    read::read(file, max).map_err(unknown)
}

#[derive(Clone, Copy)]
enum Owner {
    Any,
    Only(u32),
}

fn check(path: &Path, owner: Owner) -> Result<(), Untrusted> {
    let metadata = look(path)?;
    check_owner(path, &metadata, owner)?;
    match others_who_write(path, &metadata, &[0], &[0])? {
        Some(who) => Err(writable(path, &who)),
        None => Ok(()),
    }
}

/// A folder further up: in a sticky one others may add, and not exchange.
fn check_above(path: &Path) -> Result<(), Untrusted> {
    let metadata = look(path)?;
    if metadata.mode() & 0o1000 != 0 {
        return Ok(());
    }
    match others_who_write(path, &metadata, &[0], &[0])? {
        Some(who) => Err(writable(path, &who)),
        None => Ok(()),
    }
}

fn check_private(path: &Path, metadata: &Metadata, owner: Owner) -> Result<(), Untrusted> {
    check_owner(path, metadata, owner)?;
    match others_who_write(path, metadata, &[], &[])? {
        Some(who) => Err(writable(path, &who)),
        None => Ok(()),
    }
}

fn look(path: &Path) -> Result<Metadata, Untrusted> {
    path.metadata().map_err(|error| Untrusted::new(path, format!("could not be looked at: {error}")))
}

fn check_owner(path: &Path, metadata: &Metadata, owner: Owner) -> Result<(), Untrusted> {
    match owner {
        Owner::Only(uid) if metadata.uid() != uid => {
            let whose = if uid == 0 { "root".to_owned() } else { format!("user {uid}, who runs heal") };
            let reason = format!("belongs to user {}, not to {whose}: chown it", metadata.uid());
            Err(Untrusted::new(path, reason))
        }
        _ => Ok(()),
    }
}

fn writable(path: &Path, who: &str) -> Untrusted {
    Untrusted::new(
        path,
        format!("may be written by {who}: run chmod go-w {} (and setfacl -b, if it has an ACL)", path.display()),
    )
}

/// Who beside the owner, these users and these groups may write.
fn others_who_write(
    path: &Path,
    metadata: &Metadata,
    users: &[u32],
    groups: &[u32],
) -> Result<Option<String>, Untrusted> {
    let mode = metadata.mode();
    if mode & 0o002 != 0 {
        return Ok(Some("everybody".to_owned()));
    }
    let acl = match xattr::get_deref(path, ACL) {
        Ok(acl) => acl,
        Err(error) if attributes::is_unsupported(&error) => None,
        Err(error) if Errno::from_io_error(&error) == Some(Errno::NODATA) => None,
        // Gone by now, as the journal of another run's database: nobody writes it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Untrusted::new(path, format!("has an ACL that could not be read: {error}"))),
    };
    let Some(acl) = acl else {
        let group = metadata.gid();
        let by_group = mode & 0o020 != 0 && !groups.contains(&group);
        return Ok(by_group.then(|| format!("group {group}")));
    };
    let Some(entries) = parse_acl(&acl) else {
        return Err(Untrusted::new(path, "has an ACL that heal does not understand"));
    };
    let mask = entries.iter().find(|entry| entry.tag == Tag::Mask).is_none_or(|entry| entry.writes);
    let mut owner_and_users = users.to_vec();
    owner_and_users.push(metadata.uid());
    Ok(entries.iter().filter(|entry| entry.writes).find_map(|entry| match entry.tag {
        Tag::Other => Some("everybody".to_owned()),
        Tag::User if mask && !owner_and_users.contains(&entry.id) => Some(format!("user {} (by its ACL)", entry.id)),
        Tag::Group if mask && !groups.contains(&entry.id) => Some(format!("group {} (by its ACL)", entry.id)),
        Tag::GroupObject if mask && !groups.contains(&metadata.gid()) => Some(format!("group {}", metadata.gid())),
        _ => None,
    }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    UserObject,
    User,
    GroupObject,
    Group,
    Mask,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AclEntry {
    tag: Tag,
    writes: bool,
    id: u32,
}

/// The kernel's form: a version (2), then tag, permissions and id of each entry, little-endian.
fn parse_acl(bytes: &[u8]) -> Option<Vec<AclEntry>> {
    let entries = bytes.strip_prefix(&2_u32.to_le_bytes())?;
    let (entries, rest) = entries.as_chunks::<8>();
    if !rest.is_empty() {
        return None;
    }
    let entry = |[tag_low, tag_high, perm_low, perm_high, id @ ..]: &[u8; 8]| {
        let tag = match u16::from_le_bytes([*tag_low, *tag_high]) {
            0x01 => Tag::UserObject,
            0x02 => Tag::User,
            0x04 => Tag::GroupObject,
            0x08 => Tag::Group,
            0x10 => Tag::Mask,
            0x20 => Tag::Other,
            _ => return None,
        };
        let writes = u16::from_le_bytes([*perm_low, *perm_high]) & 2 != 0;
        Some(AclEntry { tag, writes, id: u32::from_le_bytes(*id) })
    };
    entries.iter().map(entry).collect()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests set the scene, and say what they skip")]
#[path = "permissions_tests.rs"]
mod tests;
