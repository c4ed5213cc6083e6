//! The pass against the plainest implementation, and hostile lines.

use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::catalogue::{Origin, Pattern};
use crate::config::{Feed, Log};
use crate::sanitize::Sanitizer;
use crate::scan::lines;
use crate::sources::{self, Coverage, Request, State, Zone};
use crate::store::{Position, Positions};
use crate::words::{Level, Mode, Severity};

/// The ten kinds of error that heal ships, in table order.
pub(crate) const TEN: [(&str, &str); 10] = [
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

pub(crate) fn pattern(name: &str, regex: &str, min_level: Option<Level>) -> Pattern {
    Pattern {
        threshold: None,
        captures: std::collections::BTreeMap::new(),
        name: name.to_owned(),
        regex: regex.to_owned(),
        severity: Severity::High,
        category: "x".to_owned(),
        description: String::new(),
        min_level,
        mode: Mode::Apply,
        advice: None,
        match_examples: Vec::new(),
        no_match_examples: Vec::new(),
        origin: Origin { file: "x".into(), builtin: true },
    }
}

fn ten() -> Vec<Pattern> {
    TEN.iter()
        .map(|(name, regex)| pattern(name, regex, (*name == "timeout_general").then_some(Level::Warning)))
        .collect()
}

/// What an event tells, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    line: u64,
    offset: u64,
    time: Option<DateTime<FixedOffset>>,
    level: Option<Level>,
    patterns: Vec<usize>,
    record: Vec<u8>,
}

impl Told {
    fn new(event: &Event<'_>) -> Self {
        Self {
            line: event.line,
            offset: event.offset,
            time: event.time,
            level: event.level,
            patterns: event.pattern.iter().chain(event.also).copied().collect(),
            record: event.record.to_vec(),
        }
    }
}

fn run(scanner: &Scanner, source: &mut Source, block: usize) -> Vec<Told> {
    let mut told = Vec::new();
    let mut sink = |event: &Event<'_>| {
        told.push(Told::new(event));
        ControlFlow::Continue(())
    };
    scanner.scan_in_blocks(source, block, &mut sink, &mut |_| ControlFlow::Continue(()));
    told
}

fn scan_bytes(scanner: &Scanner, text: &[u8], block: usize) -> (Vec<Told>, Coverage) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    let (names, now) = (crate::sanitize::Sanitizer::new(&[]).unwrap(), crate::sys::clock::now());
    let mut found = sources::files(&[file.path().to_owned()], Path::new("/"), Zone::Host, now, (None, None), &names);
    let mut source = found.sources.remove(0);
    let told = run(scanner, &mut source, block);
    (told, source.finish().0.unwrap())
}

