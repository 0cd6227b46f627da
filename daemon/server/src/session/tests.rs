//! Conversations with a small dispatch, over a pipe in memory.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::{Value, json, value::to_raw_value};
use storycore_schema::{
    Error, ErrorKind, Limits, Role, Seq,
    id::ProjectId,
    log::{Resync, SubscriptionKind},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use crate::{
    call::{Call, Dispatch, Reply},
    outbox::Outbox,
    transport::{Connections, Context, memory},
};

/// A test that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers a few methods that do what a router's can.
#[derive(Default)]
pub(crate) struct Fake {
    /// What was asked for, in the order it was started.
    pub(crate) log: Mutex<Vec<String>>,
    /// Calls that have ended.
    pub(crate) ended: AtomicUsize,
    /// One permit lets one `wait` end.
    pub(crate) gate: Arc<Gate>,
    /// The outbox of the last client that subscribed.
    pub(crate) subscriber: Mutex<Option<Arc<Outbox>>>,
}

pub(crate) struct Gate(pub(crate) Semaphore);

impl Default for Gate {
    fn default() -> Gate {
        Gate(Semaphore::new(0))
    }
}

/// The dispatch, shared with the test.
pub(crate) struct Shared(pub(crate) Arc<Fake>);

impl Dispatch for Shared {
    fn dispatch(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        let fake = self.0.clone();
        if call.method == "panic" {
            panic!("on purpose");
        }
        Box::pin(async move {
            let params = call.params.as_ref().map_or("{}", |it| it.get());
            fake.log
                .lock()
                .unwrap()
                .push(format!("{} {params}", call.method));
            let place = match call.method.as_str() {
                "large" => Some(call.client.answers.place().await),
                _ => None,
            };
            let body = fake.answer(&call, params).await;
            fake.ended.fetch_add(1, Ordering::SeqCst);
            let outbox = call.client.outbox.clone();
            let subscribes = call.method == "subscribe";
            body.map(|body| Reply {
                body: to_raw_value(&body).unwrap(),
                place,
                after: subscribes.then(|| -> Box<dyn FnOnce() + Send> {
                    Box::new(move || {
                        let outbox = outbox.unwrap();
                        outbox.notify(&Bytes::from(r#"{"first":1}"#)).unwrap();
                        *fake.subscriber.lock().unwrap() = Some(outbox);
                    })
                }),
            })
        })
    }
}

impl Fake {
    async fn answer(&self, call: &Call, params: &str) -> Result<Value, Error> {
        match call.method.as_str() {
            "echo" | "subscribe" => Ok(serde_json::from_str(params)
                .map_err(|error| Error::invalid_params(error.to_string()))?),
            "wait" => tokio::select! {
                permit = self.gate.0.acquire() => {
                    permit.unwrap().forget();
                    Ok(json!("waited"))
                }
                () = call.cancel.cancelled() => {
                    Err(Error::new(ErrorKind::Cancelled, "canceled"))
                }
            },
            "stubborn" => {
                self.gate.0.acquire().await.unwrap().forget();
                Ok(json!(call.cancel.is_cancelled()))
            }
            "panicLater" => {
                tokio::task::yield_now().await;
                panic!("on purpose")
            }
            "big" => Ok(text_of(params)),
            "large" => {
                // As if it were read from the disk.
                tokio::task::yield_now().await;
                Ok(text_of(params))
            }
            "note" => {
                // The first note takes longest, so that only order keeps them apart.
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                self.log.lock().unwrap().push(format!("done {params}"));
                Ok(Value::Null)
            }
            "who" => Ok(json!([
                call.client.name().as_ref(),
                call.client.role,
                call.correlation_id
            ])),
            other => Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("no method {other}"),
            )),
        }
    }
}

/// A text as long as `[length]` says.
fn text_of(params: &str) -> Value {
    json!("x".repeat(params.trim_matches(['[', ']']).parse().unwrap()))
}

/// A context over a fake, and the fake.
pub(crate) fn context(change: impl FnOnce(&mut Limits)) -> (Context, Arc<Fake>) {
    let mut limits = Limits::default();
    change(&mut limits);
    let fake = Arc::new(Fake::default());
    let context = Context {
        dispatch: Arc::new(Shared(fake.clone())),
        connections: Connections::new(&limits),
        limits: Arc::new(limits),
        shutdown: CancellationToken::new(),
    };
    (context, fake)
}

/// The client's end of a framed stream.
pub(crate) struct Wire<S> {
    pub(crate) stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) async fn send(&mut self, text: &str) {
        self.raw(&frame(text)).await;
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        tokio::time::timeout(PATIENCE, self.stream.write_all(bytes))
            .await
            .expect("the daemon reads")
            .unwrap();
    }

    /// The next message; none at the end.
    pub(crate) async fn recv(&mut self) -> Option<Value> {
        tokio::time::timeout(PATIENCE, self.read())
            .await
            .expect("the daemon answers")
    }

    pub(crate) async fn ask(&mut self, request: Value) -> Value {
        self.send(&request.to_string()).await;
        self.recv().await.unwrap()
    }

    async fn read(&mut self) -> Option<Value> {
        let mut header = Vec::new();
        while !header.ends_with(b"\r\n\r\n") {
            header.push(self.stream.read_u8().await.ok()?);
        }
        let header = String::from_utf8(header).unwrap();
        let len = header.trim().strip_prefix("Content-Length: ").unwrap();
        let mut body = vec![0; len.parse().unwrap()];
        self.stream.read_exact(&mut body).await.ok()?;
        Some(serde_json::from_slice(&body).unwrap())
    }
}

