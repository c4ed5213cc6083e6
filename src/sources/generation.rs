//! Tells whether a file still is what an earlier run has read.

use std::io;

use sha2::{Digest, Sha256};

use crate::store::Position;
use crate::sys::logfile::LogFile;

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

/// The text at both ends of what an earlier run read, where it is still there.
pub(super) struct Proof {
    pub(super) head: Vec<u8>,
    /// What stands before the offset: at least the tail that was hashed, at most `context` bytes.
    pub(super) context: Vec<u8>,
}

/// Compares the file with the position; `None` when it holds other text.
///
/// # Errors
/// As the kernel says.
pub(super) fn prove(file: &LogFile, position: &Position, context: usize) -> io::Result<Option<Proof>> {
    let reach = usize::try_from(position.offset).unwrap_or(usize::MAX);
    let head = file.read_range(0, reach.min(PROOF))?;
    if hash(&head) != position.head_hash {
        return Ok(None);
    }
    let wanted = reach.min(context.max(PROOF));
    let context = file.read_range(position.offset - wanted as u64, wanted)?;
    if context.len() < wanted {
        return Ok(None);
    }
    let tail = context.get(context.len() - reach.min(PROOF)..).unwrap_or_default();
    Ok((hash(tail) == position.tail_hash).then_some(Proof { head, context }))
}
