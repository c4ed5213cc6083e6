//! The streamed answer: server-sent events, complete only with a `finish_reason`.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Key;
use crate::analyse::provider::Usage;
use crate::analyse::stream::{Piece, Protocol};
use crate::analyse::trouble::Trouble;
use crate::sanitize::Sanitizer;

/// Bytes of a server's words in a notice.
const SAID: usize = 240;

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Tokens>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
}

/// Makes a server's words harmless.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub sanitizer: &'a Sanitizer,
    pub key: Option<&'a Key>,
}

impl Words<'_> {
    /// Redacted, escaped, short, and without the key.
    pub fn clean(&self, text: &str, max: usize) -> String {
        let text = self.key.map_or_else(|| text.to_owned(), |key| key.scrub(text));
        self.sanitizer.clean(text.trim().as_bytes(), max).replace('"', "'")
    }

    fn of(&self, error: &Value) -> String {
        match error {
            Value::String(text) => self.clean(text, SAID),
            Value::Object(fields) => {
                self.clean(fields.get("message").and_then(Value::as_str).unwrap_or_default(), SAID)
            }
            other => self.clean(&other.to_string(), SAID),
        }
    }
}

/// `/chat/completions`.
pub(super) struct Chat<'a> {
    pub words: Words<'a>,
}

impl Protocol for Chat<'_> {
    fn read(&self, line: &[u8], begun: bool) -> Result<Option<Piece>, Trouble> {
        let data = match line.strip_prefix(b"data:") {
            Some(data) => data.trim_ascii(),
            // Comments keep the line warm; a server that does not stream sends one object.
            None if line.starts_with(b"{") => line,
            None if line.starts_with(b":") || is_field(line) => return Ok(None),
            None => return Err(unknown(begun)),
        };
        if data == b"[DONE]" {
            return Ok(Some(Piece { last: true, ..Piece::default() }));
        }
        let event: Event =
            serde_json::from_slice(data).map_err(|_| match serde_json::from_slice::<IgnoredAny>(data) {
                Ok(_) if begun => Trouble::Malformed,
                _ => unknown(begun),
            })?;
        if let Some(error) = event.error.filter(|error| !error.is_null()) {
            let said = self.words.of(&error);
            return Err(if about_context(&said) { Trouble::TooLong(said) } else { Trouble::InStream(said) });
        }
        let usage = event.usage.map_or_else(Usage::default, |tokens| Usage {
            prompt: tokens.prompt_tokens,
            answer: tokens.completion_tokens,
        });
        let choice = event.choices.into_iter().next();
        let (delta, ended) = choice.map_or((None, None), |choice| (choice.delta, choice.finish_reason));
        Ok(Some(Piece {
            content: delta.and_then(|delta| delta.content),
            ended: ended.map(|reason| self.words.clean(&reason, 40)),
            usage,
            last: false,
        }))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Trouble {
        trouble(status, body, &self.words)
    }

    fn may_just_end(&self) -> bool {
        true
    }

    fn is_whole(&self, line: &[u8]) -> bool {
        let Some(data) = line.strip_prefix(b"data:") else { return true };
        !serde_json::from_slice::<IgnoredAny>(data).is_err_and(|error| error.is_eof())
    }

    fn more<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.strip_prefix(b"data:").unwrap_or_default()
    }
}

fn is_field(line: &[u8]) -> bool {
    [&b"event:"[..], b"id:", b"retry:"].iter().any(|field| line.starts_with(field))
}

fn unknown(begun: bool) -> Trouble {
    if begun {
        Trouble::Broken("a line of it is no JSON".to_owned())
    } else {
        Trouble::NotOllama("asked for an answer it sends something that heal does not understand".to_owned())
    }
}

/// The trouble that a status other than 200 means.
pub(super) fn trouble(status: u16, body: &[u8], words: &Words) -> Trouble {
    let json = serde_json::from_slice::<Value>(body).ok();
    // Some wrap all of it into a list.
    let json = json.map(|json| match json {
        Value::Array(mut all) if !all.is_empty() => all.swap_remove(0),
        other => other,
    });
    let error = json.as_ref().and_then(|json| json.get("error").or_else(|| json.get("message")));
    let said = error.map(|error| words.of(error)).unwrap_or_default();
    match status {
        300..=399 => Trouble::Redirected(status),
        401 | 403 => Trouble::Denied(status, said),
        404 if said.to_ascii_lowercase().contains("model") => Trouble::ModelMissing(Vec::new()),
        404 => Trouble::NotOllama("it does not know the path (status 404)".to_owned()),
        413 => Trouble::TooLong(said),
        400 | 500 if about_context(&said) => Trouble::TooLong(said),
        500 => Trouble::Failed(said),
        502 | 503 => Trouble::Busy(status, said),
        _ => Trouble::Status(status, said),
    }
}

fn about_context(said: &str) -> bool {
    let lower = said.to_ascii_lowercase();
    ["context length", "context size", "context window", "exceeds the context", "context_length"]
        .iter()
        .any(|words| lower.contains(words))
}
