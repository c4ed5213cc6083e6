//! `heal mute`, and what `heal resume` does for one incident.

use anyhow::{Context as _, Result, bail};

use super::pausing::{moment, tell_locked, with_store};
use super::{output, setup};
use crate::cli::{Cli, MuteArgs};
use crate::exit::Exit;
use crate::report::past::{MuteDocument, Resumed};
use crate::sanitize::escape;
use crate::store::{Mute, Rate, View};
use crate::sys::disk::user_name;
use crate::sys::{clock, environment};

/// Longest reason and name that are kept, in characters.
const MAX_TEXT: usize = 500;

/// `heal mute`.
pub(super) fn mute(cli: &Cli, arguments: &MuteArgs) -> Result<Exit> {
    let now = clock::now();
    let until = arguments.until.as_deref().map(|text| moment(text, now)).transpose()?;
    if until.is_some_and(|until| until <= now) {
        bail!("--until lies in the past: nothing is muted");
    }
    let setup = setup::prepare(cli)?;
    let reason = arguments.reason.as_deref().unwrap_or_default();
    let reason = setup.sanitizer.clean(reason.as_bytes(), MAX_TEXT * 4).chars().take(MAX_TEXT).collect();
    let muted = with_store(cli, |store| {
        let id = find(&arguments.incident, |prefix| store.ids(prefix))?;
        let Some(incident) = store.incident(&id)? else { bail!("there is no incident {id}") };
        let view = View::open(&setup.config.state_dir).ok().flatten();
        let buckets = view.map_or_else(|| Ok(Vec::new()), |view| view.buckets(&id))?;
        let uid = environment::real_user();
        let mute = Mute {
            incident: id,
            since: now,
            until,
            reason,
            user: user_name(uid).unwrap_or_default(),
            uid,
            sudo_user: sudo_user(uid),
            rate: Rate::of(&incident, &buckets),
        };
        store.mute(&mute).context("could not remember the mute")?;
        Ok((mute, incident))
    })?;
    let Some((mute, incident)) = muted else { return Ok(tell_locked()) };
    let document = MuteDocument::new(&mute, &incident, now);
    output::tell(cli, &document, |_, out| document.write(out))
}

/// `heal resume INCIDENT`.
pub(super) fn resume(cli: &Cli, incident: &str) -> Result<Exit> {
    let resumed = with_store(cli, |store| {
        let id = find(incident, |prefix| store.ids(prefix))?;
        let unmuted = store.resume_incident(&id, clock::now()).context("could not resume the incident")?;
        Ok(Resumed::new(id, unmuted))
    })?;
    let Some(resumed) = resumed else { return Ok(tell_locked()) };
    output::tell(cli, &resumed, |_, out| writeln!(out, "{}", resumed.text))
}

/// The one incident whose id begins so.
pub(super) fn find(prefix: &str, ids: impl FnOnce(&str) -> Result<Vec<String>>) -> Result<String> {
    let shown = escape(prefix);
    if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("`{shown}` is no incident's id, such as 3f09a1b2c4: `heal status` lists them");
    }
    match ids(&prefix.to_ascii_lowercase())?.as_slice() {
        [] => bail!("there is no incident {shown}: `heal status` and `heal history` list them"),
        [one] => Ok(one.clone()),
        [one, another, ..] => bail!("{shown} may be {one} or {another}: write more of it"),
    }
}

/// Who became root with sudo, as far as sudo may be believed: only root's environment was made by it.
pub(super) fn sudo_user(uid: u32) -> Option<String> {
    let name = environment::var("SUDO_USER").filter(|_| uid == 0)?;
    let name = name.to_string_lossy();
    Some(escape(&name).chars().take(MAX_TEXT).collect())
}
