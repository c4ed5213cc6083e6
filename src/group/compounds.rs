//! The part of a message's reading that meets values of more than one word: lists, flags, ranges, units.

use super::brackets::REACH;
use super::outcomes;
use super::reader::{IN_WORD, Reader};
use super::shape;
use super::units::is_unit;

/// What is done with a range.
const CALLS: [&[u8]; 8] = [b"close", b"get", b"open", b"read", b"recv", b"send", b"set", b"write"];

impl Reader<'_> {
    /// `https://x.example/a?b=c`
    pub(super) fn url(&mut self, start: usize, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        if !rest.starts_with(b"://") {
            return false;
        }
        let stop = |byte: &u8| matches!(byte, 0..=b' ' | b'"' | b'\'' | b'<' | b'>' | b'`');
        let mut end = end + rest.iter().position(stop).unwrap_or(rest.len());
        while end > start && matches!(self.byte(end - 1), b'.' | b',' | b')' | b';' | b':' | b']' | b'}') {
            end -= 1;
        }
        self.out.value(start..end);
        self.at = end;
        true
    }

    /// `#<URI::GID gid://x>` of Ruby.
    pub(super) fn inspected(&mut self, start: usize, end: usize) -> bool {
        let is = self.text.get(start..end) == Some(b"#") && self.byte(end) == b'<';
        if is {
            self.at = end;
            self.bracketed();
        }
        is
    }

    /// `Starting apt-daily.service - Daily apt download activities...`: systemd describes the unit, up to the end.
    pub(super) fn described_unit(&mut self, start: usize, end: usize) -> bool {
        const UNITS: [&[u8]; 10] = [
            b".service",
            b".timer",
            b".socket",
            b".mount",
            b".target",
            b".scope",
            b".slice",
            b".path",
            b".swap",
            b".automount",
        ];
        let rest = self.text.get(start..).unwrap_or_default();
        // An instance may be called `echo@0-10.0.0.1:7100`.
        let mut length = end - start;
        if rest.get(length) == Some(&b':') && rest.get(..length).is_some_and(|word| word.contains(&b'@')) {
            length = rest.iter().take(REACH).position(|byte| *byte == b' ').unwrap_or(length);
        }
        let (unit, behind) = rest.split_at_checked(length).unwrap_or_default();
        if !behind.starts_with(b" - ") || !UNITS.iter().any(|ending| unit.ends_with(ending)) {
            return false;
        }
        // `modprobe@drm.service - Load Kernel Module drm was skipped because of an unmet condition check`
        let described = if self.out.begins() { memchr::memmem::rfind(behind, b" was ") } else { Some(behind.len()) };
        let Some(described) = described else { return false };
        self.at = start + length + described;
        self.out.value(start..self.at);
        true
    }

    /// `Code: 48 89 c7 e8 fe ff`: one of the bytes of a dump.
    pub(super) fn is_byte_of_dump(&self, start: usize, end: usize) -> bool {
        const IN_A_ROW: usize = 4;
        if end - start != 2 {
            return false;
        }
        let is_byte = |at: usize| {
            let byte = self.text.get(at..at + 2);
            byte.is_some_and(|byte| byte.iter().all(u8::is_ascii_hexdigit))
                && !IN_WORD[usize::from(self.byte(at + 2))]
                && (at == 0 || self.byte(at - 1) == b' ')
        };
        let before = (1..IN_A_ROW).take_while(|back| start.checked_sub(3 * back).is_some_and(is_byte)).count();
        let behind = (1..IN_A_ROW).take_while(|ahead| is_byte(start + 3 * ahead)).count();
        is_byte(start) && before + 1 + behind >= IN_A_ROW
    }

    /// `error 4 in nginx[55d0c8a00000+112000]`: where the kernel says that a program failed.
    pub(super) fn is_mapped(&self, end: usize) -> bool {
        let Some(rest) = self.text.get(end..).and_then(|rest| rest.strip_prefix(b"[")) else { return false };
        let length = rest.iter().take(64).take_while(|byte| byte.is_ascii_hexdigit() || b"+,".contains(byte)).count();
        rest.get(length) == Some(&b']') && rest.get(..length).is_some_and(|inside| inside.contains(&b'+'))
    }

    /// `Y-`, `Z+`; `sH--`, how a session ended.
    pub(super) fn direction(&mut self, start: usize, end: usize) -> bool {
        let word = self.text.get(start..end);
        let state = matches!(word, Some([a, b, b'-', b'-']) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
        let is = (state || matches!(word, Some([letter, b'+' | b'-']) if letter.is_ascii_alphabetic()))
            && matches!(self.byte(end), b' ' | b',' | b')');
        if is {
            self.out.value(start..end);
            self.at = end;
        }
        is
    }

    /// `C:\Windows\x.dll`, `file:/var/x`; not `GET:/x`.
    pub(super) fn file(&mut self, start: usize, end: usize) -> bool {
        let word = self.text.get(start..end).unwrap_or_default();
        let rest = self.text.get(end..).unwrap_or_default();
        let is = (rest.starts_with(b":/") || (word.len() == 1 && rest.starts_with(b":\\")))
            && word.iter().all(u8::is_ascii_alphabetic)
            && (word.len() == 1 || !word.iter().all(u8::is_ascii_uppercase));
        if is {
            self.at = self.word_end(end + 1);
            self.out.value(start..self.at);
        }
        is
    }

    /// `ipv4:10.0.0.1:445`
    pub(super) fn family(&mut self, start: usize) -> bool {
        let rest = self.text.get(start..).unwrap_or_default();
        let Some((name, address)) = rest.split_at_checked(b"ipv4:".len()) else { return false };
        if !name.eq_ignore_ascii_case(b"ipv4:") && !name.eq_ignore_ascii_case(b"ipv6:") {
            return false;
        }
        let length = address.iter().take_while(|byte| IN_WORD[usize::from(**byte)] || **byte == b':').count();
        if length > 0 {
            self.at = start + rest.len() - address.len() + length;
            self.out.value(start..self.at);
        }
        length > 0
    }

    /// `hdfs,yarn,curi`, `web1;HTTP;CRITICAL;SOFT`: a list without blanks is one value.
    pub(super) fn list(&mut self, start: usize, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        let Some(separator @ (b',' | b';')) = rest.first() else { return false };
        let length = rest.iter().take_while(|byte| IN_WORD[usize::from(**byte)] || *byte == separator).count();
        let list = rest.get(..length).unwrap_or_default();
        let least = if *separator == b';' { 2 } else { 1 };
        // `db1;Load;CRITICAL;HARD;1;(no output)`: the text of a plugin stands behind the last one.
        let list = match rest.get(length) {
            Some(b'(') if *separator == b';' && list.ends_with(b";") => list.get(..list.len() - 1).unwrap_or_default(),
            _ => list,
        };
        let length = list.len();
        let listed = list.get(1).is_some_and(u8::is_ascii_alphanumeric)
            && !list.ends_with(&[*separator])
            && !matches!(rest.get(length), Some(b':' | b'='))
            && memchr::memchr_iter(*separator, list).count() >= least;
        if listed {
            self.at = end + length;
            self.out.value(start..self.at);
        }
        listed
    }

    /// `+E(0)K`, `-E(0)`: flags, for no word has a bracket within.
    pub(super) fn flags(&mut self, start: usize, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        let inside = match rest.split_first() {
            Some((b'(', rest)) => rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count(),
            _ => return false,
        };
        let behind = rest.get(inside + 2..).unwrap_or_default();
        let goes_on = behind.first().is_some_and(u8::is_ascii_alphanumeric) || matches!(self.byte(start), b'+' | b'-');
        if inside == 0 || rest.get(inside + 1) != Some(&b')') || !goes_on {
            return false;
        }
        let length = behind.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        self.at = end + inside + 2 + length;
        self.out.value(start..self.at);
        true
    }

    /// `node-[0-15]`, `n[2,4],web1`; `worker[12]` and `writer[12]` are words.
    pub(super) fn ranges(&mut self, start: usize, end: usize) -> bool {
        if self.byte(end) != b'[' || !self.byte(end + 1).is_ascii_digit() {
            return false;
        }
        let rest = self.text.get(end + 1..).unwrap_or_default();
        let inside = rest.iter().take_while(|byte| byte.is_ascii_digit() || b"-, ".contains(byte)).count();
        let numbers = rest.get(..inside).unwrap_or_default();
        let name = self.text.get(start..end).unwrap_or_default();
        let several = numbers.iter().any(|byte| matches!(byte, b'-' | b','))
            && !numbers.contains(&b' ')
            && !CALLS.contains(&name)
            && !outcomes::says_state(name);
        let closed = rest.get(inside) == Some(&b']') && (several || self.byte(end - 1) == b'-');
        if closed {
            let behind = rest.get(inside + 1..).unwrap_or_default();
            let listed = |byte: &&u8| IN_WORD[usize::from(**byte)] || **byte == b',';
            let length = behind.iter().take_while(listed).count();
            let more = behind.get(..length).filter(|names| {
                matches!(names, [b',', .., last] if *last != b',') && names.iter().any(u8::is_ascii_digit)
            });
            self.at = end + inside + 2 + more.map_or(0, <[u8]>::len);
            self.out.value(start..self.at);
        }
        closed
    }

    /// `/items?page=2&size=10`
    pub(super) fn query(&mut self, start: usize, end: usize) -> bool {
        let path = self.text.get(start..end).unwrap_or_default();
        let is = path.starts_with(b"/") && path.contains(&b'?') && self.byte(end) == b'=';
        if is {
            let rest = self.text.get(end..).unwrap_or_default();
            let more = |byte: &&u8| IN_WORD[usize::from(**byte)] || b"=:,;".contains(byte);
            self.at = end + rest.iter().take_while(more).count();
            self.out.value(start..self.at);
        }
        is
    }

    /// `System - `, `Setup *64 - `: the program that speaks, before a dash that stands alone; `anna : TTY=pts/0` of sudo.
    pub(super) fn program(&mut self, start: usize, end: usize) -> bool {
        if !self.out.begins() || !self.text.get(..start).is_some_and(|before| before.trim_ascii().is_empty()) {
            return false;
        }
        let word = self.text.get(start..end).unwrap_or_default();
        let rest = self.text.get(end..).unwrap_or_default();
        let bits = if rest.starts_with(b" *") {
            2 + rest.iter().skip(2).take_while(|byte| byte.is_ascii_digit()).count()
        } else {
            0
        };
        let said = rest.get(bits..).and_then(|rest| rest.strip_prefix(b" - "));
        // `FOLLOWING - ELECTION TOOK`
        let state = word.iter().all(u8::is_ascii_uppercase);
        let paired = rest.strip_prefix(b" : ").is_some_and(|pair| {
            let key = pair.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            key > 0 && pair.get(key) == Some(&b'=')
        });
        // `System - example.org:443 close`; `Stopped - used 3 s` is a sentence.
        let of = |said: &[u8]| {
            said.split(|byte| *byte == b' ')
                .next()
                .is_some_and(|word| word.iter().any(u8::is_ascii_digit) || word.contains(&b'.'))
        };
        let is = paired || (!state && said.is_some_and(|said| of(said) && said.trim_ascii().contains(&b' ')));
        if is {
            self.at = end + bits;
            self.out.value(start..self.at);
        }
        is
    }

    /// `AH00944: ...`, `ORA-01555 caused by`: the number of a statement.
    pub(super) fn is_numbered(&self, word: &[u8], end: usize) -> bool {
        (self.byte(end) == b':' || word.contains(&b'-')) && shape::is_code(word)
    }

    /// `net_addr_v4_add: 10.0.0.1`: a function's name that has a digit.
    pub(super) fn is_function(&self, word: &[u8], end: usize) -> bool {
        let is_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
        memchr::memchr_iter(b'_', word).count() > 1
            && word.iter().all(is_name)
            && [word.first(), word.last()].iter().all(|byte| byte.is_some_and(u8::is_ascii_lowercase))
            && self.text.get(end..).is_some_and(|rest| rest.starts_with(b": "))
    }

    /// `localhost[127.0.0.1]`
    pub(super) fn address_follows(&self, end: usize) -> bool {
        let Some(rest) = self.text.get(end..).and_then(|rest| rest.strip_prefix(b"[")) else { return false };
        let length = rest.iter().take(40).take_while(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte)).count();
        let marks = rest.get(..length).unwrap_or_default().iter().filter(|byte| b".:".contains(byte)).count();
        marks > 1 && rest.get(length) == Some(&b']')
    }

    /// `alice <alice@example.org>`: the address begins with the name.
    pub(super) fn is_display_name(&self, start: usize, end: usize) -> bool {
        let Some(rest) = self.text.get(end..).and_then(|rest| rest.strip_prefix(b" <")) else { return false };
        let length = self.word_end(end + 2) - (end + 2);
        let name = self.text.get(start..end).unwrap_or_default();
        rest.get(length) == Some(&b'>')
            && rest.get(..length).is_some_and(|address| address.contains(&b'@') && address.starts_with(name))
    }

    /// `sshd[2341]: segfault`, `process Safari[412]`
    pub(super) fn is_process(&self, end: usize) -> bool {
        let Some(rest) = self.text.get(end..).and_then(|rest| rest.strip_prefix(b"[")) else { return false };
        let digits = rest.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
        // `envp[10] = "x"` is one of many.
        let ended = matches!(rest.get(digits..), Some([b']'] | [b']', b' ' | b':' | b')' | b',' | b'.', ..]))
            && rest.get(digits + 1..).is_none_or(|behind| !behind.starts_with(b" = "));
        ended && digits >= if self.out.begins() { 2 } else { 3 }
    }

    /// `resolving example.org. AAAA IN`, `query: example.org IN AXFR`: what is asked of the domain name system.
    pub(super) fn is_record_type(&self, start: usize, end: usize) -> bool {
        const TYPES: [&[u8]; 20] = [
            b"A", b"AAAA", b"ANY", b"AXFR", b"CAA", b"CNAME", b"DNSKEY", b"DS", b"HTTPS", b"IXFR", b"MX", b"NAPTR",
            b"NS", b"NSEC", b"PTR", b"SOA", b"SRV", b"SVCB", b"TLSA", b"TXT",
        ];
        let before = self.text.get(..start).unwrap_or_default();
        let behind = self.text.get(end..).unwrap_or_default();
        self.text.get(start..end).is_some_and(|word| TYPES.contains(&word))
            && ((before.ends_with(b"query[") && behind.starts_with(b"]"))
                || before.ends_with(b" IN ")
                || before.ends_with(b" CH ")
                || word_is(behind, b" IN")
                || word_is(behind, b" CH"))
    }

    /// A unit behind a number.
    pub(super) fn unit(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(rest) = rest.strip_prefix(b" ") else { return };
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'%' | b'/')).count();
        let word = rest.get(..length).unwrap_or_default();
        if length > 0
            && !rest.get(length).is_some_and(|byte| IN_WORD[usize::from(*byte)] && *byte != b'.')
            && is_unit(word)
        {
            let end = self.at + 1 + length;
            self.out.value(self.at..end);
            self.at = end;
        }
    }
}

/// Whether `text` begins with `word`, and that is where its last word ends.
fn word_is(text: &[u8], word: &[u8]) -> bool {
    text.strip_prefix(word).is_some_and(|behind| !behind.first().is_some_and(|byte| IN_WORD[usize::from(*byte)]))
}
