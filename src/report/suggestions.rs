//! What the model suggested, as a person and as a program sees it: suggested, and not applied.

use std::io::{self, Write};

use serde::Serialize;

use super::text::{Style, marked_diff, wrapped};
use crate::plan::Diff;
use crate::sanitize::escape;

/// How an edit that a model proposed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing has kept it yet.
    New,
    /// It waits for a person.
    Open,
    /// It is a fix of the operator's.
    Accepted,
    /// It was accepted, and its file was changed since: nobody's yes holds for it.
    Changed,
    /// It was accepted, and no such fix is there any more.
    Gone,
    /// A person does not want it.
    Rejected,
    /// Its file cannot be read.
    Damaged,
}

impl Standing {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Rejected => "rejected",
            Self::Damaged => "damaged",
        }
    }
}

/// An edit that a model proposes in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The suggestion's id.
    pub id: String,
    /// The incident's id.
    pub incident: String,
    /// The file, relative to the workspace.
    pub target: String,
    /// What it would change; `None` for one that a person has decided about.
    pub diff: Option<Diff>,
    /// How it stands.
    pub standing: Standing,
}

/// A suggestion in a list.
#[derive(Clone, Debug, Serialize)]
pub struct SuggestionRow {
    /// Its id.
    pub id: String,
    /// `open`, `accepted`, `changed`, `gone`, `rejected` or `damaged`.
    pub state: &'static str,
    /// The incident's id.
    pub incident: String,
    /// The pattern or category that its fix would be for.
    pub r#for: String,
    /// The file that it would edit.
    pub target: String,
    /// The edit in words.
    pub edit: String,
    /// The model.
    pub model: String,
    /// When it was first suggested, RFC 3339.
    pub suggested_at: String,
    /// The name of the fix that it is or would be.
    pub fix: String,
    /// The file of that fix, where it is one.
    pub fix_file: Option<String>,
    /// What a person says yes to.
    pub hash: String,
    /// Who decided about it.
    pub decided_by: Option<String>,
    /// When, RFC 3339.
    pub decided_at: Option<String>,
    /// What is wrong with it, where something is.
    pub detail: Option<String>,
}

impl SuggestionRow {
    fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let state = format!("{:<8}", self.state);
        writeln!(out, "{}  {state}  {}", style.paint.bold(&self.id), escape(&self.edit))?;
        if self.state != Standing::Damaged.as_str() {
            let origin = format!("for {}, by {}, {}", self.r#for, self.model, minute(&self.suggested_at));
            wrapped(&escape(&origin), "            ", out)?;
        }
        let decided = self.decided_by.iter().zip(&self.decided_at);
        for (by, at) in decided {
            let word = if self.state == Standing::Rejected.as_str() { "rejected" } else { "accepted" };
            wrapped(&escape(&format!("{word} by {by}, {}", minute(at))), "            ", out)?;
        }
        match &self.detail {
            Some(detail) => wrapped(&escape(detail), "            ", out),
            None => Ok(()),
        }
    }
}

/// `2026-01-05 10:00` of an RFC 3339 time; anything else as it is.
fn minute(time: &str) -> String {
    chrono::DateTime::parse_from_rfc3339(time)
        .map_or_else(|_| time.to_owned(), |time| time.format("%Y-%m-%d %H:%M %:z").to_string())
}

/// The document of `heal suggestions list --json`.
#[derive(Debug, Serialize)]
pub struct SuggestionsDocument {
    format_version: &'static str,
    suggestions: Vec<SuggestionRow>,
}

impl SuggestionsDocument {
    /// The document.
    #[must_use]
    pub const fn new(suggestions: Vec<SuggestionRow>) -> Self {
        Self { format_version: "1.0", suggestions }
    }

    /// As text.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        if self.suggestions.is_empty() {
            return writeln!(out, "no suggestions: `heal --record` and `heal --apply` keep what the model suggests");
        }
        self.suggestions.iter().try_for_each(|row| row.write(style, out))?;
        writeln!(out, "\nheal suggestions show ID shows one: its diff, its hash, how to accept it")
    }
}

