//! What rules say about incidents, and what the model says: the only room that opens a socket to one, and its words
//! influence nothing.

mod address;
pub mod answer;
pub mod cache;
mod inspect;
mod item;
pub mod learn;
mod marks;
mod ollama;
mod openai;
mod picture;
#[cfg(not(fuzzing))]
mod prompt;
#[cfg(fuzzing)]
pub mod prompt;
mod proposal;
mod provider;
pub mod question;
pub mod rules;
mod session;
mod stream;
mod trouble;
mod wire;

use std::time::Instant;

use chrono::{DateTime, FixedOffset};

pub use address::Address;
pub use answer::{Confidence, Opinion};
pub use cache::AnswerStore;
pub use inspect::{Finding, Health, inspect};
pub use marks::MARK;
pub use openai::sanitizer;
pub use picture::Picture;
pub use proposal::Proposal;
pub use provider::{Progress, Step};
pub use question::{Excerpt, Question};

use crate::config::Ai;
use crate::notice::Notice;
use crate::sanitize::Sanitizer;
use crate::sys::signal::Interrupt;

/// How the asking went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All incidents asked about have an answer, or there was nothing to ask.
    Ok,
    /// Not wanted: nothing was contacted.
    Off,
    /// None has an answer.
    Unavailable,
    /// Some have an answer.
    Partial,
}

impl State {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Off => "off",
            Self::Unavailable => "unavailable",
            Self::Partial => "partial",
        }
    }
}

/// All that the model's part of a run gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// How it went.
    pub state: State,
    /// The configured model.
    pub model: String,
    /// Questions sent.
    pub requests: u32,
    /// Answers from the cache.
    pub cached: u32,
    /// Tokens of the questions, as the server counts them.
    pub prompt_tokens: u64,
    /// Tokens of the answers.
    pub answer_tokens: u64,
    /// Wall time.
    pub seconds: f64,
    /// In the order of the questions.
    pub diagnoses: Vec<Opinion>,
    /// Of all incidents together, when there are several.
    pub picture: Option<Picture>,
    /// What went wrong and what to do; all of stage `analyse`.
    pub notices: Vec<Notice>,
}

/// Under which terms one asks.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// Which model, where, how long.
    pub ai: &'a Ai,
    /// Cleans what goes out and what comes in.
    pub sanitizer: &'a Sanitizer,
    /// The cache, where there is one.
    pub store: Option<&'a dyn AnswerStore>,
    /// Ask even when the cache knows (`--fresh`); the new answer replaces the old one.
    pub fresh: bool,
    /// The present, for the age of what the cache holds.
    pub now: DateTime<FixedOffset>,
    /// Asked when the user wants to leave: the asking ends at once.
    pub interrupted: &'a Interrupt,
}

/// Asks the model about the first `ai.max_incidents` questions, one request each, and once about all of them.
///
/// Every trouble is a notice; the call ends within `ai.budget` whatever the server does. When the cache knows all
/// answers, or there is nothing to ask, nothing is contacted.
#[must_use]
pub fn ask(questions: &[Question], terms: &Terms, progress: &mut dyn FnMut(Progress)) -> Analysis {
    let started = Instant::now();
    let model = terms.sanitizer.clean(terms.ai.model.as_bytes(), 200);
    let mut analysis = Analysis {
        state: State::Off,
        model,
        requests: 0,
        cached: 0,
        prompt_tokens: 0,
        answer_tokens: 0,
        seconds: 0.0,
        diagnoses: Vec::new(),
        picture: None,
        notices: Vec::new(),
    };
    if !terms.ai.enabled {
        return analysis;
    }
    session::run(questions, terms, progress, &mut analysis);
    analysis.seconds = started.elapsed().as_secs_f64();
    analysis
}
