//! Trouble with one item, as data: it reaches the report and never stops the run.

/// The stage of the pipeline that has something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Finding and reading the configuration.
    Config,
    /// The tables of patterns and fixes.
    Catalogue,
    /// The state directory.
    Store,
    /// Finding and reading logs.
    Sources,
    /// Matching records.
    Scan,
    /// Grouping events.
    Group,
    /// Asking the model.
    Analyse,
    /// Choosing fixes.
    Plan,
    /// Changing things.
    Apply,
    /// Judging whether it helped.
    Verify,
}

impl Stage {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Catalogue => "catalogue",
            Self::Store => "store",
            Self::Sources => "sources",
            Self::Scan => "scan",
            Self::Group => "group",
            Self::Analyse => "analyse",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Verify => "verify",
        }
    }
}

/// One remark about one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where in the pipeline it arose.
    pub stage: Stage,
    /// What it is about: a file, a fix, a server.
    pub subject: String,
    /// What happened and what to do next, as a sentence.
    pub text: String,
}

impl Notice {
    /// A remark of `stage` about `subject`.
    pub fn new(stage: Stage, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { stage, subject: subject.into(), text: text.into() }
    }
}
