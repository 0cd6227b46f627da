//! The language server as an editor meets it: over the binary's stdin and stdout.

use std::{fs, io::Write as _, path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};

use crate::support::{Client, Sandbox, block_on};

mod answers;
mod bible;
mod drafts;
mod news;
mod torture;
mod unkept;

const SCRIPT: &str = "INT. KITCHEN - DAY #1#\n\nMaya cuts bread. 🌊\n\nMAYA\nYou are late.\n\n\
                      EXT. HARBOR - NIGHT #2#\n\nBoats knock.\n";

/// How long something may take before a test fails.
const WAIT: Duration = Duration::from_secs(30);

async fn tell(client: &mut Client, method: &str, params: &Value) {
    let note = json!({"jsonrpc": "2.0", "method": method, "params": params});
    client.send(&note.to_string()).await;
}

struct Editor {
    client: Client,
    uri: String,
    version: i64,
}

impl Editor {
    /// Begins a session and opens a script.
    async fn open(sandbox: &Sandbox, script: &Path, name: &str, encoding: &str) -> Editor {
        let client = Client::stdio(sandbox.command(&["lsp"]));
        Editor::begin(client, script, name, encoding).await
    }

    async fn begin(mut client: Client, script: &Path, name: &str, encoding: &str) -> Editor {
        let params = json!({
            "processId": null, "rootUri": null, "clientInfo": {"name": name},
            "capabilities": {
                "general": {"positionEncodings": [encoding]},
                "window": {"showDocument": {"support": true}},
                "workspace": {"workspaceEdit": {"documentChanges": true}},
                "textDocument": {
                    "documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
                    "codeAction": {"codeActionLiteralSupport": {
                        "codeActionKind": {"valueSet": ["quickfix", "source"]},
                    }},
                },
            },
        });
        let began = client.ask("initialize", params).await;
        assert_eq!(began["capabilities"]["positionEncoding"], encoding);
        tell(&mut client, "initialized", &json!({})).await;
        let mut editor = Editor {
            client,
            uri: format!("file://{}", script.display()),
            version: 1,
        };
        let text = fs::read_to_string(script).expect("a script");
        let item = json!({"uri": editor.uri, "languageId": "fountain", "version": 1, "text": text});
        let params = json!({ "textDocument": item });
        tell(&mut editor.client, "textDocument/didOpen", &params).await;
        editor
    }

    /// Replaces a part of the text.
    async fn change(&mut self, from: (u32, u32), to: (u32, u32), text: &str) {
        self.version += 1;
        let place = |it: (u32, u32)| json!({"line": it.0, "character": it.1});
        let range = json!({"start": place(from), "end": place(to)});
        let params = json!({
            "textDocument": {"uri": self.uri, "version": self.version},
            "contentChanges": [{"range": range, "text": text}],
        });
        tell(&mut self.client, "textDocument/didChange", &params).await;
    }

    async fn ask(&mut self, method: &str, more: Value) -> Value {
        let mut params = json!({"textDocument": {"uri": self.uri}});
        if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
            params.extend(more);
        }
        self.client.ask(method, params).await
    }

    async fn outline(&mut self) -> Vec<String> {
        let scenes = self.ask("textDocument/documentSymbol", json!({})).await;
        let scenes = scenes.as_array().expect("symbols").clone();
        let name = |it: &Value| it["name"].as_str().expect("a name").to_owned();
        let mut names = Vec::new();
        for scene in &scenes {
            names.push(name(scene));
            let shots = scene["children"].as_array().expect("shots").iter();
            names.extend(shots.map(|it| format!("  {}", name(it))));
        }
        names
    }

    /// The problems of this version, as `line:column code`.
    async fn problems(&mut self) -> Vec<String> {
        loop {
            let note = self
                .client
                .note("textDocument/publishDiagnostics", WAIT)
                .await;
            let note = note.expect("problems are told");
            if note["version"] != self.version || note["uri"] != self.uri {
                continue;
            }
            let problems = note["diagnostics"].as_array().expect("problems").iter();
            let told = problems.map(|it| {
                let start = &it["range"]["start"];
                let code = it["code"].as_str().expect("a code");
                format!("{}:{} {code}", start["line"], start["character"])
            });
            return told.collect();
        }
    }
}

/// The edits of a change of files, by file.
fn by_file(edit: &Value) -> Vec<(String, Value)> {
    let files = edit["documentChanges"].as_array().expect("changes").iter();
    let file = |it: &Value| {
        let uri = it["textDocument"]["uri"].as_str().expect("a file");
        (uri.to_owned(), it["edits"].clone())
    };
    files.map(file).collect()
}

