//! The configuration: file, environment and flags become one `Config`.

mod find;
mod logs;
mod raw;
mod readers;
mod resolve;
mod settings;
pub mod strict;
pub mod units;

pub use find::{defaults, find, load};
pub use raw::some_duration;
pub use readers::Readers;
pub use resolve::{Overrides, Place, SYSTEM_FILE, clean};
pub use settings::{
    Ai, Budget, Config, Feed, Journal, Kind, Log, Policy, Program, Provider, Reach, Retention, TablePath,
};
