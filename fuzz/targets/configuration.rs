//! `heal.yaml`, an application's block, a table of patterns and one of fixes, of any bytes: read, or a fault in words.
#![no_main]
mod common;

use heal::catalogue::{Origin, parse_fixes, parse_patterns};
use heal::config::{Kind, Overrides, Place, load};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let file = common::file("heal.yaml", data);
    let origin = Origin { file: file.clone(), builtin: false };
    let faults = [
        load(&Place { file: file.clone(), kind: Kind::Heal, named: false }, &Overrides::default()).err(),
        load(&Place { file, kind: Kind::Application, named: false }, &Overrides::default()).err(),
        parse_patterns(data, &origin).err(),
        parse_fixes(data, &origin).err(),
    ];
    for fault in faults.into_iter().flatten() {
        assert!(format!("{fault:#}").contains("heal.yaml"), "a fault names its file: {fault:#}");
    }
});
