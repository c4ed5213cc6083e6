//! One entry as `journalctl -o json` writes it: a field may be text, bytes, nothing, or several of these.

use std::fmt;

use chrono::{DateTime, FixedOffset, Local};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use super::Origin;
use crate::sources::level;
use crate::sources::record::MOST_BYTES;
use crate::words::Level;

/// The fields that are read; journald adds those of the entry's place by itself. The rest of an entry, a core dump
/// perhaps, is not asked for.
pub(super) const FIELDS: &str = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,UNIT,_SYSTEMD_UNIT,_UID,_COMM,_PID,_TRANSPORT,\
    MESSAGE_ID,OBJECT_SYSTEMD_UNIT,COREDUMP_UNIT,_SYSTEMD_SLICE";

/// By what process 1 marks that it starts a unit, and that it has started it.
const STARTS: [&str; 2] = ["7d4958e842da4a758f6c1cdc7b36dcc5", "39f53479d3a045ac8e11786248231fbf"];

/// Most values of a repeated field.
const MOST_VALUES: usize = 200;
/// The last second that is written with four digits of a year, in every zone.
const LAST_SECOND: i64 = 253_402_000_000;

/// One entry of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `journal:` and the unit or program that it is from: `journal:nginx.service`.
    pub source: String,
    /// When journald took it.
    pub time: DateTime<FixedOffset>,
    /// All that it says, several values below each other; at most 64 KiB.
    pub message: Vec<u8>,
    /// It says more than that.
    pub cut: bool,
    /// What its writer says of its importance.
    pub level: Option<Level>,
    /// What journald itself knows of its writer.
    pub origin: Origin,
    /// journald's name of it.
    pub(super) cursor: String,
    /// heal wrote it.
    pub(super) own: bool,
    /// Process 1 says that the unit starts.
    pub(super) starts: bool,
    /// By what it can be asked for.
    pub(super) asked: Asked,
}

/// The values that journalctl looks at when it is asked for units, identifiers and priorities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) priorities: Vec<String>,
    pub(super) identifiers: Vec<String>,
    pub(super) units: Vec<String>,
    pub(super) named_units: Vec<String>,
    pub(super) object_units: Vec<String>,
    pub(super) coredump_units: Vec<String>,
    pub(super) slices: Vec<String>,
    pub(super) message_ids: Vec<String>,
    pub(super) pids: Vec<String>,
    pub(super) uids: Vec<String>,
    pub(super) boots: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    #[serde(rename = "__CURSOR")]
    cursor: Values,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    time: Values,
    #[serde(rename = "MESSAGE")]
    message: Values,
    #[serde(rename = "PRIORITY")]
    priority: Values,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    identifier: Values,
    #[serde(rename = "UNIT")]
    named_unit: Values,
    #[serde(rename = "_SYSTEMD_UNIT")]
    unit: Values,
    #[serde(rename = "_UID")]
    uid: Values,
    #[serde(rename = "_COMM")]
    comm: Values,
    #[serde(rename = "_PID")]
    pid: Values,
    #[serde(rename = "_TRANSPORT")]
    transport: Values,
    #[serde(rename = "MESSAGE_ID")]
    message_id: Values,
    #[serde(rename = "OBJECT_SYSTEMD_UNIT")]
    object_unit: Values,
    #[serde(rename = "COREDUMP_UNIT")]
    coredump_unit: Values,
    #[serde(rename = "_SYSTEMD_SLICE")]
    slice: Values,
    #[serde(rename = "_BOOT_ID")]
    boot: Values,
}

#[cfg(fuzzing)]
impl Entry {
    /// Reads a line as root would.
    #[must_use]
    pub fn of_line(line: &[u8]) -> Option<Self> {
        Self::parse(line, 0, true)
    }
}

impl Entry {
    /// Reads a line of `journalctl -o json`; `None` when it is no entry. `user` is whom heal runs as; `shared` says
    /// that others may ask for it, too.
    pub(super) fn parse(line: &[u8], user: u32, shared: bool) -> Option<Self> {
        // Serde would take a list for the fields in their order.
        let object = Some(line).filter(|line| line.first() == Some(&b'{'))?;
        let fields: Fields = serde_json::from_slice(object).ok()?;
        let origin = fields.origin();
        let kernel = fields.transport.single() == Some("kernel");
        let identifier = fields.identifier.single();
        let micros: i64 = fields.time.single()?.parse().ok()?;
        if !(0..LAST_SECOND * 1_000_000).contains(&micros) {
            return None;
        }
        Some(Self {
            source: source(&origin, kernel, identifier),
            time: DateTime::from_timestamp_micros(micros)?.with_timezone(&Local).fixed_offset(),
            level: fields.priority.single().and_then(|text| text.parse().ok()).and_then(level::syslog),
            cursor: fields.cursor.single()?.to_owned(),
            own: identifier == Some("heal")
                && origin.comm.as_deref() == Some("heal")
                && origin.uid.is_some_and(|uid| uid == 0 || uid == user),
            asked: if shared { fields.asked() } else { Asked::default() },
            starts: origin.says_manager_of.is_some()
                && fields.message_id.single().is_some_and(|id| STARTS.contains(&id)),
            cut: fields.message.cut,
            message: fields.message.joined(),
            origin,
        })
    }
}

impl Fields {
    fn asked(&self) -> Asked {
        Asked {
            priorities: self.priority.texts(),
            identifiers: self.identifier.texts(),
            units: self.unit.texts(),
            named_units: self.named_unit.texts(),
            object_units: self.object_unit.texts(),
            coredump_units: self.coredump_unit.texts(),
            slices: self.slice.texts(),
            message_ids: self.message_id.texts(),
            pids: self.pid.texts(),
            uids: self.uid.texts(),
            boots: self.boot.texts(),
        }
    }

