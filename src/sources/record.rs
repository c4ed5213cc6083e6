//! Which lines belong to one record.

/// A record has at most so many lines; what follows is a record of its own.
pub const MOST_LINES: usize = 200;
/// A record of several lines has at most so many bytes.
pub const MOST_BYTES: usize = 64 * 1024;

/// What the line before says of itself, read only where it matters.
pub trait Before {
    /// It has a time or a level.
    fn has_header(&self) -> bool;
    /// It has a time and no level, as the first of java.util.logging's two lines.
    fn lacks_level(&self) -> bool;
    /// Its bytes, without line end.
    fn line(&self) -> &[u8];
}

/// Whether `line` goes on with the record of the line before it. Neither has its line end.
#[must_use]
pub fn continues(before: &impl Before, line: &[u8]) -> bool {
    let line = inner(line);
    match line {
        [] | [b'\r'] => return true,
        [b' ' | b'\t', ..] => return !stamped_after_blanks(line),
        _ => {}
    }
    if ALWAYS.iter().any(|start| line.starts_with(start)) || is_frame(line) || is_postgresql_detail(line) {
        return true;
    }
    if is_failure_line(line) || line.starts_with(b"Traceback (most recent call last)") {
        let previous = inner(before.line());
        return previous.trim_ascii().is_empty()
            || previous.starts_with(b" ")
            || previous.starts_with(b"\t")
            || previous.starts_with(b"Traceback (")
            || before.has_header();
    }
    is_util_logging(line) && before.lacks_level()
}

/// Starts that only a continuation has.
const ALWAYS: [&[u8]; 12] = [
    b"Caused by:",
    b"Suppressed:",
    b"During handling of the above",
    b"The above exception was the direct",
    b"... ",
    b"stack backtrace:",
    b"created by ",
    b"note: run with `RUST_BACKTRACE",
    b"(Background on this error at: ",
    b"[SQL: ",
    b"[parameters: ",
    b"}",
];

/// `goroutine 17 [running]:`, `#0 {main}`, `main.main()` has a frame's position indented on the next line.
fn is_frame(line: &[u8]) -> bool {
    if let Some(rest) = line.strip_prefix(b"goroutine ") {
        return rest.first().is_some_and(u8::is_ascii_digit);
    }
    matches!(line, [b'#', digit, tail @ ..] if digit.is_ascii_digit()
        && tail.iter().find(|byte| !byte.is_ascii_digit()) == Some(&b' '))
}

/// `PostgreSQL` stamps each part of one report.
fn is_postgresql_detail(line: &[u8]) -> bool {
    const PARTS: [&[u8]; 6] = [b"DETAIL:  ", b"HINT:  ", b"STATEMENT:  ", b"CONTEXT:  ", b"QUERY:  ", b"LOCATION:  "];
    let head = line.get(..line.len().min(160)).unwrap_or_default();
    memchr::memchr_iter(b':', head).filter(|at| head.get(at + 1..at + 3) == Some(b"  ")).any(|at| {
        PARTS.iter().any(|part| {
            let word = part.len() - 3;
            at >= word
                && head.get(at - word..at + 3) == Some(*part)
                && (at == word || head.get(at - word - 1) == Some(&b' '))
        })
    })
}

/// `SEVERE: ...` below `Dec 04, 2025 2:30:22 PM org.example.Main run`.
#[must_use]
pub fn is_util_logging(line: &[u8]) -> bool {
    [&b"SEVERE: "[..], b"WARNING: ", b"INFO: ", b"CONFIG: ", b"FINE: ", b"FINER: ", b"FINEST: "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// `requests.exceptions.ConnectionError: ...`, `KeyboardInterrupt`.
fn is_failure_line(line: &[u8]) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$');
    if !line.first().is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    let length = line.iter().take(200).take_while(|byte| word(byte)).count();
    let Some((name, tail)) = line.split_at_checked(length) else { return false };
    let ends = [&b"Error"[..], b"Exception", b"Interrupt", b"Exit", b"Warning", b"Throwable", b"Failure"];
    matches!(tail, [] | [b':' | b'\r', ..]) && ends.iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// Some programs indent every line; a date there starts a record.
fn stamped_after_blanks(line: &[u8]) -> bool {
    const SHAPE: &[u8; 14] = b"0000-00-00 00:";
    line.trim_ascii_start().get(..SHAPE.len()).is_some_and(|text| {
        text.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'-' => matches!(byte, b'-' | b'/'),
            b' ' => matches!(byte, b' ' | b'T'),
            shape => byte == shape,
        })
    })
}

