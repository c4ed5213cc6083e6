//! One file of `fixes/`, from bytes to rows.

use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::read_edit::{RawEdit, edit};
use super::row::{Row, check_name};
use super::{Check, Fix, OnIneffective, Origin, Selector, Step};
use crate::config::{some_duration, strict};
use crate::words::Risk;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    fixes: Vec<RawFix>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFix {
    name: String,
    r#for: Vec<String>,
    description: String,
    risk: Option<Risk>,
    steps: Vec<RawStep>,
    #[serde(default)]
    verify: Vec<RawCheck>,
    when: Option<IgnoredAny>,
    alternatives: Option<IgnoredAny>,
    trusted: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some_duration")]
    settle: Option<Duration>,
    on_ineffective: Option<OnIneffective>,
    #[serde(default, deserialize_with = "some_duration")]
    cooldown: Option<Duration>,
    #[serde(default, deserialize_with = "some_duration")]
    probation: Option<Duration>,
    max_attempts: Option<u32>,
    #[serde(default, deserialize_with = "some_duration")]
    max_event_age: Option<Duration>,
    #[serde(default, deserialize_with = "some_duration")]
    timeout: Option<Duration>,
}

/// A step's one key names its kind.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawStep {
    edit: Option<RawEdit>,
    restart_service: Option<IgnoredAny>,
    start_service: Option<IgnoredAny>,
    stop_service: Option<IgnoredAny>,
    reload_service: Option<IgnoredAny>,
    force_restart: Option<IgnoredAny>,
    reload_config: Option<IgnoredAny>,
    restart_network: Option<IgnoredAny>,
    restart_container: Option<IgnoredAny>,
    fix_permissions: Option<IgnoredAny>,
    clear_cache: Option<IgnoredAny>,
    rotate_logs: Option<IgnoredAny>,
    free_disk_space: Option<IgnoredAny>,
    kill_process: Option<IgnoredAny>,
    run: Option<IgnoredAny>,
    notify: Option<IgnoredAny>,
    escalate: Option<IgnoredAny>,
}

impl RawStep {
    /// The first action that is named, which a later version builds.
    fn later_action(&self) -> Option<&'static str> {
        [
            ("restart_service", &self.restart_service),
            ("start_service", &self.start_service),
            ("stop_service", &self.stop_service),
            ("reload_service", &self.reload_service),
            ("force_restart", &self.force_restart),
            ("reload_config", &self.reload_config),
            ("restart_network", &self.restart_network),
            ("restart_container", &self.restart_container),
            ("fix_permissions", &self.fix_permissions),
            ("clear_cache", &self.clear_cache),
            ("rotate_logs", &self.rotate_logs),
            ("free_disk_space", &self.free_disk_space),
            ("kill_process", &self.kill_process),
            ("run", &self.run),
            ("notify", &self.notify),
            ("escalate", &self.escalate),
        ]
        .into_iter()
        .find_map(|(key, given)| given.is_some().then_some(key))
    }
}

/// A check's one key names its kind.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawCheck {
    command: Option<Vec<String>>,
    service_active: Option<IgnoredAny>,
    file_parses: Option<IgnoredAny>,
    port_open: Option<IgnoredAny>,
    http_ok: Option<IgnoredAny>,
    no_new_errors: Option<IgnoredAny>,
}

/// Reads one table of fixes.
///
/// # Errors
/// Everything that [`strict::read`] refuses, malformed steps, keys not yet supported.
pub fn fixes(bytes: &[u8], origin: &Origin) -> Result<Vec<Fix>> {
    let table: Table = strict::read(&origin.file, bytes)?;
    table.fixes.into_iter().map(|raw| fix(raw, bytes, origin)).collect()
}

fn fix(raw: RawFix, bytes: &[u8], origin: &Origin) -> Result<Fix> {
    let name = raw.name.clone();
    let row = Row { kind: "fix", name: &name, bytes, file: &origin.file };
    check_name(&row)?;
    for (key, given) in [("when", &raw.when), ("alternatives", &raw.alternatives), ("trusted", &raw.trusted)] {
        if given.is_some() {
            return Err(row.fault(key, &format!("`{key}` is not yet supported; remove it")));
        }
    }
    if raw.steps.is_empty() {
        return Err(row.fault("steps", "it has no steps"));
    }
    if raw.r#for.is_empty() {
        return Err(row.fault("for", "it is for nothing; name patterns or `category:NAME`"));
    }
    Ok(Fix {
        selectors: raw.r#for.iter().map(|word| selector(word)).collect(),
        description: raw.description,
        risk: raw.risk.unwrap_or(Risk::Unsafe),
        steps: raw.steps.into_iter().map(|raw| step(raw, &row)).collect::<Result<_>>()?,
        verify: raw.verify.into_iter().map(|raw| check(raw, &row)).collect::<Result<_>>()?,
        settle: raw.settle.unwrap_or(Duration::ZERO),
        on_ineffective: raw.on_ineffective.unwrap_or(OnIneffective::Retry),
        cooldown: raw.cooldown,
        probation: raw.probation,
        max_attempts: raw.max_attempts,
        max_event_age: raw.max_event_age,
        timeout: raw.timeout.unwrap_or(Duration::from_secs(600)),
        origin: origin.clone(),
        name: raw.name,
    })
}

