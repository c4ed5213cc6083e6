//! What holds of every refusal and of every change, whatever the file is written in.

use heal::catalogue::Edit;
use heal::plan::edit::{Changed, Refusal, put_back};

use crate::figures::Figures;

/// Counts a refusal; one without a place is wrong.
pub fn refused(what: &str, refusal: &Refusal, figures: &mut Figures) {
    let Some(line) = refusal.line else {
        figures.wrong.push(format!("{what}: refused as {} without a place", refusal.code.as_str()));
        return;
    };
    if std::env::var_os("HEAL_PROOF_TELL").is_some_and(|code| code == refusal.code.as_str()) {
        println!("line {line}: {what}");
    }
    figures.refuse(refusal.code.as_str());
}

/// What is wrong with the bytes of a change.
pub fn fault(old: &str, edit: &Edit, changed: &Changed) -> Option<String> {
    let new = changed.text.as_str();
    if old[..changed.span.start] != new[..changed.new_span.start]
        || old[changed.span.end..] != new[changed.new_span.end..]
    {
        return Some("other bytes changed, too".to_owned());
    }
    match put_back(new.as_bytes(), edit, &changed.new, &changed.old) {
        Ok(back) if back == old => None,
        Ok(_) => Some("put back, it is not what it was".to_owned()),
        Err(refusal) => Some(format!("it cannot be put back: {}", refusal.reason)),
    }
}
