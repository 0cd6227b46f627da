//! A JSON-RPC client of our own making for every transport, over WebSocket with a library that the
//! daemon does not use.

use std::{collections::VecDeque, io, path::Path, process::Stdio, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    process::Command,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::Daemon;

/// How long an answer may take before a test fails.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Pause between two looks at something that is about to happen.
const POLL: Duration = Duration::from_millis(10);

/// A connection, or for HTTP the will to make one for each request.
pub(crate) struct Client {
    wire: Wire,
    next_id: u64,
    /// Notifications that came while an answer was waited for.
    notes: VecDeque<Value>,
}

enum Wire {
    Framed(
        Box<dyn AsyncRead + Send + Unpin>,
        Box<dyn AsyncWrite + Send + Unpin>,
    ),
    WebSocket(Box<WebSocketStream<TcpStream>>),
    Http {
        port: u16,
        token: String,
    },
}

/// An error a client was answered with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal(pub(crate) Value);

impl Refusal {
    pub(crate) fn kind(&self) -> &str {
        self.0["data"]["kind"].as_str().unwrap_or_default()
    }

    /// Message and hint, as a person reads them.
    pub(crate) fn words(&self) -> String {
        let hint = self.0["data"]["hint"].as_str().map(|it| format!(" | {it}"));
        format!(
            "{}{}",
            self.0["message"].as_str().unwrap_or_default(),
            hint.unwrap_or_default()
        )
    }
}

impl Client {
    fn new(wire: Wire) -> Client {
        Client {
            wire,
            next_id: 1,
            notes: VecDeque::new(),
        }
    }

    /// Over any stream, with `Content-Length` framing.
    pub(crate) fn framed(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Client {
        let (reader, writer) = tokio::io::split(stream);
        Client::new(Wire::Framed(Box::new(reader), Box::new(writer)))
    }

    /// Over the local socket.
    pub(crate) async fn socket(path: &Path) -> Client {
        Client::framed(UnixStream::connect(path).await.expect("the socket answers"))
    }

    /// Over stdin and stdout of a command.
    pub(crate) fn stdio(command: std::process::Command) -> Client {
        let mut command = Command::from(command);
        let piped = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = piped.spawn().expect("the command starts");
        let (reader, writer) = (
            child.stdout.take().expect("stdout"),
            child.stdin.take().expect("stdin"),
        );
        tokio::spawn(async move { child.wait().await });
        Client::new(Wire::Framed(Box::new(reader), Box::new(writer)))
    }

    /// Over WebSocket.
    pub(crate) async fn websocket(daemon: &Daemon) -> Client {
        Client::websocket_at(daemon, "/rpc").await
    }

    /// Over a WebSocket at another path.
    pub(crate) async fn websocket_at(daemon: &Daemon, path: &str) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", daemon.port()))
            .await
            .expect("the port answers");
        let url = format!("ws://127.0.0.1:{}{path}", daemon.port());
        let mut request = url.into_client_request().expect("a request");
        let bearer = HeaderValue::try_from(format!("Bearer {}", daemon.token)).expect("a header");
        request.headers_mut().insert("authorization", bearer);
        let (socket, _) = client_async(request, stream).await.expect("a WebSocket");
        Client::new(Wire::WebSocket(Box::new(socket)))
    }

    /// Over HTTP, a connection for each request.
    pub(crate) fn http(daemon: &Daemon) -> Client {
        Client::new(Wire::Http {
            port: daemon.port(),
            token: daemon.token.clone(),
        })
    }

    /// Asks, and returns the result or the error object.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Result<Value, Refusal> {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut answer = self.exchange(&request.to_string(), id).await;
        match answer.get_mut("error") {
            Some(error) => Err(Refusal(error.take())),
            None => Ok(answer["result"].take()),
        }
    }

    /// Asks for something that must be granted.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Value {
        let shown = params.to_string();
        let answer = self.call(method, params).await;
        answer.unwrap_or_else(|refusal| panic!("{method} {shown} was refused: {}", refusal.0))
    }

    /// Asks a daemon that may be killed at any moment; nothing if it was before it answered.
    pub(crate) async fn call_unless_killed(
        &mut self,
        method: &str,
        params: Value,
    ) -> Option<Result<Value, Refusal>> {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let Wire::Framed(_, writer) = &mut self.wire else {
            panic!("only what is framed is told of its end");
        };
        write_frame(writer, &request.to_string()).await.ok()?;
        loop {
            let mut message = timeout(ANSWER_WAIT, self.receive())
                .await
                .expect("an end")?;
            if message.get("method").is_some() {
                self.notes.push_back(message);
            } else if let Some(error) = message.get_mut("error") {
                return Some(Err(Refusal(error.take())));
            } else {
                return Some(Ok(message["result"].take()));
            }
        }
    }

    /// Opens a film; its id.
    pub(crate) async fn open(&mut self, path: &Path, auto_render: bool) -> String {
        let params = json!({"path": path, "autoRender": auto_render});
        let film = self.ask("project/open", params).await;
        film["id"].as_str().expect("an id").to_owned()
    }

    /// Every event in a film's log, oldest first.
    pub(crate) async fn events(&mut self, film: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.last().map_or(json!(0), |it| it["seq"].clone());
            let params = json!({"project": film, "after": after});
            let page = self.ask("event/list", params).await;
            let more = page["events"].as_array().expect("events");
            if more.is_empty() {
                return events;
            }
            events.extend(more.iter().cloned());
        }
    }

    /// Waits until no run of a film is under way; its runs.
    pub(crate) async fn runs_ended(&mut self, film: &str) -> Vec<Value> {
        let looking = async {
            loop {
                let runs = self.ask("run/list", json!({"project": film})).await;
                let runs = runs.as_array().expect("runs").clone();
                if runs.iter().all(|it| it["status"] != "running") {
                    return runs;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        timeout(ANSWER_WAIT, looking).await.expect("the runs end")
    }

    /// Waits until every shot of a film that draws by itself has its picture.
    pub(crate) async fn all_fresh(&mut self, film: &str) {
        let looking = async {
            loop {
                let project = self.ask("project/get", json!({"project": film})).await;
                if project["fresh"] == project["shots"] && project["shots"] != 0 {
                    return;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        timeout(ANSWER_WAIT, looking).await.expect("all is drawn");
        // The last picture stands in the log just before the end of its run.
        self.runs_ended(film).await;
    }

    async fn exchange(&mut self, request: &str, id: u64) -> Value {
        if let Wire::Http { port, token } = &self.wire {
            let answer = post(*port, token, request).await;
            return serde_json::from_str(&answer.body).expect("JSON");
        }
        self.send(request).await;
        loop {
            let message = timeout(ANSWER_WAIT, self.receive())
                .await
                .expect("an answer in time");
            let message = message.expect("an answer, not the end");
            if message.get("method").is_some() {
                self.notes.push_back(message);
            } else {
                assert_eq!(message["id"], id, "an answer to something else: {message}");
                return message;
            }
        }
    }

    /// Sends a text as it is.
    pub(crate) async fn send(&mut self, text: &str) {
        match &mut self.wire {
            Wire::Framed(_, writer) => {
                write_frame(writer, text).await.expect("the daemon reads");
            }
            Wire::WebSocket(socket) => {
                socket
                    .send(Message::text(text))
                    .await
                    .expect("the daemon reads");
            }
            Wire::Http { .. } => panic!("HTTP has no conversation"),
        }
    }

    /// The next message, whatever it is; none at the end of the stream.
    pub(crate) async fn receive(&mut self) -> Option<Value> {
        match &mut self.wire {
            Wire::Framed(reader, _) => read_frame(reader).await,
            Wire::WebSocket(socket) => loop {
                match socket.next().await?.ok()? {
                    Message::Text(text) => return serde_json::from_str(&text).ok(),
                    Message::Close(_) => return None,
                    _ => {}
                }
            },
            Wire::Http { .. } => None,
        }
    }

    /// The next notification of a method, within a time; others are dropped.
    pub(crate) async fn note(&mut self, method: &str, wait: Duration) -> Option<Value> {
        timeout(wait, async {
            loop {
                let note = match self.notes.pop_front() {
                    Some(note) => note,
                    None => self.receive().await?,
                };
                if note["method"] == method {
                    return Some(note["params"].clone());
                }
            }
        })
        .await
        .ok()
        .flatten()
    }
}

async fn write_frame(writer: &mut (impl AsyncWrite + Unpin), text: &str) -> io::Result<()> {
    let frame = format!("Content-Length: {}\r\n\r\n{text}", text.len());
    writer.write_all(frame.as_bytes()).await?;
    writer.flush().await
}

async fn read_frame(reader: &mut (impl AsyncRead + Unpin)) -> Option<Value> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(reader.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head
        .lines()
        .find_map(|it| it.strip_prefix("Content-Length: "))?;
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Posts a JSON-RPC message.
pub(crate) async fn post(port: u16, token: &str, body: &str) -> Answer {
    let head = format!(
        "POST /rpc HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    http(port, &format!("{head}{body}")).await
}

/// Sends an HTTP request as it is written, and reads to the end of the connection.
pub(crate) async fn http(port: u16, request: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("the port answers");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the daemon reads");
    let mut bytes = Vec::new();
    let read = timeout(ANSWER_WAIT, stream.read_to_end(&mut bytes)).await;
    read.expect("an answer in time").expect("an answer");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .expect("a status");
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
