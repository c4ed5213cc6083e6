//! An edit of an INI file in every dialect: exact or refused. The first line of the input is `section|key` or `key`.
#![no_main]
mod common;

use serde_json::json;

const DIALECTS: [&str; 8] = ["systemd", "mysql", "php", "git", "env", "postgresql", "configparser", "ini"];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((path, text)) = common::split(data) else { return };
    let (section, key) = path.split_once('|').map_or((None, path), |(section, key)| (Some(section), key));
    for dialect in DIALECTS {
        common::every_operation(&json!({"ini_path": {"section": section, "key": key}}), Some(dialect), text);
    }
});
