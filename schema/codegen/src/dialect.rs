//! The dialect of JSON Schema that every language can say: structs, string enums, one level of
//! tag. A schema that says more stops the generator; nothing is dropped in silence.

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value};

use crate::prose;

/// What a schema allows.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Anything at all.
    Any,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    String,
    /// Exactly this text.
    Const(String),
    /// A named type.
    Named(String),
    /// The inner shape, or `null`.
    Nullable(Box<Shape>),
    /// A list.
    List(Box<Shape>),
    /// Values by name.
    Map(Box<Shape>),
    /// A struct.
    Struct(Vec<Field>),
    /// One of several: texts, or structs that a tag tells apart.
    OneOf(Vec<Variant>),
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// Whether it must be sent.
    pub required: bool,
    /// What a reader takes when it is not sent. A writer always sends a field with a default.
    pub default: Option<Value>,
    /// What it holds.
    pub shape: Shape,
}

/// One case of a [`Shape::OneOf`].
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// A name of its own, if it has one.
    pub title: Option<String>,
    /// What it means.
    pub doc: String,
    /// What it holds.
    pub shape: Shape,
}

/// Keywords that say something about a schema and not about values.
const ANNOTATIONS: &[&str] = &["description", "title", "default"];

/// Reads a schema. `at` names it in an error, as in `Shot.take`.
pub fn shape(at: &str, schema: &Value) -> anyhow::Result<Shape> {
    let schema = match schema {
        Value::Bool(true) => return Ok(Shape::Any),
        Value::Object(schema) => schema,
        other => bail!("{at}: `{other}` is not a schema of the dialect"),
    };
    if let Some(target) = schema.get("$ref") {
        only(at, schema, &["$ref"])?;
        return reference(at, target);
    }
    if schema.contains_key("const") || schema.contains_key("enum") {
        only(at, schema, &["const", "enum", "type"])?;
        return constants(at, schema);
    }
    if let Some(cases) = schema.get("oneOf") {
        only(at, schema, &["oneOf"])?;
        return one_of(at, cases);
    }
    if let Some(cases) = schema.get("anyOf") {
        only(at, schema, &["anyOf"])?;
        return nullable_of(at, cases);
    }
    match schema.get("type") {
        None => only(at, schema, &[]).map(|()| Shape::Any),
        Some(Value::String(name)) => of_type(at, schema, name),
        Some(Value::Array(names)) => match names.as_slice() {
            [Value::String(name), Value::String(null)] if null == "null" => {
                Ok(Shape::Nullable(Box::new(of_type(at, schema, name)?)))
            }
            _ => bail!("{at}: `type` may be one name, or one name and `null`"),
        },
        Some(other) => bail!("{at}: `type` cannot be {other}"),
    }
}

/// Names of all types that a schema refers to, however deep.
pub fn references(schema: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    match schema {
        Value::Object(object) => {
            if let Some(name) = object
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(type_name)
            {
                names.push(name);
            }
            names.extend(object.values().flat_map(references));
        }
        Value::Array(values) => names.extend(values.iter().flat_map(references)),
        _ => {}
    }
    names
}

fn only(at: &str, schema: &Map<String, Value>, keywords: &[&str]) -> anyhow::Result<()> {
    let foreign = schema
        .keys()
        .find(|key| !keywords.contains(&key.as_str()) && !ANNOTATIONS.contains(&key.as_str()));
    match (foreign, keywords.first()) {
        (None, _) => Ok(()),
        (Some(key), Some(form)) => {
            bail!("{at}: the dialect has no keyword `{key}` beside `{form}`")
        }
        (Some(key), None) => bail!("{at}: the dialect has no keyword `{key}`"),
    }
}

fn type_name(target: &str) -> Option<&str> {
    target.strip_prefix("#/$defs/")
}

fn reference(at: &str, target: &Value) -> anyhow::Result<Shape> {
    target
        .as_str()
        .and_then(type_name)
        .map(|name| Shape::Named(name.to_owned()))
        .with_context(|| format!("{at}: `$ref` must read `#/$defs/Name`, not {target}"))
}

fn constants(at: &str, schema: &Map<String, Value>) -> anyhow::Result<Shape> {
    let text = |value: &Value| {
        let text = value.as_str().map(|it| Shape::Const(it.to_owned()));
        text.with_context(|| format!("{at}: a constant must be a text, not {value}"))
    };
    if let Some(value) = schema.get("const") {
        return text(value);
    }
    let values = schema.get("enum").and_then(Value::as_array);
    let cases = values
        .with_context(|| format!("{at}: `enum` must be a list"))?
        .iter()
        .map(|it| {
            Ok(Variant {
                title: None,
                doc: String::new(),
                shape: text(it)?,
            })
        });
    Ok(Shape::OneOf(cases.collect::<anyhow::Result<_>>()?))
}

