//! What any server of models can do for us; a second provider is one file that implements this.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::prompt::Prompt;
use super::trouble::Trouble;

/// What happens while one waits; shown on a terminal by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The model is being loaded.
    Loading {
        /// Since when.
        seconds: u64,
    },
    /// A question is under way.
    Asking {
        /// From 1.
        index: usize,
        /// How many there are.
        of: usize,
        /// Pieces of the answer so far.
        tokens: u32,
    },
}

/// How long to wait, and whom to tell.
pub struct Watch<'a> {
    /// Nothing goes on behind it.
    pub deadline: Instant,
    /// The user wants to leave.
    pub interrupted: &'a AtomicBool,
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
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Waits, and stops for the user or the deadline.
    ///
    /// # Errors
    /// Which of the two it was.
    pub fn pause(&self, time: Duration) -> Result<(), Trouble> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if self.is_interrupted() {
                return Err(Trouble::Interrupted);
            }
            if self.left().is_none() {
                return Err(Trouble::OutOfTime);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

/// A server of models.
pub trait Provider {
    /// The word in the cache's key.
    fn name(&self) -> &'static str;

    /// What besides the messages and the schema decides an answer.
    fn options(&self) -> Value;

    /// Finds the model and gets it ready; called before each question, and quick once it succeeded.
    ///
    /// # Errors
    /// What stands in the way.
    fn prepare(&mut self, watch: &mut Watch) -> Result<(), Trouble>;

    /// The model's digest, once known.
    fn digest(&self) -> Option<&str>;

    /// Asks once and gives the complete text, not yet checked.
    ///
    /// # Errors
    /// Why there is no complete answer.
    fn ask(&mut self, prompt: &Prompt, format: &Value, watch: &mut Watch) -> Result<String, Trouble>;
}
