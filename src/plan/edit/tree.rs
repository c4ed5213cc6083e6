//! What TOML and JSON have in common: maps, lists and scalars with their spans; the path through them; the proof.

use std::ops::Range;

use super::{Code, Refusal, Spot, scalar};
use crate::catalogue::{PathElement, Scalar};

/// Deepest nesting.
pub(super) const MAX_DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// In bytes. Of a table with a header, its header.
    pub span: Range<usize>,
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Kind {
    /// `text` is what arithmetic works on; `typed` is false for what no table can say, a date or an infinity.
    Scalar {
        value: Scalar,
        text: String,
        typed: bool,
    },
    /// In the file's order, duplicates included.
    Map(Vec<Entry>),
    List(Vec<Node>),
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Node,
}

/// Where a path leads.
pub(super) enum Found<'t> {
    /// To this value; `at` are the positions on the way.
    Value { node: &'t Node, at: Vec<usize> },
    /// To this map, which lacks its last key.
    Parent { map: &'t Node, key: &'t str },
    /// To no map that could have it.
    Nowhere { key: &'t str, near: usize },
}

/// Follows a path; what is ambiguous is refused.
pub(super) fn follow<'t>(text: &str, root: &'t Node, path: &'t [PathElement]) -> Result<Found<'t>, Refusal> {
    let refuse = |node: &Node, code, reason: &str| Err(Refusal::at(text, node.span.start, code, reason));
    let mut node = root;
    let mut positions = Vec::new();
    for (depth, element) in path.iter().enumerate() {
        let position = match (element, &node.kind) {
            (PathElement::Key(key), Kind::Map(entries)) => match by_key(text, entries, key)? {
                Some(position) => position,
                None if depth + 1 == path.len() => return Ok(Found::Parent { map: node, key }),
                None => return Ok(Found::Nowhere { key, near: node.span.start }),
            },
            (PathElement::Key(key), _) => {
                return refuse(node, Code::NotAMap, &format!("there is no map here to look for `{key}` in"));
            }
            (PathElement::Index(index), Kind::List(items)) if *index < items.len() => *index,
            (PathElement::Index(index), Kind::List(items)) => {
                return refuse(
                    node,
                    Code::Missing,
                    &format!("the list has {} items, and no index {index}", items.len()),
                );
            }
            (PathElement::Match(wanted), Kind::List(items)) => by_match(text, node, items, wanted)?,
            _ => return refuse(node, Code::NotAList, "there is no list here"),
        };
        positions.push(position);
        node = child(node, position).ok_or_else(|| Refusal::new(Code::NotProven, "a place could not be told"))?;
    }
    Ok(Found::Value { node, at: positions })
}

/// The scalar that a path leads to; `Ok(None)`: its key may be added.
pub(super) fn spot(text: &str, root: &Node, path: &[PathElement], create: bool) -> Result<Option<Spot>, Refusal> {
    match follow(text, root, path)? {
        Found::Value { node, .. } => scalar_spot(text, node).map(Some),
        Found::Parent { .. } | Found::Nowhere { .. } if create => Ok(None),
        Found::Parent { map, key } => {
            let reason = format!("there is no `{key}` here; `create_missing: true` adds it");
            Err(Refusal::at(text, map.span.start, Code::Missing, reason))
        }
        Found::Nowhere { key, near } => Err(no_parent(text, near, key)),
    }
}

/// Only the key itself is ever added.
pub(super) fn no_parent(text: &str, near: usize, key: &str) -> Refusal {
    let reason = format!("there is no `{key}` here, and only the last key of a path is ever added");
    Refusal::at(text, near, Code::Missing, reason)
}

fn scalar_spot(text: &str, node: &Node) -> Result<Spot, Refusal> {
    let refuse = |code, reason: &str| Err(Refusal::at(text, node.span.start, code, reason));
    match &node.kind {
        Kind::Map(_) => refuse(Code::NotAScalar, "the path ends at a map; name one of its keys"),
        Kind::List(_) => refuse(Code::NotAScalar, "the path ends at a list; name an index or `{match: ...}`"),
        Kind::Scalar { .. } if super::slice(text, &node.span).contains(['\n', '\r']) => {
            refuse(Code::MultiLine, "the value goes over several lines; only values on one line are edited")
        }
        Kind::Scalar { value, text, .. } => {
            Ok(Spot { spans: vec![node.span.clone()], value: value.clone(), text: text.clone() })
        }
    }
}

/// The map that has the scalar which is to go, and its position there.
pub(super) fn pair<'t>(
    text: &str,
    root: &'t Node,
    path: &'t [PathElement],
) -> Result<Option<(&'t Node, usize)>, Refusal> {
    let Found::Value { node, at } = follow(text, root, path)? else { return Ok(None) };
    let refuse = |code, reason: &str| Err(Refusal::at(text, node.span.start, code, reason));
    if !matches!(node.kind, Kind::Scalar { .. }) {
        return refuse(Code::NotAScalar, "a map or list is not deleted; name one of its keys");
    }
    let Some((last, before)) = at.split_last() else { return refuse(Code::NotAKey, "there is no key to delete") };
    let parent = before.iter().try_fold(root, |node, position| child(node, *position));
    match parent {
        Some(parent) if matches!(parent.kind, Kind::Map(_)) => Ok(Some((parent, *last))),
        _ => refuse(Code::NotAKey, "only a key is deleted, no list item"),
    }
}

