//! The answer: its schema, and what of it counts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::prompt::{Prompt, Sample};
use super::proposal::{self, Proposal};
use crate::sanitize::Sanitizer;
use crate::words::Severity;

/// Bytes of the longest answer that is read.
pub const LONGEST: usize = 64 * 1024;
const ROOT_CAUSE: usize = 1000;
const SUGGESTION: usize = 400;
const QUOTE: usize = 600;
const LIST: usize = 4;

/// How sure the model says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A guess.
    Low,
    /// Likely.
    Medium,
    /// Quite sure.
    High,
}

impl Confidence {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What the model thinks of one incident: words to read, nothing to act on. Redacted, escaped, each on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The incident's id.
    pub incident: String,
    /// What probably causes it.
    pub root_cause: String,
    /// How bad the model finds it; changes nothing.
    pub severity: Severity,
    /// `None` when it did not say.
    pub confidence: Option<Confidence>,
    /// Quotes, each literally in a sample.
    pub evidence: Vec<String>,
    /// What a person could do, in words.
    pub fix_suggestions: Vec<String>,
    /// The name of a registered fix; changes no plan.
    pub fix: Option<String>,
    /// An edit that it proposes; changes no plan, and nobody has looked yet whether it may be made.
    pub proposal: Option<Proposal>,
}

impl Opinion {
    /// The answer again, as [`check`] reads it: only what counted is kept.
    pub(super) fn content(&self) -> String {
        json!({
            "root_cause": self.root_cause,
            "severity": self.severity,
            "confidence": self.confidence,
            "evidence": self.evidence,
            "fix_suggestions": self.fix_suggestions,
            "fix": self.fix,
            "suggestion": self.proposal.as_ref().map(Proposal::content),
        })
        .to_string()
    }
}

/// An opinion and what had to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What counts.
    pub opinion: Opinion,
    /// Sentences for notices.
    pub remarks: Vec<String>,
}

/// As the model writes it. What it adds is not looked at.
#[derive(Deserialize)]
struct Raw {
    root_cause: String,
    severity: Severity,
    #[serde(default)]
    confidence: Option<Confidence>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    fix_suggestions: Vec<String>,
    #[serde(default)]
    fix: Option<String>,
    #[serde(default)]
    suggestion: Value,
}

/// The JSON Schema that the server holds the model to.
#[must_use]
pub fn schema(fixes: &[String]) -> Value {
    let mut names: Vec<&str> = fixes.iter().map(String::as_str).collect();
    names.push("none");
    let strings = json!({"type": "array", "items": {"type": "string"}, "maxItems": LIST});
    json!({
        "type": "object",
        "properties": {
            "root_cause": {"type": "string"},
            "severity": {"type": "string", "enum": ["low", "medium", "high", "critical"]},
            "confidence": {"type": "string", "enum": ["low", "medium", "high"]},
            "evidence": strings,
            "fix_suggestions": strings,
            "fix": {"type": "string", "enum": names},
            "suggestion": proposal::schema(),
        },
        "required": ["root_cause", "severity", "confidence", "evidence", "fix_suggestions", "fix"],
        "additionalProperties": false,
    })
}

/// Checks an answer again, whatever the server promised.
///
/// # Errors
/// What is wrong with it, without any of its words.
pub fn check(content: &str, incident: &str, prompt: &Prompt, sanitizer: &Sanitizer) -> Result<Checked, String> {
    let raw: Raw = parse(content)?;
    let root_cause = words(sanitizer, &raw.root_cause, ROOT_CAUSE);
    if root_cause.is_empty() {
        return Err("it names no cause".to_owned());
    }
    let mut remarks = Vec::new();
    let evidence = quotes(&raw.evidence, prompt, sanitizer, &mut remarks);
    let fix_suggestions: Vec<String> = raw
        .fix_suggestions
        .iter()
        .take(LIST)
        .map(|text| words(sanitizer, text, SUGGESTION))
        .filter(|text| !text.is_empty())
        .collect();
    let fix = registered(raw.fix.as_deref(), &prompt.fixes, &mut remarks);
    let proposal = proposal::check(&raw.suggestion, sanitizer).unwrap_or_else(|why| {
        remarks.push(format!("The model proposed an edit that {why}; it was left out."));
        None
    });
    warn_of_addresses(std::iter::once(&root_cause).chain(&fix_suggestions), &mut remarks);
    let opinion = Opinion {
        incident: incident.to_owned(),
        root_cause,
        severity: raw.severity,
        confidence: raw.confidence,
        evidence,
        fix_suggestions,
        fix,
        proposal,
    };
    Ok(Checked { opinion, remarks })
}

