//! A file of sections, keys and values as spans, by the rules of its dialect.

use std::ops::Range;

use super::super::{Code, Refusal};
use super::lex::{self, Value};
use super::rules::{Continuation, Rules};
use crate::catalogue::Dialect;

/// A file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub sections: Vec<Section>,
    pub entries: Vec<Entry>,
    pub includes: Vec<Include>,
}

/// What another file is read by: `!includedir /etc/mysql/conf.d/`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Include {
    pub line: String,
    pub start: usize,
}

/// A header.
#[derive(Debug)]
pub(super) struct Section {
    /// As its reader compares it.
    pub name: String,
    pub start: usize,
    /// Before the line end.
    pub end: usize,
}

/// A key, with its value if it has one.
#[derive(Debug)]
pub(super) struct Entry {
    /// Index of its header; `None`: above all of them.
    pub section: Option<usize>,
    /// As its reader compares it.
    pub name: String,
    pub key: Range<usize>,
    /// `None`: a key alone.
    pub value: Option<Value>,
    /// Begin of its first line, behind a header on the same line.
    pub start: usize,
    /// Before the line end of its last line.
    pub end: usize,
    /// Some readers take it for a part of the value before it.
    pub disputed: bool,
}

struct Scanner<'a> {
    text: &'a str,
    rules: &'a Rules,
    file: File,
    /// Column of the key whose value an indented line goes on.
    indent: Option<usize>,
    /// The line is indented like one that goes on.
    disputed: bool,
}

/// Reads a text; what no reader would take is refused with its place.
pub(super) fn scan(text: &str, rules: &Rules) -> Result<File, Refusal> {
    let body = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    if let Some(at) = lone_return(text) {
        let reason = "a carriage return within a line: some readers end the line there";
        return Err(Refusal::at(text, at, Code::LoneCr, reason));
    }
    let mut scanner = Scanner { text, rules, file: File::default(), indent: None, disputed: false };
    let mut at = body;
    while at < text.len() {
        at = lex::next_line(text, scanner.line(at)?);
    }
    Ok(scanner.file)
}

fn lone_return(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'\r', text.as_bytes()).find(|at| text.as_bytes().get(at + 1) != Some(&b'\n'))
}

