//! What a status and its body say.

use serde_json::Value;

use crate::analyse::trouble::Trouble;
use crate::sanitize::Sanitizer;

/// Bytes of a server's words in a notice.
const SAID: usize = 240;

/// The trouble that a status other than 200 means.
pub(super) fn trouble(status: u16, body: &[u8], sanitizer: &Sanitizer, have: &[String]) -> Trouble {
    let json = serde_json::from_slice::<Value>(body).ok();
    let said = json.as_ref().and_then(|json| json.get("error")).map(|error| words(error, sanitizer));
    let text = said.clone().unwrap_or_default();
    match status {
        300..=399 => Trouble::Redirected(status),
        401 | 403 => Trouble::Denied(status, text),
        // Only Ollama says in JSON that a model is not there.
        404 if said.is_some() => Trouble::ModelMissing(have.to_vec()),
        404 => Trouble::NotOllama("it does not know the path (status 404)".to_owned()),
        400 if text.contains("does not support chat") => Trouble::NoAnswers(Vec::new()),
        413 => Trouble::TooLong(text),
        400 | 500 if about_context(&text) => Trouble::TooLong(text),
        500 => Trouble::Failed(text),
        502 | 503 => Trouble::Busy(status, text),
        _ => Trouble::Status(status, text),
    }
}

/// The trouble that an `error` inside a good answer means.
pub(super) fn in_stream(error: &Value, sanitizer: &Sanitizer, have: &[String]) -> Trouble {
    let said = words(error, sanitizer);
    let lower = said.to_ascii_lowercase();
    if about_context(&said) {
        Trouble::TooLong(said)
    } else if lower.contains("model") && lower.contains("not found") {
        Trouble::ModelMissing(have.to_vec())
    } else {
        Trouble::InStream(said)
    }
}

fn about_context(said: &str) -> bool {
    let lower = said.to_ascii_lowercase();
    lower.contains("context length")
        || lower.contains("context size")
        || lower.contains("exceeds the context")
        || lower.contains("context window")
}

/// A server's words: from outside, so redacted, escaped, short.
fn words(error: &Value, sanitizer: &Sanitizer) -> String {
    let text = match error {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
        other => other.to_string(),
    };
    sanitizer.clean(text.trim().as_bytes(), SAID).replace('"', "'")
}
