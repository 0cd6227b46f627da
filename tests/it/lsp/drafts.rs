//! Unsaved text: seen by all, kept when an editor or the daemon is killed, and never in the way of
//! what others write.

use std::path::{Path, PathBuf};

use super::*;

/// A film with one script, open in an editor, and its id.
struct Desk {
    sandbox: Sandbox,
    script: PathBuf,
}

impl Desk {
    fn new() -> Desk {
        let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
        let film = sandbox.film("film", SCRIPT);
        Desk {
            sandbox,
            script: film.join("script/film.fountain"),
        }
    }

    fn film(&self) -> &Path {
        self.script.parent().and_then(Path::parent).expect("a film")
    }

    async fn editor(&self, name: &str) -> Editor {
        Editor::open(&self.sandbox, &self.script, name, "utf-16").await
    }
}

/// The next preview that a page is told of; `None` when nothing is unsaved any more.
async fn preview(page: &mut Client) -> Option<Value> {
    let note = page.note("draft/changed", WAIT).await;
    let preview = note.expect("a draft is told")["preview"].take();
    (!preview.is_null()).then_some(preview)
}

/// Waits until there are this many drafts, and returns them.
async fn drafts(client: &mut Client, project: &str, count: usize) -> Vec<Value> {
    loop {
        let drafts = client.ask("draft/list", json!({"project": project})).await;
        let drafts = drafts.as_array().expect("drafts").clone();
        if drafts.len() == count {
            return drafts;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The titles of what can be done about the problems of the first line.
async fn offers(editor: &mut Editor, code: &str) -> Vec<Value> {
    let place = json!({"line": 0, "character": 0});
    let problems = loop {
        let note = editor
            .client
            .note("textDocument/publishDiagnostics", WAIT)
            .await;
        let problems = note.expect("problems are told")["diagnostics"].take();
        let problems = problems.as_array().expect("problems").clone();
        if problems.iter().any(|it| it["code"] == code) {
            break problems;
        }
    };
    let about: Vec<Value> = problems
        .into_iter()
        .filter(|it| it["code"] == code)
        .collect();
    let params = json!({
        "range": {"start": place, "end": place}, "context": {"diagnostics": about},
    });
    let actions = editor.ask("textDocument/codeAction", params).await;
    let actions = actions.as_array().expect("actions").iter();
    actions
        .filter(|it| it["diagnostics"][0]["code"] == code)
        .cloned()
        .collect()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    let titles = actions.iter().map(|it| it["title"].as_str());
    titles.flatten().collect()
}

/// What the server asks of the editor, which answers.
async fn asked_of(client: &mut Client, method: &str, result: Value) -> Value {
    loop {
        let message = client.receive().await.expect("a message");
        if message["method"] == method {
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
            client.send(&answer.to_string()).await;
            return message["params"].clone();
        }
    }
}

/// The text after an action's edit of it.
fn after(text: &str, action: &Value) -> String {
    answers::edited(text, &action["edit"]["documentChanges"][0]["edits"])
}

#[test]
fn a_page_sees_what_an_editor_types() {
    let desk = Desk::new();
    block_on(async {
        let daemon = desk.sandbox.start();
        let mut page = Client::socket(&daemon.socket).await;
        let id = page.open(desk.film(), false).await;
        let before = page.ask("state/subscribe", json!({"project": id})).await;
        let mut editor = desk.editor("test").await;
        let roof = "\nEXT. ROOF - DAY\n\nWind.\n";
        editor.change((6, 0), (6, 0), roof).await;
        let told = preview(&mut page).await.expect("a preview");
        assert_eq!(told["path"], "script/film.fountain");
        assert_eq!(told["revision"], before["revision"]);
        let patch: json_patch::Patch =
            serde_json::from_value(told["patch"].clone()).expect("a patch");
        let mut state = before["state"].clone();
        json_patch::patch(&mut state, &patch).expect("it fits");
        let scenes = state["project"]["scenes"]
            .as_object()
            .expect("scenes")
            .values();
        let headings: Vec<_> = scenes.filter_map(|it| it["heading"].as_str()).collect();
        assert!(headings.contains(&"EXT. ROOF - DAY"), "{headings:?}");
        // Whoever comes later sees it, too.
        let mut other = Client::socket(&daemon.socket).await;
        other.ask("state/subscribe", json!({"project": id})).await;
        assert_eq!(preview(&mut other).await, Some(told));
        let listed = drafts(&mut page, &id, 1).await;
        assert_eq!(listed[0]["open"], true);
        let wanted = json!({
            "project": id, "client": listed[0]["client"], "path": "script/film.fountain",
        });
        let text = page.ask("draft/get", wanted.clone()).await;
        assert!(
            text["text"]
                .as_str()
                .expect("text")
                .contains("EXT. ROOF - DAY")
        );
        let refused = page.call("draft/discard", wanted).await;
        assert_eq!(
            refused.expect_err("it is open").kind(),
            "failedPrecondition"
        );
        // Nothing of it is in the log.
        let state = page.ask("state/get", json!({"project": id})).await;
        assert_eq!(state["seq"], before["seq"]);
        // Given up.
        let closed = json!({"textDocument": {"uri": editor.uri}});
        tell(&mut editor.client, "textDocument/didClose", &closed).await;
        while preview(&mut page).await.is_some() {}
        drafts(&mut page, &id, 0).await;
        assert!(!desk.film().join(".storycore/drafts").exists());
    });
}

#[test]
fn what_was_typed_outlives_the_editor_and_the_daemon() {
    let desk = Desk::new();
    block_on(async {
        let daemon = desk.sandbox.start();
        let mut page = Client::socket(&daemon.socket).await;
        let id = page.open(desk.film(), false).await;
        // Nothing stands in between that would start another daemon.
        let editor = Client::socket(&daemon.socket).await;
        let mut editor = Editor::begin(editor, &desk.script, "lost", "utf-16").await;
        editor.change((2, 0), (2, 0), "Precious words. ").await;
        let noted = drafts(&mut page, &id, 1).await;
        let client = noted[0]["client"].as_str().expect("a name");
        let folder = desk.film().join(".storycore/drafts").join(client);
        while !folder.join("script/film.fountain").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        daemon.kill();
        drop(editor);
        let daemon = desk.sandbox.start();
        let mut page = Client::socket(&daemon.socket).await;
        page.open(desk.film(), false).await;
        assert_eq!(drafts(&mut page, &id, 1).await[0]["open"], false);
        // The next editor is told, and can have it.
        let mut editor = desk.editor("next").await;
        let actions = offers(&mut editor, "keptDraft").await;
        assert_eq!(
            titles(&actions),
            [
                "Throw that text away",
                "Put that text here",
                "Show that text"
            ]
        );
        let text = after(SCRIPT, &actions[1]);
        assert_eq!(
            text,
            SCRIPT.replace("Maya cuts", "Precious words. Maya cuts")
        );
        let call = &actions[0]["command"];
        let call = json!({"command": call["command"], "arguments": call["arguments"]});
        editor.client.ask("workspace/executeCommand", call).await;
        assert_eq!(editor.problems().await, [] as [&str; 0]);
        drafts(&mut page, &id, 0).await;
    });
}

#[test]
fn two_who_write_one_file_lose_nothing() {
    let desk = Desk::new();
    block_on(async {
        let mut first = desk.editor("first").await;
        let mut second = desk.editor("second").await;
        assert_eq!(second.problems().await, [] as [&str; 0]);
        second.change((9, 12), (9, 12), " Often.").await;
        assert_eq!(second.problems().await, [] as [&str; 0]);
        // The first one saves.
        let saved = SCRIPT.replace("cuts bread", "cuts cheese");
        first.change((2, 10), (2, 15), "cheese").await;
        fs::write(&desk.script, &saved).expect("it is written");
        let params = json!({"textDocument": {"uri": first.uri}});
        tell(&mut first.client, "textDocument/didSave", &params).await;
        let actions = offers(&mut second, "changedOnDisk").await;
        assert_eq!(
            titles(&actions),
            [
                "Join both: they changed different lines",
                "Take what is on disk",
                "Show what is on disk",
                "Keep mine, and replace what is on disk at the next save",
            ]
        );
        let typed = SCRIPT.replace("knock.", "knock. Often.");
        let both = saved.replace("knock.", "knock. Often.");
        assert_eq!(after(&typed, &actions[0]), both);
        assert_eq!(after(&typed, &actions[1]), saved);
        // It saves all the same: it is told what that did, and what was there is kept.
        fs::write(&desk.script, &typed).expect("it is written");
        let params = json!({"textDocument": {"uri": second.uri}});
        tell(&mut second.client, "textDocument/didSave", &params).await;
        let told = second.client.note("window/showMessage", WAIT).await;
        let told = told.expect("it is told")["message"].to_string();
        assert!(told.contains("your save replaced that"), "{told}");
    });
}

#[test]
fn a_text_is_written_to_disk_or_into_the_editor_that_holds_it() {
    let desk = Desk::new();
    block_on(async {
        let daemon = desk.sandbox.start();
        let mut page = Client::socket(&daemon.socket).await;
        let id = page.open(desk.film(), false).await;
        let path = "script/film.fountain";
        let known = page
            .ask("script/get", json!({"project": id, "path": path}))
            .await;
        let hash = known["script"]["hash"].clone();
        let write = |hash: &Value, text: &str| json!({"project": id, "path": path, "ifHash": hash, "text": text});
        let new = SCRIPT.replace("bread", "cheese");
        let written = page.ask("script/write", write(&hash, &new)).await;
        assert_eq!(fs::read_to_string(&desk.script).expect("a script"), new);
        let refused = page.call("script/write", write(&hash, SCRIPT)).await;
        assert_eq!(
            refused.expect_err("it grew from another").kind(),
            "conflict"
        );
        // An editor holds more than the disk: it gets the change, as one that can be undone.
        let mut editor = desk.editor("test").await;
        editor.change((9, 0), (9, 0), "Fog. ").await;
        drafts(&mut page, &id, 1).await;
        let asked = page.ask("script/write", write(&written["hash"], SCRIPT));
        let (answer, ()) = tokio::join!(asked, async {
            let edit = asked_of(
                &mut editor.client,
                "workspace/applyEdit",
                json!({"applied": true}),
            )
            .await;
            let edits = &edit["edit"]["documentChanges"][0]["edits"];
            let typed = new.replace("Boats", "Fog. Boats");
            assert_eq!(
                answers::edited(&typed, edits),
                SCRIPT.replace("Boats", "Fog. Boats")
            );
        });
        assert!(
            answer["inEditor"]
                .as_str()
                .expect("a name")
                .starts_with("test")
        );
        assert_eq!(fs::read_to_string(&desk.script).expect("a script"), new);
        // What it writes itself is what it holds.
        let own = new.replace("Boats", "Fog. Boats");
        let params = write(&written["hash"], &own);
        let answer = editor.client.ask("script/write", params).await;
        assert!(answer["inEditor"].is_null(), "{answer}");
        assert_eq!(fs::read_to_string(&desk.script).expect("a script"), own);
    });
}
