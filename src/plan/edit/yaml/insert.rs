//! Adds a key that is not there: after the last leaf of its map, at the map's own column.

use std::ops::Range;

use super::super::{Code, Refusal};
use super::render;
use super::tree::{Id, Kind, Node, Tree};
use crate::catalogue::{PathElement, Scalar};

/// Where the missing pair goes, and its text.
pub(super) fn pair(
    text: &str,
    tree: &Tree,
    map: Id,
    missing: &[PathElement],
    new: &Scalar,
) -> Result<(usize, String), Refusal> {
    let keys = keys(missing)?;
    let Some(node) = tree.nodes.get(map) else { return Err(Refusal::new(Code::Missing, "there is no map")) };
    match &node.kind {
        Kind::Map { flow: true, entries } => Ok(in_flow(text, &node.span, entries.is_empty(), &keys, new)),
        Kind::Map { entries, .. } => {
            let last = entries.last().map(|(_, value)| last_leaf(tree, *value));
            let column = entries.first().and_then(|(key, _)| tree.nodes.get(*key)).map(|key| column_of(text, key));
            match (last, column) {
                (Some(Some(end)), Some(column)) => Ok(in_block(text, tree, end, column, &keys, new)),
                _ => Err(Refusal::at(text, node.span.start, Code::NotProven, "the map's last value could not be told")),
            }
        }
        Kind::Scalar { .. } if node.is_implicit_null() => in_null(text, tree, map, &keys, new),
        _ => Err(Refusal::at(text, node.span.start, Code::NotAMap, "there is no map here to add to")),
    }
}

/// The first pair of a file that holds no values.
pub(super) fn first(text: &str, path: &[PathElement], new: &Scalar) -> Result<(usize, String), Refusal> {
    let newline = newline_at(text, text.len());
    let added = lines(&keys(path)?, 0, 2, newline, new);
    if text.is_empty() || text.ends_with('\n') {
        return Ok((text.len(), format!("{added}{newline}")));
    }
    // Nothing but a mark of the byte order is no line.
    let lead = if text == "\u{feff}" { "" } else { newline };
    Ok((text.len(), format!("{lead}{added}")))
}

fn keys(missing: &[PathElement]) -> Result<Vec<&str>, Refusal> {
    let key = |element: &'_ PathElement| match element {
        PathElement::Key(_) => Ok(()),
        _ => Err(Refusal::new(Code::Missing, "only keys are added, no list items")),
    };
    missing.iter().try_for_each(key)?;
    Ok(missing
        .iter()
        .filter_map(|element| if let PathElement::Key(key) = element { Some(key.as_str()) } else { None })
        .collect())
}

/// A key without a value becomes the parent of the pair.
fn in_null(text: &str, tree: &Tree, null: Id, keys: &[&str], new: &Scalar) -> Result<(usize, String), Refusal> {
    let parent = tree.nodes.iter().find_map(|node| match &node.kind {
        Kind::Map { entries, flow } => {
            let (key, _) = entries.iter().find(|(_, value)| *value == null)?;
            Some((column_of(text, tree.nodes.get(*key)?), *flow))
        }
        _ => None,
    });
    let at = tree.nodes.get(null).map_or(0, |node| node.span.start);
    match parent {
        Some((column, false)) => Ok(in_block(text, tree, at, column + indentation_step(text, tree), keys, new)),
        Some((_, true)) => {
            let flow = format!("{{{}}}", flow_pair(keys, new));
            Ok((at, render::behind_indicator(text, &(at..at), &flow, true)))
        }
        None => Err(Refusal::at(text, at, Code::NotAMap, "there is no map here to add to; write one")),
    }
}

/// The column of a key, from 0, in characters; with its anchor, its tag and its `?`, which stand before it.
fn column_of(text: &str, key: &Node) -> usize {
    let before = text.get(..key.span.start).unwrap_or_default();
    let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or_default();
    let mut line = line.trim_start_matches('\u{feff}');
    loop {
        let trimmed = line.trim_end_matches([' ', '\t']);
        let token = trimmed.rfind([' ', '\t']).map_or(0, |at| at + 1);
        match trimmed.get(token..) {
            Some(word) if word == "?" || word.starts_with(['&', '!']) => {
                line = trimmed.get(..token).unwrap_or_default();
            }
            _ => return line.chars().count(),
        }
    }
}

