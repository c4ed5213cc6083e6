//! YAML: the bytes of one scalar, found by its path and exchanged in place; no serialiser ever writes the file.

mod insert;
mod path;
mod remove;
mod render;
mod tree;

use std::ops::Range;

use granit_parser::{Event, ScalarStyle};

use self::tree::{Kind, Node};
use super::{Format, Proof, Refusal, Spot, scalar, slice};
use crate::catalogue::{Edit, Locator, Operation, PathElement, Scalar};

/// YAML files.
pub(super) struct Yaml;

impl Format for Yaml {
    fn locate(&self, text: &str, edit: &Edit) -> Result<Option<Spot>, Refusal> {
        let tree = tree::parse(text)?;
        let found = path::find(text, &tree, path_of(edit), edit.document.as_ref(), edit.create_missing)?;
        let path::Found::Node(id) = found else { return Ok(None) };
        let Some(node) = tree.nodes.get(id) else { return Ok(None) };
        let (value, raw) = scalar_of(text, node)?;
        Ok(Some(Spot { spans: vec![node.span.clone()], value, text: raw }))
    }

    fn render(&self, text: &str, _: &Edit, spot: &Spot, new: &Scalar) -> Result<String, Refusal> {
        let span = spot.spans.first().cloned().unwrap_or(0..0);
        let tree = tree::parse(text)?;
        let in_flow = path::in_flow(&tree, &span);
        Ok(render::replacement(text, &span, new, in_flow))
    }

    fn insert(&self, text: &str, edit: &Edit, new: &Scalar) -> Result<(usize, String), Refusal> {
        let tree = tree::parse(text)?;
        match path::find(text, &tree, path_of(edit), edit.document.as_ref(), edit.create_missing)? {
            path::Found::Parent { map, missing } => insert::pair(text, &tree, map, missing, new),
            path::Found::Node(_) => Err(Refusal::new("not_proven", "the value is there already")),
        }
    }

    fn remove(&self, text: &str, edit: &Edit) -> Result<Option<Range<usize>>, Refusal> {
        let tree = tree::parse(text)?;
        match path::find(text, &tree, path_of(edit), edit.document.as_ref(), true)? {
            path::Found::Node(id) => remove::pair(text, &tree, id).map(Some),
            path::Found::Parent { .. } => Ok(None),
        }
    }

    fn prove(&self, old: &str, new: &str, edit: &Edit, proof: &Proof<'_>) -> Result<(), Refusal> {
        let unproven = || Refusal::new("not_proven", "it could not be proven that only this value changes");
        let (before, after) = (tree::events(old)?, tree::events(new).map_err(|_| unproven())?);
        let holds = match proof {
            Proof::Replaced { .. } => differ_in_one_scalar(&before, &after),
            Proof::Added { .. } => only_adds(&before, &after, are_pairs),
            Proof::Removed if edit.operation == Operation::Delete => only_adds(&after, &before, is_one_pair),
            Proof::Removed => only_adds(&after, &before, are_pairs),
        };
        let wanted = match proof {
            Proof::Replaced { value, .. } => *value,
            Proof::Added { value } => Some(*value),
            Proof::Removed => None,
        };
        let right = match wanted {
            None => true,
            Some(wanted) => self.locate(new, edit)?.is_some_and(|spot| scalar::same(&spot.value, wanted)),
        };
        if holds && right { Ok(()) } else { Err(unproven()) }
    }
}

fn path_of(edit: &Edit) -> &[PathElement] {
    match &edit.locator {
        Locator::YamlPath(path) => path,
        _ => &[],
    }
}

/// What a node means, and its text without quotes; refuses what is no plain value.
fn scalar_of(text: &str, node: &Node) -> Result<(Scalar, String), Refusal> {
    let refuse = |code, reason: &str| Err(Refusal::at(text, node.span.start, code, reason));
    if node.tagged {
        return refuse("tag", "the value has a tag, which decides what it means; edit it by hand");
    }
    match &node.kind {
        Kind::Alias => refuse("alias", "the value is an alias of another one; edit the anchored value"),
        Kind::Map { .. } => refuse("not_a_scalar", "the path ends at a map; name one of its keys"),
        Kind::List { .. } => refuse("not_a_scalar", "the path ends at a list; name an index or `{match: ...}`"),
        Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
            refuse("block_scalar", "the value is a block of text; only values on one line are edited")
        }
        Kind::Scalar { .. } if slice(text, &node.span).contains(['\n', '\r']) => {
            refuse("multi_line", "the value goes over several lines; only values on one line are edited")
        }
        Kind::Scalar { value, style: ScalarStyle::Plain } => Ok((scalar::resolve(value), value.clone())),
        Kind::Scalar { value, .. } => Ok((Scalar::Text(value.clone()), value.clone())),
    }
}

/// Everything else is equal, comments included.
fn differ_in_one_scalar(before: &[Event<'_>], after: &[Event<'_>]) -> bool {
    before.len() == after.len() && {
        let mut differing = before.iter().zip(after).filter(|(old, new)| old != new);
        match (differing.next(), differing.next()) {
            (Some((Event::Scalar(_, _, old, tag), Event::Scalar(_, _, new, new_tag))), None) => {
                old == new && tag == new_tag
            }
            // The same value in another spelling.
            (None, _) => true,
            _ => false,
        }
    }
}

/// The longer list is the shorter one with one run of nodes added: keys, maps and one value.
fn only_adds(shorter: &[Event<'_>], longer: &[Event<'_>], fits: impl Fn(&[Event<'_>]) -> bool) -> bool {
    let Some(added) = longer.len().checked_sub(shorter.len()).filter(|added| *added >= 2) else { return false };
    let same = shorter.iter().zip(longer).take_while(|(old, new)| old == new).count();
    // A run that begins like what follows it can be cut in several ways: one that fits is enough.
    (0..=same)
        .rev()
        .take(added + 1)
        .any(|at| shorter.get(at..) == longer.get(at + added..) && longer.get(at..at + added).is_some_and(&fits))
}

fn are_pairs(run: &[Event<'_>]) -> bool {
    run.iter().all(|event| {
        matches!(event, Event::Scalar(_, _, 0, None) | Event::MappingStart(_, 0, None) | Event::MappingEnd)
    })
}

/// A key and its value; the comment behind it goes with it.
fn is_one_pair(run: &[Event<'_>]) -> bool {
    let of_pair = |event: &&Event<'_>| !matches!(event, Event::Comment(..));
    run.iter().filter(of_pair).count() == 2
        && run.iter().filter(of_pair).all(|event| matches!(event, Event::Scalar(_, _, 0, None)))
}
