//! What a run is to do: whatever it finds, or what was decided before it began.

use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::memory::{self, Memory, Past};
use super::review::Choice;
use super::run::{Found, Frame};
use super::saving::Approved;
use super::setup::Setup;
use crate::apply;
use crate::cli::Cli;
use crate::plan::{Extent, Plan, Situation, ThisHost, plan};
use crate::store::Snapshot;
use crate::sys::disk::Writer;

/// What a run that changes things is about.
pub(super) enum Errand<'a> {
    /// Whatever there is to do.
    Usual,
    /// What a saved plan says.
    Saved(&'a Approved),
    /// What a person chose.
    Chosen(&'a Choice),
}

/// What planning looks at.
pub(super) struct Scene<'a> {
    cli: &'a Cli,
    pub setup: &'a Setup,
    found: &'a Found,
    snapshot: &'a Snapshot,
    pub frame: &'a Frame,
    paused: Option<&'a str>,
}

impl<'a> Scene<'a> {
    pub const fn new(
        cli: &'a Cli,
        setup: &'a Setup,
        found: &'a Found,
        snapshot: &'a Snapshot,
        frame: &'a Frame,
        paused: Option<&'a str>,
    ) -> Self {
        Self { cli, setup, found, snapshot, frame, paused }
    }

    /// What would be done.
    pub fn plan(&self, extent: Extent<'_>) -> Plan {
        plan(&Situation {
            host: &ThisHost::default(),
            paused: self.paused,
            incidents: &self.found.incidents,
            catalogue: &self.setup.catalogue,
            config: &self.setup.config,
            snapshot: self.snapshot,
            sanitizer: &self.setup.sanitizer,
            undoable: &Past { state_dir: &self.setup.config.state_dir },
            with_unsafe: self.cli.run.with_unsafe,
            extent,
            now: self.frame.started_at,
        })
    }
}

impl Errand<'_> {
    /// What was decided is done on a state that is whole, or not at all.
    pub fn check_state(&self, state_dir: &Path, memory: &Memory) -> Result<()> {
        if matches!(self, Self::Usual) {
            return Ok(());
        }
        memory.check_whole()?;
        let (interrupted, _) = apply::find_interrupted(state_dir, &memory::under_way(&memory.snapshot))?;
        match interrupted.first() {
            Some(one) => bail!(
                "run {} was interrupted while changing {}: nothing was changed; `heal --apply` takes that back first",
                one.run,
                one.targets.join(", ")
            ),
            None => Ok(()),
        }
    }

    /// What was decided before, if it still is what the tables and the host give.
    ///
    /// # Errors
    /// It is not: then nothing is done, and nothing remembered.
    pub fn decided(&self, scene: &Scene<'_>, writer: &Writer) -> Result<Option<Plan>> {
        match self {
            Self::Usual => Ok(None),
            Self::Saved(approved) => {
                let plan = scene.plan(Extent::Saved(&approved.wanted));
                approved.plan.check(&plan).map_err(|why| anyhow!("{} is refused: {why}", approved.shown()))?;
                approved.use_up(scene, writer)?;
                Ok(Some(plan))
            }
            Self::Chosen(choice) => {
                let plan = scene.plan(Extent::Reviewed(&choice.wanted));
                choice.check(&plan)?;
                Ok(Some(plan))
            }
        }
    }
}
