//! The part of a message's reading that meets brackets and quotes.

use super::reader::{IN_WORD, Reader};
use super::signature::VALUE;
use super::vocabulary;

/// A quoted or bracketed value ends within so many bytes.
pub(super) const REACH: usize = 512;
/// So do words that stand for one.
const LONGEST_DESCRIPTION: usize = 64;

impl Reader<'_> {
    /// `servlet [jsp] in path [x]`, `no answer from any [Login Nodes] source`: one word in brackets within a sentence,
    /// or some where the sentence goes on.
    pub(super) fn filled_bracket(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let mut blanks = 0;
        // `[nightly:x-1]`
        let is_inside = |byte: &&u8| {
            blanks += usize::from(**byte == b' ');
            IN_WORD[usize::from(**byte)] || matches!(**byte, b' ' | b':')
        };
        let length = rest.iter().take(REACH).take_while(is_inside).count();
        let before = if self.at == 0 { b'[' } else { self.byte(self.at - 1) };
        let within = before == b' ' && self.out.key.last().is_some_and(|last| *last != VALUE);
        let goes_on =
            matches!(rest.get(length..), Some([b']', b' ', next, ..]) if next.is_ascii_alphabetic() || *next == b'(');
        let outcome = rest.get(..length).is_some_and(|inside| vocabulary::is_outcome(inside.trim_ascii()));
        if length == 0 || outcome || rest.get(length) != Some(&b']') || !within || blanks > if goes_on { 2 } else { 0 }
        {
            return false;
        }
        self.out.value(self.at..self.at + length + 2);
        self.at += length + 2;
        true
    }

    /// `{node-1}{x2aBc}{10.0.0.1}`, `[[orders][4]]`: brackets that touch are one value.
    pub(super) fn chain(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (open, close) = if rest.first() == Some(&b'[') { (b'[', b']') } else { (b'{', b'}') };
        let is_inside = |byte: &&u8| **byte != close && !byte.is_ascii_whitespace() && **byte != b'"';
        let length = rest.iter().take(LONGEST_DESCRIPTION).take_while(is_inside).count();
        if rest.get(length..).is_none_or(|behind| !behind.starts_with(&[close, open])) {
            return false;
        }
        let start = self.at;
        let mut end = start;
        while self.byte(self.at) == open && self.at - start < REACH {
            self.skip_brackets();
            if self.at == end {
                break;
            }
            end = self.at;
        }
        if end > start {
            self.out.value(start..end);
        }
        end > start
    }

    /// `[]`, `<>`, `(.)`: nothing was filled in. `open()` is a name.
    pub(super) fn empty_bracket(&mut self) -> bool {
        let before = if self.at == 0 { b'x' } else { self.byte(self.at - 1) };
        let length = match self.text.get(self.at..).unwrap_or_default() {
            [b'[', b']', ..] | [b'<', b'>', ..] if matches!(before, b' ' | b':' | b'=' | b',') => 2,
            [b'(', b'.' | b'-' | b'*' | b'/', b')', ..] => 3,
            _ => return false,
        };
        self.out.value(self.at..self.at + length);
        self.at += length;
        true
    }

    /// What a blank stands before is a phrase, not `open(file)`.
    pub(super) fn parenthesis(&mut self) {
        if (self.out.begins() && self.speaker())
            || self.command()
            || self.attached()
            || self.greeting()
            || self.nobody()
            || self.constructed()
            || self.call_site()
        {
            return;
        }
        let apart = self.at == 0 || self.byte(self.at - 1) == b' ';
        self.out.open(apart);
        self.at += 1;
    }

    /// `(root) CMD`: one word in parentheses before the sentence.
    fn speaker(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let is = length > 0
            && matches!(rest.get(length..), Some([b')', b' ', next, ..]) if next.is_ascii_alphanumeric())
            && self.text.get(..self.at).unwrap_or_default().trim_ascii().is_empty();
        if is {
            self.out.value(self.at..self.at + length + 2);
            self.at += length + 2;
        }
        is
    }

    /// `(mail.example.org) [10.0.0.1]:25`: what somebody at an address calls itself.
    fn greeting(&mut self) -> bool {
        let end = self.word_end(self.at + 1);
        let address = self.text.get(end..).and_then(|rest| rest.strip_prefix(b") ["));
        let is = end > self.at + 1 && address.is_some_and(|address| matches!(address, [b'0'..=b'9' | b':', ..]));
        if is {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
        }
        is
    }

    /// `(nodb)/(nouser)@10.0.0.1:80`: names that are not known yet.
    fn nobody(&mut self) -> bool {
        let start = self.at;
        while self.byte(self.at) == b'(' {
            let inside = self.word_end(self.at + 1);
            let name = self.text.get(self.at + 1..inside).unwrap_or_default();
            let nobody = name.starts_with(b"no") || name.starts_with(b"un");
            if !nobody || self.byte(inside) != b')' || !matches!(self.byte(inside + 1), b'/' | b'@') {
                break;
            }
            self.at = self.word_end(inside + 1);
        }
        if self.at > start {
            self.out.value(start..self.at);
        }
        self.at > start
    }

    /// `(root) CMD (run-parts /etc/cron.daily)`: what cron ran, in the last parentheses.
    fn command(&mut self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default().trim_ascii();
        let end = self.text.trim_ascii_end().len();
        // The user may be taken for header.
        let said = before.split(|byte| *byte == b' ').next_back().unwrap_or_default();
        let is = (before.starts_with(b"(") || before == said)
            && [&b"CMD"[..], b"CMDOUT", b"CMDEND"].contains(&said)
            && self.text.get(..end).is_some_and(|text| text.ends_with(b")"));
        if is {
            self.out.value(self.at..end);
            self.at = end;
        }
        is
    }

    /// `<unknown>`, `(none)`
    pub(super) fn unknown(&mut self) -> bool {
        const NOTHING: [&[u8]; 9] = [
            b"<unknown>",
            b"(unknown)",
            b"(unnamed)",
            b"<none>",
            b"(none)",
            b"<null>",
            b"(null)",
            b"<empty>",
            b"(empty)",
        ];
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(found) = NOTHING.iter().find(|nothing| rest.starts_with(nothing)) else { return false };
        self.out.value(self.at..self.at + found.len());
        self.at += found.len();
        true
    }

    /// `<bad address>`, `<class 'x'>`, `<default>`: words that stand for a value.
    pub(super) fn described(&mut self) -> bool {
        let before = if self.at == 0 { b' ' } else { self.byte(self.at - 1) };
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(LONGEST_DESCRIPTION)).unwrap_or_default();
        let Some(length) = memchr::memchr2(b'<', b'>', rest).filter(|at| rest.get(*at) == Some(&b'>')) else {
            return false;
        };
        let inside = rest.get(..length).unwrap_or_default();
        let behind = rest.get(length + 1).copied().unwrap_or(b' ');
        let word = !self.out.begins()
            && matches!(behind, b' ' | b',' | b'.' | b')' | b']')
            && inside.iter().all(|byte| IN_WORD[usize::from(*byte)])
            && inside.iter().any(u8::is_ascii_alphanumeric)
            && !vocabulary::is_outcome(inside);
        let is = (word || memchr::memchr(b' ', inside).is_some()) && inside.trim_ascii().len() == length && length > 0;
        let name = inside.split(|byte| *byte == b' ').next().unwrap_or_default();
        if !is || tells_outcome(name) || !matches!(before, b' ' | b'[' | b'(') {
            return false;
        }
        self.out.value(self.at..self.at + length + 2);
        self.at += length + 2;
        true
    }

    /// `<message from='a' to='b'>`, `<stream:features>`, `</stream:stream>`: a tag of XML within a sentence.
    pub(super) fn element(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(REACH)).unwrap_or_default();
        let name = rest.strip_prefix(b"/").or_else(|| rest.strip_prefix(b"?")).unwrap_or(rest);
        let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b":_-.".contains(byte)).count();
        let (name, tail) = name.split_at_checked(length).unwrap_or_default();
        let marked = name.len() < rest.len() - tail.len() || name.contains(&b':') || tail.starts_with(b"/>");
        let attributes = tail.starts_with(b" ")
            && [&b"='"[..], b"=\""].iter().any(|mark| memchr::memmem::find(tail, mark).is_some());
        let is = name.first().is_some_and(u8::is_ascii_alphabetic)
            && (marked || attributes)
            && !tells_outcome(name)
            && !self.out.begins();
        let Some(end) = memchr::memchr(b'>', tail).filter(|_| is) else { return false };
        let end = self.at + 1 + rest.len() - tail.len() + end + 1;
        self.out.value(self.at..end);
        self.at = end;
        true
    }

    /// `<Dispatcher at 140664583177744 for <Subprocess at 0x7f with name x>>` of Python.
    pub(super) fn instance(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'.' | b'_');
        let name = rest.iter().take(LONGEST_DESCRIPTION).take_while(in_name).count();
        let behind = rest.get(name..).unwrap_or_default();
        let behind = behind.strip_prefix(b" object").unwrap_or(behind);
        let is = name > 0 && behind.strip_prefix(b" at ").is_some_and(|at| at.first().is_some_and(u8::is_ascii_digit));
        if is {
            self.bracketed();
        }
        is
    }

    /// `Order not found {"id":17} []`: what a logger adds to a message, up to its end.
    pub(super) fn context(&mut self) -> bool {
        let text = self.text;
        let rest = text.get(self.at..).unwrap_or_default().trim_ascii_end();
        let is = self.at > 0
            && self.byte(self.at - 1) == b' '
            && !self.out.begins()
            && rest.starts_with(b"{\"")
            && matches!(rest.last(), Some(b'}' | b']'));
        if is && let Some(told) = told(text.get(..self.at).unwrap_or_default(), rest) {
            self.out.value(self.at..self.at + told.start);
            self.text = text.get(..self.at + told.end).unwrap_or_default();
            self.at += told.start;
        } else if is {
            self.out.value(self.at..self.at + rest.len());
            self.at += rest.len();
        }
        is
    }

    pub(super) fn bracketed(&mut self) {
        let start = self.at;
        self.skip_brackets();
        if self.at == start {
            self.at += 1;
        } else {
            self.out.value(start..self.at);
        }
    }

    /// Over a bracket and what it holds; stays where none closes it.
    pub(super) fn skip_brackets(&mut self) {
        let end = self.closing(self.at, REACH);
        self.at = if end > self.at { end + 1 } else { self.at };
    }

    /// Where the bracket at `start` is closed, within so many bytes; `start` where none does.
    pub(super) fn closing(&self, start: usize, reach: usize) -> usize {
        let mut depth = 0_usize;
        let rest = self.text.get(start..).unwrap_or_default();
        let mut before = b' ';
        for (at, byte) in rest.iter().take(reach).enumerate() {
            let arrow = *byte == b'>' && matches!(before, b'-' | b'=' | b' ');
            before = *byte;
            match byte {
                b'(' | b'[' | b'{' | b'<' => depth += 1,
                b'>' if arrow => {}
                b')' | b']' | b'}' | b'>' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return start + at;
                    }
                }
                _ => {}
            }
        }
        start
    }

    /// A quoted text is a value, but for a key of JSON.
    pub(super) fn quoted(&mut self, close: u8) {
        let start = self.at;
        self.at += 1;
        let before = if start == 0 { b' ' } else { self.byte(start - 1) };
        let bytes = start > 1 && matches!(before, b'b' | b'u') && !self.byte(start - 2).is_ascii_alphanumeric();
        if close == b'\'' && ((before.is_ascii_alphanumeric() && !bytes) || self.byte(self.at) == b' ') {
            return;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        // `\"x\"` within a quoted text.
        let inner = before == b'\\';
        let mut from = 0;
        while let Some(at) = memchr::memchr(close, rest.get(from..rest.len().min(REACH)).unwrap_or_default()) {
            let end = from + at;
            from = end + 1;
            let after = rest.get(from).copied().unwrap_or(b' ');
            let escaped = end > 0 && rest.get(end - 1) == Some(&b'\\');
            if escaped != inner || (close == b'\'' && after.is_ascii_alphanumeric()) {
                continue;
            }
            let quoted = rest.get(..end).unwrap_or_default();
            if self.is_message(start, close, quoted, rest.get(from..).unwrap_or_default()) {
                self.quote = Some(self.at + end);
                return;
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
            if let Some(name) = quoted_setting(quoted) {
                self.out.word(self.text, start + 1..start + 1 + name);
                self.out.value(start + 1 + name..start + 1 + from);
                self.at = start + 1 + from;
                return;
            }
            let method = self.method(start, quoted, rest.get(from..).unwrap_or_default());
            self.out.value(start + method..start + 1 + from);
            self.at = start + 1 + from;
            return;
        }
    }

    /// `"Pod was evicted" pod="x"`: what stands in quotes before such pairs, or alone, is the message; so is a sentence
    /// behind no more than numbers, `[500] - "database not found"`.
    fn is_message(&self, start: usize, close: u8, quoted: &[u8], behind: &[u8]) -> bool {
        let before = self.text.get(..start).unwrap_or_default();
        let sentence = behind.is_empty() && quoted.contains(&b' ') && !has_version(quoted);
        let first = before.trim_ascii().is_empty()
            || (sentence && !before.iter().any(|byte| byte.is_ascii_alphabetic() || *byte == b'"'));
        let word = behind.iter().skip(1).take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let pairs = behind.first() == Some(&b' ') && word > 0 && behind.get(word + 1) == Some(&b'=');
        first && close == b'"' && self.quote.is_none() && (pairs || behind.trim_ascii().is_empty())
    }

    /// `"GET /x HTTP/1.1" status: 200`: what was asked for is filled in, but not how, where the sentence goes on with
    /// words. Bytes of the quote, the method and the blank behind it.
    fn method(&mut self, start: usize, quoted: &[u8], behind: &[u8]) -> usize {
        let length = quoted.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let is_request = (3..=8).contains(&length) && quoted.get(length) == Some(&b' ') && has_version(quoted);
        let goes_on = matches!(behind, [b' ', next, ..] if next.is_ascii_alphabetic());
        if !is_request || !goes_on || matches!(self.text.get(..start), Some([.., b'='] | [.., b':', b' '])) {
            return 0;
        }
        self.out.word(self.text, start + 1..start + 1 + length);
        length + 2
    }

    /// `{"key"`, `, "key"`
    pub(super) fn begins_pair(&self, start: usize) -> bool {
        let before = self.text.get(..start).unwrap_or_default();
        matches!(before.trim_ascii_end(), [.., b'{' | b',' | b'[' | b'}'])
    }
}

/// `fatal: [web1]: FAILED! => {"changed": false, "msg": "no such user"}` of Ansible: the bytes of the object that say what
/// happened.
fn told(before: &[u8], object: &[u8]) -> Option<std::ops::Range<usize>> {
    const KEY: &[u8] = b"\"msg\": \"";
    let start = memchr::memmem::find(object, KEY).filter(|_| before.ends_with(b"=> "))? + KEY.len();
    let text = object.get(start..)?;
    let end = memchr::memchr_iter(b'"', text).find(|at| *at == 0 || text.get(at - 1) != Some(&b'\\'))?;
    Some(start..start + end)
}

/// `<failure xmlns='x'>`, `<stream:error>`, `<soap:Fault>`
fn tells_outcome(name: &[u8]) -> bool {
    let tells = |part: &&[u8]| memchr::memmem::find(name, part).is_some();
    // `<t_on_failure>` is a name.
    !name.contains(&b'_') && [&b"rror"[..], b"ail", b"Fault", b"ccess"].iter().any(tells)
}

/// `response_window = 20.0`: how long the name is.
fn quoted_setting(quoted: &[u8]) -> Option<usize> {
    let name = memchr::memmem::find(quoted, b" = ")?;
    let is = quoted.get(..name)?.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.' | b'-'));
    let outcome = quoted.get(name + 3..).is_some_and(vocabulary::is_outcome);
    (is && name > 0 && !outcome).then_some(name)
}

/// `GET /x HTTP/1.1`
fn has_version(request: &[u8]) -> bool {
    let version = request.iter().rev().take_while(|byte| **byte != b' ').count();
    request.get(request.len() - version..).is_some_and(|version| version.starts_with(b"HTTP/"))
}
