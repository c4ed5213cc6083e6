//! An application that reports an error itself: one JSON object, on standard input.

use serde::Deserialize;

/// What an application's event says beside what any line of JSON does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The service that it names, or the source.
    pub name: Option<String>,
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
pub fn application(line: &[u8]) -> Option<Application> {
    let object: Object =
        serde_json::from_slice(Some(line).filter(|line| line.trim_ascii_start().starts_with(b"{"))?).ok()?;
    let plain = |value: serde_json::Value| match value {
        serde_json::Value::String(name) => Some(name).filter(|name| is_name(name)),
        _ => None,
    };
    let name = object.service.and_then(plain).or_else(|| object.source.and_then(plain));
    Some(Application { name })
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

    #[test]
    fn an_event_names_its_service() {
        for (line, name) in [
            (r#"{"message":"boom","service":"checkout","source":"api/cart.py"}"#, Some("checkout")),
            (r#" {"message":"boom","source":"api/cart.py","context":{"a":[1]}}"#, Some("api/cart.py")),
            (r#"{"message":"boom","service":"two words","source":7}"#, None),
            (r#"{"message":"boom"}"#, None),
        ] {
            assert_eq!(application(line.as_bytes()).unwrap().name.as_deref(), name, "{line}");
        }
        for line in ["", "{", "[]", r#"{"level":"error"}"#, r#"{"message":7}"#, "message", r#"["boom"]"#] {
            assert_eq!(application(line.as_bytes()), None, "{line}");
        }
    }
}
