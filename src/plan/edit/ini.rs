//! Files of sections, keys and values, by dialect: a line editor, since their writers lose comments, order or keys.

mod find;
mod lex;
mod place;
mod rules;
mod scan;
mod text;

use std::ops::Range;

use self::lex::{Quote, Value};
use self::rules::Rules;
use self::scan::{Entry, File};
use super::{Code, Format, Proof, Refusal, Spot, scalar, slice};
use crate::catalogue::{Dialect, Edit, Operation, Scalar};

/// systemd's units, `my.cnf`, `php.ini`, git's configuration, `.env`, `postgresql.conf`, configparser's and others.
pub(super) struct Ini;

impl Format for Ini {
    fn locate(&self, text: &str, edit: &Edit) -> Result<Option<Spot>, Refusal> {
        let rules = rules_of(edit)?;
        let file = scan::scan(text, &rules)?;
        let Some(entry) = find::entry(text, &file, edit, &rules, edit.create_missing)? else { return Ok(None) };
        let (value, meant) = single(text, entry, &rules)?;
        if text::is_computed(rules.dialect, slice(text, &value.span), value.quote) && needs_value(edit) {
            let reason = "the value is put together when it is read; its number or current value cannot be told";
            return Err(Refusal::at(text, value.span.start, Code::Interpolated, reason));
        }
        Ok(Some(Spot { spans: vec![value.span.clone()], value: as_wanted(&meant, edit), text: meant }))
    }

    fn render(&self, text: &str, edit: &Edit, spot: &Spot, new: &Scalar) -> Result<String, Refusal> {
        let rules = rules_of(edit)?;
        let span = spot.spans.first().cloned().unwrap_or(0..0);
        let (value, _) = lex::value(text, span.start, &rules);
        text::written(rules.dialect, slice(text, &span), value.quote, new)
            .map_err(|why| unwritable(text, span.start, &why))
    }

    fn insert(&self, text: &str, edit: &Edit, new: &Scalar) -> Result<(usize, String), Refusal> {
        let rules = rules_of(edit)?;
        let file = scan::scan(text, &rules)?;
        let written = text::written(rules.dialect, "", Quote::Plain, new).map_err(|why| unwritable(text, 0, &why))?;
        place::insert(text, &file, edit, &rules, &written)
    }

    fn remove(&self, text: &str, edit: &Edit) -> Result<Option<Range<usize>>, Refusal> {
        let rules = rules_of(edit)?;
        let file = scan::scan(text, &rules)?;
        let Some(entry) = find::entry(text, &file, edit, &rules, true)? else { return Ok(None) };
        // With its line would go, for some readers, the begin of a value or a part of one.
        let below = file.entries.iter().find(|other| other.key.start > entry.key.start);
        match below.into_iter().chain([entry]).find(|one| one.disputed) {
            Some(one) => Err(Refusal::at(text, one.key.start, Code::MultiLine, DISPUTED)),
            None => Ok(Some(place::remove(text, entry))),
        }
    }

    fn prove(&self, old: &str, new: &str, edit: &Edit, proof: &Proof<'_>) -> Result<(), Refusal> {
        let rules = rules_of(edit)?;
        let unproven = || Refusal::new(Code::NotProven, "it could not be proven that only this value changes");
        let (before, after) = (scan::scan(old, &rules)?, scan::scan(new, &rules).map_err(|_| unproven())?);
        let holds = match proof {
            Proof::Replaced { spans, value } => {
                let place = find::entry(old, &before, edit, &rules, false)?.map(|entry| entry.key.start);
                let position = before.entries.iter().position(|entry| Some(entry.key.start) == place);
                position.is_some_and(|position| replaced((old, &before), (new, &after), position, spans, &rules))
                    && self.is_now(new, edit, *value)
            }
            Proof::Added { value } => extra((old, &before), (new, &after)) && self.is_now(new, edit, Some(*value)),
            Proof::Removed => extra((new, &after), (old, &before)),
        };
        if holds { Ok(()) } else { Err(unproven()) }
    }
}

impl Ini {
    fn is_now(&self, text: &str, edit: &Edit, wanted: Option<&Scalar>) -> bool {
        let Ok(Some(spot)) = self.locate(text, &Edit { expect_current: None, ..edit.clone() }) else { return false };
        wanted.is_none_or(|wanted| {
            scalar::same(&spot.value, wanted)
                || scalar::plain(wanted) == spot.text
                || matches!(wanted, Scalar::Bool(flag) if text::truth(&spot.text) == Some(*flag))
        })
    }
}

fn rules_of(edit: &Edit) -> Result<Rules, Refusal> {
    edit.dialect().and_then(rules::of).ok_or_else(|| {
        let reason =
            format!("the name {} does not tell how it is written; say `dialect`: {}", edit.file, Dialect::of_ini());
        Refusal::new(Code::UnknownDialect, reason)
    })
}

const DISPUTED: &str = "some readers take this indented line for a part of the value above it";

