//! Mode and owner of a file or folder, tried on those that it has.

use super::{Attempt, Outcome};
use crate::catalogue::FixPermissions;
use crate::plan::conflict::Touched;
use crate::plan::edit::Code;
use crate::plan::{Deed, No, PlannedAction, PlannedStep, Reason, allowed};
use crate::sys::disk::{Held, Ownership, group_id, hold, user_id};

/// Set-user-id, set-group-id, sticky, and write for others: never given.
const NEVER_GIVEN: u32 = 0o7002;

pub(super) fn attempt(attempt: &Attempt<'_>, wanted: &FixPermissions) -> Result<Outcome, Vec<No>> {
    let config = attempt.situation.config;
    let relative = match allowed::relative_path(config, &wanted.path, attempt.must_be_listed()) {
        Ok(relative) => relative,
        Err(why) => return attempt.no(Reason::NotAllowed, &why),
    };
    let held = match hold(&config.workspace, &relative) {
        Ok(held) => held,
        Err(why) => return attempt.no(Reason::RefusedEdit(why.kind.into()), &why.to_string()),
    };
    let to = match future(wanted, held.ownership) {
        Ok(to) => to,
        Err(why) => return attempt.no(Reason::RefusedEdit(Code::UnknownOwner), &why),
    };
    let (old, new) = (held.ownership.shown(), to.shown());
    if held.ownership == to {
        return Ok(Outcome::Nothing(attempt.situation.clean(&format!("{} has {new} already", wanted.path))));
    }
    let noes = noes(attempt, &held, to);
    if !noes.is_empty() {
        return Err(noes);
    }
    let planned = PlannedAction {
        step: attempt.step.clone(),
        target: held.relative.display().to_string(),
        commands: commands(&held, to),
        state: old.clone(),
        undo: Some(format!("given {old} again")),
        old,
        new: new.clone(),
        deed: Deed::Permissions { relative: held.relative.clone(), from: held.ownership, to },
    };
    Ok(Outcome::Changed(PlannedStep::Action(planned), Touched::Permissions { path: held.relative, new }))
}

fn future(wanted: &FixPermissions, from: Ownership) -> Result<Ownership, String> {
    let uid = match &wanted.owner {
        Some(name) => user_id(name).ok_or_else(|| format!("there is no user {name}"))?,
        None => from.uid,
    };
    let gid = match &wanted.group {
        Some(name) => group_id(name).ok_or_else(|| format!("there is no group {name}"))?,
        None => from.gid,
    };
    Ok(Ownership { mode: wanted.mode.as_ref().map_or(from.mode, |mode| mode.apply(from.mode)), uid, gid })
}

fn noes(attempt: &Attempt<'_>, held: &Held, to: Ownership) -> Vec<No> {
    let from = held.ownership;
    let name = held.relative.display();
    let mut noes = Vec::new();
    if to.mode & !from.mode & NEVER_GIVEN != 0 {
        let text = format!("{name}: heal never gives set-user-id, set-group-id, sticky, or write for everybody");
        noes.push((Reason::NotAllowed, text));
    }
    // A change of owner makes the kernel drop these bits, and heal never gives them: they would be lost.
    if from.mode & 0o6000 != 0 && (from.uid, from.gid) != (to.uid, to.gid) {
        noes.push((
            Reason::NotAllowed,
            format!("{name} is set-user-id or set-group-id: its owner is not heal's to change"),
        ));
    }
    let owner_changes = (from.uid, from.gid) != (to.uid, to.gid);
    if !attempt.situation.host.is_root() && (owner_changes || from.uid != attempt.situation.host.user()) {
        noes.push((Reason::NeedsRoot, format!("only root may give {name} {}; heal never uses sudo", to.shown())));
    }
    noes.into_iter().map(|(reason, text)| (reason, attempt.situation.clean(&text))).collect()
}

/// What a person would type.
fn commands(held: &Held, to: Ownership) -> Vec<Vec<String>> {
    let from = held.ownership;
    let path = held.path.display().to_string();
    let chown = ((from.uid, from.gid) != (to.uid, to.gid))
        .then(|| vec!["chown".to_owned(), format!("{}:{}", to.uid, to.gid), "--".to_owned(), path.clone()]);
    let chmod =
        (from.mode != to.mode).then(|| vec!["chmod".to_owned(), format!("{:04o}", to.mode), "--".to_owned(), path]);
    chown.into_iter().chain(chmod).collect()
}
