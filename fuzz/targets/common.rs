//! What the targets share.
#![allow(dead_code)]

use std::cell::LazyCell;
use std::path::PathBuf;

use heal::catalogue::Edit;
use heal::plan::edit::{Proposal, propose, put_back};
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

pub fn edit(locator: Value, operation: &Value, create: bool) -> Option<Edit> {
    serde_json::from_value(json!({
        "file": "x", "locator": locator, "operation": operation, "document": null, "unit": null,
        "expect_current": null, "expect_matches": 1, "create_missing": create, "write_mode": "replace",
    }))
    .ok()
}

/// A format's target: the first line of the input is a path (`a.b.0`), the rest is the file.
pub fn by_path(locator: &str, data: &[u8]) {
    let Some((path, text)) = split(data) else { return };
    let element = |part: &str| part.parse::<usize>().map_or_else(|_| json!({"key": part}), |at| json!({"index": at}));
    let path: Vec<Value> = path.split('.').map(element).collect();
    for operation in operations() {
        for create in [false, true] {
            let Some(edit) = edit(json!({locator: path}), &operation, create) else { continue };
            changes_only_the_value(text, &edit);
        }
    }
}

pub fn split(data: &[u8]) -> Option<(&str, &[u8])> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&data[..end]).ok()?, &data[end + 1..]))
}

/// What is written differs from what was read in the value's bytes alone, and goes back to what it was.
pub fn changes_only_the_value(text: &[u8], edit: &Edit) {
    let Ok(Proposal::Change(changed)) = propose(text, edit) else { return };
    let new = changed.text.as_bytes();
    assert_eq!(text[..changed.span.start], new[..changed.new_span.start], "before the value: {edit:?}");
    assert_eq!(text[changed.span.end..], new[changed.new_span.end..], "behind the value: {edit:?}");
    assert_eq!(&text[changed.span.clone()], changed.old.as_bytes());
    assert_eq!(&new[changed.new_span.clone()], changed.new.as_bytes());
    if let Ok(back) = put_back(new, edit, &changed.new, &changed.old) {
        assert_eq!(back.as_bytes(), text, "put back: {edit:?}");
    }
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
