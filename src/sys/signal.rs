//! SIGINT and SIGTERM as a flag that loops look at.
//!
//! SIGPIPE stays ignored, as Rust sets it: printing to a closed pipe is an error value for the printer.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

/// The flag; true once someone asked heal to stop.
pub fn flag() -> &'static Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(Arc::default)
}

/// From now on SIGINT and SIGTERM set the flag instead of killing.
///
/// # Errors
/// When the system refuses to install a handler.
pub fn install() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(flag()))?;
    }
    Ok(())
}

/// Waits; `true` when someone asked heal to stop meanwhile.
#[must_use]
pub fn sleep(length: Duration) -> bool {
    const TICK: Duration = Duration::from_millis(200);
    let end = Instant::now().checked_add(length);
    while !interrupted() {
        let left = end.map_or(TICK, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(left.min(TICK));
    }
    true
}

/// Whether someone asked heal to stop.
#[must_use]
pub fn interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}
