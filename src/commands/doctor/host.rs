//! Whether the logs can be read, and whether the services are known.

use std::collections::BTreeSet;

use crate::analyse::Health;
use crate::catalogue::{Catalogue, Check as Probe, Step};
use crate::commands::progress::Progress;
use crate::commands::reading::{self, Begin, Wanted};
use crate::commands::setup::Setup;
use crate::config::Feed;
use crate::report::DoctorCheck as Check;
use crate::sources::{Coverage, State as CoverageState};
use crate::store::Snapshot;
use crate::sys::service::{Unit, is_booted, state};
use crate::sys::{clock, disk, environment, exec};

/// Looks at each log, and reads next to nothing of it.
pub(super) fn logs(setup: &Setup, checks: &mut Vec<Check>) {
    let now = clock::now();
    let wanted = Wanted { files: &[], since: Some(Begin::At(now)), until: None, again: true, now };
    let reading = match reading::read(setup, &Snapshot::default(), wanted, &Progress::new()) {
        Ok(reading) => reading,
        Err(error) => {
            checks.push(Check::new("logs", Health::Trouble, format!("{error:#}"), None));
            return;
        }
    };
    let before = checks.len();
    checks.extend(reading.coverage.iter().filter_map(|source| unread(setup, source)));
    let read = reading.coverage.iter().filter(|source| is_read(source.state)).count();
    if read > 0 || checks.len() == before {
        let sources = if read == 1 { "source" } else { "sources" };
        checks.push(Check::good("logs", format!("{read} {sources} can be read.")));
    }
}

const fn is_read(state: CoverageState) -> bool {
    !matches!(state, CoverageState::Missing | CoverageState::Unreadable | CoverageState::Skipped)
}

fn unread(setup: &Setup, source: &Coverage) -> Option<Check> {
    let told = |what: &str| match source.detail.as_str() {
        "" => format!("{} {what}.", source.source),
        detail => format!("{} {what}: {detail}.", source.source),
    };
    match source.state {
        CoverageState::Unreadable => {
            Some(Check::new("logs", Health::Trouble, told("cannot be read"), leave(setup, source)))
        }
        CoverageState::Missing if source.required => {
            Some(Check::new("logs", Health::Trouble, told("is required and not there"), None))
        }
        CoverageState::Missing => Some(Check::new("logs", Health::Warning, told("is not there"), None)),
        _ => None,
    }
}

/// What gives this user leave to read it.
fn leave(setup: &Setup, source: &Coverage) -> Option<String> {
    if environment::is_root() {
        return None;
    }
    let user = environment::user();
    let entry = setup.config.logs.iter().find(|log| log.name == source.entry)?;
    match &entry.feed {
        Feed::Files { .. } => {
            let path = exec::word(setup.config.workspace.join(&source.source));
            Some(format!("sudo setfacl -m u:{user}:r {path}"))
        }
        Feed::Journal(_) => {
            let name = disk::user_name(user).unwrap_or_else(|| user.to_string());
            Some(format!("sudo usermod -aG systemd-journal {name}"))
        }
        Feed::Command(_) => None,
    }
}

/// Whether systemd knows each service that a fix names.
pub(super) fn services(catalogue: &Catalogue, checks: &mut Vec<Check>) {
    let named = named(catalogue);
    if named.is_empty() {
        return;
    }
    if !is_booted() {
        let text = "systemd does not run this host: fixes that act on services are held back.";
        checks.push(Check::new("services", Health::Warning, text, None));
        return;
    }
    let mut known = 0;
    for (name, fix) in named {
        let show = Some(format!("heal fixes show {fix}"));
        match Unit::parse(&name).map(|unit| state(&unit)) {
            Ok(Ok(state)) if state.exists() => known += 1,
            Ok(Ok(_)) => {
                let text = format!("systemd does not know {name}, which the fix {fix} names.");
                checks.push(Check::new("services", Health::Trouble, text, show));
            }
            Ok(Err(error)) => {
                checks.push(Check::new("services", Health::Trouble, format!("{name}: {error}."), None));
            }
            Err(why) => checks.push(Check::new("services", Health::Trouble, format!("The fix {fix}: {why}."), show)),
        }
    }
    if known > 0 {
        let services = if known == 1 { "service" } else { "services" };
        checks.push(Check::good("services", format!("{known} {services} named by fixes are known.")));
    }
}

/// Services with the first fix that names each; captured ones are not known yet.
fn named(catalogue: &Catalogue) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut named = Vec::new();
    for fix in &catalogue.fixes {
        let steps = fix.steps.iter().filter_map(|step| match step {
            Step::Service(action) => Some(&action.service),
            Step::ReloadConfig(reload) => Some(&reload.service),
            _ => None,
        });
        let checks = fix.verify.iter().filter_map(|check| match check {
            Probe::ServiceActive(unit) => Some(unit),
            _ => None,
        });
        for service in steps.chain(checks).filter(|service| !service.contains('{')) {
            if seen.insert(service.clone()) {
                named.push((service.clone(), fix.row().to_owned()));
            }
        }
    }
    named
}
