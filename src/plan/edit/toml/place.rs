//! Where a key of a table goes, and what goes with it.

use std::ops::Range;

use toml_edit::{InlineTable, Item, Table, TableLike, Value};

use super::super::tree::{Kind, Node};
use super::super::{Code, Refusal, slice};
use crate::catalogue::PathElement;

/// Where a new pair goes, and its text with the line or the comma that it needs. The last element of the path is the
/// missing key; the way to its table is known to be there.
pub(super) fn insert(text: &str, root: &Item, path: &[PathElement], pair: &str) -> Result<(usize, String), Refusal> {
    let no_table = || Refusal::new(Code::Missing, "the table to add to could not be told");
    let (_, way) = path.split_last().ok_or_else(no_table)?;
    match parent(root, way).ok_or_else(no_table)? {
        Parent::Table(table, is_root) => in_table(text, table, is_root, pair),
        Parent::Inline(table) => in_inline(text, table, pair),
    }
}

enum Parent<'d> {
    Table(&'d Table, bool),
    Inline(&'d InlineTable),
}

/// `{match: ...}` on the way is left to a person: the new key would have no sure place.
fn parent<'d>(root: &'d Item, way: &[PathElement]) -> Option<Parent<'d>> {
    enum At<'d> {
        Item(&'d Item),
        Table(&'d Table),
        Value(&'d Value),
    }
    let mut at = At::Item(root);
    for element in way {
        at = match (element, at) {
            (PathElement::Key(key), At::Item(item)) => At::Item(item.get(key.as_str())?),
            (PathElement::Key(key), At::Table(table)) => At::Item(table.get(key)?),
            (PathElement::Key(key), At::Value(value)) => At::Item(TableLike::get(value.as_inline_table()?, key)?),
            (PathElement::Index(index), At::Item(Item::ArrayOfTables(tables))) => At::Table(tables.get(*index)?),
            (
                PathElement::Index(index),
                At::Item(Item::Value(Value::Array(array))) | At::Value(Value::Array(array)),
            ) => At::Value(array.get(*index)?),
            _ => return None,
        };
    }
    match at {
        At::Item(Item::Table(table)) => Some(Parent::Table(table, way.is_empty())),
        At::Item(Item::Value(Value::InlineTable(table))) | At::Value(Value::InlineTable(table)) => {
            Some(Parent::Inline(table))
        }
        At::Table(table) => Some(Parent::Table(table, false)),
        _ => None,
    }
}

fn in_table(text: &str, table: &Table, is_root: bool, pair: &str) -> Result<(usize, String), Refusal> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !is_root && (table.is_implicit() || table.is_dotted()) {
        let at = table.span().map_or(0, |span| span.start);
        let reason = "the table has no header of its own to add the key under; add it by hand";
        return Err(Refusal::at(text, at, Code::NoHeader, reason));
    }
    let values = table.get_values();
    let last = values.iter().filter_map(|(keys, value)| Some((keys.first()?.span()?, value.span()?)));
    if let Some((key, value)) = last.max_by_key(|(_, value)| value.end) {
        let start = line_start(text, key.start);
        let indent: String = slice(text, &(start..key.start)).chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        return Ok((line_end(text, value.end), format!("{newline}{indent}{pair}")));
    }
    if is_root {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        return Ok((at, format!("{pair}{newline}")));
    }
    let header = table.span().ok_or_else(|| Refusal::new(Code::NotProven, "the table's header could not be told"))?;
    Ok((line_end(text, header.start), format!("{newline}{pair}")))
}

fn in_inline(text: &str, table: &InlineTable, pair: &str) -> Result<(usize, String), Refusal> {
    let values = table.get_values();
    if table.is_dotted() {
        let at = values.iter().find_map(|(keys, value)| keys.first()?.span().or_else(|| value.span()));
        let reason = "the table has no braces of its own; add the key by hand";
        return Err(Refusal::at(text, at.map_or(0, |span| span.start), Code::NoHeader, reason));
    }
    if let Some(end) = values.iter().filter_map(|(_, value)| value.span()).map(|span| span.end).max() {
        return Ok((end, format!(", {pair}")));
    }
    let span = table.span().ok_or_else(|| Refusal::new(Code::NotProven, "a place could not be told"))?;
    let open = span.start + 1;
    let trail = if slice(text, &(open..span.end)).starts_with('}') { " " } else { "" };
    Ok((open, format!(" {pair}{trail}")))
}

/// The bytes of the pair at `position` of a map: its line, or in braces up to a comma.
pub(super) fn remove(text: &str, map: &Node, position: usize) -> Result<Range<usize>, Refusal> {
    let Kind::Map(entries) = &map.kind else { return Err(Refusal::new(Code::NotAMap, "there is no table here")) };
    let Some(entry) = entries.get(position) else { return Err(Refusal::new(Code::Missing, "there is no such key")) };
    let (key, value) = (&entry.key_span, &entry.value.span);
    if map.span.start < key.start && slice(text, &map.span).starts_with('{') {
        let next = entries.get(position + 1).map(|next| key.start..next.key_span.start);
        let before = position.checked_sub(1).and_then(|before| entries.get(before));
        let behind = before.map(|before| before.value.span.end..value.end);
        return Ok(next.or(behind).unwrap_or(key.start..value.end));
    }
    Ok(line_start(text, key.start)..after_line(text, value.end))
}

fn line_start(text: &str, at: usize) -> usize {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    if text.get(start..).is_some_and(|line| line.starts_with('\u{feff}')) {
        start + '\u{feff}'.len_utf8()
    } else {
        start
    }
}

fn line_end(text: &str, from: usize) -> usize {
    let end = text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at);
    if end > from && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

fn after_line(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at + 1)
}
