//! SIGINT and SIGTERM as a flag that loops look at, and that wakes whoever waits.
//!
//! SIGPIPE stays ignored, as Rust sets it: printing to a closed pipe is an error value for the printer.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};

/// Without descriptors to sleep on the flag is looked at so often.
const GLANCE: Duration = Duration::from_millis(20);
/// One sleep; a longer time is slept in pieces.
const LONGEST: Duration = Duration::from_secs(3600);

/// Whether someone asked heal to stop; it never becomes false again.
#[derive(Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    /// What is written to the second end is never read, so that it wakes everyone; `None`: no descriptors were left.
    bell: Option<(UnixStream, UnixStream)>,
}

impl Interrupt {
    /// Nobody asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self { asked: Arc::default(), bell: UnixStream::pair().ok() }
    }

    /// Asks heal to stop.
    pub fn ask(&self) {
        use io::Write as _;
        self.asked.store(true, Ordering::Relaxed);
        if let Some((_, rope)) = &self.bell {
            // One byte fits.
            let _ = (&*rope).write_all(&[1]);
        }
    }

    /// Whether someone asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Waits; `true` when someone asked heal to stop meanwhile.
    #[must_use]
    pub fn pause(&self, time: Duration) -> bool {
        let end = Instant::now().checked_add(time);
        while !self.is_asked() {
            let left = end.map_or(LONGEST, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            self.sleep(None, left);
        }
        true
    }

    /// Sleeps until `other` can be read, someone asks heal to stop, or the time is over; it may wake early.
    pub fn wait_for(&self, other: BorrowedFd<'_>, time: Duration) {
        if !self.is_asked() {
            self.sleep(Some(other), time);
        }
    }

    fn sleep(&self, other: Option<BorrowedFd<'_>>, time: Duration) {
        let bell = self.bell.as_ref().map(|(bell, _)| bell.as_fd());
        let time = if bell.is_some() { time.min(LONGEST) } else { time.min(GLANCE) };
        let mut descriptors: Vec<PollFd> =
            bell.into_iter().chain(other).map(|one| PollFd::from_borrowed_fd(one, PollFlags::IN)).collect();
        let slept = Timespec::try_from(time).is_ok_and(|time| match poll(&mut descriptors, Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => true,
            Err(_) => false,
        });
        if !slept {
            std::thread::sleep(time.min(GLANCE));
        }
    }
}

/// That of this process.
pub fn interrupt() -> &'static Interrupt {
    static INTERRUPT: OnceLock<Interrupt> = OnceLock::new();
    INTERRUPT.get_or_init(Interrupt::new)
}

/// From now on SIGINT and SIGTERM ask heal to stop instead of killing it.
///
/// # Errors
/// When the system refuses to install a handler.
pub fn install() -> io::Result<()> {
    static INSTALL: Once = Once::new();
    let mut outcome = Ok(());
    INSTALL.call_once(|| outcome = [SIGINT, SIGTERM].into_iter().try_for_each(|signal| listen(signal, interrupt())));
    outcome
}

/// The flag first: who is woken looks at it.
fn listen(signal: i32, interrupt: &Interrupt) -> io::Result<()> {
    signal_hook::flag::register(signal, Arc::clone(&interrupt.asked))?;
    if let Some((_, rope)) = &interrupt.bell {
        signal_hook::low_level::pipe::register(signal, rope.try_clone()?)?;
    }
    Ok(())
}

/// Waits; `true` when someone asked heal to stop meanwhile.
#[must_use]
pub fn sleep(length: Duration) -> bool {
    interrupt().pause(length)
}

/// Whether someone asked heal to stop.
#[must_use]
pub fn interrupted() -> bool {
    interrupt().is_asked()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn woken(interrupt: &Interrupt, wait: impl FnOnce()) -> Duration {
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(50));
                interrupt.ask();
                Instant::now()
            });
            wait();
            asking.join().unwrap().elapsed()
        })
    }

    #[test]
    fn whoever_waits_is_woken_and_none_waits_after_it() {
        let (other, _kept) = UnixStream::pair().unwrap();
        for interrupt in [Interrupt::new(), Interrupt { asked: Arc::default(), bell: None }] {
            let late = woken(&interrupt, || assert!(interrupt.pause(LONG)));
            assert!(late < LONG / 10, "{late:?}");
            let begun = Instant::now();
            assert!(interrupt.pause(LONG));
            interrupt.wait_for(other.as_fd(), LONG);
            assert!(begun.elapsed() < LONG / 10);
        }
        let interrupt = Interrupt::new();
        let late = woken(&interrupt, || interrupt.wait_for(other.as_fd(), LONG));
        assert!(late < LONG / 10 && interrupt.is_asked(), "{late:?}");
    }

    #[test]
    fn a_wait_that_nobody_disturbs_lasts() {
        let interrupt = Interrupt::new();
        let begun = Instant::now();
        assert!(!interrupt.pause(Duration::from_millis(60)));
        assert!(begun.elapsed() >= Duration::from_millis(60));
        let (other, mut writing) = UnixStream::pair().unwrap();
        io::Write::write_all(&mut writing, b"x").unwrap();
        interrupt.wait_for(other.as_fd(), LONG);
        assert!(begun.elapsed() < LONG / 10, "the other descriptor wakes it");
    }
}
