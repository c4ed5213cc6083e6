//! What an event is about: the host, file or name in its message by which a person tells two cases of one incident
//! apart.

use std::collections::BTreeMap;
use std::ops::Range;

use super::signature::Signature;

/// So many targets of one incident are told apart.
const MOST: usize = 64;
/// A longer one is cut.
const LONGEST: usize = 128;

/// One of the things that events of an incident are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Redacted and escaped.
    pub name: String,
    /// This run's events.
    pub count: u64,
}

/// Counts the targets of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Targets(BTreeMap<String, u64>);

impl Targets {
    /// Counts the target of a message that was redacted, and whose signature this is.
    pub fn add(&mut self, message: &str, signature: &Signature) {
        let Some(target) = target(message.as_bytes(), &signature.values) else { return };
        let Ok(name) = std::str::from_utf8(target) else { return };
        if let Some(count) = self.0.get_mut(name) {
            *count += 1;
        } else if self.0.len() < MOST {
            self.0.insert(name.to_owned(), 1);
        }
    }

    pub fn absorb(&mut self, other: Self) {
        for (name, count) in other.0 {
            if self.0.len() < MOST || self.0.contains_key(&name) {
                *self.0.entry(name).or_default() += count;
            }
        }
    }

    /// The most frequent first.
    pub fn finish(self) -> Vec<Target> {
        let mut all: Vec<_> = self.0.into_iter().map(|(name, count)| Target { name, count }).collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        all
    }
}

/// The most telling value of a message: an address before a path before any other name.
fn target<'a>(message: &'a [u8], values: &[Range<usize>]) -> Option<&'a [u8]> {
    let mut best: Option<(u8, &[u8])> = None;
    for value in values {
        let start = host_before(message, value).unwrap_or(value.start);
        let text = message.get(start..value.end)?.trim_ascii();
        let text = unquoted(unquoted(text, b'"'), b'\'');
        let rank = rank(text);
        if rank > 0 && best.is_none_or(|(known, _)| rank > known) {
            best = Some((rank, text));
        }
    }
    best.map(|(_, text)| text)
}

/// Where the host begins whose port the value is: `db:5432`.
fn host_before(message: &[u8], port: &Range<usize>) -> Option<usize> {
    let digits = message.get(port.clone())?;
    if digits.len() < 2 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let before = message.get(..port.start)?.strip_suffix(b":")?;
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let length = before.iter().rev().take_while(name).count();
    (length > 0).then(|| before.len() - length)
}

fn unquoted(text: &[u8], quote: u8) -> &[u8] {
    match text {
        [first, inside @ .., last] if *first == quote && *last == quote => inside,
        _ => text,
    }
}

/// How much a value tells; 0 for numbers and what is no name.
fn rank(text: &[u8]) -> u8 {
    let first = text.first().copied().unwrap_or_default();
    let blanks = text.iter().any(|byte| matches!(byte, b' ' | b'\t'));
    let dots = memchr::memchr_iter(b'.', text).count();
    let colon = memchr::memchr(b':', text).is_some();
    let numeric = text.iter().all(|byte| byte.is_ascii_digit() || b".:".contains(byte));
    if blanks || text.is_empty() || text.len() > LONGEST {
        return 0;
    }
    let port = text.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    if colon && (2..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit) && (dots > 0 || !numeric) {
        return 5;
    }
    if memchr::memmem::find(text, b"://").is_some() || (numeric && dots == 3) {
        return 4;
    }
    if matches!(first, b'/' | b'~') || (dots > 0 && !numeric && first.is_ascii_alphabetic()) {
        return 3;
    }
    let name =
        first.is_ascii_alphabetic() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-@/.:".contains(byte));
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    if name && digits * 2 < text.len() && text.len() > 1 { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> Option<&str> {
        let mut signature = Signature::default();
        signature.of(message.as_bytes());
        target(message.as_bytes(), &signature.values).map(|found| std::str::from_utf8(found).unwrap())
    }

    #[test]
    fn the_most_telling_value_is_the_target() {
        for (message, expected) in [
            ("connect to db:5432 failed: Connection refused", Some("db:5432")),
            ("[Errno 111] Connect call failed ('10.0.0.1', 5432)", Some("10.0.0.1")),
            ("127.0.0.1:8090: Connection refused (attempt 1 of 3)", Some("127.0.0.1:8090")),
            ("open() \"/srv/www/a.html\" failed (2: No such file or directory)", Some("/srv/www/a.html")),
            ("GET https://archive.org/x took 3 s", Some("https://archive.org/x")),
            ("relation \"users\" does not exist", Some("users")),
            ("worker 12 died after 1.5s", None),
            ("", None),
        ] {
            assert_eq!(of(message), expected, "{message}");
        }
    }

    #[test]
    fn targets_are_counted_and_bounded() {
        let mut targets = Targets::default();
        let mut signature = Signature::default();
        for number in 0..1000 {
            let message = format!("connect to 10.0.{}.{} failed", number / 250, number % 2);
            signature.of(message.as_bytes());
            targets.add(&message, &signature);
        }
        let all = targets.finish();
        assert_eq!(all.len(), 8);
        assert_eq!(all.iter().map(|target| target.count).sum::<u64>(), 1000);
    }

    proptest::proptest! {
        #[test]
        fn any_message_is_fine(message: Vec<u8>) {
            let mut signature = Signature::default();
            signature.of(&message);
            let _ = target(&message, &signature.values);
        }
    }
}
