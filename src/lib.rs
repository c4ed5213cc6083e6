//! heal reads recent logs, groups what went wrong, and repairs what the operator approved in advance.
//!
//! # One run, from top to bottom
//!
//! Data flows one way through the rooms of this house, and a room uses only rooms above it (`tests/tidy.rs` holds
//! the table).
//!
//! [`config`] finds the file, reads it strictly, and lets flags and the environment have their say: a `Config` has no
//! open questions. [`catalogue`] reads the tables of patterns (what errors look like) and fixes (what to do about
//! them) and checks them against each other; both are YAML, so a new one is no Rust. [`store`] is what earlier runs
//! left: how far each log was read, which incidents are open, which fixes were tried.
//!
//! [`sources`] finds the logs and reads what is new in them, block by block. [`scan`] runs over each block once, with
//! all patterns in one matcher, and gives an event for each record that a pattern knows or whose level says that
//! something is wrong. [`group`] makes incidents of events, and joins them with the ones that are remembered.
//! [`analyse`] asks a local model for its opinion: it stands apart in the report, and nothing below looks at it.
//!
//! [`plan`] decides, for each incident, which fix may and can be done, and makes the exact new bytes: a `Plan` is a
//! value, with a diff for each step and a reason for each fix that is held back. [`apply`] carries steps out: a proven
//! backup first, then an atomic exchange, then a line in the run's manifest, so that every change can be undone and a
//! run that is killed leaves each file old or new. [`verify`] runs a fix's checks right after it, and judges in later
//! runs whether the error stayed away while its log was still being written.
//!
//! [`report`] tells it all as text, as JSON and as an exit code. [`commands`] is the conductor: it alone sees every
//! room, and decides nothing else. It alone makes a [`sys::disk::Writer`], the right to change things: a dry run has
//! none to hand out.
//!
//! # Where does a line belong?
//!
//! A flag: [`cli`]. What an error looks like: `patterns/*.yaml`. What to do about it: `fixes/*.yaml`. A new kind of
//! file to edit: one file in [`plan::edit`]. Whether we dare: `plan/judgement.rs` and `plan/allowed.rs`. Words on the
//! screen: [`report::text`]. A JSON field: [`report::v1`]. An exit number: [`exit`]. Bytes, processes, locks, now:
//! [`sys`]. The model's socket: `analyse/ollama`. What must not be seen by anybody: [`sanitize`].
//!
//! What stops a run is an error with its context; trouble with one item is a [`notice`] or a line of `coverage`, and
//! reaches the report. Nothing panics on input.

pub mod analyse;
pub mod apply;
pub mod catalogue;
pub mod cli;
pub mod commands;
pub mod config;
pub mod exit;
pub mod group;
pub mod notice;
pub mod plan;
pub mod report;
pub mod sanitize;
pub mod scan;
pub mod sources;
pub mod store;
pub mod sys;
pub mod verify;
pub mod words;
