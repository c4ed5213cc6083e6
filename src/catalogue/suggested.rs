//! A fix that a model suggested: how its file tells that, and whether a person's yes to it still holds.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};

use super::read_fixes::{FixRow, table};
use super::{Edit, Fix, Operation, Origin, Step, WriteMode};
use crate::sanitize::Sanitizer;
use crate::sys::disk::sha256;
use crate::words::Risk;

/// Largest file of a suggestion, in bytes.
pub const MAX_SUGGESTION: u64 = 64 * 1024;
/// What a person decided stands last, below a line of its own.
const VERDICTS: [&str; 2] = ["accepted:\n", "rejected:\n"];

/// `suggested:` of a file of fixes: where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Suggested {
    /// The suggestion's id, ten hexadecimal digits.
    pub id: String,
    /// The id of the incident that it is about.
    pub incident: String,
    /// The model.
    pub model: String,
    /// When it was first suggested, RFC 3339.
    pub at: String,
    /// What the model holds to be the cause.
    pub why: String,
}

/// `accepted:` or `rejected:`: a person's word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// SHA-256 of all that stands above it in the file.
    pub hash: String,
    /// Who.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// SHA-256 of the three above: so that no change of the file goes unnoticed.
    seal: String,
}

impl Word {
    /// The word of `by` on what has this hash.
    #[must_use]
    pub fn new(hash: String, by: String, at: String) -> Self {
        let seal = seal(&hash, &by, &at);
        Self { hash, by, at, seal }
    }

    /// The block that tells it.
    fn text(&self, key: &str) -> String {
        let Self { hash, by, at, seal } = self;
        let (hash, by, at, seal) = (quoted(hash), quoted(by), quoted(at), quoted(seal));
        format!("{key}:\n  hash: {hash}\n  by: {by}\n  at: {at}\n  seal: {seal}\n")
    }
}

fn seal(hash: &str, by: &str, at: &str) -> String {
    sha256(format!("{hash}\n{by}\n{at}\n").as_bytes())
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It became a fix.
    Accepted(Word),
    /// It is not to be suggested again.
    Rejected(Word),
}

/// Where an operator's fix came from, when it was not from the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// What was suggested.
    pub suggested: Suggested,
    /// Who accepted it, or why nobody's yes holds for it as it stands.
    pub accepted: Result<Word, String>,
}

/// A file of `suggestions/`.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// Where it came from.
    pub suggested: Suggested,
    /// What the tables' own reader makes of it.
    pub fix: Fix,
    /// All but the decision.
    pub body: String,
    /// What was decided.
    pub decision: Option<Decision>,
}

impl Suggestion {
    /// Reads a file of `suggestions/`, as a file of fixes is read, and looks whether it is what may be suggested.
    ///
    /// # Errors
    /// What is wrong with it, with the place.
    pub fn read(bytes: &[u8], file: &Path) -> Result<Self> {
        let origin = Origin { file: file.to_path_buf(), builtin: false };
        let (head, mut rows) = table(bytes, &origin)?;
        let fault = |why: &str| anyhow!("{}: {why}", file.display());
        let suggested = head.suggested.ok_or_else(|| fault("it has no `suggested`: it is no suggestion"))?;
        may_be_suggested(&rows, &suggested).map_err(|why| fault(&why))?;
        let row = rows.pop().ok_or_else(|| fault("it suggests nothing"))?;
        let body = String::from_utf8_lossy(body(bytes)).into_owned();
        let decision = match (head.accepted, head.rejected) {
            (Some(word), _) => Some(Decision::Accepted(word)),
            (None, Some(word)) => Some(Decision::Rejected(word)),
            (None, None) => None,
        };
        Ok(Self { suggested, fix: row.fix, body, decision })
    }