fn one_of(at: &str, cases: &Value) -> anyhow::Result<Shape> {
    let cases = cases
        .as_array()
        .with_context(|| format!("{at}: `oneOf` must be a list"))?;
    let mut variants = Vec::new();
    for (idx, case) in cases.iter().enumerate() {
        let title = case
            .get("title")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned);
        let at = format!("{at}.{}", title.as_deref().unwrap_or(&idx.to_string()));
        variants.push(Variant {
            title,
            doc: prose::doc(case),
            shape: shape(&at, case)?,
        });
    }
    let texts = variants
        .iter()
        .all(|it| matches!(it.shape, Shape::Const(_)));
    ensure!(
        texts || tag(&variants).is_some(),
        "{at}: the cases of `oneOf` must all be texts, or structs told apart by one tag"
    );
    Ok(Shape::OneOf(variants))
}

/// The field that tells the variants apart.
fn tag(variants: &[Variant]) -> Option<&str> {
    let constants = |variant: &'_ Variant| -> Vec<String> {
        let Shape::Struct(fields) = &variant.shape else {
            return Vec::new();
        };
        let tags = fields
            .iter()
            .filter(|it| it.required && matches!(it.shape, Shape::Const(_)));
        tags.map(|it| it.name.clone()).collect()
    };
    let Shape::Struct(fields) = &variants.first()?.shape else {
        return None;
    };
    let shared = fields.iter().find(|it| {
        variants
            .iter()
            .all(|variant| constants(variant).contains(&it.name))
    });
    shared.map(|it| it.name.as_str())
}

fn nullable_of(at: &str, cases: &Value) -> anyhow::Result<Shape> {
    let [case, null] = cases.as_array().map(Vec::as_slice).unwrap_or_default() else {
        bail!("{at}: `anyOf` must be one schema and `null`: the dialect has no untagged enums");
    };
    ensure!(
        shape(at, null)? == Shape::Null,
        "{at}: `anyOf` must be one schema and `null`: the dialect has no untagged enums"
    );
    Ok(Shape::Nullable(Box::new(shape(at, case)?)))
}

fn of_type(at: &str, schema: &Map<String, Value>, name: &str) -> anyhow::Result<Shape> {
    match name {
        "null" => only(at, schema, &["type"]).map(|()| Shape::Null),
        "boolean" => only(at, schema, &["type"]).map(|()| Shape::Boolean),
        "string" => only(at, schema, &["type", "pattern", "format"]).map(|()| Shape::String),
        "integer" => {
            only(at, schema, &["type", "format", "minimum", "maximum"])?;
            Ok(Shape::Integer)
        }
        "number" => {
            only(at, schema, &["type", "format", "minimum", "maximum"])?;
            Ok(Shape::Number)
        }
        "array" => {
            only(at, schema, &["type", "items", "minItems", "maxItems"])?;
            let items = schema.get("items").unwrap_or(&Value::Bool(true));
            Ok(Shape::List(Box::new(shape(&format!("{at}[]"), items)?)))
        }
        "object" => object(at, schema),
        other => bail!("{at}: the dialect has no type `{other}`"),
    }
}

fn object(at: &str, schema: &Map<String, Value>) -> anyhow::Result<Shape> {
    const STRUCT: &[&str] = &["type", "properties", "required", "additionalProperties"];
    const BY_PATTERN: &[&str] = &["type", "patternProperties", "additionalProperties"];
    let others = schema.get("additionalProperties");
    if let Some(patterns) = schema.get("patternProperties") {
        only(at, schema, BY_PATTERN)?;
        let values: Vec<&Value> = patterns
            .as_object()
            .into_iter()
            .flat_map(Map::values)
            .collect();
        ensure!(
            values.len() == 1 && others == Some(&Value::Bool(false)),
            "{at}: `patternProperties` must hold one pattern, and nothing beside it"
        );
        return Ok(Shape::Map(Box::new(shape(
            &format!("{at}{{}}"),
            values[0],
        )?)));
    }
    only(at, schema, STRUCT)?;
    if let Some(values) = others.filter(|it| **it != Value::Bool(false)) {
        ensure!(
            !schema.contains_key("properties"),
            "{at}: the dialect has no struct with further fields"
        );
        return Ok(Shape::Map(Box::new(shape(&format!("{at}{{}}"), values)?)));
    }
    fields(at, schema).map(Shape::Struct)
}

fn fields(at: &str, schema: &Map<String, Value>) -> anyhow::Result<Vec<Field>> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut fields = Vec::new();
    for (name, schema) in properties.into_iter().flatten() {
        fields.push(Field {
            name: name.clone(),
            doc: prose::doc(schema),
            required: required.contains(&name.as_str()),
            default: schema.get("default").cloned(),
            shape: shape(&format!("{at}.{name}"), schema)?,
        });
    }
    let missing = required
        .iter()
        .find(|name| fields.iter().all(|it| it.name != **name));
    ensure!(
        missing.is_none(),
        "{at}: `required` names {missing:?}, which is no property"
    );
    Ok(fields)
}

#[cfg(test)]
mod tests;
