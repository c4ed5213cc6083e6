//! Two fixes that want different things of one value, one file or one service.

use std::ops::Range;
use std::path::PathBuf;

use serde_json::Value;

use crate::catalogue::{Edit, Locator, Operation};
use crate::sys::service::Unit;

/// One thing that a fix changes.
#[derive(Clone, Debug)]
pub(super) enum Touched {
    /// A value in a file.
    Value(Box<TouchedValue>),
    /// Whether a service runs in the end.
    Service {
        /// Which, by its own name.
        unit: Unit,
        /// Or is stopped.
        runs: bool,
    },
    /// Mode and owner of a file.
    Permissions {
        /// Relative to the workspace.
        path: PathBuf,
        /// What they become.
        new: String,
    },
}

/// A value in a file.
#[derive(Clone, Debug)]
pub(super) struct TouchedValue {
    /// Relative to the workspace.
    pub file: PathBuf,
    /// Where, in the file as it is on disk; `None` when an earlier step of the same fix made the place.
    pub span: Option<Range<usize>>,
    /// What it becomes.
    pub new: String,
    /// The edit.
    pub edit: Edit,
}

/// What two fixes contradict each other on, in words for a person; `None`: they agree.
pub(super) fn contradict(a: &[Touched], b: &[Touched]) -> Option<String> {
    a.iter().find_map(|one| b.iter().find_map(|other| differ(one, other)))
}

fn differ(one: &Touched, other: &Touched) -> Option<String> {
    match (one, other) {
        (Touched::Value(a), Touched::Value(b)) => {
            let contradict = a.file == b.file && (whole(a, b) || (same_place(a, b) && results_differ(a, b)));
            contradict.then(|| a.file.display().to_string())
        }
        (Touched::Service { unit, runs }, Touched::Service { unit: unit_b, runs: runs_b }) => {
            (unit == unit_b && runs != runs_b).then(|| unit.as_str().to_owned())
        }
        (Touched::Permissions { path, new }, Touched::Permissions { path: path_b, new: new_b }) => {
            (path == path_b && new != new_b).then(|| path.display().to_string())
        }
        _ => None,
    }
}

/// A file that is restored whole leaves nothing of any other edit, unless both restore the same.
fn whole(a: &TouchedValue, b: &TouchedValue) -> bool {
    (restores(&a.edit) || restores(&b.edit)) && a.edit != b.edit
}

/// Whether all of the file is replaced.
const fn restores(edit: &Edit) -> bool {
    matches!(edit.operation, Operation::Restore { .. }) && matches!(edit.locator, Locator::WholeFile)
}

/// Two edits that are word for word the same are made once. Else a step from where the value stands and anything else
/// on it depend on who comes first, whatever they come to.
fn results_differ(a: &TouchedValue, b: &TouchedValue) -> bool {
    let relative = |one: &TouchedValue| matches!(one.edit.operation, Operation::Increase(_) | Operation::Decrease(_));
    a.new != b.new || (a.edit != b.edit && (relative(a) || relative(b)))
}

fn same_place(a: &TouchedValue, b: &TouchedValue) -> bool {
    let overlap = match (&a.span, &b.span) {
        // Two that are added at one place of the file may well be two different keys.
        (Some(a), Some(b)) => a.start < b.end && b.start < a.end,
        _ => false,
    };
    overlap || same_locator(&a.edit, &b.edit)
}

/// Whether the two name one place, or one a place within the other's.
fn same_locator(a: &Edit, b: &Edit) -> bool {
    if a.document != b.document {
        return false;
    }
    let (Ok(Value::Object(a)), Ok(Value::Object(b))) =
        (serde_json::to_value(&a.locator), serde_json::to_value(&b.locator))
    else {
        return false;
    };
    let (Some((kind, a)), Some((kind_b, b))) = (a.iter().next(), b.iter().next()) else { return false };
    kind == kind_b
        && match (a, b) {
            (Value::Array(a), Value::Array(b)) => a.iter().zip(b).all(|(one, other)| one == other),
            (a, b) => a == b,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{By, Change, Locator, PathElement, Scalar, WriteMode};

    fn touched(path: &[&str], operation: Operation, span: Option<Range<usize>>, new: &str) -> Touched {
        let edit = Edit {
            file: "a.yaml".to_owned(),
            locator: Locator::YamlPath(path.iter().map(|key| PathElement::Key((*key).to_owned())).collect()),
            operation,
            document: None,
            dialect: None,
            unit: None,
            expect_current: None,
            expect_matches: 1,
            create_missing: true,
            validate: None,
            write_mode: WriteMode::Replace,
        };
        Touched::Value(Box::new(TouchedValue { file: "a.yaml".into(), span, new: new.to_owned(), edit }))
    }

    fn set(text: &str) -> Operation {
        Operation::Set(Scalar::Text(text.to_owned()))
    }

    fn by(factor: i64) -> Operation {
        Operation::Increase(Change { by: By::Factor(factor.into()), min_value: None, max_value: None })
    }

    fn clash(a: &Touched, b: &Touched) -> bool {
        let there = contradict(std::slice::from_ref(a), std::slice::from_ref(b)).is_some();
        let back = contradict(std::slice::from_ref(b), std::slice::from_ref(a)).is_some();
        assert_eq!(there, back, "it is mutual");
        there
    }

    #[test]
    fn one_key_with_two_results_is_a_contradiction() {
        let one = touched(&["db", "pool"], set("20"), Some(10..12), "20");
        assert!(clash(&one, &touched(&["db", "pool"], set("30"), Some(10..12), "30")));
        assert!(!clash(&one, &touched(&["db", "pool"], set("20"), Some(10..12), "20")));
        assert!(!clash(&one, &touched(&["db", "host"], set("x"), Some(20..22), "x")));
    }

    #[test]
    fn a_step_from_the_present_value_and_a_fixed_one_are_a_contradiction_even_when_they_agree_today() {
        let set = touched(&["db", "pool"], set("20"), Some(10..12), "20");
        let double = touched(&["db", "pool"], by(2), Some(10..12), "20");
        assert!(clash(&set, &double));
        assert!(clash(&touched(&["db", "pool"], by(3), Some(10..12), "30"), &double));
        assert!(!clash(&double, &double.clone()), "the same edit is made once");
    }

    #[test]
    fn two_keys_that_are_added_at_one_place_agree() {
        let a = touched(&["db", "a"], set("1"), Some(30..30), "a: 1\n");
        assert!(!clash(&a, &touched(&["db", "b"], set("2"), Some(30..30), "b: 2\n")));
        assert!(clash(&a, &touched(&["db", "a"], set("2"), Some(30..30), "a: 2\n")));
        assert!(clash(&a, &touched(&["db", "a"], set("2"), None, "2")));
        assert!(clash(&a, &touched(&["db", "a", "deeper"], set("2"), Some(30..30), "a: {deeper: 2}\n")));
    }

    #[test]
    fn what_stands_within_another_overlaps() {
        let outer = touched(&["db"], set("none"), Some(5..50), "none");
        assert!(clash(&outer, &touched(&["other"], set("x"), Some(10..12), "x")));
    }
}
