//! A run's manifest of any bytes: refused, or one whose every path lies where it may.
#![no_main]
mod common;

use std::path::Path;

use heal::sys::clock::RunId;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let id = "20251204T143022Z-7f3a";
    let state = common::folder();
    std::fs::create_dir_all(state.join("backups").join(id)).expect("the folder can be made");
    common::file(&format!("backups/{id}/manifest.json"), data);
    let run = RunId::parse(id).expect("this is one");
    let Ok(manifest) = heal::apply::load(&state, &run) else { return };
    assert_eq!(manifest.run, run);
    for change in &manifest.changes {
        let _ = (change.step(), change.key());
        if let Some(file) = &change.file {
            assert!(Path::new(&change.target).starts_with(&manifest.workspace), "{}", change.target);
            assert!(!file.backup.contains('/') && !file.temporary.contains('/') && file.backup != "..");
        }
    }
    let _ = heal::apply::list(&state);
});
