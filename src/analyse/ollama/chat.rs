//! The streamed answer: lines of JSON, complete only with `done`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::status;
use super::wire::{Body, Event, Wire};
use crate::analyse::answer;
use crate::analyse::provider::{Progress, Watch};
use crate::analyse::trouble::Trouble;
use crate::sanitize::Sanitizer;

/// Between two tokens; the first may take all the time of the question.
const BETWEEN: Duration = Duration::from_secs(60);

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
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
}

/// Sends the question and collects the answer.
pub(super) fn ask(
    wire: &Wire,
    body: String,
    sanitizer: &Sanitizer,
    have: &[String],
    watch: &mut Watch,
) -> Result<String, Trouble> {
    let mut exchange = wire.send("POST", "/api/chat", Some(body), Body::Lines, watch)?;
    let mut status = 0;
    let mut until_closed = false;
    let mut answer = Answer::default();
    let mut refusal = Vec::new();
    loop {
        let tokens = answer.tokens;
        let idle = (tokens > 0).then_some(BETWEEN);
        let mut tick = |watch: &mut Watch| {
            let (index, of) = watch.question;
            (watch.progress)(Progress::Asking { index, of, tokens });
        };
        match exchange.next(watch, idle, &mut tick)? {
            Event::Head(head) => {
                status = head.status;
                until_closed = head.until_closed;
            }
            Event::Data(data) if status != 200 => refusal = data,
            Event::Data(line) => {
                if answer.take(&line, sanitizer, have)? {
                    return Ok(answer.content);
                }
            }
            Event::End | Event::Failed(_) if !matches!(status, 0 | 200) => {
                return Err(status::trouble(status, &refusal, sanitizer, have));
            }
            // A server that dies and one that forgets to say `done` look the same when only closing ends the body.
            Event::End if until_closed => return Err(Trouble::Broken("it was closed".to_owned())),
            Event::End => return Err(Trouble::NotDone),
            Event::Failed(trouble) => return Err(trouble),
        }
    }
}

#[derive(Default)]
struct Answer {
    content: String,
    tokens: u32,
}

impl Answer {
    /// Takes one line; `true` when the answer is complete.
    fn take(&mut self, line: &[u8], sanitizer: &Sanitizer, have: &[String]) -> Result<bool, Trouble> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(false);
        }
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            return Err(if self.tokens == 0 {
                super::not_ollama(line, "an answer")
            } else {
                Trouble::Broken("a line of it is no JSON".to_owned())
            });
        };
        if let Some(error) = line.error.filter(|error| !error.is_null()) {
            return Err(status::in_stream(&error, sanitizer, have));
        }
        if let Some(content) = line.message.and_then(|message| message.content) {
            if self.content.len() + content.len() > answer::LONGEST {
                return Err(Trouble::TooBig("an answer without end"));
            }
            self.content.push_str(&content);
        }
        self.tokens = self.tokens.saturating_add(1);
        if !line.done {
            return Ok(false);
        }
        match line.done_reason.as_deref() {
            Some("stop") => Ok(true),
            Some("length") => Err(Trouble::Cut),
            Some(other) => Err(Trouble::Ended(sanitizer.clean(other.as_bytes(), 40))),
            None => Err(Trouble::Ended("it does not say which".to_owned())),
        }
    }
}
