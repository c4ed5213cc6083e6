//! What is left of the machine: memory, load, room on the disk.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::disk::{Reader, sha256};

/// More than `/proc/meminfo` has.
const LIMIT: u64 = 64 * 1024;

/// Memory and load. `None` for what the kernel does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Machine {
    /// Bytes that programs can get without swapping.
    pub memory_available: Option<u64>,
    /// Bytes in all.
    pub memory_total: Option<u64>,
    /// The load of the last minute.
    pub load1: Option<f64>,
}

/// Memory and load as they are now.
#[must_use]
pub fn look() -> Machine {
    let read = |path: &str| {
        let bytes = Reader::new().read_bounded(Path::new(path), LIMIT).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let memory = read("/proc/meminfo");
    Machine {
        memory_available: memory_of(&memory, "MemAvailable:"),
        memory_total: memory_of(&memory, "MemTotal:"),
        load1: load_of(&read("/proc/loadavg")),
    }
}

/// What the kernel calls the time since this host was started, as journald writes it: without dashes.
#[must_use]
pub fn boot() -> Option<String> {
    let bytes = Reader::new().read_bounded(Path::new("/proc/sys/kernel/random/boot_id"), LIMIT).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(text.trim().replace('-', "")).filter(|id| id.len() == 32)
}

/// Bytes of a line such as `MemTotal:       16316412 kB`.
fn memory_of(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn load_of(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok().filter(|load: &f64| load.is_finite())
}

/// What tells this host from others of the same name: a hash of its machine id, which itself is nobody's business.
#[must_use]
pub fn identity() -> Option<String> {
    let bytes = Reader::new().read_bounded(Path::new("/etc/machine-id"), LIMIT).ok()?;
    let id = bytes.trim_ascii();
    (!id.is_empty()).then(|| sha256(&[b"heal:", id].concat()))
}

/// Room on a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that users may still write; root may have some more.
    pub available: u64,
    /// Bytes in all.
    pub total: u64,
    /// Files that users may still make; 0 also where a file system does not count them.
    pub inodes_free: u64,
}

/// Room where `path` lies, or would lie: asked of the nearest folder above that exists.
///
/// # Errors
/// When the file system does not tell.
pub fn space(path: &Path) -> io::Result<Space> {
    let absolute: PathBuf = std::path::absolute(path)?;
    for place in absolute.ancestors() {
        match rustix::fs::statvfs(place) {
            Ok(found) => {
                return Ok(Space {
                    available: found.f_bavail.saturating_mul(found.f_frsize),
                    total: found.f_blocks.saturating_mul(found.f_frsize),
                    inodes_free: found.f_favail,
                });
            }
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::NOENT.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_words_are_read() {
        let text =
            "MemTotal:       16316412 kB\nMemFree:          100 kB\nMemAvailable:   12000000 kB\nHugePages_Total: 0\n";
        assert_eq!(memory_of(text, "MemTotal:"), Some(16_316_412 * 1024));
        assert_eq!(memory_of(text, "MemAvailable:"), Some(12_000_000 * 1024));
        assert_eq!(memory_of(text, "HugePages_Total:"), None);
        assert_eq!(memory_of("MemTotal: x kB", "MemTotal:"), None);
        assert_eq!(load_of("0.25 0.10 0.05 1/234 5678\n"), Some(0.25));
        assert_eq!(load_of("nan"), None);
        assert_eq!(load_of(""), None);
    }

    #[test]
    fn this_machine_has_memory_and_room() {
        let machine = look();
        assert!(machine.memory_available.unwrap() <= machine.memory_total.unwrap());
        assert!(machine.load1.unwrap() >= 0.0);
        let dir = tempfile::tempdir().unwrap();
        let here = space(dir.path()).unwrap();
        assert!(here.available <= here.total);
        assert_eq!(space(&dir.path().join("not/yet/there")).unwrap().total, here.total);
        assert!(space(Path::new("not-there-either")).unwrap().total > 0);
    }
}
