//! The part of a header's walk that meets brackets of any kind.

use super::{Step, Walk};
use crate::sources::{level, stamp};
use crate::words::Level;

/// So many bytes may stand between brackets.
const INSIDE: usize = 256;

/// Where the bracket closes that `text` begins with; it may hold others.
fn closing(text: &[u8], close: u8) -> Option<usize> {
    let open = text.first()?;
    let mut depth = 0_usize;
    for (at, byte) in text.iter().take(INSIDE).enumerate() {
        if byte == open {
            depth += 1;
        } else if *byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    // One within is never closed.
    text.iter().take(INSIDE).position(|byte| *byte == close)
}

/// `ZQTB5-H8522`: what FRR calls a statement.
#[must_use]
pub fn is_number_of_frr(inside: &[u8]) -> bool {
    let is_part =
        |part: &[u8]| part.len() == 5 && part.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    matches!(inside.split_at_checked(5), Some((first, [b'-', second @ ..])) if is_part(first) && is_part(second))
}

/// `BGP:` in FRR's own file, `bgpd[17]:` in syslog.
fn is_frr(tag: &[u8]) -> bool {
    const DAEMONS: [&[u8]; 15] = [
        b"babeld", b"bfdd", b"bgpd", b"eigrpd", b"fabricd", b"isisd", b"ldpd", b"mgmtd", b"nhrpd", b"ospf6d", b"ospfd",
        b"pimd", b"ripd", b"staticd", b"zebra",
    ];
    let name = tag.split(|byte| matches!(byte, b'[' | b':')).next().unwrap_or_default();
    let capitals = name.len() > 1 && tag.len() == name.len() + 1 && name.iter().all(u8::is_ascii_uppercase);
    tag.ends_with(b":") && (capitals || DAEMONS.contains(&name))
}

impl Walk<'_> {
    /// `[...]`: a stamp, a level, a thread, an id.
    pub(super) fn group(&mut self) -> Step {
        let Some(end) = closing(self.rest(), b']') else { return Step::Message };
        let inside = plain(self.rest().get(1..end).unwrap_or_default());
        // The number of FRR's statement is of the message.
        if is_number_of_frr(inside) && is_frr(self.previous()) {
            return Step::Message;
        }
        let mut text = inside;
        if let [letter, tail @ ..] = inside
            && match tail {
                [] => matches!(self.rest().get(end + 1), Some(b' ')),
                // tornado
                [b' ', digit, ..] => digit.is_ascii_digit() && self.begins_line(),
                _ => false,
            }
            && matches!(letter, b'E' | b'W' | b'C' | b'F' | b'I' | b'D')
            && let Some(found) = level::letter(*letter)
        {
            self.level = self.level.or(Some(found));
            text = tail.trim_ascii_start();
        }
        let parsed = stamp::parse(text, self.clock);
        // `[ERROR 2025-12-04 14:30:22 main]` of Puppet
        let behind = || stamp::parse(behind_level(text)?, self.clock);
        let first = parsed.is_some() || (self.time.is_some() && self.message == self.after_time);
        self.time = self.time.or_else(|| parsed.or_else(behind).map(|(time, _)| time));
        if self.level.is_none() {
            self.level = parsed
                .and_then(|(_, length)| after_stamp(text.get(length..).unwrap_or_default()))
                .or_else(|| named(inside, parsed.is_some(), self.begins_line()))
                .or_else(|| if first { among(inside) } else { None });
        }
        self.close(end)
    }

    /// `(...)`, `<...>` and `{...}`: a level, a stamp, a thread, the place in the source.
    pub(super) fn other_group(&mut self, close: u8) -> Step {
        let Some(end) = closing(self.rest(), close) else { return Step::Message };
        let inside = plain(self.rest().get(1..end).unwrap_or_default());
        let after = self.rest().get(end + 1);
        // `web1 (systemd)[12]: `: a process that has not begun its program yet.
        if close == b')' && after == Some(&b'[') && self.has_time_of_syslog() && self.doubtful == 1 {
            let id = self.rest().get(end + 2..).unwrap_or_default();
            let digits = id.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits > 0 && id.get(digits..).is_some_and(|behind| behind.starts_with(b"]:")) {
                self.at += end + 2 + digits + 2;
                return Step::Tag;
            }
        }
        if after.is_some_and(|byte| !matches!(byte, b' ' | b'\t' | b':' | b';' | b'|' | b'\x1b')) {
            return Step::Message;
        }
        let blank = inside.iter().any(|byte| matches!(byte, b' ' | b'<' | b'(' | b'{'));
        if self.level.is_some() {
            // After the level a thread's name, not a remark of the message.
            let thread = blank && close == b')' && memchr::memmem::find(inside, b"hread").is_some();
            let number =
                inside.first().is_some_and(u8::is_ascii_digit) && memchr::memmem::find(inside, b" on ").is_some();
            // JBoss has it behind the logger's name.
            let behind =
                close == b')' && self.line.get(..self.at).is_some_and(|before| before.trim_ascii_end().ends_with(b"]"));
            // `(LogAdapter.java:error(51))` of Hadoop
            let place = inside.ends_with(b")") && !inside.contains(&b' ');
            return if thread || number || behind || place || !blank { self.close(end) } else { Step::Message };
        }
        let found =
            level::word(inside).or_else(|| if close == b')' && after == Some(&b' ') { marker(inside) } else { None });
        if found.is_some() {
            self.level = found;
            return self.close(end);
        }
        // `(request.c.1344) ` of lighttpd
        if close == b')' && self.follows_time(self.at) && is_source_place(inside) {
            return self.close(end);
        }
        if self.time.is_none()
            && close == b'>'
            && let Some((time, _)) = stamp::parse(inside, self.clock)
        {
            self.time = Some(time);
            return self.close(end);
        }
        self.at += end + 1;
        // The same without its number.
        if close == b')' && after == Some(&b':') && self.has_time_of_syslog() && self.doubtful == 1 {
            self.at += 1;
            return Step::Tag;
        }
        Step::Doubtful
    }

    fn close(&mut self, end: usize) -> Step {
        self.at += end + 1;
        if self.rest().first() == Some(&b':') {
            self.at += 1;
        }
        Step::Header
    }
}

