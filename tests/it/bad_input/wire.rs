//! Messages that are no requests, over every transport.

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::support::{
    Client, Daemon, Sandbox, block_on,
    client::{http, post},
};

/// An error as a person reads it.
fn words(answer: &Value) -> String {
    let error = &answer["error"];
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    format!(
        "{} {} | {}",
        text(&error["data"]["kind"]),
        text(&error["message"]),
        text(&error["data"]["hint"])
    )
}

/// What is answered to a text, by transport. The connection is of use afterwards, too.
async fn said(daemon: &Daemon, message: &str) -> [(&'static str, String); 3] {
    let (mut socket, mut web) = (
        Client::socket(&daemon.socket).await,
        Client::websocket(daemon).await,
    );
    let mut answers = Vec::new();
    for client in [&mut socket, &mut web] {
        client.send(message).await;
        let answer = client.receive().await.expect("an answer");
        client.ask("project/list", json!({})).await;
        answers.push(words(&answer));
    }
    let answer = post(daemon.port(), &daemon.token, message).await;
    let answer: Value = serde_json::from_str(&answer.body).expect("JSON");
    let [socket, web] = <[String; 2]>::try_from(answers).expect("two answers");
    [
        ("socket", socket),
        ("websocket", web),
        ("http", words(&answer)),
    ]
}

/// The same words over every transport.
#[expect(
    clippy::needless_pass_by_value,
    reason = "written at the call as a macro gives it"
)]
fn check(message: &str, then: Expect) {
    let sandbox = Sandbox::new();
    let mut daemon = sandbox.start();
    let [(_, first), rest @ ..] = block_on(said(&daemon, message));
    then.assert_eq(&first);
    for (transport, words) in rest {
        assert_eq!(words, first, "{transport}");
    }
    assert!(daemon.lives());
}

#[test]
fn an_unknown_method() {
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"shot/paint","params":{}}"#,
        expect!["unknownMethod no method shot/paint | rpc.discover lists every method"],
    );
}

