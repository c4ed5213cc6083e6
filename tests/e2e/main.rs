//! The real `heal`, run as its users run it: workspaces in temporary folders, text, JSON, files and exit codes.
#![expect(clippy::disallowed_methods, reason = "tests build the world that heal is shown")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a test that skips says why")]

mod actions;
mod apply;
mod asking;
mod clock;
mod commands;
mod configuration;
mod conflicts;
mod diagnosis;
mod doctor;
mod dry_run;
mod edit;
mod edits;
mod exits;
mod faults;
mod formats;
mod hardware;
mod held_back;
mod histories;
mod in_place;
mod judgement;
mod later_runs;
mod logrotate;
mod logs;
mod memory;
mod model;
mod plans;
mod reading;
mod review;
mod secrets;
mod suggestions;
mod undo;
mod unknown;
mod workspace;

#[path = "../support/ollama.rs"]
mod ollama;