/// `mod_proxy.c.2674`, `main.go:17`
fn is_source_place(text: &[u8]) -> bool {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let file = text.get(..text.len() - digits).unwrap_or_default();
    let file = file.strip_suffix(b".").or_else(|| file.strip_suffix(b":")).unwrap_or_default();
    let ending = file.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    digits > 0
        && ending.len() < file.len()
        && [&b"c"[..], b"cc", b"cpp", b"go", b"java", b"js", b"py", b"rs"].contains(&ending)
}

/// ` [warning]`
pub(super) fn bracketed_level(text: &[u8]) -> bool {
    let Some(text) = text.strip_prefix(b" [") else { return false };
    let end = text.iter().take(16).position(|byte| *byte == b']');
    end.and_then(|end| level::word(text.get(..end)?)).is_some()
}

/// `  ERROR org.example.Main`
pub(super) fn level_follows(text: &[u8]) -> bool {
    let word = text.trim_ascii_start();
    let letters = word.iter().take(9).take_while(|byte| byte.is_ascii_uppercase()).count();
    let class = word.get(letters + 1..).and_then(|next| next.split(|byte| *byte == b' ').next());
    word.len() < text.len()
        && word.get(letters) == Some(&b' ')
        && class.is_some_and(|class| class.contains(&b'.') && !class.ends_with(b"."))
        && level::word(word.get(..letters).unwrap_or_default()).is_some()
}

/// Xorg's and others' `(EE)`.
const fn marker(inside: &[u8]) -> Option<Level> {
    match inside {
        b"EE" => Some(Level::Error),
        b"WW" => Some(Level::Warning),
        b"II" => Some(Level::Info),
        _ => None,
    }
}

/// `env_logger`, celery: the level follows the time.
fn after_stamp(tail: &[u8]) -> Option<Level> {
    let separators = tail.iter().take_while(|byte| matches!(byte, b' ' | b':' | b'|')).count();
    let tail = tail.get(separators..)?;
    let letters = tail.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let name = tail.get(..letters)?;
    level::word(name).filter(|_| separators > 0 && name.iter().all(u8::is_ascii_uppercase))
}

/// What follows the level that a group begins with.
fn behind_level(text: &[u8]) -> Option<&[u8]> {
    let blank = memchr::memchr(b' ', text)?;
    level::word(text.get(..blank)?)?;
    Some(text.get(blank..)?.trim_ascii_start())
}

/// `[syncaas-grpc-5  ERROR org.example.Main  opId=]`, `[7F03ECE76700 verbose 'Default' opID=2140bc71]`: the level in the
/// group behind the time, or with it.
fn among(inside: &[u8]) -> Option<Level> {
    const FIRST: usize = 4;
    let mut words = inside.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).skip(1).take(FIRST).peekable();
    while let Some(word) = words.next() {
        let capitals = word.iter().all(u8::is_ascii_uppercase);
        let next = words.peek()?;
        if let Some(found) = level::word(word).filter(|_| next.starts_with(b"'") || (capitals && next.contains(&b'.')))
        {
            return Some(found);
        }
    }
    None
}

/// The level that a group names, alone or among other things.
fn named(inside: &[u8], stamped: bool, begins: bool) -> Option<Level> {
    match inside {
        b"Note" => return Some(Level::Notice),
        b"System" => return Some(Level::Info),
        _ => {}
    }
    let last = |separator: fn(&u8) -> bool| inside.rsplit(separator).next().and_then(level::word);
    // `Server thread/WARN`
    let threaded = || inside.rsplit(|byte| *byte == b'/').next().filter(|word| word.iter().all(u8::is_ascii_uppercase));
    last(|byte| matches!(byte, b':' | b'.' | b'#'))
        .or_else(|| threaded().and_then(level::word))
        .or_else(|| level::word(inside.split(|byte| matches!(byte, b' ' | b':' | b'|')).next()?))
        .or_else(
            || if stamped { last(|byte| *byte == b' ').or_else(|| logcat(inside).filter(|_| begins)) } else { None },
        )
        .or_else(|| {
            let at = memchr::memmem::find(inside, b"level")?;
            let ([b':', b' ', value @ ..] | [b'=' | b':', value @ ..]) = inside.get(at + 5..)? else { return None };
            level::word(value.split(|byte| matches!(byte, b',' | b' ' | b';')).next()?)
        })
}

/// `12-04 14:30:22.123  1702: 2395 E/ActivityManager`
fn logcat(inside: &[u8]) -> Option<Level> {
    match inside.rsplit(|byte| *byte == b' ').next()? {
        [letter, b'/', _, ..] => level::letter(*letter),
        _ => None,
    }
}

/// Without blanks and colours at its ends.
fn plain(inside: &[u8]) -> &[u8] {
    let mut inside = inside.trim_ascii();
    while let Some(tail) = inside.strip_prefix(b"\x1b[") {
        let Some(end) = tail.iter().take(16).position(u8::is_ascii_alphabetic) else { break };
        inside = tail.get(end + 1..).unwrap_or_default();
    }
    while let Some(start) = memchr::memrchr(b'\x1b', inside).filter(|start| inside.len() - start <= 8) {
        inside = inside.get(..start).unwrap_or_default();
    }
    inside.trim_ascii()
}
