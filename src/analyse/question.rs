//! What the model is asked about one incident; it depends on no later room.

use crate::words::Severity;

/// One incident, as the model gets to see it. All text is cleaned again before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The incident's id; it names the answer and is not sent.
    pub incident: String,
    /// The pattern that knows it.
    pub pattern: Option<String>,
    /// The message with its variable parts taken out.
    pub template: String,
    /// What kind of trouble.
    pub category: String,
    /// How bad heal's rules find it.
    pub severity: Severity,
    /// The pattern's sentence.
    pub description: String,
    /// Events.
    pub count: u64,
    /// RFC 3339, where known.
    pub first_seen: Option<String>,
    /// RFC 3339, where known.
    pub last_seen: Option<String>,
    /// The source's name.
    pub source: String,
    /// Records, most telling first.
    pub samples: Vec<String>,
    /// What the rules found out, as sentences.
    pub facts: Vec<String>,
    /// Lines of the files that the fixes may change.
    pub configuration: Vec<Excerpt>,
    /// Names of the registered fixes that may apply.
    pub fixes: Vec<String>,
}

/// Lines of a configuration file, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// As the fix names it.
    pub file: String,
    /// As they stand there.
    pub lines: Vec<String>,
}
