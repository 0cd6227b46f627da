//! The catalog becomes commands: all of it.

use expect_test::expect;
use serde_json::json;

use super::*;
use crate::app;

/// Params of what was typed, without the film.
fn typed(line: &str) -> Result<Value, String> {
    let catalog = storycore_schema::catalog();
    let words = std::iter::once("storycore").chain(line.split(' '));
    let matches = app::command(&catalog)
        .try_get_matches_from(words)
        .map_err(|error| error.render().to_string())?;
    let (noun, matches) = matches.subcommand().unwrap();
    let (verb, matches) = matches.subcommand().unwrap();
    let method = find(&catalog, noun, verb).unwrap();
    let flags = flag::flags(&catalog, method);
    Ok(params(method, matches, &flags).unwrap().into())
}

#[test]
fn every_method_is_a_command_and_every_field_a_flag() {
    let catalog = storycore_schema::catalog();
    let mut app = app::command(&catalog);
    app.build();
    for method in &catalog.methods {
        let Some((noun, verb)) = split(method.name) else {
            assert_eq!(method.name, "initialize");
            continue;
        };
        let command = app
            .find_subcommand(noun)
            .and_then(|it| it.find_subcommand(verb));
        let command = command.unwrap_or_else(|| panic!("no command for {}", method.name));
        assert!(command.get_about().is_some(), "{} has no help", method.name);
        let schema = &catalog.types[&method.params];
        let fields = schema.get("properties").and_then(Value::as_object);
        for field in fields.into_iter().flat_map(|it| it.keys()) {
            let arg = command
                .get_arguments()
                .find(|it| it.get_id() == field.as_str());
            let arg = arg.unwrap_or_else(|| panic!("{} has no flag for {field}", method.name));
            assert!(
                arg.get_help().is_some(),
                "{}: --{field} has no help",
                method.name
            );
        }
    }
    app.debug_assert();
}

#[test]
fn local_paths_are_fields_of_the_catalog() {
    let catalog = storycore_schema::catalog();
    for (name, field) in LOCAL_PATHS {
        let method = catalog.methods.iter().find(|it| it.name == *name).unwrap();
        assert!(
            catalog.types[&method.params]["properties"]
                .get(field)
                .is_some()
        );
    }
}

#[test]
fn what_is_typed_becomes_params() {
    assert_eq!(
        typed("shot list --status stale"),
        Ok(json!({"status": "stale"}))
    );
    assert_eq!(
        typed("shot render --shots A --shots B,C --force"),
        Ok(json!({"shots": ["A", "B", "C"], "force": true}))
    );
    assert_eq!(typed("shot render --force=no"), Ok(json!({"force": false})));
    assert_eq!(
        typed("event subscribe --after 7 --topics run,script"),
        Ok(json!({"after": 7, "topics": ["run", "script"]}))
    );
    assert_eq!(
        typed("project open --path /films/x --autoRender"),
        Ok(json!({"path": "/films/x", "autoRender": true}))
    );
    assert_eq!(typed("rpc discover"), Ok(json!({})));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refusal = |line: &str| typed(line).unwrap_err().lines().next().unwrap().to_owned();
    assert_eq!(
        refusal("shot list --status stael"),
        "error: invalid value 'stael' for '--status <WORD>'"
    );
    assert_eq!(
        refusal("event list --limit -1"),
        "error: unexpected argument '-1' found"
    );
    assert_eq!(
        refusal("event list --limit ten"),
        "error: invalid value 'ten' for '--limit <NUMBER>': must be a whole number from 0 on"
    );
    assert_eq!(
        refusal("shot get"),
        "error: the following required arguments were not provided:"
    );
    assert_eq!(refusal("shot fly"), "error: unrecognized subcommand 'fly'");
}

#[test]
fn help_says_it_all() {
    let catalog = storycore_schema::catalog();
    let mut app = app::command(&catalog).term_width(90);
    app.build();
    let command = app
        .find_subcommand_mut("shot")
        .unwrap()
        .find_subcommand_mut("list")
        .unwrap();
    expect![[r#"
        Lists shots in the order of the film.

        Usage: storycore shot list [OPTIONS]

        Options:
              --json
                  Print exactly the method's result, and errors as JSON

          -p, --project <PATH|ID>
                  The film: its folder, its file or its id [default: the folder you stand in]

              --scene <ID>
                  Only those of this scene

              --status <WORD>
                  Only those of this status

                  Possible values:
                  - fresh:   It is
                  - stale:   It was, before something it depends on changed
                  - missing: There is none yet

          -h, --help
                  Print help (see a summary with '-h')

        Examples:
          storycore shot list
          storycore shot list --json
          storycore shot list --project films/signals
          storycore shot list --scene 01ARZ3NDEKTSV4RRFFQ69G5FAV
    "#]]
    .assert_eq(&command.render_long_help().to_string());
}
