//! What a run makes of the edits that the model proposes: shown, kept, and nothing else.

use chrono::{DateTime, FixedOffset, SecondsFormat};

use super::folder::Folder;
use super::situation;
use super::standing::{of_new, undecided};
use crate::analyse::{Analysis, Proposal};
use crate::catalogue::{Suggested, Suggestion, suggestion_text};
use crate::commands::setup::Setup;
use crate::group::OpenIncident;
use crate::notice::{Notice, Stage};
use crate::plan::{Reason, suggested};
use crate::report::suggestions::{Proposed, Standing};
use crate::sys::disk::{Writer, sha256};

/// Most suggestions that wait for a person; more are not kept.
const MOST_OPEN: usize = 100;

/// An edit that was looked at, and the file that would keep it.
pub(in crate::commands) struct Weighed {
    pub proposed: Proposed,
    text: String,
}

/// Looks at each edit that the model proposes as at a fix. What may not be made is left out, and said.
pub(in crate::commands) fn weigh(
    setup: &Setup,
    incidents: &[OpenIncident],
    analysis: &mut Analysis,
    now: DateTime<FixedOffset>,
) -> Vec<Weighed> {
    let folder = Folder::new(&setup.config.state_dir);
    let mut weighed = Vec::new();
    let mut notices = Vec::new();
    for opinion in &analysis.diagnoses {
        let Some(proposal) = &opinion.proposal else { continue };
        let Some(incident) = incidents.iter().find(|one| one.record.id == opinion.incident) else { continue };
        let suggested = Suggested {
            id: id_of(&opinion.incident, proposal),
            incident: opinion.incident.clone(),
            model: analysis.model.clone(),
            at: now.to_rfc3339_opts(SecondsFormat::Secs, false),
            why: opinion.root_cause.clone(),
        };
        match one(setup, &folder, incident, suggested, proposal, now) {
            Ok(one) => weighed.push(one),
            Err(why) => {
                let text = format!("The model proposed an edit {why}; it was left out.");
                notices.push(Notice::new(Stage::Analyse, opinion.incident.clone(), text));
            }
        }
    }
    analysis.notices.extend(notices);
    weighed
}

/// The same edit for the same incident has the same id in every run.
fn id_of(incident: &str, proposal: &Proposal) -> String {
    sha256(format!("{incident}\0{}", proposal.edit()).as_bytes()).chars().take(10).collect()
}

fn one(
    setup: &Setup,
    folder: &Folder,
    incident: &OpenIncident,
    suggested: Suggested,
    proposal: &Proposal,
    now: DateTime<FixedOffset>,
) -> Result<Weighed, &'static str> {
    const NOT_ONE: &str = "that is not in the form of a fix file";
    let record = &incident.record;
    let selector = record.pattern.clone().unwrap_or_else(|| format!("category:{}", record.category));
    let description = format!("Suggested by a model: {}", proposal.shown());
    let text = suggestion_text(&suggested, &selector, &description, &proposal.edit());
    let read = Suggestion::read(text.as_bytes(), &folder.file(&suggested.id)).map_err(|_| NOT_ONE)?;
    if !read.is_reviewable(&setup.sanitizer) {
        return Err("that holds a secret, or what stands in the place of one");
    }
    let target = read.edit().ok_or(NOT_ONE)?.file.clone();
    let id = suggested.id;
    let standing = of_new(&setup.catalogue, folder, &id);
    let decided = !matches!(standing, Standing::New | Standing::Open | Standing::Gone);
    let diff = if decided {
        None
    } else {
        let planned = situation(setup, now, |situation| self::suggested(situation, &read.fix));
        Some(planned.map_err(|(reason, _)| words(reason))?.diff)
    };
    Ok(Weighed { proposed: Proposed { id, incident: record.id.clone(), target, diff, standing }, text })
}

/// Why it was left out, without any of its words.
const fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::NotAllowed => "of a file that it may not touch (`policy.allow_paths`)",
        Reason::AlreadyOptimal => "that would change nothing",
        Reason::NeedsRoot => "of a file that belongs to another user",
        Reason::Resources => "for whose backup there is no room",
        _ => "that cannot be made: its place is not in that file, or is not one that heal edits",
    }
}

/// Keeps what is new. A run goes on without what cannot be kept.
pub(in crate::commands) fn save(setup: &Setup, writer: &Writer, weighed: &mut [Weighed], analysis: &mut Analysis) {
    let folder = Folder::new(&setup.config.state_dir);
    let mut new = weighed.iter_mut().filter(|one| one.proposed.standing == Standing::New).peekable();
    if new.peek().is_none() {
        return;
    }
    let mut note = |id: &str, text: String| analysis.notices.push(Notice::new(Stage::Analyse, id, text));
    let mut open = undecided(&folder).len();
    for one in new {
        let id = &one.proposed.id;
        if open >= MOST_OPEN {
            note(
                id,
                format!("It was not kept: {MOST_OPEN} suggestions wait; `heal suggestions reject ID` makes room."),
            );
            continue;
        }
        // Two incidents never share an id, but a run may meet what another one kept meanwhile.
        match folder.add(writer, id, &one.text) {
            Ok(()) => {
                one.proposed.standing = Standing::Open;
                open += 1;
            }
            Err(error) => {
                let why = setup.sanitizer.clean(format!("{error:#}").as_bytes(), 300);
                note(id, format!("It could not be kept ({why}). Check the permissions of the state folder."));
            }
        }
    }
}

/// What the reports are made from.
pub(in crate::commands) fn proposed(weighed: Vec<Weighed>) -> Vec<Proposed> {
    weighed.into_iter().map(|one| one.proposed).collect()
}
