//! Which services a fix may act on.

use std::collections::BTreeSet;

use globset::Glob;

use crate::plan::{No, Reason, Situation};
use crate::sys::service::{ServiceState, Unit};

/// Never touched whoever names them: without them nobody could come and help.
const PROTECTED: [&str; 14] = [
    "ssh.service",
    "sshd.service",
    "ssh@*.service",
    "sshd@*.service",
    "ssh.socket",
    "sshd.socket",
    "systemd-*",
    "dbus.service",
    "dbus.socket",
    "dbus-*.service",
    "heal.service",
    "heal.timer",
    "heal@*.service",
    "heal-*",
];

/// Every reason not to touch this unit. `state` is `None` when systemd does not know it.
pub(in crate::plan) fn service(
    situation: &Situation<'_>,
    unit: &Unit,
    state: Option<&ServiceState>,
    must_be_listed: bool,
) -> Vec<No> {
    let names = names(unit, state);
    let policy = &situation.config.policy;
    let mut noes = Vec::new();
    match &policy.allow_services {
        Some(list) if matches_any(list, &names) => {}
        Some(_) => noes.push((Reason::NotAllowed, format!("{} is not on `policy.allow_services`", unit.as_str()))),
        None if must_be_listed => noes.push((
            Reason::NotAllowed,
            format!("{} needs an entry in `policy.allow_services`: the operator's fix does not name it", unit.as_str()),
        )),
        None => {}
    }
    noes.extend(protected(situation, unit, state, &names));
    noes
}

fn protected(
    situation: &Situation<'_>,
    unit: &Unit,
    state: Option<&ServiceState>,
    names: &BTreeSet<String>,
) -> Option<No> {
    let policy = &situation.config.policy;
    let freed = |name: &String| policy.unprotect.iter().any(|free| with_suffix(free) == *name);
    if names.iter().any(freed) {
        return None;
    }
    let built_in: Vec<String> = PROTECTED.iter().map(ToString::to_string).collect();
    let by_name = [&built_in, &policy.protected].into_iter().any(|list| matches_any(list, names));
    // To stop the unit that heal runs in is to kill heal in the middle, unless the unit leaves its children alone.
    let own = situation.host.own_unit().is_some_and(|own| names.contains(&own))
        && state.is_none_or(|state| !matches!(state.kill_mode.as_str(), "process" | "none"));
    let text = if own {
        format!("{} is what heal itself runs in", unit.as_str())
    } else if by_name {
        format!("{} is protected; `policy.unprotect` frees it", unit.as_str())
    } else {
        return None;
    };
    Some((Reason::Protected, text))
}

fn names(unit: &Unit, state: Option<&ServiceState>) -> BTreeSet<String> {
    let known = state.into_iter().flat_map(|state| state.names.iter().chain([&state.id]));
    known.cloned().chain([unit.as_str().to_owned()]).filter(|name| !name.is_empty()).collect()
}

/// A name in the configuration may leave its `.service` out.
fn with_suffix(name: &str) -> String {
    Unit::parse(name).map_or_else(|_| name.to_owned(), |unit| unit.as_str().to_owned())
}

fn matches_any(globs: &[String], names: &BTreeSet<String>) -> bool {
    globs.iter().any(|glob| {
        let matcher = Glob::new(glob).ok().map(|glob| glob.compile_matcher());
        names.iter().any(|name| {
            let short = name.strip_suffix(".service").unwrap_or(name);
            matcher.as_ref().is_some_and(|matcher| matcher.is_match(name) || matcher.is_match(short))
        })
    })
}
