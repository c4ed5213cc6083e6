//! Where a file lies, also when its path holds a secret: that is not stored.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::sys::disk::sha256;

/// Where a file lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its path.
    Known(String),
    /// Its path holds a secret, and is to be found again by what was stored of it.
    Sealed(Sealed),
}

/// What is stored of a path that holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The path, redacted.
    pub redacted: String,
    /// Its pieces, from the root on.
    pub pieces: Vec<Piece>,
}

/// A piece of a sealed path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// A name without a secret.
    Name(String),
    /// A folder, by the digest of its name.
    Folder {
        /// As [`digest`] gives it.
        folder: String,
    },
    /// The file itself.
    File(SealedFile),
}

/// The name of a file that holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFile {
    /// The digest of the name.
    pub file: String,
    /// The digest of what all parts of its log have in common.
    pub family: String,
    /// The name has a mark of rotation.
    pub numbered: bool,
    /// The name has the ending of a compressed file.
    pub compressed: bool,
}

/// Which of a position's paths are sealed, as its column holds it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Seal {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<Vec<Piece>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<Vec<Piece>>,
}

impl Seal {
    /// Of a path, and of where it leads; nothing when neither holds a secret.
    pub(super) fn of(path: &Place, target: Option<&Place>) -> Option<Self> {
        let seal = Self { path: path.pieces(), target: target.and_then(Place::pieces) };
        (seal.path.is_some() || seal.target.is_some()).then_some(seal)
    }
}

impl Place {
    /// The path, unless it is sealed.
    #[must_use]
    pub fn known(&self) -> Option<&Path> {
        match self {
            Self::Known(path) => Some(Path::new(path)),
            Self::Sealed(_) => None,
        }
    }

    /// The path as far as it is known. A sealed one is redacted.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Known(path) => path,
            Self::Sealed(sealed) => &sealed.redacted,
        }
    }

    fn pieces(&self) -> Option<Vec<Piece>> {
        match self {
            Self::Known(_) => None,
            Self::Sealed(sealed) => Some(sealed.pieces.clone()),
        }
    }

    pub(super) fn stored(text: String, pieces: Option<Vec<Piece>>) -> Self {
        match pieces {
            None => Self::Known(text),
            Some(pieces) => Self::Sealed(Sealed { redacted: text, pieces }),
        }
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::Known(path.to_string_lossy().into_owned())
    }
}

/// What tells a name from others and does not tell the name: 24 bits of its SHA-256, in hex. So few that a weak secret
/// cannot be found by trying: many other names have the same.
#[must_use]
pub fn digest(name: &str) -> String {
    sha256(name.as_bytes()).get(..6).unwrap_or_default().to_owned()
}
