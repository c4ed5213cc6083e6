//! The part of a run that changes things: take back, apply, check, remember.

mod backward;
mod forward;

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, FixedOffset};

use crate::apply::{RunFolder, TakeBack, TakenBack};
use crate::notice::Notice;
use crate::plan::{HeldBack, Plan, PlannedFix};
use crate::report::Outcome;
use crate::sanitize::Sanitizer;
use crate::store::Store;
use crate::sys::disk::Writer;
use crate::sys::{exec, signal};

/// Counts the events of a fix's incidents that came after a time; an error is a reason.
pub(super) type NewErrors<'a> = &'a mut dyn FnMut(&PlannedFix, DateTime<FixedOffset>) -> Result<u64, String>;

/// Changes things, and keeps account of it.
pub(super) struct Healing<'a> {
    pub workspace: &'a Path,
    pub sanitizer: &'a Sanitizer,
    pub store: &'a mut Store,
    pub writer: &'a Writer,
    pub folder: &'a mut RunFolder,
    pub new_errors: NewErrors<'a>,
    pub account: Account,
}

/// What changing things gave.
#[derive(Default)]
pub(super) struct Account {
    /// What was done.
    pub outcomes: Vec<Outcome>,
    /// What was held back after all.
    pub held_back: Vec<HeldBack>,
    /// Remarks.
    pub notices: Vec<Notice>,
    /// An undo failed: no more changes in this run.
    pub stop: bool,
    /// Someone interrupted heal.
    pub interrupted: bool,
}

impl Healing<'_> {
    /// Does what the plan says, one fix after the other, each whole or not at all.
    ///
    /// # Errors
    /// A database that can no longer be written: then nothing more is changed.
    pub fn carry_out(&mut self, plan: &Plan) -> Result<()> {
        for back in &plan.take_backs {
            if self.may_go_on() {
                self.back(back)?;
            }
        }
        for fix in &plan.fixes {
            if self.may_go_on() {
                self.fix(fix)?;
            }
        }
        Ok(())
    }

    fn may_go_on(&mut self) -> bool {
        self.account.interrupted |= signal::interrupted();
        !self.account.stop && !self.account.interrupted
    }

    fn clean(&self, text: &str) -> String {
        self.sanitizer.clean(text.as_bytes(), 2048)
    }
}

/// A target as a report names it: relative where it lies in the workspace.
pub(super) fn relative(workspace: &Path, target: &str) -> String {
    let real = workspace.canonicalize().unwrap_or_else(|_| workspace.to_path_buf());
    let target = Path::new(target);
    target.strip_prefix(&real).unwrap_or(target).display().to_string()
}

/// The exact commands for a person, after what could not be taken back.
pub(super) fn by_hand(back: &TakeBack) -> String {
    let commands: Vec<String> = back.by_hand.iter().map(|argv| exec::shown(argv)).collect();
    match (&back.result, commands.as_slice()) {
        (TakenBack::Irreversible(_), _) | (_, []) => String::new(),
        (_, commands) => format!(". By hand: {}", commands.join(" && ")),
    }
}
