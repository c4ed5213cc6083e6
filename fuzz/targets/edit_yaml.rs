//! An edit of YAML: exact or refused. The first line of the input is the path.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| common::by_path("yaml_path", &[None], data));
