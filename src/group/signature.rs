//! The constant words of a message: what the statement that wrote it said, without what was filled in.

use std::ops::Range;

use super::shape::{self, Shape};

/// So many bytes of a message are looked at.
pub(super) const MAX_BYTES: usize = 2048;
/// So many words and values of it.
const MAX_PARTS: usize = 128;
/// A quoted or bracketed value ends within so many bytes.
const REACH: usize = 512;
/// Stands for a value where a person reads it.
pub(super) const SLOT: &str = "<*>";
/// Stands for a value in a key.
pub(super) const VALUE: u8 = 1;
/// Ends a word in a key.
pub(super) const END: u8 = 2;
/// Ends a word that names a function, before a colon.
pub(super) const TAG: u8 = 3;

/// A word or a value of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Bytes of the message.
    pub range: Range<usize>,
    pub value: bool,
}

/// The signature of one message. One is used for many messages, so that none costs an allocation.
#[derive(Debug, Default)]
pub(super) struct Signature {
    /// Words, each followed by [`END`]; values, runs of which are one [`VALUE`]. Punctuation does not count.
    pub key: Vec<u8>,
    pub parts: Vec<Part>,
    /// Each value by itself.
    pub values: Vec<Range<usize>>,
}

impl Signature {
    /// Reads `message`.
    pub fn of(&mut self, message: &[u8]) {
        self.key.clear();
        self.parts.clear();
        self.values.clear();
        let message = without_context(message.get(..message.len().min(MAX_BYTES)).unwrap_or_default());
        self.read(message, false);
        // Where all is filled in, at least the names tell the statement.
        if self.parts.len() == 1 && self.key == [VALUE] && message.iter().any(u8::is_ascii_alphabetic) {
            self.key.clear();
            self.parts.clear();
            self.values.clear();
            self.read(message, true);
        }
    }

    fn read(&mut self, message: &[u8], names: bool) {
        let mut reader = Reader { text: message, at: 0, names, out: self };
        while reader.out.parts.len() + reader.out.values.len() < MAX_PARTS && reader.step() {}
    }

    fn word(&mut self, text: &[u8], range: Range<usize>) {
        let word = text.get(range.clone()).unwrap_or_default();
        // A function's name before what it says.
        let tag =
            memchr::memchr(b'_', word).is_some() && text.get(range.end..).is_some_and(|rest| rest.starts_with(b": "));
        // Who wrote it is no part of what was said.
        if self.begins() {
            self.key.clear();
        }
        self.key.extend_from_slice(word);
        self.key.push(if tag { TAG } else { END });
        self.parts.push(Part { range, value: false });
    }

    fn value(&mut self, range: Range<usize>) {
        self.values.push(range.clone());
        if self.key.last() == Some(&VALUE) {
            if let Some(last) = self.parts.last_mut() {
                last.range.end = range.end;
            }
            return;
        }
        self.key.push(VALUE);
        self.parts.push(Part { range, value: true });
    }

    /// No word was read yet.
    fn begins(&self) -> bool {
        self.key.is_empty() || self.key == [VALUE]
    }

    fn last_is_value(&self) -> bool {
        self.key.last() == Some(&VALUE)
    }
}

/// Without a word in brackets at the end: it says where a program was, and stands behind any of its messages.
fn without_context(message: &[u8]) -> &[u8] {
    let Some(inside) = message.trim_ascii_end().strip_suffix(b"]") else { return message };
    let letters = inside.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
    match inside.get(..inside.len() - letters).and_then(|head| head.strip_suffix(b" [")) {
        Some(head) if letters > 1 && !head.trim_ascii().is_empty() => head,
        _ => message,
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Names without digits are words, whatever their shape.
    names: bool,
    out: &'a mut Signature,
}

/// What a byte may be part of.
const fn in_word(byte: u8) -> bool {
    !matches!(
        byte,
        0..=b' '
            | 0x7f
            | b'"'
            | b'\''
            | b'`'
            | b'('
            | b')'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'<'
            | b'>'
            | b'='
            | b':'
            | b','
            | b';'
            | b'|'
    )
}

static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let is = in_word(byte as u8);
        table[byte] = is;
        byte += 1;
    }
    table
};

