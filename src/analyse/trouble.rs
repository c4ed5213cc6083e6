//! Why there is no answer, each with the sentence that mends it.

use super::prompt::ENOUGH_CONTEXT;
use crate::config::Provider;

/// What went wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The address in the configuration cannot be used.
    Address(String),
    /// `ca_file` cannot be used.
    Authority(String),
    /// `api_key_file` cannot be used: why, and the command that mends it.
    Key(String, Option<String>),
    /// The server is on another host, which is not allowed.
    Remote,
    /// Nothing listens there.
    Refused,
    /// The name of the host has no address: what was said of it.
    UnknownHost(String),
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
    /// The model is there and is not made for answers; what it is made for.
    NoAnswers(Vec<String>),
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
    /// The stream ended without saying that it is complete.
    NotDone,
    /// The answer was longer than its limit.
    Cut,
    /// It ended for another reason.
    Ended(String),
    /// The answer does not pass the check.
    BadAnswer(String),
    /// `num_ctx` leaves no room for the question, or the model's context does not; what `num_ctx` would, where it can.
    NoRoom(Option<u32>),
    /// The server speaks the protocol, and one of its lines has another shape than that.
    Malformed,
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
    /// Which protocol it should speak.
    pub provider: &'a Provider,
    /// `localhost:11434`, without user information.
    pub address: &'a str,
    /// The model's name, escaped.
    pub model: &'a str,
    /// Seconds for one question.
    pub timeout: f64,
    /// `ai.num_ctx`.
    pub num_ctx: u32,
}

impl Server<'_> {
    const fn is_ollama(&self) -> bool {
        matches!(self.provider, Provider::Ollama)
    }

    /// `Ollama at localhost:11434`.
    fn who(&self) -> String {
        let name = if self.is_ollama() { "Ollama" } else { "The server" };
        format!("{name} at {}", self.address)
    }

    /// Where to read more.
    const fn log(&self) -> &'static str {
        if self.is_ollama() { "See the log of `ollama serve`" } else { "See the server's log" }
    }
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
            | Self::NoRoom(_)
            | Self::Malformed
            | Self::Status(400 | 408 | 429 | 504, _) => After::Next,
            _ => After::Stop,
        }
    }

    /// One or two sentences: what happened, what to do.
    #[must_use]
    pub fn sentence(&self, server: Server) -> String {
        let Server { model, timeout, .. } = server;
        let (who, log, key) = (server.who(), server.log(), server.provider.address_key());
        match self {
            Self::Address(why) => format!("`{key}` cannot be used: {why}. Write it as {}.", example(server)),
            Self::Authority(why) => format!("`ai.ca_file` cannot be used: {why}."),
            Self::Key(why, _) => format!("`ai.api_key_file` {why}."),
            Self::Remote => "`ai.base_url` is on another host: the questions would leave this one. Use a server on this host, or set `ai.allow_remote: true`.".to_owned(),
            Self::Refused if server.is_ollama() => format!(
                "Ollama is not running at {}: nothing listens there. Start it with `ollama serve`, or set `ai.ollama_url`.",
                server.address
            ),
            Self::Refused => format!("{who} is not running: nothing listens there. Start it, or set `ai.base_url`."),
            Self::UnknownHost(why) => format!(
                "The name {} is not known ({why}): check `{key}`.",
                server.address.rsplit_once(':').map_or(server.address, |(host, _)| host)
            ),
            Self::Unreachable(why) if server.is_ollama() => format!(
                "{who} cannot be reached: {why}. Check `ai.ollama_url`, and that `ollama serve` runs on that host."
            ),
            Self::Unreachable(why) => format!("{who} cannot be reached: {why}. Check `ai.base_url`."),
            Self::OutOfTime => format!(
                "{who} gave no complete answer within {timeout} s. Raise `ai.timeout`, or choose a smaller model."
            ),
            Self::NotLoaded => format!(
                "The model {model} was not loaded within {timeout} s by {who}. Raise `ai.timeout`, load it beforehand with `ollama run {model}`, or choose a smaller one."
            ),
            Self::Stalled => format!(
                "{who} began an answer and then sent nothing for too long. {log}, or choose a smaller model."
            ),
            Self::Broken(why) => format!(
                "The connection to {who} broke before the answer was complete: {why}. {log}; it may be short of memory."
            ),
            Self::NotOllama(why) if server.is_ollama() => format!(
                "What listens at {} does not answer like Ollama: {why}. Check `ai.ollama_url`; `ollama serve` listens on port 11434.",
                server.address
            ),
            Self::NotOllama(why) => format!(
                "{who} does not speak the chat protocol of OpenAI: {why}. Check `ai.base_url`; it often ends in /v1."
            ),
            Self::ModelMissing(have) => missing(server, have),
            Self::NoAnswers(made_for) => {
                let for_what = if made_for.is_empty() { String::new() } else { format!(" (only: {})", made_for.join(", ")) };
                format!("The model {model} does not answer questions{for_what}. Set `ai.ollama_model` to one that does.")
            }
            Self::Cloud => format!(
                "The model {model} is not local: its prompts would leave this host. Choose a local model, or set `ai.allow_remote: true`."
            ),
            Self::Denied(status, said) => denied(server, *status, said),
            Self::Redirected(status) => format!(
                "The server at {} redirects to another address (status {status}), which heal does not follow. Write the final address in `{key}`.",
                server.address
            ),
            Self::NoRoom(Some(least)) => {
                format!("The question does not fit into the context. Raise `ai.num_ctx` (at least {least}).")
            }
            Self::TooLong(_) | Self::NoRoom(None) if server.num_ctx < ENOUGH_CONTEXT => format!(
                "The question does not fit into the context of {model}. Raise `ai.num_ctx` (at least {ENOUGH_CONTEXT})."
            ),
            Self::TooLong(_) | Self::NoRoom(None) => format!(
                "The question does not fit into the context of {model}, although it is made for `ai.num_ctx` (now {}). Choose a model with a larger context, or see how much of it the server uses.",
                server.num_ctx
            ),
            Self::Malformed => format!(
                "{who} sent a malformed answer: a line of it does not have the shape of the protocol; it was dropped. {log}, and check its version."
            ),
            Self::Failed(said) => format!(
                "{who} failed (status 500{}). {log}; if memory is short, choose a smaller model.",
                quoted(said)
            ),
            Self::Busy(status, said) => {
                format!("{who} is busy or not ready (status {status}{}). Try again later.", quoted(said))
            }
            Self::Status(status, said) => refused(server, *status, said),
            Self::InStream(said) => format!("{who} broke off its answer with an error{}. {log}.", quoted(said)),
            Self::TooBig(what) => {
                format!("{who} sent {what}; the answer was dropped. Check `{key}`, or choose another model.")
            }
            Self::NotDone => format!(
                "{who} ended its answer without saying that it is complete; it was dropped. {log}."
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

    /// The command that mends it, where one does.
    #[must_use]
    pub fn mend(&self, server: Server) -> Option<String> {
        match self {
            Self::Refused if server.is_ollama() => Some("ollama serve".to_owned()),
            Self::ModelMissing(_) if server.is_ollama() => Some(format!("ollama pull {}", server.model)),
            Self::NotLoaded if server.is_ollama() => Some(format!("ollama run {}", server.model)),
            Self::Key(_, mend) => mend.clone(),
            _ => None,
        }
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": \"{said}\"") }
}

const fn example(server: Server) -> &'static str {
    if server.is_ollama() { "http://localhost:11434" } else { "http://localhost:8080/v1" }
}

