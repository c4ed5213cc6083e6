//! `heal patterns`: the table, and which row matches a line.

use std::io::{self, BufRead as _};

use anyhow::{Context as _, Result};

use super::{output, setup};
use crate::catalogue::Catalogue;
use crate::cli::{Cli, PatternsAction};
use crate::exit::Exit;
use crate::sanitize::Sanitizer;
use crate::scan::Scanner;

pub(super) fn run(cli: &Cli, action: Option<&PatternsAction>) -> Result<Exit> {
    let (catalogue, names) = known(cli)?;
    match action {
        None | Some(PatternsAction::List) => list(cli, &catalogue, &names),
        Some(PatternsAction::Test { line }) => test(cli, &catalogue, line.as_deref()),
    }
}

/// The configured tables; without a configuration, the built-in ones.
pub(super) fn catalogue(cli: &Cli) -> Result<Catalogue> {
    known(cli).map(|(catalogue, _)| catalogue)
}

/// The same, with what redacts names.
pub(super) fn known(cli: &Cli) -> Result<(Catalogue, Sanitizer)> {
    if setup::find(cli)?.is_none() {
        return Ok((Catalogue::builtin()?, Sanitizer::new(&[])?));
    }
    let setup = setup::prepare(cli)?;
    Ok((setup.catalogue, setup.sanitizer))
}

fn list(cli: &Cli, catalogue: &Catalogue, names: &Sanitizer) -> Result<Exit> {
    if cli.common.json {
        let rows: Vec<_> = catalogue
            .patterns
            .iter()
            .map(|pattern| {
                serde_json::json!({
                    "name": pattern.name,
                    "regex": pattern.regex,
                    "severity": pattern.severity,
                    "category": pattern.category,
                    "description": pattern.description,
                    "min_level": pattern.min_level,
                    "mode": pattern.mode,
                    "advice": pattern.advice,
                    "builtin": pattern.origin.builtin,
                    "file": names.path(&pattern.origin.file),
                })
            })
            .collect();
        output::print_json(&serde_json::json!({ "format_version": "1.0", "patterns": rows }))?;
        return Ok(Exit::Healthy);
    }
    let width = catalogue.patterns.iter().map(|pattern| pattern.name.len()).max().unwrap_or(0);
    output::print(|out| {
        for pattern in &catalogue.patterns {
            let (severity, name) = (pattern.severity.as_str(), &pattern.name);
            writeln!(out, "{severity:<8}  {name:<width$}  {:<11}  {}", pattern.category, pattern.description)?;
            if cli.common.verbose {
                let file = names.path(&pattern.origin.file);
                writeln!(out, "          {file}: {}", pattern.regex)?;
            }
        }
        Ok(())
    })?;
    Ok(Exit::Healthy)
}

fn test(cli: &Cli, catalogue: &Catalogue, line: Option<&str>) -> Result<Exit> {
    let lines: Vec<String> = match line {
        Some(line) => vec![line.to_owned()],
        None => io::stdin().lock().lines().collect::<io::Result<_>>().context("could not read standard input")?,
    };
    let scanner = Scanner::new(&catalogue.patterns)?;
    let mut rows = Vec::new();
    for line in &lines {
        let seen: Vec<&str> = scanner
            .explain(line.as_bytes())
            .into_iter()
            .filter_map(|at| catalogue.patterns.get(at))
            .map(|pattern| pattern.name.as_str())
            .collect();
        rows.push((line, seen));
    }
    if cli.common.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(line, seen)| {
                let (first, also) = seen.split_first().map_or((None, &[][..]), |(first, also)| (Some(first), also));
                serde_json::json!({ "line": crate::sanitize::escape(line), "pattern": first, "also": also })
            })
            .collect();
        output::print_json(&serde_json::json!({ "format_version": "1.0", "lines": rows }))?;
    } else {
        output::print(|out| {
            for (line, seen) in &rows {
                if rows.len() > 1 {
                    writeln!(out, "| {}", crate::sanitize::escape(line))?;
                }
                explain(seen, catalogue, out)?;
            }
            Ok(())
        })?;
    }
    Ok(if rows.iter().all(|(_, seen)| seen.is_empty()) { Exit::Trouble } else { Exit::Healthy })
}

fn explain(seen: &[&str], catalogue: &Catalogue, out: &mut dyn io::Write) -> io::Result<()> {
    let Some((first, also)) = seen.split_first() else {
        return writeln!(out, "no pattern matches");
    };
    let Some(pattern) = catalogue.pattern(first) else { return Ok(()) };
    writeln!(out, "{first}  {}, {}: {}", pattern.severity.as_str(), pattern.category, pattern.description)?;
    writeln!(out, "  because of {}", pattern.regex)?;
    if !also.is_empty() {
        writeln!(out, "  seen also by {}; the first in the table's order counts", also.join(", "))?;
    }
    Ok(())
}
