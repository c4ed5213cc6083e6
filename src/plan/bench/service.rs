//! Something done to a service, tried on the state that it is in.

use super::{Attempt, Bench, Outcome};
use crate::catalogue::Verb;
use crate::config::units::human;
use crate::plan::conflict::Touched;
use crate::plan::{Deed, No, PlannedAction, PlannedStep, Reason, allowed};
use crate::sys::exec;
use crate::sys::service::{self, ServiceState, Unit};

pub(super) fn attempt(
    bench: &Bench,
    attempt: &Attempt<'_>,
    verb: Verb,
    name: &str,
    test: Option<&Vec<String>>,
) -> Result<Outcome, Vec<No>> {
    let unit = match Unit::parse(name) {
        Ok(unit) => unit,
        Err(why) => return attempt.no(Reason::NotAllowed, &why),
    };
    let state = attempt.situation.host.service(&unit);
    let mut noes = allowed::service(attempt.situation, &unit, state.as_ref().ok(), attempt.must_be_listed());
    if !attempt.situation.host.is_root() {
        noes.push((Reason::NeedsRoot, format!("only root may {} {}; heal never uses sudo", word(verb), unit.as_str())));
    }
    if matches!(verb, Verb::Restart | Verb::ForceRestart) && bench.restarted.contains(&unit) {
        noes.push((
            Reason::Budget,
            format!("{} is restarted by another fix of this run; the next run goes on", unit.as_str()),
        ));
    }
    let state = match state {
        Ok(state) => state,
        Err(why) => {
            noes.push((Reason::CheckFailed, attempt.situation.clean(&why)));
            return Err(noes);
        }
    };
    noes.extend(unfit(attempt, verb, &unit, &state, test));
    if !noes.is_empty() {
        return Err(noes);
    }
    if let Some(text) = already(verb, &unit, &state) {
        return Ok(Outcome::Nothing(text));
    }
    if let Some(text) = limited(attempt, verb, &unit, &state) {
        return attempt.no(Reason::CheckFailed, &text);
    }
    let planned = planned(attempt, verb, &unit, &state, test);
    // Two names of one unit are one.
    let unit = Unit::parse(&state.id).unwrap_or(unit);
    Ok(Outcome::Changed(PlannedStep::Action(planned), Touched::Service { unit, runs: verb != Verb::Stop }))
}

/// Why the unit is in no state for this.
fn unfit(
    attempt: &Attempt<'_>,
    verb: Verb,
    unit: &Unit,
    state: &ServiceState,
    test: Option<&Vec<String>>,
) -> Option<No> {
    let name = unit.as_str();
    let why = if !state.exists() {
        format!("systemd has no usable unit {name} ({})", state.load)
    } else if verb == Verb::Reload && !state.is_active() {
        format!("{name} is {}: there is nothing to reload", state.shown())
    } else if verb == Verb::Reload && !state.can_reload {
        format!("{name} cannot reload: its unit has no ExecReload")
    } else {
        let program = test?.first()?;
        if exec::resolve(program, &attempt.situation.config.workspace).is_some() {
            return None;
        }
        format!("`test` needs the program {program}, which is not there")
    };
    Some((Reason::CheckFailed, attempt.situation.clean(&why)))
}

/// A start that systemd refuses leaves dead what ran before. What runs now needs a second one, for the way back.
fn limited(attempt: &Attempt<'_>, verb: Verb, unit: &Unit, state: &ServiceState) -> Option<String> {
    if matches!(verb, Verb::Stop | Verb::Reload) {
        return None;
    }
    let limit = attempt.situation.host.start_limit(unit)?;
    let needed = if state.is_active() { limit.burst.min(2) } else { 1 };
    (limit.left() < needed).then(|| {
        let why = if limit.left() == 0 { "it would refuse another start" } else { "no start is left to go back" };
        format!(
            "{} was started {} times within {}, and systemd's start limit is {}: {why}",
            unit.as_str(),
            limit.used,
            human(limit.within),
            limit.burst
        )
    })
}

fn already(verb: Verb, unit: &Unit, state: &ServiceState) -> Option<String> {
    let is = match verb {
        Verb::Start => state.is_active(),
        Verb::Stop => !state.is_active() && state.active != "activating",
        Verb::Restart | Verb::Reload | Verb::ForceRestart => false,
    };
    is.then(|| format!("{} is {} already", unit.as_str(), state.shown()))
}

fn planned(
    attempt: &Attempt<'_>,
    verb: Verb,
    unit: &Unit,
    state: &ServiceState,
    test: Option<&Vec<String>>,
) -> PlannedAction {
    let undo = match (state.is_active(), verb) {
        (true, Verb::Reload) => "reloaded once more on the old configuration",
        (true, Verb::Stop) => "started again",
        (true, _) => "restarted once more on the old configuration",
        (false, _) => "stopped again",
    };
    PlannedAction {
        step: attempt.step.clone(),
        target: unit.as_str().to_owned(),
        commands: test
            .map(|test| attempt.situation.sanitizer.argv(test))
            .into_iter()
            .chain(service::commands(verb, unit))
            .collect(),
        state: state.shown(),
        undo: Some(undo.to_owned()),
        old: String::new(),
        new: String::new(),
        deed: Deed::Service { verb, unit: unit.clone(), test: test.cloned() },
    }
}

const fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Restart => "restart",
        Verb::Start => "start",
        Verb::Stop => "stop",
        Verb::Reload => "reload",
        Verb::ForceRestart => "kill and restart",
    }
}
