//! The pass against the plainest implementation there is, and files that grow, shrink and are replaced.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, FixedOffset};
use proptest::prelude::*;

use super::Scanner;
use crate::catalogue::{Catalogue, Pattern};
use crate::config::{Log, Reach};
use crate::sources::{Request, discover, record, whole_files};
use crate::store::Position;
use crate::words::Level;

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    line: u64,
    offset: u64,
    pattern: Option<usize>,
    also: Vec<usize>,
    level: Option<Level>,
}

fn builtin() -> Vec<Pattern> {
    Catalogue::builtin().unwrap().patterns
}

fn scan_bytes(scanner: &Scanner, bytes: &[u8]) -> Vec<Seen> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    let mut seen = Vec::new();
    for mut source in whole_files(&[path], folder.path(), DateTime::default()).sources {
        scanner.scan(
            &mut source,
            &mut |event| {
                seen.push(Seen {
                    line: event.line,
                    offset: event.offset,
                    pattern: event.pattern,
                    also: event.also.to_vec(),
                    level: event.level,
                });
            },
            &mut |_| ControlFlow::Continue(()),
        );
    }
    seen
}

/// Every line split, joined to records, and tried with one regex after the other.
fn plainly(patterns: &[Pattern], bytes: &[u8]) -> Vec<(u64, u64, Option<usize>)> {
    let regexes: Vec<_> =
        patterns.iter().map(|pattern| regex::bytes::Regex::new(&format!("(?i){}", pattern.regex)).unwrap()).collect();
    let mut records: Vec<(u64, u64, Vec<&[u8]>)> = Vec::new();
    let mut offset = 0;
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        match records.last_mut() {
            Some((_, _, lines)) if record::continues(lines.last().unwrap(), text) => lines.push(text),
            _ => records.push((number, offset, vec![text])),
        }
        offset += line.len() as u64;
    }
    let first = |lines: &[&[u8]]| regexes.iter().position(|regex| lines.iter().any(|line| regex.is_match(line)));
    records.into_iter().filter_map(|(line, offset, lines)| Some((line, offset, Some(first(&lines)?)))).collect()
}

/// Without levels in the way: what a pattern sees, it sees.
fn any_level() -> Vec<Pattern> {
    builtin().into_iter().map(|pattern| Pattern { min_level: None, ..pattern }).collect()
}

#[test]
fn a_setting_is_no_error_and_a_crash_below_a_harmless_line_is_one() {
    let scanner = Scanner::new(&builtin()).unwrap();
    assert!(scan_bytes(&scanner, b"2025-12-04 14:30:22 INFO timeout set to 30\n").is_empty());
    let crash = b"2025-12-04 14:30:22 INFO job started\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: no\n2025-12-04 14:30:23 INFO ok\n";
    let seen = scan_bytes(&scanner, crash);
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].line, seen[0].level), (1, Some(Level::Error)));
}

#[test]
fn a_record_counts_once_for_the_first_row_that_sees_it() {
    let scanner = Scanner::new(&builtin()).unwrap();
    let names = builtin();
    let seen = scan_bytes(&scanner, b"2025-12-04 14:30:22 ERROR s: FFmpeg timeout: no data received for 5s\n");
    assert_eq!(names[seen[0].pattern.unwrap()].name, "ffmpeg_timeout");
    assert_eq!(names[seen[0].also[0]].name, "timeout_general");
}

#[test]
fn long_lines_are_one_event_wherever_the_match_stands() {
    let scanner = Scanner::new(&builtin()).unwrap();
    for at in [10, 1_500_000, 2_999_000] {
        let mut line = vec![b'x'; 3_000_000];
        line.splice(at..at + 18, *b"connection refused");
        let text = [
            &b"2025-12-04 14:30:22 ERROR a: first\n2025-12-04 14:30:23 ERROR "[..],
            &line,
            b"\n2025-12-04 14:30:24 ERROR b: last\n",
        ]
        .concat();
        let seen = scan_bytes(&scanner, &text);
        assert_eq!(seen.iter().map(|one| one.line).collect::<Vec<_>>(), [1, 2, 3], "{at}");
        assert!(seen[1].pattern.is_some());
        assert_eq!(usize::try_from(seen[2].offset).unwrap(), text.len() - 34);
    }
}

