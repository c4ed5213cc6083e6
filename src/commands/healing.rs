//! The part of a run that changes things: take back, apply, check, remember.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::apply::{PlannedEdit, PutBack, Receipt, RunFolder, TakenBack, apply_edit, take_back};
use crate::notice::{Notice, Stage};
use crate::plan::{HeldBack, Plan, PlannedFix, Reason, TakeBack};
use crate::report::{Outcome, StepResult};
use crate::sanitize::Sanitizer;
use crate::store::{Attempt, Store, Verdict};
use crate::sys::clock::{self, RunId};
use crate::sys::disk::Writer;
use crate::sys::signal;
use crate::verify::{CheckFailure, run_checks};

use super::memory::own_value_back;

/// Changes things, and keeps account of it.
pub(super) struct Healing<'a> {
    pub workspace: &'a Path,
    pub sanitizer: &'a Sanitizer,
    pub store: &'a mut Store,
    pub writer: &'a Writer,
    pub folder: &'a mut RunFolder,
    /// What was done.
    pub outcomes: Vec<Outcome>,
    /// What was held back after all.
    pub held_back: Vec<HeldBack>,
    /// Remarks.
    pub notices: Vec<Notice>,
    /// An undo failed: no more changes in this run.
    stop: bool,
    /// Someone interrupted heal.
    pub interrupted: bool,
}

