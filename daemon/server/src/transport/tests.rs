//! Real sockets and a real port, with the small dispatch of the session's tests.

use std::time::Duration;

use bytes::Bytes;
use fastwebsockets::{Frame, OpCode, Payload, WebSocket};
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use storycore_schema::{
    Role,
    id::{BlobId, ProjectId},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

use super::{
    assets::{AssetBytes, Assets},
    http::{HttpOptions, serve_http},
    socket::serve_socket,
    *,
};
use crate::{
    session::tests::{Fake, Wire, context},
    trust::{Trust, TrustOptions, token::Token},
};

const PROJECT: ProjectId = ProjectId(ulid::Ulid(7));
const BLOB: BlobId = BlobId([0xa7; 32]);

struct OneAsset;

impl Assets for OneAsset {
    fn read(
        &self,
        project: ProjectId,
        blob: BlobId,
    ) -> BoxFuture<'static, Result<AssetBytes, Error>> {
        let found = project == PROJECT && blob == BLOB;
        let asset = found.then(|| AssetBytes {
            media_type: "image/png".into(),
            bytes: Bytes::from_static(b"0123456789"),
        });
        let read = async move { asset.ok_or_else(|| Error::not_found("asset", blob)) };
        read.boxed()
    }

    fn small(
        &self,
        project: ProjectId,
        blob: BlobId,
        side_px: u32,
    ) -> BoxFuture<'static, Result<AssetBytes, Error>> {
        let whole = self.read(project, blob);
        let small = move |_| AssetBytes {
            media_type: "image/jpeg".into(),
            bytes: Bytes::from(format!("small {side_px}")),
        };
        async move { whole.await.map(small) }.boxed()
    }

    fn preview(&self, project: ProjectId, step: &str) -> Option<AssetBytes> {
        let found = project == PROJECT && step == "RUN/panel/SHOT";
        found.then(|| AssetBytes {
            media_type: "image/jpeg".into(),
            bytes: Bytes::from_static(b"half"),
        })
    }
}

impl uploads::Uploads for OneAsset {
    fn place(&self, project: ProjectId) -> Result<std::path::PathBuf, Error> {
        Err(Error::not_found("open film", project))
    }
}

/// A port in use.
struct Port {
    context: Context,
    fake: Arc<Fake>,
    trust: Arc<Trust>,
    token: Token,
    number: u16,
}

async fn port(change: impl FnOnce(&mut Limits)) -> Port {
    let (context, fake) = context(change);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let number = listener.local_addr().unwrap().port();
    let token = Token::random();
    let trust = Arc::new(Trust::new(TrustOptions {
        token: token.clone(),
        browser_role: Role::Producer,
        hosts: Vec::new(),
        origins: Vec::new(),
        browser_token_ms_max: 120_000,
        clock: Arc::new(|| 0),
    }));
    let options = HttpOptions {
        trust: trust.clone(),
        assets: Arc::new(OneAsset),
        uploads: Arc::new(OneAsset),
    };
    tokio::spawn(serve_http(context.clone(), listener, options));
    Port {
        context,
        fake,
        trust,
        token,
        number,
    }
}

/// What came back.
#[derive(Debug)]
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|it| it.split_once(": "));
        lines.find_map(|(it, value)| it.eq_ignore_ascii_case(name).then_some(value))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

