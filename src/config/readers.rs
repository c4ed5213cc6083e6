//! Which `logs[]` entries a source is read through.

use std::cell::OnceCell;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::{Config, Feed, Log};

/// The `logs[]` entries, for many questions: each glob is compiled once, when the first one is asked.
#[derive(Debug)]
pub struct Readers<'a> {
    workspace: &'a Path,
    logs: Vec<(&'a Log, OnceCell<Option<GlobMatcher>>)>,
}

impl<'a> Readers<'a> {
    /// Those of a configuration.
    #[must_use]
    pub fn new(config: &'a Config) -> Self {
        Self { workspace: &config.workspace, logs: config.logs.iter().map(|log| (log, OnceCell::new())).collect() }
    }

    /// The entries that `source`, as an incident names it, is read through.
    pub fn of(&self, source: &str) -> impl Iterator<Item = &'a Log> {
        let path = self.workspace.join(source);
        let gives = move |(log, matcher): &&(&Log, OnceCell<Option<GlobMatcher>>)| match &log.feed {
            Feed::Files { glob, .. } => {
                matcher.get_or_init(|| compiled(glob)).as_ref().is_some_and(|matcher| matcher.is_match(&path))
            }
            Feed::Journal(journal) => {
                let unit = source.strip_prefix("journal:").unwrap_or_default();
                journal.units.iter().any(|known| known.as_str() == unit)
            }
            Feed::Command(_) => source == log.name,
        };
        self.logs.iter().filter(gives).map(|(log, _)| *log)
    }
}

fn compiled(glob: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(glob).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}
