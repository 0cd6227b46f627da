//! Editors that ask more than they should, and in a hurry.

use std::{collections::BTreeSet, io::Read as _};

use super::*;

/// So many requests at once, all of which ask the editor something, are what the library's own loop
/// comes to a standstill at.
const IN_FLIGHT: u64 = 200;

#[test]
fn two_hundred_requests_may_call_the_editor_at_once() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-16").await;
        editor.problems().await;
        for id in 0..IN_FLIGHT {
            let params = json!({"command": "storycore.openBoard"});
            let method = "workspace/executeCommand";
            let id = format!("board-{id}");
            let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
            editor.client.send(&request.to_string()).await;
        }
        let mut waiting: BTreeSet<String> =
            (0..IN_FLIGHT).map(|it| format!("board-{it}")).collect();
        let mut asked = Vec::new();
        let mut n_urls = 0;
        while !waiting.is_empty() {
            let message = editor.client.receive().await.expect("a message");
            if message["method"] == "window/showDocument" {
                let url = message["params"]["uri"].as_str().expect("an address");
                assert!(url.starts_with("http://127.0.0.1:"), "{url}");
                n_urls += 1;
                asked.push(message["id"].clone());
                // Answers come late, and the last asked first.
                if asked.len() as u64 == IN_FLIGHT {
                    while let Some(id) = asked.pop() {
                        let result = json!({"success": true});
                        let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
                        editor.client.send(&answer.to_string()).await;
                    }
                }
            } else if let Some(id) = message["id"].as_str() {
                assert!(message["error"].is_null(), "{message}");
                assert!(waiting.remove(id), "answered twice: {id}");
            }
        }
        assert_eq!(n_urls, IN_FLIGHT);
    });
}

#[test]
fn what_is_canceled_is_answered_once_and_the_rest_goes_on() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-16").await;
        editor.problems().await;
        let methods = [
            "textDocument/documentSymbol",
            "textDocument/semanticTokens/full",
            "textDocument/codeLens",
            "textDocument/foldingRange",
            "textDocument/documentLink",
            "storycore/noSuchMethod",
        ];
        let mut waiting = BTreeSet::new();
        for round in 0..20 {
            for (number, method) in methods.iter().enumerate() {
                let id = format!("{round}-{number}");
                let params = json!({"textDocument": {"uri": editor.uri}});
                let request =
                    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
                editor.client.send(&request.to_string()).await;
                let cancel = json!({"id": id});
                tell(&mut editor.client, "$/cancelRequest", &cancel).await;
                waiting.insert(id);
            }
        }
        while !waiting.is_empty() {
            let message = editor.client.receive().await.expect("a message");
            let Some(id) = message["id"].as_str() else {
                continue;
            };
            assert!(waiting.remove(id), "answered twice: {id}");
            let code = &message["error"]["code"];
            // In time, or not: done, canceled, or unknown.
            let is_known = code.is_null() || *code == -32_800 || *code == -32_601;
            assert!(is_known, "{message}");
        }
        assert_eq!(editor.outline().await[0], "1 INT. KITCHEN - DAY");
    });
}

#[test]
fn a_broken_message_is_answered_and_the_session_lives() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let mut editor = Editor::open(&sandbox, &script, "test", "utf-16").await;
        editor.problems().await;
        for broken in [
            "{",
            "[]",
            "17",
            "{\"jsonrpc\":\"2.0\"}",
            "{\"id\":1}",
            "null",
        ] {
            editor.client.send(broken).await;
        }
        // A change without its params, of a text that is not open, and beyond the text's end.
        for params in [
            json!({}),
            json!({"textDocument": {"uri": "file:///nowhere.fountain", "version": 2}, "contentChanges": []}),
        ] {
            tell(&mut editor.client, "textDocument/didChange", &params).await;
        }
        editor.change((900, 0), (901, 7), "\nMore rain.\n").await;
        editor.change((5, 0), (2, 0), "").await;
        let outline = async {
            loop {
                let id = "last";
                let params = json!({"textDocument": {"uri": editor.uri}});
                let method = "textDocument/documentSymbol";
                let request =
                    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
                editor.client.send(&request.to_string()).await;
                while let Some(message) = editor.client.receive().await {
                    if message["id"] == id {
                        return message;
                    }
                }
            }
        };
        let answer = tokio::time::timeout(WAIT, outline).await.expect("it lives");
        let names = answer["result"].to_string();
        assert!(names.contains("More rain."), "{answer}");
    });
}

