//! Files of the bible and the film's settings in an editor.

use super::*;

const MAYA: &str = "kind = \"character\"\nname = \"MAYA\"\n\n[details]\nhair = \"red\"\n";

async fn labels(editor: &mut Editor, line: u32, column: u32) -> Vec<String> {
    let at = json!({"position": {"line": line, "character": column}});
    let items = editor.ask("textDocument/completion", at).await;
    let items = items.as_array().expect("items").clone();
    let label = |it: &Value| it["label"].as_str().expect("a label").to_owned();
    items.iter().map(label).collect()
}

#[test]
fn the_bible_is_checked_completed_and_explained() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    fs::create_dir_all(film.join("bible")).expect("a folder");
    fs::write(film.join("bible/maya.toml"), MAYA).expect("it is written");
    let entry = film.join("bible/new.toml");
    fs::write(&entry, "").expect("it is written");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &entry, "test", "utf-8").await;
        assert_eq!(editor.problems().await, ["0:0 invalidToml"]);
        let keys = labels(&mut editor, 0, 0).await;
        assert_eq!(
            keys,
            [
                "aliases",
                "description",
                "[details]",
                "kind",
                "name",
                "[quality]"
            ]
        );
        editor
            .change((0, 0), (0, 0), "kind = \"\nname = \"\"\n\n[details]\n\n")
            .await;
        let kinds = labels(&mut editor, 0, 8).await;
        assert_eq!(kinds, ["character", "location", "prop", "style"]);
        // What others of the bible have.
        assert_eq!(labels(&mut editor, 4, 0).await, ["hair"]);
        let at = json!({"position": {"line": 0, "character": 1}});
        let hover = editor.ask("textDocument/hover", at).await;
        let text = hover["contents"]["value"].as_str().expect("words");
        assert!(text.contains("What it is about."), "{text}");
        editor.change((0, 8), (1, 8), "prop\"\nname = \"").await;
        assert_eq!(editor.problems().await, ["1:0 invalidEntry"]);
        editor.change((1, 8), (1, 8), "LAMP").await;
        assert_eq!(editor.problems().await, [] as [&str; 0]);
        // Nothing of a script is asked of it.
        assert_eq!(
            editor.ask("textDocument/codeLens", json!({})).await,
            Value::Null
        );
    });
}

#[test]
fn what_a_style_holds_pictures_against_is_checked_completed_and_explained() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    fs::create_dir_all(film.join("bible")).expect("a folder");
    let style = film.join("bible/style.toml");
    let text = "kind = \"style\"\nname = \"STYLE\"\n\n[quality]\nattempts = 9\n\n";
    fs::write(&style, text).expect("it is written");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &style, "test", "utf-8").await;
        assert_eq!(editor.problems().await, ["4:0 invalidEntry"]);
        editor.change((4, 11), (4, 12), "3").await;
        assert_eq!(editor.problems().await, [] as [&str; 0]);
        let keys = labels(&mut editor, 5, 0).await;
        assert!(keys.contains(&"sharpnessSoft".to_owned()), "{keys:?}");
        assert!(keys.contains(&"palette".to_owned()), "{keys:?}");
        assert!(!keys.contains(&"attempts".to_owned()), "{keys:?}");
        let at = json!({"position": {"line": 4, "character": 3}});
        let hover = editor.ask("textDocument/hover", at).await;
        let text = hover["contents"]["value"].as_str().expect("words");
        assert!(text.contains("another seed"), "{text}");
        editor.change((5, 0), (5, 0), "sharpnesSoft = 40\n").await;
        assert_eq!(editor.problems().await, ["5:0 invalidToml"]);
        editor.change((5, 8), (5, 8), "s").await;
        assert_eq!(editor.problems().await, [] as [&str; 0]);
        // Only a style has it.
        editor.change((0, 8), (0, 13), "prop").await;
        assert_eq!(editor.problems().await, ["3:0 invalidEntry"]);
    });
}

#[test]
fn the_settings_are_checked_and_a_foreign_file_is_left_alone() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let settings = film.join("storycore.toml");
    fs::write(&settings, "fps = 0\nrenderer = \nasp\n").expect("it is written");
    fs::write(film.join("Cargo.toml"), "fps = 0\n").expect("it is written");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &settings, "test", "utf-8").await;
        assert_eq!(editor.problems().await, ["2:0 invalidToml"]);
        assert_eq!(labels(&mut editor, 1, 11).await, ["sketch", "comfyui"]);
        assert_eq!(labels(&mut editor, 2, 3).await, ["aspect"]);
        editor.change((1, 0), (3, 0), "").await;
        assert_eq!(editor.problems().await, ["0:0 invalidSetting"]);
        let at = json!({"position": {"line": 0, "character": 1}});
        let hover = editor.ask("textDocument/hover", at).await;
        let text = hover["contents"]["value"].as_str().expect("words");
        assert!(
            text.contains("Frames a second") && text.contains("24"),
            "{text}"
        );
        let foreign = film.join("Cargo.toml");
        let mut editor = Editor::open(&sandbox, &foreign, "test", "utf-8").await;
        let at = json!({"position": {"line": 0, "character": 1}});
        assert_eq!(editor.ask("textDocument/hover", at).await, Value::Null);
    });
}

#[test]
fn a_rename_may_begin_in_the_bible() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    fs::create_dir_all(film.join("bible")).expect("a folder");
    let entry = film.join("bible/maya.toml");
    fs::write(&entry, MAYA).expect("it is written");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &entry, "test", "utf-8").await;
        let at = json!({"line": 1, "character": 10});
        let mut asked = json!({"position": at, "context": {"includeDeclaration": true}});
        let found = editor.ask("textDocument/references", asked.clone()).await;
        let lines: Vec<u64> = found
            .as_array()
            .expect("places")
            .iter()
            .filter_map(|it| it["range"]["start"]["line"].as_u64())
            .collect();
        assert_eq!(lines, [1, 2, 4]);
        asked["newName"] = json!("Anna");
        let edit = editor.ask("textDocument/rename", asked).await;
        let changes = by_file(&edit);
        let bible = changes.iter().find(|it| it.0 == editor.uri);
        assert_eq!(bible.expect("it").1[0]["newText"], "\"ANNA\"");
        let script = changes.iter().find(|it| it.0.ends_with("film.fountain"));
        assert_eq!(script.expect("it").1.as_array().map(Vec::len), Some(2));
    });
}
