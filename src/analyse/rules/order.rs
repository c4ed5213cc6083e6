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

/// When incidents began, in this run and in earlier ones, in seconds, each in order.
struct Past<'a>(BTreeMap<&'a str, Vec<i64>>);

/// How often one thing followed the other before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    times: usize,
    of: usize,
    /// Some of them came later.
    later: bool,
}

impl<'a> Past<'a> {
    fn new(scene: &'a Scene, cases: &[&'a Case]) -> Self {
        let mut past: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for case in cases {
            past.entry(&case.id).or_default().extend(case.onsets.iter().map(DateTime::timestamp));
        }
        for onset in &scene.onsets {
            past.entry(&onset.incident).or_default().push(onset.at.timestamp());
        }
        for times in past.values_mut() {
            times.sort_unstable();
            times.dedup();
        }
        Self(past)
    }

    /// In how many outbreaks of `effect`, but that `at` this time, the `cause` began shortly before it; `late`: or that
    /// much after it.
    fn held(&self, cause: &str, effect: &str, at: i64, late: i64) -> Held {
        let (Some(effects), causes) = (self.0.get(effect), self.0.get(cause)) else { return Held::default() };
        let causes = causes.map_or(&[][..], Vec::as_slice);
        let others = || effects.iter().filter(|other| **other != at);
        let before = |at: &&i64| {
            let from = causes.partition_point(|cause| *cause < at.saturating_sub(FAR));
            causes.get(from).is_some_and(|cause| *cause <= at.saturating_add(late))
        };
        Held { times: others().filter(before).count(), of: others().count(), later: effects.last() > Some(&at) }
    }
}

/// Two beginnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    cause: DateTime<FixedOffset>,
    effect: DateTime<FixedOffset>,
}

impl Pair {
    /// Milliseconds from the cause to the effect; negative when it was seen later.
    fn lead(self) -> i64 {
        self.effect.timestamp_millis().saturating_sub(self.cause.timestamp_millis())
    }

    /// The last beginning of `effect` with one of `cause` near it, the nearest, no more than `late` seconds later.
    fn last(cause: &Case, effect: &Case, late: i64) -> Option<Self> {
        let near = |effect: &DateTime<FixedOffset>| {
            let pairs = cause.onsets.iter().map(|cause| Self { cause: *cause, effect: *effect });
            let fits = |pair: &Self| (-late * 1000..=FAR * 1000).contains(&pair.lead());
            pairs.filter(fits).min_by_key(|pair| pair.lead().saturating_abs())
        };
        effect.onsets.iter().rev().find_map(near)
    }
}

/// One incident as the cause of another.
struct Link<'a> {
    cause: &'a Case,
    needed: bool,
    held: Held,
    /// When the cause began, and when the effect.
    pair: Pair,
}

/// The order of events among cases that began in this run, and what it says about causes.
pub(super) fn of(scene: &Scene, cases: &[&Case]) -> BTreeMap<String, Diagnosis> {
    let (needs, past) = (Needs::new(&scene.depends_on), Past::new(scene, cases));
    let begun: Vec<&Case> = cases.iter().copied().filter(|case| !case.onsets.is_empty()).collect();
    let mut found: BTreeMap<String, Diagnosis> = BTreeMap::new();
    let mut effects: BTreeMap<&str, Vec<(Pair, &Case)>> = BTreeMap::new();
    let mut pairs: BTreeMap<&str, Pair> = BTreeMap::new();
    for effect in &begun {
        let links = begun.iter().filter_map(|cause| link(cause, effect, &needs, &past));
        let Some(best) = links.min_by(|a, b| rank(a).cmp(&rank(b))) else { continue };
        effects.entry(&best.cause.id).or_default().push((best.pair, effect));
        pairs.insert(&effect.id, best.pair);
        let diagnosis = found.entry(effect.id.clone()).or_default();
        diagnosis.likely_cause = Some(words(scene, &best));
        diagnosis.cause = Some(best.cause.id.clone());
    }
    for cause in &begun {
        if let Some(mut after) = effects.remove(cause.id.as_str()) {
            // Of several outbreaks the last is told.
            let last = after.iter().map(|(pair, _)| pair.cause).max();
            after.retain(|(pair, _)| Some(pair.cause) == last);
            after.sort_by(|a, b| a.0.lead().cmp(&b.0.lead()).then_with(|| a.1.id.cmp(&b.1.id)));
            found.entry(cause.id.clone()).or_default().facts.push(first(scene, cause, &after));
        }
    }
    for effect in &begun {
        let Some(cause) = found.get(&effect.id).and_then(|diagnosis| diagnosis.cause.clone()) else { continue };
        let Some(cause) = begun.iter().find(|case| case.id == cause) else { continue };
        let Some(pair) = pairs.get(effect.id.as_str()) else { continue };
        let fact = followed(scene, cause, effect, *pair);
        found.entry(effect.id.clone()).or_default().facts.push(fact);
    }
    found
}

