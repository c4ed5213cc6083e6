//! Whether a file writes the day or the month first, where one line alone cannot tell.

use std::io;

use super::text::Text;

/// So much of a file's beginning and end is looked at.
const REACH: usize = 64 * 1024;
/// A date stands within so many bytes of its line.
const NEAR: usize = 64;

/// Looks for a date that can be read in one way only, in the beginning of what is read once, in order.
pub(super) fn of_stream(text: &mut Text) -> Option<bool> {
    day_first(&text.beginning(REACH))
}

/// Looks for a date that can be read in one way only. `None` where there is none, and where they contradict each other.
///
/// # Errors
/// As the kernel says.
pub(super) fn of_file(text: &mut Text, size: u64) -> io::Result<Option<bool>> {
    let mut block = Vec::new();
    text.read(&mut block, 0, REACH)?;
    let end = size.saturating_sub(REACH as u64);
    if end > 0 {
        block.push(b'\n');
        text.read(&mut block, end, REACH)?;
    }
    Ok(day_first(&block))
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

/// The first two numbers of the first `12/04/2025 ` or `12/04/2025,`.
fn pair(head: &[u8]) -> Option<(u32, u32)> {
    let slash = memchr::memchr(b'/', head)?;
    let before = head.get(..slash)?.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let first = head.get(slash - before..slash)?;
    let rest = head.get(slash + 1..)?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let second = rest.get(..length)?;
    let year = rest.get(length + 1..length + 6)?;
    let dated = rest.get(length) == Some(&b'/')
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
    fn one_clear_date_tells_of_all() {
        for (text, order) in [
            ("12/04/2025 14:30:22 x\n[13/04/2025 14:30:22] x\n", Some(true)),
            ("12/04/2025 14:30:22 x\n12/24/2025, 14:30:22 x\n", Some(false)),
            ("12/04/2025 14:30:22 x\n", None),
            ("13/04/2025 14:30:22 x\n12/24/2025 14:30:22 x\n", None),
            ("fetched a/13/04/2025/x\n", None),
            ("42/13/2025 x\n", None),
        ] {
            assert_eq!(day_first(text.as_bytes()), order, "{text}");
        }
    }
}
