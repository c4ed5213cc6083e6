//! An edit of any text by a regex: exact or refused. The first line of the input is the regex.
#![no_main]
mod common;

use serde_json::json;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((regex, text)) = common::split(data) else { return };
    // Searching is linear in both; what takes long is what was asked for.
    if regex.len() > 200 {
        return;
    }
    let mut operations = common::operations();
    operations.push(json!({"replace": "$1 ${value}"}));
    operations.push(json!({"verify_only": {"each": null}}));
    for operation in operations {
        let Some(edit) = common::edit(json!({"regex": regex}), None, &operation, false) else { continue };
        common::changes_only_the_value(text, &edit);
    }
});
