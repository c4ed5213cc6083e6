//! The cache of model answers: the one thing that a dry run may write.

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset};

use crate::analyse::AnswerStore;
use crate::sys::disk::{Reader, Writer};

/// Largest answer that is read back.
const MAX_BYTES: u64 = 1024 * 1024;
/// Entries of the folder that are looked at when it is pruned.
const LOOKED_AT: usize = 4096;

/// `answers/` of the state directory.
pub(super) struct Answers {
    state_dir: PathBuf,
    writer: Writer,
}

impl Answers {
    /// The cache of this state directory; it is made with its first answer.
    pub fn new(state_dir: PathBuf) -> Self {
        Self { state_dir, writer: Writer::new() }
    }

    fn file(&self, key: &str) -> Option<PathBuf> {
        let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| self.state_dir.join("answers").join(format!("{key}.json")))
    }
}

impl AnswerStore for Answers {
    fn get(&self, key: &str) -> Option<String> {
        let bytes = Reader::new().read_bounded(&self.file(key)?, MAX_BYTES).ok()?;
        String::from_utf8(bytes).ok()
    }

    fn put(&self, key: &str, body: &str) -> io::Result<()> {
        let Some(file) = self.file(key) else { return Err(io::ErrorKind::InvalidInput.into()) };
        let save = || {
            self.writer.create_private_dir(&self.state_dir)?;
            self.writer.create_private_dir(&self.state_dir.join("answers"))?;
            self.writer.write_private_atomic(&file, body.as_bytes())
        };
        save().map_err(|error| io::Error::other(format!("{error:#}")))
    }

    fn prune(&self, before: DateTime<FixedOffset>) {
        let before = SystemTime::from(before);
        self.remove(|written| written < before);
    }
}

impl Answers {
    /// Forgets all answers.
    pub fn clear(&self) {
        self.remove(|_| true);
    }

    /// Removes answers that were written at such times.
    fn remove(&self, goes: impl Fn(SystemTime) -> bool) {
        let Ok(entries) = std::fs::read_dir(self.state_dir.join("answers")) else { return };
        for entry in entries.take(LOOKED_AT).flatten() {
            let is_ours = entry.file_name().to_str().is_some_and(is_answer);
            // Of the entry itself: a link is no answer.
            let is_meant = entry.metadata().is_ok_and(|data| data.is_file() && data.modified().is_ok_and(&goes));
            if is_ours && is_meant {
                // What stays is looked at again by the next run that writes.
                let _ = self.writer.remove_file(&entry.path());
            }
        }
    }
}

/// The name of a file that [`Answers`] writes.
fn is_answer(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(|key| key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test sets the scene")]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_old_goes_and_nothing_else() {
        let state = tempfile::tempdir().unwrap();
        let answers = Answers::new(state.path().to_path_buf());
        let (old, new) = ("a".repeat(64), "b".repeat(64));
        let folder = state.path().join("answers");
        for key in [&old, &new] {
            answers.put(key, "{}").unwrap();
        }
        let other = ["mine.json", "short", &format!("{old}.txt")].map(|name| folder.join(name));
        for file in &other {
            std::fs::write(file, "").unwrap();
        }
        let now = crate::sys::clock::now();
        let long_ago = SystemTime::from(now - chrono::TimeDelta::days(9));
        for file in other.iter().chain([&folder.join(format!("{old}.json"))]) {
            std::fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
        }
        let link = folder.join(format!("{}.json", "c".repeat(64)));
        std::os::unix::fs::symlink(&other[0], &link).unwrap();
        answers.prune(now - chrono::TimeDelta::days(7));
        assert!(answers.get(&old).is_none() && answers.get(&new).is_some());
        assert!(link.symlink_metadata().is_ok() && other.iter().all(|file| file.exists()));
    }
}
