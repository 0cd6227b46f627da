//! The contract as clients meet it: fresh files, documented methods, one table of errors.
//!
//! Who may call what stands beside the catalog, in `schema/src/catalog/tests.rs`; OpenRPC's own
//! tools check the document in `clients/typescript/tests/openrpc.test.ts`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use storycore_codegen::dialect::{self, Shape};
use storycore_schema::{ErrorKind, Kind, Role, Scope, catalog};

use crate::{
    repository::{expect_none, files_with, root, text},
    support::{block_on, in_process::InProcess},
};

#[test]
fn generated_files_are_fresh() {
    let stale = storycore_codegen::check(&root()).err().unwrap_or_default();
    expect_none(&stale, "stale: run `cargo xtask codegen`");
}

#[test]
fn every_method_and_param_has_a_doc() {
    let document = storycore_codegen::openrpc(&catalog());
    let mut found = Vec::new();
    for method in list(&document, "methods") {
        let name = word(method, "name");
        for key in ["summary", "description"] {
            if !is_prose(word(method, key)) {
                found.push(format!("{name} has no {key}"));
            }
        }
        for param in list(method, "params") {
            if !is_prose(word(param, "description")) {
                found.push(format!(
                    "{name}: param `{}` has no doc",
                    word(param, "name")
                ));
            }
        }
    }
    expect_none(&found, "write a doc comment: a sentence on what it is for");
}

#[test]
fn a_method_is_a_noun_and_a_verb() {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for method in &catalog().methods {
        let is_named = match method.name.split_once('/') {
            Some((noun, verb)) => is_camel_case(noun) && is_camel_case(verb),
            // The protocol itself.
            None => matches!(method.name, "initialize" | "rpc.discover"),
        };
        if !is_named {
            found.push(format!("{}: name it `noun/verb`", method.name));
        }
        if !seen.insert(method.name) {
            found.push(format!("{} is there twice", method.name));
        }
    }
    expect_none(&found, "a method has one name, `noun/verb`, in camelCase");
}

#[test]
fn every_command_of_a_film_takes_if_seq_and_nothing_else_does() {
    let catalog = catalog();
    let mut found = Vec::new();
    for method in &catalog.methods {
        let is_commit = method.kind == Kind::Command && method.scope == Scope::Film;
        let described = catalog.types[&method.params]["properties"].get("ifSeq");
        if described.is_some() != is_commit {
            found.push(format!("{}: described {described:?}", method.name));
        }
    }
    expect_none(&found, "the catalog adds `ifSeq` to commands of a film");
    block_on(async {
        let daemon = InProcess::new();
        for method in &catalog.methods {
            let is_commit = method.kind == Kind::Command && method.scope == Scope::Film;
            let params = json!({"ifSeq": "yesterday"});
            let answer = daemon.client(Role::Admin).call(method.name, params).await;
            let words = answer.err().map(|it| it.words()).unwrap_or_default();
            let heard = words.contains("at `ifSeq`: invalid type");
            assert_eq!(heard, is_commit, "{}: {words}", method.name);
        }
    });
}

#[test]
fn every_declared_method_is_in_the_catalog() {
    let known: BTreeSet<String> = catalog()
        .methods
        .iter()
        .map(|it| it.name.to_owned())
        .collect();
    let mut found = Vec::new();
    for path in files_with(&[".rs"]).filter(|it| it.starts_with("schema/src/")) {
        let text = text(path);
        for declared in ["\nfilm_method!(", "\ndaemon_method!("] {
            for piece in text.split(declared).skip(1) {
                let name = piece.split('"').nth(1).unwrap_or_default();
                if !known.contains(name) {
                    found.push(format!("{path}: `{name}`"));
                }
            }
        }
    }
    expect_none(
        &found,
        "add the method to the list in schema/src/catalog.rs",
    );
}

