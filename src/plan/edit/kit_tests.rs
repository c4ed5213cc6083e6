//! What the tests of all formats share.

use rust_decimal::Decimal;

use super::{Changed, Proposal, Refusal, propose, put_back};
use crate::catalogue::{By, Change, Dialect, Edit, Locator, Operation, PathElement, Scalar, WriteMode};

pub(super) fn edit(file: &str, locator: Locator, operation: Operation) -> Edit {
    Edit {
        file: file.to_owned(),
        locator,
        operation,
        document: None,
        dialect: None,
        unit: None,
        expect_current: None,
        expect_matches: 1,
        create_missing: false,
        validate: None,
        write_mode: WriteMode::Replace,
    }
}

/// `a.0.b`: keys and list indices.
pub(super) fn path(words: &str) -> Vec<PathElement> {
    let element = |word: &str| match word.parse() {
        Ok(index) => PathElement::Index(index),
        Err(_) => PathElement::Key(word.to_owned()),
    };
    words.split('.').map(element).collect()
}

/// `section|key` or `key`.
pub(super) fn ini(words: &str, dialect: Dialect, operation: Operation) -> Edit {
    let (section, key) = match words.split_once('|') {
        Some((section, key)) => (Some(section.to_owned()), key.to_owned()),
        None => (None, words.to_owned()),
    };
    Edit { dialect: Some(dialect), ..edit("file", Locator::IniPath { section, key }, operation) }
}

pub(super) fn set(value: &str) -> Operation {
    Operation::Set(Scalar::Text(value.to_owned()))
}

pub(super) fn number(value: i64) -> Operation {
    Operation::Set(Scalar::Number(Decimal::from(value)))
}

pub(super) fn flag(value: bool) -> Operation {
    Operation::Set(Scalar::Bool(value))
}

pub(super) fn times(factor: i64) -> Operation {
    Operation::Increase(Change { by: By::Factor(Decimal::from(factor)), min_value: None, max_value: None })
}

pub(super) fn less(amount: i64, least: i64) -> Operation {
    let min_value = Some(Decimal::from(least));
    Operation::Decrease(Change { by: By::Amount(Decimal::from(amount)), min_value, max_value: None })
}

/// The change, with every byte around it as it was, and the way back proven.
pub(super) fn changed(source: &str, edit: &Edit) -> Changed {
    let change = match propose(source.as_bytes(), edit) {
        Ok(Proposal::Change(changed)) => changed,
        other => panic!("{edit:?}: {other:?}\n{source}"),
    };
    assert_eq!(change.text[..change.span.start], source[..change.span.start]);
    assert_eq!(change.text[change.new_span.end..], source[change.span.end..]);
    if !matches!(edit.operation, Operation::Delete) {
        let back = put_back(change.text.as_bytes(), edit, &change.new, &change.old);
        assert_eq!(back.as_deref(), Ok(source), "{edit:?}");
    }
    change
}

pub(super) fn refused(source: &str, edit: &Edit) -> Refusal {
    propose(source.as_bytes(), edit).expect_err(source)
}

pub(super) fn optimal(source: &str, edit: &Edit) -> bool {
    matches!(propose(source.as_bytes(), edit), Ok(Proposal::AlreadyOptimal { .. }))
}

/// `from` stands once in `source`, and `to` takes its place.
pub(super) fn with(source: &str, from: &str, to: &str) -> String {
    assert_eq!(source.matches(from).count(), 1, "{from:?} in {source}");
    source.replace(from, to)
}
