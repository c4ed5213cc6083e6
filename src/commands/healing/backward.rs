//! What did not help in earlier runs is taken back.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::super::memory::own_value_back;
use super::{Healing, by_hand, relative};
use crate::apply::{self, ChangeRef, PutBack, TakenBack, take_back};
use crate::plan::{HeldBack, Reason, TakeBack};
use crate::report::{Outcome, StepResult};
use crate::store::Verdict;
use crate::sys::clock::{self, RunId};

impl Healing<'_> {
    pub(super) fn back(&mut self, back: &TakeBack) -> Result<()> {
        let reference = |(run, index): &(String, u32)| Some(ChangeRef { run: RunId::parse(run)?, index: *index });
        let changes: Vec<ChangeRef> = back.changes.iter().filter_map(reference).collect();
        let put_back: PutBack<'_> = &own_value_back;
        // One step of the plan for each target, however many attempts are taken back: what went wrong counts.
        let mut targets: BTreeMap<String, apply::TakeBack> = BTreeMap::new();
        for result in take_back(self.folder, self.writer, &changes, Some(put_back))? {
            let known = targets.entry(result.target.clone()).or_insert_with(|| result.clone());
            if known.result.succeeded() && result.result != TakenBack::AlreadyBack {
                *known = result;
            }
        }
        let done = |result: &TakenBack| result.succeeded() || matches!(result, TakenBack::Irreversible(_));
        let all_back = targets.values().all(|target| done(&target.result));
        for result in targets.values() {
            self.account_for_back(back, result);
        }
        if all_back {
            let verdicts: Vec<_> = back.attempts.iter().map(|id| (*id, Verdict::Undone, back.reason.clone())).collect();
            self.store.judge_attempts(&verdicts, clock::now()).context("could not remember what was taken back")?;
        }
        Ok(())
    }

    fn account_for_back(&mut self, back: &TakeBack, result: &apply::TakeBack) {
        let (step, verdict, detail) = match &result.result {
            TakenBack::ChangedSince(why) => {
                let noes = vec![(Reason::ChangedSince, self.clean(why))];
                self.account.held_back.extend(HeldBack::new(&back.fix, &back.incident, noes));
                return;
            }
            TakenBack::BackupLost(why) | TakenBack::Failed(why) => {
                self.account.stop = true;
                let text = format!("{why}{}", by_hand(result));
                (StepResult::UndoFailed, Verdict::Ineffective, self.clean(&text))
            }
            // It was never to be taken back, and the plan said so.
            TakenBack::Irreversible(_) => return,
            TakenBack::Restored | TakenBack::PutBack | TakenBack::AlreadyBack => {
                (StepResult::Done, Verdict::Undone, back.reason.clone())
            }
        };
        self.account.outcomes.push(Outcome {
            fix: back.fix.clone(),
            captures: result.fix.captures.clone(),
            incident: back.incident.clone(),
            kind: "take_back",
            target: relative(self.workspace, &result.target),
            result: step,
            verdict,
            backup: Some(self.folder.folder().display().to_string()),
            detail,
            now: true,
        });
    }
}
