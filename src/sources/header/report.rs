//! The part of a header's walk that meets Erlang's reports and `PostgreSQL`'s tables.

use super::Walk;
use crate::sources::{level, stamp};
use crate::words::Level;

/// So many fields of a table stand before the level.
const FIELDS: usize = 20;

impl Walk<'_> {
    /// `=ERROR REPORT==== 4-Dec-2025::14:30:22 ===`
    pub(super) fn erlang(&mut self) -> bool {
        let rest = self.rest();
        let head = rest.get(1..rest.len().min(48)).unwrap_or_default();
        let Some(end) = memchr::memmem::find(head, b" REPORT==== ") else { return false };
        let name = head.get(..end).unwrap_or_default();
        self.level = level::word(name).or(match name {
            b"CRASH" | b"SUPERVISOR" => Some(Level::Error),
            _ => Some(Level::Info),
        });
        let text = head.get(end + 12..).unwrap_or_default();
        let mut plain = text.to_vec();
        if let Some(colons) = memchr::memmem::find(&plain, b"::") {
            plain.remove(colons);
        }
        self.time = stamp::parse(&plain, self.clock).map(|(time, _)| time);
        self.at = self.line.len();
        true
    }

    /// `,"app","db",4711,...,ERROR,42P01,"message"`: a field that is a level.
    pub(super) fn csv(&mut self) {
        let mut at = self.at;
        for _ in 0..FIELDS {
            let Some(rest) = self.line.get(at + 1..) else { return };
            let length = match rest {
                [b'"', inside @ ..] => inside.iter().take(256).position(|byte| *byte == b'"').map(|end| end + 2),
                _ => rest.iter().take(64).position(|byte| *byte == b','),
            };
            let Some((length, field)) = length.and_then(|length| Some((length, rest.get(..length)?))) else { return };
            if rest.get(length) != Some(&b',') {
                return;
            }
            at += 1 + length;
            let field = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field);
            let found = if field == b"LOG" { Some(Level::Info) } else { level::word(field) };
            if let Some(found) = found.filter(|_| field.iter().all(u8::is_ascii_uppercase)) {
                self.level = Some(found);
                self.at = at;
                // The code of the error, then the message.
                if let Some([b',', code @ ..]) = self.line.get(at..) {
                    let quotes = 2 * usize::from(code.starts_with(b"\""));
                    if let Some([b',', b'"', ..]) = code.get(5 + quotes..) {
                        self.at = at + 8 + quotes;
                    }
                }
                return;
            }
        }
    }
}
