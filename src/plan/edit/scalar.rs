//! Scalars: what they mean, whether two mean the same, and how a table's one is written plainly.

use crate::catalogue::Scalar;

use super::number;

/// What a plain word means to every reader that follows the YAML 1.2 core schema.
pub(super) fn resolve(plain: &str) -> Scalar {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        other => number::parse(other).map_or_else(|| Scalar::Text(other.to_owned()), Scalar::Number),
    }
}

/// Whether two scalars mean the same: `1.0` is `1`, but `"8080"` is not `8080`.
pub(super) fn same(a: &Scalar, b: &Scalar) -> bool {
    a == b
}

/// A table's scalar as its bare text.
pub(super) fn plain(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => text.clone(),
    }
}
