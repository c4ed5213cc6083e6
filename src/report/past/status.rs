//! What stands now, without a scan.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::FORMAT_VERSION;
use super::parts::{INDENT, IncidentInfo, MuteInfo, NoticeInfo, RunInfo, moment, stamp};
use crate::notice::Notice;
use crate::plan::Breaker;
use crate::report::text::{Style, heading, wrapped};
use crate::store::{Attempt, Incident, Mute, PastIncident, PastRun};

/// Most incidents in text; JSON has all.
const MAX_LISTED: usize = 50;

/// Reasons of fixes that have no turn, or whose turn is told elsewhere.
const NO_TURN: [&str; 4] = ["on_probation", "attempts", "already_optimal", "check_failed"];

/// Everything that there is to say.
pub struct Standing<'a> {
    /// The last run that ended.
    pub last_run: Option<PastRun>,
    /// Why nothing is changed now.
    pub paused: Option<String>,
    /// Worst first; the muted ones are not among them.
    pub incidents: Vec<PastIncident>,
    /// Attempts that wait for a verdict.
    pub waiting: Vec<&'a Attempt>,
    /// Incidents that only a person can help.
    pub breakers: &'a [Breaker],
    /// Known issues, with the incidents that they are about.
    pub mutes: Vec<(&'a Mute, Option<&'a Incident>)>,
    /// What may be tried next.
    pub next: Vec<Next>,
    /// Ids of what the model suggested and nobody has decided about.
    pub suggestions: Vec<String>,
    /// Remarks.
    pub notices: &'a [Notice],
    /// The present.
    pub now: DateTime<FixedOffset>,
}

/// A fix whose turn it is, or that waits for it.
#[derive(Debug)]
pub struct Next {
    /// For which incident.
    pub incident: String,
    /// The fix.
    pub fix: String,
    /// What it acts on; empty when it waits.
    pub target: String,
    /// The first No, as a code; `None`: the next `--apply` does it.
    pub reason: Option<&'static str>,
    /// All Noes, as sentences.
    pub detail: String,
    /// Not before this time, as far as a time decides.
    pub not_before: Option<DateTime<FixedOffset>>,
}

