//! JSON as npm writes it, and as editors do.

use proptest::prelude::*;

use super::super::kit_tests::{changed, edit, flag, number, optimal, path, refused, set, times, with};
use super::super::{Proposal, propose};
use crate::catalogue::{Edit, Locator, Operation, PathElement, Scalar};

const PACKAGE: &str = "\
{
  \"name\": \"app\",
  \"private\": true,
  \"config\": { \"port\": 8080, \"ratio\": 1.50, \"big\": 1e3 },
  \"scripts\": {
    \"start\": \"node --max-old-space-size=512 .\",
    \"caf\\u00e9\": null
  },
  \"files\": [\"a\", {\"name\": \"b\", \"size\": 2}],
  \"empty\": {}
}
";
const SETTINGS: &str = "\
// the editor's own
{
  \"fontSize\": 14, // points
  /* about tabs */ \"tabSize\": 4,
  \"nested\": {
    \"a\": 1, // last
  },
  \"quiet\": false // no comma
}
";

fn json(words: &str, operation: Operation) -> Edit {
    edit("package.json", Locator::JsonPath(path(words)), operation)
}

fn jsonc(words: &str, operation: Operation) -> Edit {
    Edit { file: "settings.jsonc".to_owned(), ..json(words, operation) }
}

#[test]
fn every_kind_of_value_is_changed_in_its_place() {
    for (words, operation, from, to) in [
        ("name", set("a \"b\"\n"), "\"app\"", "\"a \\\"b\\\"\\n\""),
        ("private", flag(false), "true", "false"),
        ("config.port", times(2), "8080", "16160"),
        ("config.ratio", times(2), "1.50", "3.0"),
        ("config.big", number(7), "1e3", "7"),
        ("scripts.café", set("x"), "null", "\"x\""),
        ("files.0", set("c"), "\"a\"", "\"c\""),
        ("files.1.size", number(3), "\"size\": 2", "\"size\": 3"),
        ("name", Operation::Set(Scalar::Null), "\"app\"", "null"),
        ("name", Operation::Replace("\"\\u0041\"".into()), "\"app\"", "\"\\u0041\""),
    ] {
        assert_eq!(changed(PACKAGE, &json(words, operation)).text, with(PACKAGE, from, to), "{words}");
    }
    let wanted = PathElement::Match(vec![("name".into(), Scalar::Text("b".into()))]);
    let matched = Locator::JsonPath(vec![PathElement::Key("files".into()), wanted, PathElement::Key("size".into())]);
    assert_eq!(changed(PACKAGE, &edit("a.json", matched, times(2))).text, with(PACKAGE, "\"size\": 2", "\"size\": 4"));
    let source = format!("\u{feff}{}", PACKAGE.trim_end().replace('\n', "\r\n"));
    assert_eq!(changed(&source, &json("config.port", number(1))).text, with(&source, "8080", "1"));
    assert_eq!(changed(SETTINGS, &jsonc("tabSize", number(2))).text, with(SETTINGS, "4,\n  \"n", "2,\n  \"n"));
}

#[test]
fn a_missing_key_is_added_where_a_person_would() {
    for (words, from, to) in [
        ("license", "{}\n", "{},\n  \"license\": 7\n"),
        ("config.host", "1e3 }", "1e3, \"host\": 7 }"),
        ("scripts.test", "null\n", "null,\n    \"test\": 7\n"),
        ("empty.a \"b\"", "{}", "{\"a \\\"b\\\"\": 7}"),
    ] {
        let wanted = Edit { create_missing: true, ..json(words, number(7)) };
        assert_eq!(changed(PACKAGE, &wanted).text, with(PACKAGE, from, to), "{words}");
    }
    for (words, from, to) in [
        ("nested.b", "1, // last\n", "1, // last\n    \"b\": 7,\n"),
        ("new", "{\n  \"font", "{\n  \"new\": 7,\n  \"font"),
    ] {
        let wanted = Edit { create_missing: true, ..jsonc(words, number(7)) };
        assert_eq!(changed(SETTINGS, &wanted).text, with(SETTINGS, from, to), "{words}");
    }
    let create = |words: &str| Edit { create_missing: true, ..json(words, number(7)) };
    assert_eq!(changed("{}", &create("a")).text, "{\"a\": 7}");
    assert_eq!(changed("{\r\n\t\"b\": 1\r\n}", &create("a")).text, "{\r\n\t\"b\": 1,\r\n\t\"a\": 7\r\n}");
    assert_eq!(refused("{}", &create("a.b")).code.as_str(), "missing");
    assert_eq!(refused(PACKAGE, &json("license", set("x"))).code.as_str(), "missing");
    let commented = Edit { create_missing: true, ..jsonc("a", number(7)) };
    assert_eq!(refused("{ /* none */ }", &commented).code.as_str(), "comment_in_the_way");
}

