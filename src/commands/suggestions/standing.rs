//! How suggestions stand: what became of their fixes, and what a person decided.

use super::folder::Folder;
use crate::catalogue::{Catalogue, Decision, Fix, Suggestion, name_of};
use crate::report::suggestions::Standing;

/// How a suggestion that is kept stands, and what is wrong with it, where something is.
pub(super) fn of_kept(catalogue: &Catalogue, id: &str, decision: Option<&Decision>) -> (Standing, Option<String>) {
    match (fix_of(catalogue, id).map(Fix::not_adopted), decision) {
        (Some(None), _) => (Standing::Accepted, None),
        (Some(changed), _) => (Standing::Changed, changed),
        (None, None) => (Standing::Open, None),
        (None, Some(Decision::Rejected(_))) => (Standing::Rejected, None),
        (None, Some(Decision::Accepted(_))) => {
            (Standing::Gone, Some("its fix is no longer among the tables; it may be accepted again".to_owned()))
        }
    }
}

/// How one that the model makes now stands.
pub(super) fn of_new(catalogue: &Catalogue, folder: &Folder, id: &str) -> Standing {
    // Its fix may be there without it.
    if !folder.has(id) && fix_of(catalogue, id).is_none() {
        return Standing::New;
    }
    let decision = folder.read(id).ok().and_then(|kept| kept.decision);
    of_kept(catalogue, id, decision.as_ref()).0
}

/// The fix that a suggestion became.
pub(super) fn fix_of<'a>(catalogue: &'a Catalogue, id: &str) -> Option<&'a Fix> {
    catalogue.fixes.iter().find(|fix| fix.name == name_of(id))
}

/// Those about which nobody has decided.
pub(super) fn undecided(folder: &Folder) -> Vec<Suggestion> {
    let ids = folder.ids().unwrap_or_default();
    ids.iter().filter_map(|id| folder.read(id).ok()).filter(|kept| kept.decision.is_none()).collect()
}
