//! What systemd says of a unit. Whatever it does not say makes the whole answer worthless.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::{BOOTED, QUESTION, ServiceError, Unit, argv, ended, require_systemd, run};

const PROPERTIES: &str = "Id,Names,LoadState,ActiveState,SubState,Result,CanReload,KillMode,NRestarts,Type,\
                          InvocationID,Job,StateChangeTimestampMonotonic";
/// systemd's word for a unit that has been started too often.
const LIMITED: &str = "start-limit-hit";
/// Microseconds between a line's place in the journal and the change of state that it tells of.
const SLACK: u64 = 2_000_000;

/// What systemd says of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceState {
    /// Its name; for an alias the name of the unit behind it.
    pub id: String,
    /// That name and its aliases.
    pub names: Vec<String>,
    /// `LoadState`: `loaded`, `not-found`, `masked`, `bad-setting`, `error`.
    pub load: String,
    /// `ActiveState`: `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`.
    pub active: String,
    /// `SubState`: `running`, `exited`, `dead`, `auto-restart` and others.
    pub sub: String,
    /// `Result` of its last run: `success`, `exit-code`, `signal`, `timeout`, `start-limit-hit` and others.
    pub result: String,
    /// It knows how to reload.
    pub can_reload: bool,
    /// `KillMode`: which of its processes a stop ends; empty for a unit without processes.
    pub kill_mode: String,
    /// It has been started too often, and systemd starts it no more.
    pub start_limited: bool,
    /// How often systemd has restarted it by itself since someone last started it.
    pub restarts: u32,
}

impl ServiceState {
    /// Whether it does its work.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading")
    }

    /// Whether there is such a unit, and it can be started.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.load == "loaded"
    }

    /// In words, such as `active (running)` or `failed (Result: exit-code), start limit hit`.
    #[must_use]
    pub fn shown(&self) -> String {
        if !self.exists() {
            return self.load.clone();
        }
        let more = if self.active == "failed" { format!("Result: {}", self.result) } else { self.sub.clone() };
        let limit = if self.start_limited { ", start limit hit" } else { "" };
        format!("{} ({more}){limit}", self.active)
    }
}

/// A state, and what else `act` must know.
#[derive(Debug)]
pub(super) struct Seen {
    pub state: ServiceState,
    /// It is meant to run to its end.
    pub oneshot: bool,
    /// Another one for each start; empty before the first.
    pub invocation: String,
    /// systemd is about to do something to it.
    pub has_job: bool,
    /// When its state last changed, in microseconds of the monotonic clock; 0 for never.
    changed: u64,
}

/// What systemd says of `unit`. Asks for at most 10 seconds, and as long again its journal.
///
/// # Errors
/// When systemd does not run here, does not answer, or leaves something out.
pub fn state(unit: &Unit) -> Result<ServiceState, ServiceError> {
    look(unit).map(|seen| seen.state)
}

pub(super) fn look(unit: &Unit) -> Result<Seen, ServiceError> {
    require_systemd(Path::new(BOOTED))?;
    let question = argv(&["systemctl", "show", "--no-pager", "-p", PROPERTIES, "--", unit.as_str()]);
    // A state is also asked for on the way back, after an interrupt.
    let outcome = run(&question, QUESTION, false)?;
    let text = outcome.text();
    if ["not been booted", "Failed to connect to"].iter().any(|words| text.contains(words)) {
        return Err(ServiceError::new("systemd does not answer on this host, so there are no services"));
    }
    if !outcome.succeeded() || outcome.truncated {
        let told = format!("the state of {unit} is not known: systemctl {}", ended(&outcome, QUESTION));
        return Err(ServiceError::new(told));
    }
    let mut seen = parse(unit, &text)?;
    if seen.state.active == "failed" && !seen.state.start_limited {
        seen.state.start_limited = is_limited_by_journal(&seen);
    }
    Ok(seen)
}

