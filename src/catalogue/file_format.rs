//! What a file is written in, by its name.

use std::path::Path;

/// A syntax that `file_parses` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// `.yaml`, `.yml`: one or more documents.
    Yaml,
    /// `.json`: strict.
    Json,
    /// `.jsonc`: with comments and trailing commas.
    Jsonc,
    /// `.toml`.
    Toml,
    /// `.ini`, `.cfg`, `.cnf`, systemd's units: sections of keys and values.
    Ini,
    /// `.env`, `.env.NAME`: assignments as a shell has them.
    Env,
}

impl FileFormat {
    /// The names that are known, for a message.
    pub const KNOWN: &str = ".yaml, .yml, .json, .jsonc, .toml, .ini, .cfg, .cnf, .env and systemd's units";

    /// By the file's name; `None` when that does not tell.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if name == ".env" || name.starts_with(".env.") {
            return Some(Self::Env);
        }
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "jsonc" => Some(Self::Jsonc),
            "toml" => Some(Self::Toml),
            "env" => Some(Self::Env),
            "ini" | "cfg" | "cnf" | "service" | "socket" | "timer" | "path" | "target" | "mount" | "slice" => {
                Some(Self::Ini)
            }
            _ => None,
        }
    }
}
