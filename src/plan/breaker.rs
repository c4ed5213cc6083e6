//! Incidents whose fixes are all given up: nothing more until a person says so.

use super::{HeldBack, Reason};

/// An incident with an open breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// The incident.
    pub incident: String,
    /// The fixes that were given up.
    pub fixes: Vec<String>,
}

impl Breaker {
    /// Open when every fix of an incident's ladder is given up.
    pub(super) fn of(incident: &str, held_back: &[HeldBack], ladder: &[&str]) -> Option<Self> {
        let given_up = |fix: &&str| {
            let mut held = held_back.iter().filter(|held| held.incident == incident && held.fix == **fix).peekable();
            held.peek().is_some() && held.all(|held| held.reason == Reason::Attempts)
        };
        (!ladder.is_empty() && ladder.iter().all(given_up))
            .then(|| Self { incident: incident.to_owned(), fixes: ladder.iter().map(ToString::to_string).collect() })
    }

    /// What a person is told.
    #[must_use]
    pub fn cry(&self) -> String {
        format!(
            "needs a person: {} given up, and heal does nothing more about {} until `heal resume {}`",
            match self.fixes.as_slice() {
                [one] => format!("{one} is"),
                several => format!("{} are", several.join(", ")),
            },
            self.incident,
            self.incident
        )
    }
}
