//! Two fixes that want different things of one value or one service.

use std::ops::Range;
use std::path::PathBuf;

use crate::sys::service::Unit;

/// One thing that a fix changes.
#[derive(Clone, Debug)]
pub(super) enum Touched {
    /// A value in a file.
    Value {
        /// Relative to the workspace.
        file: PathBuf,
        /// Where, in the file as it is on disk; `None` when an earlier step of the same fix made the place.
        span: Option<Range<usize>>,
        /// What it becomes.
        new: String,
    },
    /// Whether a service runs in the end.
    Service {
        /// Which.
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

/// Whether two fixes contradict each other: one thing, two results.
pub(super) fn contradict(a: &[Touched], b: &[Touched]) -> bool {
    a.iter().any(|one| b.iter().any(|other| differ(one, other)))
}

fn differ(one: &Touched, other: &Touched) -> bool {
    match (one, other) {
        (Touched::Value { file, span, new }, Touched::Value { file: file_b, span: span_b, new: new_b }) => {
            file == file_b && new != new_b && overlap(span.as_ref(), span_b.as_ref())
        }
        (Touched::Service { unit, runs }, Touched::Service { unit: unit_b, runs: runs_b }) => {
            unit == unit_b && runs != runs_b
        }
        (Touched::Permissions { path, new }, Touched::Permissions { path: path_b, new: new_b }) => {
            path == path_b && new != new_b
        }
        _ => false,
    }
}

fn overlap(one: Option<&Range<usize>>, other: Option<&Range<usize>>) -> bool {
    match (one, other) {
        // Empty spans are insertions: two at one place contradict too.
        (Some(a), Some(b)) => a == b || (a.start < b.end && b.start < a.end),
        _ => false,
    }
}
