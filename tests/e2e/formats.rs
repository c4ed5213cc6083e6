//! Golden files: what heal reads of lines and traces as real programs print them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::workspace::Workspace;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/formats")
}

/// Every record of a file of this text that was last written on 2026-11-24 at noon.
fn scan(workspace: &Workspace, text: &str) -> Vec<Value> {
    workspace.write("x.log", text);
    let file = std::fs::File::options().append(true).open(workspace.file("x.log")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_521_600)).unwrap();
    let mut command = workspace.command(&["scan", "--all", "x.log"]);
    let ran = crate::workspace::ran(command.env("TZ", "UTC"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_format_gives_its_time_and_level() {
    let workspace = Workspace::empty();
    let table = std::fs::read_to_string(folder().join("lines.txt")).unwrap();
    let mut count = 0;
    let mut wrong = Vec::new();
    for row in table.lines().filter(|row| !row.starts_with('#')) {
        let [time, level, line] = row.splitn(3, '\t').collect::<Vec<_>>().try_into().unwrap();
        let found = scan(&workspace, &format!("{line}\n"));
        let time = (time != "-").then(|| time.parse::<DateTime<FixedOffset>>().unwrap());
        let read = found[0]["time"].as_str().map(|text| text.parse::<DateTime<FixedOffset>>().unwrap());
        let same = found.len() == 1 && read == time && found[0]["level"].as_str() == (level != "-").then_some(level);
        if !same {
            wrong.push(format!("{row}\n  {found:?}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 60, "{count}");
}

#[test]
fn every_trace_is_one_record() {
    let workspace = Workspace::empty();
    let mut files: Vec<_> =
        std::fs::read_dir(folder().join("traces")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 12);
    for file in files {
        let trace = std::fs::read_to_string(&file).unwrap();
        let text = format!("2026-11-23 10:15:29 INFO before\n{trace}2026-11-23 10:15:31 INFO after\n");
        let found = scan(&workspace, &text);
        let events: Vec<_> = found.iter().filter(|one| one["level"] == "error" || one["level"] == "critical").collect();
        assert_eq!(events.len(), 1, "{} {found:?}", file.display());
        // Node begins with the place and its source, which say nothing of a failure; a Python trace without a line of
        // its own goes on with the line before.
        let own = u64::from(!trace.contains("Traceback") || trace.contains(" ERROR "));
        let before = if file.ends_with("node.txt") { 4 } else { 0 };
        assert_eq!(events[0]["line"], 1 + own + before, "{} {found:?}", file.display());
        let after = found.last().unwrap();
        assert_eq!(after["line"], 2 + trace.lines().count(), "{} {found:?}", file.display());
        let others = if before > 0 { 3 } else { 1 + own };
        assert_eq!(found.len() as u64, 1 + others, "{} {found:?}", file.display());
    }
}

#[test]
fn one_clear_date_tells_whether_the_day_comes_first() {
    let workspace = Workspace::empty();
    for (second, time) in [("13/11/2026", "2026-11-04T10:15:30Z"), ("11/13/2026", "2026-04-11T10:15:30Z")] {
        let found = scan(&workspace, &format!("04/11/2026 10:15:30 ERROR a\n{second} 10:15:30 ERROR b\n"));
        let time: DateTime<FixedOffset> = time.parse().unwrap();
        assert_eq!(found[0]["time"].as_str().unwrap().parse::<DateTime<FixedOffset>>().unwrap(), time, "{second}");
    }
    let found = scan(&workspace, "04/11/2026 10:15:30 ERROR a\n");
    assert!(found[0]["time"].is_null(), "{found:?}");
}

#[test]
fn a_record_without_a_time_of_its_own_shows_none() {
    let workspace = Workspace::empty();
    let found = scan(&workspace, "2026-11-23 10:15:30 ERROR a\n[   12.345678] ERROR: device not ready\n");
    assert!(found[0]["time"].is_string() && found[1]["time"].is_null(), "{found:?}");
}

#[test]
fn line_ends_and_encodings_change_nothing() {
    let workspace = Workspace::empty();
    let lines = ["2026-11-23 10:15:30,123 ERROR a: it broke", "Traceback (most recent call last):", "ValueError: x"];
    let utf16: Vec<u8> =
        std::iter::once(0xfeff_u16).chain(lines.join("\r\n").encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let texts = [
        lines.join("\n").into_bytes(),
        lines.join("\r\n").into_bytes(),
        format!("\u{feff}{}\n", lines.join("\n")).into_bytes(),
        [lines.join("\n").as_bytes(), b" \xff\0\n"].concat(),
        utf16,
    ];
    for text in texts {
        std::fs::write(workspace.file("x.log"), &text).unwrap();
        let ran = crate::workspace::ran(workspace.command(&["scan", "--all", "x.log"]).env("TZ", "UTC"));
        let found: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0]["level"], "error", "{found:?}");
        assert_eq!(found[0]["time"], "2026-11-23T10:15:30.123+00:00", "{found:?}");
    }
}