impl Reader<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b' ')
    }

    /// Takes the next word, value or mark. `false` at the end.
    fn step(&mut self) -> bool {
        let Some(&byte) = self.text.get(self.at) else { return false };
        match byte {
            b'"' => self.quoted(b'"'),
            b'\'' | b'`' => self.quoted(b'\''),
            b'=' => self.assigned(),
            b'[' if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b"[REDACTED")) => self.bracketed(),
            b'<' if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(SLOT.as_bytes())) => {
                self.out.value(self.at..self.at + SLOT.len());
                self.at += SLOT.len();
            }
            0x1b => self.colour(),
            _ if IN_WORD[usize::from(byte)] => self.run(),
            b':' if self.byte(self.at + 1) == b':' && self.is_colon_value() => {}
            b':' => self.glued(),
            b'<' | b'(' if self.unknown() => {}
            b'[' if self.filled_bracket() => {}
            _ => self.at += 1,
        }
        true
    }

    fn colour(&mut self) {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().take(16).position(u8::is_ascii_alphabetic).map_or(0, |at| at + 1);
        self.at += 1 + if rest.first() == Some(&b'[') { length } else { 0 };
    }

    /// A quoted text is a value, but for a key of JSON.
    fn quoted(&mut self, close: u8) {
        let start = self.at;
        self.at += 1;
        let before = if start == 0 { b' ' } else { self.byte(start - 1) };
        if close == b'\'' && (before.is_ascii_alphanumeric() || self.byte(self.at) == b' ') {
            return;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut from = 0;
        while let Some(at) = memchr::memchr(close, rest.get(from..rest.len().min(REACH)).unwrap_or_default()) {
            let end = from + at;
            from = end + 1;
            let after = rest.get(from).copied().unwrap_or(b' ');
            let escaped = end > 0 && rest.get(end - 1) == Some(&b'\\');
            if escaped || (close == b'\'' && after.is_ascii_alphanumeric()) {
                continue;
            }
            // `"key": value` of JSON, but for a quoted text that the sentence goes on from.
            let key = close == b'"'
                && after == b':'
                && end > 0
                && rest.get(..end).is_some_and(|text| text.iter().all(|byte| IN_WORD[usize::from(*byte)]));
            if key && self.begins_pair(start) {
                self.out.word(self.text, start + 1..start + 1 + end);
                self.at = start + 1 + from;
                return;
            }
            self.out.value(start..start + 1 + from);
            self.at = start + 1 + from;
            return;
        }
    }

    /// `{"key"`, `, "key"`
    fn begins_pair(&self, start: usize) -> bool {
        let before = self.text.get(..start).unwrap_or_default();
        matches!(before.trim_ascii_end(), [.., b'{' | b',' | b'[' | b'}'])
    }

    /// `n.state:LOOKING`, `tcp:10.0.0.1`: what a colon without a blank joins to a name.
    fn glued(&mut self) {
        let start = self.at + 1;
        let before = if self.at == 0 { b' ' } else { self.byte(self.at - 1) };
        let after = self.byte(start);
        self.at = start;
        if !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-')) || !after.is_ascii_alphanumeric() {
            return;
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| !IN_WORD[usize::from(*byte)] && *byte != b':').unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default();
        // `Class::method`, and `a:b: c` of nested messages.
        if memchr::memmem::find(text, b"::").is_none() && !text.ends_with(b":") {
            self.out.value(start..start + length);
            self.at = start + length;
        }
    }

    /// `servlet [jsp] in path [x]`: one word in brackets within a sentence.
    fn filled_bracket(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().take(REACH).take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let before = if self.at == 0 { b'[' } else { self.byte(self.at - 1) };
        let within = before == b' ' && self.out.key.last().is_some_and(|last| *last != VALUE);
        if length == 0 || rest.get(length) != Some(&b']') || !within {
            return false;
        }
        self.out.value(self.at..self.at + length + 2);
        self.at += length + 2;
        true
    }

    /// `<unknown>`, `(none)`
    fn unknown(&mut self) -> bool {
        const NOTHING: [&[u8]; 8] =
            [b"<unknown>", b"(unknown)", b"<none>", b"(none)", b"<null>", b"(null)", b"<empty>", b"(empty)"];
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(found) = NOTHING.iter().find(|nothing| rest.starts_with(nothing)) else { return false };
        self.out.value(self.at..self.at + found.len());
        self.at += found.len();
        true
    }

    /// What stands right behind `=`.
    fn assigned(&mut self) {
        self.at += 1;
        let start = self.at;
        let before = if start < 2 { b' ' } else { self.byte(start - 2) };
        if matches!(self.byte(start), b'=' | b'>')
            || !(IN_WORD[usize::from(before)] || matches!(before, b'"' | b')' | b']'))
        {
            return;
        }
        match self.byte(start) {
            b'"' | b'\'' => self.quoted(self.byte(start)),
            b' ' | b'\t' if start >= self.text.len() || !self.is_spaced_assignment(start) => {
                self.out.value(start..start);
            }
            b' ' | b'\t' => {}
            b'[' | b'{' | b'(' | b'<' => self.bracketed(),
            _ => {
                while self.at < self.text.len()
                    && !matches!(
                        self.byte(self.at),
                        b' ' | b'\t' | b',' | b';' | b')' | b']' | b'}' | b'|' | b'&' | b'"'
                    )
                {
                    if matches!(self.byte(self.at), b'(' | b'[' | b'{') {
                        let from = self.at;
                        self.skip_brackets();
                        if self.at == from {
                            break;
                        }
                    } else {
                        self.at += 1;
                    }
                }
                self.out.value(start..self.at);
            }
        }
    }

    /// `a= b= c`: the next word is a key again, so this one has no value.
    fn is_spaced_assignment(&self, start: usize) -> bool {
        let rest = self.text.get(start..).unwrap_or_default();
        let rest = rest.trim_ascii_start();
        let word = rest.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        word > 0 && rest.get(word) != Some(&b'=')
    }

    fn bracketed(&mut self) {
        let start = self.at;
        self.skip_brackets();
        if self.at == start {
            self.at += 1;
        } else {
            self.out.value(start..self.at);
        }
    }

    /// Over a bracket and what it holds; stays where none closes it.
    fn skip_brackets(&mut self) {
        let mut depth = 0_usize;
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (at, byte) in rest.iter().take(REACH).enumerate() {
            match byte {
                b'(' | b'[' | b'{' | b'<' => depth += 1,
                b')' | b']' | b'}' | b'>' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.at += at + 1;
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// A run of bytes that may be one word.
    fn run(&mut self) {
        if self.is_colon_value() {
            return;
        }
        let start = self.at;
        let mut end = start;
        while end < self.text.len() {
            let byte = self.byte(end);
            // `don't`
            let inner = byte == b'\''
                && self.byte(end + 1).is_ascii_alphabetic()
                && end > start
                && self.byte(end - 1).is_ascii_alphabetic();
            if !IN_WORD[usize::from(byte)] && !inner {
                break;
            }
            end += 1;
        }
        let text = self.text;
        if text.get(end..).is_some_and(|rest| rest.starts_with(b"://")) {
            let stop = |byte: &u8| matches!(byte, 0..=b' ' | b'"' | b'\'' | b'<' | b'>' | b'`');
            let rest = text.get(end..).unwrap_or_default();
            end += rest.iter().position(stop).unwrap_or(rest.len());
            while end > start && matches!(self.byte(end - 1), b'.' | b',' | b')' | b';' | b':' | b']' | b'}') {
                end -= 1;
            }
            self.out.value(start..end);
            self.at = end;
            return;
        }
        self.at = end;
        let range = trimmed(text, start, end);
        let Some(word) = text.get(range.clone()).filter(|word| !word.is_empty()) else { return };
        // `C:\Windows\x.dll`
        if word.len() == 1
            && word.first().is_some_and(u8::is_ascii_alphabetic)
            && text.get(end..).is_some_and(|rest| rest.starts_with(b":\\") || rest.starts_with(b":/"))
        {
            let rest = text.get(end + 1..).unwrap_or_default();
            self.at = end + 1 + rest.iter().position(|byte| !IN_WORD[usize::from(*byte)]).unwrap_or(rest.len());
            self.out.value(start..self.at);
            return;
        }
        let named = self.names && word.iter().any(u8::is_ascii_alphabetic) && !word.iter().any(u8::is_ascii_digit);
        match shape::shape(word) {
            Shape::Value if named || (self.byte(end) == b':' && self.out.begins() && shape::is_code(word)) => {
                self.out.word(text, range);
            }
            Shape::Word if self.address_follows(end) => self.out.value(range),
            Shape::Value => self.out.value(range),
            Shape::Number => {
                self.out.value(range);
                self.unit();
            }
            Shape::Word if shape::is_calendar(word) && self.is_date(end) => self.out.value(range),
            Shape::Word => self.out.word(text, range),
        }
    }

    /// `localhost[127.0.0.1]`
    fn address_follows(&self, end: usize) -> bool {
        let Some(rest) = self.text.get(end..).and_then(|rest| rest.strip_prefix(b"[")) else { return false };
        let length = rest.iter().take(40).take_while(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte)).count();
        let marks = rest.get(..length).unwrap_or_default().iter().filter(|byte| b".:".contains(byte)).count();
        marks > 1 && rest.get(length) == Some(&b']')
    }

    /// A unit behind a number.
    fn unit(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(rest) = rest.strip_prefix(b" ") else { return };
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'%').count();
        let word = rest.get(..length).unwrap_or_default();
        if length > 0
            && !rest.get(length).is_some_and(|byte| IN_WORD[usize::from(*byte)] && *byte != b'.')
            && shape::is_unit(word)
        {
            let end = self.at + 1 + length;
            self.out.value(self.at..end);
            self.at = end;
        }
    }

    /// A number or another word of a date stands beside it.
    fn is_date(&self, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        let next = rest.iter().find(|byte| !matches!(byte, b' ' | b',' | b'/' | b'-' | b':'));
        next.is_some_and(u8::is_ascii_digit)
            || self.out.last_is_value()
            || rest.trim_ascii_start().get(..3).is_some_and(shape::is_calendar)
    }

    /// `02:42:ac:11:00:02`, `fe80::1`, `::1`, `12:30:01`: taken whole.
    fn is_colon_value(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let first = rest.first().copied().unwrap_or_default();
        if !(first.is_ascii_hexdigit() || first == b':') {
            return false;
        }
        let (mut colons, mut piece, mut digits, mut length) = (0, 0, 0, 0);
        for byte in rest.iter().take(64) {
            match byte {
                b':' => (colons, piece) = (colons + 1, 0),
                b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => {
                    piece += 1;
                    digits += usize::from(byte.is_ascii_digit());
                }
                _ => break,
            }
            if piece > 4 {
                return false;
            }
            length += 1;
        }
        let ended = rest
            .get(length)
            .is_none_or(|byte| !IN_WORD[usize::from(*byte)] || matches!(byte, b'%' | b'/' | b'.' | b'#'));
        if colons < 2 || digits == 0 || !ended {
            return false;
        }
        self.out.value(self.at..self.at + length);
        self.at += length;
        true
    }
}

