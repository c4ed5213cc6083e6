//! Whether the model could be asked, and what stands in the way: nothing is asked.

use std::time::{Duration, Instant};

use super::ollama::{self, Ollama};
use super::openai::OpenAi;
use super::prompt::{self, ENOUGH_CONTEXT};
use super::provider::{Provider as _, Watch};
use super::trouble::{Server, Trouble};
use crate::config::{Ai, Provider, strict};
use crate::sanitize::Sanitizer;
use crate::sys::signal::Interrupt;

/// All of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing stands in the way.
    Good,
    /// It works, and could be better.
    Warning,
    /// It does not work.
    Trouble,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub health: Health,
    /// A sentence.
    pub text: String,
    /// The command that mends it, where one does.
    pub mend: Option<String>,
}

impl Finding {
    fn warning(text: String, mend: Option<String>) -> Self {
        Self { health: Health::Warning, text, mend }
    }
}

/// Looks at server and model; takes at most half a minute.
#[must_use]
pub fn inspect(ai: &Ai, sanitizer: &Sanitizer, proxied: bool, interrupted: &Interrupt) -> Vec<Finding> {
    let mut watch = Watch { deadline: Instant::now() + PATIENCE, interrupted, question: (1, 1), progress: &mut |_| {} };
    let model = sanitizer.clean(ai.model.as_bytes(), 200);
    let mut findings = Vec::new();
    if ai.num_ctx < ENOUGH_CONTEXT {
        let so = if prompt::holds_any(ai.num_ctx) { "long samples are cut" } else { "no question fits" };
        let text = format!("`ai.num_ctx: {}` is small: {so}. {ENOUGH_CONTEXT} leaves room.", ai.num_ctx);
        findings.push(Finding::warning(text, None));
    }
    let (address, outcome) = match &ai.provider {
        Provider::Ollama => of_ollama(ai, sanitizer, &model, proxied, &mut watch, &mut findings),
        Provider::OpenAi { .. } => of_openai(ai, sanitizer, &model, &mut watch, &mut findings),
    };
    findings.push(match outcome {
        Ok(text) => Finding { health: Health::Good, text, mend: None },
        Err(trouble) => {
            let server = Server {
                provider: &ai.provider,
                address: &address,
                model: &model,
                timeout: PATIENCE.as_secs_f64(),
                num_ctx: ai.num_ctx,
            };
            let mend = trouble.mend(server).map(|command| sanitizer.clean(command.as_bytes(), 300));
            let text = sanitizer.clean(trouble.sentence(server).as_bytes(), 1000);
            Finding { health: Health::Trouble, text, mend }
        }
    });
    findings
}

fn of_ollama(
    ai: &Ai,
    sanitizer: &Sanitizer,
    model: &str,
    proxied: bool,
    watch: &mut Watch,
    findings: &mut Vec<Finding>,
) -> (String, Result<String, Trouble>) {
    let mut server = match Ollama::new(ai, sanitizer) {
        Ok(server) => server,
        Err(trouble) => return (String::new(), Err(trouble)),
    };
    let address = server.address().shown();
    if proxied && !server.address().is_loopback() {
        let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
        let text = format!("Questions to {address} go through the proxy that the environment names.");
        findings.push(Finding::warning(text, Some(format!("export NO_PROXY={host}"))));
    }
    let outcome = server.find(watch);
    if let Some(version) = server.version() {
        let update = Some("curl -fsSL https://ollama.com/install.sh | sh".to_owned());
        if version.leaks() {
            findings.push(Finding::warning(ollama::leaks(version, &address), update.clone()));
        }
        if version.cuts_silently() {
            findings.push(Finding::warning(ollama::cuts(version), update));
        }
    }
    if let Some(context) = server.context().filter(|context| *context < ai.num_ctx) {
        findings.push(Finding::warning(ollama::small(model, context, ai.num_ctx), None));
    }
    let version = server.version().map(|version| format!(" {version}")).unwrap_or_default();
    let good = outcome.map(|()| format!("Ollama{version} at {address} has the model {model}."));
    (address, good)
}

fn of_openai(
    ai: &Ai,
    sanitizer: &Sanitizer,
    model: &str,
    watch: &mut Watch,
    findings: &mut Vec<Finding>,
) -> (String, Result<String, Trouble>) {
    let Provider::OpenAi { base_url, api_key_file } = &ai.provider else {
        return (String::new(), Err(Trouble::Interrupted));
    };
    let server = match OpenAi::new(ai, base_url, api_key_file.as_deref(), sanitizer) {
        Ok(server) => server,
        Err(trouble) => return (String::new(), Err(trouble)),
    };
    let address = server.address().shown();
    let good = server.list(watch).and_then(|have| {
        let Some(have) = have else {
            server.knock(watch)?;
            let text = format!(
                "The server at {address} has no list of models: whether it has the model {model} shows only when it is asked."
            );
            findings.push(Finding::warning(text, None));
            return Ok(format!("The server at {address} answers."));
        };
        let is = |name: &String| name == model || name.ends_with(&format!("/{model}"));
        if !have.is_empty() && !have.iter().any(is) {
            let names: Vec<&str> = have.iter().map(String::as_str).collect();
            let near = strict::nearest(model, &names).map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            let text = format!(
                "The server at {address} does not list the model {model}; it lists: {}.{near}",
                have.join(", ")
            );
            findings.push(Finding::warning(text, None));
        }
        Ok(format!("The server at {address} answers."))
    });
    (address, good)
}
