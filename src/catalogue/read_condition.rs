//! `when` and `trusted` of a fix, from YAML to checked shapes.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{NaiveTime, Weekday};
use serde::Deserialize;

use super::read_step::unit;
use super::{Amount, Condition, FileCondition, Trusted};
use crate::config::{some_duration, units};

/// A condition's one key names its kind.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawCondition {
    all: Option<Vec<RawCondition>>,
    any: Option<Vec<RawCondition>>,
    not: Option<Box<RawCondition>>,
    service: Option<RawService>,
    file: Option<RawFile>,
    disk_free: Option<RawDisk>,
    memory_available: Option<RawBelow>,
    load: Option<RawLoad>,
    count: Option<RawCount>,
    age: Option<RawAge>,
    capture: Option<BTreeMap<String, String>>,
    time: Option<RawTime>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    name: String,
    state: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    path: String,
    exists: Option<bool>,
    #[serde(default, deserialize_with = "some_duration")]
    older_than: Option<Duration>,
    larger_than: Option<String>,
    mode: Option<serde_yaml::Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDisk {
    path: String,
    below: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBelow {
    below: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLoad {
    above: f64,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCount {
    at_least: u32,
    #[serde(default, deserialize_with = "some_duration")]
    within: Option<Duration>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAge {
    #[serde(default, deserialize_with = "some_duration")]
    at_least: Option<Duration>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTime {
    between: Option<(String, String)>,
    days: Vec<String>,
}

/// `trusted`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTrusted {
    unit: Option<String>,
    uid: Option<u32>,
    comm: Option<String>,
}

/// Checks one condition and gives it its shape. The depth is that of the file, which has a bound.
pub(super) fn condition(raw: RawCondition) -> Result<Condition, String> {
    let mut found = Vec::new();
    let many = |key: &str, raws: Vec<RawCondition>| {
        let conditions = raws.into_iter().map(condition).collect::<Result<Vec<_>, _>>()?;
        if conditions.is_empty() { Err(format!("`{key}` of `when` is empty")) } else { Ok(conditions) }
    };
    found.extend(raw.all.map(|raws| many("all", raws).map(Condition::All)));
    found.extend(raw.any.map(|raws| many("any", raws).map(Condition::Any)));
    found.extend(raw.not.map(|raw| condition(*raw).map(Box::new).map(Condition::Not)));
    found.extend(raw.service.map(service));
    found.extend(raw.file.map(file));
    found.extend(raw.disk_free.map(|raw| Ok(Condition::DiskFree { path: raw.path, below: amount(&raw.below)? })));
    found.extend(raw.memory_available.map(|raw| Ok(Condition::MemoryAvailable { below: amount(&raw.below)? })));
    found.extend(raw.load.map(|raw| {
        let good = raw.above.is_finite() && raw.above >= 0.0;
        if good { Ok(Condition::Load { above: raw.above }) } else { Err("`load.above` is no load".to_owned()) }
    }));
    found.extend(raw.count.as_ref().map(count));
    found.extend(raw.age.map(|raw| {
        let at_least = raw.at_least.ok_or("`age` needs `at_least`")?;
        Ok(Condition::Age { at_least })
    }));
    found.extend(raw.capture.map(captures));
    found.extend(raw.time.map(time));
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => only,
        (Some(_), false) => Err("a condition asks for several things; put them under `all` or `any`".to_owned()),
        (None, _) => Err("a condition is empty".to_owned()),
    }
}

/// What must be known of an event for it to count.
pub(super) fn trusted(raw: RawTrusted) -> Result<Trusted, String> {
    if raw.unit.is_none() && raw.uid.is_none() && raw.comm.is_none() {
        return Err("`trusted` demands nothing; write `unit`, `uid` or `comm`".to_owned());
    }
    let unit = raw.unit.map(|name| unit(&name)).transpose()?;
    if unit.as_ref().is_some_and(|unit| unit.contains('{')) {
        return Err("`trusted.unit` is written out, never captured".to_owned());
    }
    Ok(Trusted { unit, uid: raw.uid, comm: raw.comm })
}

fn service(raw: RawService) -> Result<Condition, String> {
    if raw.state.is_empty() || !raw.state.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return Err(format!("`state: {}` is no state such as active, failed or inactive", raw.state));
    }
    Ok(Condition::Service { name: unit(&raw.name)?, state: raw.state })
}

fn file(raw: RawFile) -> Result<Condition, String> {
    let mode = match raw.mode {
        None => None,
        Some(serde_yaml::Value::String(text)) => {
            let octal = (3..=4).contains(&text.len());
            let mode = u32::from_str_radix(&text, 8).ok().filter(|_| octal);
            Some(mode.ok_or_else(|| format!("`mode: {text}` of `file` is no octal mode such as \"0640\""))?)
        }
        Some(_) => return Err("`mode` goes in quotes: \"0640\"".to_owned()),
    };
    let larger_than = raw.larger_than.map(|text| units::size(&text)).transpose()?;
    let file = FileCondition { path: raw.path, exists: raw.exists, older_than: raw.older_than, larger_than, mode };
    if file.path.is_empty() {
        return Err("`file` needs `path`".to_owned());
    }
    let asks = file.exists.is_some() || file.older_than.is_some() || file.larger_than.is_some() || file.mode.is_some();
    if !asks {
        return Err("`file` asks for nothing; write `exists`, `older_than`, `larger_than` or `mode`".to_owned());
    }
    if file.exists == Some(false) && (file.older_than.is_some() || file.larger_than.is_some() || file.mode.is_some()) {
        return Err("`file`: what does not exist has neither age, size nor mode".to_owned());
    }
    Ok(Condition::File(file))
}

fn amount(text: &str) -> Result<Amount, String> {
    match text.trim().strip_suffix('%') {
        Some(number) => {
            let share: f64 = number.trim().parse().map_err(|_| format!("`{text}` is no share such as 10%"))?;
            if (0.0..=100.0).contains(&share) {
                Ok(Amount::Percent(share))
            } else {
                Err(format!("`{text}` is no share"))
            }
        }
        None => units::size(text).map(Amount::Bytes),
    }
}

fn count(raw: &RawCount) -> Result<Condition, String> {
    match raw.within {
        Some(within) if (1..=1000).contains(&raw.at_least) => Ok(Condition::Count { at_least: raw.at_least, within }),
        Some(_) => Err("`count.at_least` is a number from 1 to 1000".to_owned()),
        None => Err("`count` needs `within`".to_owned()),
    }
}

fn captures(groups: BTreeMap<String, String>) -> Result<Condition, String> {
    if groups.is_empty() {
        return Err("`capture` of `when` names no group".to_owned());
    }
    for (group, pattern) in &groups {
        regex::Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|error| format!("`capture: {group}`: the regex does not compile: {error}"))?;
    }
    Ok(Condition::Capture(groups))
}

fn time(raw: RawTime) -> Result<Condition, String> {
    let clock = |text: &str| {
        NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| format!("`{text}` is no time of day such as \"22:00\""))
    };
    let between = raw.between.map(|(from, to)| Ok::<_, String>((clock(&from)?, clock(&to)?))).transpose()?;
    let day = |text: &String| -> Result<Weekday, String> {
        text.parse().map_err(|_| format!("`{text}` is no day such as mon or tue"))
    };
    let days = raw.days.iter().map(day).collect::<Result<Vec<_>, _>>()?;
    if between.is_none() && days.is_empty() {
        return Err("`time` asks for nothing; write `between` or `days`".to_owned());
    }
    Ok(Condition::Time { between, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Condition, String> {
        condition(serde_yaml::from_str(text).unwrap())
    }

    #[test]
    fn each_kind_is_read() {
        let minute = Duration::from_secs(60);
        assert_eq!(read("load: {above: 8}"), Ok(Condition::Load { above: 8.0 }));
        assert_eq!(
            read("disk_free: {path: /var, below: 10%}"),
            Ok(Condition::DiskFree { path: "/var".into(), below: Amount::Percent(10.0) })
        );
        assert_eq!(
            read("memory_available: {below: 500M}"),
            Ok(Condition::MemoryAvailable { below: Amount::Bytes(500 << 20) })
        );
        assert_eq!(read("count: {at_least: 3, within: 1m}"), Ok(Condition::Count { at_least: 3, within: minute }));
        let service = Condition::Service { name: "a.service".into(), state: "failed".into() };
        assert_eq!(read("not: {service: {name: a, state: failed}}"), Ok(Condition::Not(Box::new(service))));
        let Ok(Condition::All(all)) = read(
            "all: [{age: {at_least: 1m}}, {file: {path: a, mode: '0640', larger_than: 2G}}, {capture: {unit: 'web-.*'}}]",
        ) else {
            panic!()
        };
        assert_eq!(all.len(), 3);
        let Ok(Condition::Time { between: Some((from, _)), days }) =
            read("time: {between: ['22:00', '06:00'], days: [mon, tue]}")
        else {
            panic!()
        };
        assert_eq!((from, days), (NaiveTime::from_hms_opt(22, 0, 0).unwrap(), vec![Weekday::Mon, Weekday::Tue]));
    }

    #[test]
    fn what_is_malformed_is_said() {
        for (text, expected) in [
            ("{}", "is empty"),
            ("all: []", "`all` of `when` is empty"),
            ("{load: {above: 1}, age: {at_least: 1m}}", "several things"),
            ("load: {above: -1}", "no load"),
            ("disk_free: {path: /, below: 5}", "no size"),
            ("disk_free: {path: /, below: 500%}", "no share"),
            ("count: {at_least: 0, within: 1m}", "from 1 to 1000"),
            ("count: {at_least: 1}", "needs `within`"),
            ("file: {path: a}", "asks for nothing"),
            ("file: {path: a, mode: 640}", "in quotes"),
            ("file: {path: a, exists: false, mode: '640'}", "does not exist"),
            ("capture: {a: '('}", "does not compile"),
            ("time: {}", "asks for nothing"),
            ("time: {between: ['25:00', '06:00']}", "no time of day"),
            ("time: {days: [someday]}", "no day"),
            ("service: {name: a, state: 'a b'}", "no state"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
