//! Bounded reads, and changes that are whole or not at all.

mod attributes;
mod errors;
mod in_place;
mod mode;
mod open;
mod permissions;
mod private;
mod read;
mod replace;
mod target;
mod temporary;

use sha2::{Digest as _, Sha256};

pub use attributes::{Attributes, Identity};
pub use errors::{ReplaceError, ReplaceErrorKind, TargetError, TargetErrorKind};
pub use in_place::Halves;
pub use mode::{Held, Ownership, group_id, hold, user_id, user_name};
pub use permissions::{Untrusted, check_state_dir, check_trusted, read_own};
pub use private::Leftover;
pub use read::{Entry, Reader};
pub use replace::Replaced;
pub use target::{MAX_TARGET, Target, open_target};
pub use temporary::{is_temporary_name, temporary_name};

/// Changes the disk. Only the conductor makes one, and hands it to those who may: a dry run has none.
#[derive(Debug)]
pub struct Writer(());

impl Writer {
    /// The right to change things.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "the right to change things is never taken by default")]
    pub const fn new() -> Self {
        Self(())
    }
}

/// The SHA-256 of `bytes` as lower-case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    super::random::to_hex(&Sha256::digest(bytes))
}
