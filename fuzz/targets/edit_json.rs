//! An edit of JSON, strict and with comments: exact or refused. The first line of the input is the path.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| common::by_path("json_path", &[None, Some("jsonc")], data));
