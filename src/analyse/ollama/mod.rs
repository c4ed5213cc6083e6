//! Ollama: is the model there, is it local, load it, ask it.

mod about;
mod chat;
mod status;

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

pub use about::Version;

use super::address::Address;
use super::cache;
use super::prompt::{self, Prompt};
use super::provider::{Provider, Reply, Step, Watch};
use super::stream;
use super::trouble::Trouble;
use super::wire::{Wire, whole_answer};
use crate::config::Ai;
use crate::sanitize::Sanitizer;
use about::{Shown, Think};

/// The list of models is a look into a folder: no healthy server takes longer.
const LISTING: Duration = Duration::from_secs(20);
/// So is what it says of itself; without it one asks all the same.
const ABOUT: Duration = Duration::from_secs(5);
/// Models named in a notice.
const NAMED: usize = 12;
const SEED: u32 = 7;

/// One server and one model of it.
pub(super) struct Ollama<'a> {
    ai: &'a Ai,
    sanitizer: &'a Sanitizer,
    address: Address,
    wire: Wire,
    digest: Option<String>,
    have: Vec<String>,
    version: Option<Version>,
    shown: Shown,
    listed: bool,
    loaded: bool,
}

#[derive(Deserialize)]
struct Tags {
    models: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    name: String,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    remote_host: Option<String>,
}

impl<'a> Ollama<'a> {
    /// Contacts nobody.
    ///
    /// # Errors
    /// An address or an authority that cannot be used.
    pub fn new(ai: &'a Ai, sanitizer: &'a Sanitizer) -> Result<Self, Trouble> {
        let address = Address::parse(&ai.ollama_url).map_err(Trouble::Address)?;
        let wire = Wire::new(&address, ai.ca_file.as_deref(), None)?;
        Ok(Self {
            ai,
            sanitizer,
            address,
            wire,
            digest: None,
            have: Vec::new(),
            version: None,
            shown: Shown::default(),
            listed: false,
            loaded: false,
        })
    }

    /// The server's version, where it told one.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// Finds out about server and model, and loads nothing.
    ///
    /// # Errors
    /// What stands in the way of asking.
    pub fn find(&mut self, watch: &mut Watch) -> Result<(), Trouble> {
        if self.listed {
            return Ok(());
        }
        self.list(watch)?;
        self.introduce(watch)?;
        self.listed = true;
        Ok(())
    }

    /// `GET /api/version`, `POST /api/show`: what does not come is done without.
    fn introduce(&mut self, watch: &mut Watch) -> Result<(), Trouble> {
        if let Some(body) = self.told("GET", "/api/version", None, watch)? {
            let version = serde_json::from_slice::<Value>(&body).ok();
            let text = version.as_ref().and_then(|version| version.get("version")).and_then(Value::as_str);
            self.version = text.and_then(Version::parse);
        }
        let body = json!({"model": self.ai.model}).to_string();
        if let Some(body) = self.told("POST", "/api/show", Some(body), watch)? {
            self.shown = Shown::parse(&body);
        }
        if self.shown.remote && !self.ai.allow_remote {
            return Err(Trouble::Cloud);
        }
        if self.shown.never_answers() {
            let made_for = self.shown.made_for.iter().take(NAMED);
            return Err(Trouble::NoAnswers(made_for.map(|one| self.sanitizer.clean(one.as_bytes(), 40)).collect()));
        }
        Ok(())
    }

