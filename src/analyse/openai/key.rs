//! The key of a server: read from a file that nobody else may read, sent to that server, told to nobody.

use std::fmt;
use std::path::Path;

use crate::sys::disk::Reader;

/// Bytes of a key's file.
const MAX: u64 = 4096;
/// What stands in its place.
const MARK: &str = "[REDACTED:api_key]";
/// A shorter word is no key, and would be found everywhere.
const SHORTEST: usize = 8;

/// A secret word.
pub struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MARK)
    }
}

impl Key {
    /// The key in this file.
    ///
    /// # Errors
    /// Why it cannot be used, as the end of a sentence that begins with `ai.api_key_file`; nothing of its bytes.
    pub fn read(file: &Path) -> Result<Self, String> {
        let shown = crate::sanitize::escape(&file.to_string_lossy()).into_owned();
        let bytes = Reader::new().read_secret(file, MAX).map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied if error.get_ref().is_some() => {
                format!("{shown} {error}; mend it with `chmod 600 {shown}`, owned by who runs heal")
            }
            _ => format!("{shown} cannot be read ({error})"),
        })?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let word = text.trim();
        if word.len() < SHORTEST || !word.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("{shown} holds no key: it must be one word on one line"));
        }
        Ok(Self(word.to_owned()))
    }

    /// The word itself, to be sent.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A text without it.
    pub fn scrub(&self, text: &str) -> String {
        text.replace(&self.0, MARK)
    }
}