fn unwritable(text: &str, at: usize, why: &str) -> Refusal {
    Refusal::at(text, at, Code::NotWritable, format!("the new value cannot be written here: {why}"))
}

/// Whether the edit asks what the value is now.
fn needs_value(edit: &Edit) -> bool {
    let arithmetic = matches!(edit.operation, Operation::Increase(_) | Operation::Decrease(_));
    arithmetic || edit.expect_current.is_some()
}

/// The value of an entry, if it stands on one line and every reader agrees on it; and what it means.
fn single<'f>(text: &str, entry: &'f Entry, rules: &Rules) -> Result<(&'f Value, String), Refusal> {
    let refuse = |at: usize, code, reason: &str| Err(Refusal::at(text, at, code, reason));
    if entry.disputed {
        return refuse(entry.key.start, Code::MultiLine, DISPUTED);
    }
    let Some(value) = &entry.value else {
        return refuse(entry.key.start, Code::NoValue, "the key stands alone, without a value; edit it by hand");
    };
    let (raw, at) = (slice(text, &value.span), value.span.start);
    if value.multi_line {
        return refuse(at, Code::MultiLine, "the value goes over several lines; only values on one line are edited");
    }
    if value.open {
        return refuse(at, Code::OpenQuote, "a quote is opened here and has no end");
    }
    let joined = rules.dialect == Dialect::Env && value.quote == Quote::Plain && raw.contains(['"', '\'']);
    if joined || (value.quote == Quote::Mixed && rules.dialect != Dialect::Git) {
        return refuse(at, Code::MixedQuoting, "only a part of the value is quoted; edit it by hand, or by `regex`");
    }
    let marked = [" #", " ;", "\t#", "\t;"].iter().any(|mark| raw.contains(mark));
    if value.doubtful || (rules.dialect == Dialect::Configparser && marked) {
        let reason = "some readers take `#` or `;` here for the begin of a comment; edit it by `regex`";
        return refuse(at, Code::MaybeComment, reason);
    }
    if rules.dialect == Dialect::Postgresql && value.quote == Quote::Plain && raw.contains([' ', '\t', '\'', '"']) {
        return refuse(at, Code::NotIni, "PostgreSQL takes no such value without quotes around it");
    }
    Ok((value, text::decoded(rules.dialect, raw, value.quote)))
}

/// The value as the kind of scalar that the edit compares it with: here all are words.
fn as_wanted(meant: &str, edit: &Edit) -> Scalar {
    let compared = match &edit.operation {
        Operation::Set(wanted) => Some(wanted),
        _ => edit.expect_current.as_ref(),
    };
    match compared {
        Some(Scalar::Text(_)) => Scalar::Text(meant.to_owned()),
        Some(Scalar::Bool(_)) => text::truth(meant).map_or_else(|| scalar::resolve(meant), Scalar::Bool),
        _ => scalar::resolve(meant),
    }
}

/// Everything but the value at `position` is as it was, and the new value stands where the old one stood, whole.
fn replaced(
    (old, before): (&str, &File),
    (new, after): (&str, &File),
    position: usize,
    spans: &[Range<usize>],
    rules: &Rules,
) -> bool {
    let [span] = spans else { return false };
    let end = (span.end + new.len()).checked_sub(old.len());
    let in_place = |entry: &Entry| {
        single(new, entry, rules).is_ok_and(|(value, _)| value.span.start == span.start && Some(value.span.end) == end)
    };
    same_sections(before, after)
        && before.entries.len() == after.entries.len()
        && before.entries.iter().zip(&after.entries).enumerate().all(|(at, (one, other))| {
            if at == position {
                one.name == other.name && one.section == other.section && in_place(other)
            } else {
                same_entry((old, one), (new, other))
            }
        })
}

/// The longer file has one entry more, and nothing else.
fn extra((short_text, shorter): (&str, &File), (long_text, longer): (&str, &File)) -> bool {
    if !same_sections(shorter, longer) || longer.entries.len() != shorter.entries.len() + 1 {
        return false;
    }
    let same = |(one, other): &(&Entry, &Entry)| same_entry((short_text, one), (long_text, other));
    let until = shorter.entries.iter().zip(&longer.entries).take_while(same).count();
    let rest = longer.entries.get(until + 1..).unwrap_or_default();
    shorter.entries.iter().skip(until).zip(rest).all(|pair| same(&pair))
}

fn same_sections(before: &File, after: &File) -> bool {
    let names = |file: &File| file.sections.iter().map(|section| section.name.clone()).collect::<Vec<_>>();
    let includes = |file: &File| file.includes.iter().map(|include| include.line.clone()).collect::<Vec<_>>();
    names(before) == names(after) && includes(before) == includes(after)
}

fn same_entry((old, one): (&str, &Entry), (new, other): (&str, &Entry)) -> bool {
    let raw = |text, entry: &Entry| entry.value.as_ref().map(|value| slice(text, &value.span).to_owned());
    one.name == other.name
        && one.section == other.section
        && slice(old, &one.key) == slice(new, &other.key)
        && raw(old, one) == raw(new, other)
}

#[cfg(test)]
mod tests;
