//! What a word is by its shape alone: a value that a program filled in, or text of the statement.

use crate::sources;

/// What one word of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text of the statement.
    Word,
    /// Filled in.
    Value,
    /// A number, which takes a unit behind it along.
    Number,
}

/// Judges a word: a run of bytes that hold no blanks, brackets, quotes, or any of `=:,;|<>`.
pub(super) fn shape(word: &[u8]) -> Shape {
    let seen = Seen::of(word);
    let digits = seen.count(DIGIT);
    if digits > 0 {
        return with_digits(word, digits);
    }
    let [dots, slashes, letters, others] = [DOT, SLASH, LETTER, OTHER].map(|class| seen.count(class));
    let value = (slashes > 0 && is_path(word, slashes, dots))
        || (dots > 0 && is_dotted(word, dots))
        || (others > 0 && memchr::memchr(b'@', word).is_some_and(|at| at > 0 && at + 1 < word.len()))
        || is_nothing(word)
        || (letters > 7 && others == 0 && dots == 0 && is_hex(word))
        || (word.len() > 24 && slashes == 0 && is_random(word))
        || word == b"localhost"
        || (word.len() > LONGEST_WORD && word.is_ascii());
    if value { Shape::Value } else { Shape::Word }
}

/// No word of a statement is longer, but in languages that write no blanks.
const LONGEST_WORD: usize = 128;

const DIGIT: u32 = 0;
const DOT: u32 = 1;
const SLASH: u32 = 2;
const LETTER: u32 = 3;
const OTHER: u32 = 4;
/// Bits of a count.
const COUNTED: u32 = 12;

/// One of each class of bytes, at the place of its count.
static ONE: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let class = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'.' => DOT,
            b'/' | b'\\' => SLASH,
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => LETTER,
            _ => OTHER,
        };
        table[byte] = 1 << (class * COUNTED);
        byte += 1;
    }
    table
};

/// How many bytes of each class a word has, all in one number, for every word of every message is counted.
struct Seen(u64);

impl Seen {
    fn of(word: &[u8]) -> Self {
        let word = word.get(..word.len().min((1 << COUNTED) - 1)).unwrap_or_default();
        Self(word.iter().map(|byte| ONE[usize::from(*byte)]).sum())
    }

    fn count(&self, class: u32) -> usize {
        usize::try_from((self.0 >> (class * COUNTED)) & ((1 << COUNTED) - 1)).unwrap_or_default()
    }
}

fn with_digits(word: &[u8], digits: usize) -> Shape {
    let core = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(word);
    let number = core.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'%'));
    if number {
        return Shape::Number;
    }
    let is_word = is_numbered_word(word, digits) || is_identifier(word) || is_mnemonic(word) || is_scoped(word);
    if is_word { Shape::Word } else { Shape::Value }
}

/// `AirPort_Brcm43xx::syncPowerState`: a function of a class; `fe80::1a2b` is none.
fn is_scoped(word: &[u8]) -> bool {
    memchr::memmem::find(word, b"::").is_some()
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'))
        && word.iter().any(|byte| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit())
        && word.split(|byte| *byte == b':').all(|part| part.first().is_none_or(|first| !first.is_ascii_digit()))
}

