//! What one record says: its level and the patterns that see one of its lines.

use std::ops::Range;

use chrono::{DateTime, FixedOffset};

use super::lines::without_end;
use super::scanner::{Matches, Scanner};
use crate::sources::{Clock, Header, db2_field, header, is_exception, is_util_logging, opens_failure, tells_failure};
use crate::words::Level;

/// The judgement on one record.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) time: Option<DateTime<FixedOffset>>,
    pub(super) level: Option<Level>,
    /// Of the record: what its first line says behind the header, or the next one where that is no more than a header.
    pub(super) message: Range<usize>,
    /// The patterns, in table order.
    pub(super) patterns: Vec<usize>,
}

impl Judgement {
    /// A pattern knows it, or it says of itself that it is trouble.
    pub(super) fn is_event(&self) -> bool {
        !self.patterns.is_empty() || self.level >= Some(Level::Warning)
    }
}

/// What is known of a record before it is judged.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// That of its first line.
    pub(super) header: Option<Header>,
    /// The patterns that match are in the set.
    pub(super) patterns: bool,
}

/// Whether the line may make its record an event by its level.
pub(super) fn tells_trouble(line: &[u8], header: &Header) -> bool {
    header.level >= Some(Level::Warning)
        || opens(line, &header.message)
        // Words decide only where no level does; an exception may end the record of another line.
        || if header.level.is_none() { tells(line, header) } else { is_exception(line) }
}

fn tells(line: &[u8], header: &Header) -> bool {
    let stamped = header.time.is_some();
    is_exception(line) || line.get(header.message.clone()).is_some_and(|message| tells_failure(message, stamped))
}

fn opens(line: &[u8], message: &Range<usize>) -> bool {
    opens_failure(line) || line.get(message.clone()).is_some_and(opens_failure)
}

/// Judges a record; `told` is the level that it was sent with, for one that names none; `set` is scratch, or holds what
/// is known.
pub(super) fn judge(
    scanner: &Scanner,
    record: &[u8],
    clock: &Clock,
    told: Option<Level>,
    known: Known,
    set: &mut Matches,
) -> Judgement {
    let search = !known.patterns;
    if search {
        set.clear();
    }
    let mut lines = record.split_inclusive(|byte| *byte == b'\n').map(without_end);
    let first = lines.next().unwrap_or_default();
    let head = known.header.unwrap_or_else(|| header(first, clock));
    let mut message = head.message.clone();
    let mut says_nothing = first.get(message.clone()).unwrap_or_default().trim_ascii().is_empty();
    let mut level = head.level;
    let mut failed = level.is_none() && opens(first, &head.message);
    // Words decide only where nothing else does.
    let silent = level.is_none() && told.is_none();
    let mut told_by_words = silent && tells(first, &head);
    let mut crashed = false;
    if search {
        scanner.add_matches(first, 0..first.len(), set);
    }
    for (index, line) in lines.enumerate() {
        if search {
            scanner.add_matches(line, 0..line.len(), set);
        }
        // A crash below a harmless line is no harmless record.
        let stamped = matches!(line.first(), Some(b'0'..=b'9' | b'{'));
        crashed |= opens_failure(line) || (stamped && opens(line, &header(line, clock).message));
        let logging = index == 0 && level.is_none() && !failed && is_util_logging(line);
        if logging || (says_nothing && !line.trim_ascii().is_empty()) {
            let (said, ended) = said_by(line, clock);
            message = said.map_or(message, |said| below(record, said));
            says_nothing = !ended;
            told_by_words |= silent && tells(line, &header(line, clock));
        }
        if level.is_none() && !failed {
            if logging {
                level = header(line, clock).level;
            } else {
                failed = opens(line, &header(line, clock).message);
                told_by_words |= silent && is_exception(line);
            }
        }
    }
    if (failed || told_by_words) && level.is_none() {
        level = Some(Level::Error);
    }
    level = level.or(told);
    if crashed && level < Some(Level::Warning) {
        level = Some(Level::Error);
    }
    let patterns = scanner.allowed(set, level).collect();
    Judgement { time: head.time, level, message, patterns }
}

/// What a line says that stands below nothing but a header, and whether that is all there is to say.
fn said_by<'a>(line: &'a [u8], clock: &Clock) -> (Option<&'a [u8]>, bool) {
    match db2_field(line) {
        None => (line.get(header(line, clock).message), true),
        Some((b"MESSAGE", value)) => (Some(value), true),
        Some((b"FUNCTION", value)) => (Some(value), false),
        Some(_) => (None, false),
    }
}

/// Where in the record a part of it stands.
fn below(record: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr() - record.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Zone;

    fn clock() -> Clock {
        Clock { zone: Zone::Host, last_write: DateTime::UNIX_EPOCH.fixed_offset(), day_first: None, epoch_field: None }
    }

    fn level(record: &str, told: Option<Level>) -> Option<Level> {
        let scanner = Scanner::new(&[]).unwrap();
        judge(&scanner, record.as_bytes(), &clock(), told, Known::default(), &mut scanner.pattern_set()).level
    }

    fn said(record: &str) -> &str {
        let scanner = Scanner::new(&[]).unwrap();
        let judgement =
            judge(&scanner, record.as_bytes(), &clock(), None, Known::default(), &mut scanner.pattern_set());
        &record[judgement.message]
    }

    #[test]
    fn a_first_line_of_nothing_but_a_header_lets_the_next_one_speak() {
        for (record, message) in [
            ("Dec 04, 2025 2:30:22 PM org.example.Main run\nSEVERE: no answer\n\tat x", "no answer"),
            ("=ERROR REPORT==== 4-Dec-2025::14:30:22 ===\nclosing connection\n", "closing connection"),
            ("=ERROR REPORT==== 4-Dec-2025::14:30:22 ===\n\n** Generic server\r\n", "** Generic server"),
            ("2025-12-04 14:30:22 ERROR\n", ""),
            ("[2025/12/04 14:30:22.1,  0] ../../source3/smbd/server.c:1734(main)\n  smbd started.\n", "smbd started."),
            (
                "2025-12-04-14.30.22.123456+000 I12E5  LEVEL: Error\nPID     : 17\nFUNCTION: x\nMESSAGE : no path\n",
                "no path",
            ),
            ("2025-12-04 14:30:22 ERROR no answer\nINFO: x", "no answer"),
        ] {
            assert_eq!(said(record), message, "{record}");
        }
    }

    #[test]
    fn a_level_of_its_own_goes_before_the_one_it_was_sent_with() {
        assert_eq!(level("it broke", Some(Level::Error)), Some(Level::Error));
        assert_eq!(level("it broke", Some(Level::Info)), Some(Level::Info));
        assert_eq!(level("it broke", None), None);
        assert_eq!(level("ERROR it broke", Some(Level::Info)), Some(Level::Error));
        assert_eq!(level("INFO all is well", Some(Level::Error)), Some(Level::Info));
        assert_eq!(level("Traceback (most recent call last):\n  File", Some(Level::Info)), Some(Level::Error));
        assert_eq!(level("starting\npanic: boom", Some(Level::Info)), Some(Level::Error));
    }
}