#[test]
fn a_key_is_deleted_with_its_line_and_one_comma() {
    for (words, gone) in [
        ("name", "  \"name\": \"app\",\n"),
        ("config.port", "\"port\": 8080, "),
        ("config.big", ", \"big\": 1e3"),
        ("scripts.café", ",\n    \"caf\\u00e9\": null"),
    ] {
        assert_eq!(changed(PACKAGE, &json(words, Operation::Delete)).text, with(PACKAGE, gone, ""), "{words}");
    }
    for (words, gone) in [("fontSize", "  \"fontSize\": 14, // points\n"), ("nested.a", "    \"a\": 1, // last\n")] {
        assert_eq!(changed(SETTINGS, &jsonc(words, Operation::Delete)).text, with(SETTINGS, gone, ""), "{words}");
    }
    assert_eq!(changed("{\"a\": 1}", &json("a", Operation::Delete)).text, "{}");
    assert_eq!(changed("{\n  \"a\": 1\n}\n", &json("a", Operation::Delete)).text, "{\n}\n");
    let between = "{\n  \"a\": 1, // about a\n  \"b\": 2\n}\n";
    assert_eq!(refused(between, &jsonc("b", Operation::Delete)).code.as_str(), "comment_in_the_way");
    assert!(optimal(PACKAGE, &json("absent", Operation::Delete)));
    assert_eq!(refused(PACKAGE, &json("files.0", Operation::Delete)).code.as_str(), "not_a_key");
}

#[test]
fn what_is_not_exact_is_refused_with_its_place() {
    for (source, words, operation, code, place) in [
        ("{\"a\": 1, \"a\": 2}", "a", set("x"), "duplicate_key", Some((1, 10))),
        ("{\"a\": 1, \"\\u0061\": 2}", "a", set("x"), "duplicate_key", Some((1, 10))),
        ("{\"a\": {\"b\": 1}}", "a", set("x"), "not_a_scalar", Some((1, 7))),
        ("{\"a\": 1e3}", "a", times(2), "not_a_number", Some((1, 7))),
        ("{\"a\": \"30s\"}", "a", times(2), "has_unit", None),
        ("{\"a\": 1,}", "a", set("x"), "not_json", Some((1, 9))),
        ("// c\n{\"a\": 1}", "a", set("x"), "not_json", Some((1, 1))),
        ("", "a", set("x"), "not_json", None),
        ("{\"a\": 'b'}", "a", set("x"), "not_json", None),
        ("{\"a\": 1}", "a", Operation::Replace("1, \"b\": 2".into()), "not_proven", None),
    ] {
        let refusal = refused(source, &json(words, operation));
        assert_eq!(refusal.code.as_str(), code, "{source}: {refusal:?}");
        if let Some((line, column)) = place {
            assert_eq!((refusal.line, refusal.column), (Some(line), Some(column)), "{source}");
        }
    }
    assert!(refused("// c\n{}", &json("a", set("x"))).reason.contains("`dialect: jsonc`"));
    for loose in ["{a: 1}", "{\"a\": 0x1}", "{\"a\": 1 \"b\": 2}", "{\"a\": .5}", "{\"a\": NaN}", "{\"a\": +1}"] {
        assert_eq!(refused(loose, &jsonc("a", set("x"))).code.as_str(), "not_json", "{loose}");
    }
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(refused(&deep, &json("a", set("x"))).code.as_str(), "too_deep");
    for hostile in ["[".repeat(1_000_000), "{\"a\":".repeat(100_000)] {
        assert_eq!(refused(&hostile, &json("a", set("x"))).code.as_str(), "not_json");
        assert_eq!(refused(&hostile, &jsonc("a", set("x"))).code.as_str(), "not_json");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for wanted in [json("a", set("x")), jsonc("a", Operation::Delete)] {
            let _ = propose(&bytes, &wanted);
            let _ = propose(&bytes, &Edit { create_missing: matches!(wanted.operation, Operation::Set(_)), ..wanted });
        }
    }

    #[test]
    fn arbitrary_json_changes_in_the_target_alone(
        source in "\\{(\n  )?(\"[ab]\": ?([0-9]|\"[x,]\"|\\{( \"[ab]\": 1 )?\\}|\\[1\\]),?( |\n  |// c\n|/\\* \"a\": 1 \\*/)?){0,4}\n?\\}",
        words in prop_oneof![Just("a"), Just("b"), Just("a.b"), Just("b.a")],
        new in "[a-z\"'\\\\/\n,:{}]{0,8}",
    ) {
        for operation in [set(&new), Operation::Delete] {
            let create_missing = matches!(operation, Operation::Set(_));
            let strict = Edit { create_missing, ..json(words, operation.clone()) };
            let loose = Edit { file: "a.jsonc".into(), ..strict.clone() };
            for wanted in [strict, loose] {
                let Ok(Proposal::Change(change)) = propose(source.as_bytes(), &wanted) else { continue };
                prop_assert_eq!(&change.text[..change.span.start], &source[..change.span.start]);
                prop_assert_eq!(&change.text[change.new_span.end..], &source[change.span.end..]);
                let Ok(mut before) = serde_json::from_str::<serde_json::Value>(&source) else { continue };
                let after: serde_json::Value = serde_json::from_str(&change.text).unwrap();
                let (way, last) = words.rsplit_once('.').map_or((None, words), |(way, last)| (Some(way), last));
                let map = match way {
                    Some(key) => &mut before[key],
                    None => &mut before,
                };
                let map = map.as_object_mut().unwrap();
                match operation {
                    Operation::Delete => drop(map.remove(last)),
                    _ => drop(map.insert(last.to_owned(), new.clone().into())),
                }
                prop_assert_eq!(before, after, "{}", change.text);
            }
        }
    }
}
