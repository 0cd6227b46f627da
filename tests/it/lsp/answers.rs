//! What an editor asks about a script: names, what comes next, colors, what can be put right.

use super::*;

const TALK: &str = "INT. KITCHEN - DAY #1#\n\nMaya cuts bread. YOUNG MAYA is on the wall.\n\n\
                    MAYA (O.S.)\nYou are late, Jonas.\n\nJONAS\nI know, Maya.\n\n\
                    EXT. HARBOR - NIGHT\n\n[[shot: CU MAYA, 85mm]]\n\nMAYA\nBoats.\n\n\
                    YOUNG MAYA\nWhere?\n\n";
const MAYA: &str = "kind = \"character\"\nname = \"MAYA\"\ndescription = \"A baker.\"\n";

/// A film with two people and a bible that knows one of them.
fn talk(sandbox: &Sandbox) -> std::path::PathBuf {
    let film = sandbox.film("film", TALK);
    fs::create_dir_all(film.join("bible")).expect("a folder");
    fs::write(film.join("bible/maya.toml"), MAYA).expect("it is written");
    film
}

fn at(line: u32, character: u32) -> Value {
    json!({"position": {"line": line, "character": character}})
}

/// What a text is after edits that do not overlap, all of the same version.
pub(super) fn edited(text: &str, edits: &Value) -> String {
    let byte = |place: &Value| {
        let line = place["line"].as_u64().expect("a line") as usize;
        let column = place["character"].as_u64().expect("a column") as usize;
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        before + column
    };
    let mut edits: Vec<(usize, usize, String)> = edits
        .as_array()
        .expect("edits")
        .iter()
        .map(|it| {
            let new = it["newText"].as_str().expect("a text").to_owned();
            (byte(&it["range"]["start"]), byte(&it["range"]["end"]), new)
        })
        .collect();
    edits.sort();
    let mut edited = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        edited.replace_range(start..end, &new);
    }
    edited
}

#[test]
fn a_character_is_renamed_everywhere_and_nobody_else_is() {
    let sandbox = Sandbox::new();
    let film = talk(&sandbox);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        // What counts is what is typed.
        editor.change((2, 0), (2, 0), "The kettle. ").await;
        let typed = TALK.replace("Maya cuts", "The kettle. Maya cuts");
        let prepared = editor.ask("textDocument/prepareRename", at(4, 1)).await;
        assert_eq!(prepared["placeholder"], "MAYA");
        let mut asked = at(4, 1);
        asked["newName"] = json!("anna");
        let edit = editor.ask("textDocument/rename", asked.clone()).await;
        let changes = edit["changes"].as_object().expect("changes").clone();
        assert_eq!(changes.len(), 2);
        let renamed = edited(&typed, &changes[&editor.uri]);
        let expected = typed
            .replace("Maya", "anna")
            .replace("MAYA", "ANNA")
            .replace("YOUNG ANNA", "YOUNG MAYA");
        assert_eq!(renamed, expected);
        let bible = changes
            .iter()
            .find(|it| it.0.ends_with("maya.toml"))
            .expect("it");
        assert_eq!(edited(MAYA, bible.1), MAYA.replace("MAYA", "ANNA"));
        // Two people are not made one.
        asked["newName"] = json!("Jonas");
        asked["textDocument"] = json!({"uri": editor.uri});
        let refused = editor.client.call("textDocument/rename", asked).await;
        let message = refused.expect_err("it is refused").0.to_string();
        assert!(
            message.contains("JONAS") || message.contains("Jonas"),
            "{message}"
        );
    });
}

#[test]
fn names_lead_to_the_bible_and_to_each_other() {
    let sandbox = Sandbox::new();
    let film = talk(&sandbox);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        let found = editor.ask("textDocument/definition", at(2, 1)).await;
        assert!(
            found["uri"]
                .as_str()
                .expect("a file")
                .ends_with("bible/maya.toml")
        );
        assert_eq!(found["range"]["start"], json!({"line": 1, "character": 8}));
        // Nobody wrote about Jonas; he is where he speaks first.
        let found = editor.ask("textDocument/definition", at(5, 15)).await;
        assert_eq!(found["range"]["start"], json!({"line": 7, "character": 0}));
        let mut asked = at(4, 0);
        asked["context"] = json!({"includeDeclaration": false});
        let found = editor.ask("textDocument/references", asked).await;
        let lines: Vec<u64> = found
            .as_array()
            .expect("places")
            .iter()
            .filter_map(|it| it["range"]["start"]["line"].as_u64())
            .collect();
        assert_eq!(lines, [2, 4, 8, 12, 14]);
        let hover = editor.ask("textDocument/hover", at(4, 1)).await;
        let text = hover["contents"]["value"].as_str().expect("words");
        assert!(
            text.contains("**MAYA**") && text.contains("A baker."),
            "{text}"
        );
        let symbols = json!({"query": "harb"});
        let symbols = editor.client.ask("workspace/symbol", symbols).await;
        assert_eq!(symbols[0]["name"], "2 EXT. HARBOR - NIGHT");
    });
}

