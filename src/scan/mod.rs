//! Matches records against the table of patterns: records in, events out.

mod candidates;
mod event;
mod grams;
mod hints;
mod journal;
mod judge;
mod lines;
mod literals;
mod long;
mod pass;
mod scanner;

pub use event::Event;
pub use scanner::Scanner;
