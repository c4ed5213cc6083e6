//! What no single row can know: names that must exist, targets that must lie in the workspace.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow, bail};

use super::{CaptureType, Catalogue, Fix, Operation, Selector, Step, placeholder};
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

/// Every target that is written out lies in the workspace; only looking may go further.
pub(super) fn targets(catalogue: &Catalogue, config: &Config) -> Result<()> {
    for fix in &catalogue.fixes {
        for step in &fix.steps {
            let (target, looks) = match step {
                Step::Edit(edit) => (&edit.file, matches!(edit.operation, Operation::VerifyOnly { .. })),
                Step::FixPermissions(permissions) => (&permissions.path, false),
                Step::Service(_) | Step::ReloadConfig(_) | Step::Run(_) => continue,
            };
            let inside = clean(&config.workspace.join(target)).starts_with(&config.workspace);
            if !inside && !looks && placeholder(target).is_none() {
                let text = format!("its target {target} lies outside the workspace {}", config.workspace.display());
                return Err(fault(fix, &text));
            }
        }
    }
    Ok(())
}

/// Every captured value that a fix uses has a type in every pattern that it is for, and stands alone.
pub(super) fn captures(catalogue: &Catalogue) -> Result<()> {
    for fix in &catalogue.fixes {
        let groups = fix.groups();
        for selector in &fix.selectors {
            let pattern = match selector {
                Selector::Pattern(name) => catalogue.pattern(name),
                Selector::Category(_) => None,
            };
            if let Some(group) =
                groups.iter().find(|group| !pattern.is_some_and(|row| row.captures.contains_key(*group)))
            {
                return Err(fault(fix, &untyped(selector, group)));
            }
            if let Some((text, group)) = pattern.and_then(|row| part_of_a_text(fix, &row.captures)) {
                let told = format!("`{text}`: {{{group}}} stands only as a whole argument, path or name");
                return Err(fault(fix, &told));
            }
        }
    }
    Ok(())
}

fn untyped(selector: &Selector, group: &str) -> String {
    match selector {
        Selector::Pattern(name) => format!(
            "it uses {{{group}}}, which pattern `{name}` does not give: write `captures: {{{group}: TYPE}}` there"
        ),
        Selector::Category(name) => format!(
            "it uses {{{group}}} and is for `category:{name}`, whose errors need not have such a value: name patterns"
        ),
    }
}

/// A text of the fix in which a captured group is but a part.
fn part_of_a_text(fix: &Fix, captures: &BTreeMap<String, CaptureType>) -> Option<(String, String)> {
    let mut found = None;
    fix.clone().each_place(&mut |text| {
        if placeholder(text).is_none() {
            let group = captures.keys().find(|group| text.contains(&format!("{{{group}}}")));
            found = found.take().or_else(|| group.map(|group| (text.clone(), group.clone())));
        }
    });
    found
}

fn fault(fix: &Fix, what: &str) -> anyhow::Error {
    anyhow!("{}: fix `{}`: {what}", fix.origin.file.display(), fix.name)
}