    /// What a person says yes to.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256(self.body.as_bytes())
    }

    /// Whether a person can see all of it: no secret, nothing that stands in the place of one, no hidden character.
    #[must_use]
    pub fn is_reviewable(&self, sanitizer: &Sanitizer) -> bool {
        let steps = serde_json::to_string(&self.fix.steps).unwrap_or_default();
        !steps.to_ascii_lowercase().contains("redacted")
            && sanitizer.clean_multiline(self.body.as_bytes(), 2 * self.body.len()) == self.body
    }

    /// Its one edit.
    #[must_use]
    pub fn edit(&self) -> Option<&Edit> {
        match self.fix.steps.first() {
            Some(Step::Edit(edit)) => Some(edit),
            _ => None,
        }
    }

    /// The file's text with this decision.
    #[must_use]
    pub fn decided(&self, decision: &Decision) -> String {
        let word = match decision {
            Decision::Accepted(word) => word.text("accepted"),
            Decision::Rejected(word) => word.text("rejected"),
        };
        format!("{}{word}", self.body)
    }
}

/// The text of a new suggestion: `edit` is the inside of the step, `{file: ..., ...}`, and `selector` what it is for.
#[must_use]
pub fn suggestion_text(suggested: &Suggested, selector: &str, description: &str, edit: &str) -> String {
    let Suggested { id, incident, model, at, why } = suggested;
    let mut text =
        String::from("# What a model suggested. A change of this file ends a person's yes to it.\nsuggested:\n");
    for (key, value) in [("id", id), ("incident", incident), ("model", model), ("at", at), ("why", why)] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {key}: {}", quoted(value));
    }
    let _ = write!(
        text,
        "fixes:\n  - name: {}\n    for: [{}]\n    description: {}\n    risk: unsafe\n    steps:\n      - edit: {edit}\n",
        name_of(id),
        quoted(selector),
        quoted(description),
    );
    text
}

