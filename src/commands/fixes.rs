//! `heal fixes`: the table, and one row whole.

use anyhow::{Result, bail};

use super::{output, patterns};
use crate::catalogue::{Catalogue, Check, Fix, Locator, Operation, PathElement, Selector, Step};
use crate::cli::{Cli, FixesAction};
use crate::config::{strict, units::human};
use crate::exit::Exit;
use crate::verify::shown;

pub(super) fn run(cli: &Cli, action: Option<&FixesAction>) -> Result<Exit> {
    let catalogue = patterns::catalogue(cli)?;
    match action {
        None | Some(FixesAction::List) => list(cli, &catalogue),
        Some(FixesAction::Show { name }) => show(cli, &catalogue, name),
    }
}

fn list(cli: &Cli, catalogue: &Catalogue) -> Result<Exit> {
    if cli.common.json {
        let rows: Vec<_> = catalogue.fixes.iter().map(row).collect();
        output::print_json(&serde_json::json!({ "format_version": "1.0", "fixes": rows }))?;
        return Ok(Exit::Healthy);
    }
    let width = catalogue.fixes.iter().map(|fix| fix.name.len()).max().unwrap_or(0);
    output::print(|out| {
        for fix in &catalogue.fixes {
            writeln!(out, "{:<12}  {:<width$}  for {}", fix.risk.as_str(), fix.name, selectors(fix).join(", "))?;
            writeln!(out, "              {}", fix.description)?;
        }
        Ok(())
    })?;
    Ok(Exit::Healthy)
}

fn show(cli: &Cli, catalogue: &Catalogue, name: &str) -> Result<Exit> {
    let Some(fix) = catalogue.fixes.iter().find(|fix| fix.name == name) else {
        let names: Vec<&str> = catalogue.fixes.iter().map(|fix| fix.name.as_str()).collect();
        match strict::nearest(name, &names) {
            Some(near) => bail!("there is no fix `{name}`; did you mean `{near}`?"),
            None => bail!("there is no fix `{name}`; `heal fixes list` lists all"),
        }
    };
    if cli.common.json {
        output::print_json(&serde_json::json!({ "format_version": "1.0", "fix": row(fix) }))?;
        return Ok(Exit::Healthy);
    }
    output::print(|out| {
        writeln!(out, "{}  ({}, from {})", fix.name, fix.risk.as_str(), fix.origin.file.display())?;
        writeln!(out, "{}", fix.description)?;
        writeln!(out, "for:     {}", selectors(fix).join(", "))?;
        for (at, Step::Edit(edit)) in fix.steps.iter().enumerate() {
            writeln!(out, "step {}:  edit {}: {}", at + 1, edit.file, deed(edit))?;
        }
        for Check::Command(argv) in &fix.verify {
            writeln!(out, "check:   {}", shown(argv))?;
        }
        writeln!(out, "undo:    every step can be undone; when the error comes back: {}", fix_word(fix))?;
        writeln!(out, "limit:   {} for all of it", human(fix.timeout))
    })?;
    Ok(Exit::Healthy)
}

fn fix_word(fix: &Fix) -> &'static str {
    use crate::catalogue::OnIneffective as When;
    match fix.on_ineffective {
        When::Retry => "tried again, taken back when attempts are used up",
        When::Undo => "taken back at once",
        When::Keep => "tried again, never taken back",
    }
}

fn deed(edit: &crate::catalogue::Edit) -> String {
    let place = match &edit.locator {
        Locator::YamlPath(path) => path.iter().map(element).collect::<Vec<_>>().join("."),
        Locator::Regex(regex) => format!("/{regex}/"),
    };
    match &edit.operation {
        Operation::Set(value) => format!("set {place} to {}", scalar(value)),
        Operation::Increase(change) => format!("increase {place}{}", bounds(change)),
        Operation::Decrease(change) => format!("decrease {place}{}", bounds(change)),
        Operation::Replace(text) => format!("replace {place} by {text:?}"),
        Operation::VerifyOnly { each: Some(each) } => format!("look whether {place} holds in each /{each}/"),
        Operation::VerifyOnly { each: None } => format!("look whether {place} holds"),
    }
}

fn element(element: &PathElement) -> String {
    match element {
        PathElement::Key(key) => key.clone(),
        PathElement::Index(index) => index.to_string(),
        PathElement::Match(wanted) => {
            let wanted: Vec<String> = wanted.iter().map(|(key, value)| format!("{key}={}", scalar(value))).collect();
            format!("[{}]", wanted.join(","))
        }
    }
}

fn scalar(value: &crate::catalogue::Scalar) -> String {
    use crate::catalogue::Scalar;
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => format!("{text:?}"),
    }
}

fn bounds(change: &crate::catalogue::Change) -> String {
    use crate::catalogue::By;
    let by = match change.by {
        By::Factor(factor) => format!(" by the factor {factor}"),
        By::Amount(amount) => format!(" by {amount}"),
    };
    let least = change.min_value.map_or_else(String::new, |least| format!(", at least {least}"));
    let most = change.max_value.map_or_else(String::new, |most| format!(", at most {most}"));
    by + &least + &most
}

fn selectors(fix: &Fix) -> Vec<String> {
    fix.selectors
        .iter()
        .map(|selector| match selector {
            Selector::Pattern(name) => name.clone(),
            Selector::Category(name) => format!("category:{name}"),
        })
        .collect()
}

fn row(fix: &Fix) -> serde_json::Value {
    serde_json::json!({
        "name": fix.name,
        "for": selectors(fix),
        "description": fix.description,
        "risk": fix.risk,
        "steps": fix.steps,
        "verify": fix.verify,
        "on_ineffective": fix.on_ineffective,
        "builtin": fix.origin.builtin,
        "file": fix.origin.file.display().to_string(),
    })
}
