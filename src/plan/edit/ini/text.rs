//! What a value means without its quotes, and how a new one is written so that its reader takes it for that.

use super::lex::Quote;
use crate::catalogue::{Dialect, Scalar};

/// What a written value means to the readers of this dialect.
pub(super) fn decoded(dialect: Dialect, raw: &str, quote: Quote) -> String {
    let inside = || raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    match (dialect, quote) {
        (Dialect::Git, _) => git(raw),
        (Dialect::Mysql, Quote::Whole(_)) => mysql(inside()),
        (Dialect::Mysql, _) => mysql(raw),
        (_, Quote::Whole(b'\'')) if dialect != Dialect::Postgresql => inside().to_owned(),
        (Dialect::Postgresql, Quote::Whole(_)) => escaped(&inside().replace("''", "'"), |c| match c {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            other => Some(other),
        }),
        (Dialect::Env, Quote::Whole(_)) => escaped(inside(), |c| match c {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '"' | '\\' | '$' | '`' => Some(c),
            _ => None,
        }),
        (Dialect::Php, Quote::Whole(_)) => escaped(inside(), |c| matches!(c, '"' | '\\').then_some(c)),
        (_, Quote::Whole(_)) => inside().to_owned(),
        _ => raw.to_owned(),
    }
}

/// Backslashes taken away where `stands_for` knows what they stand for.
fn escaped(text: &str, stands_for: impl Fn(char) -> Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(next) => match stands_for(next) {
                Some(meant) => out.push(meant),
                None => out.extend(['\\', next]),
            },
            None => out.push('\\'),
        }
    }
    out
}

fn mysql(text: &str) -> String {
    escaped(text, |c| match c {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'b' => Some('\u{8}'),
        's' => Some(' '),
        '"' | '\'' | '\\' => Some(c),
        _ => None,
    })
}