#[test]
fn what_is_typed_is_seen_before_it_is_saved() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-16").await;
        assert_eq!(editor.problems().await, [] as [&str; 0]);
        assert_eq!(
            editor.outline().await,
            [
                "1 INT. KITCHEN - DAY",
                "  1A WS",
                "  1B MS Maya cuts bread. 🌊",
                "  1C MS MAYA: You are late.",
                "2 EXT. HARBOR - NIGHT",
                "  2A EWS Boats knock.",
            ]
        );
        // Behind the wave, which is two units of UTF-16.
        editor.change((2, 19), (2, 19), " [[a note").await;
        assert_eq!(editor.problems().await, ["2:20 unclosedNote"]);
        editor
            .change((2, 19), (2, 28), "\n\nEXT. ROOF - DAY #2#\n\nWind.")
            .await;
        assert_eq!(editor.problems().await, ["11:0 duplicateSceneNumber"]);
        assert_eq!(editor.outline().await.len(), 8);
        assert_eq!(fs::read_to_string(&script).expect("a script"), SCRIPT);
        let folds = editor.ask("textDocument/foldingRange", json!({})).await;
        let folds: Vec<(u64, u64)> = folds
            .as_array()
            .expect("folds")
            .iter()
            .filter_map(|it| Some((it["startLine"].as_u64()?, it["endLine"].as_u64()?)))
            .collect();
        assert_eq!(folds, [(0, 2), (4, 9), (11, 13)]);
    });
}

#[test]
fn a_hover_shows_the_panel_where_the_editor_can() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        for (name, shows) in [("Visual Studio Code", true), ("Neovim", false)] {
            let mut editor = Editor::open(&sandbox, &script, name, "utf-32").await;
            let at = json!({"position": {"line": 2, "character": 3}});
            let hover = editor.ask("textDocument/hover", at).await;
            let text = hover["contents"]["value"].as_str().expect("words");
            assert_eq!(text.contains("![panel](data:image/jpeg;base64,"), shows);
            assert!(text.contains("**1B** medium shot"), "{text}");
            assert!(text.contains("the panel is up to date"), "{text}");
            editor.change((2, 10), (2, 15), "cheese").await;
            let at = json!({"position": {"line": 2, "character": 3}});
            let hover = editor.ask("textDocument/hover", at).await;
            let text = hover["contents"]["value"].as_str().expect("words");
            assert!(text.contains("out of date: line 1 rewritten"), "{text}");
            // The catalog is on the same connection.
            let scenes = json!({"project": id});
            let scenes = editor.client.ask("scene/list", scenes).await;
            assert_eq!(scenes.as_array().map(Vec::len), Some(2));
        }
    });
}

/// What follows the cursor is told of the text as it is, saved or not.
#[test]
fn the_shot_at_the_cursor_is_told_before_it_is_saved() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let mut editor = Editor::open(&sandbox, &script, "Visual Studio Code", "utf-32").await;
        let at = json!({"position": {"line": 2, "character": 3}});
        let told = editor.ask("storycore/shotAt", at.clone()).await;
        assert_eq!(told["project"], id.as_str());
        assert_eq!(told["shot"]["label"], "1B", "{told}");
        assert_eq!(told["shot"]["status"], "fresh", "{told}");
        let takes = json!({"project": id, "shot": told["shot"]["id"]});
        let takes = client.ask("take/list", takes).await;
        assert_eq!(told["asset"], takes[0]["asset"]);
        editor.change((2, 10), (2, 15), "cheese").await;
        let edited = editor.ask("storycore/shotAt", at).await;
        let text = edited["shot"]["text"].as_str().expect("words");
        assert!(text.contains("cheese"), "{text}");
        assert_eq!(edited["shot"]["id"], told["shot"]["id"]);
        assert_eq!(edited["shot"]["status"], "stale", "{edited}");
        assert_eq!(edited["asset"], told["asset"], "until it is drawn again");
        // At its heading a scene's first shot, between shots the one before.
        let first = json!({"position": {"line": 0, "character": 0}});
        let first = editor.ask("storycore/shotAt", first).await;
        assert_eq!(first["shot"]["index"], 0);
        let between = json!({"position": {"line": 3, "character": 0}});
        let between = editor.ask("storycore/shotAt", between).await;
        assert_eq!(between["shot"]["id"], told["shot"]["id"]);
    });
}

