//! An edit, tried on the file as it is on disk or as earlier steps leave it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Attempt, Bench, Outcome};
use crate::catalogue::{Edit, Locator, Operation};
use crate::config::clean;
use crate::plan::conflict::{Touched, TouchedValue};
use crate::plan::edit::{self, Changed, Code, Proposal};
use crate::plan::{Diff, No, PlannedEdit, PlannedStep, Reason, allowed, diff};
use crate::sys::disk::{Attributes, MAX_TARGET, TargetError, open_target, sha256};
use crate::sys::exec;

pub(super) fn attempt(
    bench: &Bench,
    attempt: &Attempt<'_>,
    wanted: &Edit,
    overlay: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Result<Outcome, Vec<No>> {
    let config = attempt.situation.config;
    let looks = allowed::only_looks(attempt.step);
    let relative = match allowed::relative_path(config, &wanted.file, attempt.must_be_listed()) {
        Ok(relative) => relative,
        // Looking needs no leave, and a shipped check may look at a file of the host.
        Err(_) if looks => clean(&config.workspace.join(&wanted.file)),
        Err(why) => return attempt.no(Reason::NotAllowed, &why),
    };
    let found = match read(bench, attempt, &relative, looks) {
        Ok(found) => found,
        Err(why) => return attempt.no(Reason::RefusedEdit(why.kind.into()), &why.to_string()),
    };
    if bench.edits.contains(wanted) {
        let text = format!("{}: already optimal: another fix of this run makes the same edit", relative.display());
        return Ok(Outcome::Nothing(attempt.situation.clean(&text)));
    }
    let is_first = !overlay.contains_key(&relative);
    let current = overlay.get(&relative).unwrap_or(&found.bytes);
    let place = |line: Option<usize>, column: Option<usize>| {
        let mut place = relative.display().to_string();
        for part in [line, column].into_iter().flatten() {
            place = format!("{place}:{part}");
        }
        place
    };
    let proposed = match &wanted.operation {
        Operation::Restore { from } => match source(bench, attempt, from.as_deref(), &relative, &found) {
            Ok(copy) => edit::restore(current, wanted, &copy),
            Err(no) => return Err(vec![(no.0, attempt.situation.clean(&no.1))]),
        },
        _ => edit::propose(current, wanted),
    };
    match proposed {
        Err(why) => {
            let text = format!("{}: {} ({})", place(why.line, why.column), why.reason, why.code);
            attempt.no(Reason::RefusedEdit(why.code), &text)
        }
        Ok(Proposal::DoesNotHold { line, reason }) => {
            attempt.no(Reason::CheckFailed, &format!("{}: {reason}", place(line, None)))
        }
        Ok(Proposal::Holds { reason } | Proposal::AlreadyOptimal { reason, .. }) => {
            Ok(Outcome::Nothing(attempt.situation.clean(&format!("{}: {reason}", place(None, None)))))
        }
        Ok(Proposal::Change(changed)) => {
            may_change(attempt, wanted, &relative, &found, current, &changed)?;
            let span = match wanted.locator {
                Locator::WholeFile => Some(0..found.bytes.len()),
                _ if is_first => Some(changed.span.clone()),
                _ => edit::locate(&found.bytes, wanted).ok().map(|found| found.span),
            };
            let new = changed.new.clone();
            let planned = planned(attempt, wanted, &relative, current, changed);
            overlay.insert(relative.clone(), planned.bytes.clone());
            let touched = TouchedValue { file: relative, span, new, edit: wanted.clone() };
            Ok(Outcome::Changed(PlannedStep::Edit(planned), Touched::Value(Box::new(touched))))
        }
    }
}

/// The bytes that `restore` takes: of the named file, or of the last good copy.
fn source(
    bench: &Bench,
    attempt: &Attempt<'_>,
    from: Option<&str>,
    relative: &Path,
    target: &Found,
) -> Result<Vec<u8>, No> {
    let refused = |why: String| (Reason::RefusedEdit(Code::NoCopy), format!("{why} ({})", Code::NoCopy));
    let Some(from) = from else {
        return attempt.situation.undoable.last_copy(relative).map_err(refused);
    };
    let config = attempt.situation.config;
    // The operator's own word names any file of the host; a captured or a shipped one needs leave.
    let path = if attempt.must_be_listed() {
        allowed::relative_path(config, from, true).map_err(|why| (Reason::NotAllowed, why))?
    } else {
        allowed::relative_path(config, from, false).unwrap_or_else(|_| clean(&config.workspace.join(from)))
    };
    let found = read(bench, attempt, &path, true).map_err(|why| refused(why.to_string()))?;
    let owner = |found: &Found| found.attributes.as_ref().map(|attributes| attributes.uid);
    let trusted = [Some(0), Some(attempt.situation.host.user()), owner(target)];
    let open = found.attributes.as_ref().is_some_and(|attributes| attributes.mode & 0o002 != 0);
    if open || (owner(&found).is_some() && !trusted.contains(&owner(&found))) {
        return Err(refused(format!("{from} can be written by others than the owner of {}", relative.display())));
    }
    Ok(found.bytes)
}

/// What speaks against a change that could be made.
fn may_change(
    attempt: &Attempt<'_>,
    wanted: &Edit,
    relative: &Path,
    found: &Found,
    current: &[u8],
    changed: &Changed,
) -> Result<(), Vec<No>> {
    let mut noes = Vec::new();
    if !allowed::leaves_own_block(current, changed.text.as_bytes()) {
        noes.push((Reason::NotAllowed, format!("{} would change heal's own auto_healer block", relative.display())));
    }
    let foreign = found.attributes.as_ref().is_some_and(|attributes| attributes.uid != attempt.situation.host.user());
    if foreign && !attempt.situation.host.is_root() {
        noes.push((
            Reason::NeedsRoot,
            format!("{} belongs to another user: only root can keep its owner", relative.display()),
        ));
    }
    let program = wanted.validate.as_ref().and_then(|argv| argv.first());
    let missing = program.filter(|program| exec::resolve(program, &attempt.situation.config.workspace).is_none());
    if let Some(program) = missing {
        noes.push((Reason::CheckFailed, format!("`validate` needs the program {program}, which is not there")));
    }
    let clean = |(reason, text): No| (reason, attempt.situation.clean(&text));
    if noes.is_empty() { Ok(()) } else { Err(noes.into_iter().map(clean).collect()) }
}

fn planned(attempt: &Attempt<'_>, wanted: &Edit, relative: &Path, current: &[u8], changed: Changed) -> PlannedEdit {
    let bytes = changed.text.into_bytes();
    PlannedEdit {
        step: attempt.step.clone(),
        relative: relative.to_path_buf(),
        expected: sha256(current),
        current: current.to_vec(),
        diff: Diff::between(&diff::name_of(relative), current, &bytes, attempt.situation.sanitizer),
        bytes,
        old: changed.old,
        new: changed.new,
        line: changed.line,
        validate: wanted.validate.clone(),
    }
}

struct Found {
    bytes: Vec<u8>,
    /// `None` for a file that only a plan knows.
    attributes: Option<Attributes>,
}

fn read(bench: &Bench, attempt: &Attempt<'_>, relative: &Path, looks: bool) -> Result<Found, TargetError> {
    if let Some(bytes) = bench.files.get(relative) {
        return Ok(Found { bytes: bytes.clone(), attributes: None });
    }
    let workspace = &attempt.situation.config.workspace;
    let root = if looks && relative.is_absolute() { Path::new("/") } else { workspace };
    let target = open_target(root, relative, MAX_TARGET)?;
    Ok(Found { bytes: target.bytes, attributes: Some(target.identity.attributes) })
}
