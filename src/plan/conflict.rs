//! Two fixes that want different things of one value.

use super::bench::Touched;

/// Whether two fixes contradict each other: one value, two results.
pub(super) fn contradict(a: &[Touched], b: &[Touched]) -> bool {
    a.iter().any(|one| b.iter().any(|other| one.file == other.file && one.new != other.new && overlap(one, other)))
}

fn overlap(one: &Touched, other: &Touched) -> bool {
    match (&one.span, &other.span) {
        // Empty spans are insertions: two at one place contradict too.
        (Some(a), Some(b)) => a == b || (a.start < b.end && b.start < a.end),
        _ => false,
    }
}
