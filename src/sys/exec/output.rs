//! The end of what a program writes, read without ever waiting on who holds the pipe.

use std::collections::VecDeque;
use std::io::{self, PipeReader, Read as _};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::Pipes;

/// More than any pipe holds: what a program wrote before its end is within it.
pub(super) const DRAIN: usize = 4 * 1024 * 1024;

pub(super) struct Output {
    pipe: PipeReader,
    kept: VecDeque<u8>,
    limit: usize,
    truncated: bool,
    open: bool,
}

impl Pipes for Output {
    fn wait(&mut self, ended: Option<&OwnedFd>, most: Duration) {
        let timeout = Timespec::try_from(most).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
        let mut descriptors = Vec::with_capacity(2);
        descriptors.extend(self.descriptor());
        if let Some(ended) = ended {
            descriptors.push(PollFd::new(ended, PollFlags::IN));
        }
        // A signal cuts the sleep short, as it should.
        let _ = poll(&mut descriptors, Some(&timeout));
        drop(descriptors);
        self.read();
    }

    fn drain(&mut self) {
        let mut left = DRAIN;
        while left > 0 {
            match self.read() {
                0 => return,
                count => left = left.saturating_sub(count),
            }
        }
    }
}

impl Output {
    pub(super) fn new(pipe: PipeReader, limit: usize) -> io::Result<Self> {
        fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
        Ok(Self { pipe, kept: VecDeque::new(), limit, truncated: false, open: true })
    }

    /// What to poll for more; `None` once it is closed.
    pub(super) fn descriptor(&self) -> Option<PollFd<'_>> {
        self.open.then(|| PollFd::new(&self.pipe, PollFlags::IN))
    }

    pub(super) fn take(&mut self) -> (Vec<u8>, bool) {
        (std::mem::take(&mut self.kept).into(), self.truncated)
    }

    pub(super) fn read(&mut self) -> usize {
        if !self.open {
            return 0;
        }
        let mut buffer = [0_u8; 16 * 1024];
        loop {
            match self.pipe.read(&mut buffer) {
                Ok(0) => self.open = false,
                Ok(count) => {
                    self.keep(buffer.get(..count).unwrap_or_default());
                    return count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => self.open = false,
            }
            return 0;
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.kept.extend(bytes);
        let over = self.kept.len().saturating_sub(self.limit);
        if over > 0 {
            self.kept.drain(..over);
            self.truncated = true;
        }
    }
}
