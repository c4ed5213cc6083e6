//! YAML: the bytes of one scalar, found by its path and exchanged in place; no serialiser ever writes the file.

mod insert;
mod path;
mod proof;
mod remove;
mod render;
pub(super) mod tree;

use std::ops::Range;

use granit_parser::ScalarStyle;

use self::tree::{Kind, Node, Tree};
use super::{Code, Format, Proof, Refusal, Spot, scalar, slice};
use crate::catalogue::{Edit, Locator, Operation, PathElement, Scalar};

/// YAML files.
pub(super) struct Yaml;

impl Format for Yaml {
    fn locate(&self, text: &str, edit: &Edit) -> Result<Option<Spot>, Refusal> {
        let tree = tree::parse(text)?;
        let found = path::find(text, &tree, path_of(edit), edit.document.as_ref(), edit.create_missing)?;
        let path::Found::Node(id) = found else { return Ok(None) };
        let Some(node) = tree.nodes.get(id) else { return Ok(None) };
        refuse_what_readers_dispute(text, &tree, id, node)?;
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
            path::Found::Nothing => insert::first(text, path_of(edit), new),
            path::Found::Node(_) => Err(Refusal::new(Code::NotProven, "the value is there already")),
        }
    }

    fn remove(&self, text: &str, edit: &Edit) -> Result<Option<Range<usize>>, Refusal> {
        let tree = tree::parse(text)?;
        match path::find(text, &tree, path_of(edit), edit.document.as_ref(), true)? {
            path::Found::Node(id) => remove::pair(text, &tree, id).map(Some),
            path::Found::Parent { .. } | path::Found::Nothing => Ok(None),
        }
    }

    fn prove(&self, old: &str, new: &str, edit: &Edit, proof: &Proof<'_>) -> Result<(), Refusal> {
        let unproven = || Refusal::new(Code::NotProven, "it could not be proven that only this value changes");
        let (before, after) = (tree::stream(old)?, tree::stream(new).map_err(|_| unproven())?);
        let holds = match proof {
            Proof::Replaced { .. } => proof::only_replaces(&before, &after),
            Proof::Added { .. } => proof::only_adds(&before, &after),
            Proof::Removed if edit.operation == Operation::Delete => proof::only_deletes(&before, &after),
            Proof::Removed => match self.locate(new, &Edit { create_missing: true, ..edit.clone() })? {
                // It had been added: the key is gone.
                None => proof::only_adds(&after, &before),
                // It had been given to a key that stood alone.
                Some(spot) => {
                    spot.value == Scalar::Null && spot.text.is_empty() && proof::only_replaces(&after, &before)
                }
            },
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

/// Where readers disagree on what stands there, or on what may stand there.
fn refuse_what_readers_dispute(text: &str, tree: &Tree, id: tree::Id, node: &Node) -> Result<(), Refusal> {
    let before = text.get(..node.span.start).unwrap_or_default();
    if node.anchor != 0 {
        let name = before.rsplit('&').next().unwrap_or_default();
        if name.split_whitespace().next().is_some_and(|name| name.contains(':')) {
            let reason = "the anchor's name has a colon, where some readers see the value begin; rename it";
            return Err(Refusal::at(text, node.span.start, Code::Anchor, reason));
        }
    }
    // `{a key of\n  two lines}`: with a value it would be a key on one line only.
    let key = path::key_of(tree, id).map_or("", |key| slice(text, &key.span));
    if node.is_implicit_null() && key.contains(['\n', '\r']) && !before.trim_end().ends_with(':') {
        let reason = "the key goes over several lines and has no colon; write `key: value` on one line";
        return Err(Refusal::at(text, node.span.start, Code::MultiLine, reason));
    }
    Ok(())
}

/// What a node means, and its text without quotes; refuses what is no plain value.
fn scalar_of(text: &str, node: &Node) -> Result<(Scalar, String), Refusal> {
    let refuse = |code, reason: &str| Err(Refusal::at(text, node.span.start, code, reason));
    if node.tagged {
        return refuse(Code::Tag, "the value has a tag, which decides what it means; edit it by hand");
    }
    match &node.kind {
        Kind::Alias(_) => refuse(Code::Alias, "the value is an alias of another one; edit the anchored value"),
        Kind::Map { .. } => refuse(Code::NotAScalar, "the path ends at a map; name one of its keys"),
        Kind::List { .. } => refuse(Code::NotAScalar, "the path ends at a list; name an index or `{match: ...}`"),
        Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
            refuse(Code::BlockScalar, "the value is a block of text; only values on one line are edited")
        }
        Kind::Scalar { .. } if slice(text, &node.span).contains(['\n', '\r']) => {
            refuse(Code::MultiLine, "the value goes over several lines; only values on one line are edited")
        }
        Kind::Scalar { .. } if node.span.is_empty() => Ok((Scalar::Null, String::new())),
        Kind::Scalar { value, style: ScalarStyle::Plain } => Ok((scalar::resolve(value), value.clone())),
        Kind::Scalar { value, .. } => Ok((Scalar::Text(value.clone()), value.clone())),
    }
}
