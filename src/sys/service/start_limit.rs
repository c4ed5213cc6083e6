//! How often systemd would still start a unit: a restart that is refused leaves dead what ran before.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{BOOTED, QUESTION, Unit, argv, require_systemd, run};
use crate::sys::clock;

/// A unit's start limit, and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartLimit {
    /// So many starts are allowed ...
    pub burst: u32,
    /// ... within this time.
    pub within: Duration,
    /// Starts within that time up to now, as far as the journal tells.
    pub used: u32,
}

impl StartLimit {
    /// How many starts are left.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.burst.saturating_sub(self.used)
    }
}

/// The start limit of `unit`; `None` when it has none, or when systemd or its journal does not say.
#[must_use]
pub fn start_limit(unit: &Unit) -> Option<StartLimit> {
    require_systemd(Path::new(BOOTED)).ok()?;
    let properties = "StartLimitIntervalUSec,StartLimitBurst";
    let question = argv(&["systemctl", "show", "--no-pager", "-p", properties, "--", unit.as_str()]);
    let outcome = run(&question, QUESTION, true).ok().filter(super::Outcome::succeeded)?;
    let (burst, within) = parse(&outcome.text())?;
    let since = clock::now() - chrono::TimeDelta::from_std(within).ok()?;
    let mut question =
        argv(&["journalctl", "-b", "-o", "json", "--output-fields=INVOCATION_ID", "--no-pager", "--quiet", "_PID=1"]);
    question.push(format!("--since=@{}", since.timestamp()));
    question.push(format!("UNIT={unit}"));
    let journal = run(&question, QUESTION, true).ok().filter(super::Outcome::succeeded)?;
    Some(StartLimit { burst, within, used: starts(&journal.text()) })
}

fn parse(text: &str) -> Option<(u32, Duration)> {
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let burst = value("StartLimitBurst")?.parse().ok().filter(|burst| *burst > 0)?;
    let within = time_span(value("StartLimitIntervalUSec")?).filter(|span| !span.is_zero())?;
    Some((burst, within))
}

/// systemd's way to write a time: `10s`, `1min 30s`. Source: systemd.time(7).
fn time_span(text: &str) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for part in text.split_whitespace() {
        let unit = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number: f64 = part.strip_suffix(unit)?.parse().ok()?;
        let seconds = match unit {
            "us" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            "month" => 2_629_800.0,
            "y" => 31_557_600.0,
            _ => return None,
        };
        sum = sum.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
    }
    Some(sum)
}

/// Each start has an id of its own; systemd says several things about it.
fn starts(journal: &str) -> u32 {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "INVOCATION_ID")]
        invocation: String,
    }
    let ids = journal.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()).map(|line| line.invocation);
    u32::try_from(ids.collect::<BTreeSet<_>>().len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_systemd_writes_them() {
        let limit = |interval: &str, burst: &str| {
            parse(&format!("StartLimitIntervalUSec={interval}\nStartLimitBurst={burst}\n"))
        };
        assert_eq!(limit("10s", "5"), Some((5, Duration::from_secs(10))));
        assert_eq!(limit("1min 30s", "2"), Some((2, Duration::from_secs(90))));
        assert_eq!(limit("1h 500ms", "1"), Some((1, Duration::from_millis(3_600_500))));
        for (interval, burst) in
            [("0", "5"), ("10s", "0"), ("infinity", "5"), ("", "5"), ("10parsec", "5"), ("10s", "x")]
        {
            assert_eq!(limit(interval, burst), None, "{interval} {burst}");
        }
    }

    #[test]
    fn a_start_counts_once_however_much_is_said_of_it() {
        let journal = "{\"INVOCATION_ID\":\"a\"}\n{\"INVOCATION_ID\":\"a\"}\nnoise\n{\"INVOCATION_ID\":\"b\"}\n{}\n";
        assert_eq!(starts(journal), 2);
        assert_eq!(StartLimit { burst: 1, within: Duration::ZERO, used: 2 }.left(), 0);
    }
}
