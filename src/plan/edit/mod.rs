//! One edit on one text: locate, render, splice, prove. Pure: no file is read or written here.
//!
//! Each kind of file is one `Format`; what is common to all (operations, numbers, the proof that only the value
//! changed) stands here. A wrong span is harmless: the proof makes it a refusal.

mod back;
mod code;
mod ini;
mod json;
mod number;
mod regex;
mod scalar;
mod secrets;
mod toml;
mod tree;
mod yaml;

pub use back::{put_back, restore};
pub use code::Code;
pub use secrets::without_secrets;

use std::ops::Range;

use crate::catalogue::{Change, Edit, Locator, Operation, Scalar};

/// Largest text, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Why an edit is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// From 1, where it can be told.
    pub line: Option<usize>,
    /// In characters from 1, where it can be told.
    pub column: Option<usize>,
    /// Why, as a fixed code.
    pub code: Code,
    /// A sentence, with what the operator can write to allow it where that is safe.
    pub reason: String,
}

impl Refusal {
    fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { line: None, column: None, code, reason: reason.into() }
    }

    fn at(text: &str, offset: usize, code: Code, reason: impl Into<String>) -> Self {
        let (line, column) = place(text, offset);
        Self { line: Some(line), column: Some(column), code, reason: reason.into() }
    }

    /// With this place, where it has none.
    fn or_at(self, text: &str, offset: usize) -> Self {
        if self.line.is_some() { self } else { Self::at(text, offset, self.code, self.reason) }
    }
}

/// What an edit would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// The value changes.
    Change(Changed),
    /// The value is right already, or at its bound.
    AlreadyOptimal {
        /// The value as written.
        value: String,
        /// A sentence.
        reason: String,
        /// Where it stands.
        span: Range<usize>,
    },
    /// A `verify_only` holds.
    Holds {
        /// A sentence.
        reason: String,
    },
    /// A `verify_only` does not hold.
    DoesNotHold {
        /// Where, when it can be told.
        line: Option<usize>,
        /// A sentence.
        reason: String,
    },
}

/// A change, proven to touch nothing but the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// All of the new text.
    pub text: String,
    /// The value in the old text; empty where it is added.
    pub span: Range<usize>,
    /// The value in the new text.
    pub new_span: Range<usize>,
    /// The value as it was written, quotes included; empty where it is added.
    pub old: String,
    /// The value as it is written now.
    pub new: String,
    /// Line of the value in the old text, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// In bytes.
    pub span: Range<usize>,
    /// As it is written.
    pub raw: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// A place in a text that a format found for an edit.
struct Spot {
    /// Every span that is to change, in order: one, but for `expect_matches`.
    spans: Vec<Range<usize>>,
    /// What stands there means.
    value: Scalar,
    /// The text of the value without quotes: what arithmetic works on.
    text: String,
}

/// A kind of file.
trait Format {
    /// Finds the value. `Ok(None)`: it is not there, and may be added.
    fn locate(&self, text: &str, edit: &Edit) -> Result<Option<Spot>, Refusal>;
    /// The new value as the file writes it at this spot.
    fn render(&self, text: &str, edit: &Edit, spot: &Spot, new: &Scalar) -> Result<String, Refusal>;
    /// Where a missing value goes, and the text that adds it.
    fn insert(&self, text: &str, edit: &Edit, new: &Scalar) -> Result<(usize, String), Refusal>;
    /// The bytes of the key with its value, so that it can be deleted. `Ok(None)`: it is not there.
    fn remove(&self, text: &str, edit: &Edit) -> Result<Option<Range<usize>>, Refusal>;
    /// Proves that the new text is the old one but for the value.
    fn prove(&self, old: &str, new: &str, edit: &Edit, proof: &Proof<'_>) -> Result<(), Refusal>;
}

/// What must have happened, and nothing else.
enum Proof<'a> {
    /// The value at the spot now means this.
    Replaced { spans: &'a [Range<usize>], value: Option<&'a Scalar> },
    /// A value was added.
    Added { value: &'a Scalar },
    /// The value is gone, with its key.
    Removed,
}

fn format(edit: &Edit) -> &'static dyn Format {
    match edit.locator {
        Locator::YamlPath(_) => &yaml::Yaml,
        Locator::TomlPath(_) => &toml::Toml,
        Locator::JsonPath(_) => &json::Json,
        Locator::IniPath { .. } => &ini::Ini,
        Locator::Regex(_) | Locator::WholeFile => &regex::Text,
    }
}

