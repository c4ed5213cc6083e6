//! What a file's name tells of rotation: which log it belongs to, and whether it is an older part of it.

use std::path::Path;

/// Endings of compressed files.
const COMPRESSED: [&str; 7] = [".gz", ".zst", ".xz", ".bz2", ".lz4", ".lzma", ".Z"];
/// Endings of logs, before which some programs put the number or the date.
const ENDINGS: [&str; 6] = [".log", ".txt", ".out", ".err", ".json", ".jsonl"];
/// Words that mark an older part.
const WORDS: [&str; 5] = [".old", ".bak", ".prev", ".orig", "~"];

/// A file's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// What all parts of one log have in common.
    pub(super) base: String,
    /// It has a number, a date or a word of rotation.
    pub(super) numbered: bool,
    /// Its ending says that it is compressed.
    pub(super) compressed: bool,
}

impl Name {
    pub(super) fn of_path(path: &Path) -> Self {
        Self::of(&path.file_name().unwrap_or_default().to_string_lossy())
    }

    pub(super) fn of(file: &str) -> Self {
        let plain = COMPRESSED.iter().find_map(|ending| file.strip_suffix(ending).filter(|rest| !rest.is_empty()));
        let compressed = plain.is_some();
        let plain = plain.unwrap_or(file);
        let mut base = plain;
        for _ in 0..3 {
            match older(base) {
                Some(shorter) => base = shorter,
                None => break,
            }
        }
        let mut base = base.to_owned();
        if base == plain
            && let Some(ending) = ENDINGS.iter().find(|ending| plain.ends_with(**ending))
            && let Some(shorter) = plain.strip_suffix(ending).and_then(older)
        {
            base = format!("{}{ending}", older(shorter).unwrap_or(shorter));
        }
        Self { numbered: base != plain, base, compressed }
    }

    /// It is never written to again, whatever stands beside it.
    pub(super) const fn is_older_part(&self) -> bool {
        self.numbered || self.compressed
    }
}

/// The name without its last mark of rotation.
fn older(name: &str) -> Option<&str> {
    if let Some(rest) = WORDS.iter().find_map(|word| name.strip_suffix(word)) {
        return Some(rest).filter(|rest| !rest.is_empty());
    }
    let digits = |text: &str| text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let last = digits(name);
    let before = name.get(..name.len() - last)?;
    // `.1`
    if let (1..=5, Some(rest)) = (last, before.strip_suffix('.')) {
        return Some(rest).filter(|rest| !rest.is_empty());
    }
    // A date, perhaps with a time: digits in groups, eight or more of them, of a likely century.
    let start = name.bytes().rev().take_while(|byte| byte.is_ascii_digit() || b"-_.T:".contains(byte)).count();
    let tail = name.get(name.len() - start..)?;
    let tail = tail.get(tail.find(|c: char| c.is_ascii_digit())?..)?;
    let number: String = tail.chars().filter(char::is_ascii_digit).collect();
    let likely =
        number.starts_with("20") || number.starts_with("19") || (number.len() == 10 && number.starts_with('1'));
    if last == 0 || !likely || !(8..=17).contains(&number.len()) {
        return None;
    }
    let rest = name.get(..name.len() - tail.len())?.strip_suffix(['-', '_', '.'])?;
    Some(rest).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_log_have_one_base() {
        for (name, base, numbered, compressed) in [
            ("app.log", "app.log", false, false),
            ("app.log.1", "app.log", true, false),
            ("app.log.12.gz", "app.log", true, true),
            ("app.log.gz", "app.log", false, true),
            ("app.log-20261121", "app.log", true, false),
            ("app.log-20261121.zst", "app.log", true, true),
            ("app.log-2026112114", "app.log", true, false),
            ("app.log-20261121-153000.gz", "app.log", true, true),
            ("app.log-1795000000", "app.log", true, false),
            ("app.log.2026-11-21", "app.log", true, false),
            ("app.log.2026-11-21_15", "app.log", true, false),
            ("app.log.2026-11-21.1.gz", "app.log", true, true),
            ("app.log.old", "app.log", true, false),
            ("app.log~", "app.log", true, false),
            ("app-2026-11-21.log", "app.log", true, false),
            ("app-20261121.log.gz", "app.log", true, true),
            ("app-2026-11-21.1.log", "app.log", true, false),
            ("app.1.log", "app.log", true, false),
            ("postgresql-2026-11-21_000000.log", "postgresql.log", true, false),
            ("syslog", "syslog", false, false),
            ("syslog.2.xz", "syslog", true, true),
            ("worker-1.log", "worker-1.log", false, false),
            ("app-8080.log", "app-8080.log", false, false),
            ("10.0.0.1", "10", true, false),
            ("2026-11-21.log", "2026-11-21.log", false, false),
            (".1", ".1", false, false),
            ("x.gz", "x", false, true),
            (".gz", ".gz", false, false),
        ] {
            let found = Name::of(name);
            assert_eq!((found.base.as_str(), found.numbered, found.compressed), (base, numbered, compressed), "{name}");
        }
    }
}
