//! From a template and the lines it stands for to regexes that may know them, the narrowest first.

use crate::catalogue::regex::{capturing, line_safe_hir};

/// Stands for a value in a template.
const SLOT: &str = "<*>";
/// What may stand where anything must be allowed.
const ANYTHING: &str = ".*?";
/// Letters that a regex must ask for, at least.
const LEAST_LETTERS: usize = 4;
/// Longest constant text that a regex asks for, in characters.
const MAX_TEXT: usize = 300;

/// What values of a slot look like, narrowest first: what all of them are made of, and the class to write.
const CLASSES: [(&str, &str); 6] = [
    (r"\A[0-9]+\z", r"\d+"),
    (r"\A[-+]?[0-9][0-9.,:/_-]*\z", r"[-+\d.,:/_]+"),
    (r"\A(?:0x)?[0-9a-f]{6,}\z", r"(?:0x)?[0-9a-f]+"),
    (r#"\A"[^"]*"\z"#, r#""[^"]*""#),
    (r"\A'[^']*'\z", r"'[^']*'"),
    (r"\A\S+\z", r"\S+"),
];

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text as it stands in every line.
    Text(String),
    /// A value.
    Slot,
}

/// Regexes that may know these lines; whoever judges takes the first that does.
pub(super) fn candidates(template: &str, samples: &[Vec<&str>]) -> Vec<String> {
    // A template that was cut, or that joins the lines of a record, stands for a line in its parts.
    let mut templates = vec![template.to_owned()];
    templates.extend(template.lines().chain(template.split(" | ")).map(str::to_owned));
    templates.extend(common(samples));
    let mut found = Vec::new();
    for template in templates {
        let pieces = pieces(&template);
        if letters(&pieces) < LEAST_LETTERS {
            continue;
        }
        let narrow = written(&pieces, &classes(&pieces, samples));
        let wide = written(&pieces, &vec![ANYTHING.to_owned(); pieces.len()]);
        for regex in [narrow, wide] {
            found.push(regex.clone());
            found.push(format!("{regex}$"));
            found.push(format!("(?-i){regex}"));
            found.push(format!("(?-i){regex}$"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|regex| seen.insert(regex.clone()) && line_safe_hir(regex).is_ok());
    found
}

/// Texts and slots in turn; what stands for something else in the raw line is a slot, too.
fn pieces(template: &str) -> Vec<Piece> {
    let template = template.trim().trim_end_matches("...").trim_end_matches('…');
    let mut pieces = Vec::new();
    let mut length = 0;
    for (at, part) in template.split(SLOT).enumerate() {
        if at > 0 && pieces.last() != Some(&Piece::Slot) {
            pieces.push(Piece::Slot);
        }
        for (at, text) in constants(part).into_iter().enumerate() {
            if at > 0 && pieces.last() != Some(&Piece::Slot) {
                pieces.push(Piece::Slot);
            }
            let text = shortened(text, MAX_TEXT.saturating_sub(length));
            length += text.chars().count();
            if !text.is_empty() {
                pieces.push(Piece::Text(text));
            }
        }
    }
    // At its ends a value only stretches the match.
    while pieces.last() == Some(&Piece::Slot) {
        pieces.pop();
    }
    while pieces.first() == Some(&Piece::Slot) {
        pieces.remove(0);
    }
    if let Some(Piece::Text(first)) = pieces.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some(Piece::Text(last)) = pieces.last_mut() {
        *last = last.trim_end().to_owned();
    }
    pieces
}

/// So many characters at most, and then whole words.
fn shortened(text: String, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text };
    let fits = text.get(..end).unwrap_or_default();
    fits.rsplit_once(char::is_whitespace).map_or_else(String::new, |(whole, _)| whole.to_owned())
}

/// The text around what heal wrote itself: redacted secrets and escaped characters are others in the raw line.
fn constants(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let own = if rest.starts_with("[REDACTED") {
            rest.find(']').map(|end| end + 1)
        } else if rest.starts_with("\\u{") {
            rest.find('}').map(|end| end + 1)
        } else if rest.starts_with("\\x") {
            Some(rest.char_indices().nth(4).map_or(rest.len(), |(at, _)| at))
        } else {
            None
        };
        if let Some(end) = own {
            parts.push(String::new());
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    parts
}

fn letters(pieces: &[Piece]) -> usize {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.chars().filter(|c| c.is_alphabetic()).count(),
        Piece::Slot => 0,
    };
    pieces.iter().map(text).sum()
}

/// The regex, with a class for each slot.
fn written(pieces: &[Piece], classes: &[String]) -> String {
    let mut regex = String::new();
    for (piece, class) in pieces.iter().zip(classes) {
        match piece {
            Piece::Text(text) => regex.push_str(&literal(text)),
            Piece::Slot => regex.push_str(class),
        }
    }
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let ends = |piece: Option<&Piece>, first: bool| match piece {
        Some(Piece::Text(text)) => is_word(if first { text.chars().next() } else { text.chars().last() }),
        _ => false,
    };
    let before = if ends(pieces.first(), true) { r"\b" } else { "" };
    let after = if ends(pieces.last(), false) { r"\b" } else { "" };
    format!("{before}{regex}{after}")
}

/// Text as a regex; blanks of any number and kind are one.
fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() {
            if !blank {
                out.push_str(r"\s+");
            }
        } else {
            out.push_str(&escaped(c));
        }
        blank = c.is_whitespace();
    }
    out
}

