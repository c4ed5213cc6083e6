//! Which incident began first, and which ones regularly begin after it.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use super::need::Needs;
use super::{Case, Diagnosis, Fact, Scene, span};

/// What began no longer before may be the cause when it was so before, or when the configuration says so, in seconds.
const FAR: i64 = 300;
/// What began no longer before may be the cause when nothing else is known, in seconds.
const NEAR: i64 = 30;
/// What is needed may be seen to fail this much later than what needs it, in seconds.
const LATE: i64 = 30;
/// Most incidents named in one sentence.
const NAMED: usize = 3;

/// When incidents began in earlier runs, in seconds, each in order.
struct Past<'a>(BTreeMap<&'a str, Vec<i64>>);

/// How often one thing followed the other before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    times: usize,
    of: usize,
}

impl<'a> Past<'a> {
    fn new(scene: &'a Scene) -> Self {
        let mut past: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for onset in &scene.onsets {
            past.entry(&onset.incident).or_default().push(onset.at.timestamp());
        }
        for times in past.values_mut() {
            times.sort_unstable();
            times.dedup();
        }
        Self(past)
    }

    /// In how many earlier outbreaks of `effect` the `cause` began shortly before it; `late`: or that much after it.
    fn held(&self, cause: &str, effect: &str, late: i64) -> Held {
        let (Some(effects), causes) = (self.0.get(effect), self.0.get(cause)) else { return Held::default() };
        let causes = causes.map_or(&[][..], Vec::as_slice);
        let before = |at: &&i64| {
            let from = causes.partition_point(|cause| *cause < at.saturating_sub(FAR));
            causes.get(from).is_some_and(|cause| *cause <= at.saturating_add(late))
        };
        Held { times: effects.iter().filter(before).count(), of: effects.len() }
    }
}

/// One incident as the cause of another.
struct Link<'a> {
    cause: &'a Case,
    needed: bool,
    held: Held,
    /// Milliseconds from the cause to the effect; negative when it was seen later.
    lead: i64,
}

/// The order of events among cases that began in this run, and what it says about causes.
pub(super) fn of(scene: &Scene, cases: &[&Case]) -> BTreeMap<String, Diagnosis> {
    let (needs, past) = (Needs::new(&scene.depends_on), Past::new(scene));
    let begun: Vec<&Case> = cases.iter().copied().filter(|case| case.onset.is_some()).collect();
    let mut found: BTreeMap<String, Diagnosis> = BTreeMap::new();
    let mut effects: BTreeMap<&str, Vec<(i64, &Case)>> = BTreeMap::new();
    for effect in &begun {
        let links = begun.iter().filter_map(|cause| link(cause, effect, &needs, &past));
        let Some(best) = links.min_by(|a, b| rank(a).cmp(&rank(b))) else { continue };
        effects.entry(&best.cause.id).or_default().push((best.lead, effect));
        let diagnosis = found.entry(effect.id.clone()).or_default();
        diagnosis.likely_cause = Some(words(scene, &best));
        diagnosis.cause = Some(best.cause.id.clone());
    }
    for cause in &begun {
        if let Some(mut after) = effects.remove(cause.id.as_str()) {
            after.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
            found.entry(cause.id.clone()).or_default().facts.push(first(scene, cause, &after));
        }
    }
    for effect in &begun {
        let Some(cause) = found.get(&effect.id).and_then(|diagnosis| diagnosis.cause.clone()) else { continue };
        let Some(cause) = begun.iter().find(|case| case.id == cause) else { continue };
        let fact = followed(scene, cause, effect);
        found.entry(effect.id.clone()).or_default().facts.extend(fact);
    }
    found
}

