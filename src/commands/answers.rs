//! The cache of model answers: the one thing that a dry run may write.

use std::io;
use std::path::PathBuf;

use crate::analyse::AnswerStore;
use crate::sys::disk::{Reader, Writer};

/// Largest answer that is read back.
const MAX_BYTES: u64 = 1024 * 1024;

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
}
