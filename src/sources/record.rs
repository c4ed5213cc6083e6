//! Which lines belong to one record.

use super::failure::is_ruby_crash;
use super::level;

/// A record has at most so many lines; what follows is a record of its own.
pub const MOST_LINES: usize = 200;
/// A record of several lines has at most so many bytes.
pub const MOST_BYTES: usize = 64 * 1024;

/// What the line before says of itself, read only where it matters.
pub trait Before {
    /// It has a time or a level.
    fn has_header(&self) -> bool;
    /// It says that something failed.
    fn failed(&self) -> bool;
    /// It has a time and no level, as the first of java.util.logging's two lines.
    fn lacks_level(&self) -> bool;
    /// Its bytes, without line end.
    fn line(&self) -> &[u8];
}

/// Whether `line` goes on with the record of the line before it. Neither has its line end.
#[must_use]
pub fn continues(before: &impl Before, line: &[u8]) -> bool {
    if is_partial(before.line()) {
        return true;
    }
    let line = inner(line);
    match line {
        [] | [b'\r'] => return true,
        [b' ' | b'\t', ..] => return !stamped_after_blanks(line),
        _ => {}
    }
    if is_ruby_crash(line) {
        return before.failed() || goes_before_ruby_crash(inner(before.line()));
    }
    if always(line) || is_frame(line) || is_postgresql_detail(line) {
        return true;
    }
    // Elixir's Logger tells the exception below its header; a crash of its own has nothing to do with what is above.
    if line.starts_with(b"** (") {
        return before.failed() || before.lacks_level() || !before.has_header();
    }
    // What is read of the line before comes last: it costs the most.
    if goes_with(inner(before.line()), line) || (line.starts_with(b"Error: ") && before.failed()) {
        return true;
    }
    // `httpx.ReadTimeout: timed out` below the last frame.
    if inner(before.line()).starts_with(b"    ") && is_class_line(line) {
        return true;
    }
    if is_failure_line(line) || line.starts_with(b"Traceback (most recent call last)") {
        let previous = inner(before.line());
        return previous.trim_ascii().is_empty()
            || previous.starts_with(b" ")
            || previous.starts_with(b"\t")
            || previous.starts_with(b"Traceback (")
            || (before.has_header() && !(is_request(previous) && before.lacks_level()));
    }
    is_util_logging(line) && before.lacks_level()
}

/// The line of an access log: what is thrown below it, the next request has thrown.
fn is_request(line: &[u8]) -> bool {
    memchr::memmem::find_iter(line, b"HTTP/").any(|at| {
        let behind = line.get(at + 5..).unwrap_or_default();
        let version = behind.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let opened = at > 0 && line.get(at - 1) == Some(&b'(');
        version > 0 && (opened || behind.get(version) == Some(&b'"'))
    })
}

/// Starts that only a continuation has.
const ALWAYS: [&[u8]; 18] = [
    b"Caused by:",
    b"Suppressed:",
    b"During handling of the above",
    b"The above exception was the direct",
    b"... ",
    b"stack backtrace:",
    b"created by ",
    b"note: run with `RUST_BACKTRACE",
    b"note: Some details are omitted",
    b"[signal SIG",
    b"Stack trace:",
    b"Stack Trace:",
    b"Node.js v",
    b"\\t",
    b"(Background on this error at: ",
    b"[SQL: ",
    b"[parameters: ",
    b"}",
];

/// Whether the line begins as only a continuation does. Most lines begin with a digit, and none of these.
fn always(line: &[u8]) -> bool {
    !line.first().is_some_and(u8::is_ascii_digit) && ALWAYS.iter().any(|start| line.starts_with(start))
}

/// `goroutine 17 [running]:`, `#0 {main}`, `main.main()` has a frame's position indented on the next line.
fn is_frame(line: &[u8]) -> bool {
    if let Some(rest) = line.strip_prefix(b"goroutine ") {
        return rest.first().is_some_and(u8::is_ascii_digit);
    }
    // Ruby: `app/models/user.rb:10:in 'show'`
    let head = line.get(..line.len().min(300)).unwrap_or_default();
    let word = head.get(..memchr::memchr(b' ', head).unwrap_or(head.len())).unwrap_or_default();
    if let Some(at) = word.strip_suffix(b":in").and_then(|place| memchr::memmem::find(place, b".rb:")) {
        let digits = word.get(at + 4..word.len() - 3).unwrap_or_default();
        if head.len() > word.len() && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
            return true;
        }
    }
    matches!(line, [b'#', digit, tail @ ..] if digit.is_ascii_digit()
        && tail.iter().find(|byte| !byte.is_ascii_digit()) == Some(&b' '))
}

