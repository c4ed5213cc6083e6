//! A fix that a model suggests, tried on the host as it is: what it names must be allowed before anybody says yes.

use super::bench::{Bench, Trial};
use super::edit::Code;
use super::{Diff, No, PlannedEdit, PlannedStep, Reason, Situation, allowed};
use crate::catalogue::{Edit, Fix, Locator, PathElement, Step};
use crate::config::clean;
use crate::sanitize::value_is_secret;

/// What the suggestion would change now. All that holds for a fix holds for it, and more: its file must be on
/// `policy.allow_paths`, or without that list be named by a fix of the operator's; and it is about no secret, which
/// nobody could review.
///
/// # Errors
/// Why it is not for anybody to accept, as a code and a sentence.
pub fn suggested(situation: &Situation<'_>, fix: &Fix) -> Result<PlannedEdit, (Reason, String)> {
    let [Step::Edit(edit)] = fix.steps.as_slice() else {
        return Err((Reason::RefusedEdit(Code::NotProven), "it is not one edit".to_owned()));
    };
    if let Err(why) = allowed::relative_path(situation.config, &edit.file, !is_named(situation, fix, edit)) {
        return Err((Reason::NotAllowed, situation.clean(&why)));
    }
    if names_a_secret(edit) {
        return Err((Reason::RefusedEdit(Code::Secret), "the key that it is about promises a secret".to_owned()));
    }
    let planned = match Bench::after(&[]).try_steps(situation, fix, fix, false) {
        Trial::Changes { mut steps, .. } => steps.pop(),
        Trial::Nothing(noes) => return Err(first(noes)),
    };
    match planned {
        Some(PlannedStep::Edit(planned)) if hides_a_secret(situation, &planned) => Err((
            Reason::RefusedEdit(Code::Secret),
            "a line that it changes holds a secret, which nobody could review".to_owned(),
        )),
        Some(PlannedStep::Edit(planned)) => Ok(planned),
        _ => Err((Reason::AlreadyOptimal, "it changes nothing".to_owned())),
    }
}

fn first(mut noes: Vec<No>) -> No {
    noes.sort();
    noes.into_iter().next().unwrap_or((Reason::AlreadyOptimal, "it changes nothing".to_owned()))
}

/// Whether another fix that the operator stands for edits the same file.
fn is_named(situation: &Situation<'_>, own: &Fix, edit: &Edit) -> bool {
    let place = |file: &str| clean(&situation.config.workspace.join(file.trim_start_matches("./")));
    let wanted = place(&edit.file);
    let stands = |fix: &&Fix| !fix.origin.builtin && fix.not_adopted().is_none() && fix.name != own.name;
    let edits = situation.catalogue.fixes.iter().filter(stands).flat_map(|fix| &fix.steps);
    let mut files = edits.filter_map(|step| match step {
        Step::Edit(edit) if !allowed::only_looks(step) => Some(place(&edit.file)),
        _ => None,
    });
    files.any(|file| file == wanted)
}

/// Whether the path of an edit leads to or through a key named like a secret.
#[must_use]
pub fn names_a_secret(edit: &Edit) -> bool {
    match &edit.locator {
        Locator::YamlPath(path) | Locator::TomlPath(path) | Locator::JsonPath(path) => {
            path.iter().any(|element| matches!(element, PathElement::Key(key) if value_is_secret(key)))
        }
        Locator::IniPath { section, key } => value_is_secret(key) || section.as_deref().is_some_and(value_is_secret),
        Locator::WholeFile | Locator::Regex(_) => false,
    }
}

/// Whether a line that goes or comes is one that nobody is shown whole.
fn hides_a_secret(situation: &Situation<'_>, planned: &PlannedEdit) -> bool {
    let exact = Diff::exact("", &planned.current, &planned.bytes);
    let shown =
        Diff::between(&planned.relative.to_string_lossy(), &planned.current, &planned.bytes, situation.sanitizer);
    let changed = |diff: &str| -> Vec<String> {
        diff.split('\n').skip(2).filter(|line| line.starts_with(['-', '+'])).map(str::to_owned).collect()
    };
    changed(&exact) != changed(&shown.text)
}
