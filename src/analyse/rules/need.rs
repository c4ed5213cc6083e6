//! `depends_on`: what others need is the cause rather than the effect.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;

/// What each name needs, and what that needs in turn.
pub(super) struct Needs(BTreeMap<String, BTreeSet<String>>);

impl Needs {
    pub(super) fn new(depends_on: &BTreeMap<String, Vec<String>>) -> Self {
        let all = |name: &String| {
            let mut needs = BTreeSet::new();
            let mut open = vec![name];
            while let Some(name) = open.pop() {
                for need in depends_on.get(name).into_iter().flatten() {
                    if needs.insert(need.clone()) {
                        open.push(need);
                    }
                }
            }
            (name.clone(), needs)
        };
        Self(depends_on.keys().map(all).collect())
    }

    /// Whether `one` needs `other`. Names that both have tell nothing.
    pub(super) fn needs(&self, one: &Case, other: &Case) -> bool {
        let shared = |name: &String| one.names.contains(name) && other.names.contains(name);
        let own = one.names.iter().filter(|name| !shared(name)).filter_map(|name| self.0.get(name));
        own.into_iter().any(|needs| other.names.iter().any(|name| needs.contains(name) && !one.names.contains(name)))
    }
}