#[test]
fn a_page_speaks_lsp_over_a_websocket() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let daemon = sandbox.start();
        let client = Client::websocket_at(&daemon, "/lsp").await;
        let mut editor = Editor::begin(client, &script, "page", "utf-16").await;
        editor.change((0, 5), (0, 12), "CELLAR").await;
        assert_eq!(editor.problems().await, [] as [&str; 0]);
        assert_eq!(editor.outline().await[0], "1 INT. CELLAR - DAY");
        let projects = editor.client.ask("project/list", json!({})).await;
        assert_eq!(projects.as_array().map(Vec::len), Some(1));
    });
}

/// A frame with headers of its own.
fn frame(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    [headers.as_bytes(), length.as_bytes(), body].concat()
}

/// What the language server says after some bytes until it has answered the last or ends, and how it
/// ends.
fn said(sandbox: &Sandbox, bytes: &[u8]) -> (String, String, Option<i32>) {
    let mut command = sandbox.command(&["lsp"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("stdin");
    let mut stdout = child.stdout.take().expect("stdout");
    // It may have left before it has read all.
    let _ = stdin.write_all(bytes);
    let (mut said, mut part) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&said).contains("\"last\"") {
        match stdout.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(len) => said.extend_from_slice(&part[..len]),
        }
    }
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&said), text(&output.stderr), output.status.code())
}

#[test]
fn frames_are_read_as_editors_write_them_and_broken_ones_are_told() {
    let sandbox = Sandbox::new();
    let _daemon = sandbox.start();
    let params = json!({"capabilities": {}, "processId": null, "rootUri": null});
    let begin = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
    let begin = frame("", begin.to_string().as_bytes());
    let ask = json!({"jsonrpc": "2.0", "id": "ask", "method": "project/list", "params": {}});
    let ask = ask.to_string();
    let last = json!({"jsonrpc": "2.0", "id": "last", "method": "project/list", "params": {}});
    let last = frame("", last.to_string().as_bytes());
    let begins = |middle: &[u8]| [&*begin, middle, &*last].concat();
    let typed = "Content-Type: application/vscode-jsonrpc\r\n";
    let utf8 = "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n";
    let lowercase = format!("content-length:{}\r\n\r\n{ask}", ask.len());
    for read in [
        frame(typed, ask.as_bytes()),
        frame(utf8, ask.as_bytes()),
        frame("", format!("[{ask}]").as_bytes()),
        lowercase.into_bytes(),
    ] {
        let (out, err, code) = said(&sandbox, &begins(&read));
        assert!(
            out.contains("\"ask\"") && out.contains("\"last\""),
            "{out}{err}"
        );
        assert_eq!(code, Some(0), "{err}");
    }
    // It is no text, so nobody can be answered by name; the session goes on.
    let no_text = frame(
        "",
        b"{\"jsonrpc\":\"2.0\",\"id\":\"ask\",\"method\":\"\xff\"}",
    );
    let (out, err, code) = said(&sandbox, &begins(&no_text));
    assert!(out.contains("\"last\""), "{out}{err}");
    assert_eq!(code, Some(0), "{err}");
    // Where a message ends is not known any more, so nothing after it can be believed.
    let too_short = format!("Content-Length: 9\r\n\r\n{ask}");
    for lost in [
        &*too_short,
        "Content-Length: nine\r\n\r\n",
        "Length: 9\r\n\r\n",
    ] {
        let (out, err, code) = said(&sandbox, &begins(lost.as_bytes()));
        assert!(!out.contains("\"last\""), "{out}");
        assert!(err.contains("from the editor:"), "{err}");
        assert_eq!(code, Some(1), "{err}");
    }
}
