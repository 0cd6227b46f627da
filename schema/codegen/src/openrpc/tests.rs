//! One method of the document, and its promises as a whole.

use std::collections::BTreeSet;

use expect_test::expect;
use storycore_schema::catalog;

use super::*;

#[test]
fn a_method_has_its_params_by_name() {
    let document = openrpc(&catalog());
    let methods = document["methods"].as_array().unwrap();
    let mut method = methods
        .iter()
        .find(|it| it["name"] == "shot/get")
        .unwrap()
        .clone();
    method["errors"] = json!(method["errors"].as_array().unwrap().len());
    method.sort_all_objects();
    expect![[r##"
        {
          "description": "Returns one shot.",
          "errors": 9,
          "name": "shot/get",
          "paramStructure": "by-name",
          "params": [
            {
              "description": "The shot.",
              "name": "id",
              "required": true,
              "schema": {
                "$ref": "#/components/schemas/ShotId"
              }
            },
            {
              "description": "The film.",
              "name": "project",
              "required": true,
              "schema": {
                "$ref": "#/components/schemas/ProjectId"
              }
            }
          ],
          "result": {
            "name": "Shot",
            "schema": {
              "$ref": "#/components/schemas/Shot"
            }
          },
          "summary": "Returns one shot.",
          "tags": [
            {
              "name": "shot"
            }
          ],
          "x-kind": "query",
          "x-role": "viewer",
          "x-scope": "film"
        }"##]]
    .assert_eq(&serde_json::to_string_pretty(&method).unwrap());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openrpc(&catalog());
    let mut targets = BTreeSet::new();
    collect(&document, &mut targets);
    assert!(!targets.is_empty());
    for target in targets {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{target} leads nowhere"
        );
    }
}

fn collect<'a>(value: &'a Value, targets: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(object) => {
            targets.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|it| collect(it, targets));
        }
        Value::Array(values) => values.iter().for_each(|it| collect(it, targets)),
        _ => {}
    }
}
