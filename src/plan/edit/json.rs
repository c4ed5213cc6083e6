//! JSON, and JSON with comments: ranges of `jsonc-parser`'s tree; `.json` is strict.

mod place;

use std::ops::Range;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, parse_to_ast};
use serde::de::IgnoredAny;

use super::tree::{self, Entry, Found, Kind, MAX_DEPTH, Node};
use super::{Code, Format, Proof, Refusal, Spot, number, scalar};
use crate::catalogue::{Dialect, Edit, Locator, PathElement, Scalar, json_options};

const BOM: &str = "\u{feff}";

/// JSON files.
pub(super) struct Json;

impl Format for Json {
    fn locate(&self, text: &str, edit: &Edit) -> Result<Option<Spot>, Refusal> {
        tree::spot(text, &parse(text, edit)?, path(edit), edit.create_missing)
    }

    fn render(&self, _: &str, _: &Edit, _: &Spot, new: &Scalar) -> Result<String, Refusal> {
        Ok(written(new))
    }

    fn insert(&self, text: &str, edit: &Edit, new: &Scalar) -> Result<(usize, String), Refusal> {
        let root = parse(text, edit)?;
        match tree::follow(text, &root, path(edit))? {
            Found::Parent { map, key } => place::insert(text, map, &format!("{}: {}", quoted(key), written(new))),
            Found::Nowhere { key, near } => Err(tree::no_parent(text, near, key)),
            Found::Value { .. } => Err(Refusal::new(Code::NotProven, "the value is there already")),
        }
    }

    fn remove(&self, text: &str, edit: &Edit) -> Result<Option<Range<usize>>, Refusal> {
        let root = parse(text, edit)?;
        tree::pair(text, &root, path(edit))?.map(|(map, at)| place::remove(text, map, at)).transpose()
    }

    fn prove(&self, old: &str, new: &str, edit: &Edit, proof: &Proof<'_>) -> Result<(), Refusal> {
        let unproven = || Refusal::new(Code::NotProven, "it could not be proven that only this value changes");
        let (before, after) = (parse(old, edit)?, parse(new, edit).map_err(|_| unproven())?);
        let holds = tree::proven((old, &before), (new, &after), path(edit), proof);
        if holds { Ok(()) } else { Err(unproven()) }
    }
}

fn path(edit: &Edit) -> &[PathElement] {
    match &edit.locator {
        Locator::JsonPath(path) => path,
        _ => &[],
    }
}

fn parse(text: &str, edit: &Edit) -> Result<Node, Refusal> {
    read(text, edit.dialect() == Some(Dialect::Jsonc))
}

/// The document, with comments or without.
pub(super) fn read(text: &str, comments: bool) -> Result<Node, Refusal> {
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let shift = text.len() - body.len();
    if !comments {
        strict(body)?;
    }
    let parsed = parse_to_ast(body, &CollectOptions::default(), &json_options(comments)).map_err(|error| {
        let at = error.range().start + shift;
        Refusal::at(text, at, Code::NotJson, format!("the file is not valid JSON: {}", error.kind()))
    })?;
    match parsed.value {
        Some(value) => node(text, &value, shift, 0),
        None => Err(Refusal::new(Code::NotJson, "the file is empty")),
    }
}

/// The strict reader has its own word on it.
fn strict(body: &str) -> Result<(), Refusal> {
    serde_json::from_str::<IgnoredAny>(body).map(drop).map_err(|error| {
        let reason = error.to_string();
        let what = reason.split(" at line ").next().unwrap_or_default();
        let commented = body.contains("//") || body.contains("/*") || what.contains("trailing comma");
        let hint = if commented { "; comments and trailing commas need `dialect: jsonc`" } else { "" };
        Refusal {
            line: Some(error.line()),
            column: Some(error.column()),
            ..Refusal::new(Code::NotJson, format!("the file is not valid JSON: {what}{hint}"))
        }
    })
}

fn node(text: &str, value: &Value<'_>, shift: usize, depth: usize) -> Result<Node, Refusal> {
    let range = value.range();
    let span = range.start + shift..range.end + shift;
    if depth > MAX_DEPTH {
        let reason = format!("nested more than {MAX_DEPTH} levels deep");
        return Err(Refusal::at(text, span.start, Code::TooDeep, reason));
    }
    let typed = |value: Scalar| Kind::Scalar { text: scalar::plain(&value), value, typed: true };
    let kind = match value {
        Value::StringLit(literal) => typed(Scalar::Text(literal.value.clone().into_owned())),
        Value::NumberLit(literal) => number_of(literal.value),
        Value::BooleanLit(literal) => typed(Scalar::Bool(literal.value)),
        Value::NullKeyword(_) => typed(Scalar::Null),
        Value::Object(object) => {
            let entry = |property: &jsonc_parser::ast::ObjectProp<'_>| {
                let key = property.name.range();
                Ok(Entry {
                    key: property.name.as_str().to_owned(),
                    key_span: key.start + shift..key.end + shift,
                    value: node(text, &property.value, shift, depth + 1)?,
                })
            };
            Kind::Map(object.properties.iter().map(entry).collect::<Result<_, Refusal>>()?)
        }
        Value::Array(array) => {
            let items = array.elements.iter().map(|item| node(text, item, shift, depth + 1));
            Kind::List(items.collect::<Result<_, Refusal>>()?)
        }
    };
    Ok(Node { span, kind })
}

/// Exactly, or as its text when it is beyond that.
fn number_of(text: &str) -> Kind {
    match number::parse(text).or_else(|| rust_decimal::Decimal::from_scientific(text).ok()) {
        Some(number) => Kind::Scalar { value: Scalar::Number(number), text: text.to_owned(), typed: true },
        None => Kind::Scalar { value: Scalar::Text(text.to_owned()), text: text.to_owned(), typed: false },
    }
}

fn written(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => quoted(text),
        other => scalar::plain(other),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests;