impl<'a> Healing<'a> {
    pub fn new(
        workspace: &'a Path,
        sanitizer: &'a Sanitizer,
        store: &'a mut Store,
        writer: &'a Writer,
        folder: &'a mut RunFolder,
    ) -> Self {
        Self {
            workspace,
            sanitizer,
            store,
            writer,
            folder,
            outcomes: Vec::new(),
            held_back: Vec::new(),
            notices: Vec::new(),
            stop: false,
            interrupted: false,
        }
    }

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
        self.interrupted |= signal::interrupted();
        !self.stop && !self.interrupted
    }

    fn back(&mut self, back: &TakeBack) -> Result<()> {
        // One step of the plan for each file, however many attempts are taken back: what went wrong counts.
        let mut files: BTreeMap<String, TakenBack> = BTreeMap::new();
        for (run, index) in &back.changes {
            let Some(from) = RunId::parse(run) else { continue };
            let put_back: PutBack<'_> = &own_value_back;
            for result in take_back(self.folder, self.writer, &from, &[*index], Some(put_back))? {
                let known = files.entry(result.target).or_insert_with(|| result.result.clone());
                if known.succeeded() {
                    *known = result.result;
                }
            }
        }
        let all_back = files.values().all(TakenBack::succeeded);
        for (target, result) in &files {
            self.account_for_back(back, target, result);
        }
        if all_back {
            let verdicts: Vec<_> = back.attempts.iter().map(|id| (*id, Verdict::Undone, back.reason.clone())).collect();
            self.store.judge_attempts(&verdicts, clock::now()).context("could not remember what was taken back")?;
        }
        Ok(())
    }

    fn account_for_back(&mut self, back: &TakeBack, target: &str, result: &TakenBack) {
        let shown = self.relative(Path::new(target));
        let (step, verdict, detail) = match result {
            TakenBack::ChangedSince(why) => {
                let noes = vec![(Reason::ChangedSince, self.clean(why))];
                self.held_back.extend(HeldBack::new(&back.fix, &back.incident, noes));
                return;
            }
            TakenBack::BackupLost(why) | TakenBack::Failed(why) => {
                self.stop = true;
                (StepResult::UndoFailed, Verdict::Ineffective, self.clean(why))
            }
            TakenBack::Restored | TakenBack::PutBack | TakenBack::AlreadyBack => {
                (StepResult::Done, Verdict::Undone, back.reason.clone())
            }
        };
        self.outcomes.push(Outcome {
            fix: back.fix.clone(),
            incident: back.incident.clone(),
            kind: "take_back",
            target: shown,
            result: step,
            verdict,
            backup: Some(self.folder.folder().display().to_string()),
            detail,
            now: true,
        });
    }

    fn fix(&mut self, fix: &PlannedFix) -> Result<()> {
        let begun = Instant::now();
        let rows: Vec<Attempt> = fix.incidents.iter().map(|incident| self.attempt(fix, incident)).collect();
        let ids = self.store.begin_attempts(&rows).context("could not note the fix that begins")?;
        let mut receipts = Vec::new();
        for (at, step) in fix.steps.iter().enumerate() {
            let planned = PlannedEdit {
                file: &step.relative,
                expected_sha256: &step.expected,
                expected_identity: None,
                new: &step.bytes,
                fix: &fix.fix.name,
                incidents: &fix.incidents,
                step: &step.step,
                old_raw: Some(&step.old),
                new_raw: Some(&step.new),
            };
            match apply_edit(self.folder, self.writer, &planned) {
                Ok(receipt) => receipts.push(receipt),
                Err(error) if error.is_changed_meanwhile() && receipts.is_empty() => {
                    self.hold(fix, Reason::ChangedMeanwhile, &error.to_string());
                    return self.store.forget_attempts(&ids).context("could not forget what was not begun");
                }
                Err(error) => {
                    let text = self.clean(&error.to_string());
                    self.account(fix, at, StepResult::Failed, Verdict::Undone, None, &text);
                    return self.fail(fix, &ids, &receipts, &text);
                }
            }
        }
        match run_checks(&fix.fix, self.workspace, begun) {
            Ok(()) => self.settle(fix, &ids, &receipts),
            Err(failure) => {
                self.interrupted |= failure.interrupted;
                let text = self.failed_check(&failure);
                self.fail(fix, &ids, &receipts, &text)
            }
        }
    }

    fn settle(&mut self, fix: &PlannedFix, ids: &[i64], receipts: &[Receipt]) -> Result<()> {
        let checks = match fix.fix.verify.len() {
            0 => "it has no checks".to_owned(),
            1 => "its check passes".to_owned(),
            several => format!("its {several} checks pass"),
        };
        for (at, step) in fix.steps.iter().enumerate() {
            let place = format!("{}:{}", step.relative.display(), step.line);
            let change = format!("{place}: {} -> {}; {checks}", or_nothing(&step.old), step.new);
            let text = self.clean(&change);
            self.account(fix, at, StepResult::Done, Verdict::OnProbation, receipts.get(at), &text);
        }
        self.store.settle_attempts(ids, clock::now()).context("could not remember that the fix stands")
    }

    /// All of the fix is taken back, the last change first.
    fn fail(&mut self, fix: &PlannedFix, ids: &[i64], receipts: &[Receipt], why: &str) -> Result<()> {
        let indices = self.folder.standing(&fix.fix.name);
        let run = self.folder.id().clone();
        let put_back: PutBack<'_> = &own_value_back;
        let results = take_back(self.folder, self.writer, &run, &indices, Some(put_back))?;
        for (at, receipt) in receipts.iter().enumerate() {
            let result = results.iter().find(|result| result.change.index == receipt.index);
            let back = result.is_some_and(|result| result.result.succeeded());
            let detail = match result.map(|result| &result.result) {
                _ if back => why.to_owned(),
                Some(TakenBack::ChangedSince(cause) | TakenBack::BackupLost(cause) | TakenBack::Failed(cause)) => {
                    format!("{why}; and it could not be taken back: {}. {}", self.clean(cause), by_hand(receipt))
                }
                _ => format!("{why}; and it could not be taken back. {}", by_hand(receipt)),
            };
            let step = if back { StepResult::Undone } else { StepResult::UndoFailed };
            self.stop |= !back;
            self.account(fix, at, step, Verdict::Undone, Some(receipt), &detail);
        }
        let verdicts: Vec<_> = ids.iter().map(|id| (*id, Verdict::Undone, why.to_owned())).collect();
        self.store.judge_attempts(&verdicts, clock::now()).context("could not remember that the fix failed")
    }

    fn attempt(&self, fix: &PlannedFix, incident: &str) -> Attempt {
        Attempt {
            id: 0,
            run: self.folder.id().to_string(),
            incident: incident.to_owned(),
            fix: fix.fix.name.clone(),
            target: fix.target.clone(),
            applied_at: clock::now(),
            settled_at: None,
            wrote: fix.wrote.clone(),
            verdict: Verdict::UnderWay,
            failed: false,
            judged_at: None,
            detail: String::new(),
        }
    }

    fn hold(&mut self, fix: &PlannedFix, reason: Reason, text: &str) {
        let text = self.clean(text);
        for incident in &fix.incidents {
            self.held_back.extend(HeldBack::new(&fix.fix.name, incident, vec![(reason, text.clone())]));
        }
    }

    fn account(
        &mut self,
        fix: &PlannedFix,
        step: usize,
        result: StepResult,
        verdict: Verdict,
        receipt: Option<&Receipt>,
        detail: &str,
    ) {
        let Some(planned) = fix.steps.get(step) else { return };
        self.outcomes.push(Outcome {
            fix: fix.fix.name.clone(),
            incident: fix.incidents.first().cloned().unwrap_or_default(),
            kind: planned.step.kind(),
            target: planned.relative.display().to_string(),
            result,
            verdict,
            backup: receipt.map(|_| self.folder.folder().display().to_string()),
            detail: detail.to_owned(),
            now: true,
        });
    }

    fn failed_check(&mut self, failure: &CheckFailure) -> String {
        let text = self.clean(&format!("the check `{}` {}", failure.check, failure.reason));
        if failure.interrupted {
            self.notices.push(Notice::new(Stage::Apply, "heal", "interrupted; the fix under way is taken back"));
        }
        text
    }

    fn relative(&self, target: &Path) -> String {
        let real = self.workspace.canonicalize().unwrap_or_else(|_| self.workspace.to_path_buf());
        target.strip_prefix(&real).unwrap_or(target).display().to_string()
    }

    fn clean(&self, text: &str) -> String {
        self.sanitizer.clean(text.as_bytes(), 2048)
    }
}

fn or_nothing(old: &str) -> &str {
    if old.is_empty() { "(nothing)" } else { old }
}

/// The exact command for a person.
fn by_hand(receipt: &Receipt) -> String {
    let words =
        ["cp", "--", &receipt.backup.display().to_string(), &receipt.target.display().to_string()].map(str::to_owned);
    format!("By hand: {}", crate::verify::shown(&words))
}