fn child(node: &Node, position: usize) -> Option<&Node> {
    match &node.kind {
        Kind::Map(entries) => entries.get(position).map(|entry| &entry.value),
        Kind::List(items) => items.get(position),
        Kind::Scalar { .. } => None,
    }
}

fn by_key(text: &str, entries: &[Entry], key: &str) -> Result<Option<usize>, Refusal> {
    let mut hits = entries.iter().enumerate().filter(|(_, entry)| entry.key == key);
    match (hits.next(), hits.next()) {
        (None, _) => Ok(None),
        (Some((position, _)), None) => Ok(Some(position)),
        (Some(_), Some((_, second))) => {
            let reason = format!("the key `{key}` is there twice; readers disagree on which one counts");
            Err(Refusal::at(text, second.key_span.start, Code::DuplicateKey, reason))
        }
    }
}

fn by_match(text: &str, list: &Node, items: &[Node], wanted: &[(String, Scalar)]) -> Result<usize, Refusal> {
    let has_all = |item: &Node| {
        let Kind::Map(entries) = &item.kind else { return false };
        wanted.iter().all(|(key, value)| {
            let mut hits = entries.iter().filter(|entry| entry.key == *key);
            let is =
                |entry: &Entry| matches!(&entry.value.kind, Kind::Scalar { value: is, .. } if scalar::same(is, value));
            hits.next().is_some_and(is) && hits.next().is_none()
        })
    };
    let mut fits = items.iter().enumerate().filter(|(_, item)| has_all(item));
    match (fits.next(), fits.next()) {
        (Some((position, _)), None) => Ok(position),
        (None, _) => {
            Err(Refusal::at(text, list.span.start, Code::Missing, "no item of this list has what `match` asks for"))
        }
        (_, Some((_, second))) => {
            let reason = "more than one item has what `match` asks for";
            Err(Refusal::at(text, second.span.start, Code::SeveralItems, reason))
        }
    }
}