/// The document of `heal status --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusDocument {
    format_version: String,
    last_run: Option<RunInfo>,
    /// Why nothing is changed now.
    paused: Option<String>,
    /// Open ones, worst first.
    incidents: Vec<IncidentInfo>,
    on_probation: Vec<Waiting>,
    /// Incidents whose fixes are all given up.
    breakers: Vec<Open>,
    mutes: Vec<MuteInfo>,
    /// What may be tried next, and when.
    next: Vec<Turn>,
    /// Ids of what the model suggested and nobody has decided about.
    suggestions: Vec<String>,
    notices: Vec<NoticeInfo>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Waiting {
    fix: String,
    incident: String,
    target: String,
    run: String,
    applied_at: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Open {
    incident: String,
    fixes: Vec<String>,
    text: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Turn {
    incident: String,
    fix: String,
    target: String,
    /// The next `heal --apply` does it.
    ready: bool,
    /// As in `plan.held_back[].reason`.
    reason: Option<String>,
    detail: String,
    not_before: Option<String>,
}

impl StatusDocument {
    /// The document.
    #[must_use]
    pub fn new(standing: Standing<'_>) -> Self {
        let now = standing.now;
        let waiting = |attempt: &&Attempt| Waiting {
            fix: attempt.fix.clone(),
            incident: attempt.incident.clone(),
            target: attempt.target.clone(),
            run: attempt.run.clone(),
            applied_at: stamp(attempt.applied_at, now),
        };
        let open = |breaker: &Breaker| Open {
            incident: breaker.incident.clone(),
            fixes: breaker.fixes.clone(),
            text: breaker.cry(),
        };
        let turn = |next: Next| Turn {
            ready: next.reason.is_none(),
            reason: next.reason.map(str::to_owned),
            not_before: next.not_before.map(|at| stamp(at, now)),
            incident: next.incident,
            fix: next.fix,
            target: next.target,
            detail: next.detail,
        };
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            last_run: standing.last_run.map(|run| RunInfo::new(run, now)),
            paused: standing.paused,
            incidents: standing.incidents.iter().map(|incident| IncidentInfo::new(incident, now)).collect(),
            on_probation: standing.waiting.iter().map(waiting).collect(),
            breakers: standing.breakers.iter().map(open).collect(),
            mutes: standing.mutes.iter().map(|(mute, incident)| MuteInfo::new(mute, *incident, now)).collect(),
            next: standing.next.into_iter().map(turn).collect(),
            suggestions: standing.suggestions,
            notices: standing.notices.iter().map(NoticeInfo::from).collect(),
        }
    }

    /// As text.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        match &self.last_run {
            Some(run) => {
                let status = style.paint.bold(run.status.as_deref().unwrap_or("cut off"));
                writeln!(out, "last run  {}  {}  {status}  {}", run.id, run.mode, moment(&run.started_at))?;
            }
            None => writeln!(out, "no run is remembered: `heal --record` or `heal --apply` remembers")?,
        }
        if let Some(why) = &self.paused {
            wrapped(&format!("paused: nothing is changed: {why}"), "", out)?;
        }
        heading(&format!("Open incidents: {}", self.incidents.len()), style, out)?;
        self.incidents.iter().take(MAX_LISTED).try_for_each(|incident| incident.write(style, out))?;
        if let Some(more) = self.incidents.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            writeln!(out, "  ... and {more} more; `heal status --json` lists all")?;
        }
        heading(&format!("Fixes on probation: {}", self.on_probation.len()), style, out)?;
        for one in &self.on_probation {
            let line = format!("  {}  {}  since {}", one.fix, one.target, moment(&one.applied_at));
            if console::measure_text_width(&line) <= 80 {
                writeln!(out, "{line}")?;
            } else {
                wrapped(&line, "  ", out)?;
            }
        }
        self.write_next(style, out)?;
        self.write_rest(style, out)
    }

    fn write_next(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let waits = |turn: &&Turn| !turn.reason.as_deref().is_some_and(|reason| NO_TURN.contains(&reason));
        let mut next = self.next.iter().filter(waits).take(MAX_LISTED).peekable();
        if next.peek().is_some() {
            heading("What may be tried next", style, out)?;
        }
        for turn in next {
            let when = match (&turn.not_before, turn.ready) {
                (_, true) => format!("on {}, with the next `heal --apply`", turn.target),
                (Some(at), false) => format!("not before {}", moment(at)),
                (None, false) => turn.reason.clone().unwrap_or_default(),
            };
            wrapped(&format!("{} for {}: {when}", turn.fix, turn.incident), "  ", out)?;
            wrapped(&turn.detail, INDENT, out)?;
        }
        Ok(())
    }

    fn write_rest(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        if !self.breakers.is_empty() {
            heading(&format!("Needs a person: {}", self.breakers.len()), style, out)?;
            self.breakers.iter().try_for_each(|open| wrapped(&open.text, "  ", out))?;
        }
        // One that ended is among the open incidents, and its notice says so.
        let muted: Vec<&MuteInfo> = self.mutes.iter().filter(|mute| mute.holds).collect();
        if !muted.is_empty() {
            heading(&format!("Muted: {}", muted.len()), style, out)?;
            for mute in muted {
                writeln!(out, "  {}  {}", mute.name(), style.paint.dim(&mute.incident))?;
                wrapped(&mute.told(), INDENT, out)?;
            }
        }
        if !self.suggestions.is_empty() {
            heading(&format!("Suggested by the model, not applied: {}", self.suggestions.len()), style, out)?;
            let ids = self.suggestions.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
            wrapped(
                &format!("{ids}: `heal suggestions` lists them, `show`, `accept` and `reject` decide."),
                "  ",
                out,
            )?;
        }
        if !self.notices.is_empty() {
            heading("Notices", style, out)?;
        }
        self.notices.iter().try_for_each(|notice| wrapped(&format!("{}: {}", notice.subject, notice.text), "  ", out))
    }
}
