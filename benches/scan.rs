//! How fast a log is read: the pass against reading alone and against one regex set for each line, on the same bytes.
//!
//! `cargo bench` prints bytes a second for each; what counts is the ratio between them in one run.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot begin has failed")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::ControlFlow;

use divan::counter::BytesCount;
use heal::catalogue::Catalogue;
use heal::scan::Scanner;
use heal::sources::whole_files;

fn main() {
    divan::main();
}

/// A log of about 32 MiB with 2 % errors, the same each time.
fn corpus() -> String {
    let mut log = String::new();
    let mut seed = 7_u64;
    for number in 0_u64.. {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (second, pick) = (number % 60, (seed >> 33) % 200);
        let stamp = format!("2025-12-04 14:{:02}:{second:02}", number / 60 % 60);
        match pick {
            0 => {
                writeln!(log, "{stamp} ERROR app.proxy: 127.0.0.1:{pick}: Connection refused (attempt {second} of 60)")
            }
            1 => writeln!(log, "{stamp} ERROR app.streaming: FFmpeg timeout: no data received for {second}s"),
            2 => writeln!(log, "{stamp} ERROR app.hls: segment queue overflow: {number} dropped"),
            3 => writeln!(log, "{stamp} WARNING app.archive: Timeout fetching metadata of x{number}"),
            _ => writeln!(
                log,
                "{stamp} INFO app.api: GET /channels/{pick}/segment_{number}.ts 200 {seed} bytes in {second} ms"
            ),
        }
        .unwrap();
        if log.len() > 32 << 20 {
            break;
        }
    }
    log
}

#[divan::bench(sample_count = 5)]
fn heal_pass(bencher: divan::Bencher<'_, '_>) {
    let text = corpus();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.log");
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    let scanner = Scanner::new(&Catalogue::builtin().unwrap().patterns).unwrap();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let mut events = 0_u64;
        for mut source in whole_files(std::slice::from_ref(&path), folder.path(), chrono::DateTime::default()).sources {
            scanner.scan(&mut source, &mut |_| events += 1, &mut |_| ControlFlow::Continue(()));
        }
        events
    });
}

#[divan::bench(sample_count = 5)]
fn read_only(bencher: divan::Bencher<'_, '_>) {
    let text = corpus();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| memchr::memchr_iter(b'\n', text.as_bytes()).count());
}

#[divan::bench(sample_count = 5)]
fn regex_set_for_each_line(bencher: divan::Bencher<'_, '_>) {
    let text = corpus();
    let patterns = Catalogue::builtin().unwrap().patterns;
    let set = regex::bytes::RegexSet::new(patterns.iter().map(|pattern| format!("(?i){}", pattern.regex))).unwrap();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| text.lines().filter(|line| set.is_match(line.as_bytes())).count());
}
