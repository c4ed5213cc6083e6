//! Random names, so that nobody can guess them beforehand.

use std::fmt::Write as _;

use rustix::rand::{GetRandomFlags, getrandom};

/// `N` random bytes as lower-case hex.
pub(super) fn hex<const N: usize>() -> String {
    let mut bytes = [0_u8; N];
    if getrandom(&mut bytes, GetRandomFlags::empty()).is_err() {
        // No entropy: names stay unique by time and process, and are opened with O_EXCL anyway.
        let nanos = super::clock::now().timestamp_subsec_nanos() ^ std::process::id().rotate_left(16);
        for (byte, seed) in bytes.iter_mut().zip(nanos.to_le_bytes().iter().cycle()) {
            *byte = *seed;
        }
    }
    to_hex(&bytes)
}

/// Bytes as lower-case hex.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
