//! The OpenRPC document: what `rpc.discover` returns.

use serde_json::{Map, Value, json};
use storycore_schema::{Catalog, ErrorKind, MethodInfo, NotificationInfo};

use crate::prose::{first_sentence, plain, relocate};

/// The version of OpenRPC we speak.
const OPENRPC_VERSION: &str = "1.3.2";
const TYPES: &str = "#/components/schemas/";

/// The catalog as an OpenRPC document. Kind, role and scope of a method are in `x-kind`, `x-role`
/// and `x-scope`; what OpenRPC has no word for is in `x-notifications` and in `x-retryable`, the kinds
/// of error after which the same request may succeed later.
pub fn openrpc(catalog: &Catalog) -> Value {
    let methods: Vec<Value> = catalog
        .methods
        .iter()
        .map(|it| method(catalog, it))
        .collect();
    let notifications: Vec<Value> = catalog.notifications.iter().map(notification).collect();
    let schemas: Map<String, Value> = catalog
        .types
        .iter()
        .map(|(name, schema)| (name.clone(), relocate(schema, TYPES)))
        .collect();
    let errors: Map<String, Value> = ErrorKind::ALL
        .iter()
        .map(|kind| (name_of(*kind), error(*kind)))
        .collect();
    let retryable: Vec<&ErrorKind> = ErrorKind::ALL.iter().filter(|it| it.retryable()).collect();
    json!({
        "openrpc": OPENRPC_VERSION,
        "info": {
            "title": "StoryCore",
            "description": "The language server for film-making.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "methods": methods,
        "x-notifications": notifications,
        "x-retryable": retryable,
        "components": { "schemas": schemas, "errors": errors },
    })
}

fn method(catalog: &Catalog, method: &MethodInfo) -> Value {
    let errors: Vec<Value> = ErrorKind::ALL
        .iter()
        .filter(|it| is_ours(**it))
        .map(|it| json!({ "$ref": format!("#/components/errors/{}", name_of(*it)) }))
        .collect();
    let mut described = json!({
        "name": method.name,
        "summary": first_sentence(&method.doc),
        "description": plain(&method.doc),
        "paramStructure": "by-name",
        "params": params(catalog, &method.params),
        "result": {
            "name": result_name(&method.result),
            "schema": relocate(&method.result, TYPES),
        },
        "errors": errors,
        "x-kind": method.kind,
        "x-role": method.role,
        "x-scope": method.scope,
    });
    if let Some((noun, _)) = method.name.split_once('/') {
        described["tags"] = json!([{ "name": noun }]);
    }
    described
}

/// JSON-RPC's and LSP's own errors go without saying; they are in the components only.
fn is_ours(kind: ErrorKind) -> bool {
    kind.code() > 0
}

fn params(catalog: &Catalog, name: &str) -> Vec<Value> {
    let Some(schema) = catalog.types.get(name) else {
        return Vec::new();
    };
    let required: Vec<&Value> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    let fields = schema.get("properties").and_then(Value::as_object);
    let described = fields.into_iter().flatten().map(|(field, schema)| {
        let is_required = required.iter().any(|it| *it == field);
        let mut schema = relocate(schema, TYPES);
        let doc = schema
            .as_object_mut()
            .and_then(|it| it.remove("description"));
        let mut param = json!({ "name": field, "required": is_required, "schema": schema });
        if let Some(doc) = doc {
            param["description"] = doc;
        }
        param
    });
    // JSON-RPC wants required params first.
    let (mut first, second): (Vec<Value>, Vec<Value>) =
        described.partition(|it| it["required"] == true);
    first.extend(second);
    first
}

fn result_name(schema: &Value) -> String {
    let named = |schema: &Value| {
        let target = schema.get("$ref").and_then(Value::as_str);
        target
            .and_then(|it| it.rsplit('/').next())
            .map(ToOwned::to_owned)
    };
    let listed = || {
        schema
            .get("items")
            .and_then(named)
            .map(|it| format!("list of {it}"))
    };
    named(schema)
        .or_else(listed)
        .unwrap_or_else(|| "result".to_owned())
}

fn notification(notification: &NotificationInfo) -> Value {
    json!({
        "name": notification.name,
        "description": plain(&notification.doc),
        "params": { "$ref": format!("{TYPES}{}", notification.params) },
    })
}

fn name_of(kind: ErrorKind) -> String {
    json!(kind).as_str().unwrap_or_default().to_owned()
}

fn error(kind: ErrorKind) -> Value {
    json!({
        "code": kind.code(),
        "message": kind.doc().trim(),
        "data": { "kind": kind },
    })
}

#[cfg(test)]
mod tests;