fn frame(text: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

fn open(context: &Context) -> Wire<DuplexStream> {
    Wire {
        stream: memory::connect(context, Role::Editor).unwrap(),
    }
}

fn call(id: impl Into<Value>, method: &str, params: impl Into<Value>) -> Value {
    let params = params.into();
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

/// Sends one text and compares what comes back, without the parts that differ each time.
async fn check(text: &str, expected: impl Into<Value>) {
    let expected = expected.into();
    let (context, _) = context(|limits| {
        limits.batch_calls_max = 3;
        limits.frame_bytes_max = 4 << 20;
    });
    let mut wire = open(&context);
    wire.send(text).await;
    let mut answer = wire.recv().await.unwrap();
    let answers = match &mut answer {
        Value::Array(answers) => answers.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for answer in answers {
        assert_eq!(answer["jsonrpc"], "2.0");
        answer.as_object_mut().unwrap().remove("jsonrpc");
        if let Some(error) = answer.get("error").cloned() {
            assert!(
                error["data"]["correlationId"]
                    .as_str()
                    .unwrap()
                    .starts_with("r-")
            );
            answer["error"] = json!([error["code"], error["data"]["kind"]]);
        }
    }
    assert_eq!(answer, expected, "{}", &text[..text.len().min(200)]);
    // Whatever was sent, the session lives.
    let echo = wire.ask(call("alive", "echo", json!([1]))).await;
    assert_eq!(echo["result"], json!([1]));
}

#[tokio::test]
async fn every_text_gets_the_answer_json_rpc_asks_for() {
    let ok = |id: Value, result: Value| json!({"id": id, "result": result});
    let refused = |id: Value, code: i32, kind: &str| json!({"id": id, "error": [code, kind]});
    let one = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1}}"#;
    check(one, ok(json!(1), json!({"a": 1}))).await;
    check(&format!("\r\n {one} \n"), ok(json!(1), json!({"a": 1}))).await;
    check(
        r#"{"id":"ä\n","method":"echo","jsonrpc":"2.0","extra":[1]}"#,
        ok(json!("ä\n"), json!({})),
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":null,"method":"echo"}"#,
        ok(Value::Null, json!({})),
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":-7,"method":"echo"}"#,
        ok(json!(-7), json!({})),
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":2,"method":"nope"}"#,
        refused(json!(2), -32601, "unknownMethod"),
    )
    .await;
}

#[tokio::test]
async fn every_text_that_is_no_request_is_refused_as_json_rpc_asks_for() {
    let refused = |id: Value, code: i32, kind: &str| json!({"id": id, "error": [code, kind]});
    check("", refused(Value::Null, -32700, "parse")).await;
    check("{", refused(Value::Null, -32700, "parse")).await;
    check("[1,", refused(Value::Null, -32700, "parse")).await;
    check(
        "{\"jsonrpc\": 1, oops",
        refused(Value::Null, -32700, "parse"),
    )
    .await;
    check("7", refused(Value::Null, -32600, "invalidRequest")).await;
    check("{}", refused(Value::Null, -32600, "invalidRequest")).await;
    check("[]", refused(Value::Null, -32600, "invalidRequest")).await;
    check(
        r#"{"jsonrpc":"1.0","id":3,"method":"echo"}"#,
        refused(json!(3), -32600, "invalidRequest"),
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":4}"#,
        refused(json!(4), -32600, "invalidRequest"),
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":5,"method":7}"#,
        refused(json!(5), -32600, "invalidRequest"),
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":6,"method":"echo","params":7}"#,
        refused(json!(6), -32600, "invalidRequest"),
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":[8],"method":"echo"}"#,
        refused(Value::Null, -32600, "invalidRequest"),
    )
    .await;
}

#[tokio::test]
async fn a_batch_gets_one_answer_and_is_bounded() {
    let one = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1}}"#;
    let refused = |id: Value, code: i32, kind: &str| json!({"id": id, "error": [code, kind]});
    let mixed = format!(r#"[{one},{{"jsonrpc":"2.0","method":"echo"}},7]"#);
    let answers = json!([
        {"id": 1, "result": {"a": 1}},
        refused(Value::Null, -32600, "invalidRequest")
    ]);
    check(&mixed, answers).await;
    check(
        &format!("[{one},{one},{one},{one}]"),
        refused(Value::Null, 1007, "resourceExhausted"),
    )
    .await;
}