/// Whether two trees are the same but for the scalar at `at`.
pub(super) fn same_but(before: &Node, after: &Node, at: Option<&[usize]>) -> bool {
    if at.is_some_and(<[usize]>::is_empty) {
        return matches!((&before.kind, &after.kind), (Kind::Scalar { .. }, Kind::Scalar { .. }));
    }
    // The way on for the child at this position.
    let on =
        |position: usize| at.and_then(|at| at.split_first()).filter(|(next, _)| **next == position).map(|(_, on)| on);
    match (&before.kind, &after.kind) {
        (Kind::Map(before), Kind::Map(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).enumerate().all(|(position, (before, after))| {
                    before.key == after.key && same_but(&before.value, &after.value, on(position))
                })
        }
        (Kind::List(before), Kind::List(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .enumerate()
                    .all(|(position, (before, after))| same_but(before, after, on(position)))
        }
        (
            Kind::Scalar { value, text, typed },
            Kind::Scalar { value: value_after, text: text_after, typed: typed_after },
        ) => value == value_after && text == text_after && typed == typed_after,
        _ => false,
    }
}

/// Whether the longer tree is the shorter one with the pair at `at` added; with it goes or comes a table that is nothing
/// but the way to it (`a.b = 1`).
pub(super) fn same_with(shorter: &Node, longer: &Node, at: &[usize]) -> bool {
    let Some((position, on)) = at.split_first() else { return false };
    if let (Kind::Map(shorter), Kind::Map(longer)) = (&shorter.kind, &longer.kind)
        && longer.len() == shorter.len() + 1
    {
        let rest = longer.iter().enumerate().filter(|(at, _)| at != position).map(|(_, entry)| entry);
        return longer.get(*position).is_some_and(|entry| is_way(&entry.value, on))
            && shorter
                .iter()
                .zip(rest)
                .all(|(one, other)| one.key == other.key && same_but(&one.value, &other.value, None));
    }
    match (child(shorter, *position), child(longer, *position)) {
        (Some(inner), Some(inner_longer)) if !on.is_empty() => {
            same_with(inner, inner_longer, on) && siblings_same(shorter, longer, *position)
        }
        _ => false,
    }
}

/// A scalar, or maps with nothing but the way to it.
fn is_way(node: &Node, on: &[usize]) -> bool {
    match (&node.kind, on.split_first()) {
        (Kind::Scalar { .. }, None) => true,
        (Kind::Map(entries), Some((0, on))) => {
            matches!(entries.as_slice(), [only] if is_way(&only.value, on))
        }
        _ => false,
    }
}

fn siblings_same(one: &Node, other: &Node, but: usize) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Map(one), Kind::Map(other)) => {
            let pairs = one.iter().zip(other).enumerate();
            one.len() == other.len()
                && pairs.into_iter().all(|(at, (one, other))| {
                    one.key == other.key && (at == but || same_but(&one.value, &other.value, None))
                })
        }
        (Kind::List(one), Kind::List(other)) => {
            let mut pairs = one.iter().zip(other).enumerate();
            one.len() == other.len() && pairs.all(|(at, (one, other))| at == but || same_but(one, other, None))
        }
        _ => false,
    }
}

/// The proof for a format that is such a tree: both are parsed anew.
pub(super) fn proven(
    before: (&str, &Node),
    after: (&str, &Node),
    path: &[PathElement],
    proof: &super::Proof<'_>,
) -> bool {
    let value_at = |(text, root): (&str, &Node)| match follow(text, root, path) {
        Ok(Found::Value { node, at }) => Some((node.span.clone(), scalar_spot(text, node).ok()?, at)),
        _ => None,
    };
    match proof {
        super::Proof::Replaced { spans, value } => {
            let (Some(old), Some(new)) = (value_at(before), value_at(after)) else { return false };
            let [span] = spans else { return false };
            // The new value stands where the old one stood, whole.
            let end = (span.end + after.0.len()).checked_sub(before.0.len());
            old.0 == *span
                && new.0.start == span.start
                && Some(new.0.end) == end
                && value.is_none_or(|value| scalar::same(&new.1.value, value))
                && same_but(before.1, after.1, Some(&old.2))
        }
        super::Proof::Added { value } => {
            value_at(after).is_some_and(|new| scalar::same(&new.1.value, value) && same_with(before.1, after.1, &new.2))
        }
        super::Proof::Removed => match follow(before.0, before.1, path) {
            Ok(Found::Value { at, .. }) => same_with(after.1, before.1, &at),
            _ => false,
        },
    }
}
