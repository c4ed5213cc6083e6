//! What a person should look at, most useful first, each with its evidence.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Diagnosis, Scene};

/// Most recommendations.
const MOST: usize = 10;

/// Sentences from what the rules say and from the patterns' own advice, each said once.
#[must_use]
pub fn recommendations(scene: &Scene, diagnoses: &BTreeMap<String, Diagnosis>) -> Vec<String> {
    let effects = effects(diagnoses);
    let of = |case: &Case| diagnoses.get(&case.id);
    let is_effect = |case: &Case| of(case).is_some_and(|diagnosis| diagnosis.cause.is_some());
    let mut cases: Vec<&Case> = scene.cases.iter().filter(|case| case.count > 0).collect();
    // First what others come from, then what stands alone, then what probably goes with its cause.
    let rank = |case: &Case| match (is_effect(case), effects.contains_key(case.id.as_str())) {
        (false, true) => 0,
        (false, false) => 1,
        (true, _) => 2,
    };
    cases.sort_by(|a, b| {
        let key = |case: &Case| (rank(case), Reverse((case.severity, case.count)));
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    let unknown = cases.iter().filter(|case| !case.known).max_by_key(|case| case.count).map(|case| &case.id);
    let mut told = BTreeSet::new();
    let one = |case: &&Case| {
        let effects = if is_effect(case) { None } else { effects.get(case.id.as_str()) };
        sentence(scene, case, of(case), effects, unknown == Some(&case.id), &mut told)
    };
    cases.iter().filter_map(one).take(MOST).collect()
}

/// The same for each incident by itself, by id.
#[must_use]
pub fn recommendations_each(scene: &Scene, diagnoses: &BTreeMap<String, Diagnosis>) -> BTreeMap<String, String> {
    let effects = effects(diagnoses);
    let one = |case: &Case| {
        let found = diagnoses.get(&case.id);
        let effects = effects.get(case.id.as_str()).filter(|_| found.is_none_or(|found| found.cause.is_none()));
        let text = sentence(scene, case, found, effects, !case.known, &mut BTreeSet::new())?;
        Some((case.id.clone(), text))
    };
    scene.cases.iter().filter(|case| case.count > 0).filter_map(one).collect()
}

/// How many incidents probably come from each.
fn effects(diagnoses: &BTreeMap<String, Diagnosis>) -> BTreeMap<&str, usize> {
    let mut effects: BTreeMap<&str, usize> = BTreeMap::new();
    for cause in diagnoses.values().filter_map(|diagnosis| diagnosis.cause.as_deref()) {
        *effects.entry(cause).or_default() += 1;
    }
    effects
}

/// What to look at for one incident; nothing that was `told` already.
fn sentence(
    scene: &Scene,
    case: &Case,
    found: Option<&Diagnosis>,
    effects: Option<&usize>,
    learn: bool,
    told: &mut BTreeSet<String>,
) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(effects) = effects {
        let others = if *effects == 1 { "1 other incident".to_owned() } else { format!("{effects} other incidents") };
        parts.push(format!("look here first: {others} began with it."));
    }
    let facts = found.map_or(&[][..], |diagnosis| &diagnosis.facts);
    for fact in facts.iter().filter(|fact| matches!(fact.kind, "burst" | "address")) {
        if told.insert(fact.text.clone()) {
            parts.push(format!("{}.", fact.text));
        }
    }
    if let Some(advice) = case.advice.as_deref().map(str::trim).filter(|advice| told.insert((*advice).to_owned())) {
        parts.push(advice.to_owned());
    }
    if learn {
        parts.push(format!("No pattern knows it: `heal learn {}` writes one.", case.id));
    }
    (!parts.is_empty()).then(|| format!("{}: {}", evidence(scene, case), parts.join(" ")))
}

/// `312x http_error since 14:02:03 (logs/app.log:17)`.
fn evidence(scene: &Scene, case: &Case) -> String {
    let since = case.first.map_or_else(String::new, |first| format!(" since {}", scene.clock(first, None)));
    let place = case.evidence().first().map_or_else(String::new, |place| format!(" ({place})"));
    format!("{}x {}{since}{place}", case.count, case.name)
}
