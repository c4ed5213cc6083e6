//! What a stack trace says in one line: what was thrown, and where in the application's own code.

use super::shape;
use super::statements;
use crate::sanitize::Sanitizer;

/// So many frames tell where.
const FRAMES: usize = 3;
/// A trace's line is cut after so many bytes.
const LONGEST: usize = 400;
/// So many lines of a trace are looked at, from either end.
const LINES: usize = 120;

/// Code that is not the application's own.
const LIBRARIES: [&str; 42] = [
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "scala.",
    "org.apache.",
    "org.springframework.",
    "org.hibernate.",
    "org.eclipse.",
    "io.netty.",
    "reactor.",
    "com.google.",
    "com.zaxxer.",
    "System.",
    "Microsoft.",
    "site-packages",
    "dist-packages",
    "lib/python",
    "<frozen",
    "node_modules",
    "node:",
    "internal/",
    "std::",
    "core::",
    "alloc::",
    "tokio::",
    "rust_begin_unwind",
    "__rust",
    "rustc",
    "runtime.",
    "net/http.",
    "reflect.",
    "sync.",
    "testing.",
    "gems/",
    "lib/ruby",
    "vendor/",
    "<internal",
    "panic(",
];

/// One line for the trace below the first line of `record`; `None` where there is none.
pub(super) fn summary(record: &[u8], sanitizer: &Sanitizer) -> Option<String> {
    memchr::memchr(b'\n', record)?;
    let text = sanitizer.clean_multiline(record, crate::sources::MOST_BYTES);
    let lines: Vec<&str> = text.lines().collect();
    let lines = bounded(&lines);
    let thrown = thrown(&lines);
    let frames = frames(&lines);
    if thrown.is_none() && frames.is_empty() {
        return None;
    }
    let mut summary = thrown.map(|line| statements::template(line.as_bytes(), sanitizer).text).unwrap_or_default();
    if !frames.is_empty() {
        let at = if summary.is_empty() { "at " } else { " at " };
        summary.push_str(at);
        summary.push_str(&frames.join(" < "));
    }
    if summary.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| summary.is_char_boundary(*end)).unwrap_or_default();
        summary.truncate(end);
    }
    Some(summary)
}

fn bounded<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let tail = lines.len().saturating_sub(LINES).max(LINES.min(lines.len()));
    let head = lines.get(..lines.len().min(LINES)).unwrap_or_default();
    head.iter().chain(lines.get(tail..).unwrap_or_default()).copied().collect()
}

/// What was thrown in the first place: Java's last cause, Python's last line, else the first that names something.
fn thrown<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let cause = lines.iter().rev().find_map(|line| line.trim_start().strip_prefix("Caused by: "));
    if cause.is_some() {
        return cause;
    }
    let named = |line: &&&'a str| {
        let line = line.trim();
        let name = line.split([':', ' ', '(']).next().unwrap_or_default();
        !line.starts_with("at ")
            && shape::is_thrown(name.as_bytes())
            && name.chars().all(|c| c.is_alphanumeric() || "._$\\".contains(c))
    };
    let python = lines.iter().any(|line| line.trim_start().starts_with("Traceback (most recent call last)"));
    let found = if python {
        if let Some(raised) = raised(lines) {
            return Some(raised);
        }
        lines.iter().rev().find(named)
    } else {
        lines.iter().skip(1).find(named)
    };
    let found = found.copied().map(str::trim);
    // Rust says it below the place, Go and Erlang on the first line.
    found.or_else(|| {
        let at = lines.iter().position(|line| line.contains("panicked at"))?;
        lines.get(at + 1).copied().filter(|line| !line.starts_with("stack backtrace") && !line.starts_with("note: "))
    })
}

/// Python: the first line after the last frame that stands further left, whatever its class is called. Its message
/// may go on below it, indented or not.
fn raised<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let last = lines.iter().rposition(|line| line.trim_start().starts_with("File \""))?;
    let (frame, below) = lines.get(last..)?.split_first()?;
    let is_left = |line: &&&str| depth(line) < depth(frame) && !line.trim().is_empty();
    below.iter().find(is_left).map(|line| line.trim())
}

/// The innermost places in the application's own code, the innermost first; of any code where none is its own.
fn frames(lines: &[&str]) -> Vec<String> {
    let python = lines.iter().any(|line| line.trim_start().starts_with("File \""));
    let mut all: Vec<(String, bool)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        all.extend(frame(line, next));
    }
    if python {
        all.reverse();
    }
    let own = all.iter().any(|(_, own)| *own);
    let mut frames: Vec<String> = Vec::new();
    for (frame, _) in all.into_iter().filter(|(_, is_own)| *is_own || !own) {
        if frames.last() != Some(&frame) {
            frames.push(frame);
        }
        if frames.len() == FRAMES {
            break;
        }
    }
    frames
}

