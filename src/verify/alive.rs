//! Other evidence than the log that what a fix repaired still works.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use super::check::http_ok;
use crate::catalogue::{Check, Fix, Step};
use crate::sys::net;
use crate::sys::service::{Unit, has_written_since};

/// For one question.
const LIMIT: Duration = Duration::from_secs(5);

/// What speaks for `fix`, its captured values in place: one of its checks from outside passes again, or its unit has
/// written to the journal since. One clause, or nothing.
#[must_use]
pub fn still_alive(fix: &Fix, since: DateTime<FixedOffset>) -> Option<String> {
    let answers = |check: &&Check| match check {
        Check::HttpOk { url, status, within } => http_ok(url, *status, LIMIT.min(*within)).is_ok(),
        Check::PortOpen { host, port } => net::port_open(host, *port, LIMIT).is_ok(),
        _ => false,
    };
    if let Some(check) = fix.verify.iter().find(answers) {
        return Some(check.shown());
    }
    let units = fix.steps.iter().filter_map(service).chain(fix.trusted.iter().filter_map(|who| who.unit.as_deref()));
    let mut written = units.filter_map(|name| Unit::parse(name).ok()).filter(|unit| has_written_since(unit, since));
    written.next().map(|unit| format!("{unit} wrote to its journal"))
}

fn service(step: &Step) -> Option<&str> {
    match step {
        Step::Service(action) => Some(&action.service),
        Step::ReloadConfig(reload) => Some(&reload.service),
        Step::Edit(_) | Step::FixPermissions(_) | Step::Run(_) => None,
    }
}