/// What the edit would make of these bytes.
///
/// # Errors
/// Everything that is ambiguous or cannot be proven.
pub fn propose(bytes: &[u8], edit: &Edit) -> Result<Proposal, Refusal> {
    let text = readable(bytes)?;
    let format = format(edit);
    match (&edit.operation, &edit.locator) {
        (Operation::VerifyOnly { each }, Locator::Regex(_)) => return regex::verify(text, edit, each.as_deref()),
        (Operation::VerifyOnly { .. }, _) => return verify(text, edit, format),
        (Operation::Delete, _) => return delete(text, edit, format),
        _ => {}
    }
    let Some(spot) = format.locate(text, edit)? else { return add(text, edit, format) };
    expect_current(text, edit, &spot)?;
    let new = match target(text, edit, &spot)? {
        Wanted::Value(new) => new,
        Wanted::Nothing(why) => return Ok(optimal(text, &spot, &why)),
    };
    let rendered = match &new {
        Scalar::Text(literal) if matches!(edit.operation, Operation::Replace(_)) => literal.clone(),
        new => format.render(text, edit, &spot, new)?,
    };
    // What `replace` writes means what the file's own reader makes of it.
    let means = Some(&new).filter(|_| !matches!(edit.operation, Operation::Replace(_)));
    replace(text, edit, format, &spot, &rendered, means)
}

/// Where the value stands now.
///
/// # Errors
/// As [`propose`]; also when it is not there.
pub fn locate(bytes: &[u8], edit: &Edit) -> Result<Located, Refusal> {
    let text = readable(bytes)?;
    let spot = format(edit).locate(text, edit)?.ok_or_else(|| Refusal::new(Code::Missing, "the value is not there"))?;
    let span = first(&spot)?;
    let (line, column) = place(text, span.start);
    Ok(Located { raw: slice(text, &span).to_owned(), span, line, column })
}

enum Wanted {
    Value(Scalar),
    Nothing(String),
}

fn target(text: &str, edit: &Edit, spot: &Spot) -> Result<Wanted, Refusal> {
    let change = |change: &Change, up: bool| {
        let span = first(spot)?;
        number::change(&spot.text, edit.unit.as_deref(), change, up)
            .map_err(|(code, reason)| Refusal::at(text, span.start, code, reason))
    };
    Ok(match &edit.operation {
        Operation::Set(wanted) if scalar::same(&spot.value, wanted) => Wanted::Nothing("is already right".to_owned()),
        Operation::Set(wanted) => Wanted::Value(wanted.clone()),
        Operation::Replace(literal) if spot.spans.iter().all(|span| slice(text, span) == literal) => {
            Wanted::Nothing("is already right".to_owned())
        }
        Operation::Replace(literal) => Wanted::Value(Scalar::Text(literal.clone())),
        Operation::Increase(by) => numeric(change(by, true)?, spot, by.max_value),
        Operation::Decrease(by) => numeric(change(by, false)?, spot, by.min_value),
        Operation::Restore { .. } => {
            return Err(Refusal::new(Code::NoCopy, "`restore` needs the copy to restore from"));
        }
        Operation::VerifyOnly { .. } | Operation::Delete => Wanted::Nothing("is only looked at".to_owned()),
    })
}

/// The new number as the scalar of the old one's kind: a quoted number stays text.
fn numeric(new: Option<String>, spot: &Spot, bound: Option<rust_decimal::Decimal>) -> Wanted {
    let Some(new) = new else {
        let reach = bound.map_or_else(String::new, |bound| format!(" (the bound is {bound})"));
        return Wanted::Nothing(format!("is at its bound{reach}"));
    };
    match (&spot.value, new.parse()) {
        (Scalar::Number(_), Ok(number)) => Wanted::Value(Scalar::Number(number)),
        _ => Wanted::Value(Scalar::Text(new)),
    }
}

fn optimal(text: &str, spot: &Spot, why: &str) -> Proposal {
    let span = first(spot).unwrap_or(0..0);
    let value = slice(text, &span).to_owned();
    Proposal::AlreadyOptimal { reason: format!("already optimal: {value} {why}"), value, span }
}

fn replace(
    text: &str,
    edit: &Edit,
    format: &dyn Format,
    spot: &Spot,
    rendered: &str,
    value: Option<&Scalar>,
) -> Result<Proposal, Refusal> {
    let span = first(spot)?;
    let new = splice(text, &spot.spans, rendered);
    if new == text {
        return Ok(optimal(text, spot, "is already right"));
    }
    format
        .prove(text, &new, edit, &Proof::Replaced { spans: &spot.spans, value })
        .map_err(|refusal| refusal.or_at(text, span.start))?;
    let (line, column) = place(text, span.start);
    Ok(Proposal::Change(Changed {
        old: slice(text, &span).to_owned(),
        new: rendered.to_owned(),
        new_span: span.start..span.start + rendered.len(),
        span,
        line,
        column,
        text: new,
    }))
}

fn add(text: &str, edit: &Edit, format: &dyn Format) -> Result<Proposal, Refusal> {
    let Operation::Set(value) = &edit.operation else {
        return Err(Refusal::new(Code::Missing, "the value is not there; only `set` can add it"));
    };
    added(text, edit, format, value)
}

