//! Answers that a person types at the terminal.

use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::signal;

/// The longest line that is an answer.
const MAX_LINE: usize = 4096;
/// How often a signal is looked for.
const TICK: Duration = Duration::from_millis(100);

/// What came from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A line, without its end.
    Line(String),
    /// The end of all input: Ctrl-D, or the terminal is gone.
    End,
    /// Ctrl-C, or heal was asked to stop.
    Interrupted,
}

/// Lines from standard input, one after the other.
#[derive(Debug, Default)]
pub struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// None was read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for the next line. Signals count only once [`signal::install`] was called.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub fn next_line(&mut self) -> io::Result<Typed> {
        loop {
            if signal::interrupted() {
                return Ok(Typed::Interrupted);
            }
            if let Some(end) = memchr::memchr(b'\n', &self.rest) {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Ok(Typed::Line(String::from_utf8_lossy(&line).trim().to_owned()));
            }
            if self.rest.len() > MAX_LINE {
                self.rest.clear();
                return Ok(Typed::Line(String::new()));
            }
            if !self.read_more()? {
                return Ok(Typed::End);
            }
        }
    }

    /// `false` at the end of input.
    fn read_more(&mut self) -> io::Result<bool> {
        let stdin = io::stdin();
        let input = stdin.as_fd();
        let mut wait = [PollFd::new(&input, PollFlags::IN)];
        let tick = Timespec::try_from(TICK).map_err(io::Error::other)?;
        match poll(&mut wait, Some(&tick)) {
            Ok(0) | Err(Errno::INTR) => return Ok(true),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut buffer = [0; 512];
        match rustix::io::read(input, &mut buffer) {
            // A terminal that is gone gives EIO.
            Ok(0) | Err(Errno::IO) => Ok(false),
            Ok(length) => {
                self.rest.extend_from_slice(buffer.get(..length).unwrap_or_default());
                Ok(true)
            }
            Err(Errno::INTR | Errno::AGAIN) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}
