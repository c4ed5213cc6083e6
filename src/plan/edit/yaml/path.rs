//! From a path to the one node that it names; whatever is ambiguous is refused with its place.

use std::ops::Range;

use granit_parser::ScalarStyle;

use super::super::{Code, Refusal, scalar};
use super::tree::{Id, Kind, Node, Tree};
use crate::catalogue::{DocumentChoice, PathElement, Scalar};

/// Where a path leads.
pub(super) enum Found<'p> {
    /// To this node.
    Node(Id),
    /// To this map, or to a null that may become one, which lacks the rest.
    Parent { map: Id, missing: &'p [PathElement] },
    /// To a file without any value.
    Nothing,
}

/// Follows the path in the document that is meant.
pub(super) fn find<'p>(
    text: &str,
    tree: &Tree,
    path: &'p [PathElement],
    document: Option<&DocumentChoice>,
    create: bool,
) -> Result<Found<'p>, Refusal> {
    if tree.is_empty() && document.is_none() {
        let reason = "the file holds no values yet; `create_missing: true` adds this one";
        return if create { Ok(Found::Nothing) } else { Err(Refusal::at(text, text.len(), Code::Missing, reason)) };
    }
    let roots = chosen(text, tree, document)?;
    let mut found = Vec::new();
    let mut missing = None;
    for root in &roots {
        match follow(text, tree, *root, path) {
            Ok(Found::Node(id)) => found.push(id),
            Ok(Found::Parent { map, missing: rest }) if roots.len() == 1 => {
                if create {
                    return Ok(Found::Parent { map, missing: rest });
                }
                missing = Some(is_missing(text, tree, map, rest));
            }
            Ok(_) => {}
            // In a stream the path may lead nowhere in most documents.
            Err(refusal) if roots.len() > 1 && refusal.code == Code::NotAMap => {}
            Err(refusal) => return Err(refusal),
        }
    }
    match found.as_slice() {
        [one] => Ok(Found::Node(*one)),
        [] => Err(missing.unwrap_or_else(|| {
            let reason = "no document has this path; say which one by `document` or `document_match`";
            let first = roots.first().and_then(|root| tree.nodes.get(*root)).map_or(0, |node| node.span.start);
            Refusal::at(text, first, Code::Missing, reason)
        })),
        [_, second, ..] => {
            let reason = "the path is in more than one document; say which by `document` or `document_match`";
            Err(refuse(text, tree, *second, Code::SeveralDocuments, reason))
        }
    }
}

fn is_missing(text: &str, tree: &Tree, map: Id, rest: &[PathElement]) -> Refusal {
    let name = match rest.first() {
        Some(PathElement::Key(key)) => key.as_str(),
        _ => "it",
    };
    refuse(text, tree, map, Code::Missing, &format!("there is no `{name}` here; `create_missing: true` adds it"))
}

fn chosen(text: &str, tree: &Tree, document: Option<&DocumentChoice>) -> Result<Vec<Id>, Refusal> {
    match document {
        None => Ok(tree.documents.clone()),
        Some(DocumentChoice::Number(number)) => tree.documents.get(*number).map(|root| vec![*root]).ok_or_else(|| {
            let there = tree.documents.len();
            let reason = format!("there is no document {number}; the file has {there}, and the first is 0");
            Refusal::at(text, text.len(), Code::Missing, reason)
        }),
        Some(DocumentChoice::Match(wanted)) => {
            let fits = fitting(text, tree, &tree.documents, wanted)?;
            match fits.as_slice() {
                [one] => Ok(vec![*one]),
                [] => {
                    let reason = "no document has what `document_match` asks for";
                    Err(Refusal::at(text, text.len(), Code::Missing, reason))
                }
                [_, second, ..] => {
                    let reason = "more than one document has what `document_match` asks for";
                    Err(refuse(text, tree, *second, Code::SeveralDocuments, reason))
                }
            }
        }
    }
}