/// Reads what should be one JSON object.
///
/// # Errors
/// What is wrong with it, without any of its words.
pub(super) fn parse<T: for<'a> Deserialize<'a>>(content: &str) -> Result<T, String> {
    if content.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    // serde_json bounds the depth; its message quotes the text, so only the place is told.
    serde_json::from_str(content.trim()).map_err(|error| {
        let what =
            if error.is_data() { "it does not have the shape that was asked for" } else { "it is not valid JSON" };
        format!("{what} (line {}, column {})", error.line(), error.column())
    })
}

/// Says so when a web address stands in one of these.
pub(super) fn warn_of_addresses<'a>(mut texts: impl Iterator<Item = &'a String>, remarks: &mut Vec<String>) {
    if texts.any(|text| has_address(text)) {
        remarks.push(
            "The model's words contain a web address. Nobody has checked it: do not open it or download from it unless you know it."
                .to_owned(),
        );
    }
}

/// Redacted, on one line, escaped, bounded.
pub(super) fn words(sanitizer: &Sanitizer, text: &str, max: usize) -> String {
    let redacted = sanitizer.redactor().redact(text);
    let line = redacted.split_whitespace().collect::<Vec<_>>().join(" ");
    sanitizer.clean(line.as_bytes(), max)
}

/// The quotes that stand literally in a sample, as the report writes them.
fn quotes(raw: &[String], prompt: &Prompt, sanitizer: &Sanitizer, remarks: &mut Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut dropped = raw.len().saturating_sub(LIST);
    for quote in raw.iter().take(LIST) {
        let quote = quote.trim();
        let found =
            if quote.is_empty() { None } else { prompt.samples.iter().find_map(|sample| literally(sample, quote)) };
        match found {
            Some(text) => {
                let text = sanitizer.clean(start_of(&text, QUOTE).as_bytes(), 2 * QUOTE);
                if !kept.contains(&text) {
                    kept.push(text);
                }
            }
            None => dropped += 1,
        }
    }
    if dropped > 0 {
        remarks.push(match dropped {
            1 => "One quote of the model does not stand in the log, or is one too many; it was left out.".to_owned(),
            _ => format!("{dropped} quotes of the model do not stand in the log, or are too many; they were left out."),
        });
    }
    kept
}

/// The quote as it stands in the log. What was sent and what is there differ character by character.
fn literally(sample: &Sample, quote: &str) -> Option<String> {
    let text = if sample.plain.contains(quote) {
        quote.to_owned()
    } else {
        let at = sample.shown.find(quote)?;
        let before = sample.shown.get(..at)?.chars().count();
        sample.plain.chars().skip(before).take(quote.chars().count()).collect()
    };
    // A sample is shortened before it is sent: what was put there for the rest is no quote.
    sample.whole.iter().any(|whole| whole.contains(&text)).then_some(text)
}

/// At most `max` bytes of it, without a mark: a quote stays literal.
fn start_of(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

fn registered(named: Option<&str>, fixes: &[String], remarks: &mut Vec<String>) -> Option<String> {
    let named = named.map(str::trim).filter(|name| !name.is_empty())?;
    if let Some(fix) = fixes.iter().find(|fix| fix.as_str() == named) {
        return Some(fix.clone());
    }
    if !matches!(named.to_ascii_lowercase().as_str(), "none" | "null" | "n/a") {
        remarks.push("The model named a fix that is not registered for this incident; it was left out.".to_owned());
    }
    None
}

/// `https://...`, `www....`, `host.example/path`.
fn has_address(text: &str) -> bool {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | '[' | ']' | ',' | ';' | '|' | '=')
    })
    .any(|word| {
        let lower = word.to_ascii_lowercase();
        let domain = lower.split_once('/').is_some_and(|(host, _)| {
            let labels: Vec<&str> = host.split('.').collect();
            let last = labels
                .last()
                .is_some_and(|top| (2..=24).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_lowercase()));
            labels.len() >= 2
                && last
                && labels
                    .iter()
                    .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        });
        lower.contains("://")
            || lower.contains("www.")
            || lower.starts_with("hxxp")
            || lower.starts_with("mailto:")
            || domain
    })
}

#[cfg(test)]
mod tests;
