//! `heal.yaml` as it is written: every key optional, nothing resolved.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::{Reach, units};
use crate::words::{Risk, Severity};

/// All of `heal.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Heal {
    pub workspace: Option<String>,
    pub logs: Option<Vec<Log>>,
    #[serde(deserialize_with = "some_reach")]
    pub window: Option<Reach>,
    pub patterns: Option<Vec<String>>,
    pub fixes: Option<Vec<String>>,
    pub disable: Vec<String>,
    pub apply_fixes: Option<bool>,
    pub fail_on: Option<Severity>,
    pub max_fix_attempts: Option<u32>,
    #[serde(deserialize_with = "some_duration")]
    pub cooldown: Option<Duration>,
    #[serde(deserialize_with = "some_duration")]
    pub probation: Option<Duration>,
    #[serde(deserialize_with = "some_reach")]
    pub max_event_age: Option<Reach>,
    #[serde(deserialize_with = "some_duration")]
    pub resolve_after: Option<Duration>,
    #[serde(deserialize_with = "some_duration")]
    pub remind: Option<Duration>,
    pub budget: Budget,
    pub backups: Backups,
    pub policy: Policy,
    pub redact: Vec<String>,
    pub depends_on: BTreeMap<String, Vec<String>>,
    pub ai: Ai,
}

/// One `logs[]` entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub path: Option<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    pub journal: Option<Journal>,
    pub command: Option<Vec<String>>,
    #[serde(default, deserialize_with = "some_duration")]
    pub timeout: Option<Duration>,
    pub name: Option<String>,
    #[serde(default, deserialize_with = "some_duration")]
    pub expect: Option<Duration>,
    #[serde(default)]
    pub required: bool,
}

/// `logs[].journal`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    pub units: Vec<String>,
    pub identifiers: Vec<String>,
    pub priority: Option<Priority>,
    pub boot: bool,
    pub directory: Option<String>,
}

/// Severity of syslog, from 0 (`emerg`) to 7 (`debug`).
#[derive(Clone, Copy, Debug)]
pub struct Priority(pub u8);

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = deserializer.deserialize_option(Written(priority, "a priority: `err`, or 0 to 7"))?;
        known.map(Self).ok_or_else(|| de::Error::custom("it is empty"))
    }
}

fn priority(text: &str) -> Result<u8, String> {
    const NAMES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
    let found = NAMES.iter().zip(0_u8..).find(|(name, number)| **name == text || number.to_string() == text);
    found
        .map(|(_, number)| number)
        .ok_or_else(|| format!("`{text}` is no priority; write one of {}, or 0 to 7", NAMES.join(", ")))
}

/// `budget`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    pub per_run: Option<u32>,
    pub per_day: Option<u32>,
}

/// `backups`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backups {
    pub keep: Option<usize>,
    #[serde(deserialize_with = "some_duration")]
    pub max_age: Option<Duration>,
}

/// `policy`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    pub allow_paths: Option<Vec<String>>,
    pub allow_services: Option<Vec<String>>,
    pub allow_containers: Option<Vec<String>>,
    pub allow_commands: Option<Vec<String>>,
    pub protected: Option<Vec<String>>,
    pub unprotect: Option<Vec<String>>,
    pub auto: Auto,
}

/// `policy.auto`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auto {
    pub severities: Option<Vec<Severity>>,
    pub risks: Option<Vec<Risk>>,
}

/// `ai`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ai {
    pub enabled: Option<bool>,
    pub provider: Option<String>,
    pub ollama_url: Option<String>,
    pub ollama_model: Option<String>,
    pub base_url: Option<String>,
    pub api_key_file: Option<String>,
    #[serde(deserialize_with = "some_duration")]
    pub timeout: Option<Duration>,
    #[serde(deserialize_with = "some_duration")]
    pub budget: Option<Duration>,
    pub max_incidents: Option<usize>,
    pub num_ctx: Option<u32>,
    pub allow_remote: Option<bool>,
    pub ca_file: Option<String>,
    #[serde(deserialize_with = "some_duration")]
    pub cache_ttl: Option<Duration>,
}

/// An application's `config.yaml`: only its block is ours.
#[derive(Debug, Deserialize)]
pub struct Application {
    pub auto_healer: AutoHealer,
}

/// The `auto_healer` block.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutoHealer {
    pub enabled: Option<bool>,
    pub enable_ai: Option<bool>,
    pub ollama_url: Option<String>,
    pub ollama_model: Option<String>,
    /// Minutes.
    pub check_interval: Option<u64>,
    pub apply_fixes: Option<bool>,
    pub max_fix_attempts: Option<u32>,
}

/// A duration where one may stand.
///
/// # Errors
/// As [`units::duration`].
pub fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    deserializer.deserialize_option(Written(units::duration, DURATION))
}

fn some_reach<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Reach>, D::Error> {
    deserializer.deserialize_option(Written(units::reach, DURATION))
}

/// Reads a scalar's text inside the visitor, so that a fault carries the scalar's place.
struct Written<T>(fn(&str) -> Result<T, String>, &'static str);

const DURATION: &str = "a duration such as 30s, 10m, 2h, 3d or 2w";

impl<'de, T> de::Visitor<'de> for Written<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.1)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        (self.0)(text).map(Some).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }
}
