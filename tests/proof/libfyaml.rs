//! YAML as libfyaml reads it, which passes all of the official suite; libyaml, which the other judge is made of, does not.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::Lines;

use crate::kinds::{Tree, Word};

/// Its tool, where the packages are.
fn tool() -> Option<(PathBuf, PathBuf)> {
    let files = PathBuf::from(std::env::var_os("HEAL_PROOF_FILES")?);
    let libraries = std::fs::read_dir(files.join("libfyaml0/usr/lib")).ok()?;
    let library = libraries.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.is_dir())?;
    let tool = files.join("libfyaml-utils/usr/bin/fy-tool");
    tool.exists().then_some((tool, library))
}

pub fn is_there() -> bool {
    tool().is_some()
}

/// One tree for each document.
pub fn read(text: &str) -> Option<Vec<Tree>> {
    let (tool, library) = tool()?;
    let mut child = Command::new(tool)
        .env("LD_LIBRARY_PATH", library)
        .args(["--testsuite", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let events = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| documents(&events)).flatten()
}

/// The suite's own words for events: `+MAP`, `=VAL :plain`, `=ALI *name`, ...
fn documents(events: &str) -> Option<Vec<Tree>> {
    let mut lines = events.lines();
    let mut documents = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("+DOC") {
            let first = lines.next()?;
            documents.push(node(first, &mut lines, &mut HashMap::new())?);
        }
    }
    Some(documents)
}

fn node(line: &str, lines: &mut Lines<'_>, anchors: &mut HashMap<String, Tree>) -> Option<Tree> {
    if let Some(name) = line.strip_prefix("=ALI *") {
        return anchors.get(name).cloned();
    }
    let (kind, mut rest) = line.split_at_checked(4)?;
    rest = rest.trim_start();
    rest = rest.strip_prefix("[]").or_else(|| rest.strip_prefix("{}")).unwrap_or(rest).trim_start();
    let anchor = property(&mut rest, '&', ' ');
    let tag = property(&mut rest, '<', '>');
    let tree = match kind {
        "=VAL" => Tree::Leaf(scalar(rest, tag.is_some())?),
        "+SEQ" => Tree::List(items(lines, anchors, "-SEQ")?),
        "+MAP" => {
            let flat = items(lines, anchors, "-MAP")?;
            Tree::Map(flat.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
        }
        _ => return None,
    };
    let tree = match tag {
        Some(tag) => Tree::Tagged(tag, Box::new(tree)),
        None => tree,
    };
    if let Some(anchor) = anchor {
        anchors.insert(anchor, tree.clone());
    }
    Some(tree)
}

fn items(lines: &mut Lines<'_>, anchors: &mut HashMap<String, Tree>, end: &str) -> Option<Vec<Tree>> {
    let mut items = Vec::new();
    loop {
        let line = lines.next()?;
        if line == end {
            return Some(items);
        }
        items.push(node(line, lines, anchors)?);
    }
}

fn property(rest: &mut &str, open: char, close: char) -> Option<String> {
    let inside = rest.strip_prefix(open)?;
    let (name, behind) = inside.split_once(close).unwrap_or((inside, ""));
    *rest = behind.trim_start();
    Some(name.to_owned())
}

fn scalar(written: &str, tagged: bool) -> Option<Word> {
    let mut chars = written.chars();
    let style = chars.next()?;
    let text = unescaped(chars.as_str());
    Some(if style == ':' && !tagged { plain(text) } else { Word::Text(text) })
}

/// The core schema.
fn plain(text: String) -> Word {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Word::Null,
        "true" | "True" | "TRUE" => Word::Bool(true),
        "false" | "False" | "FALSE" => Word::Bool(false),
        number if number.parse::<i64>().is_ok() => Word::Number(text),
        number
            if number.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
                && number.parse::<f64>().is_ok() =>
        {
            Word::Number(text)
        }
        _ => Word::Text(text),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some('b')) => out.push('\u{8}'),
            (_, Some(other)) | (other, None) => out.push(other),
        }
    }
    out
}
