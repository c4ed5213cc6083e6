//! One file of `fixes/`, from bytes to rows.

use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use super::read_check::{RawCheck, check};
use super::read_condition::{RawCondition, RawTrusted, condition, trusted};
use super::read_step::{RawStep, step};
use super::row::{Row, check_name};
use super::suggested::{Head, Suggested, Word, adopt};
use super::{Condition, Fix, OnIneffective, Origin, Selector, Step};
use crate::config::{some_duration, strict};
use crate::words::Risk;

/// How long services get before the checks when a fix does not say.
const SETTLE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    fixes: Vec<RawFix>,
    suggested: Option<Suggested>,
    accepted: Option<Word>,
    rejected: Option<Word>,
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
    when: Option<RawCondition>,
    #[serde(default)]
    alternatives: Vec<RawAlternative>,
    trusted: Option<RawTrusted>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlternative {
    name: String,
    when: Option<RawCondition>,
    steps: Vec<RawStep>,
    verify: Option<Vec<RawCheck>>,
}

/// A row of the table: a fix, and what is tried in its place.
#[derive(Clone, Debug)]
pub struct FixRow {
    /// The fix.
    pub fix: Fix,
    /// Fixes of their own, named `FIX/NAME`, in turn.
    pub alternatives: Vec<Fix>,
}

impl FixRow {
    /// In the order in which they are tried.
    pub fn into_fixes(self) -> impl Iterator<Item = Fix> {
        [self.fix].into_iter().chain(self.alternatives)
    }
}

/// Reads one table of fixes.
///
/// # Errors
/// Everything that [`strict::read`] refuses, malformed steps, keys not yet supported.
pub fn fixes(bytes: &[u8], origin: &Origin) -> Result<Vec<FixRow>> {
    let (head, mut rows) = table(bytes, origin)?;
    adopt(&head, bytes, &mut rows);
    Ok(rows)
}

/// What a table says of itself, and its rows as they stand there.
pub(super) fn table(bytes: &[u8], origin: &Origin) -> Result<(Head, Vec<FixRow>)> {
    let Table { fixes, suggested, accepted, rejected } = strict::read(&origin.file, bytes)?;
    let rows = fixes.into_iter().map(|raw| fix(raw, bytes, origin)).collect::<Result<_>>()?;
    Ok((Head { suggested, accepted, rejected }, rows))
}

fn fix(raw: RawFix, bytes: &[u8], origin: &Origin) -> Result<FixRow> {
    let name = raw.name.clone();
    let row = Row { kind: "fix", name: &name, bytes, file: &origin.file };
    check_name(&row)?;
    if raw.r#for.is_empty() {
        return Err(row.fault("for", "it is for nothing; name patterns or `category:NAME`"));
    }
    let risk = raw.risk.unwrap_or(Risk::Unsafe);
    let timeout = raw.timeout.unwrap_or(Duration::from_secs(600));
    let steps = steps(raw.steps, risk, &row)?;
    let fix = Fix {
        selectors: raw.r#for.iter().map(|word| selector(word)).collect(),
        description: raw.description,
        risk,
        when: when(raw.when, &row)?,
        trusted: raw.trusted.map(trusted).transpose().map_err(|why| row.fault("trusted", &why))?,
        verify: raw.verify.into_iter().map(|raw| check(raw, &row)).collect::<Result<_>>()?,
        settle: raw.settle.unwrap_or_else(|| settle(&steps)),
        steps,
        on_ineffective: raw.on_ineffective.unwrap_or(OnIneffective::Retry),
        cooldown: raw.cooldown,
        probation: raw.probation,
        max_attempts: raw.max_attempts,
        max_event_age: raw.max_event_age,
        timeout,
        origin: origin.clone(),
        adoption: None,
        name: raw.name,
    };
    let mut alternatives: Vec<Fix> = Vec::new();
    for alternative in raw.alternatives {
        let next = self::alternative(alternative, &fix, raw.settle, &row)?;
        if alternatives.iter().any(|other| other.name == next.name) {
            return Err(row.fault("alternatives", &format!("`{}` is there twice; rename one of the two", next.name)));
        }
        alternatives.push(next);
    }
    Ok(FixRow { fix, alternatives })
}

