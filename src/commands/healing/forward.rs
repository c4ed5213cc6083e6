//! One fix: its steps, its checks, and all of it back when one of them fails.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::super::memory::own_value_back;
use super::{Healing, by_hand};
use crate::apply::{
    self, ActionChange, ApplyError, Limits, PlannedEdit, PutBack, Receipt, TakenBack, apply_action, apply_edit,
    take_back,
};
use crate::notice::{Notice, Stage};
use crate::plan::{Deed, HeldBack, PlannedFix, PlannedStep, Reason};
use crate::report::{Outcome, StepResult};
use crate::store::{Attempt, Verdict};
use crate::sys::clock;
use crate::verify::{CheckFailure, Surroundings, run_checks};

/// The longest time that a step may take which does not say.
const STEP: Duration = Duration::from_secs(30);

impl Healing<'_> {
    pub(super) fn fix(&mut self, fix: &PlannedFix) -> Result<()> {
        let (begun, began_at) = (Instant::now(), clock::now());
        let rows: Vec<Attempt> = fix.incidents.iter().map(|incident| self.attempt(fix, incident)).collect();
        let ids = self.store.begin_attempts(&rows).context("could not note the fix that begins")?;
        let kinds: Vec<&str> = fix.steps.iter().map(|step| step.step().kind()).collect();
        self.store.note_steps(&ids, &kinds).context("could not note the fix that begins")?;
        let mut receipts = Vec::new();
        for (at, step) in fix.steps.iter().enumerate() {
            match self.step(fix, step, begun) {
                Ok(receipt) => receipts.push(receipt),
                Err(error) if error.is_changed_meanwhile() && self.folder.standing(&fix.key()).is_empty() => {
                    self.hold(fix, Reason::ChangedMeanwhile, &error.to_string());
                    return self.store.forget_attempts(&ids).context("could not forget what was not begun");
                }
                Err(error) => {
                    let text = self.clean(&error.to_string());
                    self.account_for(fix, at, StepResult::Failed, Verdict::Undone, None, &text);
                    return self.fail(fix, &ids, &receipts, &text);
                }
            }
        }
        match self.check(fix, begun, began_at) {
            Ok(()) => self.settle(fix, &ids, &receipts),
            Err(failure) => {
                self.account.interrupted |= failure.interrupted;
                let text = self.failed_check(&failure);
                self.fail(fix, &ids, &receipts, &text)
            }
        }
    }

    fn step(&mut self, fix: &PlannedFix, step: &PlannedStep, begun: Instant) -> Result<Receipt, ApplyError> {
        let left = fix.fix.timeout.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(ApplyError::Action(format!("the fix had {} s, and used them up", fix.fix.timeout.as_secs())));
        }
        let limits = Limits { timeout: left.min(STEP), stop_on_interrupt: true };
        let key = fix.key();
        match step {
            PlannedStep::Edit(edit) => {
                let planned = PlannedEdit {
                    file: &edit.relative,
                    expected_sha256: &edit.expected,
                    expected_identity: None,
                    new: &edit.bytes,
                    fix: &key,
                    incidents: &fix.incidents,
                    step: &edit.step,
                    old_raw: Some(&edit.old),
                    new_raw: Some(&edit.new),
                    validate: edit.validate.as_deref().map(|argv| (argv, limits)),
                };
                apply_edit(self.folder, self.writer, &planned)
            }
            PlannedStep::Action(action) => {
                // A program says itself how long it may take.
                let own = matches!(action.deed, Deed::Run { .. });
                let limits = if own { Limits { timeout: left, ..limits } } else { limits };
                apply_action(self.folder, self.writer, action, &key, &fix.incidents, limits)
            }
        }
    }

    fn check(
        &mut self,
        fix: &PlannedFix,
        begun: Instant,
        began_at: chrono::DateTime<chrono::FixedOffset>,
    ) -> Result<(), CheckFailure> {
        let new_errors = &mut self.new_errors;
        let mut count = || new_errors(fix, began_at);
        run_checks(&fix.fix, &mut Surroundings { workspace: self.workspace, begun, new_errors: &mut count })
    }

    fn settle(&mut self, fix: &PlannedFix, ids: &[i64], receipts: &[Receipt]) -> Result<()> {
        let checks = match fix.fix.verify.len() {
            0 => "it has no checks".to_owned(),
            1 => "its check passes".to_owned(),
            several => format!("its {several} checks pass"),
        };
        for (at, step) in fix.steps.iter().enumerate() {
            let receipt = receipts.get(at);
            let change = match step {
                PlannedStep::Edit(edit) => {
                    let place = format!("{}:{}", edit.relative.display(), edit.line);
                    format!("{place}: {} -> {}", or_nothing(&edit.old), edit.new)
                }
                PlannedStep::Action(_) => receipt.map(|receipt| self.done(receipt)).unwrap_or_default(),
            };
            let text = self.clean(&format!("{change}; {checks}"));
            self.account_for(fix, at, StepResult::Done, Verdict::OnProbation, receipt, &text);
        }
        self.store.settle_attempts(ids, clock::now()).context("could not remember that the fix stands")
    }

    /// What an action found and left.
    fn done(&self, receipt: &Receipt) -> String {
        let changes = &self.folder.manifest().changes;
        let change = changes.iter().find(|change| change.index == receipt.index);
        match change.and_then(|change| change.action.as_ref()) {
            Some(ActionChange::Service { unit, before, after, .. }) => {
                let after = after.as_ref().map(crate::sys::service::ServiceState::shown).unwrap_or_default();
                format!("{unit} was {}, is {after}", before.shown())
            }
            Some(ActionChange::Permissions { before, after, .. }) => {
                format!("{} -> {}", before.shown(), after.shown())
            }
            Some(ActionChange::Command { expect_exit, .. }) => format!("ended with exit code {expect_exit}"),
            None => String::new(),
        }
    }

    /// All of the fix is taken back.
    fn fail(&mut self, fix: &PlannedFix, ids: &[i64], receipts: &[Receipt], why: &str) -> Result<()> {
        let changes = self.folder.standing(&fix.key());
        let put_back: PutBack<'_> = &own_value_back;
        let results = take_back(self.folder, self.writer, &changes, Some(put_back))?;
        for (at, receipt) in receipts.iter().enumerate() {
            let result = results.iter().find(|result| result.change.index == receipt.index);
            let (step, detail) = self.taken_back(result, why);
            self.account_for(fix, at, step, Verdict::Undone, Some(receipt), &detail);
        }
        // What the failed step itself left behind.
        let known = |result: &&apply::TakeBack| receipts.iter().any(|receipt| receipt.index == result.change.index);
        for result in results.iter().filter(|result| !known(result)) {
            let (step, detail) = self.taken_back(Some(result), why);
            if step == StepResult::UndoFailed {
                self.account_for(fix, receipts.len(), step, Verdict::Undone, None, &detail);
            }
        }
        let verdicts: Vec<_> = ids.iter().map(|id| (*id, Verdict::Undone, why.to_owned())).collect();
        self.store.judge_attempts(&verdicts, clock::now()).context("could not remember that the fix failed")
    }

    fn taken_back(&mut self, result: Option<&apply::TakeBack>, why: &str) -> (StepResult, String) {
        match result {
            Some(back) if back.result.succeeded() => (StepResult::Undone, why.to_owned()),
            Some(back) => {
                let told = format!("{why}; {}{}", back.result.why(), by_hand(back));
                if matches!(back.result, TakenBack::Irreversible(_)) {
                    return (StepResult::Failed, self.clean(&told));
                }
                self.account.stop = true;
                let told = format!("{why}; and it could not be taken back: {}{}", back.result.why(), by_hand(back));
                (StepResult::UndoFailed, self.clean(&told))
            }
            None => {
                self.account.stop = true;
                (StepResult::UndoFailed, format!("{why}; and it could not be taken back"))
            }
        }
    }

    fn attempt(&self, fix: &PlannedFix, incident: &str) -> Attempt {
        Attempt {
            id: 0,
            run: self.folder.id().to_string(),
            incident: incident.to_owned(),
            fix: fix.fix.name.clone(),
            target: fix.target.clone(),
            captures: fix.captures.clone(),
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
            self.account.held_back.extend(HeldBack::new(&fix.fix.name, incident, vec![(reason, text.clone())]));
        }
    }

    fn account_for(
        &mut self,
        fix: &PlannedFix,
        step: usize,
        result: StepResult,
        verdict: Verdict,
        receipt: Option<&Receipt>,
        detail: &str,
    ) {
        let Some(planned) = fix.steps.get(step) else { return };
        let copy = receipt.and_then(|receipt| receipt.backup.as_ref());
        self.account.outcomes.push(Outcome {
            fix: fix.fix.name.clone(),
            captures: fix.captures.clone(),
            incident: fix.incidents.first().cloned().unwrap_or_default(),
            kind: planned.step().kind(),
            target: planned.target(),
            result,
            verdict,
            backup: copy.map(|_| self.folder.folder().display().to_string()),
            detail: detail.to_owned(),
            now: true,
        });
    }

    fn failed_check(&mut self, failure: &CheckFailure) -> String {
        let text = self.clean(&format!("the check `{}` {}", failure.check, failure.reason));
        if failure.interrupted {
            self.account.notices.push(Notice::new(
                Stage::Apply,
                "heal",
                "interrupted; the fix under way is taken back",
            ));
        }
        text
    }
}

fn or_nothing(old: &str) -> &str {
    if old.is_empty() { "(nothing)" } else { old }
}
