//! The change of a file as a unified diff that `git apply` and `patch -p1` take, without any secret in it.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use super::edit::without_secrets;
use crate::sanitize::Sanitizer;

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// A diff that takes longer gets coarser, not slower.
const PATIENCE: Duration = Duration::from_secs(2);

/// A unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// With `a/` and `b/` before the name; empty when nothing changes.
    pub text: String,
    /// Whether a secret was taken out, so that it no longer applies.
    pub redacted: bool,
}

/// A path as a diff's header names it.
pub(super) fn name_of(relative: &Path) -> String {
    relative.to_string_lossy().trim_start_matches('/').to_owned()
}

impl Diff {
    /// The change from `old` to `new` of the file `name`, as it may be shown.
    #[must_use]
    pub fn between(name: &str, old: &[u8], new: &[u8], sanitizer: &Sanitizer) -> Self {
        Self::new(name, old, new, Some(sanitizer))
    }

    /// The change with every byte of it, secrets too: for what is kept as private as the file.
    #[must_use]
    pub fn exact(name: &str, old: &[u8], new: &[u8]) -> String {
        Self::new(name, old, new, None).text
    }

    fn new(name: &str, old: &[u8], new: &[u8], sanitizer: Option<&Sanitizer>) -> Self {
        let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
        // By its keys a file says what is secret; line by line the text does.
        let masked = |text: &str| sanitizer.and_then(|_| without_secrets(Path::new(name), text));
        let (shown_old, shown_new) = (masked(&old), masked(&new));
        let sides = Sides {
            old: lines(&old),
            new: lines(&new),
            shown_old: shown_old.as_deref().map(lines),
            shown_new: shown_new.as_deref().map(lines),
        };
        let deadline = Instant::now().checked_add(PATIENCE);
        let operations = capture_diff_slices_deadline(Algorithm::Myers, &sides.old, &sides.new, deadline);
        let secret = |at: usize, line: &str| {
            let masked = sides.shown_old.as_ref().is_some_and(|shown| shown.get(at) != Some(&line));
            masked || sanitizer.is_some_and(|sanitizer| sanitizer.redactor().contains_secret(line))
        };
        let hunks = hunks(&operations, &sides, &secret);
        if hunks.is_empty() {
            return Self { text: String::new(), redacted: false };
        }
        // GNU patch ends a name at a blank unless a tab follows it.
        let tab = if name.contains(' ') { "\t" } else { "" };
        let mut diff = Self { text: format!("--- a/{name}{tab}\n+++ b/{name}{tab}\n"), redacted: false };
        for hunk in &hunks {
            diff.push_hunk(hunk, &sides, sanitizer);
        }
        diff
    }

    fn push_hunk(&mut self, hunk: &Hunk, sides: &Sides<'_>, sanitizer: Option<&Sanitizer>) {
        self.redacted |= hunk.cut_close;
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "@@ -{} +{} @@", span(&hunk.old), span(&hunk.new));
        let (mut old_at, mut new_at) = (hunk.old.start, hunk.new.start);
        for (old, new) in &hunk.changes {
            while old_at < old.start {
                self.push(' ', sides.old.get(old_at), None, sanitizer);
                (old_at, new_at) = (old_at + 1, new_at + 1);
            }
            for line in old.clone() {
                self.push('-', sides.old.get(line), shown(sides.shown_old.as_ref(), line), sanitizer);
            }
            for line in new.clone() {
                self.push('+', sides.new.get(line), shown(sides.shown_new.as_ref(), line), sanitizer);
            }
            (old_at, new_at) = (old.end, new.end);
        }
        debug_assert!(new_at <= hunk.new.end);
        for line in old_at..hunk.old.end {
            self.push(' ', sides.old.get(line), None, sanitizer);
        }
    }

    fn push(&mut self, sign: char, line: Option<&&str>, masked: Option<&str>, sanitizer: Option<&Sanitizer>) {
        let Some(line) = line else { return };
        let masked = masked.unwrap_or(line);
        self.text.push(sign);
        let redacted = match sanitizer.filter(|_| sign != ' ') {
            Some(sanitizer) => sanitizer.redactor().redact(masked),
            None => std::borrow::Cow::Borrowed(*line),
        };
        self.redacted |= redacted != *line;
        self.text.push_str(&redacted);
        if !redacted.ends_with('\n') {
            self.text.push_str(if line.ends_with('\n') { "\n" } else { "\n\\ No newline at end of file\n" });
        }
    }
}

struct Sides<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    /// The same lines without the values of secrets' keys; `None` where there are none.
    shown_old: Option<Vec<&'a str>>,
    shown_new: Option<Vec<&'a str>>,
}

fn shown<'a>(lines: Option<&Vec<&'a str>>, at: usize) -> Option<&'a str> {
    lines?.get(at).copied()
}

/// Split at `\n` alone: a lone CR is part of its line.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn span(range: &Range<usize>) -> String {
    let start = if range.is_empty() { range.start } else { range.start + 1 };
    if range.len() == 1 { start.to_string() } else { format!("{start},{}", range.len()) }
}

/// Changes that stand close together, with their context.
struct Hunk {
    old: Range<usize>,
    new: Range<usize>,
    changes: Vec<(Range<usize>, Range<usize>)>,
    /// A secret stands right beside a change: without that line of context no tool can apply it.
    cut_close: bool,
}

fn hunks(operations: &[DiffOp], sides: &Sides<'_>, secret: &dyn Fn(usize, &str) -> bool) -> Vec<Hunk> {
    let changes = operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    let mut hunks: Vec<Hunk> = Vec::new();
    for change in changes {
        let (old, new) = (change.old_range(), change.new_range());
        let is_secret = |at: usize| sides.old.get(at).is_none_or(|line| secret(at, line));
        let before = (1..=CONTEXT).take_while(|back| old.start >= *back && !is_secret(old.start - back)).count();
        let after = (0..CONTEXT).take_while(|on| old.end + on < sides.old.len() && !is_secret(old.end + on)).count();
        let cut_close = (before == 0 && old.start > 0) || (after == 0 && old.end < sides.old.len());
        let end = (old.end + after, new.end + after);
        let between = |from: usize| (from..old.start).any(is_secret);
        match hunks.last_mut() {
            Some(last) if last.old.end >= old.start.saturating_sub(before) && !between(last.old.end.min(old.start)) => {
                last.old.end = end.0;
                last.new.end = end.1;
                last.changes.push((old, new));
                last.cut_close |= after == 0 && end.0 < sides.old.len();
            }
            _ => hunks.push(Hunk {
                old: old.start - before..end.0,
                new: new.start.saturating_sub(before)..end.1,
                changes: vec![(old, new)],
                cut_close,
            }),
        }
    }
    hunks
}
