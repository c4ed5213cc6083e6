//! Whole plans, on a host that is made up: services in states that no test machine can be brought into.

mod judged;
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, TimeDelta};
use tempfile::TempDir;

use super::{Extent, Host, PastChange, Plan, Situation, Undoable, plan};
use crate::catalogue::{Catalogue, FixKey};
use crate::config::{self, Config, Kind, Overrides, Place};
use crate::group::{Facet, OpenIncident, Status, Timeline};
use crate::sanitize::Sanitizer;
use crate::store::{self, Attempt, Incident, Snapshot, Verdict};
use crate::sys::machine::{Machine, Space};
use crate::sys::service::{ServiceState, StartLimit, Unit};

/// A host with these services.
struct FakeHost {
    root: bool,
    own_unit: Option<String>,
    services: BTreeMap<String, ServiceState>,
    start_limit: Option<StartLimit>,
    machine: Machine,
    space: Option<Space>,
}

impl Host for FakeHost {
    fn is_root(&self) -> bool {
        self.root
    }
    fn user(&self) -> u32 {
        if self.root { 0 } else { 1000 }
    }
    fn service(&self, unit: &Unit) -> Result<ServiceState, String> {
        let named = |state: &&ServiceState| state.names.iter().any(|name| name == unit.as_str());
        let state = self.services.values().find(named).cloned();
        Ok(state.unwrap_or_else(|| ServiceState { load: "not-found".to_owned(), ..service(unit.as_str(), "inactive") }))
    }
    fn start_limit(&self, _: &Unit) -> Option<StartLimit> {
        self.start_limit
    }
    fn own_unit(&self) -> Option<String> {
        self.own_unit.clone()
    }
    fn machine(&self) -> Machine {
        self.machine
    }
    fn space(&self, _: &Path) -> Option<Space> {
        self.space
    }
}

fn service(name: &str, active: &str) -> ServiceState {
    ServiceState {
        id: name.to_owned(),
        names: vec![name.to_owned()],
        load: "loaded".to_owned(),
        active: active.to_owned(),
        sub: "running".to_owned(),
        result: "success".to_owned(),
        can_reload: true,
        kill_mode: "control-group".to_owned(),
        start_limited: false,
        restarts: 0,
    }
}

/// Nothing was ever changed.
struct NoPast;

impl Undoable for NoPast {
    fn changes(&self, _: &str, _: &FixKey) -> Vec<PastChange> {
        Vec::new()
    }
    fn before(&self, _: &PastChange) -> Result<Vec<u8>, String> {
        Err("nothing was ever changed".to_owned())
    }
    fn last_copy(&self, _: &Path) -> Result<Vec<u8>, String> {
        Err("nothing was ever changed".to_owned())
    }
}

/// A workspace, what is wrong in it, and what was tried.
struct World {
    folder: TempDir,
    config: Config,
    catalogue: Catalogue,
    host: FakeHost,
    incidents: Vec<OpenIncident>,
    snapshot: Snapshot,
    paused: Option<String>,
    now: DateTime<FixedOffset>,
}

const PATTERNS: &str = "
patterns:
  - {name: down, regex: 'is down', severity: high, category: service, description: d, captures: {unit: unit_name}}
  - {name: slow, regex: 'slow (?P<n>x)', severity: low, category: network, description: d, threshold: {count: 3, within: 10m}}
";

impl World {
    /// `fixes` is the list of a table; `more` are lines of `heal.yaml`.
    #[allow(clippy::disallowed_methods, reason = "the test builds the world that is planned for")]
    fn new(fixes: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path: PathBuf = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("heal.yaml", &format!("logs: [{{path: a.log}}]\ncooldown: 1h\n{more}\n"));
        write("patterns/a.yaml", &PATTERNS.replace("'is down'", "'(?P<unit>\\S*) is down'"));
        write("fixes/a.yaml", &format!("fixes:\n{fixes}"));
        let place = Place { file: folder.path().join("heal.yaml"), kind: Kind::Heal, named: true };
        let config = config::load(&place, &Overrides::default()).unwrap();
        let catalogue = Catalogue::load(&config).unwrap();
        let host = FakeHost {
            root: true,
            own_unit: None,
            services: BTreeMap::new(),
            start_limit: None,
            machine: Machine::default(),
            space: None,
        };
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let (incidents, snapshot) = (Vec::new(), Snapshot::default());
        Self { folder, config, catalogue, host, incidents, snapshot, paused: None, now }
    }

