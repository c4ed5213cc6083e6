//! Escaping, decoding, and both together with redaction.

use proptest::prelude::*;

use super::*;

#[test]
fn arguments_of_a_program() {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let shown = |argv: &[&str]| sanitizer.argv(&argv.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>()).join("|");
    assert_eq!(shown(&["/bin/x", "--password", "hunter2", "-v"]), "/bin/x|--password|[REDACTED:password]|-v");
    assert!(!shown(&["curl", "-H", "Authorization: Bearer hunter2bearer", "http://u:hunter2@h/"]).contains("hunter2"));
    assert!(!shown(&["mysql", "-phunter2", "sh", "-c", "echo \"x\" --token hunter2"]).contains("hunter2"));
    assert_eq!(shown(&["sh", "-c", "echo \"ok\"", ""]), "sh|-c|echo \"ok\"|");
}

#[test]
fn what_a_terminal_obeys_becomes_visible() {
    assert_eq!(escape("a\x1b[31mb\x07\x7f\0"), "a\\x1b[31mb\\x07\\x7f\\x00");
    assert_eq!(escape("a\nb\r\tc"), "a\\nb\\r\tc");
    assert_eq!(escape_multiline("a\nb\r\tc"), "a\nb\\r\tc");
    assert_eq!(
        escape("\u{202e}x\u{200b}\u{feff}\u{e0041}\u{2028}\u{9b}"),
        "\\u{202e}x\\u{200b}\\u{feff}\\u{e0041}\\u{2028}\\u{9b}"
    );
    assert_eq!(escape("👨\u{200d}👩"), "👨\\u{200d}👩");
}

#[test]
fn ordinary_text_stays() {
    for text in ["plain", "naïve café", "日本語", "❤️ 😀", "→ … “q”", "tab\there"] {
        assert!(matches!(escape(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(text_of(b"caf\xe9 \xff\xfe ok"), "caf\\xe9 \\xff\\xfe ok");
    assert_eq!(text_of("é".as_bytes()), "é");
}

#[test]
fn a_secret_across_the_bound_is_not_half_shown() {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let line = "login password=hunter2hunter2hunter2 user=bob";
    for max in 0..80 {
        let clean = sanitizer.clean(line.as_bytes(), max);
        assert!(!clean.contains("hunter"), "{max}: {clean}");
        assert!(clean.len() <= max, "{max}: {clean}");
    }
    assert_eq!(sanitizer.clean(b"0123456789", 10), "0123456789");
    assert_eq!(sanitizer.clean(b"0123456789a", 10), "0123456…");
    assert_eq!(sanitizer.clean_multiline(b"a\nb\x1b", 99), "a\nb\\x1b");
}

proptest! {
    #[test]
    fn clean_is_bounded_and_visible(bytes in prop::collection::vec(any::<u8>(), 0..400), max in 0_usize..200) {
        let clean = Sanitizer::new(&[]).unwrap().clean(&bytes, max);
        prop_assert!(clean.len() <= max);
        prop_assert!(clean.chars().all(|c| !c.is_control() || c == '\t'));
    }
}

#[test]
fn signs_that_only_steer_others_are_shown() {
    for hidden in ['\u{13430}', '\u{13438}', '\u{1bca0}', '\u{1bca3}'] {
        assert_eq!(escape(&format!("a{hidden}b")), format!("a\\u{{{:x}}}b", u32::from(hidden)));
    }
}

#[test]
fn the_style_of_an_emoji_stays_and_is_shown_elsewhere() {
    for text in ["❤️", "1\u{fe0f}\u{20e3}", "©\u{fe0e} 😀\u{fe0f}"] {
        assert_eq!(escape(text), text);
    }
    for (text, said) in [
        ("a\u{fe0f}b", "a\\u{fe0f}b"),
        ("1\u{fe0f}0", "1\\u{fe0f}0"),
        ("\u{fe0f}", "\\u{fe0f}"),
        ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}\\u{fe0f}"),
        ("日\u{fe0e}", "日\\u{fe0e}"),
    ] {
        assert_eq!(escape(text), said);
        assert_eq!(Sanitizer::new(&[]).unwrap().clean(text.as_bytes(), 99), said);
    }
}

#[test]
fn a_word_that_heal_holds_is_found_everywhere() {
    let sanitizer = Sanitizer::new(&[]).unwrap().with_literal("zq-4711-keyword", "api_key");
    let said = sanitizer.clean(b"by zq-4711-keyword, azq-4711-keyword2 and zq-4711-keywor", 200);
    assert_eq!(said, "by [REDACTED:api_key], a[REDACTED:api_key]2 and zq-4711-keywor");
    assert_eq!(sanitizer.redactor().redact(&said), said);
    assert!(!format!("{sanitizer:?}").contains("zq-4711"));
    assert_eq!(Sanitizer::new(&[]).unwrap().with_literal("", "api_key").clean(b"ab", 9), "ab");
}
