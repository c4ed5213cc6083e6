//! Which lines belong together: a stack trace is one record.

use super::cursor::Cursor;

/// A record holds at most so many lines.
pub const MAX_LINES: usize = 200;
/// And so many bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Whether `line` continues the record that the line `previous` belongs to. Both without line end.
#[must_use]
pub fn continues(previous: &[u8], line: &[u8]) -> bool {
    let Some(first) = line.first() else { return true };
    match first {
        b' ' | b'\t' | b'\r' => {
            let text = line.trim_ascii_start();
            text.is_empty() || !looks_stamped(text)
        }
        b'}' | b')' => line.len() <= 3 || line.starts_with(b"}\r"),
        b'#' => line.get(1).is_some_and(u8::is_ascii_digit),
        b'.' => line.starts_with(b"... "),
        b'-' => line.starts_with(b"--- End of "),
        b'[' => is_sql_detail(line) || is_postgres_detail(line),
        b'0'..=b'9' | b'<' => is_postgres_detail(line),
        b'(' => line.starts_with(b"(Background on this error at:"),
        b'{' => false,
        _ => is_known_continuation(line) || (is_exception(line) && !is_exception(previous)) || is_go_frame(line),
    }
}

/// What joins the lines above it although it is neither indented nor blank.
fn is_known_continuation(line: &[u8]) -> bool {
    const STARTS: [&[u8]; 18] = [
        b"Caused by:",
        b"Suppressed:",
        b"Traceback (most recent call last)",
        b"During handling of the above exception",
        b"The above exception was the direct cause",
        b"goroutine ",
        b"created by ",
        b"stack backtrace:",
        b"note: run with `RUST_BACKTRACE",
        b"note: Some details are omitted",
        b"Stack trace:",
        b"Stacktrace:",
        b"thrown in ",
        b"exit status ",
        b"[Previous exception]",
        b"[stacktrace]",
        b"at ",
        b"from ",
    ];
    let Some(start) = STARTS.iter().find(|start| line.starts_with(start)) else {
        return is_postgres_detail(line);
    };
    match *start {
        b"goroutine " => line.contains(&b'['),
        b"at " => line.ends_with(b")") || line.contains(&b'/'),
        b"from " => contains(line, b":in "),
        _ => true,
    }
}

/// A line inside a record that is the start of an error of its own when the record above is no trouble.
#[must_use]
pub fn opens_softly(line: &[u8]) -> bool {
    line.starts_with(b"Traceback (most recent call last)") || is_exception(line)
}

/// What begins an error where no level is said.
#[must_use]
pub fn opens_with_error(line: &[u8]) -> bool {
    const STARTS: [&[u8]; 6] = [
        b"Traceback (most recent call last)",
        b"Exception in thread ",
        b"Unhandled exception",
        b"Uncaught ",
        b"panic: ",
        b"Caused by: ",
    ];
    if line.starts_with(b"thread '") {
        return contains(line.get(..256).unwrap_or(line), b"' panicked at") || contains(line, b") panicked at");
    }
    STARTS.iter().any(|start| line.starts_with(start)) || is_exception(line)
}

/// `ValueError: text`, `java.lang.IllegalStateException`, `requests.exceptions.ConnectionError: text`.
fn is_exception(line: &[u8]) -> bool {
    let mut cursor = Cursor::new(line, 0);
    let name = cursor.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'));
    let ends = match cursor.peek() {
        None | Some(b':' | b'\r') => true,
        Some(b' ') => cursor.rest().starts_with(b" (") || cursor.rest().starts_with(b" ["),
        _ => false,
    };
    let class = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    ends && class.first().is_some_and(u8::is_ascii_uppercase)
        && (class.ends_with(b"Error") || class.ends_with(b"Exception"))
        && class.iter().any(u8::is_ascii_lowercase)
        // `Error:` alone is a level, not a class.
        && (class.len() > 9 || (class != b"Error" && class != b"Exception") || name.len() > class.len())
}

/// `main.(*Server).Serve(0xc0000b2000)`, `runtime.goexit()`: a frame of a Go trace.
fn is_go_frame(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Some(open) = line.iter().rposition(|byte| *byte == b'(').filter(|_| line.ends_with(b")")) else { return false };
    let name = line.get(..open).unwrap_or_default();
    let named = name.iter().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'_' | b'*' | b'(' | b')' | b'-' | b'~')
    });
    let arguments = line.get(open..).unwrap_or_default();
    named
        && (name.contains(&b'.') || name == b"panic")
        && (arguments.len() == 2 || contains(arguments, b"0x") || contains(arguments, b"..."))
}

/// What `SQLAlchemy` writes below an exception.
fn is_sql_detail(line: &[u8]) -> bool {
    line.starts_with(b"[SQL: ") || line.starts_with(b"[parameters: ")
}

/// `2025-12-04 14:30:22 UTC [12] DETAIL:  text`: stamped, and part of the error before it.
fn is_postgres_detail(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 6] = [b"DETAIL:  ", b"HINT:  ", b"STATEMENT:  ", b"CONTEXT:  ", b"QUERY:  ", b"LOCATION:  "];
    let head = line.get(..160).unwrap_or(line);
    let Some(at) = memchr::memmem::find(head, b":  ") else { return false };
    let Some(until) = head.get(..at + 3) else { return false };
    WORDS
        .iter()
        .any(|word| until.strip_suffix(*word).is_some_and(|before| before.last().is_none_or(u8::is_ascii_whitespace)))
}

/// An indented line that begins with a date or a level is a record of its own.
fn looks_stamped(text: &[u8]) -> bool {
    let mut cursor = Cursor::new(text, 0);
    cursor.eat(b'[');
    let start = cursor.at;
    let digits = cursor.take_while(|byte| byte.is_ascii_digit()).len();
    if digits == 4 && cursor.eat_any(b"-/").is_some() {
        return cursor.number(2, 2).is_some();
    }
    cursor.at = start;
    let word = cursor.take_while(|byte| byte.is_ascii_uppercase());
    word.len() > 2
        && cursor.peek().is_some_and(|byte| matches!(byte, b' ' | b']' | b':' | b'\t'))
        && super::level::word(word).is_some()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text.get(..4096).unwrap_or(text), part).is_some()
}