/// `PID     : 17`, `MESSAGE : no path`: name and value of a field in Db2's diagnostic log.
#[must_use]
pub fn db2_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    const NAMES: [&[u8]; 18] = [
        b"PID",
        b"EDUID",
        b"EDUNAME",
        b"APPHDL",
        b"APPID",
        b"AUTHID",
        b"HOSTNAME",
        b"INSTANCE",
        b"FUNCTION",
        b"MESSAGE",
        b"RETCODE",
        b"CALLED",
        b"OSERR",
        b"CALLSTCK",
        b"START",
        b"STOP",
        b"CHANGE",
        b"DATA",
    ];
    let colon = [8, 7].into_iter().find(|at| line.get(*at..at + 2) == Some(b": "))?;
    let name = line.get(..colon)?.split(|byte| *byte == b' ').next()?;
    Some((name, line.get(colon + 2..)?)).filter(|_| NAMES.contains(&name))
}

/// What only goes on with the line before it.
fn goes_with(before: &[u8], line: &[u8]) -> bool {
    let begins_db2 = || {
        let head = before.get(..before.len().min(80)).unwrap_or_default();
        memchr::memmem::find(head, b" LEVEL: ").is_some()
    };
    if db2_field(line).is_some() && (db2_field(before).is_some() || begins_db2()) {
        return true;
    }
    // Rust: the message stands below the place.
    if before.ends_with(b":")
        && before.starts_with(b"thread '")
        && memchr::memmem::find(before, b"panicked at").is_some()
    {
        return true;
    }
    // Node begins with the place and its source.
    if is_place(before) {
        return true;
    }
    // Erlang's reports, logcat's long form: the text stands below the header.
    if (before.starts_with(b"=") && memchr::memmem::find(before, b" REPORT==== ").is_some())
        || (line.starts_with(b"** ") && before.starts_with(b"** "))
        || before.starts_with(b"Error in process <")
        || (before.starts_with(b"[ ") && before.ends_with(b" ]") && before.get(2).is_some_and(u8::is_ascii_digit))
    {
        return !line.starts_with(b"=");
    }
    let indented = matches!(before, [b' ' | b'\t', ..]);
    // Go: a function's place is indented below it.
    let frames = matches!(before, [b'\t', ..]);
    if (frames || before.starts_with(b"goroutine ")) && (is_call(line) || line.starts_with(b"exit status ")) {
        return true;
    }
    // Erlang and Elixir.
    (before.ends_with(b":") && matches!(line, [b'{', letter, ..] if letter.is_ascii_lowercase()))
        || (line.starts_with(b"Last message") && (indented || before.starts_with(b"** (")))
        || (line.starts_with(b"State: ") && before.starts_with(b"Last message"))
        || (line.starts_with(b"Client #PID<") && (indented || before.starts_with(b"State: ")))
        || (line.starts_with(b"Function: #Function<") && indented)
        || goes_with_php(before, line)
}

/// The second line of a message, and the exception that was thrown because of the one above.
fn goes_with_php(before: &[u8], line: &[u8]) -> bool {
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let file = line.get(..line.len() - digits).unwrap_or_default();
    (before.trim_ascii().is_empty() && line.strip_prefix(b"Next ").is_some_and(is_failure_line))
        || (digits > 0
            && file.ends_with(b".php:")
            && memchr::memmem::find(file, b" in /").is_some()
            && memchr::memmem::find(before, b"Uncaught ").is_some()
            && memchr::memmem::find(before, b".php:").is_none())
}

/// A thread that ended, or the frames of an exception whose cause follows.
fn goes_before_ruby_crash(before: &[u8]) -> bool {
    before.starts_with(b"\tfrom ") || before.starts_with(b"#<Thread:")
}

/// `/srv/app/index.js:3`, `node:assert:90`
fn is_place(line: &[u8]) -> bool {
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(file) = line.get(..line.len() - digits).and_then(|line| line.strip_suffix(b":")) else { return false };
    let known =
        file.starts_with(b"node:") || [&b".js"[..], b".mjs", b".cjs", b".ts"].iter().any(|end| file.ends_with(end));
    digits > 0 && known && file.len() < 300 && !file.contains(&b' ')
}

