//! `heal suggestions`: what the model proposed, reviewed by a person.

mod accept;
mod folder;
mod standing;
mod view;
mod weigh;

use anyhow::Result;
use chrono::{DateTime, FixedOffset};

use self::folder::Folder;
use super::memory::Past;
use super::output;
use super::setup::{self, Setup};
use crate::catalogue::Suggestion;
use crate::cli::{Cli, SuggestionsAction};
use crate::exit::Exit;
use crate::plan::{Extent, Situation, ThisHost};
use crate::report::suggestions::SuggestionsDocument;
use crate::store::Snapshot;

pub(super) use weigh::{proposed, save, weigh};

pub(super) fn run(cli: &Cli, action: Option<&SuggestionsAction>) -> Result<Exit> {
    match action {
        None | Some(SuggestionsAction::List) => list(cli),
        Some(SuggestionsAction::Show { id }) => show(cli, id),
        Some(SuggestionsAction::Accept(arguments)) => accept::accept(cli, arguments),
        Some(SuggestionsAction::Reject { id }) => accept::reject(cli, id),
    }
}

fn list(cli: &Cli) -> Result<Exit> {
    let setup = setup::prepare(cli)?;
    let document = SuggestionsDocument::new(view::rows(&setup, &Folder::new(&setup.config.state_dir))?);
    output::tell(cli, &document, |style, out| document.write(style, out))
}

/// The ids of those that wait for a person.
pub(super) fn waiting(setup: &Setup) -> Vec<String> {
    let folder = Folder::new(&setup.config.state_dir);
    let undecided = standing::undecided(&folder).into_iter();
    let waits = |one: &Suggestion| standing::fix_of(&setup.catalogue, &one.suggested.id).is_none();
    undecided.filter(waits).map(|one| one.suggested.id).collect()
}

fn show(cli: &Cli, id: &str) -> Result<Exit> {
    let setup = setup::prepare(cli)?;
    let folder = Folder::new(&setup.config.state_dir);
    let document = view::View::of(&setup, &folder, &folder.find(id)?)?.document(&setup.sanitizer);
    output::tell(cli, &document, |style, out| document.write(style, out))
}

/// What a suggestion is tried on: the host as it is, and no incident.
fn situation<T>(setup: &Setup, now: DateTime<FixedOffset>, ask: impl FnOnce(&Situation<'_>) -> T) -> T {
    let (host, snapshot) = (ThisHost::default(), Snapshot::default());
    ask(&Situation {
        host: &host,
        paused: None,
        incidents: &[],
        catalogue: &setup.catalogue,
        config: &setup.config,
        snapshot: &snapshot,
        sanitizer: &setup.sanitizer,
        undoable: &Past { state_dir: &setup.config.state_dir },
        with_unsafe: false,
        extent: Extent::Unattended,
        now,
    })
}