/// Only what means something in a regex gets a backslash.
fn escaped(c: char) -> String {
    if r"\.+*?()|[]{}^$".contains(c) { format!("\\{c}") } else { c.to_string() }
}

/// For each piece the narrowest class that holds all values which the samples show there.
fn classes(pieces: &[Piece], samples: &[Vec<&str>]) -> Vec<String> {
    let groups: Vec<String> = vec![format!("({ANYTHING})"); pieces.len()];
    let mut shown: Vec<Vec<&str>> = vec![Vec::new(); pieces.len()];
    if let Some(found) = capturing(&written(pieces, &groups)) {
        for line in samples.iter().flatten() {
            let mut captures = found.create_captures();
            found.captures(line.as_bytes(), &mut captures);
            let slots = pieces.iter().zip(&mut shown).filter(|(piece, _)| **piece == Piece::Slot);
            for (group, (_, values)) in slots.enumerate() {
                values.extend(captures.get_group(group + 1).and_then(|span| line.get(span.range())));
            }
        }
    }
    shown.iter().map(|values| class(values)).collect()
}

fn class(values: &[&str]) -> String {
    let all = |regex: &str| {
        ::regex::Regex::new(&format!("(?i){regex}")).is_ok_and(|regex| values.iter().all(|value| regex.is_match(value)))
    };
    let own = |value: &&str| value.contains("[REDACTED") || value.contains("\\x") || value.contains("\\u{");
    if values.is_empty() || values.iter().any(own) {
        return ANYTHING.to_owned();
    }
    // One number says little of what the others look like: a dot may be in the next one.
    let few = values.len() < 3;
    let fits = CLASSES.iter().skip(usize::from(few)).find(|(regex, _)| all(regex));
    fits.map_or(ANYTHING, |(_, class)| class).to_owned()
}

/// What the first lines of all samples have in common, word by word: a template of its own.
fn common(samples: &[Vec<&str>]) -> Option<String> {
    let masked = |line: &str| -> Vec<String> {
        let message = super::judge::message(line);
        let mask = |word: &str| if word.bytes().any(|byte| byte.is_ascii_digit()) { SLOT } else { word }.to_owned();
        message.split_whitespace().map(mask).collect()
    };
    let mut lines = samples.iter().filter_map(|lines| lines.first()).map(|line| masked(line));
    let first = lines.next()?;
    let rest: Vec<Vec<String>> = lines.collect();
    let kept = first.iter().map(|word| if rest.iter().all(|line| line.contains(word)) { word } else { SLOT });
    Some(kept.collect::<Vec<_>>().join(" "))
}