#[test]
fn params_that_do_not_fit() {
    let call = |params: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"project/open","params":{params}}}"#)
    };
    check(
        &call("{}"),
        expect![
            "invalidParams project/open: missing field `path` | rpc.discover describes the params of project/open"
        ],
    );
    check(
        &call(r#"{"path":7}"#),
        expect![
            "invalidParams project/open at `path`: invalid type: integer `7`, expected a string | rpc.discover describes the params of project/open"
        ],
    );
    check(
        &call(r#"{"path":"/film","autorender":true}"#),
        expect![
            "invalidParams project/open at `autorender`: unknown field `autorender`, expected one of `path`, `autoRender`, `asCopy` | rpc.discover describes the params of project/open"
        ],
    );
    check(
        &call(r#"["/film"]"#),
        expect![
            "notFound no film /film | give a folder with Fountain files in it, or one .fountain file"
        ],
    );
}

#[test]
fn a_request_that_is_none() {
    check_each(
        r#"{"jsonrpc":"1.0","id":1,"method":"project/list"}"#,
        expect![[r#"
            socket: invalidRequest not a JSON-RPC 2.0 request: invalid value: string "1.0", expected a string "2.0" at line 1 column 16 | see https://www.jsonrpc.org/specification#request_object
            websocket: invalidRequest not a JSON-RPC 2.0 request: invalid value: string "1.0", expected a string "2.0" at line 1 column 16 | see https://www.jsonrpc.org/specification#request_object
            http: invalidRequest not a JSON-RPC 2.0 request: invalid value: string "1.0", expected a string "2.0" at line 1 column 16 | see https://www.jsonrpc.org/specification#request_object
        "#]],
    );
}

/// Every transport says the same.
#[expect(
    clippy::needless_pass_by_value,
    reason = "written at the call as a macro gives it"
)]
fn check_each(message: &str, then: Expect) {
    let sandbox = Sandbox::new();
    let mut daemon = sandbox.start();
    let said = block_on(said(&daemon, message));
    let shown = said.map(|(transport, words)| format!("{transport}: {words}\n"));
    then.assert_eq(&shown.concat());
    assert!(daemon.lives());
}

#[test]
fn text_that_is_no_json() {
    check_each(
        "{\"jsonrpc\": \"2.0\", \"id\": 1, ",
        expect![[r#"
            socket: parse not JSON: EOF while parsing an object at line 1 column 28 | send one JSON-RPC 2.0 object or array a message, in UTF-8
            websocket: parse not JSON: EOF while parsing an object at line 1 column 28 | send one JSON-RPC 2.0 object or array a message, in UTF-8
            http: parse not JSON: EOF while parsing an object at line 1 column 28 | send one JSON-RPC 2.0 object or array a message, in UTF-8
        "#]],
    );
    check_each(
        "hello",
        expect![[r#"
        socket: parse not JSON: expected value at line 1 column 1 | send one JSON-RPC 2.0 object or array a message, in UTF-8
        websocket: parse not JSON: expected value at line 1 column 1 | send one JSON-RPC 2.0 object or array a message, in UTF-8
        http: parse not JSON: the body is no JSON object or array | send one JSON-RPC 2.0 object or array a message, in UTF-8
    "#]],
    );
    check_each(
        &"[".repeat(100_000),
        expect![[r#"
            socket: parse not JSON: EOF while parsing a list at line 1 column 100000 | send one JSON-RPC 2.0 object or array a message, in UTF-8
            websocket: parse not JSON: EOF while parsing a list at line 1 column 100000 | send one JSON-RPC 2.0 object or array a message, in UTF-8
            http: parse not JSON: EOF while parsing a list at line 1 column 100000 | send one JSON-RPC 2.0 object or array a message, in UTF-8
        "#]],
    );
}

#[test]
fn batches_that_are_none() {
    check_each(
        "[]",
        expect![[r#"
            socket: invalidRequest a batch holds at least one call | see https://www.jsonrpc.org/specification#request_object
            websocket: invalidRequest a batch holds at least one call | see https://www.jsonrpc.org/specification#request_object
            http: invalidRequest a batch holds at least one call | see https://www.jsonrpc.org/specification#request_object
        "#]],
    );
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"project/list"}"#;
    check_each(
        &format!("[{}]", [call; 65].join(",")),
        expect![[r#"
            socket: resourceExhausted a batch of 65 calls is longer than the limit batch_calls_max of 64 | send several smaller batches
            websocket: resourceExhausted a batch of 65 calls is longer than the limit batch_calls_max of 64 | send several smaller batches
            http: resourceExhausted a batch of 65 calls is longer than the limit batch_calls_max of 64 | send several smaller batches
        "#]],
    );
}

#[test]
fn a_message_longer_than_the_limit() {
    let sandbox = Sandbox::new().set("STORYCORE_FRAME_BYTES_MAX", "100000");
    let mut daemon = sandbox.start();
    let long = json!({"jsonrpc": "2.0", "id": 1, "method": "project/list",
        "params": {"padding": "a".repeat(200_000)}});
    let long = long.to_string();
    block_on(async {
        let mut said = String::new();
        let mut socket = Client::socket(&daemon.socket).await;
        socket.send(&long).await;
        let answer = socket.receive().await.expect("an answer");
        said += &format!("socket: {}\n", words(&answer));
        assert_eq!(
            socket.receive().await,
            None,
            "the stream cannot be understood any further"
        );

        let mut web = Client::websocket(&daemon).await;
        web.send(&long).await;
        let answer = web.receive().await.expect("an answer");
        said += &format!("websocket: {}\n", words(&answer));
        assert_eq!(web.receive().await, None);

        let answer = post(daemon.port(), &daemon.token, &long).await;
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        said += &format!("http: {} {}\n", answer.status, words(&body));
        expect![[r#"
            socket: resourceExhausted a message of 200072 bytes is longer than the limit frame_bytes_max of 100000 bytes | send less at once, or raise frame_bytes_max in daemon.toml
            websocket: resourceExhausted a message is longer than the limit frame_bytes_max of 100000 bytes | send less at once, or raise frame_bytes_max in daemon.toml
            http: 413 resourceExhausted the body is longer than the limit frame_bytes_max of 100000 bytes | send less at once, or raise frame_bytes_max in daemon.toml
        "#]].assert_eq(&said);
        Client::socket(&daemon.socket)
            .await
            .ask("project/list", json!({}))
            .await;
    });
    assert!(daemon.lives());
}

/// What the socket says to bytes that are no frames, until it closes.
async fn raw(daemon: &Daemon, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(&daemon.socket)
        .await
        .expect("a connection");
    stream.write_all(bytes).await.expect("the daemon reads");
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).expect("text");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a frame");
    words(&serde_json::from_str(body).expect("JSON"))
}

#[test]
fn frames_that_are_none() {
    let sandbox = Sandbox::new();
    let mut daemon = sandbox.start();
    block_on(async {
        let no_length = raw(&daemon, b"Content-Type: text/plain\r\n\r\n{}").await;
        expect!["parse the header has no Content-Length with a number of bytes | send `Content-Length: <bytes>`, an empty line, then the JSON text"].assert_eq(&no_length);
        let wrong = raw(&daemon, b"Content-Length: many\r\n\r\n{}").await;
        expect!["parse the header has no Content-Length with a number of bytes | send `Content-Length: <bytes>`, an empty line, then the JSON text"].assert_eq(&wrong);
        let huge = raw(&daemon, b"Content-Length: 99999999999999999999\r\n\r\n{}").await;
        expect!["resourceExhausted a message of 18446744073709551615 bytes is longer than the limit frame_bytes_max of 8388608 bytes | send less at once, or raise frame_bytes_max in daemon.toml"].assert_eq(&huge);
        let endless = raw(&daemon, &b"a".repeat(20_000)).await;
        expect!["resourceExhausted the header is longer than the limit header_bytes_max of 8192 | send `Content-Length: <bytes>`, an empty line, then the JSON text"].assert_eq(&endless);
    });
    assert!(daemon.lives());
}

#[test]
fn a_header_longer_than_the_limit_over_http() {
    let sandbox = Sandbox::new();
    let mut daemon = sandbox.start();
    let padding = "a".repeat(40_000);
    let request = format!(
        "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nx-padding: {padding}\r\n\r\n",
        daemon.port()
    );
    let answer = block_on(http(daemon.port(), &request));
    assert_eq!(answer.status, 431, "{answer:?}");
    assert!(daemon.lives());
}
