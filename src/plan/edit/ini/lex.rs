//! One value: from behind its separator to the end of its line, quotes, escapes and comments told apart.

use std::ops::Range;

use super::rules::{Continuation, Rules};
use crate::catalogue::Dialect;

/// How a value is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    /// Not at all.
    Plain,
    /// As a whole.
    Whole(u8),
    /// Only a part of it.
    Mixed,
}

/// A value as it is written.
#[derive(Debug)]
pub(super) struct Value {
    /// Quotes included, blanks and comments around it not.
    pub span: Range<usize>,
    pub quote: Quote,
    pub multi_line: bool,
    /// A quote that was opened has no end.
    pub open: bool,
    /// A `#` stands where some readers see a comment and others the value.
    pub doubtful: bool,
}

/// The value that begins behind `from`, and the place of the line end behind it.
pub(super) fn value(text: &str, from: usize, rules: &Rules) -> (Value, usize) {
    let start = skip_blanks(text, from);
    let mut lexer = Lexer { text, rules, at: start, start, end: start, quote: None, closed: false, parts: 0, lines: 1 };
    let commented = lexer.run();
    let (at, end) = (lexer.at, lexer.end);
    let first = text.as_bytes().get(start).copied().filter(|byte| rules.quotes.contains(byte));
    let quote = match (first, lexer.parts) {
        (_, 0) => Quote::Plain,
        (Some(quote), 1) if !lexer.closed => Quote::Whole(quote),
        _ => Quote::Mixed,
    };
    let value = Value {
        span: start..end,
        quote,
        multi_line: lexer.lines > 1,
        open: lexer.quote.is_some(),
        doubtful: rules.dialect == Dialect::Env && commented && end == start && start == from,
    };
    (value, if commented { line_end(text, at) } else { at })
}

struct Lexer<'a> {
    text: &'a str,
    rules: &'a Rules,
    at: usize,
    start: usize,
    /// Behind the last byte that is no blank.
    end: usize,
    /// The quote that is open.
    quote: Option<u8>,
    /// Something stands behind the closing quote.
    closed: bool,
    /// Quoted parts so far.
    parts: usize,
    lines: usize,
}

impl Lexer<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Up to the line end, or to a comment: then true.
    fn run(&mut self) -> bool {
        while let Some(byte) = self.byte(self.at) {
            if byte == b'\n' || (byte == b'\r' && self.byte(self.at + 1) == Some(b'\n')) {
                if self.quote.is_none() || !self.rules.long_quotes {
                    return false;
                }
                self.lines += 1;
                self.at = next_line(self.text, self.at);
                continue;
            }
            match self.quote {
                Some(quote) => self.quoted(byte, quote),
                None if self.is_comment(byte) => return true,
                None => self.plain(byte),
            }
        }
        false
    }

    fn is_comment(&self, byte: u8) -> bool {
        let blank = self.at.checked_sub(1).and_then(|before| self.byte(before));
        let fits = !self.rules.after_blank || self.at == self.start || matches!(blank, Some(b' ' | b'\t'));
        self.rules.inline.contains(&byte) && fits
    }

    fn quoted(&mut self, byte: u8, quote: u8) {
        if byte == b'\\' && self.rules.escapes.contains(&quote) {
            self.escape();
        } else if byte == quote && self.rules.doubled && self.byte(self.at + 1) == Some(quote) {
            self.at += 2;
        } else {
            self.at += 1;
            if byte == quote {
                self.quote = None;
            }
        }
        self.end = self.at;
    }

    fn plain(&mut self, byte: u8) {
        let opens = self.rules.quotes.contains(&byte) && (self.rules.quotes_anywhere || self.at == self.start);
        let ends_line = self.rules.continuation == Continuation::Backslash && self.is_line_end(self.at + 1);
        match byte {
            b' ' | b'\t' => {
                self.at += 1;
                return;
            }
            _ if opens => {
                self.closed |= self.at > self.start;
                self.parts += 1;
                self.quote = Some(byte);
                self.at += 1;
            }
            b'\\' if ends_line => {
                self.escape();
                self.skip_comments();
            }
            b'\\' if self.rules.escapes_outside => {
                self.closed |= self.parts > 0;
                self.escape();
            }
            _ => {
                self.closed |= self.parts > 0;
                self.at += 1;
            }
        }
        self.end = self.at;
    }

    fn is_line_end(&self, at: usize) -> bool {
        match self.byte(at) {
            Some(b'\n') => true,
            Some(b'\r') => self.byte(at + 1) == Some(b'\n'),
            _ => false,
        }
    }

    /// A backslash and what it stands before; a line end goes on in the next line.
    fn escape(&mut self) {
        if self.is_line_end(self.at + 1) {
            self.lines += 1;
            self.at = next_line(self.text, self.at);
        } else {
            self.at = (self.at + 2).min(self.text.len());
        }
    }

    /// systemd leaves comments out between the lines of one value.
    fn skip_comments(&mut self) {
        while self.rules.dialect == Dialect::Systemd
            && self.byte(skip_blanks(self.text, self.at)).is_some_and(|byte| self.rules.comments.contains(&byte))
        {
            self.at = next_line(self.text, self.at);
        }
    }
}

/// Behind blanks.
pub(super) fn skip_blanks(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Before the line end, be it LF or CRLF.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).map_or(text.len(), |at| from + at);
    if end > from && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

/// Behind the next line end.
pub(super) fn next_line(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |at| from + at + 1)
}
