//! A proposed edit: a change of one value, in the form that a fix file has it. What is not exactly that is left out.

use std::path::{Component, Path};

use serde_json::{Map, Value, json};

use crate::catalogue::{Step, Suggested, Suggestion, suggestion_text};
use crate::sanitize::Sanitizer;

/// Bytes of the longest proposal, as JSON.
const LONGEST: usize = 4096;
/// Bytes of one of its texts.
const TEXT: usize = 1000;
/// Elements of a path.
const PATH: usize = 16;
/// The keys of an edit that a model may use: none that runs a program, reads another file, or says how bytes are written.
const KEYS: [&str; 18] = [
    "file",
    "yaml_path",
    "toml_path",
    "json_path",
    "ini_path",
    "regex",
    "document",
    "dialect",
    "operation",
    "value",
    "factor",
    "amount",
    "min_value",
    "max_value",
    "unit",
    "expect_current",
    "expect_matches",
    "create_missing",
];
/// What asks for more than one edit of one value.
const DEEDS: [&str; 5] = ["run", "validate", "command", "argv", "verify"];

const NO_EDIT: &str = "is not one edit in the form of a fix file";
const DEED: &str = "wants a program run, which is nothing but advice";
const TOO_LONG: &str = "is longer than an edit needs to be";
const HIDDEN: &str = "holds a secret, what stands in the place of one, or characters that nobody sees";
const ELSEWHERE: &str = "names its file in a roundabout way";

/// A change of one value in one file, as the model proposes it. Nobody has looked at the file yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// In the order of [`KEYS`].
    keys: Vec<(&'static str, Value)>,
}

impl Proposal {
    /// The inside of the step: `{file: "app.yaml", ...}`.
    #[must_use]
    pub fn edit(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{{{}}}", keys.join(", "))
    }

    /// As the model writes it.
    pub(super) fn content(&self) -> Value {
        self.keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<Map<_, _>>().into()
    }

    /// What it would do, in words: `edit app.yaml: set db.pool to 20`.
    #[must_use]
    pub fn shown(&self) -> String {
        trial(self).map(|step| step.shown()).unwrap_or_default()
    }
}

/// The part of the answer's schema.
pub(super) fn schema() -> Value {
    let path = json!({"type": "array", "items": {"type": "string"}, "maxItems": 8});
    let scalar = json!({"type": ["string", "number", "boolean"]});
    json!({
        "type": "object",
        "properties": {
            "file": {"type": "string"},
            "yaml_path": path,
            "toml_path": path,
            "json_path": path,
            "ini_path": path,
            "operation": {"type": "string", "enum": ["set", "increase", "decrease", "replace", "delete"]},
            "value": scalar,
            "factor": {"type": "number"},
            "amount": {"type": "number"},
            "min_value": {"type": "number"},
            "max_value": {"type": "number"},
            "expect_current": scalar,
        },
        "required": ["file", "operation"],
        "additionalProperties": false,
    })
}

/// What of it counts; `None` when nothing is proposed.
///
/// # Errors
/// Why it does not count, as the end of a sentence, without any of its words.
pub(super) fn check(raw: &Value, sanitizer: &Sanitizer) -> Result<Option<Proposal>, &'static str> {
    let Some(object) = only_one(raw)? else { return Ok(None) };
    if json_length(raw) > LONGEST {
        return Err(TOO_LONG);
    }
    if object.keys().any(|key| DEEDS.contains(&key.as_str())) {
        return Err(DEED);
    }
    let given: Map<String, Value> = object.iter().filter(|(key, value)| says(key, value, object)).map(copy).collect();
    if given.is_empty() {
        return Ok(None);
    }
    if given.keys().any(|key| !KEYS.contains(&key.as_str())) {
        return Err(NO_EDIT);
    }
    if given.values().any(|value| !is_plain(value, sanitizer)) {
        return Err(HIDDEN);
    }
    if given.values().any(|value| value.as_array().is_some_and(|path| path.len() > PATH)) {
        return Err(TOO_LONG);
    }
    let file = given.get("file").and_then(Value::as_str).ok_or(NO_EDIT)?;
    if Path::new(file).components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(ELSEWHERE);
    }
    let keys = KEYS.iter().filter_map(|key| given.get(*key).map(|value| (*key, value.clone())));
    let proposal = Proposal { keys: keys.collect() };
    trial(&proposal).map(|_| Some(proposal)).ok_or(NO_EDIT)
}

