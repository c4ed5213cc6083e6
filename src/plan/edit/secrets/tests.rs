//! Secrets wherever a file may keep them.

use super::*;

/// Files whose values with `fish` in them are secret, and whose other words are not.
const FILES: &[(&str, &str)] = &[
    ("list.yaml", "db:\n  pool: 10\n  passwords:\n  - catfish\n  - dogfish # two\n  host: db1\n"),
    (
        "flow.yaml",
        "db:\n  secrets: {main: catfish, other: [dogfish]}\n  pool: 10\n  pass: batfish\n  dbpass: ratfish\n",
    ),
    ("named.yaml", "env:\n  - name: DB_PASSWORD\n    value: catfish\n  - name: OTHER\n    value: seen\npool: 10\n"),
    ("folded.yaml", "pool: 10\npassword: >-\n  catfish\n\n  dogfish\ntoken: |\n  batfish\nhost: db1\n"),
    (
        "next.yaml",
        "password:\n\n  catfish\n? secret\n: dogfish\ntoken: &a\n  batfish\nusers: [{name: bob, pw: ratfish}]\n",
    ),
    ("alias.yaml", "defaults: &d catfish\npassword: *d\nhost: db1\n"),
    ("deep.yaml", "credentials:\n  pool: 10\n  main: {a: {b: catfish}}\n\"secret\":\n    - \"dogfish\"\n"),
    (
        "broken.yaml",
        "pool: 10\n{{ if x }}\npasswords:\n- catfish\n- dogfish\nhost: db1\ncredentials:\n  main: batfish\n",
    ),
    (
        "min.json",
        "{\"credentials\":{\"main\":\"catfish\"},\"db\":{\"pool\":10,\"tokens\":[\"dogfish\",\"batfish\"]}}\n",
    ),
    (
        "flat.json",
        "{\n\"db\": {\n\"pool\": 10,\n\"secrets\": {\n\"a\": \"catfish\"\n},\n\"env\": [{\"name\":\"API_KEY\",\"value\":\"dogfish\"}]\n}\n}\n",
    ),
    (
        "app.toml",
        "secret = \"\"\"\ncatfish\n\"\"\"\npool = 10\ncredentials = { user = \"bobfish\", value = \"dogfish\" }\ntokens = [\n\"batfish\",\n]\n",
    ),
    ("table.toml", "[database.credentials]\npool = 10\nmain = \"catfish\"\n[other]\nhost = \"db1\"\n"),
    (
        "app.ini",
        "[db]\npassword = catfish\n  dogfish\npool = 10\n[secrets]\nmain = batfish\npool = 10\n[other]\nhost = db1\n",
    ),
    (".env", "DBPASS=catfish\npool=10\nexport DB_PWD='dogfish batfish'\nCREDENTIALS=\"\nratfish\n\"\nHOST=db1\n"),
    ("app.conf", "requirepass catfish\npool = 10\npassword dogfish\n<password>\nbatfish\n</password>\nhost db1\n"),
];

#[test]
fn values_below_a_secrets_key_are_masked_and_no_others() {
    let mut wrong = Vec::new();
    for (file, text) in FILES {
        let shown = without_secrets(Path::new(file), text).unwrap_or_default();
        let kept = text.matches("10").count() == shown.matches("10").count();
        let others = ["db1", "seen", "# two", "OTHER"].iter().all(|word| text.contains(word) == shown.contains(word));
        let lines = text.lines().count() == shown.lines().count();
        if shown.contains("fish") || !kept || !others || !lines {
            wrong.push(format!("{file}: {shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_without_secrets_stay() {
    for (file, text) in [
        ("a.yaml", "max_tokens: 4096\ntokens: 512\npassword: ${DB_PASSWORD}\ntoken: null\nuse_password: true\n"),
        ("a.json", "{\"password_file\": \"/run/secrets/db\", \"author\": \"bob\"}"),
        ("a.toml", "[auth]\nkind = \"basic\"\nbypass = \"on\"\n"),
        ("a.conf", "token expired yesterday at noon\ncompass north\nuser bob\n"),
        ("a.ini", "[server]\nhost = a\n  b\n[paths]\nkey = x\n"),
    ] {
        assert_eq!(without_secrets(Path::new(file), text), None);
    }
}

#[test]
fn quotes_and_commas_stay() {
    let shown = without_secrets(Path::new("a.json"), "{\"password\": \"x1\", \"pool\": 10}").unwrap();
    assert_eq!(shown, "{\"password\": \"[REDACTED:password]\", \"pool\": 10}");
}

#[test]
fn diffs_do_not_show_them() {
    let sanitizer = crate::sanitize::Sanitizer::new(&[]).unwrap();
    for (file, text) in FILES {
        // As an undo would show it: all lines come.
        let diff = crate::plan::Diff::between(file, b"", text.as_bytes(), &sanitizer);
        assert!(!diff.text.contains("fish") && diff.redacted, "{}", diff.text);
        let (old, new) = (text.as_bytes(), text.replacen("10", "11", 1));
        let diff = crate::plan::Diff::between(file, old, new.as_bytes(), &sanitizer);
        let changes = diff.text.contains("11") || !text.contains("10");
        assert!(!diff.text.contains("fish") && changes, "{}", diff.text);
    }
}
