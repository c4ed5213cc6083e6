//! A scan of any bytes: no panic, each event stands where it says, and a second scan sees the same.
#![no_main]
mod common;

use std::ops::ControlFlow;
use std::sync::OnceLock;

use heal::catalogue::Catalogue;
use heal::sanitize::Sanitizer;
use heal::scan::Scanner;
use heal::sources::{Zone, files};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    let scanner = SCANNER.get_or_init(|| {
        let catalogue = Catalogue::builtin().expect("the built-in tables are right");
        Scanner::new(&catalogue.patterns).expect("their regexes compile").with_every_record(true)
    });
    let path = common::file("scan.log", data);
    let seen = look(scanner, &path);
    assert_eq!(seen, look(scanner, &path));
});

fn look(scanner: &Scanner, path: &std::path::PathBuf) -> Vec<(u64, u64, Option<usize>)> {
    let now = chrono::DateTime::UNIX_EPOCH.fixed_offset();
    let names = Sanitizer::new(&[]).expect("the built-in rules compile");
    let mut seen = Vec::new();
    let mut found = files(std::slice::from_ref(path), path, Zone::Host, now, (None, None), &names);
    for source in &mut found.sources {
        let sink = &mut |event: &heal::scan::Event<'_>| {
            assert!(event.line > 0, "a line is counted from 1");
            seen.push((event.line, event.offset, event.pattern));
            ControlFlow::Continue(())
        };
        scanner.scan(source, sink, &mut |_| ControlFlow::Continue(()));
    }
    seen
}
