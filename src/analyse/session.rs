//! One run's questions: the cache first, then the server, within the budget, with the retries that are allowed.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, Instant};

use super::answer::{self, Checked};
use super::cache::{self, Entry};
use super::ollama::Ollama;
use super::prompt::{self, Prompt};
use super::provider::{Progress, Provider, Watch};
use super::question::Question;
use super::trouble::{After, Server, Trouble};
use super::{Analysis, State, Terms};
use crate::notice::{Notice, Stage};

/// Longer times are as good as for ever, and never overflow a clock.
const FOR_EVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// One question on its way.
struct Item<'a> {
    question: &'a Question,
    prompt: Prompt,
    key: String,
    /// The digest that the cache noted, and the answer.
    known: Option<(Option<String>, Checked)>,
    fresh: Option<Checked>,
    /// Asked without getting an answer.
    given_up: bool,
}

impl Item<'_> {
    fn is_open(&self) -> bool {
        self.known.is_none() && self.fresh.is_none() && !self.given_up
    }
}

/// Why a question got no answer.
struct Failure {
    trouble: Trouble,
    /// The server was ready and the question was sent.
    sent: bool,
}

pub(super) fn run(questions: &[Question], terms: &Terms, progress: &mut dyn FnMut(Progress), analysis: &mut Analysis) {
    let asked = questions.get(..terms.ai.max_incidents).unwrap_or(questions);
    let mut provider = Ollama::new(terms.ai, terms.sanitizer);
    let mut items = prepare(asked, terms, provider.as_ref().ok().map(|provider| provider as &dyn Provider), analysis);
    if items.iter().any(|item| item.known.is_none()) {
        match &mut provider {
            Ok(provider) => {
                if !provider.address().is_loopback() {
                    let address = provider.address().shown();
                    let text = format!(
                        "`ai.ollama_url` is on another host: redacted excerpts of the logs are sent to {address}."
                    );
                    note(analysis, &address, text);
                }
                let address = provider.address().shown();
                Session { terms, progress, analysis, address }.ask_all(&mut items, provider);
            }
            Err(trouble) => {
                let server = Server { address: "", model: &analysis.model, timeout: 0.0 };
                let text = trouble.sentence(server);
                note(analysis, "ai", text);
            }
        }
    }
    settle(asked.len(), items, analysis);
    if asked.len() < questions.len() && !analysis.diagnoses.is_empty() {
        let text =
            format!("The model is asked about {} of {} incidents (`ai.max_incidents`).", asked.len(), questions.len());
        note(analysis, &analysis.model.clone(), text);
    }
}

fn note(analysis: &mut Analysis, subject: &str, text: String) {
    let notice = Notice::new(Stage::Analyse, subject, text);
    if !analysis.notices.contains(&notice) {
        analysis.notices.push(notice);
    }
}

/// The prompts, and what the cache knows.
fn prepare<'a>(
    asked: &'a [Question],
    terms: &Terms,
    provider: Option<&dyn Provider>,
    analysis: &mut Analysis,
) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    for question in asked {
        let Some(prompt) = prompt::build(question, terms.sanitizer, terms.ai.num_ctx, 1) else {
            let server = Server { address: "", model: &analysis.model, timeout: 0.0 };
            let text = Trouble::NoRoom.sentence(server);
            note(analysis, &question.incident, text);
            continue;
        };
        let (name, options) =
            provider.map_or(("none", serde_json::Value::Null), |provider| (provider.name(), provider.options()));
        let key = cache::key(&prompt, name, &terms.ai.model, &answer::schema(&prompt.fixes), &options);
        let entry = terms
            .store
            .filter(|_| !terms.fresh)
            .and_then(|store| cache::read(store, &key, terms.now, terms.ai.cache_ttl));
        let known = entry.and_then(|entry| {
            let mut checked = answer::check(&entry.content, &question.incident, &prompt, terms.sanitizer).ok()?;
            // What was left out when it was fresh is no longer there to be noticed.
            let noted = entry.remarks.iter().take(8).map(|remark| terms.sanitizer.clean(remark.as_bytes(), 300));
            let again = std::mem::replace(&mut checked.remarks, noted.collect());
            checked.remarks.extend(again);
            Some((entry.digest, checked))
        });
        items.push(Item { question, prompt, key, known, fresh: None, given_up: false });
    }
    items
}

/// Opinions, notices and state from what there is in the end.
fn settle(asked: usize, items: Vec<Item>, analysis: &mut Analysis) {
    for item in items {
        let checked = match (item.fresh, item.known) {
            (Some(checked), _) => checked,
            (None, Some((_, checked))) => {
                analysis.cached += 1;
                checked
            }
            (None, None) => continue,
        };
        for remark in checked.remarks {
            note(analysis, &item.question.incident, remark);
        }
        analysis.diagnoses.push(checked.opinion);
    }
    analysis.state = match analysis.diagnoses.len() {
        answered if answered == asked => State::Ok,
        0 => State::Unavailable,
        _ => State::Partial,
    };
}

struct Session<'a, 'b> {
    terms: &'a Terms<'a>,
    progress: &'a mut (dyn FnMut(Progress) + 'b),
    analysis: &'a mut Analysis,
    address: String,
}