impl Port {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.number))
            .await
            .unwrap()
    }

    fn bearer(&self) -> String {
        format!("authorization: Bearer {}", self.token.as_str())
    }

    /// Sends one request as it is written, but for `Host` and the end.
    async fn ask(&self, first: &str, lines: &[&str], body: &str) -> Got {
        let host = format!("host: 127.0.0.1:{}", self.number);
        let lines: Vec<_> = std::iter::once(host.as_str())
            .chain(lines.iter().copied())
            .collect();
        self.ask_raw(first, &lines, body).await
    }

    async fn ask_raw(&self, first: &str, lines: &[&str], body: &str) -> Got {
        let request = format!(
            "{first} HTTP/1.1\r\n{}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            lines.join("\r\n"),
            body.len()
        );
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        read_answer(&mut stream).await
    }

    async fn post(&self, body: &str) -> Got {
        let bearer = self.bearer();
        self.ask(
            "POST /rpc",
            &[&bearer, "content-type: application/json"],
            body,
        )
        .await
    }

    async fn web_socket(&self) -> WebSocket<TcpStream> {
        let mut stream = self.connect().await;
        let request = format!(
            "GET /rpc HTTP/1.1\r\nhost: localhost:{}\r\n{}\r\nupgrade: websocket\r\n\
             connection: Upgrade\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: other, storycore.v1\r\n\r\n",
            self.number,
            self.bearer()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        assert!(
            head.contains("sec-websocket-protocol: storycore.v1"),
            "{head}"
        );
        WebSocket::after_handshake(stream, fastwebsockets::Role::Client)
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn read_answer(stream: &mut TcpStream) -> Got {
    let head = read_head(stream).await;
    let mut body = Vec::new();
    stream.read_to_end(&mut body).await.unwrap();
    Got {
        status: head[9..12].parse().unwrap(),
        head,
        body,
    }
}

async fn say(socket: &mut WebSocket<TcpStream>, text: &str) {
    let frame = Frame::text(Payload::Owned(text.as_bytes().to_vec()));
    socket.write_frame(frame).await.unwrap();
}

async fn hear(socket: &mut WebSocket<TcpStream>) -> Value {
    let frame = socket.read_frame().await.unwrap();
    assert_eq!(frame.opcode, OpCode::Text);
    serde_json::from_slice(&frame.payload).unwrap()
}

/// Reads up to the close frame and returns its code.
async fn closing(socket: &mut WebSocket<TcpStream>) -> u16 {
    socket.set_auto_close(false);
    loop {
        let frame = socket.read_frame().await.unwrap();
        if frame.opcode == OpCode::Close {
            return u16::from_be_bytes([frame.payload[0], frame.payload[1]]);
        }
    }
}

const ECHO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":["hi"]}"#;

#[tokio::test]
async fn the_socket_serves_its_user_and_stops_on_shutdown() {
    let (context, _) = context(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let serving = tokio::spawn(serve_socket(context.clone(), listener));
    let mut wire = Wire {
        stream: UnixStream::connect(&path).await.unwrap(),
    };
    let who = json!({"jsonrpc": "2.0", "id": 1, "method": "who"});
    let answer = wire.ask(who).await;
    assert_eq!(answer["result"][0], "socket");
    assert_eq!(answer["result"][1], "admin");
    context.shutdown.cancel();
    assert_eq!(wire.recv().await, None);
    serving.await.unwrap();
    assert_eq!(context.connections.count(), 0);
}

#[tokio::test]
async fn a_thousand_clients_meet_a_clear_limit() {
    let (context, _) = context(|limits| limits.connections_max = 100);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(serve_socket(context.clone(), listener));
    let mut admitted = Vec::new();
    for n in 1..=100 {
        admitted.push(UnixStream::connect(&path).await.unwrap());
        let mut count = context.connections.watch();
        count.wait_for(|it| *it == n).await.unwrap();
    }
    let mut told = 0;
    for _ in 0..900 {
        let mut wire = Wire {
            stream: UnixStream::connect(&path).await.unwrap(),
        };
        // Beyond as many as may be told at once, a client is cut off.
        if let Some(refusal) = wire.recv().await {
            let message = refusal["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("connections_max is 100"), "{message}");
            assert_eq!(refusal["error"]["code"], 1007);
            told += 1;
        }
        assert_eq!(wire.recv().await, None);
    }
    assert!(told > 800, "only {told} were told why");
    let mut wire = Wire {
        stream: admitted.pop().unwrap(),
    };
    let answer = wire.ask(serde_json::from_str(ECHO).unwrap()).await;
    assert_eq!(answer["result"], json!(["hi"]));
    drop(wire);
    let mut count = context.connections.watch();
    count.wait_for(|it| *it == 99).await.unwrap();
    let mut wire = Wire {
        stream: UnixStream::connect(&path).await.unwrap(),
    };
    let answer = wire.ask(serde_json::from_str(ECHO).unwrap()).await;
    assert_eq!(answer["result"], json!(["hi"]));
}

#[tokio::test]
async fn pipes_are_served_until_the_input_ends() {
    let (context, _) = context(|_| {});
    let (mut here, input) = tokio::io::duplex(1 << 16);
    let (output, mut there) = tokio::io::duplex(1 << 16);
    here.write_all(format!("Content-Length: {}\r\n\r\n{ECHO}", ECHO.len()).as_bytes())
        .await
        .unwrap();
    drop(here);
    stdio::serve_stdio(&context, input, output).await.unwrap();
    let mut text = String::new();
    there.read_to_string(&mut text).await.unwrap();
    assert!(
        text.ends_with(r#"{"jsonrpc":"2.0","id":1,"result":["hi"]}"#),
        "{text}"
    );
}

#[tokio::test]
async fn a_batch_over_http_is_bounded_in_bytes() {
    let port = port(|limits| {
        limits.large_answers_max = 1;
        limits.outbox_bytes_max = 100_000;
    })
    .await;
    let large = r#"{"jsonrpc":"2.0","id":1,"method":"large","params":[60000]}"#;
    let alone = port.post(large).await.json();
    assert_eq!(alone["result"].as_str().map(str::len), Some(60_000));
    let both = port.post(&format!("[{large},{large}]")).await.json();
    assert_eq!(both[0]["result"].as_str().map(str::len), Some(60_000));
    assert_eq!(both[1]["error"]["data"]["kind"], "resourceExhausted");
}

#[tokio::test]
async fn post_answers_calls_and_batches() {
    let port = port(|limits| {
        limits.frame_bytes_max = 4_096;
        limits.batch_calls_max = 2;
    })
    .await;
    let answer = port.post(ECHO).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/json")
    );
    assert_eq!(
        answer.json(),
        json!({"jsonrpc": "2.0", "id": 1, "result": ["hi"]})
    );
    let notification = r#"{"jsonrpc":"2.0","method":"echo","params":[]}"#;
    let batch = port.post(&format!("[{ECHO},{notification}]")).await;
    assert_eq!(
        batch.json(),
        json!([{"jsonrpc": "2.0", "id": 1, "result": ["hi"]}])
    );
    for silent in [notification.to_owned(), format!("[{notification}]")] {
        let answer = port.post(&silent).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
    }
    let refused = async |body: &str, status: u16, code: i32, kind: &str, says: &str| {
        let answer = port.post(body).await;
        assert_eq!(answer.status, status, "{body}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{error}");
        assert_eq!(error["data"]["kind"], kind, "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert!(error["data"]["hint"].is_string(), "{error}");
        assert!(error["data"]["correlationId"].is_string(), "{error}");
    };
    let panics = r#"{"jsonrpc":"2.0","id":1,"method":"panicLater"}"#;
    refused(panics, 200, -32603, "internal", "bug").await;
    refused("{", 200, -32700, "parse", "JSON").await;
    refused("7", 400, -32700, "parse", "JSON").await;
    refused("[]", 200, -32600, "invalidRequest", "at least one call").await;
    refused("{}", 200, -32600, "invalidRequest", "not a JSON-RPC").await;
    let long = format!("[{ECHO},{ECHO},{ECHO}]");
    refused(
        &long,
        200,
        1007,
        "resourceExhausted",
        "batch_calls_max of 2",
    )
    .await;
    let long = "x".repeat(5_000);
    refused(
        &long,
        413,
        1007,
        "resourceExhausted",
        "frame_bytes_max of 4096",
    )
    .await;
}

#[tokio::test]
async fn a_post_that_is_given_up_goes_on() {
    let port = port(|_| {}).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"wait","params":[]}"#;
    let mut stream = port.connect().await;
    let request = format!(
        "POST /rpc HTTP/1.1\r\nhost: localhost:{}\r\n{}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        port.number,
        port.bearer(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    while port.fake.log.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stream);
    let mut count = port.context.connections.watch();
    count.wait_for(|it| *it == 0).await.unwrap();
    port.fake.gate.0.add_permits(1);
    while port.fake.ended.load(std::sync::atomic::Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn strangers_are_refused_before_anything_else() {
    let port = port(|_| {}).await;
    let json_type = "content-type: application/json";
    let own = format!("host: localhost:{}", port.number);
    let bearer = port.bearer();
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    let asset = format!("GET /assets/{PROJECT}/{BLOB}");
    let check = async |first: &str, lines: &[&str], status: u16, says: &str| {
        let got = port.ask_raw(first, lines, ECHO).await;
        assert_eq!(got.status, status, "{first} {lines:?} {}", got.head);
        let error = got.json()["error"].clone();
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert!(error["data"]["hint"].is_string(), "{error}");
    };
    for first in ["POST /rpc", "GET /rpc", asset.as_str()] {
        check(first, &[&own, json_type, upgrade], 401, "nobody knows").await;
        let wrong = format!("authorization: Bearer {}", Token::random().as_str());
        check(
            first,
            &[&own, json_type, upgrade, &wrong],
            401,
            "token is wrong",
        )
        .await;
    }
    for first in [
        "POST /rpc",
        "GET /rpc",
        asset.as_str(),
        "GET /",
        "GET /healthz",
    ] {
        let rebound = format!("host: evil.example:{}", port.number);
        check(
            first,
            &[&rebound, json_type, upgrade, &bearer],
            403,
            "evil.example",
        )
        .await;
        let foreign = "origin: https://evil.example";
        check(
            first,
            &[&own, json_type, upgrade, &bearer, foreign],
            403,
            "evil.example",
        )
        .await;
    }
    check(
        "POST /rpc",
        &[&own, &bearer, "content-type: text/plain"],
        415,
        "JSON",
    )
    .await;
    check("POST /rpc", &[&own, &bearer], 415, "JSON").await;
    check("DELETE /rpc", &[&own, &bearer], 405, "DELETE").await;
    check("GET /rpc", &[&own, &bearer], 426, "handshake").await;
    check("GET /open?token=x", &[&own], 401, "too old").await;
    assert!(
        port.fake.log.lock().unwrap().is_empty(),
        "nothing was called"
    );
}

#[tokio::test]
async fn a_browser_is_let_in_once_and_stays() {
    let port = port(|_| {}).await;
    let path = port.trust.open_path(Some(PROJECT));
    let opened = port.ask(&format!("GET {path}"), &[], "").await;
    assert_eq!(opened.status, 303);
    let location = format!("/?project={PROJECT}");
    assert_eq!(opened.header("location"), Some(location.as_str()));
    assert_eq!(opened.header("referrer-policy"), Some("no-referrer"));
    let cookie = opened
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let cookie = format!("cookie: {cookie}");
    let json_type = "content-type: application/json";
    let answer = port.ask("POST /rpc", &[&cookie, json_type], ECHO).await;
    assert_eq!(answer.json()["result"], json!(["hi"]));
    let who = r#"{"jsonrpc":"2.0","id":1,"method":"who"}"#;
    let answer = port.ask("POST /rpc", &[&cookie, json_type], who).await;
    assert_eq!(answer.json()["result"][1], "producer");
    let again = port.ask(&format!("GET {path}"), &[], "").await;
    assert_eq!(again.status, 401);
}

#[tokio::test]
async fn previews_are_for_those_let_in_and_kept_by_nobody() {
    let port = port(|_| {}).await;
    let bearer = port.bearer();
    let path = format!("GET /previews/{PROJECT}/RUN/panel/SHOT?3");
    assert_eq!(port.ask(&path, &[], "").await.status, 401);
    let preview = port.ask(&path, &[&bearer], "").await;
    assert_eq!(
        (preview.status, preview.body.as_slice()),
        (200, b"half".as_slice())
    );
    assert_eq!(preview.header("content-type"), Some("image/jpeg"));
    assert_eq!(preview.header("cache-control"), Some("no-store"));
    let gone = format!("GET /previews/{PROJECT}/RUN/panel/OTHER");
    assert_eq!(port.ask(&gone, &[&bearer], "").await.status, 404);
}

#[tokio::test]
async fn assets_are_kept_by_browsers_and_sent_in_parts() {
    let port = port(|_| {}).await;
    let bearer = port.bearer();
    let first = format!("GET /assets/{PROJECT}/{BLOB}");
    let get = async |lines: &[&str]| {
        let lines: Vec<_> = lines.iter().copied().chain([bearer.as_str()]).collect();
        port.ask(&first, &lines, "").await
    };
    let whole = get(&[]).await;
    assert_eq!(
        (whole.status, whole.body.as_slice()),
        (200, b"0123456789".as_slice())
    );
    assert_eq!(whole.header("content-type"), Some("image/png"));
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
    assert!(whole.header("cache-control").unwrap().contains("immutable"));
    assert!(
        whole
            .header("content-security-policy")
            .unwrap()
            .contains("sandbox")
    );
    let tag = whole.header("etag").unwrap().to_owned();
    let known = get(&[&format!("if-none-match: \"x\", W/{tag}")]).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let part = get(&["range: bytes=2-4"]).await;
    assert_eq!(
        (part.status, part.body.as_slice()),
        (206, b"234".as_slice())
    );
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    let beyond = get(&["range: bytes=10-"]).await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some("bytes */10"))
    );
    let changed = get(&["range: bytes=2-4", "if-range: \"other\""]).await;
    assert_eq!(changed.status, 200);
    let resumed = get(&["range: bytes=-1", &format!("if-range: {tag}")]).await;
    assert_eq!(
        (resumed.status, resumed.body.as_slice()),
        (206, b"9".as_slice())
    );
    let small = format!("{first}?thumb=300");
    let small = port.ask(&small, &[&bearer], "").await;
    assert_eq!(
        (small.status, small.body.as_slice()),
        (200, b"small 320".as_slice())
    );
    assert_eq!(small.header("content-type"), Some("image/jpeg"));
    assert_eq!(small.header("etag"), Some(&*format!("\"{BLOB}-320\"")));
    // What is no size is no wish for a small one.
    let odd = port.ask(&format!("{first}?thumb=no"), &[&bearer], "").await;
    assert_eq!(odd.body.as_slice(), b"0123456789");
    let missing = format!("GET /assets/{PROJECT}/{}", BlobId([1; 32]));
    let missing = port.ask(&missing, &[&bearer], "").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json()["error"]["data"]["kind"], "notFound");
}

#[tokio::test]
async fn the_page_has_a_policy_whether_it_was_built_or_not() {
    let port = port(|_| {}).await;
    for path in ["/", "/some/place/of/the/page"] {
        let page = port.ask(&format!("GET {path}"), &[], "").await;
        assert!(
            page.header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'"), "{policy}");
        if page.status == 503 {
            assert!(
                String::from_utf8(page.body)
                    .unwrap()
                    .contains("cargo xtask studio")
            );
        } else {
            assert_eq!(page.header("cache-control"), Some("no-cache"));
        }
    }
    assert_eq!(port.ask("GET /missing.js", &[], "").await.status, 404);
    assert_eq!(
        port.ask("GET /../../etc/passwd.txt", &[], "").await.status,
        404
    );
    let healthy = port.ask("GET /healthz", &[], "").await;
    assert_eq!(
        (healthy.status, healthy.body.as_slice()),
        (200, b"ok\n".as_slice())
    );
}

#[tokio::test]
async fn a_web_socket_carries_texts_pieces_pings_and_a_close() {
    let port = port(|_| {}).await;
    let mut socket = port.web_socket().await;
    say(&mut socket, ECHO).await;
    assert_eq!(hear(&mut socket).await["result"], json!(["hi"]));
    let binary = Frame::binary(Payload::Owned(ECHO.as_bytes().to_vec()));
    socket.write_frame(binary).await.unwrap();
    assert_eq!(hear(&mut socket).await["result"], json!(["hi"]));

    let (head, tail) = ECHO.split_at(20);
    let piece = |fin, opcode, text: &str| {
        Frame::new(fin, opcode, None, Payload::Owned(text.as_bytes().to_vec()))
    };
    socket
        .write_frame(piece(false, OpCode::Text, head))
        .await
        .unwrap();
    socket
        .write_frame(piece(true, OpCode::Ping, "are you there"))
        .await
        .unwrap();
    socket
        .write_frame(piece(true, OpCode::Continuation, tail))
        .await
        .unwrap();
    let pong = socket.read_frame().await.unwrap();
    assert_eq!(
        (pong.opcode, &*pong.payload),
        (OpCode::Pong, b"are you there".as_slice())
    );
    assert_eq!(hear(&mut socket).await["result"], json!(["hi"]));

    // A long answer has a long head.
    say(
        &mut socket,
        r#"{"jsonrpc":"2.0","id":2,"method":"big","params":[100000]}"#,
    )
    .await;
    assert_eq!(
        hear(&mut socket).await["result"].as_str().unwrap().len(),
        100_000
    );

    socket
        .write_frame(Frame::close(1000, b"bye"))
        .await
        .unwrap();
    assert_eq!(closing(&mut socket).await, 1000);
    let mut count = port.context.connections.watch();
    count.wait_for(|it| *it == 0).await.unwrap();
}

#[tokio::test]
async fn a_web_socket_that_sends_too_much_or_nonsense_is_told_and_closed() {
    let port = port(|limits| limits.frame_bytes_max = 1_000).await;
    let raw =
        |fin, opcode, bytes: &[u8]| Frame::new(fin, opcode, None, Payload::Owned(bytes.to_vec()));
    let check = async |frames: Vec<Frame<'static>>, code: u16, says: &str| {
        let mut socket = port.web_socket().await;
        for frame in frames {
            socket.write_frame(frame).await.unwrap();
        }
        let told = hear(&mut socket).await;
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
        assert_eq!(closing(&mut socket).await, code);
    };
    let long = vec![b'x'; 1_001];
    check(
        vec![raw(true, OpCode::Text, &long)],
        1009,
        "frame_bytes_max of 1000",
    )
    .await;
    let pieces = vec![
        raw(false, OpCode::Text, &long[..600]),
        raw(false, OpCode::Continuation, &long[..600]),
    ];
    check(pieces, 1009, "frame_bytes_max of 1000").await;
    check(vec![raw(true, OpCode::Text, b"\xff")], 1007, "WebSocket").await;
    check(
        vec![raw(true, OpCode::Continuation, b"x")],
        1002,
        "WebSocket",
    )
    .await;
    // Bad JSON is no reason to close.
    let mut socket = port.web_socket().await;
    say(&mut socket, "{").await;
    assert_eq!(hear(&mut socket).await["error"]["code"], -32700);
    say(&mut socket, ECHO).await;
    assert_eq!(hear(&mut socket).await["result"], json!(["hi"]));
    port.context.shutdown.cancel();
    assert_eq!(closing(&mut socket).await, 1001);
}

#[tokio::test]
async fn a_web_socket_that_never_reads_is_not_read_from() {
    let port = port(|limits| {
        limits.outbox_len_max = 16;
        limits.outbox_bytes_max = 1 << 20;
    })
    .await;
    let mut socket = port.web_socket().await;
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"big","params":[100000]}"#;
    let patience = Duration::from_millis(300);
    for sent in 0.. {
        let frame = Frame::text(Payload::Owned(request.as_bytes().to_vec()));
        if tokio::time::timeout(patience, socket.write_frame(frame))
            .await
            .is_err()
        {
            break;
        }
        assert!(sent < 1_000_000, "the daemon reads on and on");
    }
    // What the system buffers for both ends is a few megabytes.
    let started = port.fake.log.lock().unwrap().len();
    assert!(started < 400, "{started} requests were started");
}

#[tokio::test]
async fn one_client_too_many_is_told_in_http() {
    let port = port(|limits| limits.connections_max = 1).await;
    let mut socket = port.web_socket().await;
    let got = port.ask("GET /healthz", &[], "").await;
    assert_eq!(got.status, 503);
    let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("connections_max is 1"), "{message}");
    say(&mut socket, ECHO).await;
    assert_eq!(hear(&mut socket).await["result"], json!(["hi"]));
    drop(socket);
    let mut count = port.context.connections.watch();
    count.wait_for(|it| *it == 0).await.unwrap();
    assert_eq!(port.ask("GET /healthz", &[], "").await.status, 200);
}

#[tokio::test]
async fn headers_must_come_soon_and_be_short() {
    let port = port(|limits| limits.handshake_ms_max = 50).await;
    let mut slow = port.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    let long = format!("x: {}", "y".repeat(20_000));
    assert_eq!(port.ask("GET /healthz", &[&long], "").await.status, 431);
}

#[tokio::test]
async fn a_client_that_breaks_off_leaves_nothing_behind() {
    let port = port(|_| {}).await;
    let mut socket = port.web_socket().await;
    say(
        &mut socket,
        r#"{"jsonrpc":"2.0","id":1,"method":"subscribe","params":[]}"#,
    )
    .await;
    hear(&mut socket).await;
    drop(socket);
    let mut count = port.context.connections.watch();
    count.wait_for(|it| *it == 0).await.unwrap();
    let outbox = port.fake.subscriber.lock().unwrap().take().unwrap();
    assert!(outbox.is_closed());
    assert!(outbox.notify(&Bytes::from("{}")).is_err());
}
