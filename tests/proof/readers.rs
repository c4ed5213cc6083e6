//! What the readers of the dialects make of a file: programs and crates that are not heal's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A key of a file, with its section and its value where it has them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub section: Option<String>,
    pub key: String,
    pub value: Option<String>,
}

pub type Entries = Vec<Entry>;

/// Reads all of the texts; `None` for one that it does not read.
pub type Reader = fn(&[String]) -> Vec<Option<Entries>>;

/// Whether a program can be asked at all.
pub fn is_there(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    program.is_empty() || asked.is_ok()
}

/// Where the package of `PgCommon` is.
fn pg_common() -> PathBuf {
    let files = PathBuf::from(std::env::var_os("HEAL_PROOF_FILES").unwrap_or_default());
    files.join("postgresql-client-common/usr/share/perl5")
}

pub fn git(texts: &[String]) -> Vec<Option<Entries>> {
    each(texts, "config", |file| {
        let said = output(Command::new("git").args(["config", "--no-includes", "--list", "-z", "-f"]).arg(file))?;
        let entry = |line: &str| {
            let (name, value) = line.split_once('\n').map_or((line, None), |(name, value)| (name, Some(value)));
            let (section, rest) = name.split_once('.').unwrap_or(("", name));
            let (section, key) = match rest.rsplit_once('.') {
                Some((sub, key)) => (format!("{section} \"{}\"", sub.replace('\\', "\\\\").replace('"', "\\\"")), key),
                None => (section.to_owned(), rest),
            };
            Entry { section: Some(section), key: key.to_owned(), value: value.map(str::to_owned) }
        };
        Some(said.split_terminator('\0').map(entry).collect())
    })
}

/// Each group by itself; what other files say is left out.
pub fn mysql(texts: &[String]) -> Vec<Option<Entries>> {
    let alone: Vec<String> = texts
        .iter()
        .map(|text| text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with('!')).collect())
        .collect();
    let mut texts = alone.iter();
    each(&alone, "my.cnf", |file| {
        let mut entries = Entries::new();
        let mut asked = Vec::new();
        for line in texts.next()?.lines().filter_map(|line| line.trim().strip_prefix('[')) {
            let group = line.split(']').next()?.trim().to_owned();
            if asked.contains(&group) {
                continue;
            }
            let defaults = format!("--defaults-file={}", file.display());
            let said = output(Command::new("my_print_defaults").arg(defaults).arg(&group))?;
            for option in said.lines() {
                let option = option.strip_prefix("--")?;
                let (key, value) = option.split_once('=').map_or((option, None), |(key, value)| (key, Some(value)));
                entries.push(Entry {
                    section: Some(group.clone()),
                    key: key.to_owned(),
                    value: value.map(str::to_owned),
                });
            }
            asked.push(group);
        }
        Some(entries)
    })
}

const PHP: &str = r#"
foreach (array_slice($argv, 1) as $file) {
    $all = @parse_ini_file($file, true);
    if ($all === false) { echo "\x18"; }
    foreach ($all ?: [] as $name => $inner) {
        if (!is_array($inner)) { echo "\x19\x1f$name\x1f$inner\x1f"; continue; }
        foreach ($inner as $key => $value) {
            foreach (is_array($value) ? $value : [$value] as $one) { echo "$name\x1f$key\x1f$one\x1f"; }
        }
    }
    echo "\x1e";
}
"#;

pub fn php(texts: &[String]) -> Vec<Option<Entries>> {
    by_script(texts, Command::new("php").args(["-n", "-r", PHP, "--"]))
}

const PYTHON: &str = r#"
import configparser, sys
out = sys.stdout.buffer
ways = {"configparser": {}, "ini": dict(delimiters="=", inline_comment_prefixes=";#", interpolation=None)}
for file in sys.argv[2:]:
    reader = configparser.ConfigParser(strict=False, allow_no_value=True, **ways[sys.argv[1]])
    if sys.argv[1] == "ini": reader.optionxform = str
    try:
        with open(file, encoding="utf-8-sig", newline=None) as text: reader.read_file(text)
        for name, keys in [("DEFAULT", reader.defaults()), *reader._sections.items()]:
            for key, value in keys.items():
                value = "\x19" if value is None else value
                out.write(f"{name}\x1f{key}\x1f{value}\x1f".encode())
    except configparser.Error: out.write(b"\x18")
    out.write(b"\x1e")