impl Scanner<'_> {
    /// Reads a logical line from `start`; gives the place of its line end.
    fn line(&mut self, start: usize) -> Result<usize, Refusal> {
        let at = lex::skip_blanks(self.text, start);
        let end = lex::line_end(self.text, at);
        let Some(first) = self.text.as_bytes().get(at).copied().filter(|_| at < end) else { return Ok(end) };
        if self.rules.comments.contains(&first) {
            return Ok(end);
        }
        self.disputed = self.indent.is_some_and(|indent| at - start > indent);
        if self.disputed && self.goes_on(at, end) {
            return Ok(end);
        }
        match first {
            b'!' if self.rules.dialect == Dialect::Mysql => {
                self.include(at, end);
                Ok(end)
            }
            b'[' if self.rules.sections => self.header(at, end),
            _ => self.entry(start, at, end),
        }
    }

    /// Whether an indented line belongs to the value before it.
    fn goes_on(&mut self, at: usize, end: usize) -> bool {
        let line = super::super::slice(self.text, &(at..end));
        let certain = self.rules.continuation == Continuation::Indent;
        // Some readers take it for a part of the value, others for a key of its own.
        let is_own = !certain && (line.contains('=') || line.starts_with('['));
        if let Some(entry) = self.file.entries.last_mut() {
            if !is_own {
                entry.end = end;
            }
            if let Some(value) = &mut entry.value {
                value.multi_line = true;
            }
        }
        !is_own
    }

    fn header(&mut self, at: usize, end: usize) -> Result<usize, Refusal> {
        let broken =
            || Refusal::at(self.text, at, Code::NotIni, "a section's header has no end, or something behind it");
        let close = self.closing(at, end).ok_or_else(broken)?;
        let inside = super::super::slice(self.text, &(at + 1..close));
        let name = self.rules.section(inside);
        if name.is_empty() {
            return Err(broken());
        }
        let behind = lex::skip_blanks(self.text, close + 1);
        let next = self.text.as_bytes().get(behind).copied().filter(|_| behind < end);
        let commented = next.is_some_and(|next| self.rules.comments.contains(&next));
        self.indent = None;
        self.file.sections.push(Section { name, start: at, end });
        match next {
            None => Ok(end),
            Some(_) if commented && self.rules.dialect != Dialect::Systemd => Ok(end),
            // git takes a key on the same line.
            Some(_) if self.rules.dialect == Dialect::Git => {
                if let Some(section) = self.file.sections.last_mut() {
                    section.end = close + 1;
                }
                self.entry(behind, behind, end)
            }
            Some(_) => Err(broken()),
        }
    }

    /// The bracket that closes a header: the only one, but for a quoted subsection.
    fn closing(&self, at: usize, end: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut quoted, mut position) = (false, at + 1);
        while position < end {
            match bytes.get(position)? {
                b'\\' if quoted => position += 1,
                b'"' if self.rules.dialect == Dialect::Git => quoted = !quoted,
                b']' if !quoted => {
                    let more = bytes.get(position + 1..end)?.contains(&b']');
                    // configparser takes the last one.
                    return (self.rules.dialect != Dialect::Configparser || !more).then_some(position);
                }
                _ => {}
            }
            position += 1;
        }
        None
    }

    fn entry(&mut self, start: usize, at: usize, end: usize) -> Result<usize, Refusal> {
        let key_start = if self.rules.dialect == Dialect::Env { self.behind_export(at) } else { at };
        let (key, value_at) = self.key(key_start, end);
        let (value, end) = match value_at {
            Some(from) => {
                let (value, end) = lex::value(self.text, from, self.rules);
                (Some(value), end)
            }
            None => (None, end),
        };
        let written = super::super::slice(self.text, &key);
        if self.is_include(written) {
            self.include(at, end);
            return Ok(end);
        }
        if key.is_empty() {
            return Err(Refusal::at(self.text, at, Code::NotIni, "a value has no key"));
        }
        // Where indentation decides nothing, a deeper line still makes readers disagree.
        let watches = matches!(self.rules.dialect, Dialect::Configparser | Dialect::Ini);
        if !self.disputed {
            self.indent = watches.then_some(at - start);
        }
        let name = self.rules.canonical(written);
        let section = self.file.sections.len().checked_sub(1);
        self.file.entries.push(Entry { section, name, key, value, start, end, disputed: self.disputed });
        Ok(end)
    }

    fn include(&mut self, start: usize, end: usize) {
        let line = super::super::slice(self.text, &(start..end)).trim_end().to_owned();
        self.file.includes.push(Include { line, start });
    }

    fn behind_export(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        match rest.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(_) => lex::skip_blanks(self.text, at + "export".len()),
            None => at,
        }
    }

    /// The key, and where its value begins.
    fn key(&self, at: usize, end: usize) -> (Range<usize>, Option<usize>) {
        let bytes = self.text.as_bytes();
        let mut position = at;
        while position < end {
            let byte = bytes.get(position).copied().unwrap_or_default();
            let blank = matches!(byte, b' ' | b'\t');
            if self.rules.separators.contains(&byte) || (self.rules.blank_separates && blank) {
                break;
            }
            // A comment ends a key alone.
            let commented = self.rules.inline.contains(&byte)
                && (!self.rules.after_blank
                    || position.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b' '));
            if commented && position > at {
                return (at..trimmed(self.text, at, position), None);
            }
            position += 1;
        }
        let key = at..trimmed(self.text, at, position);
        let mut from = lex::skip_blanks(self.text, position);
        let separated = bytes.get(from).is_some_and(|byte| self.rules.separators.contains(byte)) && from < end;
        if separated {
            from += 1;
        } else if !self.rules.blank_separates || from >= end {
            return (key, None);
        }
        (key, Some(from))
    }

    /// Whether a key makes its reader read another file.
    fn is_include(&self, key: &str) -> bool {
        match self.rules.dialect {
            Dialect::Postgresql => {
                ["include", "include_dir", "include_if_exists"].contains(&key.to_lowercase().as_str())
            }
            Dialect::Git => {
                let section = self.file.sections.last().map_or("", |section| section.name.as_str());
                key.eq_ignore_ascii_case("path") && (section == "include" || section.starts_with("includeif\0"))
            }
            _ => false,
        }
    }
}

/// The end of a text without the blanks before it.
fn trimmed(text: &str, from: usize, to: usize) -> usize {
    from + super::super::slice(text, &(from..to)).trim_end_matches([' ', '\t', '\r']).len()
}
