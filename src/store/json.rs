//! Small values in the database as JSON.

use rusqlite::types::Type;
use rusqlite::{Row, RowIndex};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value as its column holds it.
pub(super) fn text<T: Serialize>(value: &T) -> String {
    // Maps of strings and lists of times always can be written.
    serde_json::to_string(value).unwrap_or_default()
}

/// A column that must hold such a value.
pub(super) fn parse<T: DeserializeOwned, I: RowIndex>(row: &Row<'_>, column: I) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>(column)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
