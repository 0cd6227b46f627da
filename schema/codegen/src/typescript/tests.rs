//! Small schemas as TypeScript.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;

fn check(name: &str, schema: &Value, expected: &Expect) {
    let mut writer = Writer {
        out: String::new(),
        names: BTreeSet::new(),
    };
    let shape = dialect::shape(name, schema).unwrap();
    writer.declare(name, &prose::doc(schema), &shape).unwrap();
    expected.assert_eq(&writer.out);
}

#[test]
fn a_struct_with_every_kind_of_field() {
    check(
        "Shot",
        &json!({
            "type": "object",
            "description": "A shot.\nSee [`Scene`]; never */ closes.",
            "properties": {
                "id": { "$ref": "#/$defs/ShotId", "description": "Its id." },
                "lens-mm": { "type": ["integer", "null"] },
                "take": { "anyOf": [{ "$ref": "#/$defs/TakeId" }, { "type": "null" }] },
                "notes": { "type": "object", "additionalProperties": { "type": "string" } },
                "marks": { "type": "array", "items": { "type": ["number", "null"] } },
                "value": true,
            },
            "required": ["id", "marks"],
        }),
        &expect![[r#"

            /**
             * A shot.
             * See `Scene`; never *\/ closes.
             */
            export interface Shot {
              /** Its id. */
              id: ShotId;
              "lens-mm"?: number | null;
              marks: (number | null)[];
              notes?: Record<string, string>;
              take?: TakeId | null;
              value?: unknown;
            }
        "#]],
    );
}

#[test]
fn an_enum_of_words_keeps_their_docs() {
    check(
        "Status",
        &json!({ "oneOf": [
            { "const": "fresh", "type": "string", "description": "It is." },
            { "const": "stale", "type": "string" },
        ] }),
        &expect![[r#"

            export type Status =
              /** It is. */
              | "fresh"
              | "stale";
        "#]],
    );
    check(
        "Op",
        &json!({ "type": "string", "enum": ["add", "remove"] }),
        &expect![[r#"

            export type Op =
              | "add"
              | "remove";
        "#]],
    );
}

#[test]
fn tagged_and_adjacently_tagged_structs_are_told_apart() {
    check(
        "TakeEvent",
        &json!({ "oneOf": [
            {
                "type": "object",
                "title": "TakeMade",
                "properties": { "type": { "const": "made", "type": "string" } },
                "required": ["type"],
            },
            {
                "type": "object",
                "properties": {
                    "type": { "const": "gone", "type": "string" },
                    "id": { "$ref": "#/$defs/TakeId" },
                },
                "required": ["type", "id"],
            },
        ] }),
        &expect![[r#"

            export interface TakeMade {
              type: "made";
            }

            export type TakeEvent =
              | TakeMade
              | { id: TakeId; type: "gone" };
        "#]],
    );
    check(
        "Event",
        &json!({ "oneOf": [{
            "type": "object",
            "title": "TakeEventOf",
            "properties": {
                "noun": { "const": "take", "type": "string" },
                "event": { "$ref": "#/$defs/TakeEvent" },
            },
            "required": ["noun", "event"],
        }] }),
        &expect![[r#"

            export interface TakeEventOf {
              event: TakeEvent;
              noun: "take";
            }

            export type Event =
              | TakeEventOf;
        "#]],
    );
}

#[test]
fn two_types_of_one_name_stop() {
    let mut writer = Writer {
        out: String::new(),
        names: BTreeSet::new(),
    };
    writer.declare("Shot", "", &Shape::String).unwrap();
    let err = writer.declare("Shot", "", &Shape::Null).unwrap_err();
    expect!["Shot: two types have this name"].assert_eq(&err.to_string());
}

#[test]
fn the_daemon_always_sends_what_has_a_default() {
    let text = typescript(&storycore_schema::catalog()).unwrap();
    let settings = text.split("export interface Settings {").nth(1).unwrap();
    assert!(
        settings.contains("  fps: number;"),
        "a client only reads settings"
    );
}