/// It has its own steps, and of the rest what it does not say itself from its fix.
fn alternative(raw: RawAlternative, fix: &Fix, settle: Option<Duration>, row: &Row<'_>) -> Result<Fix> {
    check_name(&Row { kind: "alternative", name: &raw.name, ..*row })?;
    let steps = steps(raw.steps, fix.risk, row)?;
    let verify = raw.verify.map(|raws| raws.into_iter().map(|raw| check(raw, row)).collect::<Result<_>>());
    Ok(Fix {
        name: format!("{}/{}", fix.name, raw.name),
        when: when(raw.when, row)?.or_else(|| fix.when.clone()),
        verify: verify.transpose()?.unwrap_or_else(|| fix.verify.clone()),
        settle: settle.unwrap_or_else(|| self::settle(&steps)),
        steps,
        ..fix.clone()
    })
}

fn steps(raws: Vec<RawStep>, risk: Risk, row: &Row<'_>) -> Result<Vec<Step>> {
    let steps = raws.into_iter().map(|raw| step(raw, row)).collect::<Result<Vec<_>>>()?;
    if steps.is_empty() {
        return Err(row.fault("steps", "it has no steps"));
    }
    if risk == Risk::Safe && steps.iter().any(|step| matches!(step, Step::Run(_))) {
        return Err(row.fault("risk", "a fix with a `run` step is never `safe`: nobody can know what the program does"));
    }
    Ok(steps)
}

fn settle(steps: &[Step]) -> Duration {
    if steps.iter().any(Step::is_action) { SETTLE } else { Duration::ZERO }
}

fn when(raw: Option<RawCondition>, row: &Row<'_>) -> Result<Option<Condition>> {
    raw.map(condition).transpose().map_err(|why| row.fault("when", &why))
}

