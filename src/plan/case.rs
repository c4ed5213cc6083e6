//! A fix for one incident and one set of captured values: what it acts on, and which events count for it.

use std::path::Path;

use crate::catalogue::{Bindings, Fix, FixKey, Step, Trusted};
use crate::config::clean;
use crate::group::{Facet, OpenIncident};

use super::{No, Reason, Situation};

/// A fix with the values that one log line gave it.
pub(super) struct Case<'a> {
    /// As the table has it: tells what is captured and what is written literally.
    pub fix: &'a Fix,
    /// With the captured values in place.
    pub bound: Fix,
    /// The incident that it is for.
    pub incident: &'a OpenIncident,
    /// All values of the log line, of whatever type: tells its events from those of other lines.
    pub line: &'a Bindings,
    /// The checked values that the fix uses.
    pub captures: Bindings,
    /// What it acts on, sorted, joined by `, `.
    pub target: String,
    /// Values that failed their type.
    pub bad: Vec<String>,
}

impl<'a> Case<'a> {
    pub fn new(situation: &Situation<'_>, fix: &'a Fix, incident: &'a OpenIncident, line: &'a Bindings) -> Self {
        let pattern = incident.record.pattern.as_deref().and_then(|name| situation.catalogue.pattern(name));
        let mut captures = Bindings::new();
        let mut bad = Vec::new();
        for group in fix.groups() {
            let kind = pattern.and_then(|pattern| pattern.captures.get(&group));
            match (kind, line.get(&group)) {
                (Some(kind), Some(value)) if kind.accepts(value) => {
                    captures.insert(group, value.clone());
                }
                (Some(kind), Some(value)) => {
                    bad.push(format!(
                        "`{}` is no {}, so {{{group}}} has no value",
                        situation.clean(value),
                        kind.as_str()
                    ));
                }
                _ => bad.push(format!("the log line gives no value for {{{group}}}")),
            }
        }
        let bound = if bad.is_empty() { fix.bound(&captures) } else { fix.clone() };
        Self { target: target_of(&situation.config.workspace, &bound), bound, fix, incident, line, captures, bad }
    }

    /// Tells this doing of the fix from others.
    pub fn key(&self) -> FixKey {
        FixKey { fix: self.fix.name.clone(), captures: self.captures.clone() }
    }

    /// The events that the fix is about, newest first, whether they count or not.
    pub fn facets(&self) -> impl Iterator<Item = &'a Facet> {
        self.incident.facets.iter().filter(|facet| facet.record.has(&self.captures))
    }

    /// Those of them that count.
    pub fn counting(&self) -> impl Iterator<Item = &'a Facet> {
        let demand = self.fix.trusted.as_ref().map(Trusted::key);
        self.facets().filter(move |facet| facet.record.counts_for(demand.as_deref()))
    }

    /// Why none of its events counts.
    pub fn untrusted(&self) -> Option<No> {
        let demand = self.fix.trusted.as_ref()?;
        if self.counting().next().is_some() {
            return None;
        }
        let text = format!("no event is vouched for by journald as the fix demands: {}", demand.key());
        Some((Reason::Untrusted, text))
    }
}

/// What a fix acts on, as one word: files as they lie in the workspace, however they were named.
fn target_of(workspace: &Path, fix: &Fix) -> String {
    let file = |path: &str| {
        let full = clean(&workspace.join(path));
        full.strip_prefix(workspace).unwrap_or(&full).display().to_string()
    };
    let name = |step: &Step| match step {
        Step::Edit(edit) => file(&edit.file),
        Step::Service(action) => action.service.clone(),
        Step::ReloadConfig(reload) => reload.service.clone(),
        Step::FixPermissions(fix) => file(&fix.path),
        Step::Run(run) => run.argv.first().cloned().unwrap_or_default(),
    };
    let mut targets: Vec<String> = fix.steps.iter().map(name).collect();
    targets.sort_unstable();
    targets.dedup();
    targets.join(", ")
}
