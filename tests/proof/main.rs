//! The proof on a large scale: real files, edited at every value, each result read by a parser that is not heal's.
//!
//! `tests/proof/run` gets the files and runs this. An edit is exact (the other parser reads what was there with the one
//! value changed, and no other byte differs) or refused with its place; anything else is wrong, and fails.
#![expect(clippy::disallowed_methods, reason = "the proof is told by the environment where its files are")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the figures are for a person")]

mod change;
mod dialects;
mod entries;
mod figures;
mod kinds;
mod libfyaml;
mod readers;
mod values;
mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use dialects::DIALECTS;
use figures::Figures;
use kinds::{KINDS, YAML_BY_LIBFYAML};

/// Files that are larger are left out: the proof takes the square of their size.
const MAX_BYTES: u64 = 12 * 1024;
/// The same for what is read by its lines.
const MAX_BYTES_OF_LINES: u64 = 80 * 1024;
/// Files of one kind that one package adds, so that no package is most of the proof.
const MAX_PER_PACKAGE: usize = 30;
/// The official test suite of TOML, in its package.
const TOML_TEST_SUITE: &str =
    "golang-github-burntsushi-toml-dev/usr/share/gocode/src/github.com/BurntSushi/toml/internal/toml-test/tests/valid";

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
    let (by_libyaml, others): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|(_, text)| (yaml.read)(text).is_some());
    let mut figures = all(&by_libyaml, |(name, text), figures| values::every(yaml, name, text, figures));
    figures.tell("YAML test suite");
    if libfyaml::is_there() {
        let rest = all(&others, |(name, text), figures| values::every(&YAML_BY_LIBFYAML, name, text, figures));
        rest.tell("what libyaml does not read of it, by libfyaml");
        figures.add(rest);
    } else {
        println!("skipped: {} documents that libyaml does not read, as libfyaml is not there", others.len());
    }
    assert!(figures.values > 600 && figures.exact > 800, "too few: {figures:?}");
    figures.must_hold();
}

#[test]
#[ignore = "tests/proof/run runs it"]
fn the_toml_test_suite() {
    let suite = std::env::var_os("HEAL_PROOF_FILES").map(|files| Path::new(&files).join(TOML_TEST_SUITE));
    let Some(suite) = suite.filter(|suite| suite.is_dir()) else {
        println!("skipped: the TOML test suite is not there");
        return;
    };
    let toml = KINDS.iter().find(|kind| kind.name == "TOML").unwrap();
    let files = files(&suite, MAX_BYTES, &|path, _| (toml.fits)(path));
    let figures = all(&files, |(name, text), figures| values::every(toml, name, text, figures));
    figures.tell("TOML test suite");
    assert!(figures.exact > 200, "too few: {figures:?}");
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
        let files = files(&folder, MAX_BYTES, &|path, _| (kind.fits)(path));
        let figures = all(&files, |(name, text), figures| values::every(kind, name, text, figures));
        figures.tell(&format!("{} files of Debian", kind.name));
        total.add(figures);
    }
    for written in DIALECTS {
        if !readers::is_there(written.program) {
            println!("skipped: {} files, as there is no {}", written.dialect.as_str(), written.program);
            continue;
        }
        let files = files(&folder, MAX_BYTES_OF_LINES, &written.fits);
        if files.is_empty() {
            println!("skipped: no package has {} files", written.dialect.as_str());
            continue;
        }
        let figures = all(&files, |(name, text), figures| entries::every(written, name, text, figures));
        figures.tell(&format!("{} files of Debian", written.dialect.as_str()));
        total.add(figures);
    }
    let any = |path: &Path, _: &str| kinds::has_ending(path, kinds::CONFIGURATION);
    let figures = all(&files(&folder, MAX_BYTES, &any), |(name, text), figures| words::every(name, text, figures));
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
fn files(folder: &Path, max_bytes: u64, fits: &dyn Fn(&Path, &str) -> bool) -> Vec<(String, String)> {
    let mut seen = std::collections::HashSet::new();
    let mut per_package = std::collections::HashMap::<PathBuf, usize>::new();
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok) {
        let path = entry.path();
        let small = entry.metadata().is_ok_and(|metadata| metadata.len() <= max_bytes);
        if !entry.file_type().is_file() || !small {
            continue;
        }
        let relative = path.strip_prefix(folder).unwrap();
        let installed: PathBuf = relative.iter().skip(1).collect();
        let Some(text) = std::fs::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        let package = per_package.entry(relative.iter().take(1).collect()).or_default();
        if *package < MAX_PER_PACKAGE && fits(&installed, &text) && seen.insert(text.clone()) {
            *package += 1;
            files.push((relative.display().to_string(), text));
        }
    }
    files
}
