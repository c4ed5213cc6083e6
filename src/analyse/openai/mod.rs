//! Any server that speaks the chat protocol of `OpenAI`: llama.cpp, vLLM, LM Studio, hosted ones. Same schema, same rules.

mod chat;
mod key;
mod schema;

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::address::Address;
use super::prompt::{self, Prompt};
use super::provider::{Provider, Reply, Watch};
use super::stream;
use super::trouble::Trouble;
use super::wire::{Wire, whole_answer};
use crate::config::Ai;
use crate::sanitize::Sanitizer;
pub(super) use key::Key;
pub use key::sanitizer;

/// A list of models takes no longer.
const LISTING: Duration = Duration::from_secs(10);
/// Models named in a notice.
const NAMED: usize = 12;

/// One server and one model of it.
pub(super) struct OpenAi<'a> {
    ai: &'a Ai,
    sanitizer: &'a Sanitizer,
    address: Address,
    wire: Wire,
    key: Option<Key>,
}

#[derive(Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

impl<'a> OpenAi<'a> {
    /// Contacts nobody.
    ///
    /// # Errors
    /// An address, a key or an authority that cannot be used.
    pub fn new(ai: &'a Ai, base_url: &str, key_file: Option<&Path>, sanitizer: &'a Sanitizer) -> Result<Self, Trouble> {
        if !base_url.contains("://") {
            return Err(Trouble::Address("it begins with neither http:// nor https://".to_owned()));
        }
        let address = Address::parse(base_url).map_err(Trouble::Address)?;
        if !address.is_loopback() && !ai.allow_remote {
            return Err(Trouble::Remote);
        }
        let key = key_file.map(Key::read).transpose().map_err(|(why, mend)| Trouble::Key(why, mend))?;
        if key.is_some() && !address.is_private() {
            return Err(Trouble::Key(
                "would be sent unencrypted over the network: write https:// in `ai.base_url`".to_owned(),
                None,
            ));
        }
        let wire = Wire::new(&address, ai.ca_file.as_deref(), key.as_ref().map(|key| key.expose().to_owned()))?;
        Ok(Self { ai, sanitizer, address, wire, key })
    }

    /// `GET /models`: what is there, as far as the server tells; `None` where it keeps no list.
    ///
    /// # Errors
    /// What stands in the way of asking.
    pub fn list(&self, watch: &mut Watch) -> Result<Option<Vec<String>>, Trouble> {
        let (status, body) = whole_answer(&self.wire, "GET", "/models", None, &mut watch.within(LISTING), &mut |_| {})?;
        match status {
            200 => {}
            404 | 405 | 501 => return Ok(None),
            _ => return Err(chat::trouble(status, &body, &self.words())),
        }
        let Ok(Models { data }) = serde_json::from_slice::<Models>(&body) else {
            return Err(Trouble::NotOllama(
                "asked for its list of models it sends something that heal does not understand".to_owned(),
            ));
        };
        Ok(Some(data.iter().take(NAMED).map(|model| self.words().clean(&model.id, 100)).collect()))
    }

    /// Whether it knows the path of questions. A conversation without a message asks nothing: a server that knows the
    /// path finds fault with it, or has nothing to answer.
    ///
    /// # Errors
    /// What stands in the way of asking.
    pub fn knock(&self, watch: &mut Watch) -> Result<(), Trouble> {
        let body = json!({"model": self.ai.model, "messages": [], "max_tokens": 1}).to_string();
        let mut watch = watch.within(LISTING);
        let (status, body) =
            whole_answer(&self.wire, "POST", "/chat/completions", Some(body), &mut watch, &mut |_| {})?;
        match status {
            200 | 400 | 413 | 422 | 429 | 500 => Ok(()),
            _ => Err(chat::trouble(status, &body, &self.words())),
        }
    }

    fn words(&self) -> chat::Words<'_> {
        chat::Words { sanitizer: self.sanitizer, key: self.key.as_ref() }
    }
}

impl Provider for OpenAi<'_> {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn options(&self) -> Value {
        json!({"temperature": 0, "max_tokens": prompt::answer_tokens(self.ai.num_ctx), "server": self.address.url("")})
    }

    fn prepare(&mut self, _watch: &mut Watch) -> Result<(), Trouble> {
        // The protocol knows no loading, and a list that such a server may or may not have proves nothing.
        Ok(())
    }

    fn digest(&self) -> Option<&str> {
        None
    }

    fn context(&self) -> Option<u32> {
        None
    }

    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    fn ask(&mut self, prompt: &Prompt, format: &Value, watch: &mut Watch) -> Result<Reply, Trouble> {
        let body = json!({
            "model": self.ai.model,
            "messages": prompt.messages_json(),
            "stream": true,
            "stream_options": {"include_usage": true},
            "temperature": 0,
            "max_tokens": prompt::answer_tokens(self.ai.num_ctx),
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": true, "schema": schema::strict(format)},
            },
        });
        let chat = chat::Chat { words: self.words() };
        let mut reply = match stream::ask(&self.wire, "/chat/completions", body.to_string(), &chat, watch) {
            Err(Trouble::ModelMissing(_)) => {
                return Err(Trouble::ModelMissing(self.list(watch).ok().flatten().unwrap_or_default()));
            }
            other => other?,
        };
        if let Some(key) = &self.key {
            reply.content = key.scrub_json(&reply.content);
        }
        Ok(reply)
    }
}

#[cfg(test)]
mod tests;
