//! Schemas of answers, and what is wrong with an answer in words that a model and a person read.

use std::{fmt, sync::Arc};

use jsonschema::Validator;
use serde_json::Value;

use crate::error::{Error, ErrorKind, excerpt};

/// The largest schema, in bytes of JSON.
const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// The most faults that are told of one answer.
const FAULTS_MAX: usize = 8;

/// A JSON Schema that an answer must fit, ready to check.
#[derive(Clone)]
pub struct Schema {
    name: Arc<str>,
    value: Arc<Value>,
    validator: Arc<Validator>,
}

impl Schema {
    /// A schema with a name of letters, digits, `_` and `-`, which some providers want.
    ///
    /// # Errors
    /// `misconfigured` if it is no JSON Schema, very large, or refers to one elsewhere.
    pub fn new(name: &str, value: Value) -> Result<Schema, Error> {
        let wrong = |message| Error::new(ErrorKind::Misconfigured, message);
        let is_name = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-'));
        if !is_name {
            return Err(wrong(format!(
                "{name:?} does not name a schema: 1 to 64 of a-z, A-Z, 0-9, _ and - do"
            )));
        }
        let bytes = value.to_string().len();
        if bytes > SCHEMA_BYTES_MAX {
            return Err(wrong(format!(
                "the schema {name} has {bytes} bytes; {SCHEMA_BYTES_MAX} are the most"
            )));
        }
        let validator = jsonschema::validator_for(&value)
            .map_err(|error| wrong(format!("{name} is no JSON Schema: {error}")))?;
        Ok(Schema {
            name: name.into(),
            value: value.into(),
            validator: validator.into(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema itself.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// What is wrong with an answer, the first few things; nothing if it fits.
    pub fn faults(&self, answer: &Value) -> Vec<String> {
        let errors = self.validator.iter_errors(answer).take(FAULTS_MAX);
        errors
            .map(|error| match error.instance_path().to_string().as_str() {
                "" => excerpt(&error.to_string()),
                path => format!("at {path}: {}", excerpt(&error.to_string())),
            })
            .collect()
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.name)
    }
}

/// Whether OpenAI's `strict` takes a schema: it is closed, and bounds no texts.
pub(crate) fn is_strict(schema: &Value) -> bool {
    fn bounds_texts(schema: &Value) -> bool {
        match schema {
            Value::Object(map) => {
                let is_bound = map.contains_key("minLength") || map.contains_key("maxLength");
                is_bound || map.values().any(bounds_texts)
            }
            Value::Array(items) => items.iter().any(bounds_texts),
            _ => false,
        }
    }
    is_closed(schema) && !bounds_texts(schema)
}

/// Whether every object in a schema requires all its properties and allows no others, so that every
/// provider can hold a model to it.
pub(crate) fn is_closed(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let properties = map.get("properties").and_then(Value::as_object);
            let is_object =
                properties.is_some() || map.get("type").is_some_and(|it| it == "object");
            let n_properties = properties.map_or(0, serde_json::Map::len);
            let n_required = map
                .get("required")
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            let allows_no_others = map.get("additionalProperties") == Some(&Value::Bool(false));
            let is_whole = allows_no_others && n_required == n_properties;
            (!is_object || is_whole) && map.values().all(is_closed)
        }
        Value::Array(items) => items.iter().all(is_closed),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shots() -> Value {
        json!({
            "type": "object",
            "properties": {
                "shots": { "type": "array", "maxItems": 2, "items": {
                    "type": "object",
                    "properties": { "framing": { "enum": ["wide", "closeUp"] } },
                    "required": ["framing"],
                    "additionalProperties": false,
                } },
            },
            "required": ["shots"],
            "additionalProperties": false,
        })
    }

    #[test]
    fn faults_name_the_place() {
        let schema = Schema::new("shots", shots()).unwrap();
        assert!(
            schema
                .faults(&json!({"shots": [{"framing": "wide"}]}))
                .is_empty()
        );
        let faults = schema.faults(&json!({"shots": [{"framing": "wide"}, {"framing": "near"}]}));
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("at /shots/1/framing: "), "{faults:?}");
        assert!(faults[0].contains("closeUp"), "{faults:?}");
        let many = schema.faults(&json!({"shots": vec![json!({"framing": 1}); 40]}));
        assert_eq!(many.len(), FAULTS_MAX);
        assert_eq!(schema.faults(&json!([])).len(), 1);
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        let elsewhere = json!({"$ref": "https://example.com/schema.json"});
        let large = json!({"enum": ["x".repeat(SCHEMA_BYTES_MAX)]});
        for bad in [json!({"type": "objekt"}), json!(3), elsewhere, large] {
            let error = Schema::new("x", bad).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Misconfigured, "{error}");
        }
        assert!(Schema::new("a b", json!({})).is_err());
        assert!(Schema::new("", json!({})).is_err());
    }

    #[test]
    fn strict_schemas_leave_nothing_open() {
        assert!(is_strict(&shots()));
        let mut open = shots();
        open["additionalProperties"] = json!(true);
        assert!(!is_strict(&open));
        let mut optional = shots();
        optional["properties"]["shots"]["items"]["required"] = json!([]);
        assert!(!is_strict(&optional));
        let mut bound = shots();
        bound["properties"]["title"] = json!({"type": "string", "maxLength": 9});
        bound["required"] = json!(["shots", "title"]);
        assert!(is_closed(&bound) && !is_strict(&bound));
    }
}