fn selector(word: &str) -> Selector {
    match word.strip_prefix("category:") {
        Some(category) => Selector::Category(category.trim().to_owned()),
        None => Selector::Pattern(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{By, Locator, Operation, PathElement, Scalar};

    fn read(text: &str) -> Result<Vec<Fix>> {
        let rows = fixes(text.as_bytes(), &Origin { file: "fixes/a.yaml".into(), builtin: false })?;
        Ok(rows.into_iter().flat_map(FixRow::into_fixes).collect())
    }

    fn with_edit(edit: &str) -> String {
        format!("fixes:\n  - name: a\n    for: [p]\n    description: d\n    steps:\n      - edit: {edit}\n")
    }

    fn only_edit(text: &str) -> crate::catalogue::Edit {
        let Step::Edit(edit) = read(&with_edit(text)).unwrap().remove(0).steps.remove(0) else { panic!("no edit") };
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
    fn every_kind_of_file_has_its_path() {
        for (edit, shown) in [
            ("{file: a.toml, toml_path: [a, 0], operation: set, value: 1}", "edit a.toml: set a.0 to 1"),
            ("{file: a.json, json_path: [a], dialect: jsonc, operation: delete}", "edit a.json: delete a"),
            (
                "{file: x.service, ini_path: [Service, Nice], operation: verify_only, expect_current: 5}",
                "edit x.service: look whether [Service] Nice is 5",
            ),
            ("{file: .env, ini_path: [PORT], operation: replace, value: '$1'}", "edit .env: replace PORT by \"$1\""),
            ("{file: a.yaml, operation: restore}", "edit a.yaml: restore all of it from the last copy that heal holds"),
            (
                "{file: a.yaml, yaml_path: [x], operation: restore, from: /usr/share/a.yaml}",
                "edit a.yaml: restore x from /usr/share/a.yaml",
            ),
        ] {
            assert_eq!(Step::Edit(only_edit(edit)).shown(), shown);
        }
    }

    #[test]
    fn what_is_malformed_is_said() {
        for (edit, expected) in [
            ("{file: a, operation: set, value: 1}", "names no place"),
            ("{file: a, yaml_path: [x], regex: y, operation: set, value: 1}", "names two places"),
            ("{file: a, yaml_path: [x], operation: set}", "`set` needs `value`"),
            ("{file: a, yaml_path: [x], operation: increase}", "needs `factor` or `amount`"),
            ("{file: a, yaml_path: [x], operation: increase, factor: 2, amount: 2}", "not both"),
            ("{file: a, yaml_path: [x], toml_path: [x], operation: set, value: 1}", "names two places"),
            ("{file: a, toml_path: [], operation: set, value: 1}", "`toml_path` holds from 1 to 64 elements"),
            ("{file: a, toml_path: [x], operation: set, value: null}", "TOML has no null"),
            ("{file: a, json_path: [x], dialect: mysql, operation: set, value: 1}", "belongs to `ini_path`"),
            ("{file: a, yaml_path: [x], dialect: jsonc, operation: set, value: 1}", "`dialect` has no meaning"),
            ("{file: a, ini_path: [x], dialect: jsonc, operation: set, value: 1}", "belongs to `json_path`"),
            ("{file: a, ini_path: [x], dialect: dos, operation: set, value: 1}", "unknown value `dos`"),
            ("{file: a.conf, ini_path: [x], operation: set, value: 1}", "does not tell its `dialect`"),
            ("{file: a.ini, ini_path: [x, y, z], operation: set, value: 1}", "`[section, key]` or `[key]`"),
            ("{file: a.ini, ini_path: [x, 1], operation: set, value: 1}", "others go in quotes"),
            ("{file: a.ini, ini_path: ['', y], operation: set, value: 1}", "section of `ini_path` is empty"),
            ("{file: a.ini, ini_path: [' y'], operation: set, value: 1}", "key of `ini_path` is empty"),
            ("{file: my.cnf, ini_path: [port], operation: set, value: 1}", "`ini_path: [SECTION, port]`"),
            ("{file: .env, ini_path: [a, PORT], operation: set, value: 1}", "has no sections"),
            ("{file: a.ini, ini_path: [x, y], operation: set, value: \"a\\nb\"}", "a line break in `value`"),
            ("{file: a.ini, ini_path: [x, y], operation: set, value: null}", "no null behind `ini_path`"),
            ("{file: a, regex: '(?P<value>x)', operation: delete}", "needs its path"),
            ("{file: a, yaml_path: [x], operation: delete, create_missing: true}", "`create_missing` has no meaning"),
            ("{file: a, yaml_path: [x], operation: delete, from: b}", "`from` has no meaning"),
            ("{file: a, operation: restore, from: a}", "is no other file"),
            ("{file: a, operation: restore, from: ''}", "is no other file"),
            ("{file: a, operation: restore, expect_current: 1}", "about a value"),
            ("{file: a, yaml_path: [x], operation: verify_only, each: y}", "`each` has no meaning"),
            ("{file: a, yaml_path: [x], operation: inc}", "unknown value `inc`"),
            ("{file: a, yaml_path: [x], operation: set, value: [1]}", "a string, a number, true, false or null"),
            ("{file: 'a/{path}', yaml_path: [x], operation: set, value: 1}", "only as a whole"),
            ("{file: a, regex: '(?P<value>x)', operation: set, value: y, validate: [b]}", "`{candidate}`"),
            ("{file: '', yaml_path: [x], operation: set, value: 1}", "`file` is empty"),
        ] {
            let error = format!("{:#}", read(&with_edit(edit)).unwrap_err());
            assert!(error.contains(expected), "{edit}: {error}");
        }
    }

    #[test]
    fn an_alternative_takes_from_its_fix_what_it_does_not_say() {
        let text = "fixes:
  - name: web
    for: [p]
    description: d
    risk: safe
    steps: [{reload_service: {service: web}}]
    verify: [{service_active: web}]
    max_attempts: 2
    trusted: {unit: web}
    alternatives:
      - name: restart
        when: {service: {name: web, state: active}}
        steps: [{restart_service: {service: web}}]
      - name: values
        steps: [{edit: {file: a, regex: '(?P<value>x)', operation: replace, value: y}}]
        verify: []
";
        let rows = read(text).unwrap();
        assert_eq!(rows.iter().map(|fix| fix.name.as_str()).collect::<Vec<_>>(), ["web", "web/restart", "web/values"]);
        assert_eq!(rows[0].settle, SETTLE);
        assert_eq!((rows[1].verify.len(), rows[2].verify.len()), (1, 0));
        assert_eq!((rows[2].settle, rows[2].max_attempts), (Duration::ZERO, Some(2)));
        assert!(rows[1].when.is_some() && rows[2].when.is_none());
        assert_eq!(rows[2].trusted.as_ref().unwrap().key(), "unit=web.service");
        for (from, to, expected) in [
            ("name: values", "name: restart", "is there twice"),
            ("name: values", "name: Values", "lower-case"),
            ("trusted: {unit: web}", "trusted: {}", "demands nothing"),
            ("{reload_service: {service: web}}", "{run: {argv: [a]}}", "never `safe`"),
        ] {
            let error = format!("{:#}", read(&text.replace(from, to)).unwrap_err());
            assert!(error.contains(expected), "{to}: {error}");
        }
    }
}