/// The function that a line of a trace names, and whether it is the application's own. `next` is the line below it.
fn frame(line: &str, next: &str) -> Option<(String, bool)> {
    let text = line.trim_start();
    let indented = text.len() < line.len();
    let (name, place) = if let Some(rest) = text.strip_prefix("File \"") {
        let (path, rest) = rest.split_once('"')?;
        let name = rest.split_once(" in ").map_or("", |(_, name)| name);
        (format!("{}:{name}", file(path)), path.to_owned())
    } else if let Some(rest) = text.strip_prefix("at ").filter(|_| indented) {
        let name = rest.split([' ', '(']).next().unwrap_or_default();
        // Rust says below a function where it stands.
        if name.starts_with("./") || name.starts_with("/rustc/") {
            return None;
        }
        // `at /app/x.js:1:2` has no name.
        let name = if name.starts_with('/') { file(name) } else { name };
        (name.to_owned(), rest.to_owned())
    } else if let Some(rest) = text.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let name = rest.rsplit_once(": ").map_or(rest, |(_, name)| name);
        let name = name.split('(').next().unwrap_or_default();
        (name.to_owned(), rest.to_owned())
    } else if let Some((number, name)) = text.split_once(": ").filter(|_| indented) {
        // Rust: `   3: app::run`
        if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        (name.to_owned(), name.to_owned())
    } else if let Some(rest) = text.strip_prefix("from ").filter(|rest| rest.contains(".rb:")) {
        // Ruby
        let name = rest.split_once(":in ").map_or(rest, |(_, name)| name);
        (name.to_owned(), rest.to_owned())
    } else if !indented && next.starts_with('\t') && next.contains(".go:") {
        // Go: the place stands below.
        let name = text.rfind('(').and_then(|at| text.get(..at)).unwrap_or(text);
        (name.to_owned(), format!("{name} {next}"))
    } else {
        return None;
    };
    let name: String = name.trim().chars().filter(|c| !c.is_ascii_digit()).take(80).collect();
    let own =
        !LIBRARIES.iter().any(|library| place.starts_with(library) || (library.len() > 7 && place.contains(library)));
    (!name.is_empty()).then_some((name, own))
}

/// The file's name without its folders and its place.
fn file(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(record: &str) -> Option<String> {
        summary(record.as_bytes(), &Sanitizer::new(&[]).unwrap())
    }

    #[test]
    fn a_trace_is_told_by_what_was_thrown_and_where() {
        for (record, expected) in [
            (
                "ERROR request 5 failed\nTraceback (most recent call last):\n  File \"/srv/app/web.py\", line 5, in handle\n    run()\n  File \"/usr/lib/python3/dist-packages/x.py\", line 9, in run\n    int(\"a\")\nValueError: invalid literal for int() with base 10: 'a'",
                "ValueError: invalid literal for int() with base <*> at web.py:handle",
            ),
            (
                "ERROR [main] x\njava.lang.IllegalStateException: no 5\n\tat com.example.A.run(A.java:5)\n\tat java.base/java.lang.Thread.run(Thread.java:1)\nCaused by: java.io.IOException: Connection refused\n\tat sun.nio.ch.Net.connect(Net.java:7)\n\tat com.example.B.open(B.java:77)\n\t... 3 more",
                "java.io.IOException: Connection refused at com.example.A.run < com.example.B.open",
            ),
            (
                "thread 'main' panicked at src/main.rs:2:5:\nindex out of bounds: the len is 3 but the index is 7\nstack backtrace:\n   0: rust_begin_unwind\n   1: core::panicking::panic_fmt\n   2: app::run\n             at ./src/main.rs:2:5",
                "index out of bounds: the len is <*> but the index is <*> at app::run",
            ),
            (
                "panic: boom\n\ngoroutine 1 [running]:\nmain.(*Server).handle(0x0)\n\t/app/main.go:10 +0x1d\nruntime.main()\n\t/usr/lib/go/src/runtime/proc.go:250",
                "at main.(*Server).handle",
            ),
            (
                "TypeError: x is not a function\nTypeError: x is not a function\n    at handle (/app/server.js:10:5)\n    at process (node:internal/process:95:5)",
                "TypeError: x is not a function at handle",
            ),
        ] {
            assert_eq!(of(record).as_deref(), Some(expected));
        }
        assert_eq!(of("ERROR one line"), None);
        assert_eq!(of("ERROR two lines\n  of text"), None);
    }

    #[test]
    fn what_python_raised_stands_below_the_last_frame_whatever_it_is_called() {
        let trace = "ERROR fetch failed\nTraceback (most recent call last):\n  File \"/srv/app/net.py\", line 5, in get\n    return client.get(url)\n           ^^^^^^^^^^^^^^^\n";
        for (below, expected) in [
            ("httpx.ReadTimeout\n", "httpx.ReadTimeout at net.py:get"),
            (
                "httpx.ReadTimeout: The read operation timed out",
                "httpx.ReadTimeout: The read operation timed out at net.py:get",
            ),
            (
                "pydantic.ValidationFailed: 1 validation failure for Job\nname\n  Field required [type=missing]\n",
                "pydantic.ValidationFailed: <*> validation failure for Job at net.py:get",
            ),
            (
                "KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/srv/app/web.py\", line 9, in run\n    get()\n  [Previous line repeated 9 more times]\napp.Cancelled: gone\nValueErrorLike: below",
                "app.Cancelled: gone at web.py:run < net.py:get",
            ),
        ] {
            assert_eq!(of(&format!("{trace}{below}")).as_deref(), Some(expected));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_record_is_fine(record in "(?s).{0,400}") {
            if let Some(summary) = of(&record) {
                proptest::prop_assert!(summary.len() <= LONGEST);
            }
        }
    }
}