/// The document of `heal suggestions show --json`.
#[derive(Debug, Serialize)]
pub struct SuggestionDocument {
    format_version: &'static str,
    suggestion: SuggestionRow,
    /// What the model holds to be the cause.
    why: String,
    /// What the edit would change in the file as it is now.
    diff: Option<String>,
    diff_redacted: Option<bool>,
    /// Why it cannot be accepted; null when it can.
    refused: Option<String>,
    /// The file of the fix, as it would be written.
    text: String,
    /// What accepts it without a terminal.
    accept: Option<String>,
}

impl SuggestionDocument {
    /// The document: `change` is the diff, or why it cannot be accepted.
    #[must_use]
    pub fn new(suggestion: SuggestionRow, why: &str, text: &str, change: Result<&Diff, &str>) -> Self {
        let decided = [Standing::Accepted.as_str(), Standing::Changed.as_str()].contains(&suggestion.state);
        let accept = format!("heal suggestions accept {} --yes {}", suggestion.id, suggestion.hash);
        Self {
            format_version: "1.0",
            why: why.to_owned(),
            diff: change.ok().map(|diff| diff.text.clone()),
            diff_redacted: change.ok().map(|diff| diff.redacted),
            refused: change.err().map(str::to_owned),
            text: text.to_owned(),
            accept: (change.is_ok() && !decided).then_some(accept),
            suggestion,
        }
    }

    /// As text, with how to accept it.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        self.review(style, out)?;
        let id = &self.suggestion.id;
        match &self.accept {
            Some(accept) => {
                writeln!(out, "\n  {:<34} accept it, asked at the terminal", format!("heal suggestions accept {id}"))?;
                writeln!(out, "  {:<34} never suggest it again", format!("heal suggestions reject {id}"))?;
                writeln!(out, "  {accept}")
            }
            None => Ok(()),
        }
    }

    /// All that a person should see before a yes.
    ///
    /// # Errors
    /// The writer's own.
    pub fn review(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        self.suggestion.write(style, out)?;
        writeln!(out, "  incident  {}", escape(&self.suggestion.incident))?;
        writeln!(out, "  hash      {}", self.suggestion.hash)?;
        writeln!(out, "  the model's reason:")?;
        wrapped(&escape(&self.why), "    > ", out)?;
        writeln!(out, "  as a fix:")?;
        self.text.lines().try_for_each(|line| writeln!(out, "    | {}", escape(line)))?;
        if let Some(category) = self.suggestion.r#for.strip_prefix("category:") {
            let text =
                format!("NOTE: it would be for every error of the category {category}, not for this incident alone");
            wrapped(&escape(&text), "  ", out)?;
        }
        match (&self.diff, &self.refused) {
            (Some(text), _) => {
                writeln!(out, "  suggested by the model, not applied:")?;
                let diff = Diff { text: text.clone(), redacted: self.diff_redacted.unwrap_or_default() };
                marked_diff(&diff, "    > ", style, out)
            }
            (None, Some(why)) => {
                let accepted = self.suggestion.state == Standing::Accepted.as_str();
                let not = if accepted { "it is accepted, and has nothing to do now" } else { "it cannot be accepted" };
                wrapped(&escape(&format!("{not}: {why}")), "  ", out)
            }
            (None, None) => Ok(()),
        }
    }
}

/// What was decided, as a document.
#[derive(Debug, Serialize)]
pub struct DecidedDocument {
    format_version: &'static str,
    /// `accepted` or `rejected`.
    status: &'static str,
    id: String,
    /// The fix that it is now.
    fix: Option<String>,
    /// The file of that fix.
    file: Option<String>,
    /// The same in words.
    pub text: String,
}

impl DecidedDocument {
    /// It is a fix now, in this file.
    #[must_use]
    pub fn accepted(id: &str, fix: &str, file: &str) -> Self {
        let text = format!(
            "accepted: {file} holds {fix} now, of risk unsafe: `heal review` or `heal --apply --unsafe` applies it"
        );
        let (fix, file) = (Some(fix.to_owned()), Some(file.to_owned()));
        Self { format_version: "1.0", status: "accepted", id: id.to_owned(), fix, file, text }
    }

    /// It is not suggested again.
    #[must_use]
    pub fn rejected(id: &str) -> Self {
        let text = format!("rejected: {id} is not suggested again");
        Self { format_version: "1.0", status: "rejected", id: id.to_owned(), fix: None, file: None, text }
    }
}