fn selector(word: &str) -> Selector {
    match word.strip_prefix("category:") {
        Some(category) => Selector::Category(category.trim().to_owned()),
        None => Selector::Pattern(word.to_owned()),
    }
}

fn step(raw: RawStep, row: &Row<'_>) -> Result<Step> {
    if let Some(action) = raw.later_action() {
        return Err(row.fault("steps", &format!("the step `{action}` is not yet supported; `edit` is")));
    }
    let Some(raw) = raw.edit else {
        return Err(row.fault("steps", "a step is empty; write `edit: {...}`"));
    };
    edit(raw, row).map(Step::Edit)
}

fn check(raw: RawCheck, row: &Row<'_>) -> Result<Check> {
    let later = [
        ("service_active", &raw.service_active),
        ("file_parses", &raw.file_parses),
        ("port_open", &raw.port_open),
        ("http_ok", &raw.http_ok),
        ("no_new_errors", &raw.no_new_errors),
    ];
    if let Some((key, _)) = later.iter().find(|(_, given)| given.is_some()) {
        return Err(row.fault("verify", &format!("the check `{key}` is not yet supported; `command` is")));
    }
    match raw.command {
        Some(argv) if argv.first().is_some_and(|program| !program.is_empty()) => Ok(Check::Command(argv)),
        _ => Err(row.fault("verify", "a check is empty; write `command: [PROGRAM, ARGUMENT, ...]`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{By, Locator, Operation, PathElement, Scalar};

    fn read(text: &str) -> Result<Vec<Fix>> {
        fixes(text.as_bytes(), &Origin { file: "fixes/a.yaml".into(), builtin: false })
    }

    fn with_edit(edit: &str) -> String {
        format!("fixes:\n  - name: a\n    for: [p]\n    description: d\n    steps:\n      - edit: {edit}\n")
    }

    fn only_edit(text: &str) -> crate::catalogue::Edit {
        let Step::Edit(edit) = read(&with_edit(text)).unwrap().remove(0).steps.remove(0);
        edit
    }

    #[test]
    fn the_documented_fix_is_read() {
        let edit = only_edit(
            "{file: config.yaml, yaml_path: [streaming, timeout], operation: increase, factor: 1.5, max_value: 120}",
        );
        assert_eq!(
            edit.locator,
            Locator::YamlPath(vec![PathElement::Key("streaming".into()), PathElement::Key("timeout".into())])
        );
        let Operation::Increase(change) = edit.operation else { panic!("{:?}", edit.operation) };
        assert_eq!(change.by, By::Factor("1.5".parse().unwrap()));
        assert_eq!(change.max_value, Some("120".parse().unwrap()));
    }

    #[test]
    fn null_is_a_value_and_paths_have_three_kinds_of_element() {
        let edit = only_edit("{file: a.yaml, yaml_path: [a, 0, {match: {name: web}}], operation: set, value: null}");
        assert_eq!(edit.operation, Operation::Set(Scalar::Null));
        let Locator::YamlPath(path) = edit.locator else { panic!() };
        assert_eq!(path[1], PathElement::Index(0));
        assert_eq!(path[2], PathElement::Match(vec![("name".into(), Scalar::Text("web".into()))]));
    }

    #[test]
    fn what_is_malformed_is_said() {
        for (edit, expected) in [
            ("{file: a, operation: set, value: 1}", "names no place"),
            ("{file: a, yaml_path: [x], regex: y, operation: set, value: 1}", "names two places"),
            ("{file: a, yaml_path: [x], operation: set}", "`set` needs `value`"),
            ("{file: a, yaml_path: [x], operation: increase}", "needs `factor` or `amount`"),
            ("{file: a, yaml_path: [x], operation: increase, factor: 2, amount: 2}", "not both"),
            ("{file: a, toml_path: [x], operation: set, value: 1}", "not yet supported"),
            ("{file: a, yaml_path: [x], operation: delete}", "not yet supported"),
            ("{file: a, yaml_path: [x], operation: inc}", "unknown value `inc`"),
            ("{file: a, yaml_path: [x], operation: set, value: [1]}", "a string, a number, true, false or null"),
            ("{file: '{path}', yaml_path: [x], operation: set, value: 1}", "captured values"),
            ("{file: '', yaml_path: [x], operation: set, value: 1}", "`file` is empty"),
        ] {
            let error = format!("{:#}", read(&with_edit(edit)).unwrap_err());
            assert!(error.contains(expected), "{edit}: {error}");
        }
    }

    #[test]
    fn later_steps_checks_and_keys_are_refused() {
        for extra in ["when: {all: []}", "alternatives: []", "trusted: {}", "verify: [{http_ok: {}}]"] {
            let text =
                format!("{}    {extra}\n", with_edit("{file: a, regex: '(?P<value>x)', operation: replace, value: y}"));
            assert!(format!("{:#}", read(&text).unwrap_err()).contains("not yet supported"), "{extra}");
        }
        let text = with_edit("{}").replace("edit: {}", "restart_service: {service: a.service}");
        assert!(format!("{:#}", read(&text).unwrap_err()).contains("`restart_service` is not yet supported"));
    }
}