#[tokio::test]
async fn deep_nesting_does_not_overflow_the_stack() {
    let deep = 1 << 20;
    let bomb = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let refused = json!([{"id": null, "error": [-32600, "invalidRequest"]}]);
    check(&bomb, refused).await;
    let inside = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"echo","params":{bomb}}}"#);
    let refused = json!({"id": 1, "error": [-32602, "invalidParams"]});
    check(&inside, refused).await;
    let refused = json!({"id": null, "error": [-32700, "parse"]});
    check(&"[".repeat(deep), refused).await;
}

#[tokio::test]
async fn what_wants_no_answer_gets_none() {
    let (context, _) = context(|_| {});
    let mut wire = open(&context);
    wire.send(r#"{"jsonrpc":"2.0","method":"echo"}"#).await;
    wire.send(r#"{"jsonrpc":"2.0","id":1,"result":null}"#).await;
    wire.send(r#"{"jsonrpc":"2.0","id":1,"error":{}}"#).await;
    wire.send(r#"[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"panic"}]"#)
        .await;
    let answer = wire.ask(call(9, "echo", json!([]))).await;
    assert_eq!(answer["id"], 9);
}

#[tokio::test]
async fn requests_overtake_a_slow_one_and_start_in_order() {
    let (context, fake) = context(|_| {});
    let mut wire = open(&context);
    wire.send(&call(1, "wait", json!([1])).to_string()).await;
    for id in 2..50 {
        let answer = wire.ask(call(id, "echo", json!([id]))).await;
        assert_eq!(answer["id"], id);
    }
    fake.gate.0.add_permits(1);
    assert_eq!(wire.recv().await.unwrap()["result"], "waited");
    let log = fake.log.lock().unwrap().clone();
    let expected: Vec<String> = (2..50).map(|it| format!("echo [{it}]")).collect();
    assert_eq!(log[0], "wait [1]");
    assert_eq!(log[1..], expected);
}

#[tokio::test]
async fn a_notification_holds_back_what_comes_after_it() {
    let (context, fake) = context(|_| {});
    let mut wire = open(&context);
    for n in 0..20 {
        wire.send(&json!({"jsonrpc": "2.0", "method": "note", "params": [n]}).to_string())
            .await;
    }
    wire.send(&format!(
        "[{},{}]",
        json!({"jsonrpc": "2.0", "method": "note", "params": [20]}),
        call("b", "echo", json!(["b"]))
    ))
    .await;
    let batch = wire.ask(call(1, "echo", json!([]))).await;
    assert_eq!(batch[0]["id"], "b");
    assert_eq!(wire.recv().await.unwrap()["id"], 1);
    let log = fake.log.lock().unwrap().clone();
    let mut expected = Vec::new();
    for n in 0..20 {
        expected.extend([format!("note [{n}]"), format!("done [{n}]")]);
    }
    expected.extend([
        "note [20]".into(),
        r#"echo ["b"]"#.into(),
        "done [20]".into(),
    ]);
    expected.push("echo []".into());
    assert_eq!(log, expected);
}

#[tokio::test]
async fn a_batch_is_answered_at_once_in_its_order() {
    let (context, fake) = context(|_| {});
    let mut wire = open(&context);
    let batch = json!([
        call(1, "wait", json!([])),
        call(2, "echo", json!([2])),
        call(3, "panicLater", json!([]))
    ]);
    wire.send(&batch.to_string()).await;
    let between = wire.ask(call(4, "echo", json!([]))).await;
    assert_eq!(between["id"], 4);
    fake.gate.0.add_permits(1);
    let answers = wire.recv().await.unwrap();
    let ids: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(answers[2]["error"]["code"], -32603);
}

#[tokio::test]
async fn cancel_reaches_a_request_even_past_a_waiting_notification() {
    let (context, fake) = context(|_| {});
    let mut wire = open(&context);
    wire.send(&call("x", "wait", json!([])).to_string()).await;
    wire.send(&json!({"jsonrpc": "2.0", "method": "stubborn"}).to_string())
        .await;
    let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "x"}});
    wire.send(&cancel.to_string()).await;
    let answer = wire.recv().await.unwrap();
    assert_eq!(answer["id"], "x");
    assert_eq!(answer["error"]["code"], -32800);
    fake.gate.0.add_permits(1);
    // A request that ends otherwise answers what it has; unknown ids are no error.
    wire.send(&call("y", "stubborn", json!([])).to_string())
        .await;
    let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "y"}});
    wire.send(&cancel.to_string()).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 404}});
    wire.send(&cancel.to_string()).await;
    assert_eq!(wire.ask(call(1, "echo", json!([]))).await["id"], 1);
    fake.gate.0.add_permits(1);
    assert_eq!(wire.recv().await.unwrap()["result"], true);
}