/// `AH00944`, `ORA-00942`, `WFLYSRV0025`, `CWWKF0011I`: the number that a program gave to a statement.
pub(super) fn is_code(word: &[u8]) -> bool {
    if is_mnemonic(word) || sources::is_number_of_frr(word) {
        return true;
    }
    let letters = word.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let rest = word.get(letters..).unwrap_or_default();
    let digits = rest.strip_prefix(b"-").unwrap_or(rest);
    let digits = if let [digits @ .., b'A'..=b'Z'] = digits { digits } else { digits };
    // `CCAB711878B` is one of Postfix's messages.
    let hex = word.len() > 7 && word.iter().all(u8::is_ascii_hexdigit);
    !hex && (2..=12).contains(&letters) && (4..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// `%LINK-3-UPDOWN`, `%ASA-4-106023`: with its severity, the name that Cisco's systems give to a message.
fn is_mnemonic(word: &[u8]) -> bool {
    let Some(name) = word.strip_prefix(b"%") else { return false };
    let mut parts = name.split(|byte| *byte == b'-').skip(1);
    parts.any(|part| matches!(part, [b'0'..=b'7'])) && parts.next().is_some_and(|part| !part.is_empty())
}

/// `SSH2_MSG_KEXINIT`, `recv_from_ipv4`, `UDP/IPv4`: each of its parts is a name; `backend/web1` is one of many.
fn is_identifier(word: &[u8]) -> bool {
    let named = |part: &[u8]| {
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        part.iter().all(u8::is_ascii_alphabetic) || is_numbered_word(part, digits)
    };
    if let Some(slash) = memchr::memrchr(b'/', word) {
        let last = word.get(slash + 1..).unwrap_or_default();
        let letters = last.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let counted = letters < last.len() && last.iter().skip(letters).all(u8::is_ascii_digit);
        if counted && !NUMBERED.contains(&last) {
            return false;
        }
    }
    let mut parts = word.split(|byte| matches!(byte, b'_' | b'/'));
    memchr::memchr2(b'_', b'/', word).is_some() && parts.all(|part| !part.is_empty() && named(part))
}

/// `eth0`, `ipv4`, `ssh2`: a name until statistics say otherwise.
fn is_numbered_word(word: &[u8], digits: usize) -> bool {
    let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let name = word.get(..letters).unwrap_or_default();
    let family = name.eq_ignore_ascii_case(b"ipv");
    // `fbdcfc4`
    let hex = letters > 4 && name.iter().all(u8::is_ascii_hexdigit);
    digits <= 2
        && !hex
        && (2..=8).contains(&letters)
        && letters + digits == word.len()
        && (family || name.iter().all(u8::is_ascii_lowercase) || name.iter().all(u8::is_ascii_uppercase))
}

/// `/etc/hosts`, `C:\x`, `src/main.c`; not `and/or`, `I/O`.
fn is_path(word: &[u8], slashes: usize, dots: usize) -> bool {
    let named = word.iter().any(u8::is_ascii_alphanumeric) || word == b"/";
    named
        && (matches!(word.first(), Some(b'/' | b'\\' | b'~' | b'.')) || slashes > 1 || dots > 0 || word.ends_with(b"/"))
}

/// `mail.example.org`, `nginx.service`, `config.yaml`, `org.example.Main`; not `e.g`, `os.path`, nor what was thrown.
fn is_dotted(word: &[u8], dots: usize) -> bool {
    if is_thrown(word) {
        return false;
    }
    let last = word.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    if dots > 1 {
        // `m.example.org`
        let mut parts = word.split(|byte| *byte == b'.');
        return parts.next().is_some_and(|part| !part.is_empty()) && parts.all(|part| part.len() > 1);
    }
    let plain = word.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'-' | b'_'));
    let file = || ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending));
    match word.len() - last.len() {
        _ if last.len() < 2 => false,
        0 | 1 => false,
        // `a.conf`
        2 => file() && word.iter().any(u8::is_ascii_alphabetic),
        _ => plain || file(),
    }
}

/// Names of files, units and hosts end so.
const ENDINGS: [&[u8]; 64] = [
    b"bak",
    b"bin",
    b"cfg",
    b"class",
    b"cnf",
    b"com",
    b"conf",
    b"cpp",
    b"crt",
    b"csv",
    b"cu",
    b"db",
    b"dev",
    b"dll",
    b"edu",
    b"exe",
    b"gov",
    b"gz",
    b"htm",
    b"html",
    b"ini",
    b"internal",
    b"io",
    b"jar",
    b"java",
    b"jpg",
    b"js",
    b"json",
    b"key",
    b"lan",
    b"local",
    b"lock",
    b"log",
    b"mount",
    b"net",
    b"org",
    b"path",
    b"pem",
    b"php",
    b"pid",
    b"plist",
    b"png",
    b"properties",
    b"py",
    b"rb",
    b"rs",
    b"scope",
    b"service",
    b"sh",
    b"slice",
    b"so",
    b"sock",
    b"socket",
    b"sql",
    b"sys",
    b"target",
    b"timer",
    b"tmp",
    b"toml",
    b"ts",
    b"txt",
    b"xml",
    b"yaml",
    b"yml",
];