/// The loop of the library would mix them up.
#[test]
fn two_hundred_changes_in_a_row_leave_the_text_exact() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-8").await;
        for number in 0..200 {
            let text = format!("EXT. ROOF {number} - DAY\n\nWind.\n\n");
            editor.change((4 * number, 0), (4 * number, 0), &text).await;
        }
        let outline = editor.outline().await;
        let roofs = outline.iter().filter(|it| it.contains("ROOF"));
        let expected = (0..200).map(|it| format!("{} EXT. ROOF {it} - DAY", it + 1));
        assert!(
            roofs.eq(expected.collect::<Vec<_>>().iter()),
            "{outline:#?}"
        );
    });
}

#[test]
fn a_killed_daemon_is_replaced_and_told_what_is_open() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let daemon = sandbox.start();
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-16").await;
        editor.change((0, 5), (0, 12), "CELLAR").await;
        assert_eq!(editor.outline().await[0], "1 INT. CELLAR - DAY");
        daemon.kill();
        editor.change((0, 5), (0, 11), "ATTIC").await;
        // What was asked of the one that ended may be refused; the next one knows.
        let asked = json!({"textDocument": {"uri": editor.uri}});
        let method = "textDocument/documentSymbol";
        let mut symbols = editor.client.call(method, asked.clone()).await;
        if symbols.is_err() {
            symbols = editor.client.call(method, asked).await;
        }
        let symbols = symbols.expect("an answer");
        assert_eq!(symbols[0]["name"], "1 INT. ATTIC - DAY");
    });
}

#[test]
fn it_leaves_when_the_editor_does() {
    let sandbox = Sandbox::new();
    let say = |messages: &[Value]| {
        let mut command = sandbox.command(&["lsp"]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = piped.stderr(Stdio::null()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("stdin");
        for message in messages {
            let text = message.to_string();
            write!(stdin, "content-length:{}\r\n\r\n{text}", text.len()).expect("it reads");
        }
        (child, stdin)
    };
    let ask = |id: u32, method: &str| {
        let params = json!({"capabilities": {}, "processId": null, "rootUri": null});
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
    };
    let exit = json!({"jsonrpc": "2.0", "method": "exit"});
    // Its stdin is still open.
    let (mut child, stdin) = say(&[ask(1, "initialize"), ask(2, "shutdown"), exit.clone()]);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    drop(stdin);
    // LSP calls it a failure to leave without a word.
    let (mut child, stdin) = say(&[ask(1, "initialize"), exit]);
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    drop(stdin);
    let (mut child, stdin) = say(&[ask(1, "initialize")]);
    drop(stdin);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn it_leaves_when_the_editor_is_killed() {
    let sandbox = Sandbox::new();
    let mut editor = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .expect("a process");
    let mut command = sandbox.command(&["lsp"]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = piped.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("stdin");
    let params = json!({"capabilities": {}, "processId": editor.id(), "rootUri": null});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
    let text = message.to_string();
    write!(stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it reads");
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(child.try_wait().expect("it runs").is_none());
    editor.kill().expect("it is killed");
    editor.wait().expect("it ends");
    // Its stdin is still open.
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    drop(stdin);
}

#[test]
fn a_message_that_is_too_long_is_said_and_not_swallowed() {
    let sandbox = Sandbox::new();
    for (bytes, why) in [
        (
            "Content-Length: 99999999\r\n\r\n",
            "limit frame_bytes_max of",
        ),
        ("Content-Type: text\r\n\r\n", "without a Content-Length"),
        (
            "Content-Length: 10\r\n\r\n{}",
            "less than its Content-Length says",
        ),
    ] {
        let mut command = sandbox.command(&["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("stdin");
        stdin.write_all(bytes.as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains(why) && said.contains("nothing is lost"),
            "{said}"
        );
    }
}

#[test]
fn where_no_daemon_may_run_it_is_one_itself() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let client = Client::stdio(sandbox.command(&["lsp", "--in-process"]));
        let mut editor = Editor::begin(client, &script, "test", "utf-16").await;
        editor.change((0, 5), (0, 12), "CELLAR").await;
        assert_eq!(editor.outline().await[0], "1 INT. CELLAR - DAY");
        let project = json!({"path": film, "autoRender": false});
        let project = editor.client.ask("project/open", project).await;
        let scenes = json!({"project": project["id"]});
        assert_eq!(
            editor.client.ask("scene/list", scenes).await[0]["number"],
            "1"
        );
        let refused = editor.client.call("system/page", json!({})).await;
        let refused = refused.expect_err("there is none").0.to_string();
        assert!(refused.contains("without --in-process"), "{refused}");
        editor.client.ask("shutdown", json!({})).await;
        tell(&mut editor.client, "exit", &json!({})).await;
    });
    let records = fs::read_dir(sandbox.path().join("run"));
    let is_there = records.is_ok_and(|mut it| it.next().is_some());
    assert!(!is_there, "a daemon was started");
}
