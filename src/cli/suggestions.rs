//! What `heal suggestions` takes.

use clap::{Args, Subcommand};

/// What to do with what the model suggested.
#[derive(Debug, Subcommand)]
pub enum SuggestionsAction {
    /// List them, those that wait first
    List,
    /// Show one: where it came from, its diff, its hash, and how to accept it
    Show {
        /// Its id, or how it begins
        id: String,
    },
    /// Make it a fix of yours, of risk `unsafe`; asks at the terminal, elsewhere it needs --yes HASH
    Accept(AcceptArgs),
    /// Never suggest it again
    Reject {
        /// Its id, or how it begins
        id: String,
    },
}

/// Which suggestion to accept.
#[derive(Args, Debug)]
pub struct AcceptArgs {
    /// Its id, or how it begins
    pub id: String,
    /// The hash of what was reviewed, as `heal suggestions show` tells it; asks nothing then
    #[arg(long, value_name = "HASH")]
    pub yes: Option<String>,
}