fn missing(server: Server, have: &[String]) -> String {
    let (who, model) = (server.who(), server.model);
    let there = match (have.is_empty(), server.is_ollama()) {
        (true, true) => "; no model is there yet".to_owned(),
        (true, false) => String::new(),
        (false, _) => format!("; there are: {}", have.join(", ")),
    };
    let names: Vec<&str> = have.iter().map(String::as_str).collect();
    let near = crate::config::strict::nearest(model, &names);
    let near = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
    if server.is_ollama() {
        format!(
            "{who} does not have the model {model}{there}.{near} Get it with `ollama pull {model}`, or set `ai.ollama_model`."
        )
    } else {
        format!("{who} does not have the model {model}{there}.{near} Set `ai.ollama_model` to one that it has.")
    }
}

fn denied(server: Server, status: u16, said: &str) -> String {
    let address = server.address;
    match (status, said) {
        _ if !server.is_ollama() => format!(
            "The server at {address} does not accept the key (status {status}{}). Check the file that `ai.api_key_file` names, and what the key may do.",
            quoted(said)
        ),
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

fn refused(server: Server, status: u16, said: &str) -> String {
    let (who, said) = (server.who(), quoted(said));
    let mend = match status {
        402 => "Its account has no credit left: see to that, or choose another server.",
        408 | 504 => "A proxy before it gave up first: raise the proxy's time limit, or go around it.",
        429 => "It has had too many questions, or a quota is used up: ask less often, or see to the quota.",
        _ if server.is_ollama() => "Check its version with `ollama --version`, and `ai.ollama_model`.",
        _ => "Check `ai.base_url` and `ai.ollama_model`; the server must know `response_format` with a JSON schema.",
    };
    format!("{who} refused the question (status {status}{said}). {mend}")
}
