//! The `edit` step of a fix, from YAML to a checked shape.

use std::str::FromStr;

use anyhow::Result;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_yaml::Value;

use super::read_step::argv;
use super::row::Row;
use super::{
    By, Change, Dialect, DocumentChoice, Edit, Locator, Operation, PathElement, Scalar, WriteMode, check_edit,
    placeholder,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEdit {
    file: String,
    yaml_path: Option<Vec<Value>>,
    regex: Option<String>,
    toml_path: Option<Vec<Value>>,
    json_path: Option<Vec<Value>>,
    ini_path: Option<Vec<Value>>,
    document: Option<usize>,
    document_match: Option<serde_yaml::Mapping>,
    dialect: Option<Dialect>,
    operation: RawOperation,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
    factor: Option<Value>,
    amount: Option<Value>,
    min_value: Option<Value>,
    max_value: Option<Value>,
    unit: Option<String>,
    #[serde(default, deserialize_with = "present")]
    expect_current: Option<Value>,
    expect_matches: Option<usize>,
    #[serde(default)]
    create_missing: bool,
    validate: Option<Vec<String>>,
    each: Option<String>,
    from: Option<String>,
    write_mode: Option<RawWriteMode>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawOperation {
    Set,
    Increase,
    Decrease,
    Replace,
    Delete,
    Restore,
    VerifyOnly,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawWriteMode {
    Replace,
    InPlace,
}

/// Tells `value: null` from no `value`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Checks one edit and gives it its shape.
pub(super) fn edit(raw: RawEdit, row: &Row<'_>) -> Result<Edit> {
    let fault = |what: String| row.fault("steps", &what);
    if raw.file.trim().is_empty() {
        return Err(fault("`file` is empty".to_owned()));
    }
    if placeholder(&raw.file).is_none() && raw.file.contains(['{', '}', '\0', '\n']) {
        return Err(fault(format!("`file: {}`: a captured value stands only as a whole path", raw.file)));
    }
    let document = match (raw.document, &raw.document_match) {
        (Some(_), Some(_)) => return Err(fault("`document` or `document_match`, not both".to_owned())),
        (Some(number), None) => Some(DocumentChoice::Number(number)),
        (None, Some(wanted)) => Some(DocumentChoice::Match(scalars(wanted).map_err(fault)?)),
        (None, None) => None,
    };
    let edit = Edit {
        validate: raw.validate.clone().map(validate).transpose().map_err(fault)?,
        locator: locator(&raw).map_err(fault)?,
        operation: operation(&raw).map_err(fault)?,
        document,
        dialect: raw.dialect,
        expect_current: raw.expect_current.as_ref().map(scalar).transpose().map_err(fault)?,
        expect_matches: raw.expect_matches.unwrap_or(1),
        create_missing: raw.create_missing,
        write_mode: match raw.write_mode {
            Some(RawWriteMode::InPlace) => WriteMode::InPlace,
            Some(RawWriteMode::Replace) | None => WriteMode::Replace,
        },
        unit: raw.unit,
        file: raw.file,
    };
    check_edit(&edit).map_err(fault)?;
    Ok(edit)
}

/// It looks at the candidate, or it proves nothing.
fn validate(command: Vec<String>) -> Result<Vec<String>, String> {
    if !command.iter().skip(1).any(|word| word == "{candidate}") {
        return Err("`validate` must name the new text: write `{candidate}` as one of its arguments".to_owned());
    }
    argv("validate", command)
}

const LOCATORS: &str = "`yaml_path`, `toml_path`, `json_path`, `ini_path` or `regex`";

fn locator(raw: &RawEdit) -> Result<Locator, String> {
    let path = |path: &Vec<Value>| path.iter().map(path_element).collect::<Result<Vec<_>, _>>();
    let mut named = Vec::new();
    named.extend(raw.yaml_path.as_ref().map(|elements| path(elements).map(Locator::YamlPath)));
    named.extend(raw.toml_path.as_ref().map(|elements| path(elements).map(Locator::TomlPath)));
    named.extend(raw.json_path.as_ref().map(|elements| path(elements).map(Locator::JsonPath)));
    named.extend(raw.ini_path.as_ref().map(|elements| ini_path(elements)));
    named.extend(raw.regex.as_ref().map(|regex| Ok(Locator::Regex(regex.clone()))));
    match (named.pop(), named.is_empty()) {
        (Some(one), true) => one,
        (Some(_), false) => Err(format!("it names two places; keep one of {LOCATORS}")),
        (None, _) if raw.operation == RawOperation::Restore => Ok(Locator::WholeFile),
        (None, _) => Err(format!("it names no place; write {LOCATORS}")),
    }
}

/// `[section, key]` or `[key]`.
fn ini_path(elements: &[Value]) -> Result<Locator, String> {
    let word = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err("`ini_path` holds words: `[section, key]` or `[key]`; others go in quotes".to_owned()),
    };
    match elements {
        [key] => Ok(Locator::IniPath { section: None, key: word(key)? }),
        [section, key] => Ok(Locator::IniPath { section: Some(word(section)?), key: word(key)? }),
        _ => Err("`ini_path` is `[section, key]` or `[key]`".to_owned()),
    }
}

fn path_element(element: &Value) -> Result<PathElement, String> {
    match element {
        Value::String(key) => Ok(PathElement::Key(key.clone())),
        Value::Number(number) => number
            .as_u64()
            .and_then(|index| usize::try_from(index).ok())
            .map(PathElement::Index)
            .ok_or_else(|| format!("`{number}` in a path is no list index; a key goes in quotes")),
        Value::Mapping(map) if map.len() == 1 => match map.get("match") {
            Some(Value::Mapping(wanted)) => scalars(wanted).map(PathElement::Match),
            _ => Err("a map in a path is `{match: {KEY: VALUE}}`".to_owned()),
        },
        _ => Err("a path holds keys, list indices and `{match: {KEY: VALUE}}`; other keys go in quotes".to_owned()),
    }
}

fn scalars(map: &serde_yaml::Mapping) -> Result<Vec<(String, Scalar)>, String> {
    map.iter()
        .map(|(key, value)| match key {
            Value::String(key) => Ok((key.clone(), scalar(value)?)),
            _ => Err("a key of `match` goes in quotes".to_owned()),
        })
        .collect()
}

fn scalar(value: &Value) -> Result<Scalar, String> {
    match value {
        Value::Null => Ok(Scalar::Null),
        Value::Bool(flag) => Ok(Scalar::Bool(*flag)),
        Value::Number(_) => decimal(value).map(Scalar::Number),
        Value::String(text) => Ok(Scalar::Text(text.clone())),
        _ => Err("a value is a string, a number, true, false or null".to_owned()),
    }
}

fn decimal(value: &Value) -> Result<Decimal, String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err("expected a number".to_owned()),
    };
    Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .map_err(|_| format!("`{text}` is no number that can be held exactly"))
}

