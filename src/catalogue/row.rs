//! Where a row of a table stands, for faults that only its meaning shows.

use std::path::Path;

use anyhow::{Result, anyhow};

/// A row while it is read.
pub(super) struct Row<'a> {
    /// `pattern` or `fix`.
    pub kind: &'static str,
    /// The row's name.
    pub name: &'a str,
    /// The table's bytes.
    pub bytes: &'a [u8],
    /// The table's file.
    pub file: &'a Path,
}

impl Row<'_> {
    /// A fault of this row, at its `key` where that can be found.
    pub fn fault(&self, key: &str, what: &str) -> anyhow::Error {
        let place = match self.line_of(key) {
            Some(line) => format!("{}:{line}", self.file.display()),
            None => self.file.display().to_string(),
        };
        anyhow!("{place}: {} `{}`: {what}", self.kind, self.name)
    }

    /// The line of `key` at or after the row's name; the name's line when the key stands elsewhere.
    fn line_of(&self, key: &str) -> Option<usize> {
        let text = std::str::from_utf8(self.bytes).ok()?;
        let value_is_name = |line: &str| {
            line.trim_start_matches([' ', '-', '{'])
                .strip_prefix("name:")
                .is_some_and(|value| value.trim().trim_matches(['"', '\'']).split(',').next() == Some(self.name))
        };
        let start = text.lines().position(value_is_name)?;
        let opens_row = |line: &str| line.trim_start().starts_with("- name:");
        let within = text.lines().enumerate().skip(start).take_while(|(at, line)| *at == start || !opens_row(line));
        let found = within.into_iter().find(|(_, line)| {
            line.trim_start_matches([' ', '-', '{']).strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))
        });
        Some(found.map_or(start, |(at, _)| at) + 1)
    }
}

/// Refuses names that are not `[a-z][a-z0-9_]*`.
pub(super) fn check_name(row: &Row<'_>) -> Result<()> {
    let mut bytes = row.name.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    if starts_well && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Ok(());
    }
    Err(row.fault("name", "a name is a lower-case letter, then lower-case letters, digits and `_`"))
}