/// The slow and obvious way: every line split, every record judged with one regex after the other.
fn oracle(patterns: &[Pattern], text: &[u8], clock: &Clock) -> Vec<Told> {
    let regexes: Vec<regex::bytes::Regex> = patterns
        .iter()
        .map(|p| regex::bytes::RegexBuilder::new(&p.regex).case_insensitive(true).unicode(false).build().unwrap())
        .collect();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let (mut told, mut stamp, mut at, mut offset) = (Vec::new(), None, 0, 0);
    while at < lines.len() {
        let mut length = lines[at].len();
        let mut next = at + 1;
        while next < lines.len()
            && next - at < 200
            && length + lines[next].len() <= MOST_BYTES
            && lines::joined(lines[next - 1], lines[next], clock)
        {
            length += lines[next].len();
            next += 1;
        }
        let record = &text[offset..offset + length];
        let plain: Vec<&[u8]> = lines[at..next].iter().map(|line| lines::without_end(line)).collect();
        let head = header(plain[0], clock);
        let opens =
            |line: &&[u8]| sources::opens_failure(line) || sources::opens_failure(&line[header(line, clock).message]);
        let logging =
            plain.get(1).filter(|line| sources::is_util_logging(line)).and_then(|line| header(line, clock).level);
        let words = sources::is_exception(plain[0])
            || sources::tells_failure(&plain[0][head.message.clone()], head.time.is_some());
        // Where the first line is no more than a header, the next one speaks.
        let silent = plain[0][head.message.clone()].trim_ascii().is_empty();
        let below = plain.iter().skip(1).find(|line| !line.trim_ascii().is_empty()).filter(|_| silent);
        let words = words
            || below.is_some_and(|line| {
                let head = header(line, clock);
                sources::is_exception(line) || sources::tells_failure(&line[head.message], head.time.is_some())
            });
        let level = head.level.or_else(|| {
            if opens(&plain[0]) {
                Some(Level::Error)
            } else {
                let below = |line: &&[u8]| opens(line) || sources::is_exception(line);
                logging.or_else(|| (words || plain.iter().skip(1).any(below)).then_some(Level::Error))
            }
        });
        let stamped = |line: &[u8]| matches!(line.first(), Some(b'0'..=b'9' | b'{'));
        let crashed = plain.iter().skip(1).any(|line| sources::opens_failure(line) || (stamped(line) && opens(line)));
        let level = if crashed && level < Some(Level::Warning) { Some(Level::Error) } else { level };
        let matched: Vec<usize> = (0..patterns.len())
            .filter(|index| plain.iter().any(|line| regexes[*index].is_match(line)))
            .filter(|index| {
                level.is_none() || patterns[*index].min_level.is_none() || level >= patterns[*index].min_level
            })
            .collect();
        if !matched.is_empty() || level >= Some(Level::Warning) {
            told.push(Told {
                line: at as u64 + 1,
                offset: offset as u64,
                time: head.time.or(stamp),
                level,
                patterns: matched,
                record: lines::without_end(record)[..lines::without_end(record).len().min(MOST_BYTES)].to_vec(),
            });
        }
        for line in &plain {
            stamp = header(line, clock).time.or(stamp);
        }
        (at, offset) = (next, offset + length);
    }
    told
}

fn any_clock() -> Clock {
    Clock { zone: Zone::Host, last_write: chrono::Utc::now().fixed_offset(), day_first: None, epoch_field: None }
}

/// Pieces that lines are made of: headers of every kind, words of the patterns, parts of both.
const PIECES: [&str; 100] = [
    "2025-12-04 14:30:22 ",
    "2025-12-04T14:30:22.123Z ",
    "Dec  4 14:30:22 host app[1]: ",
    "<11>",
    "<30>",
    "[error] ",
    "ERROR ",
    "INFO ",
    "WARN",
    "warning: ",
    "Error: ",
    "error ",
    "err",
    "override",
    "[E 14:30:22 x] ",
    "[E] ",
    "E1204 14:30:22.1 1 a.go:1] ",
    "17:M 04 Dec 2025 14:30:22.1 # ",
    "12-04 14:30:22.1 1 2 E x: ",
    "{\"level\":50,\"msg\":\"",
    "{\"level\":\"error\",",
    "{\"s\":\"E\"}",
    "level=warn ",
    "{\"log\":\"E1204 14:30:22.1 x\\n\"",
    "{\"log\":\"\\u001b[31mERROR x\\n\"",
    "{\"log\":\"{\\\"level\\\":50}\\n\"}",
    "\x1b[31mERROR\x1b[0m ",
    "production.ERROR: ",
    "ERROR:root:",
    "FATAL",
    "panic: ",
    "Traceback (most recent call last):",
    "thread 'a' panicked at x",
    "ValueError: ",
    "java.io.IOException: ",
    "Caused by: ",
    "\tat x",
    "  ",
    "",
    "DETAIL:  x",
    "SEVERE: ",
    "Dec 04, 2025 2:30:22 PM org.x run",
    "FFmpeg timeout",
    "no data received",
    "Error during demuxing",
    "Input/output error",
    "Connection refused",
    "connectionrefusederror",
    "HTTP/1.1",
    " 404 ",
    "500",
    " HTTP ",
    "302 Found",
    "archive.org",
    "Could not get stream URL",
    "stream URL",
    "not found",
    "sqlalchemy",
    "401 Unauthorized",
    "Timeout",
    "timed out",
    "No such file",
    "x",
    ":",
    " - ",
    "|",
    "\0",
    "\r",
    "0 errors",
    "no ERROR",
    "severity=3",
    "lvl=eror ",
    "2025-12-04T14:30:22.1Z stderr F ",
    "\u{e9}",
    "Failed to ",
    "failed with result ",
    "Cannot ",
    "Out of memory",
    "PHP Parse error: ",
    "=CRASH REPORT==== 4-Dec-2025::14:30:22 ===",
    "E/Tag( 17): ",
    "W: ",
    "E20251204 14:30:22.1 1 a.go:1] ",
    "2025-12-04 14:30:22.123  17  18 E x: ",
    "2025-12-04 14:30:22.123456 E | x: ",
    "2025-12-04T14:30:22.123+0000 E STORAGE [x] ",
    "[ 12-04 14:30:22.123  17: 18 E/x ]",
    "<Error> ",
    "(EE) ",
    "[FAILED] ",
    "\u{274c} ",
    "npm ERR! ",
    "[level=error] ",
    ",\"a\",ERROR,42P01,\"",
    ":ERROR:x:",
    "{\"level\":400,",
    "{\"severityNumber\":17}",
    "{\"log\":\"E/x(1): y\\n\"}",
    "{\"log\":{\"level\":\"error\"},",
    "request_id=1 [error] ",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        24 => proptest::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ]
}