/// `java.io.IOException`, `requests.exceptions.ConnectionError`: what was thrown is a constant.
pub(super) fn is_thrown(word: &[u8]) -> bool {
    [&b"Error"[..], b"Exception", b"Failure", b"Interrupt", b"Throwable", b"Warning", b"Fault"]
        .iter()
        .any(|end| word.len() > end.len() && word.ends_with(end))
}

/// Names that end in a digit and do not count anything.
pub(super) const NUMBERED: [&[u8]; 24] = [
    b"base64", b"bz2", b"crc32", b"db2", b"ec2", b"ext2", b"ext3", b"ext4", b"h264", b"http2", b"http3", b"int32",
    b"int64", b"ipv4", b"ipv6", b"lz4", b"md5", b"mp3", b"mp4", b"oauth2", b"sha1", b"ssh2", b"utf8", b"win32",
];

/// What programs print where there is nothing, and the two truths.
fn is_nothing(word: &[u8]) -> bool {
    [&b"null"[..], b"nil", b"none", b"true", b"false", b"undefined", b"nan", b"nullptr"]
        .iter()
        .any(|nothing| word.eq_ignore_ascii_case(nothing))
}

fn is_hex(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_hexdigit) && !word.iter().any(u8::is_ascii_uppercase)
        || word.iter().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_lowercase())
}

/// A key or a token in base64: upper and lower case change more often than in any name.
fn is_random(word: &[u8]) -> bool {
    let changes = word
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
        .count();
    changes * 5 > word.len() && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/_-.".contains(byte))
}

/// `Mon`, `Jan`: the words of a date.
pub(super) fn is_calendar(word: &[u8]) -> bool {
    matches!(
        word,
        b"Mon"
            | b"Tue"
            | b"Wed"
            | b"Thu"
            | b"Fri"
            | b"Sat"
            | b"Sun"
            | b"Jan"
            | b"Feb"
            | b"Mar"
            | b"Apr"
            | b"May"
            | b"Jun"
            | b"Jul"
            | b"Aug"
            | b"Sep"
            | b"Oct"
            | b"Nov"
            | b"Dec"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_told_by_its_shape() {
        for word in [
            "/etc/hosts",
            "src/main.c",
            "a/b/c",
            "mail.example.org",
            "nginx.service",
            "config.yaml",
            "root@web1",
            "com.android.systemui",
            "blk_-160",
            "R02-M1-N0",
            "node246",
            "storage442",
            "0x1f",
            "v1.2.3",
            "3f2a9c",
            "null",
            "None",
            "true",
            "deadbeef",
            "core.2275",
            "1004rts",
            "job_12",
            "blk_a1b2c3",
            "dGhpcyBJcyBBIHRva2VuIGZvcg",
            "5s",
            "fbdcfc4",
            "L3",
            "bk_api/api3",
            "m.example.org",
            "s.conf",
            "localhost",
            "tcpin/echo2",
        ] {
            assert_eq!(shape(word.as_bytes()), Shape::Value, "{word}");
        }
        for word in ["12", "-1", "0.5", "99%", "+3"] {
            assert_eq!(shape(word.as_bytes()), Shape::Number, "{word}");
        }
        for word in [
            "eth0",
            "ipv4",
            "ssh2",
            "SSH2_MSG_KEXINIT",
            "and/or",
            "I/O",
            "connection",
            "java.io.IOException",
            "e.g",
            "facade",
            "Überlauf",
            "NameSystem.addStoredBlock",
            "MD5",
            "workerEnv.init",
            "ipv6",
            "UDP/IPv4",
            "%LINK-3-UPDOWN",
            "%ASA-4-106023",
            "autopurge.snapRetainCount",
        ] {
            assert_eq!(shape(word.as_bytes()), Shape::Word, "{word}");
        }
    }
}
