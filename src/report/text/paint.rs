//! Colours, on a terminal only.

use console::Style;

use crate::report::Status;
use crate::words::Severity;

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Colours and bold.
    pub on: bool,
}

impl Paint {
    fn apply(self, style: &Style, text: &str) -> String {
        if self.on { style.clone().force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    /// A heading.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.apply(&Style::new().bold(), text)
    }

    /// What matters less.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.apply(&Style::new().dim(), text)
    }

    /// The overall status.
    #[must_use]
    pub fn status(self, status: Status) -> String {
        let style = match status {
            Status::Healthy => Style::new().green().bold(),
            Status::Healing => Style::new().cyan().bold(),
            Status::Degraded => Style::new().yellow().bold(),
            Status::Critical | Status::Error => Style::new().red().bold(),
        };
        self.apply(&style, status.as_str())
    }

    /// A word in the colour of a severity.
    #[must_use]
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let style = match severity {
            Severity::Critical => Style::new().red().bold(),
            Severity::High => Style::new().red(),
            Severity::Medium => Style::new().yellow(),
            Severity::Low => Style::new().dim(),
        };
        self.apply(&style, text)
    }

    /// A line of a diff.
    #[must_use]
    pub fn diff(self, line: &str) -> String {
        let style = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Style::new().bold(),
            [b'@', ..] => Style::new().cyan(),
            [b'-', ..] => Style::new().red(),
            [b'+', ..] => Style::new().green(),
            _ => return line.to_owned(),
        };
        self.apply(&style, line)
    }
}