    fn with_service(mut self, state: ServiceState) -> Self {
        self.host.services.insert(state.id.clone(), state);
        self
    }

    /// An incident of this pattern, with one line for each of these units, a minute ago.
    fn with_incident(mut self, pattern: &str, units: &[&str]) -> Self {
        let at = self.now - TimeDelta::minutes(1);
        let facet = |captures: BTreeMap<String, String>| Facet {
            record: store::Facet { captures, vouched: BTreeSet::new(), last_seen: at, recent: vec![at] },
            count: 1,
            newest: Some(at),
            unstamped: 0,
        };
        let bound = |unit: &&str| BTreeMap::from([("unit".to_owned(), (*unit).to_owned())]);
        let mut facets: Vec<Facet> = units.iter().map(bound).map(facet).collect();
        if facets.is_empty() {
            facets.push(facet(BTreeMap::new()));
        }
        let known = self.catalogue.pattern(pattern).unwrap();
        let record = Incident {
            pattern: Some(pattern.to_owned()),
            category: known.category.clone(),
            sources: vec!["a.log".to_owned()],
            facets: facets.iter().map(|facet| facet.record.clone()).collect(),
            ..Incident::example(&format!("id-{pattern}"), at)
        };
        let (timeline, history) = (Timeline::default(), Vec::new());
        self.incidents.push(OpenIncident {
            record,
            status: Status::New,
            life: Status::New,
            count: 1,
            facets,
            targets: Vec::new(),
            timeline,
            history,
            onsets: Vec::new(),
        });
        self
    }

    /// That many attempts of `fix` came to nothing; the last one this long ago.
    fn with_attempts(mut self, fix: &str, target: &str, verdict: Verdict, count: i64, ago: TimeDelta) -> Self {
        for number in 0..count {
            let applied_at = self.now - ago - TimeDelta::hours(count - 1 - number);
            let id = i64::try_from(self.snapshot.attempts.len()).unwrap() + 1;
            self.snapshot.attempts.push(Attempt {
                id,
                run: format!("20260301T0{number}0000Z-0000"),
                incident: self.incidents[0].record.id.clone(),
                fix: fix.to_owned(),
                target: target.to_owned(),
                captures: BTreeMap::new(),
                applied_at,
                settled_at: Some(applied_at),
                wrote: String::new(),
                verdict,
                failed: verdict.is_failure(),
                judged_at: None,
                detail: String::new(),
            });
        }
        self
    }

    fn plan(&self) -> Plan {
        plan(&Situation {
            incidents: &self.incidents,
            catalogue: &self.catalogue,
            config: &self.config,
            snapshot: &self.snapshot,
            sanitizer: &Sanitizer::new(&[]).unwrap(),
            undoable: &NoPast,
            host: &self.host,
            paused: self.paused.as_deref(),
            with_unsafe: false,
            extent: Extent::Unattended,
            now: self.now,
        })
    }

    /// What is held back, as `FIX: REASON`.
    fn held(&self) -> Vec<String> {
        self.plan().held_back.iter().map(|held| format!("{}: {}", held.fix, held.reason.as_str())).collect()
    }

    fn detail(&self) -> String {
        self.plan().held_back.first().map(|held| held.detail.clone()).unwrap_or_default()
    }

    /// What is planned, as `KIND TARGET`.
    fn planned(&self) -> Vec<String> {
        let plan = self.plan();
        let steps = plan.fixes.iter().flat_map(|fix| &fix.steps);
        steps.map(|step| format!("{} {}", step.step().kind(), step.target())).collect()
    }
}

/// A safe fix with these steps for the pattern `down`.
fn fix(name: &str, steps: &str) -> String {
    format!("  - {{name: {name}, for: [down], description: d, risk: safe, steps: [{steps}]}}\n")
}