fn added(text: &str, edit: &Edit, format: &dyn Format, value: &Scalar) -> Result<Proposal, Refusal> {
    let (at, added) = format.insert(text, edit, value)?;
    let new = splice(text, std::slice::from_ref(&(at..at)), &added);
    format.prove(text, &new, edit, &Proof::Added { value }).map_err(|refusal| refusal.or_at(text, at))?;
    let (line, column) = place(text, at);
    Ok(Proposal::Change(Changed {
        span: at..at,
        new_span: at..at + added.len(),
        old: String::new(),
        new: added,
        line,
        column,
        text: new,
    }))
}

fn delete(text: &str, edit: &Edit, format: &dyn Format) -> Result<Proposal, Refusal> {
    let Some(span) = format.remove(text, edit)? else {
        let reason = "already optimal: the key is not there".to_owned();
        return Ok(Proposal::AlreadyOptimal { value: String::new(), reason, span: 0..0 });
    };
    if edit.expect_current.is_some()
        && let Some(spot) = format.locate(text, edit)?
    {
        expect_current(text, edit, &spot)?;
    }
    let new = splice(text, std::slice::from_ref(&span), "");
    format.prove(text, &new, edit, &Proof::Removed)?;
    if format.remove(&new, edit)?.is_some() {
        return Err(Refusal::at(text, span.start, Code::NotProven, "the key would still be there"));
    }
    let (line, column) = place(text, span.start);
    Ok(Proposal::Change(Changed {
        old: slice(text, &span).to_owned(),
        new: String::new(),
        new_span: span.start..span.start,
        span,
        line,
        column,
        text: new,
    }))
}

/// Whether the path leads to a value, and to the one that is expected.
fn verify(text: &str, edit: &Edit, format: &dyn Format) -> Result<Proposal, Refusal> {
    // What may be added is not there.
    let Some(spot) = format.locate(text, &Edit { create_missing: true, ..edit.clone() })? else {
        return Ok(Proposal::DoesNotHold { line: None, reason: "the value is not there".to_owned() });
    };
    let span = first(&spot)?;
    let (line, _) = place(text, span.start);
    Ok(match expect_current(text, edit, &spot) {
        Ok(()) => Proposal::Holds { reason: format!("already optimal: line {line} has {}", slice(text, &span)) },
        Err(refusal) => Proposal::DoesNotHold { line: Some(line), reason: refusal.reason },
    })
}

fn expect_current(text: &str, edit: &Edit, spot: &Spot) -> Result<(), Refusal> {
    let Some(expected) = &edit.expect_current else { return Ok(()) };
    let span = first(spot)?;
    if scalar::same(&spot.value, expected) || scalar::plain(expected) == spot.text {
        return Ok(());
    }
    let reason = format!("the value is {}, and `expect_current` says {}", slice(text, &span), scalar::plain(expected));
    Err(Refusal::at(text, span.start, Code::UnexpectedValue, reason))
}

/// UTF-8 without NUL, of a bearable size; nothing else is edited.
fn readable(bytes: &[u8]) -> Result<&str, Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::new(Code::TooLarge, format!("the file has more than {} MiB", MAX_BYTES >> 20)));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Refusal::new(Code::NotUtf8, "the file is UTF-16; only UTF-8 is edited"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', bytes.get(..error.valid_up_to()).unwrap_or_default()).count() + 1;
        Refusal { line: Some(line), ..Refusal::new(Code::NotUtf8, "the file is not UTF-8; only UTF-8 is edited") }
    })?;
    match text.find('\0') {
        Some(at) => Err(Refusal::at(text, at, Code::Binary, "the file holds a NUL; only text is edited")),
        None => Ok(text),
    }
}

fn first(spot: &Spot) -> Result<Range<usize>, Refusal> {
    spot.spans.first().cloned().ok_or_else(|| Refusal::new(Code::Missing, "the value is not there"))
}

fn slice<'a>(text: &'a str, span: &Range<usize>) -> &'a str {
    text.get(span.clone()).unwrap_or_default()
}

/// Every span becomes `new`; the bytes between stay.
fn splice(text: &str, spans: &[Range<usize>], new: &str) -> String {
    let mut out = String::with_capacity(text.len() + spans.len() * new.len());
    let mut done = 0;
    for span in spans {
        out.push_str(slice(text, &(done..span.start)));
        out.push_str(new);
        done = span.end;
    }
    out.push_str(slice(text, &(done..text.len())));
    out
}

/// Line and column, in characters, from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    // A mark of the byte order takes no column.
    let column = before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1;
    (memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1, column)
}

#[cfg(test)]
mod kit_tests;
#[cfg(test)]
mod tests;
