//! Compares `heal scan` with ripgrep on the same corpus and patterns: `cargo bench --bench scan [-- MEBIBYTES]`.
//!
//! Builds a corpus from a seed (mixed formats, about two lines in a hundred are errors) in the temporary folder,
//! measures the CPU seconds of the scan on one thread and, where `rg` is installed, of `rg -nb` with the same
//! patterns, and prints rates and the ratio. Prints the cost of one hostile line for each kind as well.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(clippy::disallowed_methods, reason = "a benchmark writes its corpus and runs ripgrep")]
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use heal::catalogue::{Origin, Pattern};
use heal::scan::Scanner;
use heal::sources::{self, Zone};
use heal::words::{Level, Mode, Severity};

const PATTERNS: [(&str, &str); 10] = [
    ("ffmpeg_timeout", r"FFmpeg timeout.*no data received"),
    ("ffmpeg_demuxing_error", r"Error during demuxing.*Input/output error"),
    ("connection_refused", r"Connection refused|ConnectionRefusedError"),
    ("http_error", r"\bHTTP(?:/\d\.\d)?\b.*\b(?:404|500|502|503)\b"),
    ("archive_org_redirect", r"302 Found.*archive\.org|Redirect response.*\b302\b"),
    ("stream_not_found", r"Could not get stream URL|stream URL.*not found"),
    ("database_error", r"DetachedInstanceError|sqlalchemy.*error"),
    ("authentication_error", r"401 Unauthorized|403 Forbidden|authentication failed"),
    ("timeout_general", r"TimeoutError|\btimeout\b|timed out"),
    ("file_not_found", r"FileNotFoundError|No such file"),
];

fn main() {
    let mebibytes = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(256);
    let path = std::env::temp_dir().join(format!("heal-bench-{mebibytes}.log"));
    write_corpus(&path, mebibytes << 20);
    let patterns: Vec<Pattern> = PATTERNS.iter().map(|(name, regex)| pattern(name, regex)).collect();

    let started = Instant::now();
    let scanner = Scanner::new(&patterns).expect("the patterns compile");
    println!("compile            {:>8.1} ms", started.elapsed().as_secs_f64() * 1e3);

    let bytes = std::fs::metadata(&path).expect("the corpus is there").len();
    scan(&scanner, &path);
    let best = (0..3).map(|_| scan(&scanner, &path)).min_by(|left, right| left.0.total_cmp(&right.0));
    let (seconds, events) = best.expect("three rounds were run");
    println!("heal               {:>8.0} MB/s  {events} events", rate(bytes, seconds));
    match ripgrep(&path) {
        Some(ripgrep) => {
            println!("rg -nb             {:>8.0} MB/s", rate(bytes, ripgrep));
            println!("ratio heal / rg    {:>8.2}  (below 1: heal needs less)", seconds / ripgrep);
        }
        None => println!("rg is not installed: no ratio"),
    }
    hostile(&scanner);
    if std::env::var_os("HEAL_BENCH_KEEP").is_none() {
        let _ = std::fs::remove_file(path);
    }
}

#[allow(clippy::cast_precision_loss, reason = "a rate to three digits")]
fn rate(bytes: u64, seconds: f64) -> f64 {
    bytes as f64 / 1e6 / seconds
}

fn pattern(name: &str, regex: &str) -> Pattern {
    Pattern {
        threshold: None,
        captures: std::collections::BTreeMap::new(),
        name: name.to_owned(),
        regex: regex.to_owned(),
        severity: Severity::High,
        category: "bench".to_owned(),
        description: String::new(),
        min_level: (name == "timeout_general").then_some(Level::Warning),
        mode: Mode::Observe,
        advice: None,
        match_examples: Vec::new(),
        no_match_examples: Vec::new(),
        origin: Origin { file: "bench".into(), builtin: true },
    }
}

