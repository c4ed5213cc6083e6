//! What is remembered, asked without a run: `heal status`, `history`, `show`, `stats` and `learn`.

use anyhow::{Context as _, Result, anyhow};
use chrono::{DateTime, FixedOffset};

use super::setup::Setup;
use super::{memory, muting};
use crate::notice::Notice;
use crate::store::{Life, Snapshot, View};

/// The database, open for looking, or nothing where there is none.
pub(super) struct Remembered(Option<View>);

impl Remembered {
    /// Opens it. Trouble with it ends the command: there is nothing else to tell.
    pub(super) fn open(setup: &Setup) -> Result<Self> {
        View::open_cleansed(&setup.config.state_dir, &setup.sanitizer)
            .map(Self)
            .map_err(|trouble| anyhow!(trouble.text))
    }

    /// Opens it for who has more to tell: trouble with it is a notice.
    pub(super) fn or_nothing(setup: &mut Setup) -> Self {
        let opened = View::open_cleansed(&setup.config.state_dir, &setup.sanitizer);
        Self(memory::or_nothing(opened, &mut setup.notices))
    }

    /// What stands: of incidents only those that are open or muted.
    pub(super) fn standing(&self, notices: &mut Vec<Notice>) -> Snapshot {
        let standing = self.0.as_ref().map(View::standing);
        standing.map_or_else(Snapshot::default, |standing| memory::or_nothing(standing, notices))
    }

    /// All of it.
    pub(super) fn all(&self) -> Result<Snapshot> {
        let Some(view) = &self.0 else { return Ok(Snapshot::default()) };
        view.snapshot().map_err(|trouble| anyhow!(trouble.text))
    }

    /// The answer of what is remembered; of nothing, nothing.
    pub(super) fn ask<T: Default>(&self, question: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        let Some(view) = &self.0 else { return Ok(T::default()) };
        question(view).map_err(|error| anyhow!(view.trouble(&error).text))
    }

    /// The life of the one incident whose id begins so.
    pub(super) fn life(&self, prefix: &str, now: DateTime<FixedOffset>) -> Result<Life> {
        let id = muting::find(prefix, |prefix| self.ask(|view| view.ids(prefix)))?;
        self.ask(|view| view.life(&id, now))?.with_context(|| format!("there is no incident {id}"))
    }
}
