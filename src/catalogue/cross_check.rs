//! What no single row can know: names that must exist, targets that must lie in the workspace.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};

use super::{Catalogue, Fix, Operation, Selector, Step};
use crate::config::{Config, clean, strict};

/// Categories that an unknown error can have.
const KNOWN_CATEGORIES: [&str; 12] = [
    "unknown",
    "timeout",
    "connection",
    "filesystem",
    "database",
    "auth",
    "memory",
    "disk",
    "api",
    "configuration",
    "dependency",
    "deployment",
];

/// Every name of `disable` exists.
pub(super) fn disabled_names(catalogue: &Catalogue, config: &Config) -> Result<()> {
    let names: Vec<&str> = catalogue
        .patterns
        .iter()
        .map(|pattern| pattern.name.as_str())
        .chain(catalogue.fixes.iter().map(|fix| fix.name.as_str()))
        .collect();
    for name in &config.disable {
        if !names.contains(&name.as_str()) {
            let hint =
                strict::nearest(name, &names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            bail!("{}: `disable` names `{name}`, which is no pattern and no fix{hint}", config.file.display());
        }
    }
    Ok(())
}

/// Every fix is for patterns and categories that exist.
pub(super) fn selectors(catalogue: &Catalogue) -> Result<()> {
    let patterns: Vec<&str> = catalogue.patterns.iter().map(|pattern| pattern.name.as_str()).collect();
    let categories: BTreeSet<&str> =
        catalogue.patterns.iter().map(|pattern| pattern.category.as_str()).chain(KNOWN_CATEGORIES).collect();
    let categories: Vec<&str> = categories.into_iter().collect();
    for fix in &catalogue.fixes {
        for selector in &fix.selectors {
            let (kind, name, known) = match selector {
                Selector::Pattern(name) => ("pattern", name, &patterns),
                Selector::Category(name) => ("category", name, &categories),
            };
            if !known.contains(&name.as_str()) {
                let hint =
                    strict::nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return Err(fault(fix, &format!("it is for the {kind} `{name}`, which does not exist{hint}")));
            }
        }
    }
    Ok(())
}

/// Every target of an edit lies in the workspace; only looking may go further.
pub(super) fn targets(catalogue: &Catalogue, config: &Config) -> Result<()> {
    for fix in &catalogue.fixes {
        for Step::Edit(edit) in &fix.steps {
            let looks = matches!(edit.operation, Operation::VerifyOnly { .. });
            let inside = clean(&config.workspace.join(&edit.file)).starts_with(&config.workspace);
            if !inside && !looks {
                let text =
                    format!("its target {} lies outside the workspace {}", edit.file, config.workspace.display());
                return Err(fault(fix, &text));
            }
        }
    }
    Ok(())
}

fn fault(fix: &Fix, what: &str) -> anyhow::Error {
    anyhow!("{}: fix `{}`: {what}", fix.origin.file.display(), fix.name)
}
