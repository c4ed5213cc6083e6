//! What a learned row promises.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::catalogue::regex::capturing;

fn incident(id: &str, template: &str, samples: &[&str]) -> Incident {
    let sample = |text: &&str| Sample { source: "a.log".to_owned(), line: 1, text: (*text).to_owned() };
    Incident {
        template: template.to_owned(),
        severity: Severity::Medium,
        samples: samples.iter().map(sample).collect(),
        ..Incident::example(id, chrono::DateTime::UNIX_EPOCH.fixed_offset())
    }
}

fn learned(template: &str, samples: &[&str]) -> Draft {
    draft(&incident("a", template, samples), &[], &Catalogue::default(), None).unwrap()
}

#[test]
fn the_row_keeps_the_category_of_the_incident() {
    let incident =
        Incident { category: "database".to_owned(), ..incident("a", "pool <*> is full", &["pool 7 is full"]) };
    assert_eq!(draft(&incident, &[], &Catalogue::default(), None).unwrap().category, "database");
}

#[test]
fn values_become_what_the_samples_show() {
    for (template, samples, regex) in [
        (
            "worker <*> died after <*>s",
            &["2026-01-05 10:00:00 ERROR worker 12 died after 1.5s"][..],
            r"\bworker\s+[-+\d.,:/_]+\s+died\s+after\s+[-+\d.,:/_]+s\b",
        ),
        (
            "invoice <*> is lost",
            &["invoice 1 is lost", "invoice 2 is lost", "invoice 3 is lost"],
            r"\binvoice\s+\d+\s+is\s+lost\b",
        ),
        (
            "user <*> may not <*> it",
            &["ERROR user \"Ada Lovelace\" may not read it"],
            r#"\buser\s+"[^"]*"\s+may\s+not\s+\S+\s+it\b"#,
        ),
        ("no route for <*> found", &["no route for the 2 of us found"], r"\bno\s+route\s+for\s+.*?\s+found\b"),
        (
            "password [REDACTED:password] is wrong",
            &["password [REDACTED:password] is wrong"],
            r"\bpassword\s+.*?\s+is\s+wrong\b",
        ),
        ("disk full (<*>)", &["ERROR disk full (/var: 100%)"], r"\bdisk\s+full\s+\(.*?\)"),
    ] {
        assert_eq!(learned(template, samples).regex, regex, "{template}");
    }
}

#[test]
fn a_template_of_other_form_than_its_lines_is_no_hindrance() {
    let trace = "ERROR request failed\njava.lang.IllegalStateException: no session\n\tat app.Web.get(Web.java:12)";
    let row = learned("java.lang.IllegalStateException: no session at app.Web.get", &[trace]);
    assert!(capturing(&row.regex).unwrap().is_match(row.matches[0].as_bytes()));
    let cut = format!("{}...", "cannot load module ".repeat(26));
    let line = format!("ERROR {} of tenant 7", "cannot load module ".repeat(40));
    assert!(learned(&cut, &[&line]).regex.starts_with(r"\bcannot\s+load"));
}

#[test]
fn what_is_like_another_is_told_apart_or_refused() {
    let one = incident("a", "upload failed", &["ERROR upload failed"]);
    let longer = incident("b", "upload failed for tenant <*>", &["ERROR upload failed for tenant 7"]);
    let row = draft(&one, std::slice::from_ref(&longer), &Catalogue::default(), None).unwrap();
    assert_eq!(row.regex, r"\bupload\s+failed\b$");
    assert_eq!(row.no_matches, ["ERROR upload failed for tenant 7"]);
    let same = incident("b", "upload failed today", &["ERROR it says: upload failed"]);
    let refused = draft(&one, &[same], &Catalogue::default(), None).unwrap_err();
    assert!(refused.contains("incident b"), "{refused}");
    for (template, samples) in [("<*>", &["ERROR 12"][..]), ("disk full", &[])] {
        assert!(draft(&incident("a", template, samples), &[], &Catalogue::default(), None).is_err(), "{template}");
    }
}

#[test]
fn names_come_from_the_words_and_are_free() {
    let row = learned("could not charge the invoice <*>", &["ERROR could not charge the invoice 7"]);
    assert_eq!(
        (row.name.as_str(), row.description.as_str()),
        ("could_not_charge_invoice", "could not charge the invoice ...")
    );
    assert_eq!(free_name("a", &["a", "a_2"].into_iter().collect()), "a_3");
}

#[test]
fn a_row_is_appended_and_nothing_else_changes() {
    let row = learned("it's <*>: [odd] \\ text", &["ERROR it's 5: [odd] \\ text # no comment"]);
    let file = Path::new("patterns/learned.yaml");
    let fresh = appended(file, None, &row).unwrap();
    let other = Draft { name: "another".to_owned(), ..row.clone() };
    let both = appended(file, Some(fresh.as_bytes()), &other).unwrap();
    assert!(both.starts_with(&fresh));
    for table in [
        "patterns: []\n",
        "patterns: [{name: a, regex: x, severity: low, category: c, description: d}]\n",
        "x: 1\n",
        &fresh,
    ] {
        assert!(appended(file, Some(table.as_bytes()), &row).is_err(), "{table}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_row_that_holds_or_a_reason(
        template in prop_oneof!["\\PC{0,80}", "([a-z]{1,8} |<\\*>|[(\\[:'\"\\\\x]){0,12}"],
        lines in prop::collection::vec("\\PC{0,60}", 0..4),
        value in "[a-z0-9 .:]{0,8}",
    ) {
        let real = template.replace("<*>", &value);
        let mut samples: Vec<&str> = lines.iter().map(String::as_str).collect();
        samples.push(&real);
        let own = incident("a", &template, &[&real]);
        let other = incident("b", "something else", &samples[..samples.len() - 1]);
        if let Ok(row) = draft(&own, &[other], &Catalogue::default(), None) {
            let regex = capturing(&row.regex).unwrap();
            prop_assert!(row.matches.iter().all(|line| regex.is_match(line.as_bytes())));
            prop_assert!(!row.no_matches.iter().any(|line| regex.is_match(line.as_bytes())));
            prop_assert!(appended(Path::new("a.yaml"), None, &row).is_ok(), "{row:?}");
        }
    }
}
