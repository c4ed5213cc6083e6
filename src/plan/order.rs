//! Which repair comes first: what others need.

use std::collections::{BTreeMap, BTreeSet};

/// Puts `items` in an order in which each comes after what it depends on; otherwise they stay as they are.
/// `names` gives what `depends_on` may call an item.
pub(super) fn by_need<T>(
    mut items: Vec<T>,
    depends_on: &BTreeMap<String, Vec<String>>,
    names: impl Fn(&T) -> BTreeSet<String>,
) -> Vec<T> {
    if depends_on.is_empty() {
        return items;
    }
    let mut ordered = Vec::with_capacity(items.len());
    while !items.is_empty() {
        let waiting: Vec<BTreeSet<String>> = items.iter().map(&names).collect();
        let is_free = |at: &usize| {
            let Some(own) = waiting.get(*at) else { return true };
            let needs = all_needs(own, depends_on);
            !waiting.iter().enumerate().any(|(other, names)| {
                other != *at && names.iter().any(|name| needs.contains(name) && !own.contains(name))
            })
        };
        // A circle is refused when the configuration is read; one that fixes make by acting on several things is cut.
        let first = (0..items.len()).find(is_free).unwrap_or(0);
        ordered.push(items.remove(first));
    }
    ordered
}

/// Everything that these need, and what that needs in turn.
fn all_needs(of: &BTreeSet<String>, depends_on: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let mut needs = BTreeSet::new();
    let mut open: Vec<&String> = of.iter().collect();
    while let Some(name) = open.pop() {
        for need in depends_on.get(name).into_iter().flatten() {
            if needs.insert(need.clone()) {
                open.push(need);
            }
        }
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(items: &[&str], depends_on: &[(&str, &[&str])]) -> Vec<String> {
        let depends_on = depends_on
            .iter()
            .map(|(name, needs)| ((*name).to_owned(), needs.iter().map(ToString::to_string).collect()))
            .collect();
        let items = items.iter().map(ToString::to_string).collect();
        by_need(items, &depends_on, |item: &String| item.split('+').map(str::to_owned).collect())
    }

    #[test]
    fn what_others_need_comes_first_and_the_rest_stays() {
        assert_eq!(order(&["web", "mail", "db"], &[("web", &["db"])]), ["mail", "db", "web"]);
        assert_eq!(order(&["web", "disk", "db"], &[("web", &["db"]), ("db", &["disk"])]), ["disk", "db", "web"]);
        assert_eq!(order(&["web", "disk"], &[("web", &["db"]), ("db", &["disk"])]), ["disk", "web"]);
        assert_eq!(order(&["web", "db"], &[]), ["web", "db"]);
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(order(&["a", "b"], &[("a", &["b"]), ("b", &["a"])]), ["a", "b"]);
    }
}
