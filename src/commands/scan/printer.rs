//! One JSON line for each record.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset};

use super::Waiting;
use crate::catalogue::Pattern;
use crate::group::{self, Statement};
use crate::words::Level;

/// Writes lines, each made in the same memory.
pub(super) struct Printer<'a> {
    patterns: &'a [Pattern],
    /// Of each pattern.
    incidents: Vec<String>,
    line: Line,
    /// The last time, as it was written.
    time: (Option<DateTime<FixedOffset>>, String),
}

impl<'a> Printer<'a> {
    pub(super) fn new(patterns: &'a [Pattern]) -> Self {
        let incidents = patterns.iter().map(|pattern| group::id_of_pattern(&pattern.name)).collect();
        Self { patterns, incidents, line: Line::default(), time: (None, String::new()) }
    }

    pub(super) fn print(&mut self, record: &Waiting, statement: &Statement, out: &mut dyn Write) -> io::Result<()> {
        if record.time.is_some() && record.time != self.time.0 {
            self.time = (record.time, record.time.map(|time| time.to_rfc3339()).unwrap_or_default());
        }
        let named = |at: usize| self.patterns.get(at).map(|pattern| pattern.name.as_str());
        let pattern = record.pattern.and_then(|at| self.patterns.get(at));
        let incident = record.pattern.and_then(|at| self.incidents.get(at)).unwrap_or(&statement.incident);
        let line = &mut self.line;
        line.begin();
        line.text("source", Some(&record.source))?;
        line.number("line", record.line)?;
        line.number("offset", record.offset)?;
        line.text("time", record.time.map(|_| self.time.1.as_str()))?;
        line.text("level", record.level.map(Level::as_str))?;
        line.text("pattern", pattern.map(|pattern| pattern.name.as_str()))?;
        line.texts("also", record.also.iter().copied().filter_map(named))?;
        line.text("category", Some(pattern.map_or(statement.category, |pattern| &pattern.category)))?;
        line.text("incident", Some(incident))?;
        line.text("template", Some(&statement.template))?;
        line.text("text", Some(&record.text))?;
        out.write_all(line.end())
    }
}

/// A JSON object on one line. Written by hand, since most texts need no escape and are copied whole.
#[derive(Default)]
struct Line(Vec<u8>);

impl Line {
    fn begin(&mut self) {
        self.0.clear();
    }

    fn key(&mut self, key: &str) {
        self.0.extend_from_slice(if self.0.is_empty() { b"{\"" } else { b",\"" });
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn number(&mut self, key: &str, number: u64) -> io::Result<()> {
        self.key(key);
        Ok(serde_json::to_writer(&mut self.0, &number)?)
    }

    fn text(&mut self, key: &str, text: Option<&str>) -> io::Result<()> {
        self.key(key);
        match text {
            Some(text) => self.string(text),
            None => Ok(serde_json::to_writer(&mut self.0, &())?),
        }
    }

    fn texts<'a>(&mut self, key: &str, texts: impl Iterator<Item = &'a str>) -> io::Result<()> {
        self.key(key);
        self.0.push(b'[');
        for (number, text) in texts.enumerate() {
            if number > 0 {
                self.0.push(b',');
            }
            self.string(text)?;
        }
        self.0.push(b']');
        Ok(())
    }

    fn string(&mut self, text: &str) -> io::Result<()> {
        if !is_plain(text) {
            return Ok(serde_json::to_writer(&mut self.0, text)?);
        }
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
        Ok(())
    }

    fn end(&mut self) -> &[u8] {
        self.0.extend_from_slice(b"}\n");
        &self.0
    }
}

/// Whether nothing in the text is to be escaped. Looked for without a branch, many bytes at a time.
fn is_plain(text: &str) -> bool {
    let escaped = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    text.as_bytes().chunks(64).all(|chunk| !chunk.iter().fold(false, |any, byte| any | escaped(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_line_is_what_any_writer_of_json_makes(
            text in "(?s).{0,80}|[ -~]{0,200}",
            texts in proptest::collection::vec("[a-z\"]{0,3}", 0..3),
            number: u64,
        ) {
            let mut line = Line::default();
            for _ in 0..2 {
                line.begin();
                line.text("text", Some(&text)).unwrap();
                line.number("number", number).unwrap();
                line.texts("texts", texts.iter().map(String::as_str)).unwrap();
                line.text("none", None).unwrap();
                let expected = format!(
                    "{{\"text\":{},\"number\":{number},\"texts\":{},\"none\":null}}\n",
                    serde_json::to_string(&text).unwrap(),
                    serde_json::to_string(&texts).unwrap(),
                );
                proptest::prop_assert_eq!(std::str::from_utf8(line.end()).unwrap(), expected);
            }
        }
    }
}
