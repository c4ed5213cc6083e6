//! What the model is asked about, and when it is not asked at all.

use super::answers::Answers;
use super::progress::Progress;
use super::setup::Setup;
use crate::analyse::{self, Analysis, Progress as Step, Question, Terms};
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
pub(super) struct Asking {
    /// Not at all.
    pub no_ai: bool,
    /// Even where its answer is known.
    pub fresh: bool,
    /// The present.
    pub now: chrono::DateTime<chrono::FixedOffset>,
}

/// Asks the model about what is new; its answer changes nothing but the report.
pub(super) fn ask(setup: &Setup, incidents: &[OpenIncident], host: &dyn Host, asking: Asking) -> Analysis {
    let mut ai = setup.config.ai.clone();
    ai.enabled &= !asking.no_ai;
    let mut fresh: Vec<&OpenIncident> =
        incidents.iter().filter(|incident| incident.count > 0 && incident.is_live()).collect();
    let has_fix = |incident: &OpenIncident| fixes_of(setup, incident).next().is_some();
    fresh.sort_by_key(|incident| (std::cmp::Reverse(incident.record.severity), has_fix(incident)));
    let questions: Vec<Question> = fresh.into_iter().map(|incident| question(setup, incident)).collect();
    let progress = Progress::new();
    let answers = Answers::new(setup.config.state_dir.clone());
    let terms = Terms {
        ai: &ai,
        sanitizer: &setup.sanitizer,
        store: Some(&answers),
        fresh: asking.fresh,
        now: asking.now,
        interrupted: signal::flag(),
    };
    if let Some(why) = scarce(setup, host).filter(|_| ai.enabled && !questions.is_empty()) {
        let ai = crate::config::Ai { enabled: false, ..ai.clone() };
        let mut analysis = analyse::ask(&questions, &Terms { ai: &ai, ..terms }, &mut |_| ());
        analysis.notices.push(Notice::new(Stage::Analyse, "the model", why));
        return analysis;
    }
    analyse::ask(&questions, &terms, &mut |step| progress.tell(&words(&step)))
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
    let ai = crate::config::Ai { enabled: false, ..setup.config.ai.clone() };
    let now = crate::sys::clock::now();
    let interrupted = signal::flag();
    let terms = Terms { ai: &ai, sanitizer: &setup.sanitizer, store: None, fresh: false, now, interrupted };
    analyse::ask(&[], &terms, &mut |_| ())
}

/// What goes on, for a person who waits.
fn words(step: &Step) -> String {
    match step {
        Step::Loading { seconds } => format!("the model is loading, {seconds} s"),
        Step::Asking { index, of, tokens } => format!("asking the model {index}/{of}, {tokens} tokens"),
    }
}

fn fixes_of<'a>(setup: &'a Setup, incident: &'a OpenIncident) -> impl Iterator<Item = &'a str> {
    setup
        .catalogue
        .fixes_for(incident.record.pattern.as_deref(), &incident.record.category)
        .map(|fix| fix.name.as_str())
}

fn question(setup: &Setup, incident: &OpenIncident) -> Question {
    let record = &incident.record;
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
        fixes: fixes_of(setup, incident).map(str::to_owned).collect(),
    }
}
