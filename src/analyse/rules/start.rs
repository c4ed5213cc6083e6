//! Whether the program was started just before: a restart or a new version may be the reason.

use chrono::TimeDelta;

use super::{Case, Fact, Scene, span};

/// A start so long before may have to do with it.
const BEFORE: TimeDelta = TimeDelta::minutes(5);

/// The last start of a unit that the incident is of, shortly before it began or began again.
pub(super) fn of(scene: &Scene, case: &Case) -> Option<Fact> {
    let own = |unit: &str| case.sources.iter().any(|source| source.strip_prefix("journal:") == Some(unit));
    case.onsets.iter().find_map(|onset| {
        let lead = |at: chrono::DateTime<_>| onset.signed_duration_since(at);
        let near = |lead: TimeDelta| lead >= TimeDelta::zero() && lead <= BEFORE;
        let starts = scene.starts.iter().filter(|start| near(lead(start.at)) && own(&start.unit));
        let last = starts.max_by_key(|start| start.at)?;
        let text = format!(
            "{} was started {}, {} before this began",
            last.unit,
            scene.clock(last.at, None),
            span(lead(last.at).num_seconds()),
        );
        Some(Fact { kind: "start", text, evidence: vec![format!("journal:{}", last.unit)], telling: true })
    })
}
