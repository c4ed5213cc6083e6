//! Ollama: is the model there, is it local, load it, ask it.

mod address;
mod chat;
mod status;
mod wire;

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

pub use address::Address;

use super::prompt::{self, Prompt};
use super::provider::{Progress, Provider, Watch};
use super::trouble::Trouble;
use crate::config::Ai;
use crate::sanitize::Sanitizer;
use wire::{Body, Event, Wire};

/// The list of models is a look into a folder: no healthy server takes longer.
const LISTING: Duration = Duration::from_secs(20);
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
        let wire = Wire::new(&address, ai.ca_file.as_deref())?;
        Ok(Self { ai, sanitizer, address, wire, digest: None, have: Vec::new(), listed: false, loaded: false })
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// `GET /api/tags`: is the model there, and is it here?
    fn list(&mut self, watch: &mut Watch) -> Result<(), Trouble> {
        let name = self.ai.model.to_ascii_lowercase();
        if !self.ai.allow_remote && (name.ends_with(":cloud") || name.ends_with("-cloud")) {
            return Err(Trouble::Cloud);
        }
        let deadline = watch.deadline.min(Instant::now() + LISTING);
        let mut short = Watch {
            deadline,
            interrupted: watch.interrupted,
            question: watch.question,
            progress: &mut *watch.progress,
        };
        let body = match self.whole("GET", "/api/tags", None, &mut short, &mut |_| {}) {
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
        self.digest.clone_from(&tag.digest);
        self.listed = true;
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
        let mut tick = |watch: &mut Watch| (watch.progress)(Progress::Loading { seconds: started.elapsed().as_secs() });
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
        let mut exchange = self.wire.send(method, path, body, Body::Whole, watch)?;
        let mut status = 0;
        let mut all = Vec::new();
        loop {
            match exchange.next(watch, None, tick)? {
                Event::Head(head) => status = head.status,
                Event::Data(data) => all = data,
                Event::End if status == 200 => return Ok(all),
                Event::End => return Err(status::trouble(status, &all, self.sanitizer, &self.have)),
                // A status that says what is wrong says more than the way its body broke off.
                Event::Failed(_) if !matches!(status, 0 | 200) => {
                    return Err(status::trouble(status, &all, self.sanitizer, &self.have));
                }
                Event::Failed(trouble) => return Err(trouble),
            }
        }
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
        if !self.listed {
            self.list(watch)?;
        }
        if !self.loaded {
            self.load(watch)?;
        }
        Ok(())
    }

    fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    fn ask(&mut self, prompt: &Prompt, format: &Value, watch: &mut Watch) -> Result<String, Trouble> {
        let body = json!({
            "model": self.ai.model,
            "messages": prompt.messages_json(),
            "stream": true,
            "truncate": false,
            "format": format,
            "options": self.options(),
        });
        chat::ask(&self.wire, body.to_string(), self.sanitizer, &self.have, watch)
    }
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
