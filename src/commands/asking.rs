//! What the model is asked about, and when it is not asked at all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

use super::answers::Answers;
use super::excerpts;
use super::progress::Progress;
use super::setup::Setup;
use crate::analyse::rules::Diagnosis;
use crate::analyse::{self, Analysis, Progress as Reached, Question, Step, Terms};
use crate::catalogue::Fix;
use crate::config::Ai;
use crate::group::OpenIncident;
use crate::notice::{Notice, Stage};
use crate::plan::Host;
use crate::sys::signal;

/// With less memory than this a model is the last thing that the host needs, in bytes.
const LEAST_MEMORY: u64 = 128 << 20;
/// With less room than this its answer could not be kept, in bytes.
const LEAST_ROOM: u64 = 16 << 20;

/// How the model is asked in this run.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// Not at all.
    pub no_ai: bool,
    /// Even where its answer is known.
    pub fresh: bool,
    /// The present.
    pub now: DateTime<FixedOffset>,
}

/// What the model is asked about: what is new, and the files as they were when that was found.
pub(super) struct Asking {
    ai: Ai,
    questions: Vec<Question>,
    wish: Wish,
}

impl Asking {
    /// `diagnoses` is what the rules found out, by incident.
    pub fn prepare(
        setup: &Setup,
        incidents: &[OpenIncident],
        diagnoses: &BTreeMap<String, Diagnosis>,
        wish: Wish,
    ) -> Self {
        let mut ai = setup.config.ai.clone();
        ai.enabled &= !wish.no_ai;
        let mut fresh: Vec<&OpenIncident> =
            incidents.iter().filter(|incident| incident.count > 0 && incident.is_live()).collect();
        // The worst first; of these what nothing is registered for, and then the newest.
        fresh.sort_by_key(|incident| {
            let has_fix = fixes_of(setup, incident).next().is_some();
            (Reverse(incident.record.severity), has_fix, Reverse(incident.record.last_seen))
        });
        // Files are read only for what is asked.
        let asked = if ai.enabled { ai.max_incidents } else { 0 };
        let questions = fresh
            .into_iter()
            .enumerate()
            .map(|(rank, incident)| question(setup, incident, diagnoses, rank < asked))
            .collect();
        Self { ai, questions, wish }
    }

    /// Asks; the answer changes nothing but the report.
    pub fn ask(self, setup: &Setup, host: &dyn Host) -> Analysis {
        let Self { ai, questions, wish } = self;
        let progress = Progress::new();
        let answers = Answers::new(setup.config.state_dir.clone());
        let terms = Terms {
            ai: &ai,
            sanitizer: &setup.sanitizer,
            store: Some(&answers),
            fresh: wish.fresh,
            now: wish.now,
            interrupted: signal::interrupt(),
        };
        if let Some(why) = scarce(setup, host).filter(|_| ai.enabled && !questions.is_empty()) {
            let ai = Ai { enabled: false, ..ai.clone() };
            let mut analysis = analyse::ask(&questions, &Terms { ai: &ai, ..terms }, &mut |_| ());
            analysis.notices.push(Notice::new(Stage::Analyse, "the model", why));
            return analysis;
        }
        analyse::ask(&questions, &terms, &mut |reached| progress.tell(&words(&reached)))
    }
}

/// Why the host has better things to do than to run a model.
fn scarce(setup: &Setup, host: &dyn Host) -> Option<String> {
    let memory = host.machine().memory_available.filter(|left| *left < LEAST_MEMORY);
    if let Some(left) = memory {
        return Some(format!("not asked: {} MiB of memory are left on this host; free some first", left >> 20));
    }
    let room = host.space(&setup.config.state_dir).filter(|space| space.available < LEAST_ROOM)?;
    Some(format!("not asked: {} MiB of disk are left for heal's state; free some first", room.available >> 20))
}

/// The opinion of a model that is not asked.
pub(super) fn not_asked(setup: &Setup) -> Analysis {
    let ai = Ai { enabled: false, ..setup.config.ai.clone() };
    let now = crate::sys::clock::now();
    let interrupted = signal::interrupt();
    let terms = Terms { ai: &ai, sanitizer: &setup.sanitizer, store: None, fresh: false, now, interrupted };
    analyse::ask(&[], &terms, &mut |_| ())
}

/// What goes on, for a person who waits.
fn words(reached: &Reached) -> String {
    let Reached { index, of, step } = reached;
    let what = match step {
        Step::Loading { seconds } => format!("loading model {seconds} s"),
        Step::Waiting { seconds } => format!("reading the question {seconds} s"),
        // The time is that since the first one.
        Step::Answering { tokens: 0 | 1, .. } => "1 token".to_owned(),
        Step::Answering { tokens, millis } => match ((u64::from(*tokens) - 1) * 10_000).checked_div(*millis) {
            Some(rate) => format!("{tokens} tokens, {}.{} tokens/s", rate / 10, rate % 10),
            None => format!("{tokens} tokens"),
        },
    };
    format!("analysing {index}/{of} ... {what}")
}

fn fixes_of<'a>(setup: &'a Setup, incident: &'a OpenIncident) -> impl Iterator<Item = &'a Fix> {
    setup.catalogue.fixes_for(incident.record.pattern.as_deref(), &incident.record.category)
}

fn question(
    setup: &Setup,
    incident: &OpenIncident,
    diagnoses: &BTreeMap<String, Diagnosis>,
    with_files: bool,
) -> Question {
    let record = &incident.record;
    let ruled = diagnoses.get(&record.id);
    let cause = ruled.and_then(|ruled| ruled.likely_cause.clone());
    let facts = ruled.into_iter().flat_map(|ruled| &ruled.facts).map(|fact| fact.text.clone());
    Question {
        incident: record.id.clone(),
        pattern: record.pattern.clone(),
        template: record.template.clone(),
        category: record.category.clone(),
        severity: record.severity,
        description: record.description.clone(),
        count: incident.count,
        first_seen: Some(record.first_seen.to_rfc3339()),
        last_seen: Some(record.last_seen.to_rfc3339()),
        source: record.sources.join(", "),
        samples: record.samples.iter().map(|sample| sample.text.clone()).collect(),
        facts: cause.into_iter().chain(facts).collect(),
        configuration: if with_files {
            let words = [&record.template, &record.description, &record.category].map(String::as_str).join(" ");
            excerpts::of(setup, fixes_of(setup, incident), &words)
        } else {
            Vec::new()
        },
        fixes: fixes_of(setup, incident).map(|fix| fix.name.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_in_words() {
        let said = |step| words(&Reached { index: 2, of: 5, step });
        assert_eq!(said(Step::Loading { seconds: 12 }), "analysing 2/5 ... loading model 12 s");
        assert_eq!(said(Step::Waiting { seconds: 3 }), "analysing 2/5 ... reading the question 3 s");
        assert_eq!(said(Step::Answering { tokens: 31, millis: 4000 }), "analysing 2/5 ... 31 tokens, 7.5 tokens/s");
        assert_eq!(said(Step::Answering { tokens: 1, millis: 900 }), "analysing 2/5 ... 1 token");
    }
}
