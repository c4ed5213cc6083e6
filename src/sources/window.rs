//! Where the window of a first run begins in a large file: found by probing, where the file is in order.

use std::io;

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::clock::Clock;
use super::header::header;
use super::text::Text;

/// A smaller file is read from its start.
const SMALL: u64 = 4 * 1024 * 1024;
/// A place is known to so many bytes.
const NEAR: u64 = 256 * 1024;
/// A stamped line is looked for in so many bytes after a place.
const REACH: usize = 64 * 1024;
/// The half line at the end of a file is looked for in so many bytes.
const LONGEST_LINE: usize = 1024 * 1024;
/// Clocks are set back, also for winter.
const SLACK: TimeDelta = TimeDelta::hours(2);
/// Fewer places tell nothing of the order.
const FEWEST: usize = 3;

/// Where the first line may stand that is stamped at or after `cut`: after a newline, or at the start.
///
/// # Errors
/// As the kernel says.
pub(super) fn begin(text: &mut Text, size: u64, cut: DateTime<FixedOffset>, clock: &Clock) -> io::Result<u64> {
    let Some(cut) = cut.checked_sub_signed(SLACK).filter(|_| size >= SMALL) else { return Ok(0) };
    let mut probes: Vec<(u64, DateTime<FixedOffset>)> = Vec::new();
    for place in [0, size / 3, size / 3 * 2, size.saturating_sub(REACH as u64)] {
        probes.extend(probe(text, place, clock)?);
    }
    let (mut low, mut high) = (0, size);
    // The first line after `found` may be of the window; the one at it is not.
    let mut found = 0;
    while high - low > NEAR {
        let middle = low + (high - low) / 2;
        match probe(text, middle, clock)? {
            Some((at, time)) => {
                probes.push((at, time));
                if time < cut {
                    (low, found) = (middle, at);
                } else {
                    high = middle;
                }
            }
            None => high = middle,
        }
    }
    probes.sort_unstable_by_key(|(at, _)| *at);
    probes.dedup();
    let mut latest = None;
    let in_order = probes.iter().all(|(_, time)| {
        let fine = latest.is_none_or(|latest: DateTime<FixedOffset>| latest - *time <= SLACK);
        latest = latest.max(Some(*time));
        fine
    });
    Ok(if in_order && probes.len() >= FEWEST { found } else { 0 })
}

/// After the last newline.
///
/// # Errors
/// As the kernel says.
pub(super) fn end(text: &mut Text, size: u64) -> io::Result<u64> {
    let mut block = Vec::new();
    let from = size.saturating_sub(LONGEST_LINE as u64);
    let wanted = usize::try_from(size - from).unwrap_or(LONGEST_LINE);
    while block.len() < wanted {
        let left = wanted - block.len();
        if text.read(&mut block, from + (wanted - left) as u64, left)? == 0 {
            break;
        }
    }
    Ok(memchr::memrchr(b'\n', &block).map_or(0, |newline| from + newline as u64 + 1))
}

/// The first stamped line that begins at or after `place`.
fn probe(text: &mut Text, place: u64, clock: &Clock) -> io::Result<Option<(u64, DateTime<FixedOffset>)>> {
    let mut block = Vec::new();
    // One byte before tells whether a line begins at the place itself.
    let from = place.saturating_sub(1);
    text.read(&mut block, from, REACH)?;
    let mut start = if place == 0 { 0 } else { next_line(&block, 0) };
    while let Some(end) = memchr::memchr(b'\n', block.get(start..).unwrap_or_default()) {
        let line = block.get(start..start + end).unwrap_or_default();
        if let Some(time) = header(line, clock).time {
            return Ok(Some((from + start as u64, time)));
        }
        start += end + 1;
    }
    Ok(None)
}

fn next_line(block: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', block.get(from..).unwrap_or_default()).map_or(block.len(), |newline| from + newline + 1)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write the files that are read")]
mod tests {
    use super::*;
    use crate::sources::Zone;
    use crate::sys::logfile::LogFile;

    fn begin_in(lines: impl Iterator<Item = String>, cut: &str) -> (u64, String) {
        let text: String = lines.collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let (log, stat) = LogFile::open(file.path()).unwrap();
        let mut plain = Text::of_file(log, stat.size).unwrap().unwrap();
        let clock =
            Clock { zone: Zone::Host, last_write: crate::sys::clock::now(), day_first: None, epoch_field: None };
        (begin(&mut plain, stat.size, cut.parse().unwrap(), &clock).unwrap(), text)
    }

    fn stamped(minute: u32) -> String {
        let start: DateTime<FixedOffset> = "2025-12-04T00:00:00Z".parse().unwrap();
        let time = start + TimeDelta::minutes(i64::from(minute));
        format!("{} INFO worker did what it was told to do, and nothing else\n", time.to_rfc3339())
    }

    #[test]
    fn a_file_in_order_is_entered_near_the_cut() {
        let cut = "2026-01-10T00:00:00Z";
        let (at, text) = begin_in((0..100_000).map(stamped), cut);
        let at = usize::try_from(at).unwrap();
        assert!(at > 0 && text.as_bytes()[at - 1] == b'\n');
        let first = text.find("2026-01-10T00:00").unwrap();
        assert!(at <= first && first - at < 300_000, "{at} {first}");
        assert_eq!(begin_in((0..100_000).map(stamped), "2025-12-03T00:00:00Z").0, 0);
    }

    #[test]
    fn a_file_out_of_order_or_without_stamps_is_read_whole() {
        let cut = "2026-01-10T00:00:00Z";
        assert_eq!(begin_in((0..100_000).rev().map(stamped), cut).0, 0);
        assert_eq!(begin_in((0..200_000).map(|number| format!("no stamp in line {number}\n")), cut).0, 0);
        assert_eq!(begin_in((0..1000).map(stamped), cut).0, 0, "a small one");
    }

    #[test]
    fn the_end_is_after_the_last_newline() {
        for (text, at) in [("", 0), ("a", 0), ("a\n", 2), ("a\nb", 2), ("a\n\n", 3)] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let (log, stat) = LogFile::open(file.path()).unwrap();
            let mut plain = Text::of_file(log, stat.size).unwrap().unwrap();
            assert_eq!(end(&mut plain, stat.size).unwrap(), at, "{text:?}");
        }
    }
}
