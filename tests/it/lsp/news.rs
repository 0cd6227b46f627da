//! What an editor is told when the film goes on by itself: how far drawing is, and lenses anew.

use std::fmt::Write as _;

use super::*;

/// Scenes to draw: enough for a run that takes a while.
const SCENES: u32 = 80;

fn long_script() -> String {
    (1..=SCENES).fold(String::new(), |mut script, number| {
        write!(
            script,
            "INT. ROOM {number} - DAY #{number}#\n\nMaya waits.\n\n"
        )
        .expect("memory");
        script
    })
}

/// An editor that shows progress and asks for lenses anew.
async fn editor(sandbox: &Sandbox, script: &Path) -> Client {
    let mut client = Client::stdio(sandbox.command(&["lsp"]));
    let params = json!({
        "processId": null, "rootUri": null, "clientInfo": {"name": "test"},
        "capabilities": {
            "window": {"workDoneProgress": true},
            "workspace": {"codeLens": {"refreshSupport": true}},
            "experimental": {"storycoreEvents": true},
        },
    });
    client.ask("initialize", params).await;
    tell(&mut client, "initialized", &json!({})).await;
    let uri = format!("file://{}", script.display());
    let text = fs::read_to_string(script).expect("a script");
    let item = json!({"uri": uri, "languageId": "fountain", "version": 1, "text": text});
    let params = json!({ "textDocument": item });
    tell(&mut client, "textDocument/didOpen", &params).await;
    let told = client.note("textDocument/publishDiagnostics", WAIT).await;
    told.expect("problems are told");
    client
}

/// The next message of a kind; requests are answered.
async fn next(client: &mut Client, method: &str) -> Value {
    loop {
        let message = client.receive().await.expect("a message");
        if !message["id"].is_null() && !message["method"].is_null() {
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": null});
            client.send(&answer.to_string()).await;
        }
        if message["method"] == method {
            return message["params"].clone();
        }
    }
}

#[test]
fn what_happens_is_told_in_order_to_whoever_wants_it() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let script = film.join("script/film.fountain");
    block_on(async {
        let daemon = sandbox.start();
        let mut page = Client::socket(&daemon.socket).await;
        let id = page.open(&film, false).await;
        let mut editor = editor(&sandbox, &script).await;
        let from = page.ask("project/get", json!({"project": id})).await["seq"].clone();
        page.ask("shot/render", json!({"project": id})).await;
        let listed = json!({"project": id, "after": from});
        let listed = page.ask("event/list", listed).await["events"].clone();
        for expected in listed.as_array().expect("events") {
            assert_eq!(next(&mut editor, "storycore/event").await, *expected);
        }
    });
}

#[test]
fn drawing_is_shown_with_a_button_that_ends_it() {
    let sandbox = Sandbox::new().set("STORYCORE_RENDER_WORKERS_MAX", "1");
    let film = sandbox.film("film", &long_script());
    block_on(async {
        let daemon = sandbox.start();
        let mut page = Client::socket(&daemon.socket).await;
        let id = page.open(&film, false).await;
        let mut editor = editor(&sandbox, &film.join("script/film.fountain")).await;
        let request = json!({
            "jsonrpc": "2.0", "id": "render", "method": "shot/render", "params": {"project": id},
        });
        page.send(&request.to_string()).await;
        let token = next(&mut editor, "window/workDoneProgress/create").await["token"].clone();
        let begun = next(&mut editor, "$/progress").await;
        assert_eq!(begun["token"], token);
        assert_eq!(begun["value"]["kind"], "begin");
        assert_eq!(begun["value"]["title"], "Drawing panels");
        assert_eq!(begun["value"]["cancellable"], true);
        let told = next(&mut editor, "$/progress").await;
        assert_eq!(told["value"]["kind"], "report");
        let words = told["value"]["message"].as_str().expect("words");
        assert!(words.contains(" of "), "{words}");
        let params = json!({ "token": token });
        tell(&mut editor, "window/workDoneProgress/cancel", &params).await;
        while next(&mut editor, "$/progress").await["value"]["kind"] != "end" {}
        let mut other = Client::socket(&daemon.socket).await;
        let runs = other.ask("run/list", json!({"project": id})).await;
        assert_eq!(runs[0]["status"], "canceled", "{runs}");
        // What was drawn is told by the lenses.
        next(&mut editor, "workspace/codeLens/refresh").await;
    });
}