/// Whether `cause` may be the cause of `effect`.
fn link<'a>(cause: &'a Case, effect: &Case, needs: &Needs, past: &Past<'_>) -> Option<Link<'a>> {
    if cause.id == effect.id || needs.needs(cause, effect) {
        return None;
    }
    let lead = lead(cause.onset?, effect.onset?);
    let needed = needs.needs(effect, cause);
    let held = past.held(&cause.id, &effect.id, if needed { LATE } else { -1 });
    let regular = held.times > 0 && held.times.saturating_mul(2) >= held.of;
    let may = match (needed, lead) {
        (true, lead) => (-LATE * 1000..=FAR * 1000).contains(&lead),
        (false, ..=0) => false,
        (false, lead) if regular => lead <= FAR * 1000,
        // Where the past says nothing, nearness alone must do; where it says No, that counts.
        (false, lead) => held.of < 2 && lead <= NEAR * 1000,
    };
    may.then_some(Link { cause, needed, held, lead })
}

/// The best comes first: what is needed, what held most often, what began first.
fn rank<'a>(link: &Link<'a>) -> (bool, std::cmp::Reverse<usize>, Option<DateTime<FixedOffset>>, &'a str) {
    let percent = link.held.times.saturating_mul(100).checked_div(link.held.of).unwrap_or(0);
    (!link.needed, std::cmp::Reverse(percent), link.cause.onset, &link.cause.id)
}

/// Milliseconds from one to the other.
fn lead(from: DateTime<FixedOffset>, to: DateTime<FixedOffset>) -> i64 {
    to.timestamp_millis().saturating_sub(from.timestamp_millis())
}

/// `2 s before`, `0.3 s after`, `in the same instant`.
fn distance(lead: i64) -> String {
    let direction = if lead < 0 { "after" } else { "before" };
    match lead.saturating_abs() {
        0 => "in the same instant".to_owned(),
        short @ ..1000 => format!("0.{short:03} s {direction}").replace("00 s", " s").replace("0 s", " s"),
        long => format!("{} {direction}", span(long / 1000)),
    }
}

fn words(scene: &Scene, link: &Link<'_>) -> String {
    let at = link.cause.onset.map_or_else(String::new, |onset| scene.clock(onset, None));
    let why = match (link.needed, link.held) {
        (true, Held { of: 0, .. }) => "`depends_on` says that this one needs it".to_owned(),
        (true, held) => format!("`depends_on` says that this one needs it; {}", often(held)),
        (false, Held { of: 0, .. }) => "no earlier outbreak to compare with".to_owned(),
        (false, held) => often(held),
    };
    format!("{}, which began {at}, {} this one; {why}", link.cause.name, distance(link.lead))
}

fn often(held: Held) -> String {
    let outbreaks = if held.of == 1 { "outbreak" } else { "outbreaks" };
    format!("held in {} of {} earlier {outbreaks}", held.times, held.of)
}

/// What a cause is told: what came after it.
fn first(scene: &Scene, cause: &Case, after: &[(i64, &Case)]) -> Fact {
    let at = cause.onset.map_or_else(String::new, |onset| scene.clock(onset, None));
    let one = |(lead, effect): &(i64, &Case)| format!("{} {}x {}", distance(*lead), effect.count, effect.name);
    let mut named: Vec<String> = after.iter().take(NAMED).map(one).collect();
    if let Some(more) = after.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("and {more} more"));
    }
    let evidence = cause.evidence().into_iter().chain(after.iter().take(NAMED).flat_map(|(_, one)| one.evidence()));
    Fact {
        kind: "order",
        text: format!("started {at}, {}", named.join(", ")),
        evidence: evidence.collect(),
        telling: true,
    }
}

/// What an effect is told: what came before it. The likely cause says it better in the short report.
fn followed(scene: &Scene, cause: &Case, effect: &Case) -> Option<Fact> {
    let onset = effect.onset?;
    let before = scene.clock(cause.onset?, Some(onset));
    let text = format!("started {}; {} started {before}", scene.clock(onset, None), cause.name);
    let evidence = effect.evidence().into_iter().chain(cause.evidence()).collect();
    Some(Fact { kind: "order", text, evidence, telling: false })
}