/// The end of the last scalar below a node; block scalars end with their lines.
fn last_leaf(tree: &Tree, id: Id) -> Option<usize> {
    let node = tree.nodes.get(id)?;
    match &node.kind {
        Kind::Scalar { .. } | Kind::Alias(_) | Kind::Map { flow: true, .. } | Kind::List { flow: true, .. } => {
            Some(node.span.end)
        }
        Kind::Map { entries, .. } => entries.last().map_or(Some(node.span.end), |(_, value)| last_leaf(tree, *value)),
        Kind::List { items, .. } => items.last().map_or(Some(node.span.end), |item| last_leaf(tree, *item)),
    }
}

fn in_block(text: &str, tree: &Tree, end: usize, column: usize, keys: &[&str], new: &Scalar) -> (usize, String) {
    // A block of text ends somewhere before the first character of the next line that is not its own.
    let line = text.get(..end).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = if line > 0 && text.get(line..end).is_some_and(|lead| lead.trim().is_empty()) { line } else { end };
    let line_end = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at);
    // A block scalar's span ends behind its last line end already.
    let ended = end > 0 && text.as_bytes().get(end - 1) == Some(&b'\n');
    let newline = newline_at(text, end);
    let added = lines(keys, column, indentation_step(text, tree), newline, new);
    if ended {
        return (end, format!("{added}{newline}"));
    }
    let at = if text.get(..line_end).is_some_and(|before| before.ends_with('\r')) { line_end - 1 } else { line_end };
    (at, format!("{newline}{added}"))
}

/// One line for each key, each below the one before it.
fn lines(keys: &[&str], column: usize, step: usize, newline: &str, new: &Scalar) -> String {
    let line = |(depth, key): (usize, &&str)| {
        let indent = " ".repeat(column + depth * step);
        let value = if depth + 1 == keys.len() { format!(" {}", render::value(new, false)) } else { String::new() };
        format!("{indent}{}:{value}", render::key(key, false))
    };
    keys.iter().enumerate().map(line).collect::<Vec<_>>().join(newline)
}

/// How the line ends that holds this place, or the one before it.
fn newline_at(text: &str, at: usize) -> &'static str {
    let end = |at: usize| if text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\r') { "\r\n" } else { "\n" };
    let here = text.get(at..).and_then(|rest| rest.find('\n')).map(|found| at + found);
    let before = || text.get(..at).and_then(|before| before.rfind('\n'));
    here.or_else(before).map_or("\n", end)
}

fn in_flow(text: &str, span: &Range<usize>, empty: bool, keys: &[&str], new: &Scalar) -> (usize, String) {
    let inner_end = span.end.saturating_sub(1);
    let inside = text.get(span.start..inner_end).unwrap_or_default();
    let at = span.start + inside.trim_end().len();
    let comma = inside.trim_end().ends_with(',');
    let lead = match (empty, comma) {
        (true, _) => "",
        (false, true) => " ",
        (false, false) => ", ",
    };
    (at, format!("{lead}{}", flow_pair(keys, new)))
}

fn flow_pair(keys: &[&str], new: &Scalar) -> String {
    let nested = |value: String, (depth, key): (usize, &&str)| {
        let pair = format!("{}: {value}", render::key(key, true));
        if depth == 0 { pair } else { format!("{{{pair}}}") }
    };
    keys.iter().enumerate().rev().fold(render::value(new, true), nested)
}

/// The file's own step from a map to the map in it; two where there is none.
fn indentation_step(text: &str, tree: &Tree) -> usize {
    let column = |id: Id| tree.nodes.get(id).map(|node| column_of(text, node));
    let steps = tree.nodes.iter().filter_map(|node| match &node.kind {
        Kind::Map { entries, flow: false } => entries.iter().find_map(|(key, value)| {
            let Some(Kind::Map { entries: inner, flow: false }) = tree.nodes.get(*value).map(|node| &node.kind) else {
                return None;
            };
            column(inner.first()?.0)?.checked_sub(column(*key)?).filter(|step| *step > 0)
        }),
        _ => None,
    });
    steps.min().unwrap_or(2)
}
