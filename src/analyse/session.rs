//! One run's questions: the cache first, then the server, within the budget, with the retries that are allowed.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::mem::discriminant;
use std::time::{Duration, Instant};

use super::cache::{self, Entry};
use super::item::{About, Checked, Item, Said};
use super::ollama::Ollama;
use super::openai::OpenAi;
use super::prompt::BYTES_A_TOKEN;
use super::provider::{Progress, Provider, Usage, Watch};
use super::question::Question;
use super::trouble::{After, Server, Trouble};
use super::{Analysis, State, Terms};
use crate::config;
use crate::notice::{Notice, Stage};

/// Whatever a server claims, so much of a question is sent.
const LEAST_SQUEEZE: f64 = 0.4;
/// Longer times are as good as for ever, and never overflow a clock.
const FOR_EVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// Why a question got no answer.
struct Failure {
    trouble: Trouble,
    /// What an earlier try met, where it was something else: a server that dies breaks an answer first.
    earlier: Option<Trouble>,
    /// The server was ready and the question was sent.
    sent: bool,
}

impl Failure {
    fn of<T>(trouble: Trouble, earlier: Option<Trouble>, sent: bool) -> Result<T, Self> {
        let is_news =
            |earlier: &Trouble| trouble != Trouble::Interrupted && discriminant(earlier) != discriminant(&trouble);
        Err(Self { earlier: earlier.filter(is_news), trouble, sent })
    }
}

