//! The steps of a fix, from YAML to checked shapes.

use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::read_edit::{RawEdit, edit};
use super::row::Row;
use super::{FixPermissions, ModeChange, ReloadConfig, RunCommand, ServiceAction, Step, Verb, placeholder};
use crate::config::some_duration;
use crate::sys::service::Unit;

/// A step's one key names its kind.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStep {
    edit: Option<RawEdit>,
    restart_service: Option<RawService>,
    start_service: Option<RawService>,
    stop_service: Option<RawService>,
    reload_service: Option<RawService>,
    force_restart: Option<RawService>,
    reload_config: Option<RawReload>,
    fix_permissions: Option<RawPermissions>,
    run: Option<RawRun>,
    restart_network: Option<IgnoredAny>,
    restart_container: Option<IgnoredAny>,
    clear_cache: Option<IgnoredAny>,
    rotate_logs: Option<IgnoredAny>,
    free_disk_space: Option<IgnoredAny>,
    kill_process: Option<IgnoredAny>,
    notify: Option<IgnoredAny>,
    escalate: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    service: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReload {
    service: String,
    test: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPermissions {
    path: String,
    mode: Option<serde_yaml::Value>,
    owner: Option<String>,
    group: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRun {
    argv: Vec<String>,
    undo: Option<Vec<String>>,
    #[serde(default, deserialize_with = "some_duration")]
    timeout: Option<Duration>,
    #[serde(default)]
    expect_exit: i32,
}

impl RawStep {
    /// The first action that is named, which a later version builds.
    fn later_action(&self) -> Option<&'static str> {
        [
            ("restart_network", &self.restart_network),
            ("restart_container", &self.restart_container),
            ("clear_cache", &self.clear_cache),
            ("rotate_logs", &self.rotate_logs),
            ("free_disk_space", &self.free_disk_space),
            ("kill_process", &self.kill_process),
            ("notify", &self.notify),
            ("escalate", &self.escalate),
        ]
        .into_iter()
        .find_map(|(key, given)| given.is_some().then_some(key))
    }

    /// How many kinds it names: one step is one thing.
    fn kinds(&self) -> usize {
        [
            self.edit.is_some(),
            self.restart_service.is_some(),
            self.start_service.is_some(),
            self.stop_service.is_some(),
            self.reload_service.is_some(),
            self.force_restart.is_some(),
            self.reload_config.is_some(),
            self.fix_permissions.is_some(),
            self.run.is_some(),
        ]
        .into_iter()
        .filter(|given| *given)
        .count()
    }
}

/// Checks one step and gives it its shape.
pub(super) fn step(raw: RawStep, row: &Row<'_>) -> Result<Step> {
    let fault = |what: &str| row.fault("steps", what);
    if let Some(action) = raw.later_action() {
        return Err(fault(&format!("the step `{action}` is not yet supported")));
    }
    match raw.kinds() {
        0 => return Err(fault("a step is empty; write for example `edit: {...}`")),
        1 => {}
        _ => return Err(fault("a step does several things; write one `- ` for each")),
    }
    let services = [
        (Verb::Restart, raw.restart_service),
        (Verb::Start, raw.start_service),
        (Verb::Stop, raw.stop_service),
        (Verb::Reload, raw.reload_service),
        (Verb::ForceRestart, raw.force_restart),
    ];
    for (verb, given) in services {
        if let Some(given) = given {
            let service = unit(&given.service).map_err(|why| fault(&why))?;
            return Ok(Step::Service(ServiceAction { verb, service }));
        }
    }
    if let Some(reload) = raw.reload_config {
        let service = unit(&reload.service).map_err(|why| fault(&why))?;
        let test = argv("test", reload.test).map_err(|why| fault(&why))?;
        return Ok(Step::ReloadConfig(ReloadConfig { service, test }));
    }
    if let Some(raw) = raw.fix_permissions {
        return permissions(raw).map(Step::FixPermissions).map_err(|why| fault(&why));
    }
    if let Some(raw) = raw.run {
        return run(raw).map(Step::Run).map_err(|why| fault(&why));
    }
    raw.edit.map_or_else(|| Err(fault("a step is empty")), |raw| edit(raw, row).map(Step::Edit))
}

/// A unit's full name, or the group that stands for one.
pub(super) fn unit(name: &str) -> Result<String, String> {
    if placeholder(name).is_some() {
        Ok(name.to_owned())
    } else {
        Unit::parse(name).map(|unit| unit.as_str().to_owned())
    }
}

/// A command: its program is written out, never captured.
pub(super) fn argv(key: &str, argv: Vec<String>) -> Result<Vec<String>, String> {
    match argv.first() {
        Some(program) if program.contains(['{', '}']) => {
            Err(format!("`{key}` begins with `{program}`: a program is written out, never captured"))
        }
        Some(program) if !program.is_empty() && !argv.iter().any(|word| word.contains('\0')) => Ok(argv),
        _ => Err(format!("`{key}` is empty; write `{key}: [PROGRAM, ARGUMENT, ...]`")),
    }
}

fn permissions(raw: RawPermissions) -> Result<FixPermissions, String> {
    if raw.path.trim().is_empty() || raw.path.contains(['\0', '\n']) {
        return Err("`path` of `fix_permissions` is empty, or no path".to_owned());
    }
    if raw.mode.is_none() && raw.owner.is_none() && raw.group.is_none() {
        return Err("`fix_permissions` changes nothing; write `mode`, `owner` or `group`".to_owned());
    }
    let mode = match raw.mode {
        None => None,
        Some(serde_yaml::Value::String(text)) => Some(mode(&text)?),
        Some(_) => return Err("`mode` goes in quotes: \"0640\", or \"u+x\"".to_owned()),
    };
    for name in [&raw.owner, &raw.group].into_iter().flatten() {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-$".contains(&byte);
        if name.is_empty() || name.starts_with('-') || !name.bytes().all(plain) {
            return Err(format!("`{name}` is no name or number of a user or group"));
        }
    }
    Ok(FixPermissions { path: raw.path, mode, owner: raw.owner, group: raw.group })
}

/// A mode as `chmod` writes it, without set-user-id, set-group-id, sticky, and write for everybody.
fn mode(text: &str) -> Result<ModeChange, String> {
    let octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    if octal {
        let mode = u32::from_str_radix(text, 8).map_err(|_| format!("`{text}` is no mode"))?;
        if mode & 0o7002 != 0 {
            return Err(format!(
                "`mode: {text}`: heal never gives set-user-id, set-group-id, sticky, or write for everybody"
            ));
        }
        return Ok(ModeChange::Exact(mode));
    }
    let clauses = text.split(',').map(clause).collect::<Option<Vec<_>>>();
    let clauses =
        clauses.ok_or_else(|| format!("`mode: {text}` is no mode; write \"0640\" or \"u+x,g-w\" (of rwx)"))?;
    let opens = |clause: &super::ModeClause| clause.operator != '-' && clause.who & clause.bits & 0o002 != 0;
    if clauses.iter().any(opens) {
        return Err(format!("`mode: {text}`: heal never gives write for everybody"));
    }
    Ok(ModeChange::Symbolic(clauses))
}

fn clause(text: &str) -> Option<super::ModeClause> {
    let at = text.find(['+', '-', '='])?;
    let (who, rest) = text.split_at(at);
    let operator = rest.chars().next()?;
    let of = |letters: &str, known: &[(char, u32)]| -> Option<u32> {
        letters
            .chars()
            .try_fold(0, |bits, letter| known.iter().find(|(known, _)| *known == letter).map(|(_, more)| bits | more))
    };
    let who = of(who, &[('u', 0o700), ('g', 0o070), ('o', 0o007), ('a', 0o777)])?;
    let bits = of(rest.get(1..)?, &[('r', 0o444), ('w', 0o222), ('x', 0o111)])?;
    let nothing = bits == 0 && operator != '=';
    (!nothing).then_some(super::ModeClause { who: if who == 0 { 0o777 } else { who }, operator, bits })
}

fn run(raw: RawRun) -> Result<RunCommand, String> {
    if raw.timeout.is_some_and(|timeout| timeout.is_zero()) {
        return Err("`timeout: 0s` of `run` leaves no time".to_owned());
    }
    Ok(RunCommand {
        argv: argv("argv", raw.argv)?,
        undo: raw.undo.map(|undo| argv("undo", undo)).transpose()?,
        timeout: raw.timeout,
        expect_exit: raw.expect_exit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Step> {
        let raw: RawStep = serde_yaml::from_str(text).unwrap();
        step(raw, &Row { kind: "fix", name: "a", bytes: b"", file: "fixes/a.yaml".as_ref() })
    }

    #[test]
    fn each_kind_is_read() {
        for (text, shown) in [
            ("restart_service: {service: nginx}", "restart nginx.service"),
            ("start_service: {service: 'getty@tty1.service'}", "start getty@tty1.service"),
            ("stop_service: {service: '{unit}'}", "stop {unit}"),
            ("reload_service: {service: a.service}", "reload a.service"),
            ("force_restart: {service: a.service}", "kill and restart a.service"),
            ("reload_config: {service: nginx, test: [nginx, -t]}", "test with `nginx -t`, then reload nginx.service"),
            ("fix_permissions: {path: a.sh, mode: 'u+x,go-w', owner: root}", "give a.sh mode u+x,go-w, owner root"),
            ("fix_permissions: {path: a.sh, mode: '750'}", "give a.sh mode 0750"),
            ("run: {argv: [bin/mend, a b], undo: [bin/break], timeout: 5s}", "run `bin/mend 'a b'`"),
        ] {
            assert_eq!(read(text).unwrap().shown(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_said() {
        for (text, expected) in [
            ("{}", "a step is empty"),
            ("{run: {argv: [a]}, stop_service: {service: a}}", "several things"),
            ("restart_service: {service: '-x'}", "-x"),
            ("restart_service: {service: 'a;b'}", "a;b"),
            ("restart_service: {service: '../x'}", "../x"),
            ("reload_config: {service: a, test: []}", "`test` is empty"),
            ("fix_permissions: {path: a}", "changes nothing"),
            ("fix_permissions: {path: a, mode: 640}", "in quotes"),
            ("fix_permissions: {path: a, mode: '0642'}", "write for everybody"),
            ("fix_permissions: {path: a, mode: '4755'}", "set-user-id"),
            ("fix_permissions: {path: a, mode: '+w'}", "write for everybody"),
            ("fix_permissions: {path: a, mode: 'u+s'}", "no mode"),
            ("fix_permissions: {path: a, mode: 'u+'}", "no mode"),
            ("fix_permissions: {path: a, owner: '-R'}", "no name"),
            ("run: {argv: ['{program}']}", "never captured"),
            ("run: {argv: [a], undo: ['']}", "`undo` is empty"),
            ("kill_process: {pid: 1}", "`kill_process` is not yet supported"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
