//! The forms of an address and of a model's name.

use super::*;

#[test]
fn forms_of_an_address() {
    for (text, url) in [
        ("http://localhost:11434", "http://localhost:11434/x"),
        ("http://localhost:11434/", "http://localhost:11434/x"),
        ("localhost", "http://localhost:11434/x"),
        ("db.example:8080", "http://db.example:8080/x"),
        ("http://db.example", "http://db.example:80/x"),
        ("https://db.example", "https://db.example:443/x"),
        ("HTTPS://DB.example:1/a/b/", "https://db.example:1/a/b/x"),
        ("0.0.0.0", "http://127.0.0.1:11434/x"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000/x"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434/x"),
        ("[::]:11434", "http://[::1]:11434/x"),
        ("::1", "http://[::1]:11434/x"),
        ("[::1]", "http://[::1]:11434/x"),
        (":8000", "http://127.0.0.1:8000/x"),
        ("", "http://127.0.0.1:11434/x"),
        (" \"10.0.0.1\" ", "http://10.0.0.1:11434/x"),
        ("host/prefix", "http://host:11434/prefix/x"),
    ] {
        assert_eq!(Address::parse(text).unwrap().url("/x"), url, "{text}");
    }
    for text in [
        "ftp://x",
        "http://a:b",
        "http://a:99999",
        "a:0",
        "http://u:secret@h",
        "http://a b",
        "http://a?x",
        "http://[::1",
        "héé",
        "a\nb",
    ] {
        let error = Address::parse(text).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn what_is_on_this_host() {
    for text in ["localhost", "127.0.0.1", "127.9.9.9:1", "::1", "0.0.0.0", "", "ollama.localhost"] {
        assert!(Address::parse(text).unwrap().is_loopback(), "{text}");
    }
    for text in ["10.0.0.1", "example.org", "localhost.example.org", "[2001:db8::1]"] {
        assert!(!Address::parse(text).unwrap().is_loopback(), "{text}");
    }
}

#[test]
fn names_of_models() {
    assert_eq!(full_name("llama3.2"), "llama3.2:latest");
    assert_eq!(full_name("Llama3.2:latest"), "llama3.2:latest");
    assert_eq!(full_name("registry.ollama.ai/library/llama3.2"), "llama3.2:latest");
    assert_eq!(full_name("hf.co/a/b:Q4"), "hf.co/a/b:q4");
    assert_eq!(full_name("host:5000/a/b"), "host:5000/a/b:latest");
    assert_ne!(full_name("llama3.2"), full_name("llama3.2:3b"));
}
