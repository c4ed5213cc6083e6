//! A file's identity, and what must survive a replacement: owner, mode, ACL and other attributes.

use std::collections::BTreeMap;
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};

use rustix::io::Errno;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xattr::FileExt as _;

/// The kernel keeps these in step with the bytes; a copy would be wrong.
const DERIVED: [&str; 2] = ["security.ima", "security.evm"];

/// Owner, mode and extended attributes (an ACL is one of them).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits, with setuid, setgid and sticky.
    pub mode: u32,
    /// Extended attributes by name; in JSON the values are hex.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

impl Attributes {
    fn of(file: &File, metadata: &Metadata) -> io::Result<Self> {
        Ok(Self {
            uid: metadata.uid(),
            gid: metadata.gid(),
            mode: metadata.mode() & 0o7777,
            xattrs: read_xattrs(file)?,
        })
    }

    /// Gives them to `file`: owner first, because that clears setuid, and the mode last.
    pub(super) fn apply(&self, file: &File) -> io::Result<()> {
        let metadata = file.metadata()?;
        if (metadata.uid(), metadata.gid()) != (self.uid, self.gid) {
            fchown(file, Some(self.uid), Some(self.gid))?;
        }
        let present = read_xattrs(file)?;
        // A folder's default ACL lands on every new file in it.
        for name in present.keys().filter(|name| !self.xattrs.contains_key(*name)) {
            file.remove_xattr(name)?;
        }
        for (name, value) in self.xattrs.iter().filter(|(name, value)| present.get(*name) != Some(value)) {
            file.set_xattr(name, value)?;
        }
        file.set_permissions(Permissions::from_mode(self.mode))
    }
}

fn read_xattrs(file: &File) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let names = match file.list_xattr() {
        Ok(names) => names,
        Err(error) if is_unsupported(&error) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut found = BTreeMap::new();
    for name in names {
        let Some(text) = name.to_str() else {
            return Err(io::Error::other("an extended attribute's name is not UTF-8"));
        };
        if DERIVED.contains(&text) {
            continue;
        }
        if let Some(value) = file.get_xattr(&name)? {
            found.insert(text.to_owned(), value);
        }
    }
    Ok(found)
}

pub(super) fn is_unsupported(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOTSUP | Errno::NOSYS))
}

fn to_hex<S: Serializer>(xattrs: &BTreeMap<String, Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(xattrs.iter().map(|(name, value)| (name, crate::sys::random::to_hex(value))))
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<u8>>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let decode = |(name, text): (String, String)| {
        unhex(&text).map(|value| (name, value)).ok_or_else(|| serde::de::Error::custom("not hex"))
    };
    texts.into_iter().map(decode).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Which file it is and in what state: anything that another hand does to it shows here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// Modification time: seconds and nanoseconds since the epoch.
    pub mtime: (i64, i64),
    /// Change time: seconds and nanoseconds since the epoch.
    pub ctime: (i64, i64),
    /// Owner, mode, extended attributes.
    pub attributes: Attributes,
}

impl Identity {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
            attributes: Attributes::of(file, &metadata)?,
        })
    }

    /// Equal but for what a rename changes: change time, and on overlays the inode.
    pub(super) fn is_renamed(&self, other: &Self) -> bool {
        (self.size, self.mtime, &self.attributes) == (other.size, other.mtime, &other.attributes)
    }
}
