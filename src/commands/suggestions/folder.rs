//! `suggestions/` of the state folder: one file for each suggestion.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::catalogue::{Decision, MAX_SUGGESTION, Suggestion, is_suggestion_id};
use crate::sanitize::escape;
use crate::sys::disk::{Reader, Writer, read_own};

/// The folder's name in the state folder.
const NAME: &str = "suggestions";

/// Where suggestions are kept.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join(NAME) }
    }

    pub fn file(&self, id: &str) -> PathBuf {
        self.path.join(format!("{id}.yaml"))
    }

    /// The ids of all that is there.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn ids(&self) -> Result<Vec<String>> {
        let reader = Reader::new();
        let fail = || format!("could not read {}", self.path.display());
        if reader.stat(&self.path).with_context(fail)?.is_none() {
            return Ok(Vec::new());
        }
        let mut ids: Vec<String> = reader
            .list(&self.path)
            .with_context(fail)?
            .into_iter()
            .filter(|entry| entry.path.extension().is_some_and(|ending| ending == "yaml"))
            .filter_map(|entry| entry.path.file_stem().and_then(|name| name.to_str()).map(str::to_owned))
            .filter(|id| is_suggestion_id(id))
            .collect();
        ids.sort();
        Ok(ids)
    }

    /// The one id that begins so.
    ///
    /// # Errors
    /// There is none, or several.
    pub fn find(&self, prefix: &str) -> Result<String> {
        let (wanted, shown) = (prefix.to_ascii_lowercase(), escape(prefix));
        let ids = self.ids()?;
        let found: Vec<&String> = ids.iter().filter(|id| !wanted.is_empty() && id.starts_with(&wanted)).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => bail!("there is no suggestion {shown}: `heal suggestions` lists them"),
            [one, another, ..] => bail!("{shown} may be {one} or {another}: write more of it"),
        }
    }

    /// Whether there is a file of this id, whatever it holds.
    pub fn has(&self, id: &str) -> bool {
        self.file(id).symlink_metadata().is_ok()
    }

    /// One suggestion.
    ///
    /// # Errors
    /// Others may write it, or it is none.
    pub fn read(&self, id: &str) -> Result<Suggestion> {
        let file = self.file(id);
        let bytes = read_own(&file, MAX_SUGGESTION).map_err(|untrusted| anyhow!("{untrusted}"))?;
        let suggestion = Suggestion::read(&bytes, &file)?;
        if suggestion.suggested.id != id {
            bail!("{}: it is the suggestion {}, under another name", file.display(), suggestion.suggested.id);
        }
        Ok(suggestion)
    }

    /// Keeps a new one.
    ///
    /// # Errors
    /// It cannot be written, or is there.
    pub fn add(&self, writer: &Writer, id: &str, text: &str) -> Result<()> {
        writer.create_private_dir(&self.path)?;
        writer.create_new(&self.file(id), text.as_bytes(), 0o600)
    }

    /// Notes what was decided.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn decide(&self, writer: &Writer, suggestion: &Suggestion, decision: &Decision) -> Result<()> {
        let text = suggestion.decided(decision);
        writer.write_private_atomic(&self.file(&suggestion.suggested.id), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test sets the scene")]
    fn only_what_is_named_as_a_suggestion_counts() {
        let state = tempfile::tempdir().unwrap();
        let folder = Folder::new(state.path());
        assert_eq!(folder.ids().unwrap(), Vec::<String>::new());
        assert!(folder.find("0").is_err());
        for (id, text) in [("0123456789", "a"), ("01ffffffff", "b")] {
            folder.add(&Writer::new(), id, text).unwrap();
            assert!(folder.has(id) && folder.add(&Writer::new(), id, text).is_err(), "never over another");
        }
        for name in ["0123456789.yaml.bak", "ABCDEF0123.yaml", "x.yaml", ".heal-0123456789abcdef.tmp"] {
            std::fs::write(folder.path.join(name), "").unwrap();
        }
        assert_eq!(folder.ids().unwrap(), ["0123456789", "01ffffffff"]);
        assert_eq!(folder.find("012").unwrap(), "0123456789");
        for (prefix, said) in [("01", "may be"), ("", "there is no"), ("../x", "there is no"), ("9", "there is no")] {
            assert!(folder.find(prefix).unwrap_err().to_string().contains(said), "{prefix}");
        }
        assert!(folder.read("0123456789").is_err());
    }
}
