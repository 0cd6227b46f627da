//! JSON Schema 2020-12, a file a type. Each is complete, so that an editor can use it alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use storycore_schema::Catalog;

use crate::{HEADER, dialect, prose};

const DEFS: &str = "#/$defs/";

/// Every type's schema, by name.
pub(crate) fn schemas(catalog: &Catalog) -> Vec<(String, Value)> {
    catalog
        .types
        .keys()
        .map(|name| (name.clone(), schema(catalog, name)))
        .collect()
}

fn schema(catalog: &Catalog, name: &str) -> Value {
    let mut schema = prose::relocate(&catalog.types[name], DEFS);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$comment"] = json!(HEADER);
    schema["title"] = json!(name);
    let defs: Map<String, Value> = needed(catalog, name)
        .into_iter()
        .filter_map(|it| Some((it.to_owned(), prose::relocate(catalog.types.get(it)?, DEFS))))
        .collect();
    if !defs.is_empty() {
        schema["$defs"] = Value::Object(defs);
    }
    schema
}

/// Names of the types that a type is made of, however deep.
fn needed<'a>(catalog: &'a Catalog, name: &'a str) -> BTreeSet<&'a str> {
    let mut needed = BTreeSet::new();
    let mut left = vec![name];
    while let Some(name) = left.pop() {
        let references = catalog
            .types
            .get(name)
            .map(dialect::references)
            .unwrap_or_default();
        left.extend(references.into_iter().filter(|it| needed.insert(*it)));
    }
    needed
}
