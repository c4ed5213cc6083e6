//! Counts by time as bars of text.

use std::io::{self, Write};

/// Widest bar, in columns.
const WIDTH: u64 = 40;

/// One bar for each time, the longest as wide as there is room.
pub(super) fn bars(rows: &[(String, u64)], out: &mut dyn Write) -> io::Result<()> {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    for (time, count) in rows {
        // In 128 bits no product of two counts is too large.
        let width = u128::from(*count) * u128::from(WIDTH.min(most)) / u128::from(most);
        let width = usize::try_from(width).unwrap_or_default().max(usize::from(*count > 0));
        writeln!(out, "  {time:<16} {count:>8}  {}", "#".repeat(width))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_has_room_and_the_least_is_seen() {
        let mut out = Vec::new();
        let row = |time: &str, count| (time.to_owned(), count);
        bars(&[row("2026-01-01", u64::MAX), row("2026-01-02", 1), row("2026-01-03", 0)], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let bars: Vec<usize> = text.lines().map(|line| line.matches('#').count()).collect();
        assert_eq!(bars, [40, 1, 0]);
    }
}