/// Whether `cause` may be the cause of `effect`.
fn link<'a>(cause: &'a Case, effect: &Case, needs: &Needs, past: &Past<'_>) -> Option<Link<'a>> {
    if cause.id == effect.id || needs.needs(cause, effect) {
        return None;
    }
    let needed = needs.needs(effect, cause);
    let pair = Pair::last(cause, effect, if needed { LATE } else { 0 })?;
    let late = if needed { LATE } else { -1 };
    let held = past.held(&cause.id, &effect.id, pair.effect.timestamp(), late);
    let regular = held.times > 0 && held.times.saturating_mul(2) >= held.of;
    let may = match (needed, pair.lead()) {
        (true, _) => true,
        (false, ..=0) => false,
        (false, _) if regular => true,
        // Where the past says nothing, nearness alone must do; where it says No, that counts.
        (false, lead) => held.of < 2 && lead <= NEAR * 1000,
    };
    may.then_some(Link { cause, needed, held, pair })
}

/// The best comes first: what is needed, what held most often, what began first.
fn rank<'a>(link: &Link<'a>) -> (bool, std::cmp::Reverse<usize>, DateTime<FixedOffset>, &'a str) {
    let percent = link.held.times.saturating_mul(100).checked_div(link.held.of).unwrap_or(0);
    (!link.needed, std::cmp::Reverse(percent), link.pair.cause, &link.cause.id)
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
    let at = scene.clock(link.pair.cause, None);
    let why = match (link.needed, link.held) {
        (true, Held { of: 0, .. }) => "`depends_on` says that this one needs it".to_owned(),
        (true, held) => format!("`depends_on` says that this one needs it; {}", often(held)),
        (false, Held { of: 0, .. }) => "no earlier outbreak to compare with".to_owned(),
        (false, held) => often(held),
    };
    format!("{}, which began {at}, {} this one; {why}", link.cause.name, distance(link.pair.lead()))
}

fn often(held: Held) -> String {
    let outbreaks = if held.of == 1 { "outbreak" } else { "outbreaks" };
    let which = if held.later { "other" } else { "earlier" };
    format!("held in {} of {} {which} {outbreaks}", held.times, held.of)
}

/// What a cause is told: what came after it.
fn first(scene: &Scene, cause: &Case, after: &[(Pair, &Case)]) -> Fact {
    let at = after.first().map_or_else(String::new, |(pair, _)| scene.clock(pair.cause, None));
    let one = |(pair, effect): &(Pair, &Case)| {
        format!("{} {}x {}", distance(pair.lead()), events(effect, *pair), effect.name)
    };
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

/// How many events of an effect came with this beginning and after it.
fn events(effect: &Case, pair: Pair) -> u64 {
    if effect.onsets.first() == Some(&pair.effect) {
        return effect.count;
    }
    let from = pair.effect.timestamp();
    effect.now.iter().filter(|one| one.end() > from).fold(0, |sum, one| sum.saturating_add(one.count))
}

/// What an effect is told: what came before it. The likely cause says it better in the short report.
fn followed(scene: &Scene, cause: &Case, effect: &Case, pair: Pair) -> Fact {
    let before = scene.clock(pair.cause, Some(pair.effect));
    let text = format!("started {}; {} started {before}", scene.clock(pair.effect, None), cause.name);
    let evidence = effect.evidence().into_iter().chain(cause.evidence()).collect();
    Fact { kind: "order", text, evidence, telling: false }
}
