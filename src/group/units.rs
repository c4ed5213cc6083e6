//! The units that stand behind numbers.

/// Behind a number, a unit is part of the value; so is `KB/s`.
pub(super) fn is_unit(word: &[u8]) -> bool {
    let rate = memchr::memchr(b'/', word).and_then(|at| word.split_at_checked(at));
    rate.map_or_else(|| is_plain(word), |(unit, per)| is_plain(unit) && matches!(per, b"/s" | b"/sec"))
}

fn is_plain(word: &[u8]) -> bool {
    /// Longer than any unit.
    const LONGEST: usize = 12;
    let mut lower = [0_u8; LONGEST];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"b" | b"kb"
            | b"mb"
            | b"gb"
            | b"tb"
            | b"kib"
            | b"mib"
            | b"gib"
            | b"byte"
            | b"bytes"
            | b"ns"
            | b"us"
            | b"ms"
            | b"msec"
            | b"msecs"
            | b"s"
            | b"sec"
            | b"secs"
            | b"second"
            | b"seconds"
            | b"min"
            | b"mins"
            | b"minute"
            | b"minutes"
            | b"h"
            | b"hr"
            | b"hrs"
            | b"hour"
            | b"hours"
            | b"d"
            | b"day"
            | b"days"
            | b"week"
            | b"weeks"
            | b"percent"
            | b"milliseconds"
            | b"microseconds"
            | b"am"
            | b"pm"
            | b"utc"
            | b"gmt"
            | b"cet"
            | b"cest"
            | b"est"
            | b"pst"
            | b"pdt"
            | b"edt"
            | b"hz"
            | b"khz"
            | b"mhz"
            | b"ghz"
            | b"kbit"
            | b"mbit"
            | b"pages"
    ) && !lower.is_empty()
}