fn follow<'p>(text: &str, tree: &Tree, root: Id, path: &'p [PathElement]) -> Result<Found<'p>, Refusal> {
    let mut at = root;
    for (depth, element) in path.iter().enumerate() {
        let Some(node) = tree.nodes.get(at) else { break };
        check_step(text, tree, at, node)?;
        at = match (element, &node.kind) {
            (PathElement::Key(key), Kind::Map { entries, .. }) => {
                if let Some(value) = by_key(text, tree, entries, key)? {
                    value
                } else {
                    refuse_merge(text, tree, entries, key)?;
                    return Ok(Found::Parent { map: at, missing: path.get(depth..).unwrap_or_default() });
                }
            }
            (PathElement::Key(_), _) if node.is_implicit_null() => {
                return Ok(Found::Parent { map: at, missing: path.get(depth..).unwrap_or_default() });
            }
            (PathElement::Key(key), _) => {
                return Err(refuse(
                    text,
                    tree,
                    at,
                    Code::NotAMap,
                    &format!("there is no map here to look for `{key}` in"),
                ));
            }
            (PathElement::Index(index), Kind::List { items, .. }) => *items.get(*index).ok_or_else(|| {
                let reason = format!("the list has {} items, and no index {index}", items.len());
                refuse(text, tree, at, Code::Missing, &reason)
            })?,
            (PathElement::Index(index), Kind::Map { entries, .. }) => by_key(text, tree, entries, &index.to_string())?
                .ok_or_else(|| {
                    refuse(text, tree, at, Code::NotAList, &format!("this is a map without a key {index}"))
                })?,
            (PathElement::Match(wanted), Kind::List { items, .. }) => by_match(text, tree, at, items, wanted)?,
            _ => return Err(refuse(text, tree, at, Code::NotAList, "there is no list here")),
        };
    }
    if let Some(node) = tree.nodes.get(at) {
        check_step(text, tree, at, node)?;
    }
    Ok(Found::Node(at))
}

/// What stands on the way must be there in its own right.
fn check_step(text: &str, tree: &Tree, id: Id, node: &Node) -> Result<(), Refusal> {
    if matches!(node.kind, Kind::Alias(_)) {
        let reason = "an alias stands on the path; edit the anchored value, or write it out here";
        return Err(refuse(text, tree, id, Code::Alias, reason));
    }
    if node.anchor != 0 && tree.used.contains(&node.anchor) {
        let reason = "this is anchored and used elsewhere too; the change would happen there as well";
        return Err(refuse(text, tree, id, Code::Anchor, reason));
    }
    if node.tagged && !matches!(node.kind, Kind::Scalar { .. }) {
        return Err(refuse(text, tree, id, Code::Tag, "a tag decides what this means; edit it by hand"));
    }
    Ok(())
}

/// A string finds the key that is written so, be it a string, a number or a boolean.
fn by_key(text: &str, tree: &Tree, entries: &[(Id, Id)], key: &str) -> Result<Option<Id>, Refusal> {
    let mut hits = entries.iter().filter(|(name, _)| key_text(tree, *name) == Some(key));
    match (hits.next(), hits.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => Ok(Some(*value)),
        (Some(_), Some((second, _))) => {
            let reason = format!("the key `{key}` is there twice; readers disagree on which one counts");
            Err(refuse(text, tree, *second, Code::DuplicateKey, &reason))
        }
    }
}

fn key_text(tree: &Tree, id: Id) -> Option<&str> {
    match &tree.nodes.get(id)?.kind {
        Kind::Scalar { value, .. } => Some(value),
        Kind::Alias(anchor) => {
            let anchored = tree.nodes.iter().find(|node| node.anchor == *anchor)?;
            if let Kind::Scalar { value, .. } = &anchored.kind { Some(value) } else { None }
        }
        _ => None,
    }
}

fn refuse_merge(text: &str, tree: &Tree, entries: &[(Id, Id)], key: &str) -> Result<(), Refusal> {
    match entries.iter().find(|(name, _)| key_text(tree, *name) == Some("<<")) {
        None => Ok(()),
        Some((merge, _)) => {
            let reason = format!("`{key}` may come from the merge `<<` here; write it out in this map");
            Err(refuse(text, tree, *merge, Code::MergeKey, &reason))
        }
    }
}

