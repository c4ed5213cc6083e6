//! `heal fixes`: the table, and one row whole.

use anyhow::{Result, bail};

use super::{output, patterns};
use crate::catalogue::{Adoption, Catalogue, Fix, Selector, Step};
use crate::cli::{Cli, FixesAction};
use crate::config::{strict, units::human};
use crate::exit::Exit;
use crate::plan::names_a_secret;
use crate::sanitize::{Sanitizer, escape};

pub(super) fn run(cli: &Cli, action: Option<&FixesAction>) -> Result<Exit> {
    let (catalogue, sanitizer) = patterns::known(cli)?;
    match action {
        None | Some(FixesAction::List) => list(cli, &catalogue, &sanitizer),
        Some(FixesAction::Show { name }) => show(cli, &catalogue, &sanitizer, name),
    }
}

fn list(cli: &Cli, catalogue: &Catalogue, sanitizer: &Sanitizer) -> Result<Exit> {
    if cli.common.json {
        let rows: Vec<_> = catalogue.fixes.iter().map(|fix| row(fix, sanitizer)).collect();
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

fn show(cli: &Cli, catalogue: &Catalogue, sanitizer: &Sanitizer, name: &str) -> Result<Exit> {
    let Some(fix) = catalogue.fixes.iter().find(|fix| fix.name == name) else {
        let names: Vec<&str> = catalogue.fixes.iter().map(|fix| fix.name.as_str()).collect();
        match strict::nearest(name, &names) {
            Some(near) => bail!("there is no fix `{name}`; did you mean `{near}`?"),
            None => bail!("there is no fix `{name}`; `heal fixes list` lists all"),
        }
    };
    if cli.common.json {
        output::print_json(&serde_json::json!({ "format_version": "1.0", "fix": row(fix, sanitizer) }))?;
        return Ok(Exit::Healthy);
    }
    output::print(|out| {
        writeln!(out, "{}  ({}, from {})", fix.name, fix.risk.as_str(), sanitizer.path(&fix.origin.file))?;
        writeln!(out, "{}", fix.description)?;
        writeln!(out, "for:     {}", selectors(fix).join(", "))?;
        if let Some(Adoption { suggested, accepted }) = &fix.adoption {
            let how = match accepted {
                Ok(word) => format!("accepted by {}, {}", word.by, word.at),
                Err(why) => why.clone(),
            };
            writeln!(
                out,
                "origin:  suggested by {} as {}; {}",
                escape(&suggested.model),
                escape(&suggested.id),
                escape(&how)
            )?;
        }
        for (at, step) in fix.steps.iter().enumerate() {
            writeln!(out, "step {}:  {}", at + 1, step_shown(step, sanitizer))?;
        }
        if let Some(trusted) = &fix.trusted {
            writeln!(out, "trusted: only events of which the journal itself says {}", trusted.key())?;
        }
        if let Some(when) = &fix.when {
            writeln!(out, "when:    {}", when.shown())?;
        }
        for check in &fix.verify {
            writeln!(out, "check:   {}", sanitizer.redactor().redact(&check.shown()))?;
        }
        let one_way = fix.steps.iter().any(|step| matches!(step, Step::Run(run) if run.undo.is_none()));
        let undo = if one_way { "a step CANNOT be undone" } else { "every step can be undone" };
        writeln!(out, "undo:    {undo}; when the error comes back: {}", fix_word(fix))?;
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

fn selectors(fix: &Fix) -> Vec<String> {
    fix.selectors
        .iter()
        .map(|selector| match selector {
            Selector::Pattern(name) => name.clone(),
            Selector::Category(name) => format!("category:{name}"),
        })
        .collect()
}

/// Whether the step writes a value whose key promises a secret.
fn writes_a_secret(step: &Step) -> bool {
    matches!(step, Step::Edit(edit) if names_a_secret(edit))
}

fn step_shown(step: &Step, sanitizer: &Sanitizer) -> String {
    let shown = step.shown();
    match shown.split_once(" to ").filter(|_| writes_a_secret(step)) {
        Some((what, _)) => format!("{what} to [REDACTED:secret]"),
        None => sanitizer.redactor().redact(&shown).into_owned(),
    }
}

fn without_secrets(step: &Step, sanitizer: &Sanitizer) -> serde_json::Value {
    let mut value = hidden(serde_json::json!(step), sanitizer);
    if writes_a_secret(step) {
        for operation in value.as_object_mut().into_iter().flat_map(|step| step.values_mut()) {
            mask(operation.get_mut("operation"));
        }
        mask(value.get_mut("operation"));
    }
    value
}

/// Every text of an operation.
fn mask(operation: Option<&mut serde_json::Value>) {
    use serde_json::Value;
    match operation {
        Some(Value::String(text)) => "[REDACTED:secret]".clone_into(text),
        Some(Value::Object(fields)) => fields.values_mut().for_each(|field| mask(Some(field))),
        Some(number @ Value::Number(_)) => *number = Value::from("[REDACTED:secret]"),
        _ => {}
    }
}

/// Texts redacted, lists of them as the arguments of a program.
fn hidden(value: serde_json::Value, sanitizer: &Sanitizer) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => sanitizer.redactor().redact(&text).into_owned().into(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, field)| (key, hidden(field, sanitizer)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => {
            let argv: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            match argv {
                Some(argv) => sanitizer.argv(&argv).into(),
                None => items.into_iter().map(|item| hidden(item, sanitizer)).collect::<Vec<_>>().into(),
            }
        }
        other => other,
    }
}

fn row(fix: &Fix, sanitizer: &Sanitizer) -> serde_json::Value {
    serde_json::json!({
        "name": fix.name,
        "for": selectors(fix),
        "description": fix.description,
        "risk": fix.risk,
        "steps": fix.steps.iter().map(|step| without_secrets(step, sanitizer)).collect::<Vec<_>>(),
        "trusted": fix.trusted.as_ref().map(crate::catalogue::Trusted::key),
        "when": fix.when.as_ref().map(crate::catalogue::Condition::shown),
        "verify": hidden(serde_json::json!(fix.verify), sanitizer),
        "on_ineffective": fix.on_ineffective,
        "suggested": fix.adoption.as_ref().map(|adoption| &adoption.suggested),
        "accepted": fix.adoption.as_ref().and_then(|adoption| adoption.accepted.as_ref().ok()),
        "builtin": fix.origin.builtin,
        "file": sanitizer.path(&fix.origin.file),
    })
}