const NOUNS: [&str; 8] =
    ["segment", "transcoder", "playlist", "database", "certificate", "scheduler", "recording", "satellite"];
const VERBS: [&str; 6] = ["overflow", "is corrupt", "not reachable", "gave up on", "dropped", "expired"];

/// An operator's table: many longer texts.
fn many() -> Vec<Pattern> {
    let more = NOUNS.iter().flat_map(|noun| VERBS.iter().map(move |verb| (noun, verb))).enumerate();
    let more = more.map(|(index, (noun, verb))| {
        let regex = match index % 5 {
            0 => format!("{noun} {verb}"),
            1 => format!(r"{noun} [a-z]+.*{verb} \d+"),
            2 => format!(r"\b{verb} the {noun}\b|{noun}-{verb}"),
            3 => format!(r"^\S+ {noun}s? {verb}$"),
            _ => format!(r"(?-i){noun} {verb}: (?:one|two)"),
        };
        pattern(&format!("{noun}_{verb}"), &regex, (index % 7 == 0).then_some(Level::Warning))
    });
    ten().into_iter().chain(more).collect()
}

/// What those look for, whole and in part.
fn piece_of_many() -> impl Strategy<Value = Vec<u8>> {
    let words = (0..NOUNS.len(), 0..VERBS.len(), 0..8_usize);
    let words = words.prop_map(|(noun, verb, kind)| {
        let (noun, verb) = (NOUNS[noun], VERBS[verb]);
        let text = match kind {
            0 => format!("{noun} {verb}"),
            1 => format!("{noun} has {verb} 17"),
            2 => format!("{verb} the {noun}"),
            3 => format!("{noun}-{verb}").to_uppercase(),
            4 => format!("{noun} {verb}: two"),
            5 => format!("{noun}s {verb}"),
            6 => noun[1..].to_owned(),
            _ => verb[..verb.len() - 1].to_owned(),
        };
        text.into_bytes()
    });
    prop_oneof![2 => words, 1 => piece(), 1 => Just(b" ".to_vec())]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    text_of(piece())
}

fn text_of(piece: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let line = (
        proptest::collection::vec(piece, 0..6),
        prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\n\n"), 1 => Just("\n  a\n")],
    );
    proptest::collection::vec(line, 0..40).prop_map(|lines| {
        lines.into_iter().flat_map(|(pieces, end)| [pieces.concat(), end.as_bytes().to_vec()].concat()).collect()
    })
}

