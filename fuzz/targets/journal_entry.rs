//! A line of `journalctl -o json`, of any bytes: an entry within its bounds, or none.
#![no_main]

use heal::sources::Entry;

libfuzzer_sys::fuzz_target!(|line: &[u8]| {
    let Some(entry) = Entry::of_line(line) else { return };
    assert!(entry.message.len() <= heal::sources::MOST_BYTES, "{} bytes", entry.message.len());
    assert!(!entry.source.is_empty());
});
