//! Sessions that lose their daemon.

use super::*;

const URI: &str = "file:///film/a.fountain";

fn note(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

fn said(message: &Value) -> Vec<u8> {
    message.to_string().into_bytes()
}

fn begun() -> Mirror {
    let mut mirror = Mirror::default();
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                            "params": {"capabilities": {}}});
    mirror.from_editor(&initialize);
    let result = json!({"capabilities": {"positionEncoding": "utf-16"}});
    assert!(mirror.from_daemon(&said(&json!({"jsonrpc": "2.0", "id": 1, "result": result}))));
    mirror.from_editor(&note("initialized", &json!({})));
    let item = json!({"uri": URI, "languageId": "fountain", "version": 1, "text": "🌊 A\n\nB\n"});
    mirror.from_editor(&note(
        "textDocument/didOpen",
        &json!({"textDocument": item}),
    ));
    mirror
}

#[test]
fn a_new_daemon_hears_what_is_open_as_it_is_now() {
    let mut mirror = begun();
    let place = |line: u32, character: u32| json!({"line": line, "character": character});
    let change = json!({"range": {"start": place(0, 2), "end": place(0, 4)}, "text": "x"});
    let params = json!({"textDocument": {"uri": URI, "version": 2}, "contentChanges": [change]});
    mirror.from_editor(&note("textDocument/didChange", &params));
    let again = mirror.again();
    let methods: Vec<&str> = again
        .iter()
        .filter_map(|it| it["method"].as_str())
        .collect();
    assert_eq!(
        methods,
        ["initialize", "initialized", "textDocument/didOpen"]
    );
    assert_eq!(again[0]["id"], AGAIN);
    let item = &again[2]["params"]["textDocument"];
    assert_eq!(
        (&item["text"], &item["version"]),
        (&json!("🌊x\n\nB\n"), &json!(2))
    );
    let answer = json!({"jsonrpc": "2.0", "id": AGAIN, "result": {"capabilities": {}}});
    assert!(!mirror.from_daemon(&said(&answer)));
    mirror.from_editor(&note(
        "textDocument/didClose",
        &json!({"textDocument": {"uri": URI}}),
    ));
    assert_eq!(mirror.again().len(), 2);
}

#[test]
fn what_was_asked_is_answered_once() {
    let mut mirror = begun();
    let hover = |id| json!({"jsonrpc": "2.0", "id": id, "method": "textDocument/hover"});
    mirror.from_editor(&hover(2));
    mirror.from_editor(&hover(3));
    assert!(mirror.from_daemon(&said(&json!({"jsonrpc": "2.0", "id": 2, "result": null}))));
    let refusals = mirror.refusals();
    assert_eq!(refusals.len(), 1);
    assert_eq!(
        (&refusals[0]["id"], &refusals[0]["error"]["code"]),
        (&json!(3), &json!(-32803))
    );
    assert!(mirror.refusals().is_empty());
}

#[test]
fn how_it_began_is_asked_again_until_it_is_answered() {
    let mut mirror = Mirror::default();
    assert!(mirror.again().is_empty());
    mirror.from_editor(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize"}));
    assert!(mirror.refusals().is_empty());
    assert_eq!(mirror.again()[0]["id"], 1);
}

#[test]
fn a_new_daemon_hears_which_films_are_followed() {
    let mut mirror = begun();
    let ask = |id: u32, method: &str, film: &str| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {"project": film}});
    let mut first = ask(9, "event/subscribe", "A");
    first["params"]["after"] = json!(7);
    mirror.from_editor(&first);
    assert_eq!(mirror.again()[3]["params"], json!({"project": "A"}));
    for (id, method, film) in [
        (2, "event/subscribe", "A"),
        (3, "event/subscribe", "B"),
        (4, "event/subscribe", "A"),
        (5, "event/unsubscribe", "B"),
    ] {
        mirror.from_editor(&ask(id, method, film));
    }
    let again = mirror.again();
    assert_eq!(again.len(), 4, "{again:?}");
    let mut followed = ask(0, "event/subscribe", "A");
    followed["id"] = json!(AGAIN);
    assert_eq!(again[3], followed, "after the text whose film it is");
}
