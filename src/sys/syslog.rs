//! The system log: one line per change, so that whoever reads it sees what heal did.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use chrono::{DateTime, FixedOffset};

use super::{clock, disk::Writer};

const SOCKET: &str = "/dev/log";
/// The facility `daemon`.
const FACILITY: u8 = 3;
/// Bytes of text.
const LONGEST: usize = 1024;

/// How urgent a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Something was done.
    Notice,
    /// Something did not help.
    Warning,
    /// A person is needed.
    Error,
}

impl Priority {
    const fn severity(self) -> u8 {
        match self {
            Self::Error => 3,
            Self::Warning => 4,
            Self::Notice => 5,
        }
    }
}

/// Writes `line` to the system log, as `heal`. Nobody listens, or cannot keep up: then it is lost, and never waited
/// for. Only the holder of a [`Writer`] tells: what was done.
pub fn tell(_writer: &Writer, priority: Priority, line: &str) {
    // The log is a courtesy: no change fails because of it.
    let _ = send(Path::new(SOCKET), &datagram(clock::now(), std::process::id(), priority, line));
}

fn send(socket: &Path, datagram: &str) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    sender.send_to(datagram.as_bytes(), socket).map(|_| ())
}

fn datagram(at: DateTime<FixedOffset>, pid: u32, priority: Priority, line: &str) -> String {
    let number = (FACILITY << 3) | priority.severity();
    let mut text = String::new();
    for c in line.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if text.len() + c.len_utf8() > LONGEST {
            break;
        }
        text.push(c);
    }
    format!("<{number}>{} heal[{pid}]: {text}", at.format("%b %e %H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2025-12-04T09:05:01+01:00").unwrap()
    }

    #[test]
    fn a_line_is_as_syslog_wants_it() {
        let line = datagram(at(), 42, Priority::Notice, "fix `a`:\nforged\u{1b}[31m\0");
        assert_eq!(line, "<29>Dec  4 09:05:01 heal[42]: fix `a`: forged [31m ");
        assert!(datagram(at(), 42, Priority::Error, "").starts_with("<27>"));
        assert!(datagram(at(), 42, Priority::Warning, "").starts_with("<28>"));
        let long = datagram(at(), 42, Priority::Notice, &"€".repeat(1000));
        assert!(long.ends_with(&format!(": {}", "€".repeat(341))));
    }

    #[test]
    fn whoever_listens_gets_it() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("log");
        assert!(send(&socket, "nobody").is_err());
        let receiver = UnixDatagram::bind(&socket).unwrap();
        send(&socket, "one").unwrap();
        let mut buffer = [0; 16];
        assert_eq!(receiver.recv(&mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..3], b"one");
        // One that does not read: at some point it is full, and that is an error, not a wait.
        assert!((0..100_000).any(|_| send(&socket, "more").is_err()));
    }
}
