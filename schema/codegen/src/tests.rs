//! What is written is fresh, what is edited is stale.

use super::*;

#[test]
fn what_is_written_is_fresh_until_somebody_edits_it() {
    let root = tempfile::tempdir().unwrap();
    let reference = "schema/generated/methods.md".to_owned();
    assert!(check(root.path()).unwrap_err().contains(&reference));

    assert!(write(root.path()).unwrap().contains(&reference));
    assert_eq!(check(root.path()), Ok(()));
    assert!(write(root.path()).unwrap().is_empty());

    fs::write(root.path().join(&reference), "mine").unwrap();
    let leftover = "schema/generated/json-schema/Gone.json".to_owned();
    fs::write(root.path().join(&leftover), "{}").unwrap();
    assert_eq!(
        check(root.path()),
        Err(vec![reference.clone(), leftover.clone()])
    );
    assert_eq!(write(root.path()).unwrap(), [reference, leftover]);
    assert_eq!(check(root.path()), Ok(()));
}

#[test]
fn a_schema_outside_the_dialect_stops_everything() {
    let mut catalog = catalog();
    let schema = serde_json::json!({ "type": "array", "prefixItems": [] });
    catalog.types.insert("Pair".to_owned(), schema);
    let err = files(&catalog).unwrap_err().to_string();
    assert_eq!(
        err,
        "Pair: the dialect has no keyword `prefixItems` beside `type`"
    );
}

#[test]
fn editors_find_the_schemas_of_the_files_people_write() {
    let files = files(&catalog()).unwrap();
    for name in ["BibleEntry", "Settings"] {
        let path = format!("{JSON_SCHEMA_DIR}/{name}.json");
        let file = files.iter().find(|it| it.path == path).unwrap();
        let schema: Value = serde_json::from_str(&file.text).unwrap();
        assert_eq!(
            schema["additionalProperties"], false,
            "{name} takes a misspelled key"
        );
    }
}
