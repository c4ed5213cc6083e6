//! For each incident the first fix that may and can be done; then all of them together.

use super::bench::{Bench, Touched, Trial};
use super::{HeldBack, Plan, PlannedFix, PlannedStep, Reason, Situation, budget, conflict, judgement, take_back};
use crate::catalogue::Fix;
use crate::group::{OpenIncident, Status};
use crate::store::{Attempt, Verdict};
use crate::sys::disk::sha256;

/// A fix that has won the ladder of at least one incident.
struct Chosen<'a> {
    fix: &'a Fix,
    incidents: Vec<String>,
    attempt: usize,
    touched: Vec<Touched>,
}

/// Decides what this run would do.
#[must_use]
pub fn plan(situation: &Situation<'_>) -> Plan {
    let mut plan = Plan::default();
    take_back::collect(situation, &mut plan);
    let mut chosen: Vec<Chosen<'_>> = Vec::new();
    for incident in situation.incidents.iter().filter(|incident| incident.status != Status::Resolved) {
        climb(situation, incident, &mut chosen, &mut plan);
    }
    let chosen = without_conflicts(chosen, &mut plan);
    build(situation, chosen, &mut plan);
    plan
}

/// Takes the first fix of an incident's ladder that neither fails nor has nothing to do.
fn climb<'a>(situation: &'a Situation<'_>, incident: &'a OpenIncident, chosen: &mut Vec<Chosen<'a>>, plan: &mut Plan) {
    let id = &incident.record.id;
    for fix in situation.catalogue.fixes_for(incident.record.pattern.as_deref(), &incident.record.category) {
        let target = target_of(fix);
        let series = judgement::series(situation, incident, &fix.name, &target);
        let trial = Bench::after(&plan.take_backs).try_fix(situation, fix, false);
        let mut noes = judgement::noes(situation, incident, fix, &target, &series);
        match trial {
            Trial::Nothing(reason, text) => {
                let spent = judgement::given_up(situation, fix, &series, "");
                if reason == Reason::AlreadyOptimal {
                    take_back::when_exhausted(situation, incident, fix, &series, plan);
                }
                noes = [(reason, text)].into_iter().chain(spent).chain(waiting(noes)).collect();
            }
            Trial::Changes { steps, touched } => {
                let reverted = reverted(&steps, &series, situation, plan);
                // Put back by another hand, the same bytes again are no repetition of heal's.
                let bytes = if reverted.is_some() { String::new() } else { wrote(&steps) };
                noes.extend(judgement::given_up(situation, fix, &series, &bytes));
                noes.extend(reverted);
                if noes.is_empty() {
                    take(chosen, fix, id, series.len() + 1, touched);
                    return;
                }
            }
        }
        let Some(held) = HeldBack::new(&fix.name, id, noes) else { continue };
        let goes_on = held.reason.passes_on() && held.reason != Reason::OnProbation;
        plan.held_back.push(held);
        if !goes_on {
            return;
        }
    }
}

/// Of a fix that has nothing to do, only a pending verdict still matters: it keeps its place.
fn waiting(noes: Vec<(Reason, String)>) -> impl Iterator<Item = (Reason, String)> {
    noes.into_iter().filter(|(reason, _)| *reason == Reason::OnProbation)
}

fn take<'a>(chosen: &mut Vec<Chosen<'a>>, fix: &'a Fix, id: &str, attempt: usize, touched: Vec<Touched>) {
    match chosen.iter_mut().find(|other| other.fix.name == fix.name) {
        Some(other) => other.incidents.push(id.to_owned()),
        None => chosen.push(Chosen { fix, incidents: vec![id.to_owned()], attempt, touched }),
    }
}

/// The files that a fix names, as one word.
pub(super) fn target_of(fix: &Fix) -> String {
    let mut files: Vec<&str> =
        fix.steps.iter().map(|crate::catalogue::Step::Edit(edit)| edit.file.trim_start_matches("./")).collect();
    files.sort_unstable();
    files.dedup();
    files.join(", ")
}

/// SHA-256 over the values that are written: the rest of a file may change meanwhile.
fn wrote(steps: &[PlannedStep]) -> String {
    let value = |step: &PlannedStep| {
        let place = serde_json::to_string(&step.step).unwrap_or_default();
        format!("{}\0{place}\0{}\0", step.relative.display(), step.new)
    };
    sha256(steps.iter().map(value).collect::<String>().as_bytes())
}

/// What another hand put back to the value from before the last attempt is not tried again.
fn reverted(
    steps: &[PlannedStep],
    series: &[&Attempt],
    situation: &Situation<'_>,
    plan: &Plan,
) -> Option<(Reason, String)> {
    let taken_back = |attempt: &Attempt| plan.take_backs.iter().any(|back| back.attempts.contains(&attempt.id));
    let last = series.first().filter(|last| last.verdict != Verdict::Undone && !taken_back(last))?;
    let changes = situation.undoable.changes(&last.run, &last.fix);
    let step = steps.iter().find(|step| {
        changes.iter().any(|change| change.step == step.step && change.old == step.old && change.new != step.old)
    })?;
    let text =
        format!("{}:{}: the value that heal had set was put back by another hand", step.relative.display(), step.line);
    Some((Reason::RevertedByOther, text))
}

fn without_conflicts<'a>(chosen: Vec<Chosen<'a>>, plan: &mut Plan) -> Vec<Chosen<'a>> {
    let foes = |one: &Chosen<'_>| -> Vec<&str> {
        chosen
            .iter()
            .filter(|other| other.fix.name != one.fix.name && conflict::contradict(&one.touched, &other.touched))
            .map(|other| other.fix.name.as_str())
            .collect()
    };
    let against: Vec<Vec<String>> =
        chosen.iter().map(|one| foes(one).into_iter().map(str::to_owned).collect()).collect();
    let mut agreed = Vec::new();
    for (one, against) in chosen.into_iter().zip(against) {
        if against.is_empty() {
            agreed.push(one);
            continue;
        }
        let text = format!("contradicts {} on the same value; disable one of them", against.join(", "));
        for incident in &one.incidents {
            plan.held_back.extend(HeldBack::new(&one.fix.name, incident, vec![(Reason::Conflict, text.clone())]));
        }
    }
    agreed
}

/// Builds the chosen fixes on each other, as far as the budget goes.
fn build(situation: &Situation<'_>, chosen: Vec<Chosen<'_>>, plan: &mut Plan) {
    let mut bench = Bench::after(&plan.take_backs);
    let mut left = budget::Left::of(situation);
    for one in chosen {
        let hold = |reason: Reason, text: &str| {
            one.incidents
                .iter()
                .filter_map(|incident| HeldBack::new(&one.fix.name, incident, vec![(reason, text.to_owned())]))
                .collect::<Vec<_>>()
        };
        if let Err((reason, text)) = left.check() {
            plan.held_back.extend(hold(reason, &text));
            continue;
        }
        match bench.try_fix(situation, one.fix, true) {
            Trial::Nothing(reason, text) => plan.held_back.extend(hold(reason, &text)),
            Trial::Changes { steps, .. } => {
                left.spend();
                plan.fixes.push(PlannedFix {
                    fix: one.fix.clone(),
                    target: target_of(one.fix),
                    attempt: one.attempt,
                    wrote: wrote(&steps),
                    incidents: one.incidents,
                    steps,
                });
            }
        }
    }
}
