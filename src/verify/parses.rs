//! `file_parses`: whether a file is well-formed, by its name.

use std::path::Path;

use serde::Deserialize as _;
use serde::de::IgnoredAny;

use crate::catalogue::{FileFormat, json_options};
use crate::sys::disk::Reader;

/// A file larger than this is not looked at, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Whether the file parses; an error says where it does not.
pub(super) fn file_parses(path: &Path) -> Result<(), String> {
    let Some(format) = FileFormat::of(path) else {
        return Err(format!("cannot tell: the name does not say how it is written ({})", FileFormat::KNOWN));
    };
    let bytes = Reader::new()
        .read_bounded(path, MOST_BYTES)
        .map_err(|error| format!("could not read {}: {error}", path.display()))?;
    parses(format, &bytes).map_err(|why| format!("says no: {}{why}", path.display()))
}

/// The error begins with `:LINE:COLUMN: ` where the place is known.
fn parses(format: FileFormat, bytes: &[u8]) -> Result<(), String> {
    if format == FileFormat::Json {
        return serde_json::from_slice::<IgnoredAny>(bytes)
            .map(|_| ())
            .map_err(|error| format!(":{}:{}: it is not JSON", error.line(), error.column()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        format!(":{}: it is not UTF-8", memchr::memchr_iter(b'\n', before).count() + 1)
    })?;
    match format {
        FileFormat::Yaml => yaml(text),
        FileFormat::Toml => toml(text),
        FileFormat::Jsonc => jsonc(text),
        FileFormat::Ini => ini(text),
        FileFormat::Env => env(text),
        FileFormat::Json => Ok(()),
    }
}

fn yaml(text: &str) -> Result<(), String> {
    for document in serde_yaml::Deserializer::from_str(text) {
        serde_yaml::Value::deserialize(document).map_err(|error| {
            let place = error.location().map(|place| format!(":{}:{}", place.line(), place.column()));
            format!("{}: {error}", place.unwrap_or_default())
        })?;
    }
    Ok(())
}

fn toml(text: &str) -> Result<(), String> {
    toml_edit::Document::parse(text).map(|_| ()).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("{}: {}", place(text, at), error.message().lines().next().unwrap_or("it is not TOML"))
    })
}

fn jsonc(text: &str) -> Result<(), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &json_options(true)) {
        Ok(parsed) if parsed.value.is_some() => Ok(()),
        Ok(_) => Err(": it is empty".to_owned()),
        Err(error) => Err(format!("{}: {}", place(text, error.range().start), error.kind())),
    }
}

/// `:line:column` of a byte.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(":{}:{column}", before.matches('\n').count() + 1)
}

/// What all readers of such files agree on: sections are closed, and a line is a key, with or without a value.
fn ini(text: &str) -> Result<(), String> {
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        let fault = |what: &str| Err(format!(":{}: {what}", at + 1));
        let continues = std::mem::replace(&mut goes_on, line.ends_with('\\'));
        let indented = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.contains('\0') {
            return fault("it has a NUL byte");
        }
        if continues || line.is_empty() || line.starts_with(['#', ';', '!']) {
            continue;
        }
        if line.starts_with('[') {
            let header = line.split([';', '#']).next().unwrap_or(line).trim_end();
            if !header.ends_with(']') || header.len() < 3 {
                return fault("a section's header has no end");
            }
            continue;
        }
        let key = line.split(['=', ':']).next().unwrap_or_default().trim_end();
        let is_pair = key.len() < line.len();
        if key.is_empty() {
            return fault("a value has no key");
        }
        // A key alone is one word; a value that goes on in the next line is indented.
        if !is_pair && !indented && key.contains(char::is_whitespace) {
            return fault("it is neither a section, nor a key and its value");
        }
    }
    Ok(())
}

/// Assignments; a quoted value may go on over several lines.
fn env(text: &str) -> Result<(), String> {
    let mut open: Option<(char, usize)> = None;
    for (at, line) in text.lines().enumerate() {
        let mut rest = line;
        if open.is_none() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").map_or(line, str::trim_start);
            let Some((_, value)) = line.split_once('=').filter(|(key, _)| is_name(key)) else {
                return Err(format!(":{}: it is no NAME=VALUE", at + 1));
            };
            rest = value;
        }
        open = quote_after(rest, open, at + 1);
    }
    match open {
        Some((_, line)) => Err(format!(":{line}: a quote has no end")),
        None => Ok(()),
    }
}

