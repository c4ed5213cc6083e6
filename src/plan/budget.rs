//! How many fixes a run and a day may see.

use chrono::TimeDelta;

use super::{No, Reason, Situation};
use crate::catalogue::Bindings;

/// What is left of the budget while a plan grows.
pub(super) struct Left {
    run: u32,
    day: u32,
    per_run: u32,
    per_day: u32,
}

impl Left {
    /// What is left before this run.
    pub fn of(situation: &Situation<'_>) -> Self {
        let yesterday = situation.now.checked_sub_signed(TimeDelta::days(1));
        let mut applied: Vec<(&str, &str, &Bindings)> = situation
            .snapshot
            .attempts
            .iter()
            .filter(|attempt| yesterday.is_none_or(|since| attempt.applied_at > since))
            .map(|attempt| (attempt.run.as_str(), attempt.fix.as_str(), &attempt.captures))
            .collect();
        applied.sort_unstable();
        applied.dedup();
        let limits = situation.config.budget;
        let used = u32::try_from(applied.len()).unwrap_or(u32::MAX);
        Self {
            run: limits.per_run,
            day: limits.per_day.saturating_sub(used),
            per_run: limits.per_run,
            per_day: limits.per_day,
        }
    }

    /// Whether one more fix fits.
    pub fn check(&self) -> Result<(), No> {
        if self.run == 0 {
            return Err((Reason::Budget, format!("`budget.per_run` is {}; the next run goes on", self.per_run)));
        }
        if self.day == 0 {
            return Err((Reason::Budget, format!("`budget.per_day` is {}, and used up", self.per_day)));
        }
        Ok(())
    }

    /// Takes one fix from the budget.
    pub fn spend(&mut self) {
        self.run = self.run.saturating_sub(1);
        self.day = self.day.saturating_sub(1);
    }
}
