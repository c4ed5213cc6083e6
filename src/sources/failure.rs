//! Words by which a message says that something failed, where the line names no level.

/// Whether the message itself says that something broke, in words that no other message begins with.
#[must_use]
pub fn opens_failure(message: &[u8]) -> bool {
    const OPENERS: [&[u8]; 9] = [
        b"Traceback (most recent call last)",
        b"Exception in thread ",
        b"Unhandled exception",
        b"Unhandled Exception",
        b"Uncaught ",
        b"panic: ",
        b"PHP Fatal error",
        b"PHP Parse error",
        b"+ Exception Group Traceback (most recent",
    ];
    let message = message.trim_ascii_start();
    // Few lines begin with the right letter: the texts themselves are compared for those only.
    match message.first() {
        Some(b'T' | b'E' | b'U' | b'p' | b'P' | b'+') if OPENERS.iter().any(|opener| message.starts_with(opener)) => {
            true
        }
        Some(b't') if is_rust_panic(message) => true,
        Some(b'*') => is_elixir_crash(message),
        _ => is_ruby_crash(message),
    }
}

/// `thread 'main' panicked at src/main.rs:8:5:`
fn is_rust_panic(line: &[u8]) -> bool {
    let head = line.get(..256.min(line.len())).unwrap_or_default();
    line.starts_with(b"thread '") && memchr::memmem::find(head, b"panicked at").is_some()
}

/// `** (RuntimeError) it broke`
fn is_elixir_crash(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"** (") else { return false };
    let name = rest.get(..memchr::memchr(b')', rest.get(..160.min(rest.len())).unwrap_or_default()).unwrap_or(0));
    name.is_some_and(is_error_class)
}

/// ``app/order.rb:8:in `find': could not load order 42 (OrderError)``: the first line of what Ruby ends with.
#[must_use]
pub(super) fn is_ruby_crash(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Some(text) = line.strip_suffix(b")") else { return false };
    let Some(at) = memchr::memmem::find(text.get(..300.min(text.len())).unwrap_or_default(), b".rb:") else {
        return false;
    };
    let place = text.get(at + 4..).unwrap_or_default();
    let digits = place.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let method = place.get(digits..).and_then(|rest| rest.strip_prefix(b":in "));
    let told = method.is_some_and(|rest| memchr::memmem::find(rest, b"': ").is_some());
    let class = memchr::memmem::rfind(text, b" (").and_then(|open| text.get(open + 2..));
    digits > 0 && told && class.is_some_and(|class| is_error_class(class) || class.starts_with(b"Errno::"))
}

/// `OrderError`, `Net::OpenTimeoutError`, `Elixir.Shop.CartError`
fn is_error_class(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.:".contains(byte))
        && (name.ends_with(b"Error") || name.ends_with(b"Exception"))
}

/// Whether a message without a level, of a line with a time or without, says that something failed. Precision goes
/// first: only what a person would call an error wherever it stands.
#[must_use]
pub fn tells_failure(message: &[u8], stamped: bool) -> bool {
    // In what a program prints for a person these are as often remarks.
    const STAMPED: [&[u8]; 3] = [b"unable to ", b"could not ", b"cannot "];
    const BEGINS: [&[u8]; 6] = [
        b"failed to ",
        b"failed with result ",
        b"segmentation fault",
        b"segfault at ",
        b"out of memory",
        b"kernel panic",
    ];
    let message = message.trim_ascii_start();
    let begins = |start: &&[u8]| message.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    opens_failure(message)
        || BEGINS.iter().any(begins)
        || (stamped && STAMPED.iter().any(begins))
        || is_exception(message)
        || oracle_code(message).is_some_and(|number| number > 0)
        || states_failure(message)
}

/// `java.io.IOException: Connection refused`, `ValueError: x`, `AssertionError [ERR_ASSERTION]: x`.
#[must_use]
pub fn is_exception(message: &[u8]) -> bool {
    let length = message
        .iter()
        .take(160)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'))
        .count();
    let Some((name, tail)) = message.split_at_checked(length).filter(|(_, tail)| matches!(tail, [b':' | b' ', ..]))
    else {
        return false;
    };
    let class = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    (tail.starts_with(b": ") || tail.starts_with(b" [ERR_"))
        && class.first().is_some_and(u8::is_ascii_uppercase)
        && [&b"Error"[..], b"Exception"].iter().any(|end| class.len() > end.len() + 1 && class.ends_with(end))
}

/// The number of `ORA-00060:` and `TNS-12541:`, which Oracle's programs write for what went wrong.
#[must_use]
pub(super) fn oracle_code(message: &[u8]) -> Option<u32> {
    let digits = message.strip_prefix(b"ORA-").or_else(|| message.strip_prefix(b"TNS-"))?;
    let number = digits.get(..5).filter(|number| number.iter().all(u8::is_ascii_digit))?;
    (digits.get(5) == Some(&b':')).then(|| number.iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0')))
}

/// What systemd and the kernel say in the middle of a line.
fn states_failure(message: &[u8]) -> bool {
    let head = message.get(..message.len().min(256)).unwrap_or_default();
    memchr::memchr2_iter(b':', b'(', head).any(|at| {
        let (before, after) = head.split_at_checked(at).unwrap_or_default();
        after.starts_with(b": Failed with result '")
            || after.starts_with(b": segfault at ")
            || (after.starts_with(b"(device ") && before.ends_with(b" error "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_tells_a_failure() {
        for text in [
            "Failed to start nginx.service - A high performance web server.",
            "failed to open stream",
            "nginx.service: Failed with result 'exit-code'.",
            "EXT4-fs error (device sda1): ext4_lookup:1601",
            "app[17]: segfault at 0 ip 00007f sp 00007f error 4 in app",
            "Out of memory: Killed process 17 (java)",
            "Could not resolve host: example.com",
            "Cannot assign requested address",
            "Unable to connect to the database",
            "java.io.IOException: Connection refused",
            "ValueError: invalid literal",
            "ORA-00060: Deadlock detected.",
            "TNS-12541: TNS:no listener",
            "requests.exceptions.ConnectionError: refused",
            "** (RuntimeError) it broke",
            "app/order.rb:8:in `rescue in find': could not load order 42 (OrderError)",
            "app/order.rb:8:in 'Repo#read': No such file or directory @ rb_sysopen - x (Errno::ENOENT)",
        ] {
            assert!(tells_failure(text.as_bytes(), true), "{text}");
        }
    }

    #[test]
    fn a_message_that_tells_none() {
        for text in [
            "Failed password for root from 10.0.0.1 port 22 ssh2",
            "failed: 0",
            "0 failed",
            "no exception: all is well",
            "Exception: none",
            "ErrorHandler: started",
            "errors=0",
            "corrected error count 0 (device sda)",
            "GET /error HTTP/1.1",
            "failedlogins plugin loaded",
            "handled ValueError: x",
            "** (exit) normal",
            "ORA-00000: normal, successful completion",
            "ORA-1: x",
            "app/order.rb:8:in `find'",
            "app/order.rb:8: warning: unused variable (see IOError)",
            "Error reporting enabled",
            "retry after failed to is a phrase",
        ] {
            assert!(!tells_failure(text.as_bytes(), true), "{text}");
        }
        assert!(!tells_failure(b"unable to initialize frontend: Dialog", false));
    }
}
