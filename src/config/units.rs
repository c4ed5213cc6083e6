//! Durations and sizes as tables and flags write them.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _};

use super::Reach;

/// Reads `30s`, `10m`, `2h`, `3d`, `2w` or a sum of them such as `1h30m`.
///
/// # Errors
/// A sentence saying what is expected: a bare number, an unknown unit, an overflow.
pub fn duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("`{text}` is no duration; write 30s, 10m, 2h, 3d, 2w or a sum such as 1h30m");
    let mut seconds: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(fault());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
        let number: u64 = rest[..digits].parse().map_err(|_| fault())?;
        let mut unit = rest[digits..].chars();
        let factor = match unit.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            _ => return Err(fault()),
        };
        rest = unit.as_str();
        seconds = number.checked_mul(factor).and_then(|part| seconds.checked_add(part)).ok_or_else(fault)?;
    }
    // A century is further than any log: keeps later sums of times far from overflow.
    if seconds > 100 * 365 * 86_400 { Err(fault()) } else { Ok(Duration::from_secs(seconds)) }
}

/// Reads a duration, or `all`.
///
/// # Errors
/// As [`duration`].
pub fn reach(text: &str) -> Result<Reach, String> {
    if text.trim() == "all" { Ok(Reach::All) } else { duration(text).map(Reach::Last) }
}

/// Reads a time before `now`: a duration back from it, RFC 3339, a date with or without a time of day (local),
/// `today`, `yesterday` (their beginnings), `now`; `None` for `all`.
///
/// # Errors
/// A sentence saying what is expected.
pub fn moment(text: &str, now: DateTime<FixedOffset>) -> Result<Option<DateTime<FixedOffset>>, String> {
    let fault = || {
        format!("`{text}` is no time; write 90m, 2h, 3d, yesterday, all, 2026-01-31 18:00 or 2026-01-31T18:00:00+01:00")
    };
    let local = |naive: NaiveDateTime| {
        Local.from_local_datetime(&naive).earliest().map(|time| time.fixed_offset()).ok_or_else(fault)
    };
    let midnight = |date: Option<NaiveDate>| local(date.ok_or_else(fault)?.and_time(NaiveTime::MIN));
    let text = text.trim();
    let today = now.with_timezone(&Local).date_naive();
    match text {
        "all" => return Ok(None),
        "now" => return Ok(Some(now)),
        "today" => return midnight(Some(today)).map(Some),
        "yesterday" => return midnight(today.pred_opt()).map(Some),
        _ => {}
    }
    if let Ok(back) = duration(text) {
        let back = TimeDelta::from_std(back).map_err(|_| fault())?;
        return now.checked_sub_signed(back).map(Some).ok_or_else(fault);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(time));
    }
    for shape in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
        if let Ok(naive) = NaiveDateTime::parse_from_str(text, shape) {
            return local(naive).map(Some);
        }
    }
    midnight(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).map(Some)
}

/// Refuses a span that ends before it begins: `--since` and `--until`, each as written and as understood.
///
/// # Errors
/// A sentence that names both times, and what to write instead.
pub fn ordered(
    (since, from): (&str, DateTime<FixedOffset>),
    (until, to): (&str, DateTime<FixedOffset>),
) -> Result<(), String> {
    if from <= to {
        return Ok(());
    }
    let shown = |time: DateTime<FixedOffset>| time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S %:z");
    let quoted = |text: &str| {
        let text = text.trim();
        if text.contains(' ') { format!("'{text}'") } else { text.to_owned() }
    };
    Err(format!(
        "--since {} is {}, and --until {} is {}, which is earlier: nothing lies between them; write `--since {} --until {}`",
        quoted(since),
        shown(from),
        quoted(until),
        shown(to),
        quoted(until),
        quoted(since),
    ))
}

/// Reads `500M` or `2G`: K, M, G and T count by 1024.
///
/// # Errors
/// A sentence saying what is expected.
pub fn size(text: &str) -> Result<u64, String> {
    let fault = || format!("`{text}` is no size; write 500M, 2G, 64K or 1T");
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
    let number: u64 = text.get(..digits).and_then(|digits| digits.parse().ok()).ok_or_else(fault)?;
    let shift = match text.get(digits..) {
        Some("K") => 10,
        Some("M") => 20,
        Some("G") => 30,
        Some("T") => 40,
        _ => return Err(fault()),
    };
    number.checked_mul(1 << shift).ok_or_else(fault)
}

/// Writes a duration as a person would: the two largest units that are not zero.
#[must_use]
pub fn human(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut parts = Vec::new();
    for (unit, length) in [("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
        if rest >= length {
            parts.push(format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.into_iter().take(2).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("1h30m", 5400), ("2w", 1_209_600), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "30", "30x", "m", "-5m", "1.5h", "99999999999999999999s", "5é", "9999999w"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_read() {
        let now: DateTime<FixedOffset> = "2026-11-24T15:00:00Z".parse().unwrap();
        let read = |text: &str| moment(text, now).unwrap().unwrap();
        assert_eq!(moment("all", now), Ok(None));
        assert_eq!(read("90m"), now - TimeDelta::minutes(90));
        assert_eq!(read("2026-11-24T12:00:00+01:00").timestamp(), now.timestamp() - 4 * 3600);
        assert_eq!(read("now"), now);
        let day = read("today") - read("yesterday");
        assert!((23..=25).contains(&day.num_hours()));
        assert!(
            read("2026-11-24 10:30") < read("2026-11-24T10:30:01") && read("2026-11-24") < read("2026-11-24 10:30")
        );
        for text in ["", "soon", "5", "2026-13-01", "24:00", "-5m"] {
            assert!(moment(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_begins_before_it_ends() {
        let now: DateTime<FixedOffset> = "2026-11-24T15:00:00Z".parse().unwrap();
        let time = |text: &str| moment(text, now).unwrap().unwrap();
        let check = |since: &'static str, until: &'static str| ordered((since, time(since)), (until, time(until)));
        assert_eq!(check("2h", "30m"), Ok(()));
        assert_eq!(check("now", "now"), Ok(()));
        let reason = check("30m", "2026-11-24 10:00").unwrap_err();
        assert!(reason.ends_with("write `--since '2026-11-24 10:00' --until 30m`"), "{reason}");
        let both = [time("30m"), time("2026-11-24 10:00")];
        for shown in both.map(|time| time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string()) {
            assert!(reason.contains(&shown), "{reason}");
        }
    }

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [("500M", 500 << 20), ("2G", 2 << 30), ("0K", 0)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "5", "M", "1.5G", "2GB", "99999999999T", "-1M", "5é"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn all_is_a_reach() {
        assert_eq!(reach("all"), Ok(Reach::All));
        assert_eq!(reach("1h"), Ok(Reach::Last(Duration::from_secs(3600))));
    }

    #[test]
    fn human_is_short() {
        assert_eq!(human(Duration::from_secs(93_784)), "1d2h");
        assert_eq!(human(Duration::ZERO), "0s");
    }
}
