//! The key of a server: read from a file that nobody else may read, sent to that server, told to nobody.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::config::{Config, Provider};
use crate::sanitize::Sanitizer;
use crate::sys::disk::Reader;
use crate::sys::exec::word;

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
    /// Why it cannot be used, as the end of a sentence that begins with `ai.api_key_file`, and the command that mends it;
    /// nothing of its bytes.
    pub fn read(file: &Path) -> Result<Self, (String, Option<String>)> {
        let shown = file.display();
        let bytes = Reader::new().read_secret(file, MAX).map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied if error.get_ref().is_some() => {
                let mend = format!("chmod 600 {}", word(file));
                (format!("{shown} {error}; mend it with `{mend}`, owned by who runs heal"), Some(mend))
            }
            _ => (format!("{shown} cannot be read ({error})"), None),
        })?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let word = text.trim();
        if word.len() < SHORTEST || !word.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err((format!("{shown} holds no key: it must be one word on one line"), None));
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

    /// An answer without it, however JSON writes its letters.
    pub fn scrub_json(&self, text: &str) -> String {
        let scrubbed = self.scrub(text);
        let Ok(mut value) = serde_json::from_str(&scrubbed) else { return scrubbed };
        if self.scrub_value(&mut value) { value.to_string() } else { scrubbed }
    }

    /// Takes it out of all strings; `true` where it stood in one.
    fn scrub_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let found = text.contains(&self.0);
                if found {
                    *text = self.scrub(text);
                }
                found
            }
            Value::Array(all) => all.iter_mut().fold(false, |found, one| self.scrub_value(one) | found),
            Value::Object(fields) => {
                let named = fields.keys().any(|name| name.contains(&self.0));
                if named {
                    *fields = std::mem::take(fields).into_iter().map(|(name, one)| (self.scrub(&name), one)).collect();
                }
                fields.values_mut().fold(named, |found, one| self.scrub_value(one) | found)
            }
            _ => false,
        }
    }
}

/// Cleans with the operator's own rules, and knows the key of the server, which may stand in a log.
///
/// # Errors
/// As [`Sanitizer::new`]. A key that cannot be read is told by who wants to send it.
pub fn sanitizer(config: &Config) -> anyhow::Result<Sanitizer> {
    let sanitizer = Sanitizer::new(&config.redact)?;
    let Provider::OpenAi { api_key_file: Some(file), .. } = &config.ai.provider else { return Ok(sanitizer) };
    Ok(match Key::read(file) {
        Ok(key) => sanitizer.with_literal(&key.0, "api_key"),
        Err(_) => sanitizer,
    })
}
