//! Waiting that ends when someone interrupts heal.

use std::time::{Duration, Instant};

use crate::sys::signal;

/// How often a wait looks up.
const SLICE: Duration = Duration::from_millis(50);
/// From one question to the next.
const AGAIN: Duration = Duration::from_millis(250);

/// Why something does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It came out wrong; a sentence's end.
    Because(String),
    /// Someone interrupted heal.
    Interrupted,
}

impl Stop {
    pub(super) fn because(reason: &str) -> Self {
        Self::Because(reason.to_owned())
    }
}

/// Waits this long.
pub(super) fn pause(time: Duration) -> Result<(), Stop> {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if signal::interrupted() {
            return Err(Stop::Interrupted);
        }
        std::thread::sleep(SLICE.min(time.saturating_sub(begun.elapsed())));
    }
    Ok(())
}

/// Asks again and again, with the time that is left, until the answer is yes or the time is over; then the last
/// answer counts.
pub(super) fn until(limit: Duration, mut ask: impl FnMut(Duration) -> Result<(), String>) -> Result<(), Stop> {
    let begun = Instant::now();
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        let Err(why) = ask(left.max(SLICE)) else { return Ok(()) };
        if begun.elapsed() + AGAIN >= limit {
            return Err(Stop::Because(why));
        }
        pause(AGAIN)?;
    }
}