#[test]
fn what_comes_next_is_proposed_by_likelihood() {
    let sandbox = Sandbox::new();
    let film = talk(&sandbox);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        let end = (20, 0);
        let mut typed = 0;
        let mut labels = async |editor: &mut Editor, text: &str| -> Vec<String> {
            editor.change(end, (end.0, typed), text).await;
            typed = u32::try_from(text.len()).expect("short");
            let items = editor
                .ask("textDocument/completion", at(end.0, typed))
                .await;
            let items = items.as_array().expect("items").clone();
            let label = |it: &Value| it["label"].as_str().expect("a label").to_owned();
            items.iter().take(3).map(label).collect()
        };
        // Whoever spoke before the last one answers.
        assert_eq!(labels(&mut editor, "").await[..2], ["MAYA", "YOUNG MAYA"]);
        assert_eq!(labels(&mut editor, "J").await[0], "JONAS");
        assert_eq!(labels(&mut editor, "INT. ").await, ["KITCHEN", "HARBOR"]);
        assert_eq!(labels(&mut editor, "INT. KITCHEN - N").await, ["NIGHT"]);
        assert_eq!(labels(&mut editor, "> SM").await, ["SMASH CUT TO:"]);
        assert_eq!(labels(&mut editor, "MAYA (V").await, ["V.O.)"]);
        assert_eq!(labels(&mut editor, "[[shot: MC").await, ["MCU"]);
        assert_eq!(labels(&mut editor, "She waits").await, [] as [&str; 0]);
    });
}

#[test]
fn colors_are_told_whole_and_then_what_changed() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-16").await;
        let numbers = |it: &Value| -> Vec<u64> {
            let all = it.as_array().expect("numbers").iter();
            all.filter_map(Value::as_u64).collect()
        };
        let full = editor
            .ask("textDocument/semanticTokens/full", json!({}))
            .await;
        let mut known = numbers(&full["data"]);
        // Two headings, a cue and what is said.
        assert_eq!(
            known,
            [
                0, 0, 22, 0, 0, 4, 0, 4, 1, 0, 1, 0, 13, 3, 0, 2, 0, 23, 0, 0
            ]
        );
        editor
            .change((4, 0), (4, 0), "JONAS\nYes. [[🌊\nno]] So.\n\n")
            .await;
        let last = json!({"previousResultId": full["resultId"]});
        let delta = editor
            .ask("textDocument/semanticTokens/full/delta", last)
            .await;
        for edit in delta["edits"].as_array().expect("edits") {
            let start = edit["start"].as_u64().expect("a place") as usize;
            let gone = edit["deleteCount"].as_u64().expect("a count") as usize;
            known.splice(start..start + gone, numbers(&edit["data"]));
        }
        let full = editor
            .ask("textDocument/semanticTokens/full", json!({}))
            .await;
        assert_eq!(known, numbers(&full["data"]));
        // The wave is two units of UTF-16.
        let of_speech = [
            4, 0, 5, 1, 0, 1, 0, 5, 3, 0, 0, 5, 4, 5, 0, 1, 0, 4, 5, 0, 0, 4, 4, 3, 0,
        ];
        assert_eq!(known[5..30], of_speech);
    });
}

