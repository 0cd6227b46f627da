//! What an editor offers where a language model is set up.

use std::fs;

use serde_json::{Value, json};

use super::Editor;
use crate::support::{Sandbox, block_on, llama::Llama};

const SCRIPT: &str = "\
INT. BOATHOUSE - NIGHT

Maya planes a long plank by lamplight.

MAYA
Wood forgets nothing.
";

/// What is offered on a line, whose titles speak of a model.
async fn offered(editor: &mut Editor, line: u32) -> Vec<Value> {
    let at = json!({ "line": line, "character": 0 });
    let asked = json!({ "range": { "start": at, "end": at }, "context": { "diagnostics": [] } });
    let actions = editor.ask("textDocument/codeAction", asked).await;
    let is_of_model = |it: &&Value| {
        let title = it["title"].as_str().unwrap_or_default();
        title.contains("language model")
    };
    let actions = actions.as_array().into_iter().flatten();
    actions.filter(is_of_model).cloned().collect()
}

#[test]
fn a_scene_is_planned_by_a_model_from_its_heading() {
    block_on(async {
        let llama = Llama::start();
        let sandbox = Sandbox::new();
        let script = sandbox.film("film", SCRIPT).join("script/film.fountain");
        fs::create_dir_all(sandbox.path().join("config")).expect("a folder");
        let settings = sandbox.path().join("config/daemon.toml");
        fs::write(settings, llama.settings()).expect("settings");
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        assert_eq!(offered(&mut editor, 2).await, Vec::<Value>::new());
        let actions = offered(&mut editor, 0).await;
        let title = actions[0]["title"].as_str().expect("a title");
        assert!(title.contains("`here`"), "{title}");
        let command = &actions[0]["command"];
        let run = json!({ "command": command["command"], "arguments": command["arguments"] });
        let planned = editor.client.ask("workspace/executeCommand", run).await;
        assert_eq!(planned["applied"], true, "{planned}");
        let written = fs::read_to_string(&script).expect("a script");
        assert!(written.contains("[[shot: "), "{written}");
    });
}

#[test]
fn without_a_model_none_is_offered() {
    block_on(async {
        let sandbox = Sandbox::new();
        let script = sandbox.film("film", SCRIPT).join("script/film.fountain");
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        assert_eq!(offered(&mut editor, 0).await, Vec::<Value>::new());
    });
}
