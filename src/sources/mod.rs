//! Where lines come from: finds log files and reads what is new in them.

mod coverage;
mod cursor;
mod discover;
pub mod header;
mod json;
pub mod level;
pub mod record;
mod source;
pub mod stamp;

pub use coverage::{Coverage, State};
pub use discover::{Discovery, Request, discover, whole_files};
pub use source::Source;
