//! TOML, as cargo, Python and systems write it.

use proptest::prelude::*;

use super::super::kit_tests::{changed, edit, flag, less, number, optimal, path, refused, set, times, with};
use super::super::{Proposal, propose};
use crate::catalogue::{Edit, Locator, Operation, PathElement, Scalar};

const CONFIG: &str = "\
# gateway: its own configuration
title = \"edge\"   # shown in the log
'quoted key' = 1
debug = false
started = 2024-05-01T07:32:00Z
mask = 0xff
big = 1_000
ratio = 1.5
pi = 3e2
greeting = \"\"\"
hello
world\"\"\"
path = 'C:\\temp'

[server]
host = \"0.0.0.0\"
limits.open = 64
ports = [ 8001, # first
  8002,
]
pool = { size = 10, timeout = \"30s\" } # inline

[server.tls]
[[backend]]
name = \"a\"
weight = 1
[[backend]]
name = \"b\"
weight = 2
  [backend.health]
  every = 5
";

fn toml(words: &str, operation: Operation) -> Edit {
    edit("config.toml", Locator::TomlPath(path(words)), operation)
}

#[test]
fn every_kind_of_value_is_changed_in_its_place() {
    for (words, operation, from, to) in [
        ("title", set("core \"x\""), "\"edge\"", "\"core \\\"x\\\"\""),
        ("quoted key", times(3), "'quoted key' = 1", "'quoted key' = 3"),
        ("debug", flag(true), "debug = false", "debug = true"),
        ("started", set("2025-01-01T00:00:00Z"), "2024-05-01T07:32:00Z", "2025-01-01T00:00:00Z"),
        ("mask", number(15), "0xff", "15"),
        ("big", number(2000), "1_000", "2000"),
        ("ratio", times(2), "1.5", "3.0"),
        ("ratio", number(2), "ratio = 1.5", "ratio = 2.0"),
        ("pi", number(4), "3e2", "4.0"),
        ("path", set("D:\\x"), "'C:\\temp'", "'D:\\x'"),
        ("path", set("it's"), "'C:\\temp'", "\"it's\""),
        ("server.limits.open", times(2), "open = 64", "open = 128"),
        ("server.ports.1", number(9), "8002", "9"),
        ("server.pool.size", less(5, 1), "size = 10", "size = 5"),
        ("backend.1.weight", number(7), "weight = 2", "weight = 7"),
        ("backend.1.health.every", times(2), "every = 5", "every = 10"),
        ("mask", Operation::Replace("0x0f".to_owned()), "0xff", "0x0f"),
    ] {
        assert_eq!(changed(CONFIG, &toml(words, operation)).text, with(CONFIG, from, to), "{words}");
    }
    let wanted = PathElement::Match(vec![("name".into(), Scalar::Text("a".into()))]);
    let matched =
        Locator::TomlPath(vec![PathElement::Key("backend".into()), wanted, PathElement::Key("weight".into())]);
    assert_eq!(changed(CONFIG, &edit("a.toml", matched, times(9))).text, with(CONFIG, "weight = 1", "weight = 9"));
    let timeout = Edit { unit: Some("s".into()), ..toml("server.pool.timeout", times(2)) };
    assert_eq!(changed(CONFIG, &timeout).text, with(CONFIG, "\"30s\"", "\"60s\""));
}

#[test]
fn line_ends_marks_and_a_missing_last_newline_stay() {
    let source = format!("\u{feff}{}", CONFIG.trim_end().replace('\n', "\r\n"));
    for (words, from, to) in [("title", "\"edge\"", "\"x\""), ("backend.1.health.every", "every = 5", "every = \"x\"")]
    {
        assert_eq!(changed(&source, &toml(words, set("x"))).text, with(&source, from, to));
    }
    let added = Edit { create_missing: true, ..toml("backend.1.health.grace", number(1)) };
    assert_eq!(changed(&source, &added).text, format!("{source}\r\n  grace = 1"));
    assert_eq!(
        changed(&source, &toml("title", Operation::Delete)).text,
        source.replace("title = \"edge\"   # shown in the log\r\n", "")
    );
}

#[test]
fn a_missing_key_is_added_below_its_own_header() {
    for (words, from, to) in [
        ("new", "path = 'C:\\temp'\n", "path = 'C:\\temp'\nnew = 7\n"),
        ("server.a key", "# inline\n", "# inline\n\"a key\" = 7\n"),
        ("server.tls.port", "[server.tls]\n", "[server.tls]\nport = 7\n"),
        ("server.pool.most", "\"30s\" }", "\"30s\", most = 7 }"),
        ("backend.0.port", "weight = 1\n", "weight = 1\nport = 7\n"),
        ("backend.1.health.grace", "  every = 5\n", "  every = 5\n  grace = 7\n"),
    ] {
        let wanted = Edit { create_missing: true, ..toml(words, number(7)) };
        assert_eq!(changed(CONFIG, &wanted).text, with(CONFIG, from, to), "{words}");
        assert_eq!(refused(CONFIG, &toml(words, number(7))).code.as_str(), "missing");
    }
    for (source, words, expected) in [
        ("", "a", "a = 7\n"),
        ("# only\n[b]\n", "a", "a = 7\n# only\n[b]\n"),
        ("a = {}\n", "a.b", "a = { b = 7 }\n"),
        ("[a]", "a.b", "[a]\nb = 7"),
    ] {
        let wanted = Edit { create_missing: true, ..toml(words, number(7)) };
        assert_eq!(changed(source, &wanted).text, expected);
    }
    let create = |words: &str| Edit { create_missing: true, ..toml(words, number(7)) };
    assert_eq!(refused("[a.b]\nc = 1\n", &create("a.x")).code.as_str(), "no_header");
    assert_eq!(refused("a.b = 1\n", &create("a.x")).code.as_str(), "no_header");
    assert_eq!(refused("", &create("a.x")).code.as_str(), "missing");
}

#[test]
fn a_key_is_deleted_with_its_line() {
    for (words, gone) in [
        ("title", "title = \"edge\"   # shown in the log\n"),
        ("server.limits.open", "limits.open = 64\n"),
        ("server.pool.size", "size = 10, "),
        ("server.pool.timeout", ", timeout = \"30s\""),
        ("backend.1.health.every", "  every = 5\n"),
        ("greeting", "greeting = \"\"\"\nhello\nworld\"\"\"\n"),
    ] {
        assert_eq!(changed(CONFIG, &toml(words, Operation::Delete)).text, with(CONFIG, gone, ""), "{words}");
    }
    assert!(optimal(CONFIG, &toml("server.absent", Operation::Delete)));
    assert_eq!(refused(CONFIG, &toml("server.pool", Operation::Delete)).code.as_str(), "not_a_scalar");
    assert_eq!(refused(CONFIG, &toml("server.ports.0", Operation::Delete)).code.as_str(), "not_a_key");
}

#[test]
fn what_is_not_exact_is_refused_with_its_place() {
    for (words, operation, code, place) in [
        ("greeting", set("x"), "multi_line", Some((10, 12))),
        ("server", set("x"), "not_a_scalar", None),
        ("server.ports", set("x"), "not_a_scalar", None),
        ("title.x", set("x"), "not_a_map", Some((2, 9))),
        ("mask", times(2), "not_a_number", Some((6, 8))),
        ("big", times(2), "not_a_number", None),
        ("started", times(2), "not_a_number", None),
        ("server.pool.timeout", times(2), "has_unit", None),
        ("backend.9.name", set("x"), "missing", None),
        ("title", Operation::Replace("\"a\"\nb = 1".into()), "not_proven", None),
        ("title", Operation::Replace("\"a\" # b".into()), "not_proven", None),
        ("title", Operation::Replace("[1]".into()), "not_proven", None),
    ] {
        let refusal = refused(CONFIG, &toml(words, operation));
        assert_eq!(refusal.code.as_str(), code, "{words}: {refusal:?}");
        if let Some((line, column)) = place {
            assert_eq!((refusal.line, refusal.column), (Some(line), Some(column)), "{words}");
        }
    }
    assert_eq!(refused("a = 1\na = 2\n", &toml("a", set("x"))).code.as_str(), "not_toml");
    let deep = format!("a = {}1{}\n", "[".repeat(70), "]".repeat(70));
    assert_eq!(refused(&deep, &toml("a", set("x"))).code.as_str(), "too_deep");
    for hostile in ["[".repeat(100_000), "a.".repeat(100_000), format!("[{}a]", "a.".repeat(100_000))] {
        assert_eq!(refused(&hostile, &toml("a", set("x"))).code.as_str(), "not_toml");
    }
}

#[test]
fn right_values_bounds_and_expectations_are_obeyed() {
    assert!(optimal(CONFIG, &toml("mask", number(255))));
    assert!(optimal(CONFIG, &toml("title", set("edge"))));
    assert!(optimal(CONFIG, &toml("title", Operation::Replace("\"edge\"".into()))));
    assert!(optimal(CONFIG, &toml("server.pool.size", less(5, 10))));
    let expecting = Edit { expect_current: Some(Scalar::Text("other".into())), ..toml("title", set("x")) };
    assert_eq!(refused(CONFIG, &expecting).code.as_str(), "unexpected_value");
    let look = |words: &str, value: Option<Scalar>| {
        let verify = Operation::VerifyOnly { each: None };
        propose(CONFIG.as_bytes(), &Edit { expect_current: value, ..toml(words, verify) }).unwrap()
    };
    assert!(matches!(look("debug", Some(Scalar::Bool(false))), Proposal::Holds { .. }));
    assert!(matches!(look("debug", Some(Scalar::Bool(true))), Proposal::DoesNotHold { line: Some(4), .. }));
    assert!(matches!(look("absent", None), Proposal::DoesNotHold { line: None, .. }));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = propose(&bytes, &Edit { create_missing: true, ..toml("a", set("x")) });
        let _ = propose(&bytes, &toml("a", Operation::Delete));
    }

    #[test]
    fn arbitrary_toml_changes_in_the_target_alone(
        source in "([ab][ab.]{0,3} ?= ?([0-9]{1,3}|\"[x #]{0,3}\"|'[y=]{0,2}'|\\{ ?(b = 1)?(, a = 2)? ?\\}|\\[1, 2\\])( # c)?\r?\n|\\[\\[?[ab](\\.[ab])?\\]?\\]\n|# b = 1\n|\n){0,6}",
        words in prop_oneof![Just("a"), Just("b"), Just("a.b"), Just("b.a"), Just("a.0.b")],
        new in "[a-z\"'\\\\#\n =\\[\\]{}]{0,8}",
    ) {
        for operation in [set(&new), Operation::Delete, times(2), Operation::Replace(new.clone())] {
            let create_missing = matches!(operation, Operation::Set(_));
            let wanted = Edit { create_missing, ..toml(words, operation.clone()) };
            let Ok(Proposal::Change(change)) = propose(source.as_bytes(), &wanted) else { continue };
            prop_assert_eq!(&change.text[..change.span.start], &source[..change.span.start]);
            prop_assert_eq!(&change.text[change.new_span.end..], &source[change.span.end..]);
            let mut before: toml_edit::DocumentMut = source.parse().unwrap();
            let after: toml_edit::DocumentMut = change.text.parse().unwrap();
            let mut item = before.as_item_mut();
            let path = path(words);
            let (last, way) = path.split_last().unwrap();
            for element in way {
                item = match element {
                    PathElement::Key(key) => item.get_mut(key.as_str()).unwrap(),
                    PathElement::Index(index) => item.get_mut(*index).unwrap(),
                    PathElement::Match(_) => unreachable!(),
                };
            }
            let PathElement::Key(key) = last else { unreachable!() };
            match operation {
                Operation::Set(_) => item[key.as_str()] = toml_edit::value(new.as_str()),
                Operation::Delete => {
                    let table = item.as_table_like_mut().unwrap();
                    table.remove(key);
                    // A dotted key is all that its table is.
                    if table.is_dotted() && table.is_empty() {
                        *item = toml_edit::Item::None;
                    }
                }
                _ => continue,
            }
            prop_assert_eq!(plain(before.as_item()), plain(after.as_item()), "{}", change.text);
        }
    }
}

/// What a document means, keys in order, without its layout.
fn plain(item: &toml_edit::Item) -> String {
    if let Some(table) = item.as_table_like() {
        let mut pairs: Vec<String> = table.iter().map(|(key, item)| format!("{key:?}: {}", plain(item))).collect();
        pairs.sort();
        return format!("{{{}}}", pairs.join(", "));
    }
    if let Some(tables) = item.as_array_of_tables() {
        let items: Vec<String> = tables.iter().map(|table| plain(&toml_edit::Item::Table(table.clone()))).collect();
        return format!("[{}]", items.join(", "));
    }
    match item.as_value() {
        Some(toml_edit::Value::Array(array)) => {
            let items: Vec<String> = array.iter().map(|value| plain(&toml_edit::Item::Value(value.clone()))).collect();
            format!("[{}]", items.join(", "))
        }
        Some(toml_edit::Value::String(text)) => format!("{:?}", text.value()),
        Some(toml_edit::Value::Integer(number)) => number.value().to_string(),
        other => format!("{other:?}"),
    }
}
