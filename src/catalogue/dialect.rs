//! Dialects: what `ini_path` and `json_path` cannot tell by themselves, by the file's name.

use std::path::Path;

use jsonc_parser::ParseOptions;
use serde::{Deserialize, Serialize};

/// How a file of keys and values, or of JSON, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// JSON with comments and trailing commas.
    Jsonc,
    /// systemd's units and `*.conf`: no comments behind values, an empty assignment resets a list.
    Systemd,
    /// `my.cnf`: `#` behind values, `-` is `_`, `!includedir`.
    Mysql,
    /// `php.ini`: `;` behind values; sections mean nothing.
    Php,
    /// `.gitconfig`: subsections, keys in any case.
    Git,
    /// `.env`: `export`, quotes as a shell has them; no sections.
    Env,
    /// `postgresql.conf`: `=` may be left out, the last one wins; no sections.
    Postgresql,
    /// Python's configparser: `=` or `:`, indented lines go on.
    Configparser,
    /// Any other file of sections, keys and `=`.
    Ini,
}

/// How JSON is read: with comments and trailing commas or without, and nothing else that a reader might forgive.
#[must_use]
pub const fn json_options(comments: bool) -> ParseOptions {
    ParseOptions {
        allow_comments: comments,
        allow_trailing_commas: comments,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Jsonc,
        Self::Systemd,
        Self::Mysql,
        Self::Php,
        Self::Git,
        Self::Env,
        Self::Postgresql,
        Self::Configparser,
        Self::Ini,
    ];

    /// Those of `ini_path`, for a message.
    #[must_use]
    pub fn of_ini() -> String {
        let words: Vec<&str> = Self::ALL.into_iter().filter(|one| *one != Self::Jsonc).map(Self::as_str).collect();
        match words.split_last() {
            Some((last, before)) => format!("{} or {last}", before.join(", ")),
            None => String::new(),
        }
    }

    /// As tables write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonc => "jsonc",
            Self::Systemd => "systemd",
            Self::Mysql => "mysql",
            Self::Php => "php",
            Self::Git => "git",
            Self::Env => "env",
            Self::Postgresql => "postgresql",
            Self::Configparser => "configparser",
            Self::Ini => "ini",
        }
    }

    /// The files that are written so, in a few words.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Jsonc => "JSON with comments and trailing commas",
            Self::Systemd => "units and their drop-ins",
            Self::Mysql => "my.cnf",
            Self::Php => "php.ini",
            Self::Git => ".gitconfig",
            Self::Env => "assignments as a shell has them",
            Self::Postgresql => "postgresql.conf",
            Self::Configparser => "as Python's module of that name reads it",
            Self::Ini => "any other file of sections and keys",
        }
    }

    /// Whether keys stand under headers; `None`: they may.
    #[must_use]
    pub const fn has_sections(self) -> Option<bool> {
        match self {
            Self::Env | Self::Postgresql => Some(false),
            Self::Systemd | Self::Mysql | Self::Git | Self::Configparser => Some(true),
            Self::Php | Self::Ini | Self::Jsonc => None,
        }
    }

    /// By the file's name and the folders that it lies in; `None` when they do not tell.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let folders: Vec<&str> = path.parent()?.iter().filter_map(|folder| folder.to_str()).collect();
        let below = |part: &str| folders.iter().any(|folder| folder.starts_with(part));
        if let Some(known) = by_name(name) {
            return Some(known);
        }
        match path.extension()?.to_str()? {
            "jsonc" => Some(Self::Jsonc),
            "service" | "socket" | "timer" | "path" | "target" | "mount" | "automount" | "slice" | "swap" | "scope"
            | "network" | "netdev" | "link" | "nspawn" => Some(Self::Systemd),
            "conf" if below("systemd") || folders.last().is_some_and(|folder| is_drop_in(folder)) => {
                Some(Self::Systemd)
            }
            "conf" if below("postgresql") && below("conf.d") => Some(Self::Postgresql),
            "cnf" if below("mysql") || below("mariadb") || below("my.cnf.d") => Some(Self::Mysql),
            "ini" if below("php") => Some(Self::Php),
            "ini" => Some(Self::Ini),
            "env" => Some(Self::Env),
            _ => None,
        }
    }
}

/// `nginx.service.d`.
fn is_drop_in(folder: &str) -> bool {
    let unit = folder.strip_suffix(".d").unwrap_or_default();
    [".service", ".socket", ".timer", ".path", ".mount", ".slice", ".target"].iter().any(|kind| unit.ends_with(kind))
}

fn by_name(name: &str) -> Option<Dialect> {
    Some(match name {
        "my.cnf" | ".my.cnf" | "mysqld.cnf" | "mysql.cnf" | "mariadb.cnf" => Dialect::Mysql,
        ".gitconfig" | "gitconfig" | ".gitmodules" => Dialect::Git,
        "postgresql.conf" | "postgresql.auto.conf" | "postgresql.base.conf" => Dialect::Postgresql,
        "alembic.ini" | "tox.ini" | "pytest.ini" | "mypy.ini" | "setup.cfg" | "pip.conf" | ".pypirc"
        | ".coveragerc" | ".pylintrc" | ".flake8" | "ansible.cfg" | "airflow.cfg" => Dialect::Configparser,
        ".env" => Dialect::Env,
        _ if name.starts_with(".env.") => Dialect::Env,
        "php.ini" | "php-cli.ini" | "php.ini-development" | "php.ini-production" => Dialect::Php,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_by_the_words_that_messages_use() {
        for dialect in Dialect::ALL {
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.as_str());
        }
        assert_eq!(Dialect::of_ini(), "systemd, mysql, php, git, env, postgresql, configparser or ini");
    }

    #[test]
    fn names_and_folders_tell_the_dialect() {
        for (path, expected) in [
            ("etc/mysql/my.cnf", Some(Dialect::Mysql)),
            ("etc/mysql/mariadb.conf.d/50-server.cnf", Some(Dialect::Mysql)),
            ("etc/ssl/openssl.cnf", None),
            ("etc/php/8.2/fpm/php.ini", Some(Dialect::Php)),
            ("etc/php/8.2/fpm/conf.d/10-opcache.ini", Some(Dialect::Php)),
            ("etc/systemd/system/app.service", Some(Dialect::Systemd)),
            ("etc/systemd/journald.conf", Some(Dialect::Systemd)),
            ("drop/app.service.d/limits.conf", Some(Dialect::Systemd)),
            ("etc/postgresql/16/main/postgresql.conf", Some(Dialect::Postgresql)),
            ("etc/postgresql/16/main/conf.d/tuning.conf", Some(Dialect::Postgresql)),
            ("etc/postgresql/16/main/pg_hba.conf", None),
            ("home/a/.gitconfig", Some(Dialect::Git)),
            (".env", Some(Dialect::Env)),
            (".env.production", Some(Dialect::Env)),
            ("deploy/app.env", Some(Dialect::Env)),
            ("alembic.ini", Some(Dialect::Configparser)),
            ("settings.ini", Some(Dialect::Ini)),
            ("settings.jsonc", Some(Dialect::Jsonc)),
            ("nginx.conf", None),
            ("Makefile", None),
        ] {
            assert_eq!(Dialect::of(Path::new(path)), expected, "{path}");
        }
    }
}
