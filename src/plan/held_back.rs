//! What is not done, with the reason as a fixed code and as a sentence.

use super::edit::Code;

/// The fixed codes; a judgement's come in the order in which the first No is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Given up.
    Attempts,
    /// The last event is too old.
    Age,
    /// Too few events.
    Threshold,
    /// The pattern's mode.
    Mode,
    /// The fix's risk.
    Risk,
    /// The operator's `policy.auto`.
    Policy,
    /// The target is not on the list, or never is.
    NotAllowed,
    /// A service that nobody may touch.
    Protected,
    /// Only root can do it.
    NeedsRoot,
    /// Nobody vouches for the events.
    Untrusted,
    /// What the log line says is not what the type asks for.
    BadCapture,
    /// Its condition does not hold.
    When,
    /// A fix waits for its verdict.
    OnProbation,
    /// Too soon after the last attempt.
    Cooldown,
    /// Enough for this run or day.
    Budget,
    /// `heal pause`, or `/etc/heal/disabled`.
    Paused,
    /// The disk is too full for a backup.
    Resources,
    /// The step cannot be done safely.
    RefusedEdit(Code),
    /// A `verify_only` that does not hold, or a service that is not there.
    CheckFailed,
    /// Two fixes want different things of one value.
    Conflict,
    /// The target changed between planning and applying.
    ChangedMeanwhile,
    /// The target was edited since heal changed it.
    ChangedSince,
    /// Another hand put the old value back.
    RevertedByOther,
    /// Nothing to change.
    AlreadyOptimal,
}

impl Reason {
    /// The code in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Age => "age",
            Self::Threshold => "threshold",
            Self::Mode => "mode",
            Self::Risk => "risk",
            Self::Policy => "policy",
            Self::NotAllowed => "not_allowed",
            Self::Protected => "protected",
            Self::NeedsRoot => "needs_root",
            Self::Untrusted => "untrusted",
            Self::BadCapture => "bad_capture",
            Self::When => "when",
            Self::OnProbation => "on_probation",
            Self::Cooldown => "cooldown",
            Self::Budget => "budget",
            Self::Paused => "paused",
            Self::Resources => "resources",
            Self::RefusedEdit(_) => "refused_edit",
            Self::CheckFailed => "check_failed",
            Self::Conflict => "conflict",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::ChangedSince => "changed_since",
            Self::RevertedByOther => "reverted_by_other",
            Self::AlreadyOptimal => "already_optimal",
        }
    }

    /// Of a refusal its own code.
    #[must_use]
    pub const fn code(self) -> Option<Code> {
        match self {
            Self::RefusedEdit(code) => Some(code),
            _ => None,
        }
    }

    /// Whether the next fix of the ladder has its turn; otherwise this one keeps its place.
    #[must_use]
    pub const fn passes_on(self) -> bool {
        matches!(
            self,
            Self::Attempts
                | Self::NotAllowed
                | Self::Protected
                | Self::NeedsRoot
                | Self::Untrusted
                | Self::BadCapture
                | Self::When
                | Self::RefusedEdit(_)
                | Self::CheckFailed
                | Self::RevertedByOther
                | Self::AlreadyOptimal
        )
    }
}

/// A fix that is not applied to an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The fix's name.
    pub fix: String,
    /// The incident's id.
    pub incident: String,
    /// The first No.
    pub reason: Reason,
    /// All Noes, as sentences.
    pub detail: String,
    /// Whether the next fix of the ladder has its turn.
    pub passes_on: bool,
    /// What would let it through as things are: `--unsafe`, `heal review`; empty: neither.
    pub freed_by: Vec<&'static str>,
}

impl HeldBack {
    /// A fix held back for one or more reasons; `None` without any.
    #[must_use]
    pub fn new(fix: &str, incident: &str, mut noes: Vec<(Reason, String)>) -> Option<Self> {
        noes.sort();
        noes.dedup();
        let reason = noes.first()?.0;
        // What waits for its verdict keeps its place whatever else there is.
        let waits = noes.iter().any(|(reason, _)| *reason == Reason::OnProbation);
        let passes_on = !waits && noes.iter().any(|(reason, _)| reason.passes_on());
        let detail = noes.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("; ");
        let (fix, incident) = (fix.to_owned(), incident.to_owned());
        Some(Self { fix, incident, reason, detail, passes_on, freed_by: Vec::new() })
    }
}