/// Whether a text is the id of a suggestion: ten hexadecimal digits.
#[must_use]
pub fn is_suggestion_id(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The name of the fix that a suggestion becomes.
#[must_use]
pub fn name_of(id: &str) -> String {
    format!("suggested_{id}")
}

/// Text as YAML's double quotes have it, which are JSON's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// All that stands above a person's word; the whole when there is none.
fn body(bytes: &[u8]) -> &[u8] {
    let starts = |at: usize| at == 0 || bytes.get(at - 1) == Some(&b'\n');
    let found = VERDICTS.iter().flat_map(|word| memchr::memmem::find_iter(bytes, word));
    let end = found.filter(|at| starts(*at)).max().unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}

/// What the file of an adopted fix says of itself.
#[derive(Debug)]
pub(super) struct Head {
    pub suggested: Option<Suggested>,
    pub accepted: Option<Word>,
    pub rejected: Option<Word>,
}

/// Notes in each row of a file where it came from. One whose yes does not hold is shown, and never applied.
pub(super) fn adopt(head: &Head, bytes: &[u8], rows: &mut [FixRow]) {
    let Some(suggested) = &head.suggested else { return };
    let accepted = standing(head, suggested, bytes, rows);
    for fix in rows.iter_mut().flat_map(|row| std::iter::once(&mut row.fix).chain(&mut row.alternatives)) {
        if accepted.is_err() {
            fix.risk = Risk::DisplayOnly;
        }
        fix.adoption = Some(Adoption { suggested: suggested.clone(), accepted: accepted.clone() });
    }
}

fn standing(head: &Head, suggested: &Suggested, bytes: &[u8], rows: &[FixRow]) -> Result<Word, String> {
    let id = &suggested.id;
    let own = "take `suggested` and `accepted` out of it, which makes it a fix of your own";
    let Some(word) = &head.accepted else {
        return Err(format!(
            "a model suggested it and nobody accepted it: remove this file and run `heal suggestions accept {id}`, or {own}"
        ));
    };
    let reviewed = body(bytes);
    let whole = [reviewed, word.text("accepted").as_bytes()].concat();
    if sha256(reviewed) != word.hash || seal(&word.hash, &word.by, &word.at) != word.seal || whole != bytes {
        return Err(format!(
            "it was changed after {} had accepted it, and is no longer accepted: remove this file and run `heal suggestions accept {id}`, which writes what was reviewed, or {own}",
            word.by
        ));
    }
    may_be_suggested(rows, suggested).map_err(|why| format!("{why}: {own}"))?;
    Ok(word.clone())
}

/// One edit of one value, and nothing beside it: no program, no other file's bytes, no captured value, no other risk.
fn may_be_suggested(rows: &[FixRow], suggested: &Suggested) -> Result<(), String> {
    let [row] = rows else { return Err("a suggestion is one fix".to_owned()) };
    let fix = &row.fix;
    let [Step::Edit(edit)] = fix.steps.as_slice() else {
        return Err("a suggestion is one edit: nothing of it is ever run".to_owned());
    };
    let faults = [
        (
            !is_suggestion_id(&suggested.id) || fix.name != name_of(&suggested.id),
            "its name is not that of its suggestion",
        ),
        (!row.alternatives.is_empty(), "a suggestion has no alternatives"),
        (fix.risk != Risk::Unsafe, "the risk of a suggestion is `unsafe`"),
        (edit.validate.is_some() || !fix.verify.is_empty(), "a suggestion runs no program"),
        (fix.when.is_some() || fix.trusted.is_some(), "a suggestion has no conditions"),
        (!fix.groups().is_empty(), "a suggestion uses no captured value"),
        (edit.write_mode != WriteMode::Replace, "a suggestion does not say how a file is written"),
        (
            matches!(edit.operation, Operation::Restore { .. } | Operation::VerifyOnly { .. }),
            "a suggestion sets, replaces, raises, lowers or deletes a value",
        ),
    ];
    match faults.into_iter().find(|(is, _)| *is) {
        Some((_, why)) => Err(why.to_owned()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::parse_fixes;

    fn suggested() -> Suggested {
        Suggested {
            id: "0123456789".into(),
            incident: "abcdef0123".into(),
            model: "llama3.2:latest".into(),
            at: "2026-01-05T10:00:00+00:00".into(),
            why: "The pool's \"limit\": low # so".into(),
        }
    }

    fn text() -> String {
        let edit = r#"{file: "app.yaml", yaml_path: ["db", "pool"], operation: "set", value: 20}"#;
        suggestion_text(&suggested(), "pool_exhausted", "Set it", edit)
    }

    fn loaded(text: &str) -> Fix {
        let origin = Origin { file: "fixes/s.yaml".into(), builtin: false };
        parse_fixes(text.as_bytes(), &origin).unwrap().remove(0).fix
    }

    fn accepted() -> String {
        let one = Suggestion::read(text().as_bytes(), Path::new("s.yaml")).unwrap();
        let word = Word::new(one.hash(), "alice".into(), "now".into());
        one.decided(&Decision::Accepted(word))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let one = Suggestion::read(text().as_bytes(), Path::new("s.yaml")).unwrap();
        assert_eq!((one.suggested.clone(), one.body.clone(), one.decision.clone()), (suggested(), text(), None));
        assert_eq!(one.edit().unwrap().file, "app.yaml");
        let again = Suggestion::read(accepted().as_bytes(), Path::new("s.yaml")).unwrap();
        assert_eq!(again.hash(), one.hash());
        assert!(matches!(again.decision, Some(Decision::Accepted(word)) if word.by == "alice"));
    }

    #[test]
    fn what_nobody_can_see_is_told() {
        let sanitizer = Sanitizer::new(&[]).unwrap();
        let reviewable =
            |text: &str| Suggestion::read(text.as_bytes(), Path::new("s")).unwrap().is_reviewable(&sanitizer);
        assert!(reviewable(&text()) && reviewable(&text().replace("low # so", "[REDACTED:token] is wrong")));
        for (from, to) in [
            ("value: 20", "value: '[REDACTED:secret]'"),
            ("value: 20", "value: \"\\u0052EDACTED\""),
            ("value: 20", "value: 'postgres://app:s3cr3tpw@db/x'"),
            ("description: \"Set it\"", "description: \"Set\u{202e} it\""),
        ] {
            assert!(!reviewable(&text().replace(from, to)), "{to}");
        }
    }

    #[test]
    fn a_yes_holds_for_what_was_reviewed_and_nothing_else() {
        let fix = loaded(&accepted());
        assert_eq!(fix.risk, Risk::Unsafe);
        assert_eq!(fix.adoption.unwrap().accepted.unwrap().by, "alice");
        let two = format!("{}  - {{name: b, for: [p], description: d, steps: [run: {{argv: [a]}}]}}\n", text());
        for (changed, said) in [
            (accepted().replace("value: 20", "value: 90"), "no longer accepted"),
            (accepted().replace("risk: unsafe", "risk: safe"), "no longer accepted"),
            (accepted().replace("pool_exhausted", "category:database"), "no longer accepted"),
            (accepted().replace("# What a model", "# what a model"), "no longer accepted"),
            (accepted().replace("alice", "bob"), "no longer accepted"),
            (accepted().replace("at: \"now\"", "at: \"then\""), "no longer accepted"),
            (accepted() + "# more\n", "no longer accepted"),
            (accepted().replace("\"now\"", "now"), "no longer accepted"),
            (accepted().trim_end().to_owned(), "no longer accepted"),
            (text(), "nobody accepted it"),
            (two, "nobody accepted it"),
            (accepted().replace("accepted:", "rejected:"), "nobody accepted it"),
        ] {
            let fix = loaded(&changed);
            assert_eq!(fix.risk, Risk::DisplayOnly, "{changed}");
            let why = fix.adoption.unwrap().accepted.unwrap_err();
            assert!(why.contains(said) && why.contains("heal suggestions accept 0123456789"), "{why}");
        }
        // A word that was forged over something that is never suggested.
        let forged = text().replace("risk: unsafe", "risk: safe");
        let word = Word::new(sha256(forged.as_bytes()), "x".into(), "y".into());
        assert!(
            loaded(&(forged + &word.text("accepted"))).adoption.unwrap().accepted.unwrap_err().contains("`unsafe`")
        );
        // More below the word is a second `fixes`.
        let more = format!("{}fixes: []\n", accepted());
        assert!(parse_fixes(more.as_bytes(), &Origin { file: "f".into(), builtin: false }).is_err());
    }

    #[test]
    fn only_one_plain_edit_is_a_suggestion() {
        for (from, to) in [
            ("risk: unsafe", "risk: safe"),
            ("risk: unsafe", "risk: display_only"),
            ("name: suggested_0123456789", "name: other"),
            ("operation: \"set\", value: 20", "operation: verify_only"),
            ("operation: \"set\", value: 20", "operation: restore, from: /etc/shadow"),
            ("value: 20", "value: 20, validate: [sh, '{candidate}']"),
            ("value: 20", "value: 20, write_mode: in_place"),
            ("\"app.yaml\"", "'{path}'"),
            ("- edit: ", "- run: {argv: [rm, -rf, /]}\n      - edit: "),
            ("    steps:", "    verify: [command: [sh]]\n    steps:"),
            ("    steps:", "    when: {age: {at_least: 1h}}\n    steps:"),
            ("    steps:", "    alternatives: [{name: b, steps: [restart_service: {service: a}]}]\n    steps:"),
            ("id: \"0123456789\"", "id: \"../../../etc\""),
        ] {
            let text = text().replace(from, to);
            assert_ne!(text, self::text(), "{from}");
            assert!(Suggestion::read(text.as_bytes(), Path::new("s.yaml")).is_err(), "{to}");
        }
    }
}
