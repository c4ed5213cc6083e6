//! The header of any line: no panic, and the message lies in the line.
#![no_main]

use heal::sources::{Clock, Zone, header};

libfuzzer_sys::fuzz_target!(|line: &[u8]| {
    let last_write = chrono::DateTime::UNIX_EPOCH.fixed_offset() + chrono::TimeDelta::days(20_000);
    let clock = Clock { zone: Zone::Host, last_write, day_first: None, epoch_field: None };
    let found = header(line, &clock);
    assert!(found.message.start <= found.message.end && found.message.end <= line.len(), "{found:?}");
    assert_eq!(found, header(line, &clock), "the same line says the same");
});
