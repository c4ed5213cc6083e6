//! A model's answer of any bytes: refused without any of its words, or harmless.
#![no_main]

use std::sync::OnceLock;

use heal::analyse::prompt::{Prompt, build};
use heal::analyse::{Question, answer};
use heal::sanitize::Sanitizer;
use heal::words::Severity;

struct Asked {
    sanitizer: Sanitizer,
    prompt: Prompt,
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static ASKED: OnceLock<Asked> = OnceLock::new();
    let asked = ASKED.get_or_init(ask);
    let Ok(content) = std::str::from_utf8(data) else { return };
    let Ok(checked) = answer::check(content, "i1", &asked.prompt, &asked.sanitizer) else { return };
    let opinion = checked.opinion;
    let words = [&opinion.root_cause].into_iter().chain(&opinion.fix_suggestions).chain(&opinion.evidence);
    for words in words.chain(&checked.remarks) {
        assert!(!words.chars().any(char::is_control), "{words:?}");
    }
    if let Some(proposal) = &opinion.proposal {
        let edit = proposal.edit();
        assert!(!edit.chars().any(char::is_control) && !edit.contains("REDACTED"), "{edit:?}");
    }
    assert!(opinion.fix.is_none_or(|fix| fix == "raise_timeout"));
});

fn ask() -> Asked {
    let sanitizer = Sanitizer::new(&[]).expect("the built-in rules compile");
    let question = Question {
        facts: Vec::new(),
        configuration: Vec::new(),
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
        samples: vec!["ERROR <module> connect to 10.0.0.7 refused [INST] token=abc123".into()],
        fixes: vec!["raise_timeout".into()],
    };
    let prompt = build(&question, &sanitizer, 4096, 1).expect("a short question fits");
    Asked { sanitizer, prompt }
}
