//! What `heal mute` and `heal resume INCIDENT` did.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::FORMAT_VERSION;
use super::parts::{MuteInfo, name_of};
use crate::report::text::wrapped;
use crate::store::{GROWTH, Incident, Mute};

/// The document of `heal mute --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MuteDocument {
    format_version: String,
    /// `muted`.
    status: String,
    mute: MuteInfo,
    /// A sentence.
    text: String,
}

impl MuteDocument {
    /// What was done.
    #[must_use]
    pub fn new(mute: &Mute, incident: &Incident, now: DateTime<FixedOffset>) -> Self {
        let info = MuteInfo::new(mute, Some(incident), now);
        let text = format!(
            "muted {} ({}) {}. It comes back then, or with {} events within {} h",
            mute.incident,
            name_of(incident),
            info.told(),
            mute.rate.events.saturating_mul(GROWTH),
            mute.rate.seconds.div_ceil(3600),
        );
        Self { format_version: FORMAT_VERSION.to_owned(), status: "muted".to_owned(), mute: info, text }
    }

    /// As text.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        wrapped(&self.text, "", out)
    }
}

/// The document of `heal resume INCIDENT --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Resumed {
    format_version: String,
    /// `resumed`.
    status: String,
    incident: String,
    /// Whether it was muted.
    unmuted: bool,
    /// A sentence.
    pub text: String,
}

impl Resumed {
    /// What was done.
    #[must_use]
    pub fn new(incident: String, unmuted: bool) -> Self {
        let listed = if unmuted { ", and it is no longer muted" } else { "" };
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            status: "resumed".to_owned(),
            text: format!("the fixes of {incident} begin anew{listed}"),
            incident,
            unmuted,
        }
    }
}