#[test]
fn every_error_has_a_code_of_its_own() {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for kind in ErrorKind::ALL {
        let code = kind.code();
        if let Some(other) = seen.insert(code, kind) {
            found.push(format!("{kind:?} and {other:?} are both {code}"));
        }
        // JSON-RPC 2.0 §5.1 and LSP 3.17 define some below zero; −32099…−32000 is the libraries'.
        let is_defined = matches!(code, -32700 | -32603..=-32600 | -32800 | -32002);
        if !is_defined && !(1001..2000).contains(&code) {
            found.push(format!("{kind:?} is {code}: ours start at 1001"));
        }
        if kind.doc().trim().is_empty() {
            found.push(format!("{kind:?} has no doc"));
        }
    }
    expect_none(&found, "correct the table in schema/src/error.rs");
}

#[test]
fn openrpc_tells_of_every_error_and_notification() {
    let catalog = catalog();
    let document = storycore_codegen::openrpc(&catalog);
    let described = |it: &Value| {
        (
            word(it, "name").to_owned(),
            word(it, "description").to_owned(),
        )
    };
    let told: BTreeMap<String, String> = list(&document, "x-notifications")
        .iter()
        .map(described)
        .collect();
    let mut found = Vec::new();
    for notification in &catalog.notifications {
        if !told.get(notification.name).is_some_and(|it| is_prose(it)) {
            found.push(format!("{} is missing or has no doc", notification.name));
        }
    }
    let errors = &document["components"]["errors"];
    for kind in ErrorKind::ALL {
        let name = serde_json::to_value(kind).expect("a kind is a text");
        let told = &errors[name.as_str().unwrap_or_default()]["code"];
        if *told != kind.code() {
            found.push(format!(
                "{kind:?} is {} in the table and {told} in the document",
                kind.code()
            ));
        }
    }
    expect_none(&found, "schema/codegen/src/openrpc.rs leaves something out");
}

#[test]
fn every_notification_declared_is_in_the_catalog() {
    let known: Vec<&str> = catalog().notifications.iter().map(|it| it.name).collect();
    let source = text("schema/src/notification.rs");
    let declared = source.split("const NAME: &'static str = \"").skip(1);
    let declared: Vec<&str> = declared.filter_map(|it| it.split('"').next()).collect();
    assert_eq!(
        declared, known,
        "list every notification in schema/src/catalog.rs"
    );
}

/// A struct variant of an enum is renamed by `rename_all_fields` and by nothing else.
#[test]
fn every_field_and_word_is_camel_case() {
    let mut found = Vec::new();
    for (name, schema) in &catalog().types {
        let shape = dialect::shape(name, schema).expect("the schema is of our dialect");
        names_of(name, &shape, &mut |at, it| {
            if !is_camel_case(it) {
                found.push(format!("{at}: `{it}`"));
            }
        });
    }
    expect_none(
        &found,
        "add `rename_all = \"camelCase\"`, or `rename_all_fields` to an enum",
    );
}

/// Calls `each` with every field's name and every word of a list, and where they stand.
fn names_of(at: &str, shape: &Shape, each: &mut impl FnMut(&str, &str)) {
    match shape {
        Shape::Nullable(inner) | Shape::List(inner) | Shape::Map(inner) => {
            names_of(at, inner, each);
        }
        Shape::Struct(fields) => {
            for field in fields {
                each(at, &field.name);
                names_of(&format!("{at}.{}", field.name), &field.shape, each);
            }
        }
        Shape::OneOf(variants) => {
            for variant in variants {
                names_of(at, &variant.shape, each);
            }
        }
        Shape::Const(word) => each(at, word),
        Shape::Any
        | Shape::Null
        | Shape::Boolean
        | Shape::Integer
        | Shape::Number
        | Shape::String
        | Shape::Named(_) => {}
    }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn word<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// A sentence or the like: it begins large or with code, and ends.
fn is_prose(doc: &str) -> bool {
    let doc = doc.trim();
    doc.len() > 3 && doc.ends_with(['.', '?', '`', ')']) && !doc.starts_with(char::is_lowercase)
}

fn is_camel_case(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_lowercase())
        && name.chars().all(|it| it.is_ascii_alphanumeric())
}