/// The text that a container wrote, where the runtime stamped the line: `<time> stdout F <text>`.
fn inner(line: &[u8]) -> &[u8] {
    if !line.first().is_some_and(u8::is_ascii_digit) {
        return line;
    }
    let head = line.get(..line.len().min(41)).unwrap_or_default();
    let text = memchr::memchr_iter(b' ', head).find_map(|at| {
        let after = line.get(at + 1..)?;
        let after = after.strip_prefix(b"stdout ").or_else(|| after.strip_prefix(b"stderr "))?;
        after.strip_prefix(b"F ").or_else(|| after.strip_prefix(b"P "))
    });
    text.unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Line<'a>(&'a str, bool);

    impl Before for Line<'_> {
        fn has_header(&self) -> bool {
            self.1
        }
        fn lacks_level(&self) -> bool {
            self.0.ends_with("PM org.example.Main run")
        }
        fn line(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    fn goes_on(before: &str, header: bool, line: &str) -> bool {
        continues(&Line(before, header), line.as_bytes())
    }

    #[test]
    fn stack_traces_are_one_record() {
        for (before, header, line) in [
            ("2025-12-04 14:30:22 ERROR x: failed", true, "Traceback (most recent call last):"),
            ("Traceback (most recent call last):", false, "  File \"a.py\", line 1, in <module>"),
            ("    raise ValueError(1)", false, "ValueError: 1"),
            ("    raise ValueError(1)", false, "requests.exceptions.ConnectionError: HTTPSConnectionPool"),
            ("ValueError: 1", false, ""),
            ("", false, "During handling of the above exception, another exception occurred:"),
            ("", false, "Traceback (most recent call last):"),
            ("2025-12-04 ERROR boom", true, "java.lang.IllegalStateException: no"),
            ("java.lang.IllegalStateException: no", false, "\tat com.example.Main.main(Main.java:1)"),
            ("\tat x", false, "Caused by: java.io.IOException: Connection refused"),
            ("\tat x", false, "\t... 12 more"),
            ("panic: boom", true, ""),
            ("", false, "goroutine 1 [running]:"),
            ("\t/a.go:1", false, "created by main.main"),
            ("thread 'main' panicked at src/main.rs:1:2:", false, "stack backtrace:"),
            ("PHP Fatal error:  Uncaught Exception", true, "#0 {main}"),
            ("2025-12-04 14:30:22 UTC [1] ERROR:  x", true, "2025-12-04 14:30:22 UTC [1] DETAIL:  Key exists."),
            ("Dec 04, 2025 2:30:22 PM org.example.Main run", true, "SEVERE: no"),
            ("x", false, "2025-12-04T14:30:22.123456789Z stderr F   File \"a.py\", line 1"),
        ] {
            assert!(goes_on(before, header, line), "{line}");
        }
    }

    #[test]
    fn plain_lines_start_records() {
        for (before, header, line) in [
            ("starting", false, "listening"),
            ("TimeoutError: a", false, "TimeoutError: b"),
            ("starting", false, "Traceback (most recent call last):"),
            ("x", true, "INFO: x"),
            ("x", true, "# comment"),
            ("x", true, "goroutines leak"),
            ("x", true, " 2025-12-04 14:30:22 indented by its program"),
            ("x", true, "Error: whole sentence"),
        ] {
            assert!(!goes_on(before, header, line), "{line}");
        }
    }
}
