//! Where an incident was seen, and how much of all errors it makes.

use super::{Case, Fact, Scene};
use crate::analyse::rules::numbers::number;

/// Fewer errors than this make no share worth telling.
const FEW: u64 = 10;
/// Most sources named.
const NAMED: usize = 5;

/// One incident makes most of all errors.
pub(super) fn share(scene: &Scene, case: &Case) -> Option<Fact> {
    let most = case.count >= FEW && case.count < scene.errors && case.count.saturating_mul(2) > scene.errors;
    most.then(|| {
        let percent = (number(case.count) * 100.0 / number(scene.errors)).floor();
        let text = format!("{} of all {} errors of this run ({percent:.0}%)", case.count, scene.errors);
        Fact { kind: "share", text, evidence: case.evidence(), telling: true }
    })
}

/// In how many of the logs it was seen.
pub(super) fn sources(scene: &Scene, case: &Case) -> Option<Fact> {
    let mut sources = case.sources.clone();
    sources.sort();
    sources.dedup();
    if scene.logs < 2 || sources.is_empty() {
        return None;
    }
    let text = format!("seen in {} of {} logs", sources.len(), scene.logs.max(sources.len()));
    let telling = sources.len() > 1;
    sources.truncate(NAMED);
    Some(Fact { kind: "sources", text, evidence: sources, telling })
}
