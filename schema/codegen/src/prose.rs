//! Docs and references as they read outside of Rust.

use serde_json::Value;

/// The schema's doc.
pub(crate) fn doc(schema: &Value) -> String {
    schema
        .get("description")
        .and_then(Value::as_str)
        .map(plain)
        .unwrap_or_default()
}

/// A doc comment without links that only rustdoc can follow: ``[`Shot`]`` becomes `` `Shot` ``.
pub(crate) fn plain(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

/// The first sentence of a doc comment, in one line.
pub(crate) fn first_sentence(text: &str) -> String {
    let text = one_line(text);
    match text.find(". ") {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}

/// A doc comment in one line.
pub(crate) fn one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A schema for readers outside of Rust: plain docs, and types that are found at `types`, as in
/// `#/components/schemas/`.
pub(crate) fn relocate(schema: &Value, types: &str) -> Value {
    match schema {
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("$ref", Value::String(target)) => target.replace("#/$defs/", types).into(),
                    ("description", Value::String(doc)) => plain(doc).into(),
                    _ => relocate(value, types),
                };
                (key.clone(), value)
            });
            Value::Object(entries.collect())
        }
        Value::Array(values) => values.iter().map(|it| relocate(it, types)).collect(),
        other => other.clone(),
    }
}