/// Without the marks of a sentence around a word.
fn trimmed(text: &[u8], mut start: usize, mut end: usize) -> Range<usize> {
    let get = |at: usize| text.get(at).copied().unwrap_or(b' ');
    while end > start
        && matches!(get(end - 1), b'.' | b'!' | b'?' | b'-' | b'*' | b'#' | b'&' | b'+' | b'~' | b'^' | b'_' | b'@')
    {
        end -= 1;
    }
    while start < end
        && (matches!(get(start), b'*' | b'#' | b'!' | b'&' | b'^' | b'@' | b'?')
            || (matches!(get(start), b'.' | b'-' | b'+' | b'_' | b'~')
                && !get(start + 1).is_ascii_digit()
                && get(start + 1) != b'/'))
    {
        start += 1;
    }
    if text.get(start..end) == Some(b"/") {
        return start..end;
    }
    if text.get(start..end).is_some_and(|word| !word.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)) {
        return start..start;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(message: &str) -> String {
        let mut signature = Signature::default();
        signature.of(message.as_bytes());
        let parts = signature.parts.iter().map(|part| if part.value { "<*>" } else { &message[part.range.clone()] });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_stays_is_what_the_statement_said() {
        for (message, expected) in [
            (
                "Received block blk_-1608999687919862906 of size 91178 from /10.250.10.6",
                "Received block <*> of size <*> from <*>",
            ),
            ("connect to db:5432 failed: Connection refused", "connect to db <*> failed Connection refused"),
            (
                "proxy.example.org:5070 close, 403 bytes sent, 426 bytes (1.2 KB) received, lifetime <1 sec",
                "<*> close <*> sent <*> received lifetime <*>",
            ),
            (
                "proxy.example.org:5070 close, 403 bytes (403 B) sent, 426 bytes received, lifetime 00:01",
                "<*> close <*> sent <*> received lifetime <*>",
            ),
            (
                "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=218.188.2.4",
                "authentication failure logname <*> uid <*> euid <*> tty <*> ruser <*> rhost <*>",
            ),
            (
                "acquire lock=23, flags=0x1, tag=\"View Lock\", name=com.x, ws=WorkSource{10113}, uid=1",
                "acquire lock <*> flags <*> tag <*> name <*> ws <*> uid <*>",
            ),
            ("Fan speeds ( 3552 3534 **** 3515 )", "Fan speeds <*>"),
            ("relation \"users\" does not exist at character 15", "relation <*> does not exist at character <*>"),
            ("can't open 'a b.txt': it's locked", "can't open <*> it's locked"),
            ("GET https://x.org/a?b=c, then 3 retries", "GET <*> then <*> retries"),
            ("peer fe80::1%eth0 lost, 02:42:ac:11:00:02 seen at 12:30:01", "peer <*> lost <*> seen at <*>"),
            ("session opened on Mon Nov 23 10:15:30 2026 by root", "session opened on <*> by root"),
            ("took 5 seconds of 10 ms.", "took <*> of <*>"),
            ("loaded C:\\Windows\\x.dll", "loaded <*>"),
            ("IOThunderboltSwitch<0>(0x0)::listenerCallback - up", "IOThunderboltSwitch <*> listenerCallback up"),
            ("{\"event\":\"disk full\",\"free\":5}", "event <*> free <*>"),
            ("", ""),
            ("----", ""),
        ] {
            assert_eq!(shown(message), expected, "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_bounded_signature(message: Vec<u8>) {
            let mut signature = Signature::default();
            signature.of(&message);
            proptest::prop_assert!(signature.parts.len() <= MAX_PARTS + 1 && signature.key.len() <= MAX_BYTES * 2);
            let mut last = 0;
            for part in &signature.parts {
                proptest::prop_assert!(part.range.start >= last && part.range.end >= part.range.start);
                proptest::prop_assert!(part.range.end <= message.len());
                last = part.range.end;
            }
        }

        #[test]
        fn numbers_never_decide(a in 0_u32..1_000_000, b in 0_u32..1_000_000) {
            let text = |n: u32| shown(&format!("request {n} failed: code={n}, retry in {n} ms ({n}) at 10.0.0.{n}"));
            proptest::prop_assert_eq!(text(a), text(b));
        }
    }
}