/// The answer of `systemctl show`, a property on each line.
pub(super) fn parse(unit: &Unit, text: &str) -> Result<Seen, ServiceError> {
    let mut properties = BTreeMap::new();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        if properties.insert(key, value).is_some() {
            return Err(ServiceError::new(format!("the state of {unit} is not known: systemd gave {key} twice")));
        }
    }
    let missing = |key: &str| {
        ServiceError::new(format!("the state of {unit} is not known: systemd said nothing usable about {key}"))
    };
    let has_word = |value: &&str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let some = |key: &str| properties.get(key).copied().filter(|value| !value.is_empty()).ok_or_else(|| missing(key));
    let word = |key: &str| some(key).ok().filter(has_word).map(str::to_owned).ok_or_else(|| missing(key));
    let number = |key: &str| some(key)?.parse::<u64>().map_err(|_| missing(key));

    let id = Unit::parse(some("Id")?).map_err(|_| missing("Id"))?;
    let names: Vec<String> = some("Names")?.split_whitespace().map(str::to_owned).collect();
    if !names.iter().any(|name| name == id.as_str()) || !names.iter().any(|name| name == unit.as_str()) {
        return Err(missing("Names"));
    }
    let can_reload = match some("CanReload")? {
        "yes" => true,
        "no" => false,
        _ => return Err(missing("CanReload")),
    };
    // Timers and paths have no processes, and only services restart by themselves.
    let is_service = id.as_str().ends_with(".service");
    let has_processes = ![".timer", ".path"].iter().any(|suffix| id.as_str().ends_with(suffix));
    let kill_mode = if has_processes { word("KillMode")? } else { String::new() };
    let restarts = if is_service { number("NRestarts")? } else { 0 };
    let result = word("Result")?;
    let state = ServiceState {
        id: id.as_str().to_owned(),
        names,
        load: word("LoadState")?,
        active: word("ActiveState")?,
        sub: word("SubState")?,
        start_limited: result == LIMITED,
        result,
        can_reload,
        kill_mode,
        restarts: u32::try_from(restarts).unwrap_or(u32::MAX),
    };
    let oneshot = is_service && properties.get("Type") == Some(&"oneshot");
    // Neither is always told; without them `act` only does a little more than it must.
    let invocation = properties.get("InvocationID").copied().unwrap_or_default().to_owned();
    let has_job = properties.get("Job").is_some_and(|job| !matches!(*job, "" | "0"));
    Ok(Seen { state, oneshot, invocation, has_job, changed: number("StateChangeTimestampMonotonic")? })
}

/// A unit that crashed into its limit keeps the result of the crash (systemd 252): then only systemd's own lines
/// about it tell. They are asked for by fields that no service can forge. Without an answer: no.
fn is_limited_by_journal(seen: &Seen) -> bool {
    // Not `--since`: with it `-n` counts from the beginning.
    let mut question = argv(&["journalctl", "-b", "-o", "json", "--output-fields=MESSAGE", "-n", "20"]);
    question.extend(argv(&["--no-pager", "--quiet", "_PID=1"]));
    question.push(format!("UNIT={}", seen.state.id));
    let Ok(outcome) = run(&question, QUESTION, false) else { return false };
    outcome.succeeded() && tells_of_limit(&outcome.text(), seen.changed)
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "__MONOTONIC_TIMESTAMP")]
    at: String,
    #[serde(rename = "MESSAGE")]
    message: String,
}

/// Whether systemd refused a start at the last change of state, and has not started the unit since.
pub(super) fn tells_of_limit(journal: &str, changed: u64) -> bool {
    let mut limited = false;
    for line in journal.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        let recent = line.at.parse::<u64>().is_ok_and(|at| at.saturating_add(SLACK) >= changed);
        if line.message.contains("Start request repeated too quickly") {
            limited = recent;
        } else if line.message.starts_with("Started ") || line.message.starts_with("Starting ") {
            limited = false;
        }
    }
    limited
}

/// Whether the processes of `unit` have written to the journal at or after `since`. Without an answer: no.
#[must_use]
pub fn has_written_since(unit: &Unit, since: DateTime<FixedOffset>) -> bool {
    if require_systemd(Path::new(BOOTED)).is_err() {
        return false;
    }
    let mut question =
        argv(&["journalctl", "-o", "json", "--output-fields=PRIORITY", "-n", "1", "--no-pager", "--quiet"]);
    question.push(format!("--since=@{}.{:06}", since.timestamp(), since.timestamp_subsec_micros()));
    question.push(format!("_SYSTEMD_UNIT={unit}"));
    run(&question, QUESTION, true).is_ok_and(|outcome| outcome.succeeded() && outcome.text().starts_with('{'))
}
