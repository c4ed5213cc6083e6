//! What stands in the way of each part, as text and as a document.

use std::io::{self, Write};

use serde::Serialize;

use super::text::{Style, wrapped};
use crate::analyse::Health;
use crate::sanitize::escape;

/// One line of the answer.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorCheck {
    /// `configuration`, `permissions`, `tables`, `logs`, `services`, `model`.
    part: &'static str,
    /// `ok`, `warning`, `trouble`.
    state: &'static str,
    text: String,
    /// The command that mends it; null where none does.
    mend: Option<String>,
    #[serde(skip)]
    stops: bool,
}

impl DoctorCheck {
    /// What was found out about a part.
    pub fn new(part: &'static str, health: Health, text: impl Into<String>, mend: Option<String>) -> Self {
        let state = match health {
            Health::Good => "ok",
            Health::Warning => "warning",
            Health::Trouble => "trouble",
        };
        // Names of files and units are from outside.
        let clean = |text: String| escape(&text).into_owned();
        Self { part, state, text: clean(text.into()), mend: mend.map(clean), stops: false }
    }

    /// Nothing stands in the way.
    pub fn good(part: &'static str, text: impl Into<String>) -> Self {
        Self::new(part, Health::Good, text, None)
    }

    /// heal does not run at all.
    pub fn stop(part: &'static str, text: impl Into<String>, mend: Option<String>) -> Self {
        Self { stops: true, ..Self::new(part, Health::Trouble, text, mend) }
    }

    /// Whether heal does not run at all.
    #[must_use]
    pub const fn stops(&self) -> bool {
        self.stops
    }

    /// Whether something stands in the way.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        self.state == "trouble"
    }

    /// The command that mends it.
    #[must_use]
    pub const fn mend(&self) -> Option<&String> {
        self.mend.as_ref()
    }
}

/// The document of `heal doctor --json`.
#[derive(Debug, Serialize)]
pub struct DoctorDocument {
    format_version: &'static str,
    checks: Vec<DoctorCheck>,
}

impl DoctorDocument {
    /// The document.
    #[must_use]
    pub const fn new(checks: Vec<DoctorCheck>) -> Self {
        Self { format_version: "1.0", checks }
    }

    /// As text.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        for check in &self.checks {
            let state = format!("{:<7}", check.state);
            let state = if check.is_trouble() { style.paint.bold(&state) } else { style.paint.dim(&state) };
            writeln!(out, "{state}  {}", check.part)?;
            // A configuration that cannot be read is shown with its place, over several lines.
            wrapped(&check.text.replace("\\n", " "), "         ", out)?;
            if let Some(mend) = &check.mend {
                writeln!(out, "         $ {mend}")?;
            }
        }
        match self.checks.iter().filter(|check| check.is_trouble()).count() {
            0 => writeln!(out, "\nNothing stands in the way."),
            1 => writeln!(out, "\nOne thing stands in the way."),
            stand => writeln!(out, "\n{stand} things stand in the way."),
        }
    }
}