#[test]
fn what_does_not_compile_is_named() {
    let mut patterns = builtin();
    patterns[3].regex = "(".to_owned();
    let error = format!("{:#}", Scanner::new(&patterns).unwrap_err());
    assert!(error.contains(&patterns[3].name), "{error}");
    patterns[3].regex = r"(?:\w{1000}){1000}".to_owned();
    assert!(Scanner::new(&patterns).is_err());
}

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("Connection refused"),
        Just("FFmpeg timeout"),
        Just("no data received"),
        Just("timed out"),
        Just("HTTP/1.1\" 503 12"),
        Just("401 Unauthorized"),
        Just("stream URL x not found"),
        Just("FileNotFoundError:"),
        Just("ERROR"),
        Just("INFO"),
        Just("ok"),
        Just("\u{e9}\0"),
    ];
    let start = prop_oneof![Just("2025-12-04 14:30:22 "), Just(""), Just("  at "), Just("Caused by: "), Just("}")];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n")];
    (start, proptest::collection::vec(word, 0..4), end)
        .prop_map(|(start, words, end)| format!("{start}{}{end}", words.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_pass_sees_what_the_plainest_way_sees(lines in proptest::collection::vec(line(), 0..60)) {
        let patterns = any_level();
        let text = lines.concat();
        let seen = scan_bytes(&Scanner::new(&patterns).unwrap(), text.as_bytes());
        let known: Vec<_> = seen.iter().filter(|one| one.pattern.is_some()).map(|one| (one.line, one.offset, one.pattern)).collect();
        prop_assert_eq!(known, plainly(&patterns, text.as_bytes()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        scan_bytes(&Scanner::new(&builtin()).unwrap(), &bytes);
    }

    #[test]
    fn appending_loses_and_doubles_nothing(pieces in proptest::collection::vec((0_usize..40, any::<bool>()), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let scanner = Scanner::new(&builtin()).unwrap();
        let mut positions: Vec<Position> = Vec::new();
        let (mut found, mut written) = (Vec::new(), 0_u64);
        for (lines, half) in pieces {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&path).unwrap();
            for _ in 0..lines {
                written += 1;
                writeln!(file, "2025-12-04 14:30:22 ERROR a: connection refused {written}").unwrap();
            }
            if half {
                written += 1;
                write!(file, "2025-12-04 14:30:22 ERROR a: connection ").unwrap();
                found.extend(read_new(&scanner, folder.path(), &mut positions));
                writeln!(file, "refused {written}").unwrap();
            }
            found.extend(read_new(&scanner, folder.path(), &mut positions));
        }
        prop_assert_eq!(found, (1..=written).collect::<Vec<_>>());
    }
}

/// The line numbers of what is new since the positions, which move on.
fn read_new(scanner: &Scanner, folder: &Path, positions: &mut Vec<Position>) -> Vec<u64> {
    let glob = folder.join("*.log").to_string_lossy().into_owned();
    let logs = [Log { name: "all".to_owned(), glob, exclude: Vec::new(), required: false }];
    let now: DateTime<FixedOffset> = "2026-01-01T00:00:00Z".parse().unwrap();
    let found = discover(&Request {
        logs: &logs,
        workspace: folder,
        state_dir: &folder.join(".heal"),
        positions,
        window: Reach::All,
        now,
        known_entries: &[],
    });
    let mut lines = Vec::new();
    let mut moved = Vec::new();
    for mut source in found.sources {
        scanner.scan(&mut source, &mut |event| lines.push(event.line), &mut |_| ControlFlow::Continue(()));
        moved.extend(source.finish().1);
    }
    if !moved.is_empty() {
        *positions = moved;
    }
    lines
}

#[test]
fn what_shrank_or_was_replaced_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let scanner = Scanner::new(&builtin()).unwrap();
    let mut positions = Vec::new();
    let write = |text: &str| std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    let error = |n: u32| format!("2025-12-04 14:30:22 ERROR a: connection refused {n}\n");
    write(&(error(1) + &error(2) + &error(3)));
    assert_eq!(read_new(&scanner, folder.path(), &mut positions), [1, 2, 3]);
    // Truncated in place, then written past the old end: only the hashes tell.
    write(&(error(7) + &error(8) + &error(9) + &error(10)));
    assert_eq!(read_new(&scanner, folder.path(), &mut positions), [1, 2, 3, 4]);
    write(&error(11));
    assert_eq!(read_new(&scanner, folder.path(), &mut positions), [1]);
    assert!(read_new(&scanner, folder.path(), &mut positions).is_empty());
}
