//! For each incident the first fix that may and can be done; then all of them together.

use std::collections::BTreeSet;

use super::bench::{Bench, Trial};
use super::case::Case;
use super::conflict::{self, Touched};
use super::{
    Breaker, HeldBack, No, Plan, PlannedFix, PlannedStep, Reason, Situation, budget, condition, extent, judgement,
    order, take_back,
};
use crate::catalogue::{Bindings, FixKey, Step};
use crate::config::Readers;
use crate::group::OpenIncident;
use crate::store::{Attempt, Verdict};
use crate::sys::disk::sha256;

/// A fix that has won the ladder of at least one incident.
struct Chosen<'a> {
    case: Case<'a>,
    incidents: Vec<String>,
    attempt: usize,
    touched: Vec<Touched>,
    waits_for: Vec<String>,
}

/// Decides what this run would do.
#[must_use]
pub fn plan(situation: &Situation<'_>) -> Plan {
    let mut plan = Plan::default();
    let nothing = Bindings::new();
    take_back::collect(situation, &mut plan);
    plan.take_backs.retain(|back| situation.extent.wants_back(&back.fix, &back.incident));
    let mut chosen: Vec<Chosen<'_>> = Vec::new();
    for incident in situation.incidents.iter().filter(|incident| incident.is_live()) {
        for line in lines(incident, &nothing) {
            climb(situation, incident, line, &mut chosen, &mut plan);
        }
        let ladder: Vec<&str> = ladder(situation, incident).map(|fix| fix.name.as_str()).collect();
        // Of a part of a ladder nobody can tell.
        if situation.extent.wanted().is_none() {
            plan.breakers.extend(Breaker::of(&incident.record.id, &plan.held_back, &ladder));
        }
    }
    plan.take_backs.retain(|back| situation.extent.wants_back(&back.fix, &back.incident));
    let chosen = without_conflicts(chosen, &mut plan);
    let readers = Readers::new(situation.config);
    let chosen = order::by_need(chosen, &situation.config.depends_on, |one| names(&readers, one));
    build(situation, chosen, &mut plan);
    plan
}

fn ladder<'a>(
    situation: &'a Situation<'_>,
    incident: &'a OpenIncident,
) -> impl Iterator<Item = &'a crate::catalogue::Fix> {
    let fixes = situation.catalogue.fixes_for(incident.record.pattern.as_deref(), &incident.record.category);
    fixes.filter(|fix| situation.extent.wants(fix))
}

/// The distinct values that the incident's lines have, newest first.
pub(super) fn lines<'a>(incident: &'a OpenIncident, nothing: &'a Bindings) -> Vec<&'a Bindings> {
    let mut lines: Vec<&Bindings> = Vec::new();
    for facet in &incident.facets {
        if !lines.contains(&&facet.record.captures) {
            lines.push(&facet.record.captures);
        }
    }
    if lines.is_empty() { vec![nothing] } else { lines }
}

/// Takes the first fix of an incident's ladder that neither fails nor has nothing to do.
fn climb<'a>(
    situation: &'a Situation<'_>,
    incident: &'a OpenIncident,
    line: &'a Bindings,
    chosen: &mut Vec<Chosen<'a>>,
    plan: &mut Plan,
) {
    let id = &incident.record.id;
    for fix in ladder(situation, incident) {
        let case = Case::new(situation, fix, incident, line);
        let wanted = situation.extent.wants_case(&case.key());
        if !wanted && !situation.extent.wants_back(&fix.name, id) {
            continue;
        }
        let series = judgement::series(situation, incident, &fix.name, &case.target);
        let mut noes = judgement::noes(situation, &case, &series);
        let waits_for = extent::waive(situation, fix, incident, &mut noes).into_iter().map(|(_, text)| text).collect();
        let trial = if case.bad.is_empty() {
            Bench::after(&plan.take_backs).try_fix(situation, &case, false)
        } else {
            Trial::Nothing(Vec::new())
        };
        match trial {
            Trial::Nothing(why) => {
                let spent = judgement::given_up(situation, fix, &series, "");
                if matches!(why.as_slice(), [(Reason::AlreadyOptimal, _)]) {
                    take_back::when_exhausted(situation, &case, &series, plan);
                    noes = waiting(noes);
                }
                noes = why.into_iter().chain(spent).chain(noes).collect();
            }
            Trial::Changes { steps, touched } => {
                let reverted = reverted(&steps, &series, situation, plan);
                // Put back by another hand, the same bytes again are no repetition of heal's.
                let bytes = if reverted.is_some() { String::new() } else { wrote(&steps) };
                noes.extend(judgement::given_up(situation, fix, &series, &bytes));
                noes.extend(reverted);
                if noes.is_empty() && wanted {
                    let attempt = series.len() + 1;
                    take(chosen, Chosen { case, incidents: vec![id.clone()], attempt, touched, waits_for });
                    return;
                }
            }
        }
        let freed_by = extent::freed_by(situation, fix, incident, &noes);
        if !wanted {
            continue;
        }
        let Some(held) = HeldBack::new(&fix.name, id, noes) else { continue };
        let held = HeldBack { freed_by, ..held };
        let passes_on = held.passes_on;
        plan.hold_back(held);
        if !passes_on {
            return;
        }
    }
}

/// Of a fix that has nothing to do, only a pending verdict still matters: it keeps its place.
fn waiting(mut noes: Vec<No>) -> Vec<No> {
    noes.retain(|(reason, _)| *reason == Reason::OnProbation);
    noes
}

