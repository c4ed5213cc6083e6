//! The real logrotate, with configurations as Debian's packages bring them: each line counts once.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::Workspace;

const LOGROTATE: &str = "/usr/sbin/logrotate";

/// What the packages write between the braces.
const STYLES: [(&str, &str); 10] = [
    (
        "rsyslog",
        "rotate 4\nweekly\nmissingok\nnotifempty\ncompress\ndelaycompress\nsharedscripts\npostrotate\n/bin/true\nendscript",
    ),
    ("nginx", "daily\nmissingok\nrotate 14\ncompress\ndelaycompress\nnotifempty\ncreate 0640\nsharedscripts"),
    ("apt", "rotate 12\nmonthly\ncompress\nmissingok\nnotifempty"),
    ("dated", "daily\nrotate 30\nmissingok\ndateext\ndateformat -%Y%m%dCOUNT\ncompress\ndelaycompress\ncreate"),
    ("dated_at_once", "daily\nrotate 30\ndateext\ndateformat .%Y-%m-%d-COUNT\ncompress\ncreate"),
    ("copied", "daily\nrotate 7\ncopytruncate\ncompress\ndelaycompress\nmissingok"),
    ("copied_at_once", "daily\nrotate 7\ncopytruncate\ncompress\nmaxsize 1k"),
    (
        "zstd",
        "daily\nrotate 7\ncompress\ncompresscmd /usr/bin/zstd\ncompressext .zst\ncompressoptions -q --rm\nuncompresscmd /usr/bin/unzstd\ncreate",
    ),
    ("extension", "daily\nrotate 7\nextension .log\ncompress\ndelaycompress\ncreate"),
    ("olddir", "daily\nrotate 7\nolddir old\ncreateolddir 0755\ncompress\ndelaycompress\ncreate"),
];

/// `COUNT` stands for the hour and minute: rotations of a second must have names of their own.
fn rotate(workspace: &Workspace, configuration: &Path, count: u32) {
    let text = std::fs::read_to_string(configuration).unwrap();
    let configured = workspace.file("logrotate.now");
    std::fs::write(&configured, text.replace("COUNT", &format!("{count:04}"))).unwrap();
    std::fs::set_permissions(&configured, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = Command::new(LOGROTATE)
        .args(["-f", "-s"])
        .arg(workspace.file("logrotate.state"))
        .arg(configured)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn counts_each_line_once(style: &str, directives: &str) {
    let workspace = Workspace::empty();
    workspace.write("heal.yaml", "logs: [{path: 'logs/*.log'}]\nwindow: all\nai: {enabled: false}\n");
    std::fs::create_dir(workspace.file("logs")).unwrap();
    // logrotate refuses a folder that others may write.
    std::fs::set_permissions(workspace.file("logs"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let configuration = workspace.file("logrotate.conf");
    let log = workspace.file("logs/app.log");
    workspace.write("logrotate.conf", &format!("{} {{\n{directives}\n}}\n", log.display()));
    let mut rotated = 0;
    let (mut number, mut written, mut counted) = (0, Vec::new(), Vec::new());
    // How often it is written to and rotated before a run, and written to once more.
    for (rotations, more) in [(0, 3), (1, 2), (1, 0), (2, 1), (0, 0), (1, 4), (0, 2), (3, 1), (1, 0), (0, 0)] {
        let mut new = 0;
        let mut append = |lines: usize| {
            for _ in 0..lines {
                number += 1;
                new += 1;
                let line = format!("2026-01-05 10:00:00 ERROR app.db: pool exhausted, number {number}\n");
                workspace.append("logs/app.log", &line);
            }
        };
        for rotation in 0..rotations {
            append(3 + rotation);
            rotated += 1;
            rotate(&workspace, &configuration, rotated);
        }
        append(more);
        written.push(new);
        let (_, document) = workspace.json(&["--record"]);
        counted.push(document["summary"]["errors"].as_u64().unwrap());
    }
    assert_eq!(counted, written, "{style}");
}

/// Whether the real program is here; else says why not.
fn is_there() -> bool {
    let there = Path::new(LOGROTATE).exists();
    if !there {
        println!("skipped: {LOGROTATE} is not there (package logrotate)");
    }
    there
}

#[test]
fn every_style_of_logrotate_counts_each_line_once() {
    if !is_there() {
        return;
    }
    let only = std::env::var("HEAL_STYLE").ok();
    for (style, directives) in STYLES {
        if only.as_deref().is_some_and(|only| only != style) {
            continue;
        }
        if style == "zstd" && !Path::new("/usr/bin/zstd").exists() {
            println!("skipped: style zstd: /usr/bin/zstd is not there (package zstd)");
            continue;
        }
        counts_each_line_once(style, directives);
    }
}