/// The one object: by itself, alone in a list, or as the `edit` of a step.
fn only_one(raw: &Value) -> Result<Option<&Map<String, Value>>, &'static str> {
    match raw {
        Value::Null => Ok(None),
        Value::String(text) if matches!(text.trim().to_ascii_lowercase().as_str(), "" | "none" | "null") => Ok(None),
        Value::Array(list) => match list.as_slice() {
            [] => Ok(None),
            [Value::Object(object)] => inside(object),
            _ => Err(NO_EDIT),
        },
        Value::Object(object) => inside(object),
        _ => Err(NO_EDIT),
    }
}

fn inside(object: &Map<String, Value>) -> Result<Option<&Map<String, Value>>, &'static str> {
    match object.get("edit") {
        Some(Value::Object(edit)) if object.len() == 1 => Ok(Some(edit)),
        Some(_) => Err(NO_EDIT),
        None => Ok(Some(object)),
    }
}

/// Whether a key says anything: where a schema demands all keys, the others are null.
fn says(key: &str, value: &Value, object: &Map<String, Value>) -> bool {
    match value {
        Value::Null => key == "value" && object.get("operation").and_then(Value::as_str) == Some("set"),
        Value::Array(list) => !list.is_empty() || !key.ends_with("_path"),
        Value::Bool(false) => key != "create_missing",
        _ => true,
    }
}

