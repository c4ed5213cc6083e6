//! `heal fixes`: the table, and one row whole.

use anyhow::{Result, bail};

use super::{output, patterns};
use crate::catalogue::{Adoption, Catalogue, Fix, Selector, Step};
use crate::cli::{Cli, FixesAction};
use crate::config::{strict, units::human};
use crate::exit::Exit;
use crate::sanitize::escape;

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
            writeln!(out, "step {}:  {}", at + 1, step.shown())?;
        }
        if let Some(trusted) = &fix.trusted {
            writeln!(out, "trusted: only events of which the journal itself says {}", trusted.key())?;
        }
        if let Some(when) = &fix.when {
            writeln!(out, "when:    {}", when.shown())?;
        }
        for check in &fix.verify {
            writeln!(out, "check:   {}", check.shown())?;
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

fn row(fix: &Fix) -> serde_json::Value {
    serde_json::json!({
        "name": fix.name,
        "for": selectors(fix),
        "description": fix.description,
        "risk": fix.risk,
        "steps": fix.steps,
        "trusted": fix.trusted.as_ref().map(crate::catalogue::Trusted::key),
        "when": fix.when.as_ref().map(crate::catalogue::Condition::shown),
        "verify": fix.verify,
        "on_ineffective": fix.on_ineffective,
        "suggested": fix.adoption.as_ref().map(|adoption| &adoption.suggested),
        "accepted": fix.adoption.as_ref().and_then(|adoption| adoption.accepted.as_ref().ok()),
        "builtin": fix.origin.builtin,
        "file": fix.origin.file.display().to_string(),
    })
}