/// Seconds and events of one scan.
fn scan(scanner: &Scanner, path: &Path) -> (f64, u64) {
    let (names, now) = (heal::sanitize::Sanitizer::new(&[]).expect("no rules of its own"), heal::sys::clock::now());
    let mut found = sources::files(&[path.to_owned()], Path::new("/"), Zone::Host, now, (None, None), &names);
    let mut events = 0;
    let started = cpu_seconds();
    for source in &mut found.sources {
        let mut sink = |_: &heal::scan::Event<'_>| {
            events += 1;
            ControlFlow::Continue(())
        };
        scanner.scan(source, &mut sink, &mut |_| ControlFlow::Continue(()));
    }
    (cpu_seconds() - started, events)
}

fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    #[allow(clippy::cast_precision_loss, reason = "seconds of a short process")]
    let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    seconds
}

/// CPU seconds of ripgrep, from the shell's own measure of its children.
fn ripgrep(path: &Path) -> Option<f64> {
    Command::new("rg").arg("--version").output().ok()?;
    let run = || {
        let mut command = Command::new("rg");
        command.args(["-a", "-i", "-nb", "-j1", "--no-config", "--no-mmap"]);
        for (_, regex) in PATTERNS {
            command.args(["-e", regex]);
        }
        let before = children_seconds();
        command.arg(path).stdout(std::process::Stdio::null()).status().ok()?;
        Some(children_seconds() - before)
    };
    run()?;
    (0..3).filter_map(|_| run()).min_by(f64::total_cmp)
}

/// User and system time of children that have ended.
fn children_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: f64 = fields.split(' ').skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// The slowest hostile line: a word over and over, in one line of 1 MiB.
fn hostile(scanner: &Scanner) {
    for word in ["stream ", "FFmpeg timeout ", "HTTP ", "sqlalchemy ", "error ", "Redirect response ", "302 Found "] {
        let path: PathBuf = std::env::temp_dir().join("heal-bench-hostile.log");
        std::fs::write(&path, format!("{}\n", word.repeat((1 << 20) / word.len()))).expect("writes");
        println!("1 MiB of {word:<20} {:>8.1} ms", scan(scanner, &path).0 * 1e3);
        let _ = std::fs::remove_file(path);
    }
}

/// A generator that needs no crate and gives the same corpus everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn write_corpus(path: &Path, bytes: usize) {
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() >= bytes as u64) {
        return;
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("creates the corpus"));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut written, mut line) = (0, String::new());
    while written < bytes {
        line.clear();
        corpus_line(&mut random, written, &mut line);
        written += line.len();
        file.write_all(line.as_bytes()).expect("writes the corpus");
    }
}

fn corpus_line(random: &mut Random, written: usize, line: &mut String) {
    const ERRORS: [&str; 8] = [
        "FFmpeg timeout: no data received for 30s",
        "Error during demuxing: Input/output error",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "Could not get stream URL for channel 12",
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked",
        "401 Unauthorized for https://archive.org/download/x",
        "request timed out after 30 s",
        "something that nobody expected happened",
    ];
    let seconds = written / 4096;
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let error = random.below(50) == 0;
    let (a, b, c) = (random.below(250), random.below(60_000), random.below(5000));
    let _ = match random.below(4) {
        0 => {
            let status = if error { 502 } else { 200 };
            writeln!(
                line,
                "10.0.{a}.17 - - [04/Dec/2025:{hour:02}:{minute:02}:{second:02} +0000] \"GET /hls/{b}/seg{c}.ts HTTP/1.1\" {status} {b} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\""
            )
        }
        1 => writeln!(
            line,
            "Dec  4 {hour:02}:{minute:02}:{second:02} media{a} systemd[1]: Started session {b} of user streamtv, unit session-{c}.scope."
        ),
        _ if error => {
            let text = ERRORS.get(usize::try_from(random.below(8)).unwrap_or(0)).unwrap_or(&"");
            writeln!(
                line,
                "2025-12-04 {hour:02}:{minute:02}:{second:02},{c:03} ERROR streamtv.streaming: {text} (id {b})"
            )
        }
        _ => writeln!(
            line,
            "2025-12-04 {hour:02}:{minute:02}:{second:02},{c:03} INFO streamtv.streaming: served segment {b} of channel {a} to 10.0.{a}.3 in {c} ms, buffer at {a} chunks"
        ),
    };
}
