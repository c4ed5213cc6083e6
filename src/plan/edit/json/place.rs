//! Where a pair of an object goes, and what goes with it.

use std::ops::Range;

use super::super::tree::{Entry, Kind, Node};
use super::super::{Code, Refusal, slice};

/// Where a new pair goes, and its text with the comma and the line that it needs.
pub(super) fn insert(text: &str, map: &Node, pair: &str) -> Result<(usize, String), Refusal> {
    let Kind::Map(entries) = &map.kind else {
        return Err(Refusal::at(text, map.span.start, Code::NotAMap, "there is no map here to add to"));
    };
    let open = map.span.start + 1;
    let Some((first, last)) = entries.first().zip(entries.last()) else { return empty(text, &map.span, pair) };
    let Some(indent) = own_line(text, first) else {
        // On one line with its brace.
        return match rest(text, last.value.span.end, map.span.end - 1) {
            Rest::Blank => Ok((last.value.span.end, format!(", {pair}"))),
            Rest::Comma | Rest::Comment => Ok((first.key_span.start, format!("{pair}, "))),
        };
    };
    let newline = newline(text);
    let line_end = end_of_line(text, last.value.span.end);
    match rest(text, last.value.span.end, line_end.min(map.span.end - 1)) {
        Rest::Blank if rest(text, last.value.span.end, map.span.end - 1) != Rest::Comma => {
            Ok((last.value.span.end, format!(",{newline}{indent}{pair}")))
        }
        Rest::Comma if line_end < map.span.end => Ok((line_end, format!("{newline}{indent}{pair},"))),
        // A comment belongs to the last pair: the new one goes first.
        _ if slice(text, &(open..end_of_line(text, open))).trim().is_empty() => {
            Ok((open, format!("{newline}{indent}{pair},")))
        }
        _ => Err(in_the_way(text, last.value.span.end)),
    }
}

fn empty(text: &str, span: &Range<usize>, pair: &str) -> Result<(usize, String), Refusal> {
    let inside = slice(text, &(span.start + 1..span.end - 1));
    if !inside.trim().is_empty() {
        return Err(in_the_way(text, span.start));
    }
    Ok((span.start + 1, pair.to_owned()))
}

/// The bytes of the pair at `position` of a map.
pub(super) fn remove(text: &str, map: &Node, position: usize) -> Result<Range<usize>, Refusal> {
    let Kind::Map(entries) = &map.kind else { return Err(Refusal::new(Code::NotAMap, "there is no map here")) };
    let Some(entry) = entries.get(position) else { return Err(Refusal::new(Code::Missing, "there is no such key")) };
    let end = entry.value.span.end;
    let before = position.checked_sub(1).and_then(|before| entries.get(before));
    let comma = comma_behind(text, end, map.span.end);
    match (comma, before, own_line(text, entry)) {
        // Its own lines, comma and comment included.
        (Some(comma), _, Some(indent))
            if entries.get(position + 1).is_none_or(|next| next.key_span.start > end_of_line(text, comma)) =>
        {
            Ok(entry.key_span.start - indent.len()..after_line(text, comma))
        }
        (Some(comma), _, _) => {
            let blanks = slice(text, &(comma..map.span.end)).bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
            Ok(entry.key_span.start..comma + blanks.count())
        }
        (None, Some(before), _) => {
            let between = slice(text, &(before.value.span.end..entry.key_span.start));
            if between.trim() == "," { Ok(before.value.span.end..end) } else { Err(in_the_way(text, end)) }
        }
        (None, None, Some(indent)) if slice(text, &(end..end_of_line(text, end))).trim().is_empty() => {
            Ok(entry.key_span.start - indent.len()..after_line(text, end))
        }
        (None, None, _) => Ok(entry.key_span.start..end),
    }
}

fn in_the_way(text: &str, at: usize) -> Refusal {
    Refusal::at(text, at, Code::CommentInTheWay, "a comment stands where the comma belongs; edit it by hand")
}

/// The blanks before a key that begins its line.
fn own_line<'t>(text: &'t str, entry: &Entry) -> Option<&'t str> {
    let start = text.get(..entry.key_span.start)?.rfind('\n')? + 1;
    let lead = text.get(start..entry.key_span.start)?;
    lead.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some(lead)
}

/// What stands behind a value.
#[derive(PartialEq)]
enum Rest {
    Blank,
    Comma,
    Comment,
}

fn rest(text: &str, from: usize, to: usize) -> Rest {
    let behind = slice(text, &(from..to.max(from))).trim();
    match behind.chars().next() {
        None => Rest::Blank,
        Some(',') => Rest::Comma,
        Some(_) => Rest::Comment,
    }
}

/// Behind the comma that directly follows a value.
fn comma_behind(text: &str, from: usize, to: usize) -> Option<usize> {
    let behind = slice(text, &(from..to));
    let trimmed = behind.trim_start();
    trimmed.starts_with(',').then(|| from + behind.len() - trimmed.len() + 1)
}

/// Before the line end.
fn end_of_line(text: &str, from: usize) -> usize {
    let end = text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at);
    if end > from && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

fn after_line(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at + 1)
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
