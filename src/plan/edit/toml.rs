//! TOML: spans of `toml_edit`'s immutable document; its writer never writes a file.

mod place;
mod render;

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::tree::{self, Entry, Found, Kind, MAX_DEPTH, Node};
use super::{Code, Format, Proof, Refusal, Spot, number, slice};
use crate::catalogue::{Edit, Locator, PathElement, Scalar};

/// TOML files.
pub(super) struct Toml;

impl Format for Toml {
    fn locate(&self, text: &str, edit: &Edit) -> Result<Option<Spot>, Refusal> {
        tree::spot(text, &parse(text)?, path(edit), edit.create_missing)
    }

    fn render(&self, text: &str, _: &Edit, spot: &Spot, new: &Scalar) -> Result<String, Refusal> {
        let old = spot.spans.first().map_or("", |span| slice(text, span));
        render::replacement(old, new)
    }

    fn insert(&self, text: &str, edit: &Edit, new: &Scalar) -> Result<(usize, String), Refusal> {
        let document = document(text)?;
        let pair = |key: &str| Ok(format!("{} = {}", render::key(key), render::value(new)?));
        match tree::follow(text, &parse(text)?, path(edit))? {
            Found::Parent { key, .. } => place::insert(text, document.as_item(), path(edit), &pair(key)?),
            Found::Nowhere { key, near } => Err(tree::no_parent(text, near, key)),
            Found::Value { .. } => Err(Refusal::new(Code::NotProven, "the value is there already")),
        }
    }

    fn remove(&self, text: &str, edit: &Edit) -> Result<Option<Range<usize>>, Refusal> {
        let root = parse(text)?;
        let Some((map, at)) = tree::pair(text, &root, path(edit))? else { return Ok(None) };
        place::remove(text, map, at).map(Some)
    }

    fn prove(&self, old: &str, new: &str, edit: &Edit, proof: &Proof<'_>) -> Result<(), Refusal> {
        let unproven = || Refusal::new(Code::NotProven, "it could not be proven that only this value changes");
        let (before, after) = (parse(old)?, parse(new).map_err(|_| unproven())?);
        let holds = tree::proven((old, &before), (new, &after), path(edit), proof);
        if holds { Ok(()) } else { Err(unproven()) }
    }
}

fn path(edit: &Edit) -> &[PathElement] {
    match &edit.locator {
        Locator::TomlPath(path) => path,
        _ => &[],
    }
}

fn document(text: &str) -> Result<Document<&str>, Refusal> {
    Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let reason = error.message().lines().next().unwrap_or_default().to_owned();
        Refusal::at(text, at, Code::NotToml, format!("the file is not valid TOML: {reason}"))
    })
}

pub(super) fn parse(text: &str) -> Result<Node, Refusal> {
    of_item(text, document(text)?.as_item(), 0)
}

fn of_item(text: &str, item: &Item, depth: usize) -> Result<Node, Refusal> {
    let span = item.span().unwrap_or(0..0);
    match item {
        Item::None => Ok(Node { span, kind: Kind::Map(Vec::new()) }),
        Item::Value(value) => of_value(text, value, depth),
        Item::Table(table) => of_table(text, span, table, depth),
        Item::ArrayOfTables(tables) => {
            let items = tables.iter().map(|table| of_table(text, table.span().unwrap_or(0..0), table, depth + 1));
            Ok(Node { span, kind: Kind::List(items.collect::<Result<_, _>>()?) })
        }
    }
}

fn of_table(text: &str, span: Range<usize>, table: &dyn TableLike, depth: usize) -> Result<Node, Refusal> {
    if depth > MAX_DEPTH {
        let reason = format!("nested more than {MAX_DEPTH} levels deep");
        return Err(Refusal::at(text, span.start, Code::TooDeep, reason));
    }
    let mut entries = Vec::new();
    for (key, item) in table.iter() {
        let key_span = table.key(key).and_then(toml_edit::Key::span).unwrap_or(0..0);
        entries.push(Entry { key: key.to_owned(), key_span, value: of_item(text, item, depth + 1)? });
    }
    Ok(Node { span, kind: Kind::Map(entries) })
}

fn of_value(text: &str, value: &Value, depth: usize) -> Result<Node, Refusal> {
    let span = value.span().ok_or_else(|| Refusal::new(Code::NotProven, "a place could not be told"))?;
    let raw = slice(text, &span);
    let odd = || Kind::Scalar { value: Scalar::Text(raw.to_owned()), text: raw.to_owned(), typed: false };
    let number = |number| Kind::Scalar { value: Scalar::Number(number), text: raw.to_owned(), typed: true };
    let kind = match value {
        Value::String(string) => {
            let string = string.value().clone();
            Kind::Scalar { value: Scalar::Text(string.clone()), text: string, typed: true }
        }
        Value::Boolean(flag) => Kind::Scalar { value: Scalar::Bool(*flag.value()), text: raw.to_owned(), typed: true },
        Value::Integer(integer) => number((*integer.value()).into()),
        Value::Float(_) => {
            let plain = raw.replace('_', "");
            let exact = number::parse(&plain).or_else(|| rust_decimal::Decimal::from_scientific(&plain).ok());
            exact.map_or_else(odd, number)
        }
        Value::Datetime(_) => odd(),
        Value::Array(array) => {
            if depth > MAX_DEPTH {
                let reason = format!("nested more than {MAX_DEPTH} levels deep");
                return Err(Refusal::at(text, span.start, Code::TooDeep, reason));
            }
            let items = array.iter().map(|item| of_value(text, item, depth + 1));
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        Value::InlineTable(table) => return of_table(text, span, table, depth),
    };
    Ok(Node { span, kind })
}

#[cfg(test)]
mod tests;
