//! The checks of a fix, from YAML to checked shapes.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use super::bind::placeholder;
use super::read_step::{argv, unit};
use super::row::Row;
use super::{Check, FileFormat};
use crate::config::some_duration;

/// How long `http_ok` waits when it does not say.
const HTTP_WITHIN: Duration = Duration::from_secs(30);

/// A check's one key names its kind.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawCheck {
    command: Option<Vec<String>>,
    service_active: Option<String>,
    file_parses: Option<String>,
    port_open: Option<RawPort>,
    http_ok: Option<RawHttp>,
    no_new_errors: Option<RawQuiet>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPort {
    #[serde(default = "localhost")]
    host: String,
    port: u16,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHttp {
    url: String,
    status: Option<u16>,
    #[serde(default, deserialize_with = "some_duration")]
    within: Option<Duration>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuiet {
    #[serde(default, deserialize_with = "some_duration")]
    within: Option<Duration>,
}

fn localhost() -> String {
    "localhost".to_owned()
}

/// Checks one check and gives it its shape.
pub(super) fn check(raw: RawCheck, row: &Row<'_>) -> Result<Check> {
    let fault = |what: String| row.fault("verify", &what);
    let given = [
        raw.command.is_some(),
        raw.service_active.is_some(),
        raw.file_parses.is_some(),
        raw.port_open.is_some(),
        raw.http_ok.is_some(),
        raw.no_new_errors.is_some(),
    ];
    if given.into_iter().filter(|given| *given).count() > 1 {
        return Err(fault("a check asks for several things; write one `- ` for each".to_owned()));
    }
    if let Some(command) = raw.command {
        return argv("command", command).map(Check::Command).map_err(fault);
    }
    if let Some(name) = raw.service_active {
        return unit(&name).map(Check::ServiceActive).map_err(fault);
    }
    if let Some(path) = raw.file_parses {
        let known = placeholder(&path).is_some() || FileFormat::of(Path::new(&path)).is_some();
        let told =
            || format!("the name `{path}` does not say how the file is written; known are {}", FileFormat::KNOWN);
        return if known { Ok(Check::FileParses(path)) } else { Err(fault(told())) };
    }
    if let Some(RawPort { host, port }) = raw.port_open {
        let good = port > 0 && !host.is_empty() && !host.contains(char::is_whitespace);
        return if good {
            Ok(Check::PortOpen { host, port })
        } else {
            Err(fault(format!("`{host}:{port}` is no port")))
        };
    }
    if let Some(RawHttp { url, status, within }) = raw.http_ok {
        let known = ["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
        if !known || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(fault(format!("`{url}` is no http:// or https:// address")));
        }
        if status.is_some_and(|status| !(100..600).contains(&status)) {
            return Err(fault("`status` is a number from 100 to 599".to_owned()));
        }
        return Ok(Check::HttpOk { url, status, within: within.unwrap_or(HTTP_WITHIN) });
    }
    match raw.no_new_errors {
        Some(RawQuiet { within: Some(within) }) => Ok(Check::NoNewErrors { within }),
        Some(RawQuiet { within: None }) => Err(fault("`no_new_errors` needs `within`".to_owned())),
        None => Err(fault("a check is empty; write for example `command: [PROGRAM, ARGUMENT, ...]`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Check> {
        let raw: RawCheck = serde_yaml::from_str(text).unwrap();
        check(raw, &Row { kind: "fix", name: "a", bytes: b"", file: "fixes/a.yaml".as_ref() })
    }

    #[test]
    fn each_kind_is_read() {
        for (text, shown) in [
            ("command: [nginx, -t]", "nginx -t"),
            ("service_active: nginx", "nginx.service is active"),
            ("file_parses: config.yaml", "config.yaml parses"),
            ("port_open: {port: 80}", "localhost:80 takes a connection"),
            ("http_ok: {url: 'http://localhost/'}", "http://localhost/ answers a status of 2xx within 30s"),
            ("http_ok: {url: 'https://a/b', status: 401, within: 5s}", "https://a/b answers 401 within 5s"),
            ("no_new_errors: {within: 10s}", "no new error within 10s"),
        ] {
            assert_eq!(read(text).unwrap().shown(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_said() {
        for (text, expected) in [
            ("{}", "a check is empty"),
            ("{command: [a], file_parses: b}", "several things"),
            ("command: []", "`command` is empty"),
            ("file_parses: /etc/hosts", "`/etc/hosts` does not say"),
            ("service_active: a/b", "a/b"),
            ("port_open: {port: 0}", "no port"),
            ("http_ok: {url: 'ftp://a'}", "no http://"),
            ("http_ok: {url: 'http://a', status: 20}", "100 to 599"),
            ("no_new_errors: {}", "needs `within`"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
