//! The schema as `strict` wants it: every key is required, and what may be left out is null.

use serde_json::{Value, json};

/// The same schema without optional keys.
pub(super) fn strict(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(items) = schema.get("items").map(strict) {
        schema["items"] = items;
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return schema };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let strict_properties: serde_json::Map<String, Value> = properties
        .iter()
        .map(|(key, property)| {
            let property = strict(property);
            (key.clone(), if required.contains(&key.as_str()) { property } else { or_null(property) })
        })
        .collect();
    schema["required"] = strict_properties.keys().cloned().collect();
    schema["properties"] = strict_properties.into();
    schema
}

fn or_null(mut schema: Value) -> Value {
    let mut types = match schema.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
        None => return schema,
    };
    types.push(json!("null"));
    schema["type"] = types.into();
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::answer;

    #[test]
    fn nothing_is_optional() {
        let schema = strict(&answer::schema(&["a".to_owned()]));
        let all = |schema: &Value| {
            let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
            assert_eq!(json!(keys), schema["required"], "{schema}");
            assert_eq!(schema["additionalProperties"], false);
        };
        all(&schema);
        let suggestion = &schema["properties"]["suggestion"];
        all(suggestion);
        assert_eq!(suggestion["type"], json!(["object", "null"]));
        assert_eq!(suggestion["properties"]["file"]["type"], "string");
        assert_eq!(suggestion["properties"]["value"]["type"], json!(["string", "number", "boolean", "null"]));
        assert_eq!(schema["properties"]["fix"], json!({"type": "string", "enum": ["a", "none"]}));
    }
}