fn by_match(text: &str, tree: &Tree, list: Id, items: &[Id], wanted: &[(String, Scalar)]) -> Result<Id, Refusal> {
    let fits = fitting(text, tree, items, wanted)?;
    match fits.as_slice() {
        [one] => Ok(*one),
        [] => Err(refuse(text, tree, list, Code::Missing, "no item of this list has what `match` asks for")),
        [_, second, ..] => {
            Err(refuse(text, tree, *second, Code::SeveralItems, "more than one item has what `match` asks for"))
        }
    }
}

/// The maps that have all of these scalars; refused where an alias or a merge decides it.
fn fitting(text: &str, tree: &Tree, maps: &[Id], wanted: &[(String, Scalar)]) -> Result<Vec<Id>, Refusal> {
    let mut fits = Vec::new();
    for map in maps {
        match has_all(tree, *map, wanted) {
            Fit::Yes => fits.push(*map),
            Fit::No => {}
            Fit::Unsure(id) => {
                let reason = "an alias or a merge decides whether this is what is asked for; write it out here";
                return Err(refuse(text, tree, id, Code::Alias, reason));
            }
        }
    }
    Ok(fits)
}

enum Fit {
    Yes,
    No,
    /// The node that would have to be followed.
    Unsure(Id),
}

/// Whether a map has all of these scalars.
fn has_all(tree: &Tree, map: Id, wanted: &[(String, Scalar)]) -> Fit {
    let Some(node) = tree.nodes.get(map) else { return Fit::No };
    let Kind::Map { entries, .. } = &node.kind else { return Fit::No };
    let merge = entries.iter().map(|(key, _)| *key).find(|key| key_text(tree, *key) == Some("<<"));
    let mut unsure = None;
    for (key, value) in wanted {
        let mut hits = entries.iter().filter(|(name, _)| key_text(tree, *name) == Some(key));
        match (hits.next(), hits.next()) {
            (Some((_, id)), None) if tree.nodes.get(*id).is_some_and(|node| matches!(node.kind, Kind::Alias(_))) => {
                unsure = Some(*id);
            }
            (Some((_, id)), None) if means(tree, *id, value) => {}
            (None, _) if merge.is_some() => unsure = merge,
            _ => return Fit::No,
        }
    }
    unsure.map_or(Fit::Yes, Fit::Unsure)
}

fn means(tree: &Tree, id: Id, wanted: &Scalar) -> bool {
    // What a tag makes of the word is not known here.
    let untagged = tree.nodes.get(id).filter(|node| !node.tagged);
    match untagged.map(|node| &node.kind) {
        Some(Kind::Scalar { value, style: ScalarStyle::Plain }) => {
            scalar::same(&scalar::resolve(value), wanted) || matches!(wanted, Scalar::Text(text) if text == value)
        }
        Some(Kind::Scalar { value, .. }) => matches!(wanted, Scalar::Text(text) if text == value),
        _ => false,
    }
}

/// The key whose value this is.
pub(super) fn key_of(tree: &Tree, value: Id) -> Option<&Node> {
    let key = tree.nodes.iter().find_map(|node| match &node.kind {
        Kind::Map { entries, .. } => entries.iter().find(|(_, id)| *id == value).map(|(key, _)| *key),
        _ => None,
    });
    tree.nodes.get(key?)
}

/// Whether a place lies inside `[...]` or `{...}`.
pub(super) fn in_flow(tree: &Tree, span: &Range<usize>) -> bool {
    tree.nodes.iter().any(|node| {
        let flow = matches!(node.kind, Kind::Map { flow: true, .. } | Kind::List { flow: true, .. });
        flow && node.span.start < span.start && span.end <= node.span.end
    })
}

fn refuse(text: &str, tree: &Tree, id: Id, code: Code, reason: &str) -> Refusal {
    let offset = tree.nodes.get(id).map_or(0, |node| node.span.start);
    Refusal::at(text, offset, code, reason)
}