/// `main.(*Server).handle(0x0, {0x4b2d40, 0xc0000})`
fn is_call(line: &[u8]) -> bool {
    let name = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_./*()-[]~".contains(byte)).count();
    let name = line.get(..name).unwrap_or_default();
    (line.ends_with(b")") || line.ends_with(b"(...)")) && name.contains(&b'.') && name.contains(&b'(')
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
    matches!(tail, [] | [b':' | b'\r', ..] | [b' ', b'[', b'E', b'R', b'R', b'_', ..])
        && ends.iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// `httpx.ReadTimeout: timed out`: a class in a module, and no sentence.
fn is_class_line(line: &[u8]) -> bool {
    let length =
        line.iter().take(200).take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')).count();
    let Some((name, tail)) = line.split_at_checked(length) else { return false };
    let mut parts = name.rsplit(|byte| *byte == b'.');
    let class = parts.next().is_some_and(|class| class.first().is_some_and(u8::is_ascii_uppercase));
    let module = parts.next().is_some_and(|module| module.first().is_some_and(u8::is_ascii_lowercase));
    matches!(tail, [] | [b'\r'] | [b':', b' ', ..]) && class && module
}

/// Some programs indent every line; a date there starts a record.
fn stamped_after_blanks(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    // Zabbix: the process stands before.
    let process = line.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
    let after = line.get(process..).unwrap_or_default();
    has_shape(line, b"0000-00-00 00:") || has_shape(after, b":00000000:000000.") || begins_with_level(line)
}

/// `   INFO 2025-12-04 14:30:22`: levels in a column of their own, set flush right.
fn begins_with_level(line: &[u8]) -> bool {
    const STAMPS: [&[u8]; 3] = [b"0000-00-00 00:00:00", b"00-00-0000 00:00:00", b"00-00-00 00:00:00"];
    let length = line.iter().take(10).take_while(|byte| byte.is_ascii_uppercase()).count();
    let (word, behind) = line.split_at_checked(length).unwrap_or_default();
    let behind = behind.strip_prefix(b":").unwrap_or(behind).trim_ascii_start();
    let behind = behind.strip_prefix(b"[").unwrap_or(behind);
    level::word(word).is_some() && STAMPS.iter().any(|stamp| has_shape(behind, stamp))
}

fn has_shape(line: &[u8], shape: &[u8]) -> bool {
    line.get(..shape.len()).is_some_and(|text| {
        text.iter().zip(shape).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'-' => matches!(byte, b'-' | b'/'),
            b' ' => matches!(byte, b' ' | b'T'),
            shape => byte == shape,
        })
    })
}

/// Whether the container's runtime has cut the line, and the next one goes on.
fn is_partial(line: &[u8]) -> bool {
    if let Some(text) = line.strip_prefix(DOCKER) {
        return memchr::memmem::find(text, b"\",\"")
            .is_some_and(|end| !text.get(..end).unwrap_or_default().ends_with(b"\\n"));
    }
    let Some((_, rest)) = stream(line) else { return false };
    rest.starts_with(b"P ")
}

/// Docker's own files: the text is the first key.
const DOCKER: &[u8] = b"{\"log\":\"";

/// The text that a container wrote, where the runtime stamped the line: `<time> stdout F <text>`, or JSON.
fn inner(line: &[u8]) -> &[u8] {
    if let Some(text) = line.strip_prefix(DOCKER) {
        let end = memchr::memmem::find(text, b"\",\"").unwrap_or(text.len());
        let text = text.get(..end).unwrap_or_default();
        return text.strip_suffix(b"\\n").unwrap_or(text);
    }
    match stream(line) {
        Some((_, [b'F' | b'P', b' ', text @ ..])) => text,
        _ => line,
    }
}

/// The stamp, and what follows the name of the stream.
fn stream(line: &[u8]) -> Option<(&[u8], &[u8])> {
    // 2025-12-04T14:30:22.123456789Z
    if line.get(10) != Some(&b'T') || !line.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let head = line.get(..line.len().min(41)).unwrap_or_default();
    memchr::memchr_iter(b' ', head).find_map(|at| {
        let after = line.get(at + 1..)?;
        let text = after.strip_prefix(b"stdout ").or_else(|| after.strip_prefix(b"stderr "))?;
        Some((line.get(..at)?, text))
    })
}

#[cfg(test)]
mod tests;
