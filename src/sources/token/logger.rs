//! Judges whether a word of a header is a logger's name.

use super::Token;

impl Token<'_> {
    /// `streamtv.db:`, `c.e.Foo` before ` - `, `org.example.Main`; not `TimeoutError:`, which is what happened.
    pub(in crate::sources) fn is_logger(&self) -> bool {
        let far = uncoloured(self.after).trim_ascii_start();
        let ended = self.text.strip_suffix(b":");
        let class = ended.is_none() && self.is_class();
        let separated = self.is_separated();
        // Most words of a sentence are no more than that.
        if ended.is_none() && !class && !separated {
            return false;
        }
        let name = ended.unwrap_or(self.text);
        let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-:/$@#*[]<>()={}".contains(byte);
        // Not an address.
        let number = || name.iter().all(|byte| byte.is_ascii_digit() || *byte == b'#');
        name.first().is_some_and(|byte| !byte.is_ascii_digit() || number())
            && name.len() <= 96
            && name.iter().all(in_name)
            && (separated || class || is_name(name, far))
            && !says_what_happened(name)
    }

    /// Whether a sign stands between the name and what follows it.
    pub(in crate::sources) fn is_separated(&self) -> bool {
        let after = uncoloured(self.after);
        sign_follows(after)
            || (self.is_process() && after.starts_with(b" ["))
            || (after.len() < self.after.len() && after.starts_with(b":"))
    }

    /// `org.example.Main`, `cmd/main.go:12`: a name of several parts, each of which begins with a letter.
    pub(in crate::sources) fn is_class(&self) -> bool {
        let letters = |part: &[u8]| {
            part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
                && part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'<' | b'>'))
        };
        // `Microsoft.Hosting.Lifetime[14]`
        let mut name = self.text;
        if self.is_process() && self.text.first().is_some_and(u8::is_ascii_uppercase) {
            name = name.get(..memchr::memrchr(b'[', name).unwrap_or_default()).unwrap_or_default();
        }
        let dotted = || name.contains(&b'.') && name.split(|byte| *byte == b'.').all(letters);
        let place = || {
            let line = self.text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            line > 0 && self.text.get(..self.text.len() - line).is_some_and(|file| file.ends_with(b":"))
        };
        // A column of its own.
        let column = || self.text.len() > 2 && self.text.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
        // Python's `__main__`.
        let special = || self.text.len() > 4 && self.text.starts_with(b"__") && self.text.ends_with(b"__");
        match self.after {
            [b'\t', ..] => place(),
            [b' ', b' ', ..] => column() || dotted() || special(),
            [b' ', ..] => dotted() || special(),
            _ => false,
        }
    }
}

fn sign_follows(after: &[u8]) -> bool {
    const SIGNS: [&[u8]; 6] = [b"- ", b": ", b"-- ", b"--- ", b"[-] ", b"[req-"];
    let far = after.trim_ascii_start();
    let signed = matches!(far.first(), Some(b'-' | b':' | b'[')) && SIGNS.iter().any(|sign| far.starts_with(sign));
    signed || after.starts_with(b"|") || (after.starts_with(b" ") && far.starts_with(b"| "))
}

/// Whether what ends with a colon is a logger's name. `maxRetry: 3` is a message; so is what is one capitalised word,
/// `Timeout: 5 s`.
fn is_name(name: &[u8], far: &[u8]) -> bool {
    let humps = name.windows(2).any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    let class = name.first().is_some_and(u8::is_ascii_uppercase) && humps;
    let plain = || {
        !humps
            && name.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
            && !matches!(far.first(), Some(b'"' | b'\'' | b'[' | b'{'))
            // Before a single name or value it is what was said of it.
            && (far.trim_ascii_end().contains(&b' ') || far.trim_ascii_end().iter().all(u8::is_ascii_alphabetic))
            && far.windows(3).take(48).any(|three| three.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80))
    };
    class || name.iter().any(|byte| b"./$@#*[:{".contains(byte)) || plain()
}

/// `TimeoutError`: no logger.
fn says_what_happened(name: &[u8]) -> bool {
    const ENDS: [&[u8]; 8] =
        [b"Error", b"Exception", b"Warning", b"Failure", b"Failed", b"failed", b"error", b"imeout"];
    ENDS.iter().any(|end| name.ends_with(end)) && !name.contains(&b'.') && memchr::memmem::find(name, b"::").is_none()
}

/// Without colours at its beginning.
fn uncoloured(mut text: &[u8]) -> &[u8] {
    while let Some(tail) = text.strip_prefix(b"\x1b[") {
        let Some(end) = tail.iter().take(16).position(u8::is_ascii_alphabetic) else { break };
        text = tail.get(end + 1..).unwrap_or_default();
    }
    text
}