/// The first look at a block must let each line pass whose header says trouble, in whatever format.
#[test]
fn trouble_in_every_known_format_is_an_event() {
    let scanner = Scanner::new(&[]).unwrap();
    let rows = include_str!("../../sources/header/corpus.txt").lines().filter(|row| !row.starts_with("# "));
    let trouble = rows.filter(|row| matches!(row.as_bytes().first(), Some(b'C' | b'E' | b'W')));
    let lines =
        trouble.filter_map(|row| row.splitn(3, ' ').nth(2)).map(|text| text.replace('§', "").replace('␛', "\x1b"));
    let missed: Vec<String> = lines.filter(|line| scan_bytes(&scanner, line.as_bytes(), 4096).0.is_empty()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// What the slow way and the fast one did not agree upon once, each as short as it could be made.
const DISAGREED: [&str; 4] = [
    "INFO \nTraceback (most recent call last):\n",
    " - [E 14:30:22 x] \n\n",
    "(EE) \n2025-12-04 14:30:22 \n",
    "HTTP/1.1E1204 14:30:22.1 1 a.go:1] [ 12-04 14:30:22.123  17: 18 E/x ]\n",
];

/// Reads the text in blocks of this size, and compares with the slow way.
fn agrees_with_the_slow_way(text: &[u8], block: usize) -> Result<(), TestCaseError> {
    let mut patterns = ten();
    patterns.push(pattern("no_text", r"^\d+.*x$|\[E\]\s", None));
    let scanner = Scanner::new(&patterns).unwrap();
    let (told, coverage) = scan_bytes(&scanner, text, block);
    prop_assert_eq!(&told, &oracle(&patterns, text, &any_clock()));
    prop_assert_eq!(coverage.bytes, text.len() as u64);
    prop_assert_eq!(coverage.lines, text.split_inclusive(|byte| *byte == b'\n').count() as u64);
    Ok(())
}

#[test]
fn what_once_disagreed_agrees() {
    for text in DISAGREED {
        for block in [1, 7, BLOCK] {
            agrees_with_the_slow_way(text.as_bytes(), block).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn finds_what_the_slow_way_finds(text in text(), half in any::<bool>(), block in prop_oneof![1_usize..200, Just(BLOCK)]) {
        let text = if half { [text.as_slice(), b"ERROR half"].concat() } else { text };
        agrees_with_the_slow_way(&text, block)?;
    }

    #[test]
    fn finds_what_the_slow_way_finds_with_a_large_table(text in text_of(piece_of_many()), block in prop_oneof![1_usize..200, Just(BLOCK)]) {
        let patterns = many();
        let scanner = Scanner::new(&patterns).unwrap();
        prop_assert!(scanner.filter.longer_texts() >= 40);
        let (told, _) = scan_bytes(&scanner, &text, block);
        prop_assert_eq!(&told, &oracle(&patterns, &text, &any_clock()));
    }

    #[test]
    fn any_bytes(text in proptest::collection::vec(any::<u8>(), 0..2000), block in 1_usize..500) {
        let scanner = Scanner::new(&ten()).unwrap();
        // By its first bytes it would be no plain text, UTF-16 for one.
        let text = [b"x", text.as_slice()].concat();
        let (_, coverage) = scan_bytes(&scanner, &text, block);
        prop_assert_eq!(coverage.bytes, text.len() as u64);
    }
}

#[test]
fn a_record_is_one_event_of_the_first_pattern() {
    let scanner = Scanner::new(&ten()).unwrap();
    let text = b"2025-12-04 14:30:20 INFO timeout set to 30\n\
        2025-12-04 14:30:22 ERROR streamtv: FFmpeg timeout: no data received for 5s\n\
        Traceback (most recent call last):\n  File \"a.py\", line 1\nConnectionRefusedError: [Errno 111]\n\
        2025-12-04 14:30:23 ERROR streamtv: something new\n";
    let (told, coverage) = scan_bytes(&scanner, text, BLOCK);
    assert_eq!(
        told.iter().map(|t| (t.line, t.offset, t.patterns.clone())).collect::<Vec<_>>(),
        [(2, 43, vec![0, 2, 8]), (6, text.len() as u64 - 50, vec![]),]
    );
    assert_eq!(coverage.lines, 6);
    assert_eq!(coverage.from.unwrap().format("%T").to_string(), "14:30:20");
    assert_eq!(coverage.to.unwrap().format("%T").to_string(), "14:30:23");
}

#[test]
fn records_are_bounded() {
    let scanner = Scanner::new(&ten()).unwrap();
    let mut text = b"2025-12-04 14:30:22 ERROR x: trace\n".to_vec();
    for line in 0..450 {
        text.extend_from_slice(format!("  frame {line}\n").as_bytes());
    }
    text.extend_from_slice(b"  Connection refused\n");
    for block in [1000, BLOCK] {
        let (told, coverage) = scan_bytes(&scanner, &text, block);
        assert_eq!(told, oracle(&ten(), &text, &any_clock()));
        assert_eq!(told.iter().map(|t| t.line).collect::<Vec<_>>(), [1, 401]);
        assert!(coverage.detail.contains("200 lines"), "{}", coverage.detail);
    }
}

#[test]
fn a_line_of_any_length_is_one_event() {
    let scanner = Scanner::new(&ten()).unwrap();
    for length in [100_000, 1_000_000, 1_100_000, 1_500_000, 5_000_000] {
        for end in ["\n", ""] {
            let mut text = b"2025-12-04 14:30:20 ERROR before\n2025-12-04 14:30:22 ERROR x ".to_vec();
            text.resize(length, b'y');
            text.extend_from_slice(b" connection refused, timed out");
            text.resize(2 * length, b'z');
            text.extend_from_slice(format!(" timed out{end}").as_bytes());
            if !end.is_empty() {
                text.extend_from_slice(b"2025-12-04 14:30:24 ERROR after\n");
            }
            let (told, coverage) = scan_bytes(&scanner, &text, BLOCK);
            let mut expected = vec![(1, 0, vec![]), (2, 33, vec![2, 8])];
            if !end.is_empty() {
                expected.push((3, 2 * length as u64 + 11, vec![]));
            }
            assert_eq!(
                told.iter().map(|t| (t.line, t.offset, t.patterns.clone())).collect::<Vec<_>>(),
                expected,
                "{length}"
            );
            assert_eq!(coverage.bytes, text.len() as u64);
            assert_eq!(coverage.lines, expected.len() as u64);
            assert!(told[1].record.len() <= MOST_BYTES);
            assert!(!coverage.detail.is_empty());
        }
    }
}

#[test]
fn hostile_lines_take_linear_work() {
    // Quadratic work on any of these would take minutes.
    let scanner = Scanner::new(&ten()).unwrap();
    let words = [
        "stream ",
        "stream URL ",
        "FFmpeg timeout ",
        "Error during demuxing ",
        "HTTP ",
        "302 Found ",
        "Redirect response ",
        "sqlalchemy ",
        "error ",
        "404",
        "\"level\":5",
        "[e 1",
        " f e12",
        "{",
        "\\\"",
        "a=b ",
        "Caused by: ",
        "]: e1204 ",
    ];
    for word in words {
        for start in ["", "2025-12-04 14:30:22 ERROR ", "{\"a\":\""] {
            let line = format!("{start}{}\n", word.repeat(300_000 / word.len()));
            scan_bytes(&scanner, line.as_bytes(), BLOCK);
        }
    }
    for line in
        ["\n", " \n", "x\n", "ERROR\n", "  error\n", "ValueError: x\n", "}\n", "... \n", "error: x\r\n", "\r\r\n"]
    {
        scan_bytes(&scanner, line.repeat(300_000 / line.len()).as_bytes(), BLOCK);
    }
}

#[test]
fn a_regex_that_does_not_compile_names_its_pattern() {
    let error = Scanner::new(&[pattern("broken", "a(b", None)]).unwrap_err().to_string();
    assert_eq!(error, "the regex of pattern 'broken' does not work: unclosed group (at character 2)");
}

#[test]
fn explains_a_line() {
    let scanner = Scanner::new(&ten()).unwrap();
    assert_eq!(scanner.explain(b"2025-12-04 14:30:22 INFO request timed out\r\n"), Vec::<usize>::new());
    assert_eq!(scanner.explain(b"ERROR connection refused: timed out\n"), [2, 8]);
}

/// A log on disk that is read again and again.
struct Log1 {
    folder: tempfile::TempDir,
    positions: Vec<Position>,
    window: Option<chrono::DateTime<chrono::FixedOffset>>,
    names: Sanitizer,
}

impl Log1 {
    fn new() -> Self {
        let names = Sanitizer::new(&[]).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), positions: Vec::new(), window: None, names }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("app.log")
    }

    fn append(&self, text: &str) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(self.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn replace(&self, text: &str) {
        let mut file = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.persist(self.path()).unwrap();
    }

    fn run(&mut self) -> (Vec<String>, Vec<Coverage>) {
        let log = Log {
            name: "app".to_owned(),
            feed: Feed::Files { glob: self.path().display().to_string(), exclude: Vec::new() },
            required: false,
            expect: None,
        };
        let found = sources::discover(&Request {
            logs: &[log],
            workspace: self.folder.path(),
            state_dir: Path::new("/nonexistent"),
            positions: &Positions { files: self.positions.clone(), ..Positions::default() },
            window: self.window,
            since: None,
            until: None,
            now: chrono::Utc::now().fixed_offset(),
            zone: Zone::Host,
            known_entries: &[],
            names: &self.names,
        });
        let scanner = Scanner::new(&ten()).unwrap();
        let (mut told, mut coverage, mut positions) = (Vec::new(), found.coverage, Positions::default());
        for mut source in found.sources {
            told.extend(run(&scanner, &mut source, 50).into_iter().map(|t| {
                String::from_utf8_lossy(lines::without_end(t.record.split_inclusive(|b| *b == b'\n').next().unwrap()))
                    .into_owned()
            }));
            let (covered, position) = source.finish();
            coverage.extend(covered);
            positions.files.extend(position);
        }
        self.positions = Positions { files: self.positions.clone(), ..Positions::default() }.updated(&positions).files;
        sources::seal(&mut self.positions, &self.names);
        (told, coverage)
    }
}

#[test]
fn goes_on_where_it_left_off() {
    let mut log = Log1::new();
    log.append("ERROR one\nERROR two\nERROR ha");
    let (told, coverage) = log.run();
    assert_eq!((told.as_slice(), coverage[0].lines), (&["ERROR one".to_owned(), "ERROR two".to_owned()][..], 2));
    log.append("lf\n");
    assert_eq!(log.run().0, ["ERROR half"]);
    let (told, coverage) = log.run();
    assert_eq!((told.len(), coverage[0].state, coverage[0].lines), (0, State::Empty, 0));
    log.append("  Connection refused\nERROR four\n");
    assert_eq!(log.run().0, ["ERROR four"]);
    log.append("INFO five\n");
    assert_eq!(log.run().0.len(), 0);
    log.append("  Connection refused\n");
    assert_eq!(log.run().0, ["INFO five"]);
    assert_eq!(log.positions.iter().map(|p| p.lines).collect::<Vec<_>>(), [Some(7)]);
}

#[test]
fn what_is_not_the_same_text_is_new() {
    let mut log = Log1::new();
    log.append("ERROR one\nERROR two\n");
    log.run();
    std::fs::OpenOptions::new().write(true).truncate(true).open(log.path()).unwrap();
    log.append("ERROR a\n");
    let (told, coverage) = log.run();
    assert_eq!(told, ["ERROR a"]);
    assert!(coverage[0].detail.contains("shrank"), "{}", coverage[0].detail);
    log.replace("ERROR b\nERROR c\nERROR d\n");
    let (told, coverage) = log.run();
    assert_eq!(told, ["ERROR b", "ERROR c", "ERROR d"]);
    assert!(coverage[0].detail.contains("replaced"), "{}", coverage[0].detail);
    // An editor's rewrite under a new inode is the same text.
    log.replace("ERROR b\nERROR c\nERROR d\nERROR e\n");
    assert_eq!(log.run().0, ["ERROR e"]);
}

#[test]
fn the_window_is_of_the_first_run() {
    let stamp = |minutes: i64| (chrono::Local::now() - chrono::TimeDelta::minutes(minutes)).format("%Y-%m-%d %H:%M:%S");
    let mut log = Log1::new();
    log.window = chrono::Utc::now().fixed_offset().checked_sub_signed(chrono::TimeDelta::hours(1));
    log.append(&format!(
        "{} ERROR old\n{} ERROR new\nConnection refused\n{} ERROR future\n",
        stamp(90),
        stamp(30),
        stamp(-300)
    ));
    assert_eq!(log.run().0.len(), 3);
    log.append(&format!("{} ERROR late\n", stamp(500)));
    assert_eq!(log.run().0.len(), 1);
    let mut log = Log1::new();
    log.window = chrono::Utc::now().fixed_offset().checked_sub_signed(chrono::TimeDelta::hours(1));
    log.append("ERROR without any stamp\n");
    assert_eq!(log.run().0.len(), 1);
}

mod histories;
