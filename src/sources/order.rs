//! What one line alone cannot tell of a file's times: whether the day or the month comes first, and which word of its
//! lines counts the seconds.

use std::io;

use super::text::Text;

/// So much of a file's beginning and end is looked at.
const REACH: usize = 64 * 1024;
/// A date stands within so many bytes of its line.
const NEAR: usize = 64;

/// Lines that are looked at for a column of times.
const LINES: usize = 400;
/// A column of times stands within so many words of a line.
const WORDS: usize = 7;
/// Fewer lines show no column.
const FEWEST: usize = 8;

/// What all lines of a file have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// `None` where no date tells, and where they contradict each other.
    pub day_first: Option<bool>,
    /// The word, from 0, that is the time in seconds since the epoch; not the first, which tells that by itself.
    pub epoch_field: Option<usize>,
}

/// The same, in the beginning of what is read once, in order.
pub(super) fn of_stream(text: &mut Text) -> Order {
    Order::of(&text.beginning(REACH))
}

impl Order {
    fn of(block: &[u8]) -> Self {
        Self { day_first: day_first(block), epoch_field: epoch_field(block) }
    }
}

/// Looks for a date that can be read in one way only, and for a column of times.
///
/// # Errors
/// As the kernel says.
pub(super) fn of_file(text: &mut Text, size: u64) -> io::Result<Order> {
    let mut block = Vec::new();
    text.read(&mut block, 0, REACH)?;
    let end = size.saturating_sub(REACH as u64);
    if end > 0 {
        block.push(b'\n');
        text.read(&mut block, end, REACH)?;
    }
    Ok(Order::of(&block))
}

/// A column of ten digits each, in nearly every line, that hardly ever goes back.
fn epoch_field(block: &[u8]) -> Option<usize> {
    let lines: Vec<&[u8]> = block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).take(LINES).collect();
    if lines.len() < FEWEST {
        return None;
    }
    (1..WORDS).find(|field| {
        let (mut stamped, mut back, mut last) = (0, 0, 0);
        for line in &lines {
            let Some(seconds) = seconds_at(line, *field) else { continue };
            stamped += 1;
            back += usize::from(seconds < last);
            last = seconds;
        }
        stamped * 10 >= lines.len() * 9 && back * 10 <= stamped
    })
}

fn seconds_at(line: &[u8], field: usize) -> Option<u64> {
    let mut words = line.get(..line.len().min(256))?.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let word = words.nth(field).filter(|word| word.len() == 10 && word.iter().all(u8::is_ascii_digit))?;
    let seconds = word.iter().fold(0, |number, byte| number * 10 + u64::from(byte - b'0'));
    (946_684_800..4_000_000_000).contains(&seconds).then_some(seconds)
}

fn day_first(block: &[u8]) -> Option<bool> {
    let (mut day, mut month) = (false, false);
    for line in block.split(|byte| *byte == b'\n') {
        match pair(line.get(..line.len().min(NEAR)).unwrap_or_default()) {
            Some((13..=31, 1..=12)) => day = true,
            Some((1..=12, 13..=31)) => month = true,
            _ => {}
        }
    }
    (day != month).then_some(day)
}

/// The first two numbers of the first `12/04/2025 ` or `12-04-2025,`.
fn pair(head: &[u8]) -> Option<(u32, u32)> {
    parted(head, b'/').or_else(|| parted(head, b'-'))
}

fn parted(head: &[u8], separator: u8) -> Option<(u32, u32)> {
    let slash = memchr::memchr(separator, head)?;
    let before = head.get(..slash)?.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let first = head.get(slash - before..slash)?;
    let rest = head.get(slash + 1..)?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let second = rest.get(..length)?;
    let year = rest.get(length + 1..length + 6)?;
    let dated = rest.get(length) == Some(&separator)
        && year.iter().take(4).all(u8::is_ascii_digit)
        && matches!(year.get(4), Some(b' ' | b',' | b'T'));
    if !dated || before == 0 || before > 2 || length == 0 || length > 2 {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |number, byte| number * 10 + u32::from(byte - b'0'));
    Some((number(first), number(second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_seconds_is_one() {
        let rows = |line: &dyn Fn(usize) -> String| (0..20).map(line).collect::<String>();
        let clustered = rows(&|at| format!("{at} node-{at} unix.hw up {} 1 Fan speeds\n", 1_077_804_742 + at));
        assert_eq!(epoch_field(clustered.as_bytes()), Some(4));
        let ids = rows(&|at| format!("request {} took {at} ms\n", 1_000_000_000 + at * 7_919_000_017 % 900_000_000));
        assert_eq!(epoch_field(ids.as_bytes()), None);
        assert_eq!(epoch_field(b"a b 1077804742 c\n"), None);
    }

    #[test]
    fn one_clear_date_tells_of_all() {
        for (text, order) in [
            ("12/04/2025 14:30:22 x\n[13/04/2025 14:30:22] x\n", Some(true)),
            ("12/04/2025 14:30:22 x\n12/24/2025, 14:30:22 x\n", Some(false)),
            ("12-04-2025 14:30:22 x\n[13-04-2025 14:30:22] x\n", Some(true)),
            ("12/04/2025 14:30:22 x\n", None),
            ("13/04/2025 14:30:22 x\n12/24/2025 14:30:22 x\n", None),
            ("fetched a/13/04/2025/x\n", None),
            ("42/13/2025 x\n", None),
        ] {
            assert_eq!(day_first(text.as_bytes()), order, "{text}");
        }
    }
}
