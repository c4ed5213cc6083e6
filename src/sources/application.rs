//! An application that reports an error itself: one JSON object, on standard input.

use chrono::{DateTime, FixedOffset};
use serde::Deserialize;

use super::clock::Clock;
use super::members::Members;
use super::structured::{Fields, REACH};
use crate::words::Level;

/// What an application's event says beside what the beginning of any line of JSON does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// The service that it names, or the source.
    pub name: Option<String>,
    /// Its level, of an event so long that it may stand out of a header's reach.
    pub level: Option<Level>,
    /// Its time, of such a one.
    pub time: Option<DateTime<FixedOffset>>,
    /// Its message, of such a one; bounded.
    pub message: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "message")]
    _message: String,
    service: Option<serde_json::Value>,
    source: Option<serde_json::Value>,
}

/// Reads a line as an application's event; `None` when it is no object with a `message`.
#[must_use]
pub fn application(line: &[u8], clock: &Clock) -> Option<Application> {
    let object: Object =
        serde_json::from_slice(Some(line).filter(|line| line.trim_ascii_start().starts_with(b"{"))?).ok()?;
    let plain = |value: serde_json::Value| match value {
        serde_json::Value::String(name) => Some(name).filter(|name| is_name(name)),
        _ => None,
    };
    let name = object.service.and_then(plain).or_else(|| object.source.and_then(plain));
    let mut long = LongApplication::default();
    if line.len() > REACH {
        long.feed(line, clock);
    }
    Some(Application { name, ..long.finish().unwrap_or_default() })
}

/// An event that is too long to be held, read piece by piece.
#[derive(Debug, Default)]
pub struct LongApplication {
    members: Members,
    fields: Fields,
    message: Option<Vec<u8>>,
    service: Option<String>,
    source: Option<String>,
}

impl LongApplication {
    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8], clock: &Clock) {
        let Self { members, fields, message, service, source } = self;
        let name = |value: &[u8]| std::str::from_utf8(value).ok().filter(|name| is_name(name)).map(str::to_owned);
        members.feed(piece, &mut |key, value| match key {
            b"message" => *message = message.take().or_else(|| Some(value.to_vec())),
            b"service" => *service = service.take().or_else(|| name(value)),
            b"source" => *source = source.take().or_else(|| name(value)),
            _ => fields.take(value, key, 0..value.len(), clock),
        });
    }

    /// What it says; `None` when it was no object with a `message`.
    #[must_use]
    pub fn finish(self) -> Option<Application> {
        let message = self.message.filter(|_| self.members.is_whole())?;
        let name = self.service.or(self.source);
        Some(Application { name, level: self.fields.level, time: self.fields.time, message: Some(message) })
    }
}

/// It is shown, and compared with the names in `depends_on`: nothing else than a name.
fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/@".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Zone;

    fn clock() -> Clock {
        Clock { zone: Zone::Host, last_write: DateTime::UNIX_EPOCH.fixed_offset(), day_first: None, epoch_field: None }
    }

    #[test]
    fn an_event_names_its_service() {
        for (line, name) in [
            (r#"{"message":"boom","service":"checkout","source":"api/cart.py"}"#, Some("checkout")),
            (r#" {"message":"boom","source":"api/cart.py","context":{"a":[1]}}"#, Some("api/cart.py")),
            (r#"{"message":"boom","service":"two words","source":7}"#, None),
            (r#"{"message":"boom"}"#, None),
        ] {
            assert_eq!(application(line.as_bytes(), &clock()).unwrap().name.as_deref(), name, "{line}");
        }
        for line in ["", "{", "[]", r#"{"level":"error"}"#, r#"{"message":7}"#, "message", r#"["boom"]"#] {
            assert_eq!(application(line.as_bytes(), &clock()), None, "{line}");
        }
    }

    #[test]
    fn a_long_event_has_its_level_wherever_it_stands() {
        let padding = "z".repeat(70_000);
        let line = format!(
            r#"{{"context":{{"level":"debug","a":"{padding}"}},"message":"boom","service":"shop","level":"info",
            "timestamp":"2026-01-01T10:00:00Z"}}"#
        );
        let told = application(line.as_bytes(), &clock()).unwrap();
        assert_eq!((told.name.as_deref(), told.level), (Some("shop"), Some(Level::Info)));
        assert_eq!((told.message.as_deref(), told.time.is_some()), (Some(&b"boom"[..]), true));
        let mut long = LongApplication::default();
        line.as_bytes().chunks(1000).for_each(|piece| long.feed(piece, &clock()));
        assert_eq!(long.finish(), Some(told));
    }
}