#[tokio::test]
async fn a_panic_is_a_bug_answered_and_contained() {
    let (context, _) = context(|_| {});
    let mut wire = open(&context);
    for method in ["panic", "panicLater"] {
        let answer = wire.ask(call(1, method, json!([]))).await;
        assert_eq!(answer["error"]["code"], -32603, "{method}");
        assert_eq!(answer["error"]["data"]["kind"], "internal");
    }
    assert_eq!(wire.ask(call(2, "echo", json!([]))).await["id"], 2);
}

#[tokio::test]
async fn an_id_that_is_under_way_is_refused() {
    let (context, fake) = context(|_| {});
    let mut wire = open(&context);
    wire.send(&call(1, "wait", json!([])).to_string()).await;
    let answer = wire.ask(call(1, "echo", json!([]))).await;
    assert_eq!(answer["error"]["code"], -32600);
    fake.gate.0.add_permits(1);
    assert_eq!(wire.recv().await.unwrap()["result"], "waited");
    assert_eq!(
        wire.ask(call(1, "echo", json!([]))).await["result"],
        json!([])
    );
}

#[tokio::test]
async fn calls_and_bytes_under_way_are_limited_by_name() {
    let (context, fake) = context(|limits| {
        limits.in_flight_calls_max = 2;
        limits.in_flight_bytes_max = 300;
    });
    let mut wire = open(&context);
    let long = "x".repeat(300);
    let answer = wire.ask(call(1, "echo", json!([long]))).await;
    assert!(
        message(&answer).contains("in_flight_bytes_max of 300"),
        "{answer}"
    );
    wire.send(&call(1, "wait", json!([])).to_string()).await;
    wire.send(&call(2, "wait", json!([])).to_string()).await;
    let answer = wire.ask(call(3, "echo", json!([]))).await;
    assert!(
        message(&answer).contains("in_flight_calls_max is 2"),
        "{answer}"
    );
    assert_eq!(answer["error"]["code"], 1007);
    assert_eq!(answer["id"], 3);
    let hint = answer["error"]["data"]["hint"].as_str().unwrap();
    assert!(hint.contains("wait for answers"));
    fake.gate.0.add_permits(2);
    wire.recv().await.unwrap();
    wire.recv().await.unwrap();
    assert_eq!(
        wire.ask(call(3, "echo", json!([]))).await["result"],
        json!([])
    );
}

