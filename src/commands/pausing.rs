//! `heal pause` and `heal resume`: no changes for a while, and again.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset};

use super::{memory, output, setup, undo};
use crate::cli::{Cli, PauseArgs};
use crate::config::units;
use crate::exit::Exit;
use crate::sanitize::escape;
use crate::store::{Pause, Snapshot, Store};
use crate::sys::clock::{self, RunId};
use crate::sys::disk::{Reader, Writer};
use crate::sys::lock::RunLock;

/// A file that stops every change on this host, whoever runs heal.
const DISABLED: &str = "/etc/heal/disabled";

/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 500;

/// Why nothing may be changed now, in a clause.
pub(super) fn why(snapshot: &Snapshot, now: DateTime<FixedOffset>) -> Option<String> {
    let pause = snapshot.pause.as_ref().filter(|pause| pause.holds(now)).map(|pause| shown(pause, now));
    pause.or_else(|| disabled(Path::new(DISABLED)))
}

/// A file that cannot be looked at counts as there: in doubt nothing is changed.
fn disabled(file: &Path) -> Option<String> {
    match Reader::new().stat(file) {
        Ok(None) => None,
        Ok(Some(_)) => Some(format!("{} is there; remove it to let heal change things again", file.display())),
        Err(error) => Some(format!("{} could not be looked at: {error}", file.display())),
    }
}

/// What `heal status` and the reports say of a pause.
pub(super) fn shown(pause: &Pause, now: DateTime<FixedOffset>) -> String {
    let moment = |at: DateTime<FixedOffset>| at.with_timezone(now.offset()).format("%Y-%m-%d %H:%M").to_string();
    let until =
        pause.until.map_or_else(|| "until `heal resume`".to_owned(), |until| format!("until {}", moment(until)));
    let reason = if pause.reason.is_empty() { String::new() } else { format!(" ({})", escape(&pause.reason)) };
    format!("paused since {} {until}{reason}", moment(pause.since))
}

/// `heal pause`.
pub(super) fn pause(cli: &Cli, arguments: &PauseArgs) -> Result<Exit> {
    let now = clock::now();
    let until = arguments.until.as_deref().map(|text| moment(text, now)).transpose()?;
    if until.is_some_and(|until| until <= now) {
        bail!("--until lies in the past: nothing is paused");
    }
    let reason = arguments.reason.as_deref().unwrap_or_default().chars().take(MAX_REASON).collect();
    let pause = Pause { since: now, until, reason };
    let changed = with_store(cli, |store| {
        store.pause(&pause).context("could not remember the pause")?;
        Ok(shown(&pause, now))
    })?;
    tell(cli, changed, "paused")
}

/// `heal resume`.
pub(super) fn resume(cli: &Cli) -> Result<Exit> {
    let changed = with_store(cli, |store| {
        let was = store.end_pause().context("could not end the pause")?;
        let note = disabled(Path::new(DISABLED)).map(|why| format!("; but {why}")).unwrap_or_default();
        Ok(format!("{}{note}", if was { "resumed" } else { "heal was not paused" }))
    })?;
    tell(cli, changed, "resumed")
}

/// When a pause or a mute ends: a length of time from now, or a moment.
pub(super) fn moment(text: &str, now: DateTime<FixedOffset>) -> Result<DateTime<FixedOffset>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment);
    }
    if let Some(moment) = local(text).or_else(|| time_of_day(text, now)) {
        return Ok(moment);
    }
    let length = units::duration(text)
        .map_err(|_| anyhow!("--until: `{text}` is neither a time (2026-01-31T18:00:00+01:00, 2026-01-31, 18:00) nor a length of time (2h)"))?;
    chrono::TimeDelta::from_std(length)
        .ok()
        .and_then(|length| now.checked_add_signed(length))
        .ok_or_else(|| anyhow!("--until: {text} is too far away"))
}

/// A day, or a day and a time, on this host's clock.
fn local(text: &str) -> Option<DateTime<FixedOffset>> {
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let time = formats.iter().find_map(|format| chrono::NaiveDateTime::parse_from_str(text, format).ok());
    let day = || chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    clock::local(time.or_else(day)?)
}

/// The next time at which this host's clock says so.
fn time_of_day(text: &str, now: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    let today = clock::here(now).date_naive();
    let on = |day: chrono::NaiveDate| clock::local(day.and_time(time)).filter(|moment| *moment > now);
    on(today).or_else(|| on(today.succ_opt()?))
}

/// Under the lock, with the store open. Gives what is to be told; `None` when another run holds the lock.
pub(super) fn with_store<T>(cli: &Cli, change: impl FnOnce(&mut Store) -> Result<T>) -> Result<Option<T>> {
    let mut setup = setup::prepare(cli)?;
    let state_dir = setup.config.state_dir.clone();
    let writer = Writer::new();
    let Some(_lock) = RunLock::acquire(&writer, &state_dir, undo::wait(cli)?)? else { return Ok(None) };
    let now = clock::now();
    let mut memory = memory::open(&state_dir, &RunId::new(now), now, &writer, &setup.sanitizer, &mut setup.notices)?;
    for notice in &setup.notices {
        output::message(&format!("heal: {}: {}", notice.subject, notice.text));
    }
    let store = memory.store.as_mut().context("the state cannot be written")?;
    change(store).map(Some)
}

/// Says that another run is at work.
pub(super) fn tell_locked() -> Exit {
    output::message("heal: another run holds the lock; --wait 30s waits for it");
    Exit::Locked
}

fn tell(cli: &Cli, told: Option<String>, status: &str) -> Result<Exit> {
    let Some(told) = told else { return Ok(tell_locked()) };
    if cli.common.json {
        let document = serde_json::json!({ "format_version": "1.0", "status": status, "text": told });
        output::print_json(&document)?;
    } else {
        output::print(|out| writeln!(out, "{told}"))?;
    }
    Ok(Exit::Healthy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<FixedOffset> {
        text.parse().unwrap()
    }

    #[test]
    fn until_is_a_time_or_a_length_of_time() {
        let now = at("2026-01-31T10:00:00+01:00");
        assert_eq!(moment("2h", now).unwrap(), at("2026-01-31T12:00:00+01:00"));
        assert_eq!(moment("2026-02-01T00:00:00Z", now).unwrap(), at("2026-02-01T00:00:00Z"));
        assert!(moment("2026-02-01", now).is_ok());
        let evening = moment("18:00", now).unwrap();
        assert!(evening > now && evening <= now + chrono::TimeDelta::days(1), "{evening}");
        assert_eq!(clock::here(evening).format("%H:%M").to_string(), "18:00");
        assert!(moment("soon", now).unwrap_err().to_string().contains("`soon`"));
    }

    #[test]
    fn a_file_disables_whatever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(disabled(&dir.path().join("disabled")), None);
        assert!(disabled(dir.path()).is_some());
        assert!(disabled(&dir.path().join("x\0y")).is_some());
    }
}
