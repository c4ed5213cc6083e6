//! The house rules that no compiler knows: who may use whom, how long a file may be, what a file opens with.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from top to bottom: data flows down, and a room uses only rooms above it.
const ROOMS: [&str; 19] = [
    "exit",
    "notice",
    "words",
    "sys",
    "sanitize",
    "config",
    "catalogue",
    "store",
    "sources",
    "scan",
    "group",
    "analyse",
    "plan",
    "apply",
    "verify",
    "report",
    "cli",
    "commands",
    "main",
];
/// Lines of a file, tests aside.
const MAX_LINES: usize = 400;

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|ending| ending == "rs") {
            let relative = entry.path().strip_prefix(&root).unwrap().to_path_buf();
            files.push((relative, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    assert!(files.len() > 50, "the sources are not where this test looks");
    files
}

fn room_of(file: &Path) -> String {
    let first = file.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that a line names after `crate::`.
fn rooms_used(line: &str) -> Vec<&str> {
    let ends = |c: char| !(c.is_alphanumeric() || c == '_');
    line.match_indices("crate::")
        .map(|(at, word)| &line[at + word.len()..])
        .map(|rest| rest.split(ends).next().unwrap_or_default())
        .filter(|name| ROOMS.contains(name))
        .collect()
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let room = room_of(&file);
        if room == "lib" {
            continue;
        }
        let Some(own) = place(&room) else {
            faults.push(format!("{}: `{room}` is no room of the house", file.display()));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for used in rooms_used(line) {
                if place(used).is_none_or(|used| used > own) {
                    faults.push(format!("{}:{}: {room} may not use {used}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_conductor_makes_a_writer() {
    let may = |room: &str| room == "commands" || room == "sys";
    let faults: Vec<String> = sources()
        .into_iter()
        .filter(|(file, text)| {
            let code = without_tests(file, text);
            !may(&room_of(file)) && code.contains("Writer::new()")
        })
        .map(|(file, _)| file.display().to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let lines = without_tests(&file, &text).lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{}: {lines} lines, more than {MAX_LINES}", file.display()));
        }
        if !text.starts_with("//! ") {
            faults.push(format!("{}: does not open with a `//!` line", file.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A file without its tests, which come last; nothing of a file of tests.
fn without_tests<'a>(file: &Path, text: &'a str) -> &'a str {
    let name = file.file_stem().unwrap().to_str().unwrap();
    if name == "tests" || name.ends_with("_tests") || file.components().any(|part| part.as_os_str() == "tests") {
        return "";
    }
    text.split("#[cfg(test)]\nmod ").next().unwrap()
}
