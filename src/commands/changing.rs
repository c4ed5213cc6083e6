//! A run's plan carried out, with what that needs to know of the run.

use anyhow::Result;
use chrono::{DateTime, FixedOffset};

use super::healing::{Account, Healing};
use super::memory::Memory;
use super::progress::Progress;
use super::reading;
use super::run::{Found, Frame, wanted};
use super::setup::Setup;
use crate::apply::{self, RunFolder};
use crate::cli::Cli;
use crate::config::Config;
use crate::group::Group;
use crate::notice::{Notice, Stage};
use crate::plan::{Plan, PlannedFix};
use crate::report::Mode;
use crate::store::Snapshot;
use crate::sys::clock::{self, RunId};
use crate::sys::disk::Writer;

/// What the manifest of such a run calls it.
pub(super) const fn manifest_mode(mode: Mode) -> apply::Mode {
    match mode {
        Mode::Review => apply::Mode::Review,
        Mode::ApplyPlan => apply::Mode::ApplyPlan,
        Mode::DryRun | Mode::Record | Mode::Apply => apply::Mode::Apply,
    }
}

/// What changing things needs to know.
pub(super) struct Changing<'a> {
    pub cli: &'a Cli,
    pub setup: &'a Setup,
    pub found: &'a Found,
    pub frame: &'a Frame,
    pub writer: &'a Writer,
}

impl Changing<'_> {
    /// Does what the plan says, and prunes old backups.
    pub fn heal(
        &mut self,
        memory: &mut Memory,
        folder: &mut RunFolder,
        plan: &Plan,
        account: Account,
    ) -> Result<Account> {
        let Memory { store, snapshot, .. } = memory;
        let Some(store) = store.as_mut().filter(|_| self.frame.mode.changes_things()) else {
            return Ok(account);
        };
        let mut since = snapshot.clone();
        since.positions = snapshot.positions.updated(&self.found.reading.positions);
        let found = self.found.incidents.iter().map(|incident| (incident.record.id.clone(), incident.record.clone()));
        since.incidents.extend(found);
        let mut new_errors = |fix: &PlannedFix, began: DateTime<FixedOffset>| self.new_errors(&since, fix, began);
        let mut healing = Healing {
            workspace: &self.setup.config.workspace,
            sanitizer: &self.setup.sanitizer,
            store,
            writer: self.writer,
            folder,
            new_errors: &mut new_errors,
            account,
        };
        healing.carry_out(plan)?;
        let mut account = healing.account;
        if !account.outcomes.is_empty() {
            let run = (&self.frame.id, self.frame.started_at);
            prune(&self.setup.config, &memory.snapshot, self.writer, run, &mut account.notices);
        }
        Ok(account)
    }

    /// Events of what a fix is about that came after it began, read from where this run stopped. The next run reads
    /// them again, and remembers them.
    fn new_errors(&self, since: &Snapshot, fix: &PlannedFix, began: DateTime<FixedOffset>) -> Result<u64, String> {
        let named = &self.cli.run.log;
        let reading = wanted(self.cli, self.frame.mode, clock::now())
            .and_then(|wanted| reading::read(self.setup, since, wanted, &Progress::new()))
            .map_err(|error| format!("could not look for new errors: {error:#}"))?;
        let groups = reading.groups.into_iter().filter(|group| fix.incidents.contains(&group.id));
        // Named files are read whole each time: there only a stamp tells what is new.
        let unstamped = |count: u64| if named.is_empty() { count } else { 0 };
        let facets = groups.flat_map(Group::into_facets).filter(|facet| facet.record.has(&fix.captures));
        let new = facets.map(|facet| match facet.newest {
            Some(newest) if newest >= began => facet.count,
            _ => unstamped(facet.unstamped),
        });
        Ok(new.sum())
    }
}

/// Old backups go, but none that a fix on probation may need.
pub(super) fn prune(
    config: &Config,
    snapshot: &Snapshot,
    writer: &Writer,
    (run, began): (&RunId, DateTime<FixedOffset>),
    notices: &mut Vec<Notice>,
) {
    let protect = super::backups::protected(snapshot, Some(run));
    let kept = config.backups;
    let pruned = apply::prune(&config.state_dir, writer, kept.keep, kept.max_age, began, &protect);
    if let Err(error) = pruned {
        notices.push(Notice::new(Stage::Apply, "backups", format!("old backups could not be removed: {error:#}")));
    }
}
