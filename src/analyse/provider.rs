//! What any server of models can do for us; a second provider is one file that implements this.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::address::Address;
use super::prompt::Prompt;
use super::trouble::Trouble;
use crate::sys::signal::Interrupt;

/// What happens while one waits; shown on a terminal by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which question, from 1.
    pub index: usize,
    /// How many there are.
    pub of: usize,
    /// How far it is.
    pub step: Step,
}

/// How far a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The model is being loaded.
    Loading {
        /// Since when.
        seconds: u64,
    },
    /// The question was sent, and no token came yet.
    Waiting {
        /// Since when.
        seconds: u64,
    },
    /// The answer is coming.
    Answering {
        /// Pieces of the answer so far.
        tokens: u32,
        /// Since the first of them.
        millis: u64,
    },
}

/// What an answer cost, as the server counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the question; `None` when it does not say.
    pub prompt: Option<u64>,
    /// Tokens of the answer.
    pub answer: Option<u64>,
}

/// A complete answer, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What the model wrote.
    pub content: String,
    /// What it cost.
    pub usage: Usage,
}

/// How long to wait, and whom to tell.
pub struct Watch<'a> {
    /// Nothing goes on behind it.
    pub deadline: Instant,
    /// The user wants to leave.
    pub interrupted: &'a Interrupt,
    /// Which question, from 1, of how many.
    pub question: (usize, usize),
    /// Told about ten times a second.
    pub progress: &'a mut dyn FnMut(Progress),
}

impl Watch<'_> {
    /// What is left; `None` behind the deadline.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Whether the user wants to leave.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.is_asked()
    }

    /// Tells how far the question is.
    pub fn tell(&mut self, step: Step) {
        let (index, of) = self.question;
        (self.progress)(Progress { index, of, step });
    }

    /// The same with an earlier end.
    #[must_use]
    pub fn within(&mut self, most: Duration) -> Watch<'_> {
        Watch {
            deadline: self.deadline.min(Instant::now() + most),
            interrupted: self.interrupted,
            question: self.question,
            progress: &mut *self.progress,
        }
    }

    /// Waits, and stops for the user or the deadline.
    ///
    /// # Errors
    /// Which of the two it was.
    pub fn pause(&self, time: Duration) -> Result<(), Trouble> {
        let left = self.left().unwrap_or_default();
        if self.interrupted.pause(time.min(left)) {
            return Err(Trouble::Interrupted);
        }
        if left <= time { Err(Trouble::OutOfTime) } else { Ok(()) }
    }
}

/// A server of models.
pub trait Provider {
    /// The word in the cache's key.
    fn name(&self) -> &'static str;

    /// Where it listens.
    fn address(&self) -> &Address;

    /// What besides the messages and the schema decides an answer.
    fn options(&self) -> Value;

    /// Finds the model and gets it ready; called before each question, and quick once it succeeded.
    ///
    /// # Errors
    /// What stands in the way.
    fn prepare(&mut self, watch: &mut Watch) -> Result<(), Trouble>;

    /// The model's digest, once known.
    fn digest(&self) -> Option<&str>;

    /// The largest context of the model in tokens, once known.
    fn context(&self) -> Option<u32>;

    /// What a person should know about the server, once it is prepared.
    fn remarks(&self) -> Vec<String>;

    /// Asks once and gives the complete text, not yet checked.
    ///
    /// # Errors
    /// Why there is no complete answer.
    fn ask(&mut self, prompt: &Prompt, format: &Value, watch: &mut Watch) -> Result<Reply, Trouble>;
}