    /// Only what journald wrote itself; no program can set a field that begins with `_`.
    fn origin(&self) -> Origin {
        let uid = self.uid.single().and_then(|uid| uid.parse().ok());
        // Anyone may write `UNIT=`, `OBJECT_SYSTEMD_UNIT=` and `COREDUMP_UNIT=`; process 1 alone is believed.
        let manager = self.pid.single() == Some("1") && uid == Some(0);
        Origin {
            unit: self.unit.single().filter(|unit| is_unit(unit)).map(str::to_owned),
            uid,
            comm: self.comm.single().map(str::to_owned),
            says_manager_of: self.named_unit.single().filter(|unit| manager && is_unit(unit)).map(str::to_owned),
        }
    }
}

/// A name that nobody can choose freely: no program can pass for another's unit by what it calls itself.
fn source(origin: &Origin, kernel: bool, identifier: Option<&str>) -> String {
    if let Some(unit) = origin.says_manager_of.as_ref().or(origin.unit.as_ref()) {
        return format!("journal:{unit}");
    }
    if kernel {
        return "journal:kernel".to_owned();
    }
    let plain = |name: &&str| {
        (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    match identifier.filter(plain) {
        Some(identifier) => format!("journal:({identifier})"),
        None => "journal".to_owned(),
    }
}

fn is_unit(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":_.\\@-".contains(&byte))
}

/// Whether two cursors name one entry. Its boot, clocks and hash do; its number changes when journald moves the
/// journal from memory to disk.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    const PARTS: [&str; 4] = ["b=", "m=", "t=", "x="];
    a == b || PARTS.iter().all(|key| part(a, key).is_some() && part(a, key) == part(b, key))
}

/// Whether two cursors name entries that the host wrote without being started again in between.
pub(super) fn is_of_boot(a: &str, b: &str) -> bool {
    part(a, "b=") == part(b, "b=")
}

fn part<'a>(cursor: &'a str, key: &str) -> Option<&'a str> {
    cursor.split(';').find_map(|part| part.strip_prefix(key))
}

/// The values of a field.
#[derive(Debug, Default)]
struct Values {
    values: Vec<Vec<u8>>,
    /// There was more than is kept.
    cut: bool,
}

impl Values {
    /// The one value, if there is exactly one, and it is text.
    fn single(&self) -> Option<&str> {
        match self.values.as_slice() {
            [value] if !self.cut => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }

    /// Those of its values that are text.
    fn texts(&self) -> Vec<String> {
        self.values.iter().filter_map(|value| std::str::from_utf8(value).ok()).map(str::to_owned).collect()
    }

    fn joined(self) -> Vec<u8> {
        let mut text = self.values.join(&b'\n');
        text.truncate(MOST_BYTES);
        text
    }

    fn add(&mut self, mut value: Vec<u8>) {
        let room = MOST_BYTES.saturating_sub(self.values.iter().map(|value| value.len() + 1).sum());
        if self.values.len() >= MOST_VALUES || room == 0 {
            self.cut = true;
            return;
        }
        self.cut |= value.len() > room;
        value.truncate(room);
        self.values.push(value);
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut values = Self::default();
        match deserializer.deserialize_any(Whole { nested: false })? {
            Part::Nothing => {}
            Part::Byte(byte) => values.add(byte.to_string().into_bytes()),
            Part::Value(value) => values.add(value),
            Part::Several(several) => values = several,
        }
        Ok(values)
    }
}

/// What stands in one place of the JSON.
enum Part {
    /// `null`: too large for journalctl, or empty.
    Nothing,
    /// One byte of a value that is no UTF-8.
    Byte(u8),
    Value(Vec<u8>),
    Several(Values),
}

struct Element(Part);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole { nested: true }).map(Self)
    }
}

/// A field's text, bytes or list; in a list no further list of lists.
struct Whole {
    nested: bool,
}

impl<'de> Visitor<'de> for Whole {
    type Value = Part;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, bytes, null, or a list of these")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Part, E> {
        Ok(Part::Nothing)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Part, E> {
        // One byte more than is kept, so that the cut is seen.
        let bytes = text.as_bytes();
        Ok(Part::Value(bytes.get(..MOST_BYTES + 1).unwrap_or(bytes).to_vec()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Part, E> {
        u8::try_from(number).map(Part::Byte).map_err(|_| E::custom("a byte is at most 255"))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Part, E> {
        u8::try_from(number).map(Part::Byte).map_err(|_| E::custom("a byte is at most 255"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Part, A::Error> {
        let mut several = Values::default();
        let mut bytes: Option<Vec<u8>> = None;
        while let Some(Element(part)) = list.next_element()? {
            match part {
                Part::Nothing => {}
                Part::Byte(byte) => {
                    let bytes = bytes.get_or_insert_default();
                    if bytes.len() <= MOST_BYTES {
                        bytes.push(byte);
                    }
                }
                Part::Value(value) if !self.nested => several.add(value),
                Part::Value(_) | Part::Several(_) => return Err(de::Error::custom("a list of lists of lists")),
            }
        }
        Ok(match bytes {
            Some(bytes) if several.values.is_empty() => Part::Value(bytes),
            Some(_) => return Err(de::Error::custom("bytes among other values")),
            None if self.nested => Part::Value(Vec::new()),
            None => Part::Several(several),
        })
    }
}

#[cfg(test)]
mod tests;