fn message(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap()
}

#[tokio::test]
async fn a_false_content_length_and_a_long_header_end_the_conversation() {
    let ends = async |bytes: &[u8], says: &str| {
        let (context, _) = context(|limits| limits.header_bytes_max = 64);
        let mut wire = open(&context);
        wire.raw(bytes).await;
        let answer = wire.recv().await.unwrap();
        assert!(message(&answer).contains(says), "{answer}");
        assert_eq!(answer["id"], Value::Null);
        assert_eq!(wire.recv().await, None);
    };
    ends(
        b"Content-Length: 99999999999\r\n\r\n",
        "99999999999 bytes is longer than the limit frame_bytes_max of 8388608",
    )
    .await;
    ends(
        format!("Content-Length: 1{}\r\n\r\n", "0".repeat(30)).as_bytes(),
        "frame_bytes_max",
    )
    .await;
    ends(b"Content-Length: -1\r\n\r\n{}", "no Content-Length").await;
    ends(b"Content-Length: 0x10\r\n\r\n{}", "no Content-Length").await;
    ends(b"Content-Type: x\r\n\r\n{}", "no Content-Length").await;
    ends(&[b'x'; 100], "header_bytes_max of 64").await;
    ends(&[0; 100], "header_bytes_max of 64").await;
}

#[tokio::test]
async fn frames_arrive_in_any_pieces() {
    let (context, _) = context(|_| {});
    let mut wire = open(&context);
    let text = call(1, "echo", json!(["piece"])).to_string();
    let mut bytes = format!(
        "content-type: x\r\nCONTENT-LENGTH:{}\r\n\r\n{text}",
        text.len()
    )
    .into_bytes();
    bytes.extend(frame(&text));
    for byte in bytes {
        wire.raw(&[byte]).await;
    }
    for _ in 0..2 {
        assert_eq!(wire.recv().await.unwrap()["result"], json!(["piece"]));
    }
}