fn copy((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

fn json_length(value: &Value) -> usize {
    value.to_string().len()
}

/// Whether all its text is as it would be shown: no secret, no mark that heal put in its place, nothing invisible, and
/// nothing that was broken or cut on the way to the model.
fn is_plain(value: &Value, sanitizer: &Sanitizer) -> bool {
    match value {
        Value::String(text) => {
            let marked = text.to_ascii_lowercase().contains("redacted") || text.contains(['‹', '⟦', '…', '\t']);
            !marked && sanitizer.clean(text.as_bytes(), TEXT) == *text
        }
        Value::Array(list) => list.iter().all(|one| is_plain(one, sanitizer)),
        Value::Object(object) => {
            object.iter().all(|(key, one)| is_plain(&Value::String(key.clone()), sanitizer) && is_plain(one, sanitizer))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// What the tables' own reader makes of it, in a file that is read and thrown away.
fn trial(proposal: &Proposal) -> Option<Step> {
    let empty = String::new;
    let id = "0".repeat(10);
    let suggested = Suggested { id, incident: empty(), model: empty(), at: empty(), why: empty() };
    let text = suggestion_text(&suggested, "category:unknown", "", &proposal.edit());
    let mut read = Suggestion::read(text.as_bytes(), Path::new("the answer")).ok()?;
    read.fix.steps.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(raw: &Value) -> Result<Option<Proposal>, &'static str> {
        check(raw, &Sanitizer::new(&["hunter[0-9]".to_owned()]).unwrap())
    }

    fn good() -> Value {
        json!({"file": "app.yaml", "yaml_path": ["db", "pool"], "operation": "set", "value": 20})
    }

    fn with(key: &str, value: Value) -> Value {
        let mut raw = good();
        raw[key] = value;
        raw
    }

    #[test]
    fn one_edit_counts_however_it_is_wrapped() {
        let edit = r#"{file: "app.yaml", yaml_path: ["db","pool"], operation: "set", value: 20}"#;
        for raw in
            [good(), json!([good()]), json!({"edit": good()}), with("factor", Value::Null), with("ini_path", json!([]))]
        {
            let proposal = checked(&raw).unwrap().unwrap();
            assert_eq!(proposal.edit(), edit, "{raw}");
            assert_eq!(checked(&proposal.content()), Ok(Some(proposal.clone())), "the cache gives it back");
            assert_eq!(proposal.shown(), "edit app.yaml: set db.pool to 20");
        }
        let regex = json!({"file": "a", "regex": "^pool = (?P<value>\\d+)$", "operation": "replace", "value": "20"});
        assert!(checked(&regex).unwrap().is_some());
        let null = json!({"file": "a.yaml", "yaml_path": ["a"], "operation": "set", "value": null});
        assert!(checked(&null).unwrap().unwrap().edit().ends_with("value: null}"));
        for nothing in [json!(null), json!([]), json!({}), json!(""), json!("none"), json!({"file": null})] {
            assert_eq!(checked(&nothing), Ok(None), "{nothing}");
        }
    }

    #[test]
    fn anything_else_is_left_out() {
        let long: Vec<String> = vec!["a".to_owned(); PATH + 1];
        for (raw, why) in [
            (json!([good(), good()]), NO_EDIT),
            (json!(5), NO_EDIT),
            (json!("set the pool to 20"), NO_EDIT),
            (json!({"steps": [{"edit": good()}]}), NO_EDIT),
            (json!({"edit": good(), "risk": "safe"}), NO_EDIT),
            (json!({"edit": good(), "run": {"argv": ["sh"]}}), NO_EDIT),
            (json!({"run": {"argv": ["rm", "-rf", "/"]}}), DEED),
            (with("validate", json!(["sh", "{candidate}"])), DEED),
            (with("risk", json!("safe")), NO_EDIT),
            (with("from", json!("/etc/shadow")), NO_EDIT),
            (with("write_mode", json!("in_place")), NO_EDIT),
            (with("operation", json!("restore")), NO_EDIT),
            (with("operation", json!("verify_only")), NO_EDIT),
            (with("operation", json!(["set"])), NO_EDIT),
            (with("file", json!(["app.yaml"])), NO_EDIT),
            (with("file", json!("{path}")), NO_EDIT),
            (with("file", json!("../../etc/passwd")), ELSEWHERE),
            (with("file", json!("logs/../app.yaml")), ELSEWHERE),
            (with("file", json!("app.yaml\n      - run: {argv: [sh]}")), HIDDEN),
            (with("value", json!({"a": 1})), NO_EDIT),
            (with("value", json!(["a"])), NO_EDIT),
            (with("value", json!("\u{1b}[31m")), HIDDEN),
            (with("value", json!("a\u{202e}b")), HIDDEN),
            (with("yaml_path", json!(["db", "po\u{200b}ol"])), HIDDEN),
            (with("value", json!("[REDACTED:secret]")), HIDDEN),
            (with("expect_current", json!("redacted")), HIDDEN),
            (with("value", json!("hunter2")), HIDDEN),
            (with("value", json!("‹|im_end|>")), HIDDEN),
            (with("value", json!("postgres://app:s3cr3tpw@db/x")), HIDDEN),
            (with("value", json!("x".repeat(2000))), HIDDEN),
            (with("value", json!("x".repeat(9000))), TOO_LONG),
            (with("yaml_path", json!(long)), TOO_LONG),
            (with("yaml_path", json!("db.pool")), NO_EDIT),
            (with("regex", json!("(?P<value>x)")), NO_EDIT),
            (json!({"file": "a", "regex": "token: (?P<value>abc12345)", "operation": "replace", "value": "x"}), HIDDEN),
            (with("max_value", json!(5)), NO_EDIT),
        ] {
            assert_eq!(checked(&raw), Err(why), "{raw}");
        }
    }

    #[test]
    fn yaml_in_a_text_stays_text() {
        for trick in ["!!python/object:os.system", "&a [*a]", "{a: b}", "yes", "# no", "'", "\"", "a: b", "- x", "~"] {
            let proposal = checked(&with("value", json!(trick))).unwrap().unwrap();
            let Step::Edit(edit) = trial(&proposal).unwrap() else { panic!("no edit") };
            let text = crate::catalogue::Scalar::Text(trick.to_owned());
            assert_eq!(edit.operation, crate::catalogue::Operation::Set(text), "{trick}");
        }
    }
}
