//! Where a new key goes, and what goes with one that is deleted.

use std::ops::Range;

use super::super::{Code, Refusal, slice};
use super::DISPUTED;
use super::find;
use super::lex::next_line;
use super::rules::Rules;
use super::scan::{Entry, File};
use crate::catalogue::{Dialect, Edit, Locator};

/// Behind the last key of its section, written like its neighbour.
pub(super) fn insert(
    text: &str,
    file: &File,
    edit: &Edit,
    rules: &Rules,
    written: &str,
) -> Result<(usize, String), Refusal> {
    let Locator::IniPath { section, key } = &edit.locator else {
        return Err(Refusal::new(Code::Missing, "there is no path to add"));
    };
    if let Some(include) = file.includes.first() {
        let line = &include.line;
        let reason = format!("`{key}` may stand in a file that `{line}` makes its reader read; edit that one");
        return Err(Refusal::at(text, include.start, Code::Included, reason));
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = |neighbour: Option<&Entry>| {
        let indent = neighbour.map_or_else(|| first_indent(rules), |entry| indent(text, entry).to_owned());
        format!("{indent}{key}{}{written}", separator(text, file, neighbour, rules))
    };
    let behind = |entry: &Entry| (entry.end, format!("{newline}{}", line(Some(entry))));
    if let Some(section) = section {
        let wanted = rules.section(section);
        let Some(at) = file.sections.iter().rposition(|section| section.name == wanted) else {
            let reason = format!("there is no section `{section}`, and only keys are added; add its header by hand");
            return Err(Refusal::new(Code::Missing, reason));
        };
        let last = file.entries.iter().rfind(|entry| entry.section == Some(at));
        if let Some(last) = last.filter(|last| last.disputed) {
            return Err(Refusal::at(text, last.key.start, Code::MultiLine, DISPUTED));
        }
        let end = file.sections.get(at).map_or(0, |section| section.end);
        return Ok(last.map_or_else(|| (end, format!("{newline}{}", line(None))), behind));
    }
    if file.sections.iter().any(|section| find::is_special(&section.name)) {
        let reason = "the file has sections of hosts or paths; write `ini_path: [SECTION, KEY]`";
        return Err(Refusal::new(Code::Missing, reason));
    }
    // Above all headers, where they mean something.
    let anywhere = rules.dialect == Dialect::Php || !rules.sections;
    match file.entries.iter().rfind(|entry| anywhere || entry.section.is_none()) {
        Some(entry) => Ok(behind(entry)),
        None if anywhere || file.sections.is_empty() => {
            let lead = if text.is_empty() || text.ends_with(['\n', '\u{feff}']) { "" } else { newline };
            Ok((text.len(), format!("{lead}{}{newline}", line(None))))
        }
        None => {
            let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            Ok((at, format!("{}{newline}", line(None))))
        }
    }
}

fn first_indent(rules: &Rules) -> String {
    if rules.dialect == Dialect::Git { "\t".to_owned() } else { String::new() }
}

fn indent<'t>(text: &'t str, entry: &Entry) -> &'t str {
    let line = slice(text, &(entry.start..entry.key.start));
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// As the neighbour has it, without its alignment.
fn separator(text: &str, file: &File, neighbour: Option<&Entry>, rules: &Rules) -> String {
    let of = |entry: &Entry| {
        let value = entry.value.as_ref()?;
        Some(slice(text, &(entry.key.end..value.span.start)).to_owned()).filter(|between| !between.trim().is_empty())
    };
    let found = neighbour.and_then(of).or_else(|| file.entries.iter().find_map(of));
    let Some(found) = found else {
        let tight = matches!(rules.dialect, Dialect::Systemd | Dialect::Env);
        return if tight { "=" } else { " = " }.to_owned();
    };
    let blank = |edge: Option<char>| if edge.is_some_and(|c| matches!(c, ' ' | '\t')) { " " } else { "" };
    let mark = found.trim();
    let behind = if found.trim_start().len() > mark.len() { " " } else { "" };
    format!("{}{mark}{behind}", blank(found.chars().next()))
}

/// Its lines; of a key that stands behind a header, the rest of that line.
pub(super) fn remove(text: &str, entry: &Entry) -> Range<usize> {
    let before = slice(text, &(0..entry.start));
    let begins_line = before.is_empty() || before.ends_with(['\n', '\u{feff}']);
    entry.start..if begins_line { next_line(text, entry.end) } else { entry.end }
}
