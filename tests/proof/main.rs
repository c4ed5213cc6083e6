//! The proof on a large scale: real files, edited at every value, each result read by a parser that is not heal's.
//!
//! `tests/proof/run` gets the files and runs this. An edit is exact (the other parser reads what was there with the one
//! value changed, and no other byte differs) or refused with its place; anything else is wrong, and fails.
#![expect(clippy::disallowed_methods, reason = "the proof is told by the environment where its files are")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the figures are for a person")]

mod figures;
mod kinds;
mod values;
mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use figures::Figures;
use kinds::KINDS;

/// Files that are larger are left out: the proof takes the square of their size.
const MAX_BYTES: usize = 12 * 1024;
/// Files of one kind that one package adds, so that no package is most of the proof.
const MAX_PER_PACKAGE: usize = 30;

#[test]
#[ignore = "tests/proof/run runs it"]
fn the_yaml_test_suite() {
    let cases: Vec<serde_json::Value> = serde_json::from_str(include_str!("yaml-test-suite.json")).unwrap();
    let documents: Vec<(String, String)> = cases
        .iter()
        .map(|case| (case["id"].as_str().unwrap().to_owned(), case["yaml"].as_str().unwrap().to_owned()))
        .collect();
    assert!(documents.len() > 400, "the suite is not whole");
    let yaml = KINDS.iter().find(|kind| kind.name == "YAML").unwrap();
    let figures = all(&documents, |(name, text), figures| values::every(yaml, name, text, figures));
    figures.tell("YAML test suite");
    assert!(figures.values > 600 && figures.exact > 800, "too few: {figures:?}");
    figures.must_hold();
}

#[test]
#[ignore = "tests/proof/run runs it"]
fn configuration_files_of_debian() {
    let Some(folder) = std::env::var_os("HEAL_PROOF_FILES").map(PathBuf::from) else {
        println!("skipped: $HEAL_PROOF_FILES does not say where the files are");
        return;
    };
    let mut total = Figures::default();
    for kind in KINDS {
        let files = files(&folder, kind.fits);
        let figures = all(&files, |(name, text), figures| values::every(kind, name, text, figures));
        figures.tell(&format!("{} files of Debian", kind.name));
        total.add(figures);
    }
    let any: fn(&Path) -> bool = |path| kinds::has_ending(path, kinds::CONFIGURATION);
    let figures = all(&files(&folder, any), |(name, text), figures| words::every(name, text, figures));
    figures.tell("words of all of them, by regex");
    total.add(figures);
    total.must_hold();
    if total.files < 200 {
        println!("skipped in part: only {} files are there", total.files);
    }
}

/// Works through all files on two threads.
fn all<T: Sync>(files: &[T], one: impl Fn(&T, &mut Figures) + Sync) -> Figures {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut figures = Figures::default();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            one(file, &mut figures);
        }
        figures
    };
    std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        let mut sum = Figures::default();
        for worker in workers {
            sum.add(worker.join().unwrap());
        }
        sum
    })
}

/// The files below a folder that are text, not too large, and not twice the same.
fn files(folder: &Path, fits: fn(&Path) -> bool) -> Vec<(String, String)> {
    let mut seen = std::collections::HashSet::new();
    let mut per_package = std::collections::HashMap::<PathBuf, usize>::new();
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok) {
        let path = entry.path();
        if !entry.file_type().is_file() || !fits(path) {
            continue;
        }
        let relative = path.strip_prefix(folder).unwrap();
        let Some(text) = std::fs::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        let package = per_package.entry(relative.iter().take(1).collect()).or_default();
        if text.len() <= MAX_BYTES && *package < MAX_PER_PACKAGE && seen.insert(text.clone()) {
            *package += 1;
            files.push((relative.display().to_string(), text));
        }
    }
    files
}
