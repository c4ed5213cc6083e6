//! The only doors to the world.

pub mod clock;
pub mod disk;
pub mod environment;
pub mod exec;
pub mod lock;
pub mod logfile;
pub mod machine;
pub mod net;
mod random;
pub mod service;
pub mod signal;
pub mod syslog;
pub mod terminal;
