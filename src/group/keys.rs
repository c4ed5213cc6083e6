//! Private keys whose lines are records of their own: which of them are part of one, by those before them.

use super::Event;
use crate::sanitize::KeyLines;

/// Follows the events of one source after another.
#[derive(Debug, Default)]
pub struct Keys {
    lines: KeyLines,
    source: String,
    /// The number of the line after the last event.
    next: u64,
    record: Vec<u8>,
    message: Vec<u8>,
}

impl Keys {
    /// The event, without the part of a key that its message is.
    pub fn hide<'a>(&'a mut self, event: &Event<'a>) -> Event<'a> {
        self.follow(event);
        let (message, below) = first_line(event.message);
        let part = self.lines.see(message);
        // The rest of the record is known by itself, and may tell of the next.
        let (line, rest) = first_line(event.record);
        for line in rest.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            self.lines.see(line);
        }
        let Some(key) = part.and_then(|part| message.get(part)) else { return *event };
        replace(&mut self.record, line, key, rest);
        replace(&mut self.message, message, key, below);
        Event { record: &self.record, message: &self.message, ..*event }
    }

    /// One tells of the next only where no line is left out.
    fn follow(&mut self, event: &Event<'_>) {
        let of_another = self.source != event.source;
        if of_another || event.line != self.next {
            self.lines = KeyLines::default();
        }
        if of_another {
            event.source.clone_into(&mut self.source);
        }
        // Not every source has numbers.
        let lines = memchr::memchr_iter(b'\n', event.record).count() as u64 + 1;
        self.next = if event.line == 0 { 0 } else { event.line.saturating_add(lines) };
    }
}

/// The first line, and what follows it, with the line end.
fn first_line(record: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = record.split_at(memchr::memchr(b'\n', record).unwrap_or(record.len()));
    match line.strip_suffix(b"\r") {
        Some(line) => record.split_at(line.len()),
        None => (line, rest),
    }
}

/// The line with a mark in the place of the key, and what follows it.
fn replace(text: &mut Vec<u8>, line: &[u8], key: &[u8], rest: &[u8]) {
    let at = memchr::memmem::rfind(line, key).unwrap_or(line.len());
    let parts = [
        line.get(..at).unwrap_or_default(),
        KeyLines::MARK.as_bytes(),
        line.get(at + key.len()..).unwrap_or_default(),
        rest,
    ];
    text.clear();
    for part in parts {
        text.extend_from_slice(part);
    }
}
