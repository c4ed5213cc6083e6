//! Adds a key that is not there: after the last leaf of its map, at the map's own column.

use std::ops::Range;

use super::super::Refusal;
use super::render;
use super::tree::{Id, Kind, Tree};
use crate::catalogue::{PathElement, Scalar};

/// Where the missing pair goes, and its text.
pub(super) fn pair(
    text: &str,
    tree: &Tree,
    map: Id,
    missing: &[PathElement],
    new: &Scalar,
) -> Result<(usize, String), Refusal> {
    let mut keys = Vec::new();
    for element in missing {
        match element {
            PathElement::Key(key) => keys.push(key.as_str()),
            _ => return Err(Refusal::new("missing", "only keys are added, no list items")),
        }
    }
    let Some(node) = tree.nodes.get(map) else { return Err(Refusal::new("missing", "there is no map")) };
    match &node.kind {
        Kind::Map { flow: true, entries } => Ok(in_flow(text, &node.span, entries.is_empty(), &keys, new)),
        Kind::Map { entries, .. } => {
            let last = entries.last().map(|(_, value)| last_leaf(tree, *value));
            let column = entries.first().and_then(|(key, _)| tree.nodes.get(*key)).map(|key| key.column);
            match (last, column) {
                (Some(Some(end)), Some(column)) => Ok(in_block(text, tree, end, column, &keys, new)),
                _ => Err(Refusal::at(text, node.span.start, "not_proven", "the map's last value could not be told")),
            }
        }
        _ => Err(Refusal::at(text, node.span.start, "not_a_map", "there is no map here to add to")),
    }
}

/// The end of the last scalar below a node; block scalars end with their lines.
fn last_leaf(tree: &Tree, id: Id) -> Option<usize> {
    let node = tree.nodes.get(id)?;
    match &node.kind {
        Kind::Scalar { .. } | Kind::Alias | Kind::Map { flow: true, .. } | Kind::List { flow: true, .. } => {
            Some(node.span.end)
        }
        Kind::Map { entries, .. } => entries.last().map_or(Some(node.span.end), |(_, value)| last_leaf(tree, *value)),
        Kind::List { items, .. } => items.last().map_or(Some(node.span.end), |item| last_leaf(tree, *item)),
    }
}

fn in_block(text: &str, tree: &Tree, end: usize, column: usize, keys: &[&str], new: &Scalar) -> (usize, String) {
    let line_end = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at);
    // A block scalar's span ends behind its last line end already.
    let ended = end > 0 && text.as_bytes().get(end - 1) == Some(&b'\n');
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let step = indentation_step(tree);
    let mut lines = Vec::new();
    for (depth, key) in keys.iter().enumerate() {
        let indent = " ".repeat(column + depth * step);
        let value = if depth + 1 == keys.len() { format!(" {}", render::value(new, false)) } else { String::new() };
        lines.push(format!("{indent}{}:{value}", render::key(key, false)));
    }
    let added = lines.join(newline);
    if ended {
        return (end, format!("{added}{newline}"));
    }
    let at = if text.get(..line_end).is_some_and(|before| before.ends_with('\r')) { line_end - 1 } else { line_end };
    (at, format!("{newline}{added}"))
}

fn in_flow(text: &str, span: &Range<usize>, empty: bool, keys: &[&str], new: &Scalar) -> (usize, String) {
    let mut value = render::value(new, true);
    for (depth, key) in keys.iter().enumerate().rev() {
        let pair = format!("{}: {value}", render::key(key, true));
        value = if depth == 0 { pair } else { format!("{{{pair}}}") };
    }
    let inner_end = span.end.saturating_sub(1);
    let inside = text.get(span.start..inner_end).unwrap_or_default();
    let at = span.start + inside.trim_end().len();
    let comma = inside.trim_end().ends_with(',');
    let lead = match (empty, comma) {
        (true, _) => "",
        (false, true) => " ",
        (false, false) => ", ",
    };
    (at, format!("{lead}{value}"))
}

/// The file's own step from a map to the map in it; two where there is none.
fn indentation_step(tree: &Tree) -> usize {
    let column = |id: Id| tree.nodes.get(id).map(|node| node.column);
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