#[test]
fn what_is_wrong_can_be_put_right_with_one_click() {
    let sandbox = Sandbox::new();
    let film = talk(&sandbox);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        let known = editor.problems().await;
        assert!(
            known.contains(&"7:0 unknownCharacter".to_owned()),
            "{known:?}"
        );
        editor
            .change((20, 0), (20, 0), "MAYYA\nHm.\n\nMAYA\n\nWho?\n")
            .await;
        let note = loop {
            let note = editor
                .client
                .note("textDocument/publishDiagnostics", WAIT)
                .await;
            let note = note.expect("problems are told");
            if note["version"] == editor.version {
                break note;
            }
        };
        let problems = note["diagnostics"].as_array().expect("problems").clone();
        let about = |code: &str, line: u64| {
            let is_it = |it: &&Value| it["code"] == code && it["range"]["start"]["line"] == line;
            problems
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("{problems:#?}"))
                .clone()
        };
        let misspelled = about("unknownCharacter", 20);
        let message = misspelled["message"].as_str().expect("words");
        assert!(message.contains("did you mean MAYA?"), "{message}");
        let fix = async |editor: &mut Editor, problem: &Value| -> Vec<Value> {
            let context = json!({"diagnostics": [problem]});
            let asked = json!({"range": problem["range"], "context": context});
            let actions = editor.ask("textDocument/codeAction", asked).await;
            actions.as_array().expect("actions").clone()
        };
        let actions = fix(&mut editor, &misspelled).await;
        assert_eq!(actions[0]["title"], "Write MAYA");
        let edit = &actions[0]["edit"]["documentChanges"][0]["edits"][0];
        assert_eq!(edit["newText"], "MAYA");
        assert_eq!(edit["range"]["end"], json!({"line": 20, "character": 5}));
        let alone = about("missingDialogue", 23);
        let actions = fix(&mut editor, &alone).await;
        assert_eq!(actions[0]["title"], "Take the empty line away");
        let numbers = actions.iter().find(|it| it["title"] == "Number the scenes");
        let edits =
            &numbers.expect("scenes without numbers")["edit"]["documentChanges"][0]["edits"];
        assert_eq!(edits[0]["newText"], " #1A#");
    });
}

#[test]
fn lenses_and_commands_reach_the_catalog() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        let lenses = editor.ask("textDocument/codeLens", json!({})).await;
        let title = |it: &Value| it["command"]["title"].as_str().expect("a title").to_owned();
        let titles: Vec<String> = lenses
            .as_array()
            .expect("lenses")
            .iter()
            .map(title)
            .collect();
        assert_eq!(titles[0], "draw 3 shots");
        assert_eq!(titles[2], "open board");
        let command = &lenses[0]["command"];
        let run = json!({"command": command["command"], "arguments": command["arguments"]});
        let rendered = editor.client.ask("workspace/executeCommand", run).await;
        assert_eq!(rendered["done"], 3);
        let whole =
            json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
        let hints = editor
            .ask("textDocument/inlayHint", json!({"range": whole}))
            .await;
        let label = hints[0]["label"].as_str().expect("a label");
        assert!(
            label.starts_with("1/8 · ") && label.ends_with("3 shots"),
            "{label}"
        );
        let unknown = json!({"command": "storycore.fly"});
        let refused = editor
            .client
            .call("workspace/executeCommand", unknown)
            .await;
        assert!(
            refused
                .expect_err("refused")
                .0
                .to_string()
                .contains("no command storycore.fly")
        );
    });
}

#[test]
fn tidying_keeps_what_is_meant() {
    let sandbox = Sandbox::new();
    let text = "int. kitchen - day #1#  \n\nMaya waits.   \n\nMAYA\nYes.\n  \nNo.  \nhttps://a.example/b).";
    let film = sandbox.film("film", text);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        let options = json!({"options": {"tabSize": 4, "insertSpaces": true}});
        let edits = editor.ask("textDocument/formatting", options).await;
        // The line of two blanks keeps the speech together.
        let expected =
            "INT. KITCHEN - DAY #1#\n\nMaya waits.\n\nMAYA\nYes.\n  \nNo.\nhttps://a.example/b).\n";
        assert_eq!(edited(text, &edits), expected);
        let links = editor.ask("textDocument/documentLink", json!({})).await;
        assert_eq!(links[0]["target"], "https://a.example/b");
        let asked = json!({"positions": [{"line": 5, "character": 1}]});
        let ranges = editor.ask("textDocument/selectionRange", asked).await;
        let mut depth = 0;
        let mut range = &ranges[0];
        while range.is_object() {
            (depth, range) = (depth + 1, &range["parent"]);
        }
        assert!(depth >= 4, "{ranges}");
        // A name in small letters becomes a cue, so that what follows is said.
        editor.change((8, 0), (9, 0), "\nmaya\n").await;
        let mut typed = at(10, 0);
        typed["ch"] = json!("\n");
        typed["options"] = json!({"tabSize": 4, "insertSpaces": true});
        let edits = editor.ask("textDocument/onTypeFormatting", typed).await;
        assert_eq!(edits[0]["newText"], "MAYA");
    });
}
