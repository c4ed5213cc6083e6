//! What a fix may touch at all.

mod commands;
mod services;

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

pub(super) use commands::program;
pub(super) use services::service;

use crate::catalogue::{Operation, Step};
use crate::config::{Config, clean};

/// A file or folder relative to the workspace, or why it may not be touched.
pub(super) fn relative_path(config: &Config, path: &str, must_be_listed: bool) -> Result<PathBuf, String> {
    let absolute = clean(&config.workspace.join(path.trim_start_matches("./")));
    let relative = absolute
        .strip_prefix(&config.workspace)
        .map(Path::to_path_buf)
        .map_err(|_| format!("{path} lies outside the workspace {}", config.workspace.display()))?;
    if let Some(why) = never(config, &absolute, &relative) {
        return Err(format!("{} is never touched: {why}", relative.display()));
    }
    match &config.policy.allow_paths {
        Some(list) if list.iter().any(|glob| matches(glob, &relative, &absolute)) => Ok(relative),
        Some(_) => Err(format!("{} is not on `policy.allow_paths`", relative.display())),
        None if must_be_listed => Err(format!(
            "{} needs an entry in `policy.allow_paths`: the operator's fix does not name it",
            relative.display()
        )),
        None => Ok(relative),
    }
}

/// Whether a step only looks: such a step needs no leave.
pub(super) fn only_looks(step: &Step) -> bool {
    matches!(step, Step::Edit(edit) if matches!(edit.operation, Operation::VerifyOnly { .. }))
}

fn never(config: &Config, absolute: &Path, relative: &Path) -> Option<&'static str> {
    if relative.components().any(|part| part.as_os_str() == ".git") {
        return Some("it belongs to git");
    }
    if absolute.starts_with(&config.state_dir) {
        return Some("it is heal's own state");
    }
    if relative.file_name().is_some_and(|name| name == "heal.yaml")
        || (*absolute == config.file && config.kind == crate::config::Kind::Heal)
    {
        return Some("it is heal's own configuration");
    }
    let tables = config.patterns.iter().chain(&config.fixes);
    tables.into_iter().any(|table| absolute.starts_with(&table.path)).then_some("it is one of heal's tables")
}

fn matches(glob: &str, relative: &Path, absolute: &Path) -> bool {
    let Some(matcher) = matcher(glob) else { return false };
    if glob.starts_with('/') { matcher.is_match(absolute) } else { matcher.is_match(relative) }
}

fn matches_absolute(glob: &str, names: &[&Path]) -> bool {
    matcher(glob).is_some_and(|matcher| names.iter().any(|name| matcher.is_match(name)))
}

/// `*` stays within a folder. Globs are checked when the configuration is read.
fn matcher(glob: &str) -> Option<GlobMatcher> {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    GlobBuilder::new(glob).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}

/// Whether a change leaves heal's own block in an application's configuration alone.
pub(super) fn leaves_own_block(old: &[u8], new: &[u8]) -> bool {
    const BLOCK: &str = "auto_healer";
    if memchr::memmem::find(old, BLOCK.as_bytes()).is_none() && memchr::memmem::find(new, BLOCK.as_bytes()).is_none() {
        return true;
    }
    let block = |bytes: &[u8]| {
        serde_yaml::from_slice::<serde_yaml::Value>(bytes).ok().map(|document| document.get(BLOCK).cloned())
    };
    match (block(old), block(new)) {
        (Some(before), Some(after)) => before == after,
        // Not YAML before and after: a word in some other kind of file.
        (None, None) => true,
        _ => false,
    }
}
