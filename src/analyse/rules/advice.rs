//! What a person should look at, most useful first, each with its evidence.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Diagnosis, Scene};

/// Most recommendations.
const MOST: usize = 10;

/// Sentences from what the rules say and from the patterns' own advice.
#[must_use]
pub fn recommendations(scene: &Scene, diagnoses: &BTreeMap<String, Diagnosis>) -> Vec<String> {
    let mut effects: BTreeMap<&str, usize> = BTreeMap::new();
    for cause in diagnoses.values().filter_map(|diagnosis| diagnosis.cause.as_deref()) {
        *effects.entry(cause).or_default() += 1;
    }
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
        let key = |case: &Case| (rank(case), std::cmp::Reverse((case.severity, case.count)));
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    let mut told = BTreeSet::new();
    let mut out = Vec::new();
    let unknown = cases.iter().filter(|case| !case.known).max_by_key(|case| case.count).map(|case| &case.id);
    for case in &cases {
        let lead = evidence(scene, case);
        let mut parts = Vec::new();
        if let (0, Some(effects)) = (rank(case), effects.get(case.id.as_str())) {
            let others =
                if *effects == 1 { "1 other incident".to_owned() } else { format!("{effects} other incidents") };
            parts.push(format!("look here first: {others} began with it."));
        }
        let facts = of(case).map_or(&[][..], |diagnosis| &diagnosis.facts);
        for fact in
            facts.iter().filter(|fact| matches!(fact.kind, "burst" | "address") && told.insert(fact.text.clone()))
        {
            parts.push(format!("{}.", fact.text));
        }
        if let Some(advice) = case.advice.as_deref().map(str::trim).filter(|advice| told.insert((*advice).to_owned())) {
            parts.push(advice.to_owned());
        }
        if unknown == Some(&case.id) {
            parts.push(format!("No pattern knows it: `heal learn {}` writes one.", case.id));
        }
        if !parts.is_empty() {
            out.push(format!("{lead}: {}", parts.join(" ")));
        }
        if out.len() >= MOST {
            break;
        }
    }
    out
}

/// `312x http_error since 14:02:03 (logs/app.log:17)`.
fn evidence(scene: &Scene, case: &Case) -> String {
    let since = case.first.map_or_else(String::new, |first| format!(" since {}", scene.clock(first, None)));
    let place = case.evidence().first().map_or_else(String::new, |place| format!(" ({place})"));
    format!("{}x {}{since}{place}", case.count, case.name)
}