fn is_name(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The quote that is open at the end of a line, and the line that it began on.
fn quote_after(text: &str, mut open: Option<(char, usize)>, line: usize) -> Option<(char, usize)> {
    let (mut escaped, mut blank_before) = (false, false);
    for c in text.chars() {
        match open {
            _ if escaped => escaped = false,
            Some((quote, _)) if c == quote => open = None,
            Some(('\'', _)) => {}
            _ if c == '\\' => escaped = true,
            None if c == '\'' || c == '"' => open = Some((c, line)),
            None if c == '#' && blank_before => break,
            _ => {}
        }
        blank_before = c.is_whitespace();
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(format: FileFormat, text: &str) -> String {
        parses(format, text.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn what_is_well_formed_parses() {
        for (format, text) in [
            (FileFormat::Yaml, ""),
            (FileFormat::Yaml, "a: 1\n---\nb: !tag [x, *y]\n".replace("*y", "y").as_str()),
            (FileFormat::Json, "{\"a\": [1, null]}\n"),
            (FileFormat::Jsonc, "// c\n{\"a\": [1, null,], /* b */}\n"),
            (FileFormat::Toml, "a = 1\r\n[b]\nc = 'd'\n"),
            (FileFormat::Ini, "[mysqld]\nskip-networking\n!includedir /etc/mysql/conf.d/\nkey = v ; c\n"),
            (FileFormat::Ini, "[Service]\nExecStart=/bin/a \\\n  -b c\n[Install]\n"),
            (FileFormat::Ini, "[a]\nlong: one\n  and two more\n[remote \"origin\"] ; x\n"),
            (FileFormat::Env, "# c\nA=1\nexport B='two\nlines'\nC=\"a \\\" b\" # it's\nD=a#b\n"),
        ] {
            assert_eq!(say(format, text), "", "{format:?} {text:?}");
        }
    }

    #[test]
    fn what_is_not_says_where() {
        for (format, text, expected) in [
            (FileFormat::Yaml, "a: 1\nb: [\n", ":3:1: "),
            (FileFormat::Yaml, "a: 1\na: 2\n", "duplicate"),
            (FileFormat::Yaml, "ok: 1\n---\n\tx\n", ":3:"),
            (FileFormat::Json, "{\"a\": 1,}\n", ":1:9: it is not JSON"),
            (FileFormat::Json, "{} x", "not JSON"),
            (FileFormat::Jsonc, "{\n  \"a\": x}\n", ":2:8: "),
            (FileFormat::Jsonc, "{a: 1}\n", ":1:2: "),
            (FileFormat::Jsonc, "// only\n", "it is empty"),
            (FileFormat::Toml, "a = 1\nb = \n", ":2:5: "),
            (FileFormat::Ini, "[a\nb=1\n", ":1: a section's header has no end"),
            (FileFormat::Ini, "[a]\n= 1\n", ":2: a value has no key"),
            (FileFormat::Ini, "[a]\nthis is prose\n", ":2: it is neither"),
            (FileFormat::Env, "A=1\nnot a pair\n", ":2: it is no NAME=VALUE"),
            (FileFormat::Env, "A=1\nB=\"x\nC=2\n", ":2: a quote has no end"),
            (FileFormat::Env, "9A=1\n", ":1: it is no"),
        ] {
            let said = say(format, text);
            assert!(said.contains(expected), "{format:?} {text:?}: {said:?}");
        }
        assert!(parses(FileFormat::Ini, b"a=1\nb=\xff\n").unwrap_err().starts_with(":2: it is not UTF-8"));
    }

    #[test]
    fn an_unknown_name_is_a_no() {
        assert!(file_parses(Path::new("/etc/hostname")).unwrap_err().contains("does not say how it is written"));
        assert!(file_parses(Path::new("/nowhere/a.json")).unwrap_err().contains("could not read"));
    }
}
