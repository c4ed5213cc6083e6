//! Answers kept by the exact question, so that a second run sends nothing.

use std::io;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::prompt::{self, Prompt};

/// Where answers are kept: files of mode 0600 under `answers/`. Trouble reading is as good as no answer.
pub trait AnswerStore {
    /// The body kept under this key (lower-case hex), if there is one that may be trusted and is of sane size.
    fn get(&self, key: &str) -> Option<String>;

    /// Keeps a body under this key, in place of an older one.
    ///
    /// # Errors
    /// The body could not be kept; the run goes on without.
    fn put(&self, key: &str, body: &str) -> io::Result<()>;

    /// Removes what was written before this; as much of it as takes little time.
    fn prune(&self, before: DateTime<FixedOffset>);
}

/// One entry. The model's digest is part of the entry and not of the key: while all answers are there no server is
/// asked, so no digest is known; once it is, an entry of another digest no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the model answered.
    pub at: DateTime<FixedOffset>,
    /// The model's digest, when the server told it.
    pub digest: Option<String>,
    /// What of the answer counted, redacted; checked like a fresh one.
    pub content: String,
    /// What had to be said about it.
    #[serde(default)]
    pub remarks: Vec<String>,
}

/// The key of a question: everything that decides the answer, save the model's digest.
#[must_use]
pub fn key(
    prompt: &Prompt,
    provider: &str,
    model: &str,
    format: &serde_json::Value,
    options: &serde_json::Value,
) -> String {
    let all = json!({
        "version": prompt::VERSION,
        "provider": provider,
        "model": model,
        "messages": prompt.messages_json(),
        "format": format,
        "options": options,
    });
    let mut key = String::with_capacity(64);
    for byte in Sha256::digest(all.to_string().as_bytes()) {
        use std::fmt::Write as _;
        let _ = write!(key, "{byte:02x}");
    }
    key
}

/// The entry, unless it is damaged, older than `ttl` or from the future.
#[must_use]
pub fn read(store: &dyn AnswerStore, key: &str, now: DateTime<FixedOffset>, ttl: std::time::Duration) -> Option<Entry> {
    let body = store.get(key)?;
    if body.len() > 2 * super::answer::LONGEST {
        return None;
    }
    let entry: Entry = serde_json::from_str(&body).ok()?;
    let age = now.signed_duration_since(entry.at).to_std().ok()?;
    (age <= ttl).then_some(entry)
}

/// What of a digest is kept: a server may send anything.
#[must_use]
pub fn digest(told: &str) -> String {
    let hex = told.strip_prefix("sha256:").unwrap_or(told);
    let is_plain = (1..=64).contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_plain { told.to_owned() } else { format!("of:{}", crate::sys::disk::sha256(told.as_bytes())) }
}

/// Keeps a fresh answer.
///
/// # Errors
/// As [`AnswerStore::put`].
pub fn write(store: &dyn AnswerStore, key: &str, entry: &Entry) -> io::Result<()> {
    store.put(key, &serde_json::to_string(entry)?)
}
