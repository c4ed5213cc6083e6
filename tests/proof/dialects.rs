//! Dialects of `ini_path`, each with the reader that it is written for, or with one that reads it alike. A new one is a row.

use std::path::Path;

use heal::catalogue::Dialect;

use crate::kinds::has_ending;
use crate::readers::{self, Reader};

/// How a file of sections, keys and values is written.
pub struct Written {
    pub dialect: Dialect,
    /// The files that are meant, and what stands in them.
    pub fits: fn(&Path, &str) -> bool,
    /// The program that reads it; none for a crate.
    pub program: &'static str,
    pub read: Reader,
    /// A word for yes or no is read as `1` or as nothing.
    pub truths: bool,
}

pub const DIALECTS: &[Written] = &[
    Written {
        dialect: Dialect::Systemd,
        fits: |path, text| Dialect::of(path) == Some(Dialect::Systemd) && has_header_first(text),
        program: "",
        read: readers::systemd,
        truths: false,
    },
    Written {
        dialect: Dialect::Mysql,
        fits: |path, _| Dialect::of(path) == Some(Dialect::Mysql),
        program: "my_print_defaults",
        read: readers::mysql,
        truths: false,
    },
    Written {
        dialect: Dialect::Php,
        fits: |path, _| Dialect::of(path) == Some(Dialect::Php) || path.to_string_lossy().contains("php.ini-"),
        program: "php",
        read: readers::php,
        truths: true,
    },
    Written {
        dialect: Dialect::Git,
        fits: |path, _| Dialect::of(path) == Some(Dialect::Git),
        program: "git",
        read: readers::git,
        truths: false,
    },
    Written {
        dialect: Dialect::Postgresql,
        fits: |path, _| Dialect::of(path) == Some(Dialect::Postgresql) || path.ends_with("createcluster.conf"),
        program: "perl",
        read: readers::postgresql,
        truths: false,
    },
    Written {
        dialect: Dialect::Env,
        fits: |path, _| {
            Dialect::of(path) == Some(Dialect::Env) || path.parent().is_some_and(|folder| folder.ends_with("default"))
        },
        program: "",
        read: readers::env,
        truths: false,
    },
    Written {
        dialect: Dialect::Configparser,
        fits: |path, text| Dialect::of(path) == Some(Dialect::Configparser) || is_other(path, text),
        program: "python3",
        read: readers::configparser,
        truths: false,
    },
    Written {
        dialect: Dialect::Ini,
        fits: |path, text| Dialect::of(path) == Some(Dialect::Ini) || is_other(path, text),
        program: "python3",
        read: readers::ini,
        truths: false,
    },
];

/// A file of sections whose name tells no dialect.
fn is_other(path: &Path, text: &str) -> bool {
    Dialect::of(path).is_none() && has_ending(path, &["conf", "cfg", "ini", "cnf"]) && has_header_first(text)
}

/// What begins otherwise is something else by the same name.
fn has_header_first(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    first.is_some_and(|first| first.starts_with('[') && first.ends_with(']'))
}
