//! The key, the address, and what a stream says.

use super::chat::{Chat, Words, trouble};
use super::*;
use crate::analyse::stream::Protocol as _;

fn key_file(text: &str, mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    #[expect(clippy::disallowed_methods, reason = "a test sets the scene")]
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    (folder, file)
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let secret = "abcdef-0123456789";
    let (_folder, file) = key_file(&format!("{secret}\n"), 0o600);
    let key = Key::read(&file).unwrap();
    assert_eq!(key.expose(), secret);
    assert!(!format!("{key:?}").contains(secret));
    assert_eq!(key.scrub(&format!("no {secret}!")), "no [REDACTED:api_key]!");
    for mode in [0o640, 0o604, 0o644, 0o660] {
        let (_folder, file) = key_file(secret, mode);
        let (why, mend) = Key::read(&file).unwrap_err();
        assert_eq!(mend, Some(format!("chmod 600 {}", file.display())));
        assert!(why.contains("chmod 600") && !why.contains(secret), "{why}");
    }
    for text in ["", "short", "two words here", "zwölfzeichen"] {
        let (_folder, file) = key_file(text, 0o600);
        assert!(Key::read(&file).unwrap_err().0.contains("holds no key"), "{text}");
    }
    assert!(Key::read(Path::new("/nonexistent/key")).unwrap_err().0.contains("cannot be read"));
}

#[test]
fn what_a_stream_says() {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let chat = Chat { words: Words { sanitizer: &sanitizer, key: None } };
    let read = |line: &str| chat.read(line.as_bytes(), false);
    assert!(read(": OPENROUTER PROCESSING").unwrap().is_none());
    assert!(read("event: message").unwrap().is_none());
    assert!(read("data: [DONE]").unwrap().unwrap().last);
    let piece = read(r#"data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}"#).unwrap().unwrap();
    assert_eq!((piece.content.as_deref(), piece.ended), (Some("a"), None));
    let piece = read(
        r#"data:{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#,
    );
    let piece = piece.unwrap().unwrap();
    assert_eq!((piece.ended.as_deref(), piece.usage.prompt, piece.usage.answer), (Some("stop"), Some(7), Some(3)));
    let whole = read(r#"{"choices":[{"message":{"content":"b"},"finish_reason":"stop"}]}"#).unwrap().unwrap();
    assert_eq!(whole.content.as_deref(), Some("b"));
    for bad in ["<html>", "data: {", "data: [[[["] {
        assert!(matches!(read(bad), Err(Trouble::NotOllama(_))), "{bad}");
        assert!(matches!(chat.read(bad.as_bytes(), true), Err(Trouble::Broken(_))), "{bad}");
    }
    assert!(matches!(read(r#"data: {"error":{"message":"overloaded"}}"#), Err(Trouble::InStream(_))));
}

#[test]
fn statuses_are_told_apart() {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let words = Words { sanitizer: &sanitizer, key: None };
    let of = |status, body: &str| trouble(status, body.as_bytes(), &words);
    let said = r#"{"error":{"message":"This model's maximum context length is 4096 tokens"}}"#;
    assert!(matches!(of(400, said), Trouble::TooLong(_)));
    assert!(matches!(of(404, r#"{"error":{"message":"The model `x` does not exist"}}"#), Trouble::ModelMissing(_)));
    assert!(matches!(of(404, "not found"), Trouble::NotOllama(_)));
    assert!(matches!(of(401, r#"[{"error":{"message":"bad key"}}]"#), Trouble::Denied(401, said) if said == "bad key"));
    assert!(matches!(of(429, ""), Trouble::Status(429, _)));
    assert!(matches!(of(302, ""), Trouble::Redirected(302)));
}

#[test]
fn a_key_is_taken_out_of_an_answer_however_it_is_written() {
    let (_folder, file) = key_file("abcdef-0123456789", 0o600);
    let key = Key::read(&file).unwrap();
    let said = r#"{"a":["\u0061bcdef-0123456789"],"abcdef\u002d0123456789":{"b":"abcdef-0123456789"}}"#;
    let mark = "[REDACTED:api_key]";
    let scrubbed: Value = serde_json::from_str(&key.scrub_json(said)).unwrap();
    assert_eq!(scrubbed, json!({"a": [mark], mark: {"b": mark}}));
    for other in [r#"{"a": 1, "a": 2}"#, "no JSON"] {
        assert_eq!(key.scrub_json(other), other, "what holds no key stays as it is");
    }
}
