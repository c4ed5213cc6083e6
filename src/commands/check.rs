//! `heal check`: the configuration loads, every table's examples hold, and so does every yes to a suggestion.

use anyhow::Result;

use super::{output, setup};
use crate::catalogue::{Catalogue, Fix, Pattern};
use crate::cli::Cli;
use crate::exit::Exit;
use crate::scan::Scanner;

pub(super) fn run(cli: &Cli) -> Result<Exit> {
    let setup = setup::prepare(cli)?;
    let mut faults = faults(&setup.catalogue)?;
    faults.extend(setup.catalogue.fixes.iter().filter_map(Fix::not_adopted));
    let (patterns, fixes) = (&setup.catalogue.patterns, &setup.catalogue.fixes);
    let examples: usize =
        patterns.iter().map(|pattern| pattern.match_examples.len() + pattern.no_match_examples.len()).sum();
    if cli.common.json {
        let document = serde_json::json!({
            "format_version": "1.0",
            "configuration": setup.sanitizer.path(&setup.config.file),
            "patterns": patterns.len(),
            "fixes": fixes.len(),
            "examples": examples,
            "faults": faults,
        });
        output::print_json(&document)?;
    } else {
        output::print(|out| {
            writeln!(out, "{}: read", setup.sanitizer.path(&setup.config.file))?;
            writeln!(out, "workspace {}", setup.sanitizer.path(&setup.config.workspace))?;
            writeln!(out, "state     {}", setup.sanitizer.path(&setup.config.state_dir))?;
            writeln!(out, "{} patterns, {} fixes, {examples} examples", patterns.len(), fixes.len())?;
            for notice in &setup.notices {
                writeln!(out, "note: {}: {}", notice.subject, notice.text)?;
            }
            for fault in &faults {
                writeln!(out, "\n{fault}")?;
            }
            if faults.is_empty() { writeln!(out, "all is well") } else { Ok(()) }
        })?;
    }
    Ok(if faults.is_empty() { Exit::Healthy } else { Exit::Failed })
}

/// Examples that do not hold, as sentences.
pub(super) fn faults(catalogue: &Catalogue) -> Result<Vec<String>> {
    let scanner = Scanner::new(&catalogue.patterns)?;
    let mut faults = Vec::new();
    for (at, pattern) in catalogue.patterns.iter().enumerate() {
        for line in &pattern.match_examples {
            if !scanner.explain(line.as_bytes()).contains(&at) {
                faults.push(fault(pattern, line, "does not match, and should"));
            }
        }
        for line in &pattern.no_match_examples {
            if scanner.explain(line.as_bytes()).contains(&at) {
                faults.push(fault(pattern, line, "matches, and should not"));
            }
        }
    }
    Ok(faults)
}

fn fault(pattern: &Pattern, line: &str, what: &str) -> String {
    let line = crate::sanitize::escape(line);
    format!("{}: pattern `{}`: this example {what}:\n  {line}", pattern.origin.file.display(), pattern.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_pattern_carries_examples_that_hold_and_advice() {
        let catalogue = Catalogue::builtin().unwrap();
        assert_eq!(faults(&catalogue).unwrap(), Vec::<String>::new());
        for pattern in &catalogue.patterns {
            assert!(!pattern.match_examples.is_empty() && !pattern.no_match_examples.is_empty(), "{}", pattern.name);
            assert!(pattern.advice.is_some(), "{}", pattern.name);
        }
    }

    #[test]
    fn every_match_example_is_claimed_by_its_own_row() {
        let catalogue = Catalogue::builtin().unwrap();
        let scanner = Scanner::new(&catalogue.patterns).unwrap();
        for (at, pattern) in catalogue.patterns.iter().enumerate() {
            for line in &pattern.match_examples {
                assert_eq!(scanner.explain(line.as_bytes()).first(), Some(&at), "{}: {line}", pattern.name);
            }
        }
    }
}