#[tokio::test]
async fn a_client_that_has_said_all_still_gets_its_answers() {
    let (context, fake) = context(|_| {});
    let mut wire = open(&context);
    wire.send(&call(1, "wait", json!([])).to_string()).await;
    wire.stream.shutdown().await.unwrap();
    fake.gate.0.add_permits(1);
    assert_eq!(wire.recv().await.unwrap()["result"], "waited");
    assert_eq!(wire.recv().await, None);
    let mut count = context.connections.watch();
    tokio::time::timeout(PATIENCE, count.wait_for(|it| *it == 0))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_disconnect_cancels_nothing() {
    let (context, fake) = context(|_| {});
    let mut wire = open(&context);
    wire.send(&call(1, "wait", json!([])).to_string()).await;
    assert_eq!(wire.ask(call(2, "echo", json!([]))).await["id"], 2);
    drop(wire);
    let mut count = context.connections.watch();
    count.wait_for(|it| *it == 0).await.unwrap();
    fake.gate.0.add_permits(1);
    while fake.ended.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_snapshot_goes_out_before_its_first_patch() {
    let (context, _) = context(|_| {});
    let mut wire = open(&context);
    let answer = wire.ask(call(1, "subscribe", json!(["snapshot"]))).await;
    assert_eq!(answer["result"], json!(["snapshot"]));
    assert_eq!(wire.recv().await.unwrap()["first"], 1);
}

#[tokio::test]
async fn a_flood_that_is_never_read_stops_being_read() {
    let (context, fake) = context(|limits| {
        limits.outbox_len_max = 8;
        limits.outbox_bytes_max = 1 << 20;
    });
    let mut wire = open(&context);
    // Each answer fills half the pipe, so only a few fit in it and in the outbox.
    let request = frame(&call(1, "big", json!([30_000])).to_string());
    let mut sent = 0;
    let stopped = loop {
        let write =
            tokio::time::timeout(Duration::from_millis(300), wire.stream.write_all(&request));
        match write.await {
            Ok(result) => result.unwrap(),
            Err(_) => break sent,
        }
        sent += 1;
        assert!(sent < 100_000, "the daemon reads on and on");
    };
    let started = fake.log.lock().unwrap().len();
    assert!(started < 16, "{started} of {stopped} requests were started");
    // Read at last, it goes on.
    for _ in 0..stopped {
        let answer = wire.recv().await.unwrap();
        assert_eq!(answer["result"].as_str().unwrap().len(), 30_000);
    }
}

#[tokio::test]
async fn a_slow_subscriber_is_told_to_resync_and_then_goes_on() {
    let (context, fake) = context(|limits| limits.outbox_len_max = 4);
    let mut wire = open(&context);
    wire.ask(call(1, "subscribe", json!([]))).await;
    wire.recv().await.unwrap();
    let outbox = fake.subscriber.lock().unwrap().clone().unwrap();
    let project = ProjectId(ulid::Ulid::from_parts(1, 1));
    let text = |seq: u64| Bytes::from(format!(r#"{{"seq":{seq},"pad":"{}"}}"#, "x".repeat(9_000)));
    let mut accepted = 0;
    for seq in 1.. {
        if outbox.notify(&text(seq)).is_err() {
            outbox.lag(Resync {
                project,
                subscription: SubscriptionKind::State,
                seq: Seq(seq - 1),
            });
            break;
        }
        accepted = seq;
        tokio::task::yield_now().await;
    }
    for seq in 1..=accepted {
        assert_eq!(wire.recv().await.unwrap()["seq"], seq, "nothing is skipped");
    }
    let resync = wire.recv().await.unwrap();
    assert_eq!(resync["method"], "$/resync");
    assert_eq!(resync["params"]["seq"], accepted);
    assert_eq!(resync["params"]["subscription"], "state");
    outbox.notify(&text(1)).unwrap();
    assert_eq!(wire.recv().await.unwrap()["seq"], 1);
}

#[tokio::test]
async fn large_answers_that_nobody_reads_are_few() {
    let (context, fake) = context(|limits| {
        limits.large_answers_max = 2;
        limits.outbox_bytes_max = 100_000;
    });
    let mut wire = open(&context);
    for id in 0..50 {
        wire.send(&call(id, "large", json!([60_000])).to_string())
            .await;
    }
    while fake.log.lock().unwrap().len() < 50 {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    // One in the pipe, one in the outbox, two that wait for room.
    let made = fake.ended.load(Ordering::SeqCst);
    assert!(made <= 4, "{made} answers lie in memory");
    let mut answered = BTreeSet::new();
    for _ in 0..50 {
        let answer = wire.recv().await.unwrap();
        assert_eq!(answer["result"].as_str().unwrap().len(), 60_000);
        answered.insert(answer["id"].as_u64().unwrap());
    }
    assert_eq!(answered, BTreeSet::from_iter(0..50));
}

#[tokio::test]
async fn a_batch_waits_for_no_place_it_has_itself_and_is_bounded_in_bytes() {
    let (context, _) = context(|limits| {
        limits.large_answers_max = 1;
        limits.outbox_bytes_max = 100_000;
    });
    let mut wire = open(&context);
    let batch = |method: &str, bytes: u32| {
        let calls = (1..=3).map(|id| call(id, method, json!([bytes])));
        Value::from_iter(calls)
    };
    let answers = wire.ask(batch("large", 30_000)).await;
    let lengths = |answers: &Value| -> Vec<Option<usize>> {
        let answers = answers.as_array().unwrap().iter();
        answers
            .map(|it| it["result"].as_str().map(str::len))
            .collect()
    };
    assert_eq!(lengths(&answers), [Some(30_000); 3]);
    for method in ["large", "big"] {
        let answers = wire.ask(batch(method, 60_000)).await;
        assert_eq!(lengths(&answers), [Some(60_000), None, None]);
        assert_eq!(answers[1]["error"]["data"]["kind"], "resourceExhausted");
    }
    // What was gathered has gone, so there is room again.
    let answers = wire.ask(batch("big", 30_000)).await;
    assert_eq!(lengths(&answers), [Some(30_000); 3]);
}

#[tokio::test]
async fn shutdown_ends_every_conversation() {
    let (context, _) = context(|_| {});
    let mut wire = open(&context);
    assert_eq!(
        wire.ask(call(1, "who", json!([]))).await["result"][0],
        "memory"
    );
    context.shutdown.cancel();
    assert_eq!(wire.recv().await, None);
}
