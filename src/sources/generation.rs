//! Tells whether a file still is what an earlier run has read.

use std::io;

use sha2::{Digest, Sha256};

use super::text::{Ends, Text};
use crate::store::Position;

/// So many bytes at either end of what was read prove that it is the same text.
pub(super) const PROOF: usize = 1024;

/// SHA-256 in hex.
pub(super) fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Goes to the position in a text, and tells what stands before it: up to `context` bytes. `None` when the text is
/// another one.
///
/// # Errors
/// As the kernel says.
pub(super) fn prove(text: &mut Text, position: &Position, context: usize) -> io::Result<Option<Ends>> {
    let Some(ends) = text.go_to(position.offset, context)? else { return Ok(None) };
    let proved = hash(&ends.head) == position.head_hash && hash(tail(&ends.before)) == position.tail_hash;
    Ok(proved.then_some(ends))
}

/// The last bytes, which prove.
pub(super) fn tail(before: &[u8]) -> &[u8] {
    before.get(before.len().saturating_sub(PROOF)..).unwrap_or_default()
}
