//! What the targets share.
#![allow(dead_code)]

use std::cell::LazyCell;
use std::path::PathBuf;

use heal::catalogue::{Edit, Locator, Operation, check_edit};
use heal::plan::edit::{Changed, Proposal, propose, put_back};
use serde_json::{Value, json};

/// Ways to change a value.
pub fn operations() -> Vec<Value> {
    let by = |by: Value| json!({"by": by, "min_value": null, "max_value": "100000"});
    vec![
        json!({"set": {"text": "healed"}}),
        json!({"set": {"text": "no: #\n'\"}]"}}),
        json!({"set": {"number": "8217"}}),
        json!({"set": "null"}),
        json!({"increase": by(json!({"amount": "1"}))}),
        json!({"decrease": by(json!({"factor": "2"}))}),
    ]
}

/// An edit that a table may hold.
pub fn edit(locator: Value, dialect: Option<&str>, operation: &Value, create: bool) -> Option<Edit> {
    let edit: Edit = serde_json::from_value(json!({
        "file": "x", "locator": locator, "operation": operation, "document": null, "dialect": dialect, "unit": null,
        "expect_current": null, "expect_matches": 1, "create_missing": create, "write_mode": "replace",
    }))
    .ok()?;
    check_edit(&edit).is_ok().then_some(edit)
}

/// A format's target: the first line of the input is a path (`a.b.0`), the rest is the file.
pub fn by_path(locator: &str, dialects: &[Option<&str>], data: &[u8]) {
    let Some((path, text)) = split(data) else { return };
    let element = |part: &str| part.parse::<usize>().map_or_else(|_| json!({"key": part}), |at| json!({"index": at}));
    let path: Vec<Value> = path.split('.').map(element).collect();
    for dialect in dialects {
        every_operation(&json!({locator: path}), *dialect, text);
    }
}

/// All that may become of the value at one place.
pub fn every_operation(locator: &Value, dialect: Option<&str>, text: &[u8]) {
    let mut operations = operations();
    operations.push(json!("delete"));
    for operation in operations {
        for create in [false, true] {
            let Some(edit) = edit(locator.clone(), dialect, &operation, create) else { continue };
            let Some(changed) = changes_only_the_value(text, &edit) else { continue };
            let again = propose(changed.text.as_bytes(), &edit);
            let stays = matches!(edit.operation, Operation::Set(_) | Operation::Delete);
            assert!(!stays || matches!(again, Ok(Proposal::AlreadyOptimal { .. })), "again: {edit:?}: {again:?}");
        }
    }
}

pub fn split(data: &[u8]) -> Option<(&str, &[u8])> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&data[..end]).ok()?, &data[end + 1..]))
}

/// What is written differs from what was read in the value's bytes alone, and goes back to what it was.
pub fn changes_only_the_value(text: &[u8], edit: &Edit) -> Option<Changed> {
    let Ok(Proposal::Change(changed)) = propose(text, edit) else { return None };
    let new = changed.text.as_bytes();
    assert_eq!(text[..changed.span.start], new[..changed.new_span.start], "before the value: {edit:?}");
    assert_eq!(text[changed.span.end..], new[changed.new_span.end..], "behind the value: {edit:?}");
    assert_eq!(&text[changed.span.clone()], changed.old.as_bytes());
    assert_eq!(&new[changed.new_span.clone()], changed.new.as_bytes());
    // A regex need not match what it wrote, and what was deleted has no place any more.
    let may_stay = matches!(edit.locator, Locator::Regex(_)) || edit.operation == Operation::Delete;
    match put_back(new, edit, &changed.new, &changed.old) {
        Ok(back) => assert_eq!(back.as_bytes(), text, "put back: {edit:?}"),
        Err(refusal) => assert!(may_stay, "put back: {edit:?}: {refusal:?}"),
    }
    Some(changed)
}

/// A folder of this process.
pub fn folder() -> PathBuf {
    let base = std::env::temp_dir().join(format!("heal-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&base).expect("the folder for temporary files can be written");
    base
}

/// A file of this process with these bytes.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    thread_local!(static FOLDER: LazyCell<PathBuf> = const { LazyCell::new(folder) });
    let path = FOLDER.with(|folder| folder.join(name));
    std::fs::write(&path, bytes).expect("the file can be written");
    path
}
