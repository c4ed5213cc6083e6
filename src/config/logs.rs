//! `logs[]` as it holds: what is read, each entry under a name of its own.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use super::clean;
use super::raw;
use super::settings::{Feed, Journal, Log, Program};
use crate::sys::exec;
use crate::sys::service::Unit;

/// How long a program that prints a log may run.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// Resolves the entries.
///
/// # Errors
/// Keys that a later version builds, entries that name no source or two, and what no journal can have.
pub(super) fn resolve(given: Vec<raw::Log>, workspace: &Path) -> Result<Vec<Log>> {
    let logs = given.into_iter().map(|log| entry(log, workspace)).collect::<Result<Vec<Log>>>()?;
    // A position of a journal or a program has no other key than the name.
    for (at, log) in logs.iter().enumerate() {
        let same = logs
            .iter()
            .take(at)
            .any(|other| other.name == log.name && (other.is_known_by_name() || log.is_known_by_name()));
        if same {
            bail!("two entries of `logs` are called `{}`; give one of them a `name`", log.name);
        }
    }
    Ok(logs)
}

fn entry(log: raw::Log, workspace: &Path) -> Result<Log> {
    let sources =
        [("path", log.path.is_some()), ("journal", log.journal.is_some()), ("command", log.command.is_some())];
    let given: Vec<&str> = sources.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
    if let [first, second, ..] = given.as_slice() {
        bail!("an entry of `logs` names both `{first}` and `{second}`; make it two entries");
    }
    if !log.exclude.is_empty() && log.path.is_none() {
        bail!("`exclude` is for `path`; nothing else has files");
    }
    if log.timeout.is_some() && log.command.is_none() {
        bail!("`timeout` is for `command`; nothing else runs a program");
    }
    let (name, feed) = match (log.path.filter(|path| !path.trim().is_empty()), log.journal, log.command) {
        (Some(path), ..) => {
            let feed = files(&path, &log.exclude, workspace)?;
            (path, feed)
        }
        (None, Some(given), _) => {
            let journal = journal(given, workspace)?;
            (default_name(&journal), Feed::Journal(journal))
        }
        (None, None, Some(argv)) => {
            if argv.first().is_none_or(String::is_empty) {
                bail!("`logs[].command` is empty; write `command: [PROGRAM, ARGUMENT]`");
            }
            (exec::shown(&argv), Feed::Command(Program { argv, timeout: log.timeout.unwrap_or(COMMAND_TIMEOUT) }))
        }
        (None, None, None) => bail!(
            "an entry of `logs` names no source; write `path: GLOB`, `journal: {{units: [UNIT]}}` or `command: [PROGRAM]`"
        ),
    };
    Ok(Log { name: log.name.unwrap_or(name), feed, required: log.required, expect: log.expect })
}

fn files(path: &str, exclude: &[String], workspace: &Path) -> Result<Feed> {
    for glob in exclude.iter().map(String::as_str).chain([path]) {
        globset::Glob::new(glob).map_err(|error| anyhow!("`logs` names an invalid glob: {error}"))?;
    }
    let absolute = |glob: &str| workspace.join(glob).to_string_lossy().into_owned();
    Ok(Feed::Files { glob: absolute(path), exclude: exclude.iter().map(|glob| absolute(glob)).collect() })
}

fn journal(given: raw::Journal, workspace: &Path) -> Result<Journal> {
    let units = given.units.iter().map(|unit| full_name(unit)).collect::<Result<_>>()?;
    for identifier in &given.identifiers {
        if identifier.is_empty() || identifier.starts_with('-') || identifier.chars().any(char::is_control) {
            bail!("`journal.identifiers` names `{}`, which is none", identifier.escape_default());
        }
    }
    let directory = given.directory.filter(|directory| !directory.is_empty());
    if given.boot && directory.is_some() {
        bail!("`journal.boot` is for the journal of this host; the files of a `directory` may be another's");
    }
    Ok(Journal {
        units,
        identifiers: given.identifiers,
        priority: given.priority.map(|raw::Priority(number)| number),
        boot: given.boot,
        directory: directory.map(|directory| clean(&workspace.join(directory))),
    })
}

/// With `.service` where no suffix stands.
fn full_name(unit: &str) -> Result<Unit> {
    let parsed = if unit.contains('.') { Unit::parse(unit) } else { Unit::parse(&format!("{unit}.service")) };
    parsed.map_err(|reason| anyhow!("`journal.units`: {reason}"))
}

fn default_name(journal: &Journal) -> String {
    let names: Vec<&str> =
        journal.units.iter().map(Unit::as_str).chain(journal.identifiers.iter().map(String::as_str)).collect();
    if names.is_empty() { "journal".to_owned() } else { format!("journal:{}", names.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::strict;

    fn logs(text: &str) -> Result<Vec<Log>> {
        let raw: raw::Heal = strict::read(Path::new("heal.yaml"), text.as_bytes())?;
        resolve(raw.logs.unwrap_or_default(), Path::new("/srv/app"))
    }

    fn journal_of(text: &str) -> (String, Journal) {
        let log = logs(text).unwrap().pop().unwrap();
        match log.feed {
            Feed::Journal(journal) => (log.name, journal),
            _ => panic!("{text}"),
        }
    }

    #[test]
    fn a_journal_is_named_after_what_it_reads() {
        let (name, journal) = journal_of("logs: [{journal: {units: [nginx, a.timer], priority: err, directory: j}}]");
        assert_eq!(name, "journal:nginx.service,a.timer");
        assert_eq!((journal.priority, journal.directory.as_deref()), (Some(3), Some(Path::new("/srv/app/j"))));
        assert_eq!(journal_of("logs: [{journal: {}}]").0, "journal");
        assert_eq!(journal_of("logs: [{journal: {identifiers: [kernel]}}]").0, "journal:kernel");
        assert!(journal_of("logs: [{journal: {boot: true}}]").1.boot && !journal_of("logs: [{journal: {}}]").1.boot);
        let (name, journal) = journal_of("logs: [{name: j, journal: {priority: 5}}]");
        assert_eq!((name.as_str(), journal.priority), ("j", Some(5)));
    }

    #[test]
    fn what_no_journal_can_have_is_refused() {
        for (text, words) in [
            ("logs: [{journal: {units: [-x]}}]", "unit"),
            ("logs: [{journal: {units: ['a;b']}}]", "unit"),
            ("logs: [{journal: {units: [../x]}}]", "unit"),
            ("logs: [{journal: {identifiers: [-x]}}]", "identifiers"),
            ("logs: [{journal: {identifiers: ['']}}]", "identifiers"),
            ("logs: [{journal: {priority: -x}}]", "err"),
            ("logs: [{journal: {priority: 8}}]", "err"),
            ("logs: [{journal: {unit: [a]}}]", "unknown key"),
            ("logs: [{journal: {boot: yesterday}}]", "boolean"),
            ("logs: [{journal: {boot: true, directory: /var/j}}]", "this host"),
            ("logs: [{journal: {}, path: a}]", "both"),
            ("logs: [{journal: {}, exclude: [a]}]", "exclude"),
            ("logs: [{journal: {}}, {journal: {}}]", "called `journal`"),
            ("logs: [{name: x}]", "no source"),
            ("logs: [{command: []}]", "empty"),
            ("logs: [{command: [a], path: b}]", "both"),
            ("logs: [{command: a b}]", "command"),
            ("logs: [{path: a, timeout: 5s}]", "timeout"),
            ("logs: [{path: a, expect: 5}]", "duration"),
        ] {
            let error = logs(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
