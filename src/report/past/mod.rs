//! What is remembered, as JSON and as text: `heal status`, `history`, `show`, `stats`, `mute` and `resume`.
//!
//! Each document has structs of its own, so that inner types may change and these may not. Text is made from the
//! documents.

mod chart;
mod history;
mod muting;
mod parts;
mod show;
mod stats;
mod status;

pub use history::HistoryDocument;
pub use muting::{MuteDocument, Resumed};
pub use show::ShowDocument;
pub use stats::StatsDocument;
pub use status::{Next, Standing, StatusDocument};

/// A minor bump only adds, a major one breaks.
pub const FORMAT_VERSION: &str = "1.0";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;

    /// The order of keys must not depend on what another crate asks of `serde_json`.
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let keys: BTreeMap<_, _> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
                Value::Object(keys.into_iter().collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
            other => other,
        }
    }

    /// `SNAPSHOTS=overwrite cargo test` writes the schemas anew; a change of them is a change of the contract.
    #[test]
    fn the_schemas_are_those_that_were_published() {
        let schemas = [
            ("history", schemars::schema_for!(HistoryDocument)),
            ("mute", schemars::schema_for!(MuteDocument)),
            ("resume", schemars::schema_for!(Resumed)),
            ("show", schemars::schema_for!(ShowDocument)),
            ("stats", schemars::schema_for!(StatsDocument)),
            ("status", schemars::schema_for!(StatusDocument)),
        ];
        let all: BTreeMap<_, _> = schemas.into_iter().map(|(name, one)| (name, sorted(one.to_value()))).collect();
        let text = serde_json::to_string_pretty(&all).unwrap() + "\n";
        snapbox::assert_data_eq!(text, snapbox::file!["schemas.json"]);
    }
}
