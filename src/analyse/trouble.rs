//! Why there is no answer, each with the sentence that mends it.

/// What went wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The address in the configuration cannot be used.
    Address(String),
    /// `ca_file` cannot be used.
    Authority(String),
    /// Nothing listens there.
    Refused,
    /// The connection could not be made.
    Unreachable(String),
    /// The question used up its time.
    OutOfTime,
    /// The model was not ready in time.
    NotLoaded,
    /// Tokens came, and then none for too long.
    Stalled,
    /// The connection broke before the answer was complete.
    Broken(String),
    /// What answers there is not the server we know.
    NotOllama(String),
    /// The model is not there; what is.
    ModelMissing(Vec<String>),
    /// The model would send the prompt to another host.
    Cloud,
    /// 401, 403.
    Denied(u16, String),
    /// 3xx.
    Redirected(u16),
    /// The prompt does not fit the context.
    TooLong(String),
    /// 500.
    Failed(String),
    /// 502, 503.
    Busy(u16, String),
    /// Any other status.
    Status(u16, String),
    /// An error line inside a good answer.
    InStream(String),
    /// A bound was hit.
    TooBig(&'static str),
    /// The stream ended without `done`.
    NotDone,
    /// `done_reason: length`.
    Cut,
    /// Another `done_reason`.
    Ended(String),
    /// The answer does not pass the check.
    BadAnswer(String),
    /// `num_ctx` leaves no room for a question.
    NoRoom,
    /// The user wants to leave.
    Interrupted,
}

/// What may be done after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// No server, no model: no further question has a chance.
    Stop,
    /// This question has no answer; the next may.
    Next,
    /// The same question may be sent again, after a pause.
    Again,
    /// The same question may be sent again with fewer samples.
    Shorter,
}

/// Of whom one talks.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// `localhost:11434`, without user information.
    pub address: &'a str,
    /// The model's name, escaped.
    pub model: &'a str,
    /// Seconds for one question.
    pub timeout: f64,
}

impl Trouble {
    /// What may be done after it.
    #[must_use]
    pub fn after(&self) -> After {
        match self {
            Self::Failed(_) | Self::Busy(..) | Self::Broken(_) => After::Again,
            Self::TooLong(_) => After::Shorter,
            Self::OutOfTime
            | Self::Stalled
            | Self::InStream(_)
            | Self::TooBig(_)
            | Self::NotDone
            | Self::Cut
            | Self::Ended(_)
            | Self::BadAnswer(_)
            | Self::NoRoom
            | Self::Status(400 | 408 | 429 | 504, _) => After::Next,
            _ => After::Stop,
        }
    }

    /// One or two sentences: what happened, what to do.
    #[must_use]
    pub fn sentence(&self, server: Server) -> String {
        let Server { address, model, timeout } = server;
        match self {
            Self::Address(why) => format!("`ai.ollama_url` cannot be used: {why}. Write it as http://localhost:11434."),
            Self::Authority(why) => format!("`ai.ca_file` cannot be used: {why}."),
            Self::Refused => format!(
                "Ollama is not running at {address}: nothing listens there. Start it with `ollama serve`, or set `ai.ollama_url`."
            ),
            Self::Unreachable(why) => format!(
                "Ollama at {address} cannot be reached: {why}. Check `ai.ollama_url`, and that `ollama serve` runs on that host."
            ),
            Self::OutOfTime => format!(
                "Ollama at {address} gave no complete answer within {timeout} s. Raise `ai.timeout`, or choose a smaller model."
            ),
            Self::NotLoaded => format!(
                "The model {model} was not loaded within {timeout} s by Ollama at {address}. Raise `ai.timeout`, load it beforehand with `ollama run {model}`, or choose a smaller one."
            ),
            Self::Stalled => format!(
                "Ollama at {address} began an answer and then sent nothing for too long. See its log, or choose a smaller model."
            ),
            Self::Broken(why) => format!(
                "The connection to Ollama at {address} broke before the answer was complete: {why}. See the log of `ollama serve`; it may be short of memory."
            ),
            Self::NotOllama(why) => format!(
                "What listens at {address} does not answer like Ollama: {why}. Check `ai.ollama_url`; `ollama serve` listens on port 11434."
            ),
            Self::ModelMissing(have) => missing(address, model, have),
            Self::Cloud => format!(
                "The model {model} is not local: its prompts would leave this host. Choose a local model, or set `ai.allow_remote: true`."
            ),
            Self::Denied(status, said) => denied(address, *status, said),
            Self::Redirected(status) => format!(
                "The server at {address} redirects to another address (status {status}), which heal does not follow. Write the final address in `ai.ollama_url`."
            ),
            Self::TooLong(_) | Self::NoRoom => format!(
                "The question does not fit into the context of {model}. Raise `ai.num_ctx` (at least {}).",
                super::prompt::ENOUGH_CONTEXT
            ),
            Self::Failed(said) => format!(
                "Ollama at {address} failed (status 500{}). See the log of `ollama serve`; if memory is short, choose a smaller model.",
                quoted(said)
            ),
            Self::Busy(status, said) => {
                format!("Ollama at {address} is busy or not ready (status {status}{}). Try again later.", quoted(said))
            }
            Self::Status(status, said) => format!(
                "Ollama at {address} refused the question (status {status}{}). Check its version with `ollama --version`, and `ai.ollama_model`.",
                quoted(said)
            ),
            Self::InStream(said) => format!(
                "Ollama at {address} broke off its answer with an error{}. See the log of `ollama serve`.",
                quoted(said)
            ),
            Self::TooBig(what) => format!(
                "Ollama at {address} sent {what}; the answer was dropped. Check `ai.ollama_url`, or choose another model."
            ),
            Self::NotDone => format!(
                "Ollama at {address} ended its answer without saying that it is complete; it was dropped. See the log of `ollama serve`."
            ),
            Self::Cut => format!(
                "The answer of {model} was longer than its limit and was cut; it was dropped. Raise `ai.num_ctx`, or choose another model."
            ),
            Self::Ended(reason) => format!(
                "The answer of {model} ended for another reason than being complete ({reason}); it was dropped."
            ),
            Self::BadAnswer(why) => {
                format!("The answer of {model} does not count: {why}. Choose another model if this goes on.")
            }
            Self::Interrupted => "The questions to the model were interrupted.".to_owned(),
        }
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": \"{said}\"") }
}

fn missing(address: &str, model: &str, have: &[String]) -> String {
    let there =
        if have.is_empty() { "no model is there yet".to_owned() } else { format!("there are: {}", have.join(", ")) };
    format!(
        "Ollama at {address} does not have the model {model}; {there}. Get it with `ollama pull {model}`, or set `ai.ollama_model`."
    )
}

fn denied(address: &str, status: u16, said: &str) -> String {
    match (status, said) {
        (403, "") => format!(
            "Ollama at {address} refused the name under which it was called (status 403). Use its address or `localhost` in `ai.ollama_url`, or set OLLAMA_ORIGINS there."
        ),
        (401, _) => format!(
            "The server at {address} wants a login (status 401{}). If a proxy stands before Ollama, let it pass requests from this host.",
            quoted(said)
        ),
        _ => format!(
            "The server at {address} forbids the question (status {status}{}). A proxy stands before Ollama, or the model is a cloud model that is disabled there.",
            quoted(said)
        ),
    }
}
