//! Times in the database: RFC 3339, UTC, microseconds, so that text order is time order.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use rusqlite::types::Type;
use rusqlite::{Row, RowIndex};

/// A time as its column holds it.
pub(super) fn text(time: DateTime<FixedOffset>) -> String {
    time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A column that must hold a time.
pub(super) fn required<I: RowIndex>(row: &Row<'_>, column: I) -> rusqlite::Result<DateTime<FixedOffset>> {
    parse(&row.get::<_, String>(column)?)
}

/// A column that may hold a time.
pub(super) fn optional<I: RowIndex>(row: &Row<'_>, column: I) -> rusqlite::Result<Option<DateTime<FixedOffset>>> {
    row.get::<_, Option<String>>(column)?.map(|text| parse(&text)).transpose()
}

fn parse(text: &str) -> rusqlite::Result<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