fn take<'a>(chosen: &mut Vec<Chosen<'a>>, one: Chosen<'a>) {
    match chosen.iter_mut().find(|other| other.case.key() == one.case.key()) {
        Some(other) => {
            for incident in one.incidents {
                if !other.incidents.contains(&incident) {
                    other.incidents.push(incident);
                }
            }
            // What one incident lets through needs nobody's yes for another.
            if one.waits_for.is_empty() {
                other.waits_for.clear();
            }
        }
        None => chosen.push(one),
    }
}

/// SHA-256 over the values that are written: the rest of a file may change meanwhile. Empty when none is: what acts
/// on a service may be tried again as it is.
fn wrote(steps: &[PlannedStep]) -> String {
    let value = |step: &PlannedStep| {
        let place = serde_json::to_string(step.step()).unwrap_or_default();
        match step {
            PlannedStep::Edit(edit) => Some(format!("{}\0{place}\0{}\0", edit.relative.display(), edit.new)),
            PlannedStep::Action(action) if !action.new.is_empty() => {
                Some(format!("{}\0{place}\0{}\0", action.target, action.new))
            }
            PlannedStep::Action(_) => None,
        }
    };
    let values: String = steps.iter().filter_map(value).collect();
    if values.is_empty() { String::new() } else { sha256(values.as_bytes()) }
}

/// What another hand put back to the value from before the last attempt is not tried again.
fn reverted(steps: &[PlannedStep], series: &[&Attempt], situation: &Situation<'_>, plan: &Plan) -> Option<No> {
    let taken_back = |attempt: &Attempt| plan.take_backs.iter().any(|back| back.attempts.contains(&attempt.id));
    let last = series.first().filter(|last| last.verdict != Verdict::Undone && !taken_back(last))?;
    let key = FixKey { fix: last.fix.clone(), captures: last.captures.clone() };
    let changes = situation.undoable.changes(&last.run, &key);
    let place = steps.iter().find_map(|step| {
        let (old, place) = match step {
            PlannedStep::Edit(edit) => (&edit.old, format!("{}:{}", edit.relative.display(), edit.line)),
            PlannedStep::Action(action) if !action.new.is_empty() => (&action.old, action.target.clone()),
            PlannedStep::Action(_) => return None,
        };
        let put_back = |change: &super::PastChange| {
            change.value().is_some_and(|(was, new)| change.step == *step.step() && was == *old && new != *old)
        };
        changes.iter().any(put_back).then_some(place)
    })?;
    Some((Reason::RevertedByOther, format!("{place}: the value that heal had set was put back by another hand")))
}

fn without_conflicts<'a>(chosen: Vec<Chosen<'a>>, plan: &mut Plan) -> Vec<Chosen<'a>> {
    let foes = |one: &Chosen<'_>| -> Vec<String> {
        let others = chosen.iter().filter(|other| other.case.key() != one.case.key());
        let against = |other: &Chosen<'_>| {
            let what = conflict::contradict(&one.touched, &other.touched)?;
            Some(format!("{} on {what}", other.case.fix.name))
        };
        others.filter_map(against).collect()
    };
    let against: Vec<Vec<String>> = chosen.iter().map(foes).collect();
    let mut agreed = Vec::new();
    for (one, against) in chosen.into_iter().zip(against) {
        if against.is_empty() {
            agreed.push(one);
            continue;
        }
        let text = format!("contradicts {}; disable one of them", against.join(", "));
        for incident in &one.incidents {
            plan.hold(&one.case.fix.name, incident, vec![(Reason::Conflict, text.clone())]);
        }
    }
    agreed
}

/// What `depends_on` may call a repair: its units, and the category and the sources of its incident.
fn names(readers: &Readers<'_>, one: &Chosen<'_>) -> BTreeSet<String> {
    let record = &one.case.incident.record;
    let mut names: BTreeSet<String> = record.sources.iter().cloned().collect();
    names.insert(record.category.clone());
    names.extend(record.sources.iter().flat_map(|source| readers.of(source)).map(|log| log.name.clone()));
    for step in &one.case.bound.steps {
        let service = match step {
            Step::Service(action) => &action.service,
            Step::ReloadConfig(reload) => &reload.service,
            Step::Edit(_) | Step::FixPermissions(_) | Step::Run(_) => continue,
        };
        let short = service.strip_suffix(".service").unwrap_or(service);
        names.extend([service.clone(), short.to_owned(), format!("{short}.service")]);
    }
    names
}

/// Builds the chosen fixes on each other, as far as the budget goes.
fn build(situation: &Situation<'_>, chosen: Vec<Chosen<'_>>, plan: &mut Plan) {
    let mut bench = Bench::after(&plan.take_backs);
    let mut left = budget::Left::of(situation);
    for one in chosen {
        let within = if situation.extent.has_a_budget() { left.check() } else { Ok(()) };
        let trial = match within {
            Ok(()) => bench.try_fix(situation, &one.case, true),
            Err(no) => Trial::Nothing(vec![no]),
        };
        match trial {
            Trial::Nothing(noes) => {
                for incident in &one.incidents {
                    plan.hold(&one.case.fix.name, incident, noes.clone());
                }
            }
            Trial::Changes { steps, .. } => {
                left.spend();
                let condition = condition::met(situation, &one.case);
                plan.fixes.push(PlannedFix {
                    attempt: one.attempt,
                    wrote: wrote(&steps),
                    incidents: one.incidents,
                    waits_for: one.waits_for,
                    checks: checks(situation, &one.case.bound),
                    condition,
                    steps,
                    target: one.case.target,
                    captures: one.case.captures,
                    fix: one.case.bound,
                });
            }
        }
    }
}

fn checks(situation: &Situation<'_>, fix: &crate::catalogue::Fix) -> Vec<String> {
    fix.verify.iter().map(|check| situation.sanitizer.redactor().redact(&check.shown()).into_owned()).collect()
}
