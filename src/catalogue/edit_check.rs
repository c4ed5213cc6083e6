//! What is malformed in an edit by itself: found when its table is loaded, before any file is read.

use rust_decimal::Decimal;

use super::{By, Change, Dialect, Edit, Locator, Operation, PathElement, Scalar, placeholder};

/// Largest compiled regex, in bytes.
const MAX_COMPILED: usize = 10 * 1024 * 1024;

/// Compiles the regex of an edit.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn compile_regex(regex: &str) -> Result<regex::Regex, String> {
    regex::RegexBuilder::new(regex).size_limit(MAX_COMPILED).build().map_err(|error| {
        format!("the regex does not compile: {}", error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

/// Checks what no file is needed for.
///
/// # Errors
/// What is wrong and what to write instead, as a sentence.
pub fn check_edit(edit: &Edit) -> Result<(), String> {
    match &edit.locator {
        Locator::YamlPath(path) => check_path("yaml_path", path)?,
        Locator::TomlPath(_) if matches!(edit.operation, Operation::Set(Scalar::Null)) => {
            return Err("TOML has no null; `operation: delete` takes the key away".to_owned());
        }
        Locator::TomlPath(path) => check_path("toml_path", path)?,
        Locator::JsonPath(path) => check_path("json_path", path)?,
        Locator::IniPath { section, key } => check_ini(section.as_deref(), key, edit)?,
        Locator::Regex(regex) => check_regex(regex, edit)?,
        Locator::WholeFile => check_whole(edit)?,
    }
    check_dialect(edit)?;
    if let Operation::Restore { from: Some(from) } = &edit.operation
        && (from.trim().is_empty() || *from == edit.file || from.contains(['\0', '\n']))
    {
        return Err(format!("`from: {from}` is no other file"));
    }
    if let Some(unit) = &edit.unit {
        let odd = |c: char| c.is_ascii_digit() || c.is_whitespace() || c.is_control() || "\"'#:,[]{}".contains(c);
        if unit.is_empty() || unit.contains(odd) {
            return Err(format!("`unit: {unit}` is no suffix of a number, such as s, ms or Mi"));
        }
    }
    match &edit.operation {
        Operation::Increase(change) => check_change(change, true),
        Operation::Decrease(change) => check_change(change, false),
        _ if edit.unit.is_some() => Err("`unit` belongs to `increase` and `decrease`".to_owned()),
        _ => Ok(()),
    }
}

fn check_path(name: &str, path: &[PathElement]) -> Result<(), String> {
    if path.is_empty() || path.len() > 64 {
        return Err(format!("`{name}` holds from 1 to 64 elements"));
    }
    let empty = |element: &PathElement| matches!(element, PathElement::Match(wanted) if wanted.is_empty());
    if path.iter().any(empty) {
        return Err("`match` in a path is empty; name a key and its value".to_owned());
    }
    Ok(())
}

/// A key and a value that stand on one line each, below a header where the dialect has some.
fn check_ini(section: Option<&str>, key: &str, edit: &Edit) -> Result<(), String> {
    let broken = |text: &str| text.contains(['\n', '\r', '\0']);
    if key.trim().is_empty() || key.trim() != key || broken(key) {
        return Err("the key of `ini_path` is empty, or has blanks around it".to_owned());
    }
    if section.is_some_and(|section| section.trim().is_empty() || broken(section)) {
        return Err("the section of `ini_path` is empty; write `[key]` for a key above all headers".to_owned());
    }
    let text = match &edit.operation {
        Operation::Set(Scalar::Text(text)) | Operation::Replace(text) => text,
        _ => "",
    };
    if broken(text) {
        return Err("a line break in `value`: a value of `ini_path` stands on one line".to_owned());
    }
    if matches!(edit.operation, Operation::Set(Scalar::Null)) {
        return Err("there is no null behind `ini_path`; write `value: ''`, or `operation: delete`".to_owned());
    }
    let Some(dialect) = edit.dialect() else {
        // A captured file is known only later.
        return match placeholder(&edit.file) {
            Some(_) => Ok(()),
            None => Err(format!("the name {} does not tell its `dialect`; write {}", edit.file, Dialect::of_ini())),
        };
    };
    match (dialect.has_sections(), section) {
        (Some(false), Some(_)) => {
            Err(format!("a file of {} has no sections; write `ini_path: [{key}]`", dialect.as_str()))
        }
        (Some(true), None) => {
            Err(format!("every key of {} stands in a section; write `ini_path: [SECTION, {key}]`", dialect.as_str()))
        }
        _ => Ok(()),
    }
}

fn check_whole(edit: &Edit) -> Result<(), String> {
    if edit.expect_current.is_some() || edit.create_missing {
        return Err("`expect_current` and `create_missing` are about a value; name its path".to_owned());
    }
    Ok(())
}

fn check_dialect(edit: &Edit) -> Result<(), String> {
    match (&edit.locator, edit.dialect) {
        (Locator::JsonPath(_), Some(dialect)) if dialect != Dialect::Jsonc => {
            Err(format!("`dialect: {}` belongs to `ini_path`; `json_path` knows `jsonc`", dialect.as_str()))
        }
        (Locator::IniPath { .. }, Some(Dialect::Jsonc)) => {
            Err(format!("`dialect: jsonc` belongs to `json_path`; `ini_path` knows {}", Dialect::of_ini()))
        }
        _ => Ok(()),
    }
}

fn check_regex(regex: &str, edit: &Edit) -> Result<(), String> {
    let compiled = compile_regex(regex)?;
    if edit.expect_matches == 0 {
        return Err("`expect_matches` is 1 or more".to_owned());
    }
    if let Operation::VerifyOnly { each } = &edit.operation {
        return each.as_deref().map_or(Ok(()), |each| compile_regex(each).map(drop));
    }
    if matches!(edit.operation, Operation::Delete) {
        return Err("`delete` takes a key away and needs its path; for text, `replace` by ''".to_owned());
    }
    if !compiled.capture_names().flatten().any(|name| name == "value") {
        return Err("the regex names no group `(?P<value>...)`: which part is to change?".to_owned());
    }
    Ok(())
}

fn check_change(change: &Change, increases: bool) -> Result<(), String> {
    let by = match change.by {
        By::Factor(by) | By::Amount(by) => by,
    };
    if by <= Decimal::ZERO {
        return Err("`factor` and `amount` are greater than 0".to_owned());
    }
    if matches!(change.by, By::Factor(factor) if factor == Decimal::ONE || (increases && factor < Decimal::ONE)) {
        return Err("this `factor` changes nothing, or the wrong way".to_owned());
    }
    match (change.min_value, change.max_value) {
        (Some(least), Some(most)) if least > most => {
            Err(format!("`min_value: {least}` and `max_value: {most}` contradict each other"))
        }
        _ => Ok(()),
    }
}
