//! What the dialect reads, and what stops it.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

fn check(schema: &Value, expected: &Expect) {
    let read = match shape("Shot.field", schema) {
        Ok(shape) => format!("{shape:?}"),
        Err(err) => format!("stops: {err}"),
    };
    expected.assert_eq(&read);
}

#[test]
fn plain_shapes() {
    check(&json!(true), &expect!["Any"]);
    check(&json!({ "description": "Whatever." }), &expect!["Any"]);
    check(
        &json!({ "type": "integer", "format": "uint32", "minimum": 0 }),
        &expect!["Integer"],
    );
    check(
        &json!({ "type": ["string", "null"] }),
        &expect!["Nullable(String)"],
    );
    check(
        &json!({ "type": "string", "const": "fresh" }),
        &expect![[r#"Const("fresh")"#]],
    );
    check(
        &json!({ "anyOf": [{ "$ref": "#/$defs/ShotId" }, { "type": "null" }] }),
        &expect![[r#"Nullable(Named("ShotId"))"#]],
    );
    check(
        &json!({ "type": "array", "items": { "$ref": "#/$defs/ShotId" } }),
        &expect![[r#"List(Named("ShotId"))"#]],
    );
}

#[test]
fn maps_by_any_name_and_by_id() {
    check(
        &json!({ "type": "object", "additionalProperties": { "type": "boolean" } }),
        &expect!["Map(Boolean)"],
    );
    check(
        &json!({
            "type": "object",
            "additionalProperties": false,
            "patternProperties": { "^[0-9a-f]{64}$": { "$ref": "#/$defs/Asset" } },
        }),
        &expect![[r#"Map(Named("Asset"))"#]],
    );
}

#[test]
fn an_unknown_keyword_stops_and_is_named() {
    check(
        &json!({ "type": "object", "properties": { "size": { "type": "string", "if": {} } } }),
        &expect!["stops: Shot.field.size: the dialect has no keyword `if` beside `type`"],
    );
    check(
        &json!({ "prefixItems": [] }),
        &expect!["stops: Shot.field: the dialect has no keyword `prefixItems`"],
    );
}

#[test]
fn what_some_languages_cannot_say_stops() {
    // A tag inside a tag.
    check(
        &json!({ "$ref": "#/$defs/ShotEvent", "properties": { "noun": { "const": "shot" } } }),
        &expect!["stops: Shot.field: the dialect has no keyword `properties` beside `$ref`"],
    );
    // An untagged enum.
    check(
        &json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
        &expect![
            "stops: Shot.field: `anyOf` must be one schema and `null`: the dialect has no untagged enums"
        ],
    );
    // An enum with and without fields, tagged from outside.
    check(
        &json!({ "oneOf": [
            { "type": "string", "const": "none" },
            { "type": "object", "properties": { "some": {} }, "required": ["some"] },
        ] }),
        &expect![
            "stops: Shot.field: the cases of `oneOf` must all be texts, or structs told apart by one tag"
        ],
    );
    // A struct that swallows further fields.
    check(
        &json!({ "type": "object", "properties": { "a": {} }, "additionalProperties": true }),
        &expect!["stops: Shot.field: the dialect has no struct with further fields"],
    );
    check(
        &json!({ "const": 7 }),
        &expect!["stops: Shot.field: a constant must be a text, not 7"],
    );
}
