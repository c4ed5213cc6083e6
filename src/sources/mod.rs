//! Where lines come from: finds log files and reads what is new in them.

mod application;
mod clock;
mod command;
mod coverage;
mod discover;
mod failure;
mod family;
mod generation;
mod glob;
mod gzip;
mod header;
mod journal;
pub mod level;
mod lineage;
mod members;
mod order;
mod record;
mod rhythm;
mod source;
mod stamp;
mod structured;
mod text;
mod token;
mod window;

pub use application::{Application, LongApplication, application};
pub use clock::{Clock, Zone};
pub use command::CommandSource;
pub use coverage::{Coverage, State};
pub use discover::{Discovery, Request, discover, files};
pub use failure::{is_exception, opens_failure, tells_failure};
pub use header::{Header, header, lettered};
pub use journal::{Entry, Journal, Origin};
pub use record::{Before, MOST_BYTES, MOST_LINES, continues, is_util_logging};
pub use source::{Mark, Source, Start};
pub use stamp::leading as leading_time;
