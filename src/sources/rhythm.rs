//! Whether a log has gone silent: quiet for longer than it ever was, or than the operator allows.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta};

use crate::config::units::human;
use crate::store::Rhythm;

/// A rhythm is known from so many times on.
const SAMPLES: u64 = 20;
/// And from so long a history on; what an installer writes in a minute has none.
const HISTORY: i64 = 3600;
/// A history is so many times longer than its longest pause.
const REGULAR: i64 = 10;
/// A pause is no silence until it is so many times longer than any before.
const PAUSES: i64 = 5;
/// Nor until so many seconds have passed.
const SHORTEST: i64 = 600;

/// Why a log counts as silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    pub(super) text: String,
    /// The operator said how often it is written: trouble in every run.
    pub(super) expected: bool,
}

/// Takes in the time of one more line.
pub(super) fn note(rhythm: &mut Rhythm, time: DateTime<FixedOffset>) {
    let second = time.timestamp();
    let Some(last) = rhythm.last else {
        *rhythm = Rhythm { first: Some(second), last: Some(second), samples: 1, ..Rhythm::default() };
        return;
    };
    if second > last {
        rhythm.longest = rhythm.longest.max(second - last);
        rhythm.last = Some(second);
    }
    rhythm.samples += 1;
}

/// Whether a log that was last written at `written` is silent now.
pub(super) fn silence(
    rhythm: &Rhythm,
    expect: Option<Duration>,
    written: Option<DateTime<FixedOffset>>,
    now: DateTime<FixedOffset>,
) -> Option<Silence> {
    if let Some(expect) = expect {
        let Some(written) = written else {
            let text = format!("nothing was ever written; one line in {} is expected", human(expect));
            return Some(Silence { text, expected: true });
        };
        let quiet = now.signed_duration_since(written);
        let text = || format!("quiet for {}; one line in {} is expected", length(quiet), human(expect));
        return (quiet.to_std().unwrap_or_default() > expect).then(|| Silence { text: text(), expected: true });
    }
    let quiet = now.signed_duration_since(written?);
    let history = rhythm.last? - rhythm.first?;
    let regular = rhythm.samples >= SAMPLES && history >= HISTORY.max(rhythm.longest.saturating_mul(REGULAR));
    let silent = regular && quiet.num_seconds() > SHORTEST.max(rhythm.longest.saturating_mul(PAUSES));
    silent.then(|| {
        let pause = TimeDelta::seconds(rhythm.longest);
        Silence {
            text: format!("quiet for {}; it never paused for longer than {}", length(quiet), length(pause)),
            expected: false,
        }
    })
}

fn length(delta: TimeDelta) -> String {
    human(Duration::from_secs(delta.to_std().unwrap_or_default().as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<FixedOffset> {
        DateTime::UNIX_EPOCH.fixed_offset() + TimeDelta::minutes(minutes)
    }

    fn written(minutes: impl Iterator<Item = i64>) -> Rhythm {
        let mut rhythm = Rhythm::default();
        minutes.for_each(|minute| note(&mut rhythm, at(minute)));
        rhythm
    }

    #[test]
    fn a_log_that_stopped_is_silent() {
        let rhythm = written(0..300);
        assert_eq!(silence(&rhythm, None, Some(at(299)), at(305)), None);
        let silence = silence(&rhythm, None, Some(at(299)), at(330)).unwrap();
        assert_eq!(
            (silence.text.as_str(), silence.expected),
            ("quiet for 31m; it never paused for longer than 1m", false)
        );
    }

    #[test]
    fn a_log_without_rhythm_is_not() {
        for rhythm in
            [written(0..15), written((0..300).step_by(30)), written((0..60).chain(60 * 24..60 * 25)), Rhythm::default()]
        {
            assert_eq!(silence(&rhythm, None, Some(at(0)), at(100_000)), None);
        }
    }

    #[test]
    fn what_is_expected_goes_first() {
        let ten = Some(Duration::from_secs(600));
        assert_eq!(silence(&Rhythm::default(), ten, Some(at(0)), at(9)), None);
        assert!(silence(&Rhythm::default(), ten, Some(at(0)), at(11)).unwrap().expected);
        assert!(silence(&Rhythm::default(), ten, None, at(11)).unwrap().expected);
        let day = Some(Duration::from_secs(86_400));
        assert_eq!(silence(&written(0..300), day, Some(at(299)), at(600)), None);
    }
}
