//! What must hold after a fix.

use std::time::Duration;

use serde::Serialize;

use crate::config::units::human;
use crate::sys::exec;

/// A check of `verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// An argv that must exit 0, run in the workspace.
    Command(Vec<String>),
    /// A unit that must be active.
    ServiceActive(String),
    /// A file that must parse as what its name says; relative to the workspace, or absolute.
    FileParses(String),
    /// A port that must take a TCP connection.
    PortOpen {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// An address that must answer.
    HttpOk {
        /// `http://` or `https://`.
        url: String,
        /// The status to be answered; `None`: any from 200 to 299.
        status: Option<u16>,
        /// It must come about within this time.
        within: Duration,
    },
    /// No new event of the incident within this time.
    NoNewErrors {
        /// How long to watch.
        within: Duration,
    },
}

impl Check {
    /// As a person would say it: `nginx -t`, `nginx.service is active`.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Command(argv) => exec::shown(argv),
            Self::ServiceActive(unit) => format!("{unit} is active"),
            Self::FileParses(path) => format!("{path} parses"),
            Self::PortOpen { host, port } => format!("{host}:{port} takes a connection"),
            Self::HttpOk { url, status, within } => {
                let status = status.map_or_else(|| "a status of 2xx".to_owned(), |status| status.to_string());
                format!("{url} answers {status} within {}", human(*within))
            }
            Self::NoNewErrors { within } => format!("no new error within {}", human(*within)),
        }
    }
}
