//! Ollama's streamed answer: lines of JSON, complete only with `done`.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::status;
use crate::analyse::provider::Usage;
use crate::analyse::stream::{Piece, Protocol};
use crate::analyse::trouble::Trouble;
use crate::sanitize::Sanitizer;

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    eval_count: Option<u64>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
}

/// `/api/chat`.
pub(super) struct Chat<'a> {
    pub sanitizer: &'a Sanitizer,
    /// The models that are there.
    pub have: &'a [String],
}

impl Protocol for Chat<'_> {
    fn read(&self, line: &[u8], begun: bool) -> Result<Option<Piece>, Trouble> {
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            return Err(if begun && serde_json::from_slice::<IgnoredAny>(line).is_ok() {
                Trouble::Malformed
            } else if begun {
                Trouble::Broken("a line of it is no JSON".to_owned())
            } else {
                super::not_ollama(line, "an answer")
            });
        };
        if let Some(error) = line.error.filter(|error| !error.is_null()) {
            return Err(status::in_stream(&error, self.sanitizer, self.have));
        }
        Ok(Some(Piece {
            content: line.message.and_then(|message| message.content),
            ended: line.done_reason.map(|reason| self.sanitizer.clean(reason.as_bytes(), 40)),
            usage: Usage { prompt: line.prompt_eval_count, answer: line.eval_count },
            last: line.done,
        }))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Trouble {
        status::trouble(status, body, self.sanitizer, self.have)
    }

    fn may_just_end(&self) -> bool {
        false
    }
}