"#;

pub fn configparser(texts: &[String]) -> Vec<Option<Entries>> {
    by_script(texts, Command::new("python3").args(["-c", PYTHON, "configparser"]))
}

/// As most readers have it: with comments behind values; quotes around a value are no part of it.
pub fn ini(texts: &[String]) -> Vec<Option<Entries>> {
    let bare = |value: String| match value.as_bytes() {
        [first @ (b'"' | b'\''), .., last] if first == last => value[1..value.len() - 1].to_owned(),
        _ => value,
    };
    let bare = |entry: Entry| Entry { value: entry.value.map(bare), ..entry };
    let read = by_script(texts, Command::new("python3").args(["-c", PYTHON, "ini"]));
    read.into_iter().map(|entries| Some(entries?.into_iter().map(bare).collect())).collect()
}

const PERL: &str = r#"my %all = PgCommon::read_conf_file($ARGV[0]); print map { "$_\x1f$all{$_}\x1f" } keys %all;"#;

pub fn postgresql(texts: &[String]) -> Vec<Option<Entries>> {
    each(texts, "postgresql.conf", |file| {
        let mut perl = Command::new("perl");
        let said = output(perl.arg("-I").arg(pg_common()).args(["-MPgCommon", "-e", PERL, "--"]).arg(file))?;
        let words: Vec<&str> = said.split_terminator('\x1f').collect();
        let pairs = words.chunks_exact(2);
        Some(pairs.map(|pair| entry(None, pair[0], Some(pair[1]))).collect())
    })
}

pub fn env(texts: &[String]) -> Vec<Option<Entries>> {
    let read = |text: &String| {
        let pairs = dotenvy::from_read_iter(text.as_bytes());
        pairs.map(|pair| pair.ok().map(|(key, value)| entry(None, &key, Some(&value)))).collect()
    };
    texts.iter().map(read).collect()
}

/// By the crate `rust-ini`, which takes a line as systemd does when it knows of no quotes and escapes.
pub fn systemd(texts: &[String]) -> Vec<Option<Entries>> {
    let read = |text: &String| {
        let options = ini::ParseOption { enabled_quote: false, enabled_escape: false, ..ini::ParseOption::default() };
        let read = ini::Ini::load_from_str_opt(text.trim_start_matches('\u{feff}'), options).ok()?;
        let entries = read
            .iter()
            .flat_map(|(section, pairs)| pairs.iter().map(move |(key, value)| entry(section, key, Some(value))));
        Some(entries.collect())
    };
    texts.iter().map(read).collect()
}

fn entry(section: Option<&str>, key: &str, value: Option<&str>) -> Entry {
    Entry { section: section.map(str::to_owned), key: key.to_owned(), value: value.map(str::to_owned) }
}

/// What a program prints; `None` when it fails.
fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

fn each(texts: &[String], name: &str, mut read: impl FnMut(&Path) -> Option<Entries>) -> Vec<Option<Entries>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    let mut one = |text: &String| {
        std::fs::write(&file, text).unwrap();
        read(&file)
    };
    texts.iter().map(&mut one).collect()
}

/// A script that prints `section US key US value US` for each key and RS for each file; EM is nothing, CAN is unread.
fn by_script(texts: &[String], command: &mut Command) -> Vec<Option<Entries>> {
    let folder = tempfile::tempdir().unwrap();
    for (index, text) in texts.iter().enumerate() {
        let file = folder.path().join(index.to_string());
        std::fs::write(&file, text).unwrap();
        command.arg(file);
    }
    let said = output(command).unwrap();
    let some = |word: &str| (word != "\x19").then(|| word.to_owned());
    let read = |file: &str| {
        let words: Vec<&str> = file.split_terminator('\x1f').collect();
        let entry = |words: &[&str]| Entry { section: some(words[0]), key: words[1].to_owned(), value: some(words[2]) };
        (!file.contains('\x18')).then(|| words.chunks_exact(3).map(entry).collect())
    };
    let read: Vec<_> = said.split_terminator('\x1e').map(read).collect();
    assert_eq!(read.len(), texts.len(), "the reader did not answer for every file");
    read
}