    fn told(
        &self,
        method: &'static str,
        path: &str,
        body: Option<String>,
        watch: &mut Watch,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        // Of little time most is left for what is needed.
        let most = watch.left().map_or(ABOUT, |left| ABOUT.min(left / 8));
        match whole_answer(&self.wire, method, path, body, &mut watch.within(most), &mut |_| {}) {
            Ok((200, body)) => Ok(Some(body)),
            Err(Trouble::Interrupted) => Err(Trouble::Interrupted),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// `GET /api/tags`: is the model there, and is it here?
    fn list(&mut self, watch: &mut Watch) -> Result<(), Trouble> {
        let name = self.ai.model.to_ascii_lowercase();
        if !self.ai.allow_remote && (name.ends_with(":cloud") || name.ends_with("-cloud")) {
            return Err(Trouble::Cloud);
        }
        let body = match self.whole("GET", "/api/tags", None, &mut watch.within(LISTING), &mut |_| {}) {
            Err(Trouble::OutOfTime) => {
                return Err(Trouble::Unreachable("it takes the connection and does not answer".to_owned()));
            }
            Err(Trouble::ModelMissing(_)) => {
                return Err(Trouble::NotOllama("it has no list of models (status 404)".to_owned()));
            }
            other => other?,
        };
        let Ok(Tags { models: Some(models) }) = serde_json::from_slice::<Tags>(&body) else {
            return Err(not_ollama(&body, "its list of models"));
        };
        self.have = models.iter().take(NAMED).map(|tag| self.sanitizer.clean(tag.name.as_bytes(), 100)).collect();
        let wanted = full_name(&self.ai.model);
        let Some(tag) = models.iter().find(|tag| full_name(&tag.name) == wanted) else {
            return Err(Trouble::ModelMissing(self.have.clone()));
        };
        if !self.ai.allow_remote && tag.remote_host.as_deref().is_some_and(|host| !host.is_empty()) {
            return Err(Trouble::Cloud);
        }
        self.digest = tag.digest.as_deref().map(cache::digest);
        Ok(())
    }

    /// An empty conversation loads the model; nothing comes back before it is there.
    fn load(&mut self, watch: &mut Watch) -> Result<(), Trouble> {
        let body = json!({
            "model": self.ai.model,
            "messages": [],
            "stream": false,
            "options": {"num_ctx": self.ai.num_ctx},
        });
        let started = Instant::now();
        let mut tick = |watch: &mut Watch| watch.tell(Step::Loading { seconds: started.elapsed().as_secs() });
        let answer = match self.whole("POST", "/api/chat", Some(body.to_string()), watch, &mut tick) {
            Err(Trouble::OutOfTime) => return Err(Trouble::NotLoaded),
            other => other?,
        };
        // A server that streams all the same sends lines: the first tells.
        let first = answer.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        let Ok(Value::Object(said)) = serde_json::from_slice::<Value>(first) else {
            return Err(not_ollama(&answer, "an answer to an empty question"));
        };
        if let Some(error) = said.get("error") {
            return Err(status::in_stream(error, self.sanitizer, &self.have));
        }
        self.loaded = true;
        Ok(())
    }

    /// A request whose whole body is wanted.
    fn whole(
        &self,
        method: &'static str,
        path: &str,
        body: Option<String>,
        watch: &mut Watch,
        tick: &mut dyn FnMut(&mut Watch),
    ) -> Result<Vec<u8>, Trouble> {
        match whole_answer(&self.wire, method, path, body, watch, tick)? {
            (200, all) => Ok(all),
            (status, all) => Err(status::trouble(status, &all, self.sanitizer, &self.have)),
        }
    }

    /// Tokens that the answer may take: thinking counts against them.
    fn answer_room(&self, prompt: &Prompt, think: Think) -> u32 {
        let usual = prompt::answer_tokens(self.ai.num_ctx);
        if think == Think::Off || self.shown.thinks != Some(true) {
            return usual;
        }
        usual.max(self.ai.num_ctx.saturating_sub(prompt.tokens()).saturating_sub(prompt::SPARE))
    }
}

impl Provider for Ollama<'_> {
    fn name(&self) -> &'static str {
        "ollama"
    }

    fn options(&self) -> Value {
        // The same num_ctx over the run: another one would load the model again.
        json!({
            "temperature": 0,
            "seed": SEED,
            "num_ctx": self.ai.num_ctx,
            "num_predict": prompt::answer_tokens(self.ai.num_ctx),
        })
    }

    fn prepare(&mut self, watch: &mut Watch) -> Result<(), Trouble> {
        self.find(watch)?;
        if !self.loaded {
            self.load(watch)?;
        }
        Ok(())
    }

    fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn context(&self) -> Option<u32> {
        self.shown.context
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(version) = self.version.filter(|version| version.leaks() && !self.address.is_loopback()) {
            remarks.push(leaks(version, &self.address.shown()));
        }
        if let Some(version) = self.version.filter(|version| version.cuts_silently()) {
            remarks.push(cuts(version));
        }
        if let Some(context) = self.shown.context.filter(|context| *context < self.ai.num_ctx) {
            let model = self.sanitizer.clean(self.ai.model.as_bytes(), 200);
            remarks.push(small(&model, context, self.ai.num_ctx));
        }
        remarks
    }

    fn ask(&mut self, prompt: &Prompt, format: &Value, watch: &mut Watch) -> Result<Reply, Trouble> {
        let think = Think::choose(self.version, self.shown.thinks);
        let mut body = json!({
            "model": self.ai.model,
            "messages": prompt.messages_json(),
            "stream": true,
            "truncate": false,
            "format": format,
            "options": self.options(),
        });
        body["options"]["num_predict"] = self.answer_room(prompt, think).into();
        if think == Think::Off {
            body["think"] = false.into();
        }
        let chat = chat::Chat { sanitizer: self.sanitizer, have: &self.have };
        stream::ask(&self.wire, "/api/chat", body.to_string(), &chat, watch)
    }
}

/// What to say of a server that leaks.
pub fn leaks(version: Version, address: &str) -> String {
    format!(
        "Ollama {version} at {address} is older than 0.17.1: whoever reaches it over the network can read its memory (CVE-2026-7482). Update it with `curl -fsSL https://ollama.com/install.sh | sh` on that host."
    )
}

/// What to say of a server that cuts questions silently.
pub fn cuts(version: Version) -> String {
    format!("Ollama {version} is older than 0.12.6: it may cut a long question without a word. Update it.")
}

/// What to say of a model with a small context.
pub fn small(model: &str, context: u32, wanted: u32) -> String {
    format!(
        "The model {model} has a context of {context} tokens, less than `ai.num_ctx: {wanted}`: questions are shortened. Choose another model, or set `ai.num_ctx: {context}`."
    )
}

/// `llama3.2` means `llama3.2:latest`, of the official library.
fn full_name(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let name = name.strip_prefix("registry.ollama.ai/").unwrap_or(&name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let tagged = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if tagged { name.to_owned() } else { format!("{name}:latest") }
}

fn not_ollama(body: &[u8], about: &str) -> Trouble {
    let page = body.trim_ascii_start().first() == Some(&b'<');
    let what = if page { "a web page" } else { "something that heal does not understand" };
    Trouble::NotOllama(format!("asked for {about} it sends {what}"))
}

#[cfg(test)]
mod tests;