fn git(raw: &str) -> String {
    let mut out = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {}
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('b') => out.push('\u{8}'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

/// Whether the value is put together when it is read: from variables, or by a command.
pub(super) fn is_computed(dialect: Dialect, raw: &str, quote: Quote) -> bool {
    match dialect {
        Dialect::Env => quote != Quote::Whole(b'\'') && has_unescaped(raw, &['$', '`']),
        Dialect::Php => quote != Quote::Whole(b'\'') && raw.contains("${"),
        Dialect::Configparser => raw.replace("%%", "").contains("%("),
        _ => false,
    }
}

fn has_unescaped(raw: &str, wanted: &[char]) -> bool {
    let mut before = None;
    raw.chars().any(|c| {
        let hit = wanted.contains(&c) && before != Some('\\');
        before = Some(c);
        hit
    })
}

/// A new value in the file's own words; an error says why there is no way to write it.
pub(super) fn written(dialect: Dialect, old: &str, quote: Quote, new: &Scalar) -> Result<String, String> {
    let new = match new {
        Scalar::Bool(flag) => flag_word(old, *flag),
        other => super::super::scalar::plain(other),
    };
    // Readers in JavaScript end a line at the separators of Unicode too.
    if new.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err("a control character has no place in such a file".to_owned());
    }
    match dialect {
        Dialect::Systemd | Dialect::Configparser => bare(dialect, &new),
        Dialect::Ini => ini(quote, &new),
        Dialect::Mysql => {
            Ok(by_backslash(&new, quote, |new| new.contains(['#', ' ', '"', '\'', ';']) || new.is_empty()))
        }
        Dialect::Git => Ok(by_backslash(&new, quote, |new| {
            new.contains(['#', ';']) || new.starts_with(' ') || new.ends_with(' ') || new.is_empty()
        })),
        Dialect::Php => php(quote, &new),
        Dialect::Env => env(quote, &new),
        Dialect::Postgresql => Ok(postgresql(quote, &new)),
        Dialect::Jsonc => Err("JSON is edited by `json_path`".to_owned()),
    }
}

/// `Off` becomes `On`, and `no` becomes `yes`.
fn flag_word(old: &str, flag: bool) -> String {
    let old = old.trim_matches(['"', '\'']);
    let Some((yes, no)) = pair_of(old) else { return flag.to_string() };
    let word = if flag { yes } else { no };
    if old.chars().all(char::is_uppercase) {
        word.to_uppercase()
    } else if old.starts_with(char::is_uppercase) {
        word[..1].to_uppercase() + &word[1..]
    } else {
        word.to_owned()
    }
}

fn pair_of(old: &str) -> Option<(&'static str, &'static str)> {
    let pairs = [("on", "off"), ("yes", "no"), ("true", "false")];
    pairs.into_iter().find(|(yes, no)| old.eq_ignore_ascii_case(yes) || old.eq_ignore_ascii_case(no))
}

/// The truth that a word stands for.
pub(super) fn truth(text: &str) -> Option<bool> {
    pair_of(text).map(|(yes, _)| text.eq_ignore_ascii_case(yes))
}

/// Dialects without quotes: the line is the value.
fn bare(dialect: Dialect, new: &str) -> Result<String, String> {
    if new.trim() != new {
        return Err("blanks around a value are lost when it is read".to_owned());
    }
    if dialect == Dialect::Systemd && new.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1 {
        return Err("a backslash at the end would join the next line to it".to_owned());
    }
    if dialect == Dialect::Configparser {
        if [" #", " ;"].iter().any(|mark| new.contains(mark)) || new.starts_with(['#', ';']) {
            return Err("some readers take `#` and `;` for the begin of a comment".to_owned());
        }
        let rest = new.replace("%%", "");
        if rest.match_indices('%').any(|(at, _)| !rest[at..].starts_with("%(")) {
            return Err("a `%` is the begin of an interpolation; write `%%` for the character".to_owned());
        }
    }
    Ok(new.to_owned())
}

fn ini(quote: Quote, new: &str) -> Result<String, String> {
    let odd = new.contains(['"', '\'', '#', ';', '\\']) || new.trim() != new;
    // Some readers see a comment even between quotes.
    let commented = [" #", " ;"].iter().any(|mark| new.contains(mark)) || new.starts_with(['#', ';']);
    match quote {
        Quote::Whole(quote) if !commented && !new.contains(['"', '\'', '\\']) => {
            let quote = char::from(quote);
            Ok(format!("{quote}{new}{quote}"))
        }
        _ if !odd => Ok(new.to_owned()),
        _ => Err("readers disagree on quotes, `#`, `;` and backslashes here; say the file's `dialect`".to_owned()),
    }
}

fn by_backslash(new: &str, quote: Quote, needs_quotes: impl Fn(&str) -> bool) -> String {
    let escaped = new.replace('\\', "\\\\").replace('"', "\\\"");
    match quote {
        Quote::Whole(b'\'') if !new.contains('\'') => format!("'{}'", new.replace('\\', "\\\\")),
        Quote::Plain if !needs_quotes(new) => escaped,
        _ => format!("\"{escaped}\""),
    }
}

fn php(quote: Quote, new: &str) -> Result<String, String> {
    let plain = |c: char| c.is_alphanumeric() || "_-./:,@+* ".contains(c);
    // Constants with operators, as `error_reporting` has them, mean nothing in quotes.
    let constants = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "_ &|~^()".contains(c);
    let is_bare = (new.chars().all(plain) || new.chars().all(constants)) && new.trim() == new;
    let double = !new.contains(['"', '\\', '$']);
    match quote {
        Quote::Plain if is_bare => Ok(new.to_owned()),
        Quote::Whole(b'\'') if !new.contains('\'') => Ok(format!("'{new}'")),
        _ if double => Ok(format!("\"{new}\"")),
        _ if !new.contains('\'') => Ok(format!("'{new}'")),
        _ => Err("the value has both kinds of quotes, or a quote with `$` or a backslash".to_owned()),
    }
}

fn env(quote: Quote, new: &str) -> Result<String, String> {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+,=".contains(c);
    let double = !new.contains(['"', '\\', '$', '`', '!']);
    match quote {
        Quote::Plain if new.chars().all(plain) => Ok(new.to_owned()),
        Quote::Whole(b'\'') if !new.contains(['\'', '\\']) => Ok(format!("'{new}'")),
        _ if double => Ok(format!("\"{new}\"")),
        _ if !new.contains(['\'', '\\']) => Ok(format!("'{new}'")),
        _ => Err("readers of such files disagree on how quotes and backslashes are written".to_owned()),
    }
}

fn postgresql(quote: Quote, new: &str) -> String {
    let word = new.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && new.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/".contains(c));
    let digits = new.trim_start_matches(['-', '+']);
    let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = digits.starts_with(|c: char| c.is_ascii_digit()) && unit.chars().all(|c| c.is_ascii_alphabetic());
    let decimal = super::super::number::parse(new).is_some();
    if quote == Quote::Plain && (word || number || decimal) {
        return new.to_owned();
    }
    format!("'{}'", new.replace('\\', "\\\\").replace('\'', "''"))
}
