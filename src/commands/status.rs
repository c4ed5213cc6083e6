//! `heal status`: what stands now, without a scan.

use anyhow::Result;
use chrono::{DateTime, FixedOffset, TimeDelta};

use super::memory::Past;
use super::remembered::Remembered;
use super::{memory, output, pausing, setup, suggestions};
use crate::cli::Cli;
use crate::exit::Exit;
use crate::group::{self, EndedMute, OpenIncident};
use crate::notice::{Notice, Stage};
use crate::plan::{Breaker, Extent, PlannedFix, Situation, ThisHost, not_before, plan};
use crate::report::past::{Next, Standing, StatusDocument};
use crate::store::{Evidence, Filter, PastIncident, PastRun, Positions, Snapshot, Verdict, View};
use crate::sys::clock;

pub(super) fn run(cli: &Cli) -> Result<Exit> {
    let mut setup = setup::prepare(cli)?;
    let past = Remembered::or_nothing(&mut setup);
    let snapshot = past.standing(&mut setup.notices);
    memory::tell_interrupted(&setup.config.state_dir, &snapshot, &mut setup.notices);
    let (snapshot, now) = (&snapshot, clock::now());
    let (last_run, incidents) = past.ask(|view| remembered(view, now))?;
    let paused = pausing::why(snapshot, now);
    let planned = planned(&setup, snapshot, paused.as_deref(), now);
    for ended in planned.ended {
        setup.notices.push(Notice::new(Stage::Group, ended.incident, format!("no longer muted: {}", ended.why)));
    }
    let document = StatusDocument::new(Standing {
        last_run,
        paused,
        incidents,
        waiting: snapshot.attempts.iter().filter(|attempt| attempt.verdict == Verdict::OnProbation).collect(),
        breakers: &planned.breakers,
        mutes: snapshot.mutes.iter().map(|(id, mute)| (mute, snapshot.incidents.get(id))).collect(),
        next: planned.next,
        suggestions: suggestions::waiting(&setup),
        notices: &setup.notices,
        now,
    });
    output::tell(cli, &document, |style, out| document.write(style, out))
}

fn remembered(view: &View, now: DateTime<FixedOffset>) -> Result<(Option<PastRun>, Vec<PastIncident>)> {
    // The newest may be under way, or have been cut short.
    let newest = Filter { limit: 20, reading: true, ..Filter::default() };
    let last = view.runs(&newest, now)?.into_iter().find(|run| run.status.is_some());
    let open = Filter { status: Some("open".to_owned()), limit: u32::MAX, ..Filter::default() };
    let mut open = view.incidents(&open, now)?;
    open.sort_by_key(|one| (std::cmp::Reverse(one.record.severity), std::cmp::Reverse(one.record.last_seen)));
    Ok((last, open))
}

/// What is to be expected of the next run.
struct Planned {
    breakers: Vec<Breaker>,
    ended: Vec<EndedMute>,
    next: Vec<Next>,
}

/// What the next run would do if it saw nothing new, and what it would hold back.
fn planned(setup: &setup::Setup, snapshot: &Snapshot, paused: Option<&str>, now: DateTime<FixedOffset>) -> Planned {
    let evidence = Evidence { positions: &Positions::default(), names: &setup.sanitizer };
    let mut incidents = group::merge(Vec::new(), snapshot, evidence, "", now, TimeDelta::MAX);
    let ended = group::mute(&mut incidents, &snapshot.mutes, now);
    let fixable = |one: &OpenIncident| {
        setup.catalogue.fixes_for(one.record.pattern.as_deref(), &one.record.category).next().is_some()
    };
    incidents.retain(fixable);
    let situation = Situation {
        host: &ThisHost::default(),
        paused,
        incidents: &incidents,
        catalogue: &setup.catalogue,
        config: &setup.config,
        snapshot,
        sanitizer: &setup.sanitizer,
        undoable: &Past { state_dir: &setup.config.state_dir },
        with_unsafe: false,
        extent: Extent::Unattended,
        now,
    };
    let plan = plan(&situation);
    let ready = |fix: &PlannedFix| {
        let next = |incident: &String| Next {
            incident: incident.clone(),
            fix: fix.fix.name.clone(),
            target: fix.target.clone(),
            reason: None,
            detail: fix.fix.description.clone(),
            not_before: None,
        };
        fix.incidents.iter().map(next).collect::<Vec<_>>()
    };
    let held = plan.held_back.iter().map(|held| Next {
        incident: held.incident.clone(),
        fix: held.fix.clone(),
        target: String::new(),
        reason: Some(held.reason.as_str()),
        detail: held.detail.clone(),
        not_before: not_before(&situation, held),
    });
    let next = plan.fixes.iter().flat_map(ready).chain(held).collect();
    Planned { breakers: plan.breakers, ended, next }
}
