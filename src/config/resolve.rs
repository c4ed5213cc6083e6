//! Flags over environment over file over defaults: from what is written to what holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use super::settings::{Ai, Budget, Config, Kind, Policy, Provider, Reach, Retention, TablePath};
use super::{logs, raw, strict};
use crate::words::{Risk, Severity};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What flags and the environment say; flags are already put before the environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--workspace`, relative to the current directory.
    pub workspace: Option<PathBuf>,
    /// `--state-dir`, `HEAL_STATE_DIR`, `STATE_DIRECTORY`.
    pub state_dir: Option<PathBuf>,
    /// `--ollama-url`, `OLLAMA_HOST`.
    pub ollama_url: Option<String>,
    /// `--ollama-model`, `OLLAMA_MODEL`.
    pub ollama_model: Option<String>,
}

/// The file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Absolute.
    pub file: PathBuf,
    /// What kind of file it is.
    pub kind: Kind,
    /// Whether `--config` or `HEAL_CONFIG` named it.
    pub named: bool,
}

/// The system-wide configuration, whose state lives in `/var/lib/heal`.
pub const SYSTEM_FILE: &str = "/etc/heal/heal.yaml";
const SYSTEM_STATE: &str = "/var/lib/heal";

/// Resolves a `heal.yaml`.
///
/// # Errors
/// Keys that a later version builds, and values that contradict each other.
pub fn heal(place: &Place, raw: raw::Heal, overrides: &Overrides, current_dir: &Path) -> Result<Config> {
    let home = place.file.parent().unwrap_or(Path::new("/"));
    let workspace = match &overrides.workspace {
        Some(given) => clean(&current_dir.join(given)),
        None => clean(&home.join(raw.workspace.as_deref().unwrap_or("."))),
    };
    let seconds = Duration::from_secs;
    let logs = logs::resolve(raw.logs.unwrap_or_default(), &workspace)?;
    Ok(Config {
        file: place.file.clone(),
        kind: place.kind,
        enabled: true,
        state_dir: state_dir(place, &workspace, overrides, current_dir),
        logs,
        window: raw.window.unwrap_or(Reach::Last(seconds(HOUR))),
        patterns: tables(raw.patterns, "patterns", home),
        fixes: tables(raw.fixes, "fixes", home),
        disable: raw.disable,
        apply_fixes: raw.apply_fixes.unwrap_or(false),
        fail_on: raw.fail_on.unwrap_or(Severity::Medium),
        max_fix_attempts: raw.max_fix_attempts.unwrap_or(3),
        cooldown: raw.cooldown.unwrap_or(seconds(15 * MINUTE)),
        probation: raw.probation.unwrap_or(seconds(HOUR)),
        max_event_age: raw.max_event_age.unwrap_or(Reach::Last(seconds(DAY))),
        resolve_after: raw.resolve_after.unwrap_or(seconds(DAY)),
        remind: raw.remind.unwrap_or(seconds(DAY)),
        budget: Budget { per_run: raw.budget.per_run.unwrap_or(10), per_day: raw.budget.per_day.unwrap_or(30) },
        backups: Retention {
            keep: raw.backups.keep.unwrap_or(50),
            max_age: raw.backups.max_age.unwrap_or(seconds(90 * DAY)),
        },
        depends_on: without_circle(raw.depends_on)?,
        policy: policy(raw.policy)?,
        redact: raw.redact,
        ai: resolve_ai(raw.ai, overrides, home)?,
        check_interval: None,
        workspace,
    })
}

/// Resolves an application's own configuration: its block says little, defaults the rest.
///
/// # Errors
/// None yet beyond those of [`heal`].
pub fn application(place: &Place, block: raw::AutoHealer, overrides: &Overrides, current_dir: &Path) -> Result<Config> {
    let raw = raw::Heal {
        logs: Some(vec![raw::Log {
            path: Some("logs/*.log".to_owned()),
            exclude: Vec::new(),
            journal: None,
            command: None,
            timeout: None,
            name: None,
            expect: None,
            required: false,
        }]),
        apply_fixes: block.apply_fixes,
        max_fix_attempts: block.max_fix_attempts,
        ai: raw::Ai {
            enabled: block.enable_ai,
            ollama_url: block.ollama_url,
            ollama_model: block.ollama_model,
            ..raw::Ai::default()
        },
        ..raw::Heal::default()
    };
    let mut config = heal(place, raw, overrides, current_dir)?;
    config.enabled = block.enabled.unwrap_or(true);
    config.check_interval = block.check_interval;
    Ok(config)
}

fn policy(raw: raw::Policy) -> Result<Policy> {
    let lists = [
        ("allow_paths", raw.allow_paths.as_ref()),
        ("allow_services", raw.allow_services.as_ref()),
        ("allow_containers", raw.allow_containers.as_ref()),
        ("allow_commands", raw.allow_commands.as_ref()),
        ("protected", raw.protected.as_ref()),
    ];
    for (key, list) in lists {
        for glob in list.into_iter().flatten() {
            globset::Glob::new(glob).map_err(|error| anyhow::anyhow!("`policy.{key}`: {error}"))?;
        }
    }
    if let Some(program) = raw.allow_commands.iter().flatten().find(|program| !program.starts_with('/')) {
        bail!(
            "`policy.allow_commands` names `{program}`; write the whole path of the program, such as /usr/bin/{program}"
        );
    }
    Ok(Policy {
        allow_paths: raw.allow_paths,
        allow_services: raw.allow_services,
        allow_containers: raw.allow_containers,
        allow_commands: raw.allow_commands,
        protected: raw.protected.unwrap_or_default(),
        unprotect: raw.unprotect.unwrap_or_default(),
        auto_severities: raw.auto.severities.unwrap_or_else(|| Severity::ALL.to_vec()),
        auto_risks: raw.auto.risks.unwrap_or_else(|| vec![Risk::Safe]),
    })
}

/// In a circle nothing could come first.
fn without_circle(depends_on: BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, Vec<String>>> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in depends_on.keys() {
        let mut way: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((name, next)) = way.pop() {
            if done.contains(name) {
                continue;
            }
            let Some(need) = depends_on.get(name).and_then(|needs| needs.get(next)) else {
                done.insert(name);
                continue;
            };
            way.push((name, next + 1));
            if let Some(at) = way.iter().position(|(known, _)| known == need) {
                let circle = way.iter().skip(at).map(|(name, _)| *name).chain([need.as_str()]).collect::<Vec<_>>();
                bail!("`depends_on` goes in a circle: {}", circle.join(" -> "));
            }
            way.push((need, 0));
        }
    }
    Ok(depends_on)
}

fn provider(raw: &raw::Ai, home: &Path) -> Result<Provider> {
    match (raw.provider.as_deref(), &raw.base_url, &raw.api_key_file) {
        (None | Some("ollama"), None, None) => Ok(Provider::Ollama),
        (None | Some("ollama"), base_url, _) => {
            let key = if base_url.is_some() { "base_url" } else { "api_key_file" };
            bail!(
                "`ai.{key}` belongs to `provider: openai`; remove it, or set the provider (`ollama` has `ollama_url`)"
            )
        }
        (Some("openai"), None, _) => {
            bail!("`ai.provider: openai` needs `ai.base_url`, such as http://localhost:8080/v1")
        }
        (Some("openai"), Some(base_url), key) => Ok(Provider::OpenAi {
            base_url: base_url.clone(),
            api_key_file: key.as_ref().map(|file| clean(&home.join(file))),
        }),
        (Some(other), ..) => match strict::nearest(other, &["ollama", "openai"]) {
            Some(near) => bail!("unknown `ai.provider: {other}`; did you mean `{near}`?"),
            None => bail!("unknown `ai.provider: {other}`; known are ollama and openai"),
        },
    }
}

fn resolve_ai(raw: raw::Ai, overrides: &Overrides, home: &Path) -> Result<Ai> {
    let url_given = overrides.ollama_url.is_some() || raw.ollama_url.is_some();
    let num_ctx = raw.num_ctx.unwrap_or(4096);
    if num_ctx < 1024 {
        bail!("`ai.num_ctx: {num_ctx}` leaves no room for a question; use 1024 or more");
    }
    Ok(Ai {
        enabled: raw.enabled.unwrap_or(true),
        provider: provider(&raw, home)?,
        ollama_url: overrides
            .ollama_url
            .clone()
            .or(raw.ollama_url)
            .unwrap_or_else(|| "http://localhost:11434".to_owned()),
        url_given,
        model: overrides.ollama_model.clone().or(raw.ollama_model).unwrap_or_else(|| "llama3.2:latest".to_owned()),
        timeout: raw.timeout.unwrap_or(Duration::from_secs(300)),
        budget: raw.budget.unwrap_or(Duration::from_secs(600)),
        max_incidents: raw.max_incidents.unwrap_or(5),
        num_ctx,
        allow_remote: raw.allow_remote.unwrap_or(false),
        ca_file: raw.ca_file.map(|file| clean(&home.join(file))),
        cache_ttl: raw.cache_ttl.unwrap_or(Duration::from_secs(7 * DAY)),
    })
}

fn state_dir(place: &Place, workspace: &Path, overrides: &Overrides, current_dir: &Path) -> PathBuf {
    if let Some(given) = &overrides.state_dir {
        return clean(&current_dir.join(given));
    }
    if place.file == Path::new(SYSTEM_FILE) { PathBuf::from(SYSTEM_STATE) } else { workspace.join(".heal") }
}

fn tables(given: Option<Vec<String>>, default: &str, home: &Path) -> Vec<TablePath> {
    given
        .unwrap_or_else(|| vec![default.to_owned()])
        .into_iter()
        .map(|table| TablePath { optional: table.trim_end_matches('/') == default, path: clean(&home.join(&table)) })
        .collect()
}

/// A path without `.` and `..`, by its text alone.
#[must_use]
pub fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                cleaned.pop();
            }
            other => cleaned.push(other),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Feed;

    fn resolve(text: &str, overrides: &Overrides) -> Result<Config> {
        let place = Place { file: "/srv/app/heal.yaml".into(), kind: Kind::Heal, named: false };
        let raw = strict::read(Path::new("heal.yaml"), text.as_bytes())?;
        heal(&place, raw, overrides, Path::new("/home/op"))
    }

    #[test]
    fn defaults_are_those_of_the_reference() {
        let config = resolve("{}", &Overrides::default()).unwrap();
        assert_eq!(config.workspace, Path::new("/srv/app"));
        assert_eq!(config.state_dir, Path::new("/srv/app/.heal"));
        assert_eq!(config.window, Reach::Last(Duration::from_secs(3600)));
        assert_eq!(config.patterns, [TablePath { path: "/srv/app/patterns".into(), optional: true }]);
        assert_eq!(config.budget, Budget { per_run: 10, per_day: 30 });
        assert_eq!(config.fail_on, Severity::Medium);
        assert_eq!(config.ai.model, "llama3.2:latest");
        assert!(!config.ai.url_given);
    }

    #[test]
    fn flags_win_over_the_file() {
        let overrides = Overrides {
            workspace: Some("../other".into()),
            ollama_model: Some("qwen3".into()),
            state_dir: Some("/var/tmp/s".into()),
            ..Overrides::default()
        };
        let config = resolve("ai: {ollama_model: llama3.2}\nlogs: [{path: logs/*.log}]", &overrides).unwrap();
        assert_eq!(config.workspace, Path::new("/home/other"));
        assert_eq!(config.state_dir, Path::new("/var/tmp/s"));
        assert_eq!(config.ai.model, "qwen3");
        let glob = "/home/other/logs/*.log".to_owned();
        assert_eq!(config.logs[0].feed, Feed::Files { glob, exclude: Vec::new() });
        assert_eq!(config.logs[0].name, "logs/*.log");
    }

    #[test]
    fn the_protocol_of_the_model() {
        let config = resolve(
            "ai: {provider: openai, base_url: 'http://localhost:8080/v1', api_key_file: key}",
            &Overrides::default(),
        );
        let provider =
            Provider::OpenAi { base_url: "http://localhost:8080/v1".into(), api_key_file: Some("/srv/app/key".into()) };
        assert_eq!(config.unwrap().ai.provider, provider);
        for (text, expected) in [
            ("ai: {provider: openai}", "needs `ai.base_url`"),
            ("ai: {base_url: 'http://x'}", "`ai.base_url` belongs to `provider: openai`"),
            ("ai: {api_key_file: key}", "`ai.api_key_file` belongs to `provider: openai`"),
            ("ai: {provider: opneai}", "did you mean `openai`"),
            ("ai: {provider: gemini}", "known are ollama and openai"),
        ] {
            let error = resolve(text, &Overrides::default()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_is_needed_first_goes_in_no_circle() {
        let config =
            resolve("depends_on: {web: [db, cache], db: [disk], cache: [disk]}", &Overrides::default()).unwrap();
        assert_eq!(config.depends_on["web"], ["db", "cache"]);
        for (text, circle) in [
            ("depends_on: {web: [db], db: [disk, web]}", "db -> web -> db"),
            ("depends_on: {web: [web]}", "web -> web"),
        ] {
            let error = resolve(text, &Overrides::default()).unwrap_err().to_string();
            assert!(error.contains(circle), "{error}");
        }
    }

    #[test]
    fn policies_are_checked() {
        for (text, expected) in [
            ("policy: {allow_services: ['a[']}", "policy.allow_services"),
            ("policy: {allow_commands: [sh]}", "/usr/bin/sh"),
        ] {
            let error = resolve(text, &Overrides::default()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_bare_number_is_no_duration() {
        let error = resolve("window: 60", &Overrides::default()).unwrap_err().to_string();
        assert!(error.starts_with("heal.yaml:1:9: ") && error.contains("30s, 10m"), "{error}");
    }

    #[test]
    fn paths_are_cleaned_by_text() {
        assert_eq!(clean(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(clean(Path::new("/../..")), Path::new("/"));
    }
}
