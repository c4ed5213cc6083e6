//! The only doors to the world.

pub mod clock;
pub mod disk;
pub mod environment;
pub mod exec;
pub mod lock;
pub mod logfile;
mod random;
pub mod signal;