impl Session<'_, '_> {
    fn ask_all(&mut self, items: &mut [Item], provider: &mut dyn Provider) {
        let budget = later(self.terms.ai.budget);
        let mut tired = false;
        let mut index = 0;
        while let Some(at) = items.iter().position(Item::is_open) {
            let open = items.iter().filter(|item| item.is_open()).count();
            index += 1;
            let deadline = later(self.terms.ai.timeout).min(budget);
            let outcome = self.ask_one(items, at, provider, deadline, (index, index + open - 1), &mut tired);
            let Some(item) = items.get_mut(at) else { return };
            let Failure { trouble, sent } = match outcome {
                Ok(checked) => {
                    item.fresh = Some(checked);
                    continue;
                }
                Err(failure) => failure,
            };
            item.given_up = true;
            let spent = Instant::now() >= budget;
            if spent && matches!(trouble, Trouble::OutOfTime | Trouble::NotLoaded) {
                return self.note_spent(open);
            }
            let text = self.terms.sanitizer.clean(trouble.sentence(self.server()).as_bytes(), 1000);
            if trouble.after() == After::Stop || !sent {
                return self.note_server(text);
            }
            note(self.analysis, &item.question.incident, text);
            if spent && open > 1 {
                return self.note_spent(open - 1);
            }
        }
    }

    fn server(&self) -> Server<'_> {
        Server { address: &self.address, model: &self.analysis.model, timeout: self.terms.ai.timeout.as_secs_f64() }
    }

    fn note_server(&mut self, text: String) {
        note(self.analysis, &self.address, text);
    }

    fn note_spent(&mut self, left: usize) {
        let seconds = self.terms.ai.budget.as_secs_f64();
        let noun = if left == 1 { "incident" } else { "incidents" };
        self.note_server(format!(
            "The time for all questions to the model at {} (`ai.budget`, {seconds} s) is used up; {left} {noun} got no answer. \
             Raise it, or choose a smaller model.",
            self.address
        ));
    }

    /// One question until it has an answer or may not be sent again.
    fn ask_one(
        &mut self,
        items: &mut [Item],
        at: usize,
        provider: &mut dyn Provider,
        deadline: Instant,
        question: (usize, usize),
        tired: &mut bool,
    ) -> Result<Checked, Failure> {
        let mut watch =
            Watch { deadline, interrupted: self.terms.interrupted, question, progress: &mut *self.progress };
        let mut sent = false;
        let mut shrink = 1;
        let mut tries = 0;
        loop {
            let Some(item) = items.get(at) else { return Err(Failure { trouble: Trouble::Interrupted, sent }) };
            let before = sent;
            let outcome = attempt(item, provider, self.terms, shrink, &mut watch, &mut sent);
            self.analysis.requests += u32::from(sent && !before);
            let trouble = match outcome {
                Ok(checked) => {
                    self.keep(&item.key, provider.digest(), &checked);
                    forget_other_models(items, provider.digest());
                    return Ok(checked);
                }
                Err(trouble) => trouble,
            };
            *tired |= matches!(trouble, Trouble::OutOfTime | Trouble::NotLoaded | Trouble::Stalled);
            tries += 1;
            match trouble.after() {
                After::Again if !*tired && tries <= allowed(&trouble) => match watch.pause(jitter(tries)) {
                    Ok(()) => {}
                    Err(Trouble::Interrupted) => return Err(Failure { trouble: Trouble::Interrupted, sent }),
                    // What the server said tells more than that the time ran out while waiting.
                    Err(_) => return Err(Failure { trouble, sent }),
                },
                After::Shorter if !*tired && sent && shrink == 1 => shrink = 2,
                _ => return Err(Failure { trouble, sent }),
            }
        }
    }

    fn keep(&mut self, key: &str, digest: Option<&str>, checked: &Checked) {
        let Some(store) = self.terms.store else { return };
        let entry = Entry {
            at: self.terms.now,
            digest: digest.map(str::to_owned),
            content: checked.opinion.content(),
            remarks: checked.remarks.clone(),
        };
        if let Err(error) = cache::write(store, key, &entry) {
            let why = self.terms.sanitizer.clean(error.to_string().as_bytes(), 200);
            note(
                self.analysis,
                "answers",
                format!(
                    "An answer of the model could not be kept ({why}): the next run asks again. Check the permissions of the state folder."
                ),
            );
        }
    }
}

/// Prepares the server and sends the question once.
fn attempt(
    item: &Item,
    provider: &mut dyn Provider,
    terms: &Terms,
    shrink: usize,
    watch: &mut Watch,
    sent: &mut bool,
) -> Result<Checked, Trouble> {
    if watch.is_interrupted() {
        return Err(Trouble::Interrupted);
    }
    provider.prepare(watch)?;
    let shorter =
        if shrink > 1 { prompt::build(item.question, terms.sanitizer, terms.ai.num_ctx, shrink) } else { None };
    let prompt = match (&shorter, shrink) {
        (Some(shorter), _) => shorter,
        (None, 1) => &item.prompt,
        (None, _) => return Err(Trouble::NoRoom),
    };
    *sent = true;
    let content = provider.ask(prompt, &answer::schema(&prompt.fixes), watch)?;
    answer::check(&content, &item.question.incident, prompt, terms.sanitizer).map_err(Trouble::BadAnswer)
}

/// What another model of the same name answered no longer counts.
fn forget_other_models(items: &mut [Item], digest: Option<&str>) {
    let Some(digest) = digest else { return };
    for item in items {
        if item.known.as_ref().is_some_and(|(known, _)| known.as_deref().is_some_and(|known| known != digest)) {
            item.known = None;
        }
    }
}

/// How often the same question may be sent again after this.
fn allowed(trouble: &Trouble) -> u32 {
    if matches!(trouble, Trouble::Busy(..)) { 2 } else { 1 }
}

/// Longer with each try, and never the same for two hosts.
fn jitter(tries: u32) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 250;
    Duration::from_millis(250 * u64::from(tries.min(4)) + random)
}

fn later(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time.min(FOR_EVER)).unwrap_or(now)
}