pub(super) fn run(questions: &[Question], terms: &Terms, progress: &mut dyn FnMut(Progress), analysis: &mut Analysis) {
    let asked = questions.get(..terms.ai.max_incidents).unwrap_or(questions);
    let mut provider = open(terms);
    let mut items = prepare(asked, terms, provider.as_deref().ok(), analysis);
    if items.iter().any(Item::is_open) {
        match &mut provider {
            Ok(provider) => {
                let address = provider.address().shown();
                if !provider.address().is_loopback() {
                    let text = format!(
                        "`{}` is on another host: redacted excerpts of the logs are sent to {address}.",
                        terms.ai.provider.address_key()
                    );
                    note(analysis, &address, text);
                }
                let mut session = Session { terms, progress, analysis, address, squeeze: 1.0, wrote: false };
                session.ask_all(&mut items, provider.as_mut());
                for remark in provider.remarks() {
                    note(analysis, &provider.address().shown(), remark);
                }
            }
            Err(trouble) => {
                let text = trouble.sentence(nowhere(terms, analysis));
                note(analysis, "ai", terms.sanitizer.clean(text.as_bytes(), 1000));
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

/// The server of the configuration; contacts nobody.
fn open<'a>(terms: &Terms<'a>) -> Result<Box<dyn Provider + 'a>, Trouble> {
    let (ai, sanitizer) = (terms.ai, terms.sanitizer);
    match &ai.provider {
        config::Provider::Ollama => Ok(Box::new(Ollama::new(ai, sanitizer)?)),
        config::Provider::OpenAi { base_url, api_key_file } => {
            Ok(Box::new(OpenAi::new(ai, base_url, api_key_file.as_deref(), sanitizer)?))
        }
    }
}

/// Of a server that is not known yet.
fn nowhere<'a>(terms: &Terms<'a>, analysis: &'a Analysis) -> Server<'a> {
    Server {
        provider: &terms.ai.provider,
        address: "",
        model: &analysis.model,
        timeout: 0.0,
        num_ctx: terms.ai.num_ctx,
    }
}

fn note(analysis: &mut Analysis, subject: &str, text: String) {
    let notice = Notice::new(Stage::Analyse, subject, text);
    if !analysis.notices.contains(&notice) {
        analysis.notices.push(notice);
    }
}

/// The questions, and what the cache knows: one for each incident, and one over all when there are several.
fn prepare<'a>(
    asked: &'a [Question],
    terms: &Terms,
    provider: Option<&(dyn Provider + '_)>,
    analysis: &mut Analysis,
) -> Vec<Item<'a>> {
    let all = (asked.len() > 1).then_some(About::All(asked));
    let mut items = Vec::new();
    for about in asked.iter().map(About::Incident).chain(all) {
        if let Some(item) = Item::new(about, terms, provider) {
            items.push(item);
        } else {
            let text =
                Trouble::NoRoom(about.needs(terms.sanitizer, terms.ai.num_ctx)).sentence(nowhere(terms, analysis));
            note(analysis, about.subject(), text);
        }
    }
    items
}

/// Opinions, notices and state from what there is in the end.
fn settle(asked: usize, items: Vec<Item>, analysis: &mut Analysis) {
    for item in items {
        let about = item.about;
        let Some((checked, cached)) = item.settled() else { continue };
        analysis.cached += u32::from(cached);
        for remark in checked.remarks {
            note(analysis, about.subject(), remark);
        }
        match checked.said {
            Said::Opinion(opinion) => analysis.diagnoses.push(opinion),
            Said::Picture(picture) => analysis.picture = Some(picture),
        }
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
    /// Below 1 where the tokens of this model hold fewer bytes than estimated.
    squeeze: f64,
    /// An answer was kept.
    wrote: bool,
}

impl Session<'_, '_> {
    fn ask_all(&mut self, items: &mut [Item], provider: &mut dyn Provider) {
        let budget = later(self.terms.ai.budget);
        let mut tired = false;
        let mut index = 0;
        while let Some(at) = items.iter().position(Item::is_open) {
            // Over all of them only once something is known of one.
            if !items.iter().any(Item::is_answered) && items.get(at).is_some_and(|item| !item.about.is_incident()) {
                return;
            }
            let open = items.iter().filter(|item| item.is_open()).count();
            index += 1;
            let deadline = later(self.terms.ai.timeout).min(budget);
            let outcome = self.ask_one(items, at, provider, deadline, (index, index + open - 1), &mut tired);
            let Some(item) = items.get_mut(at) else { return };
            let Failure { trouble, earlier, sent } = match outcome {
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
            if let Some(earlier) = earlier {
                note(self.analysis, item.about.subject(), self.words(&earlier));
            }
            let text = self.words(&trouble);
            if trouble.after() == After::Stop || !sent {
                return self.note_server(text);
            }
            note(self.analysis, item.about.subject(), text);
            if spent && open > 1 {
                return self.note_spent(open - 1);
            }
        }
    }

    fn server(&self) -> Server<'_> {
        let provider = &self.terms.ai.provider;
        Server {
            provider,
            address: &self.address,
            model: &self.analysis.model,
            timeout: self.terms.ai.timeout.as_secs_f64(),
            num_ctx: self.terms.ai.num_ctx,
        }
    }

    fn words(&self, trouble: &Trouble) -> String {
        self.terms.sanitizer.clean(trouble.sentence(self.server()).as_bytes(), 1000)
    }

    fn note_server(&mut self, text: String) {
        note(self.analysis, &self.address, text);
    }

    fn note_spent(&mut self, left: usize) {
        let seconds = self.terms.ai.budget.as_secs_f64();
        let noun = if left == 1 { "question" } else { "questions" };
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
        let mut met: Option<Trouble> = None;
        loop {
            let Some(item) = items.get(at) else { return Failure::of(Trouble::Interrupted, met, sent) };
            let before = sent;
            let size = Size { shrink, squeeze: self.squeeze };
            let mut cost = None;
            let outcome = attempt(item, provider, self.terms, size, &mut watch, (&mut sent, &mut cost));
            self.analysis.requests += u32::from(sent && !before);
            if let Some(cost) = cost {
                count(self.analysis, &mut self.squeeze, &cost);
            }
            let trouble = match outcome {
                Ok(checked) => {
                    self.keep(item, provider.digest(), &checked);
                    forget_other_models(items, provider.digest());
                    return Ok(checked);
                }
                Err(trouble) => trouble,
            };
            *tired |= matches!(trouble, Trouble::OutOfTime | Trouble::NotLoaded | Trouble::Stalled);
            tries += 1;
            match trouble.after() {
                After::Again if !*tired && tries <= allowed(&trouble) => match watch.pause(jitter(tries)) {
                    Ok(()) => met = Some(trouble),
                    Err(Trouble::Interrupted) => return Failure::of(Trouble::Interrupted, met, sent),
                    // What the server said tells more than that the time ran out while waiting.
                    Err(_) => return Failure::of(trouble, met, sent),
                },
                After::Shorter if !*tired && sent && shrink == 1 => shrink = 2,
                _ => return Failure::of(trouble, met, sent),
            }
        }
    }

    fn keep(&mut self, item: &Item, digest: Option<&str>, checked: &Checked) {
        let Some(store) = self.terms.store else { return };
        let entry = Entry {
            at: self.terms.now,
            digest: digest.map(str::to_owned),
            content: item.about.content(&checked.said),
            remarks: checked.remarks.clone(),
        };
        let written = cache::write(store, &item.key, &entry);
        if written.is_ok() && !std::mem::replace(&mut self.wrote, true) {
            let ttl = chrono::TimeDelta::from_std(self.terms.ai.cache_ttl).ok();
            ttl.and_then(|ttl| self.terms.now.checked_sub_signed(ttl)).into_iter().for_each(|old| store.prune(old));
        }
        if let Err(error) = written {
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

/// Adds up what an answer cost, and learns how many bytes a token holds.
#[expect(clippy::cast_precision_loss, reason = "a ratio of small numbers")]
fn count(analysis: &mut Analysis, squeeze: &mut f64, cost: &Cost) {
    analysis.answer_tokens = analysis.answer_tokens.saturating_add(cost.usage.answer.unwrap_or(0));
    let Some(tokens) = cost.usage.prompt.filter(|tokens| *tokens > 0) else { return };
    analysis.prompt_tokens = analysis.prompt_tokens.saturating_add(tokens);
    let measured = cost.bytes as f64 / tokens as f64 / BYTES_A_TOKEN as f64;
    *squeeze = squeeze.min(measured).max(LEAST_SQUEEZE);
}

/// How much smaller than usual a question must be.
#[derive(Clone, Copy)]
struct Size {
    shrink: usize,
    squeeze: f64,
}

/// What an answer cost, and the bytes of its question.
struct Cost {
    usage: Usage,
    bytes: usize,
}

/// Prepares the server and sends the question once.
fn attempt(
    item: &Item,
    provider: &mut dyn Provider,
    terms: &Terms,
    size: Size,
    watch: &mut Watch,
    (sent, cost): (&mut bool, &mut Option<Cost>),
) -> Result<Checked, Trouble> {
    if watch.is_interrupted() {
        return Err(Trouble::Interrupted);
    }
    provider.prepare(watch)?;
    let num_ctx = fitting(terms.ai.num_ctx, provider.context(), size.squeeze);
    let usual = size.shrink == 1 && num_ctx == terms.ai.num_ctx;
    let shorter = if usual { None } else { item.about.prompt(terms.sanitizer, num_ctx, size.shrink) };
    let prompt = match &shorter {
        Some(shorter) => shorter,
        None if usual => &item.prompt,
        None => return Err(Trouble::NoRoom(None)),
    };
    *sent = true;
    let reply = provider.ask(prompt, &item.about.schema(prompt), watch)?;
    *cost = Some(Cost { usage: reply.usage, bytes: prompt.bytes() });
    item.about.check(&reply.content, prompt, terms.sanitizer).map_err(Trouble::BadAnswer)
}

/// The context that a question may fill: no more than the model has, and less where its tokens are small.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a number that fits")]
fn fitting(num_ctx: u32, context: Option<u32>, squeeze: f64) -> u32 {
    let most = context.map_or(num_ctx, |context| context.min(num_ctx));
    if squeeze < 1.0 { (f64::from(most) * squeeze) as u32 } else { most }
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