fn operation(raw: &RawEdit) -> Result<Operation, String> {
    let operation = match raw.operation {
        RawOperation::Set => Operation::Set(scalar(raw.value.as_ref().ok_or("`set` needs `value`")?)?),
        RawOperation::Replace => match raw.value.as_ref().ok_or("`replace` needs `value`")? {
            Value::String(text) => Operation::Replace(text.clone()),
            Value::Number(number) => Operation::Replace(number.to_string()),
            Value::Bool(flag) => Operation::Replace(flag.to_string()),
            _ => return Err("the `value` of `replace` is text".to_owned()),
        },
        RawOperation::Increase => Operation::Increase(change(raw)?),
        RawOperation::Decrease => Operation::Decrease(change(raw)?),
        RawOperation::VerifyOnly => Operation::VerifyOnly { each: raw.each.clone() },
        RawOperation::Delete => Operation::Delete,
        RawOperation::Restore => Operation::Restore { from: raw.from.clone() },
    };
    refuse_foreign_keys(raw)?;
    Ok(operation)
}

/// A key that its operation does not know would be ignored: refused instead.
fn refuse_foreign_keys(raw: &RawEdit) -> Result<(), String> {
    let changes = matches!(raw.operation, RawOperation::Increase | RawOperation::Decrease);
    let writes = matches!(raw.operation, RawOperation::Set | RawOperation::Replace);
    let creates = matches!(raw.operation, RawOperation::Set | RawOperation::Restore);
    let foreign = [
        ("value", raw.value.is_some() && !writes),
        ("factor", raw.factor.is_some() && !changes),
        ("amount", raw.amount.is_some() && !changes),
        ("min_value", raw.min_value.is_some() && !changes),
        ("max_value", raw.max_value.is_some() && !changes),
        ("each", raw.each.is_some() && (raw.operation != RawOperation::VerifyOnly || raw.regex.is_none())),
        ("from", raw.from.is_some() && raw.operation != RawOperation::Restore),
        ("dialect", raw.dialect.is_some() && raw.ini_path.is_none() && raw.json_path.is_none()),
        ("document", raw.document.is_some() && raw.yaml_path.is_none()),
        ("document_match", raw.document_match.is_some() && raw.yaml_path.is_none()),
        ("expect_matches", raw.expect_matches.is_some() && raw.regex.is_none()),
        ("create_missing", raw.create_missing && (raw.regex.is_some() || !creates)),
    ];
    match foreign.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(format!("`{key}` has no meaning for this operation or locator; remove it")),
        None => Ok(()),
    }
}

fn change(raw: &RawEdit) -> Result<Change, String> {
    let by = match (&raw.factor, &raw.amount) {
        (Some(_), Some(_)) => return Err("`factor` or `amount`, not both".to_owned()),
        (None, None) => return Err("this operation needs `factor` or `amount`".to_owned()),
        (Some(factor), None) => By::Factor(decimal(factor)?),
        (None, Some(amount)) => By::Amount(decimal(amount)?),
    };
    let bound = |value: &Option<Value>| value.as_ref().map(decimal).transpose();
    Ok(Change { by, min_value: bound(&raw.min_value)?, max_value: bound(&raw.max_value)? })
}
