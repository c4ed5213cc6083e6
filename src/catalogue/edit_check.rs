//! What is malformed in an edit by itself: found when its table is loaded, before any file is read.

use rust_decimal::Decimal;

use super::{By, Change, Edit, Locator, Operation, PathElement};

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
        Locator::YamlPath(path) => check_path(path, &edit.operation)?,
        Locator::Regex(regex) => check_regex(regex, edit)?,
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

fn check_path(path: &[PathElement], operation: &Operation) -> Result<(), String> {
    if path.is_empty() || path.len() > 64 {
        return Err("`yaml_path` holds from 1 to 64 elements".to_owned());
    }
    let empty = |element: &PathElement| matches!(element, PathElement::Match(wanted) if wanted.is_empty());
    if path.iter().any(empty) {
        return Err("`match` in a path is empty; name a key and its value".to_owned());
    }
    match operation {
        Operation::Replace(_) => Err("`replace` works on text; use `regex`, or `operation: set`".to_owned()),
        Operation::VerifyOnly { .. } => Err("`verify_only` works with `regex`".to_owned()),
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
