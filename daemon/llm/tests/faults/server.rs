//! A server of our own for what a real one cannot be made to do: it answers each request as the
//! test says, down to the bytes, and remembers what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// How an answer ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// As it should.
    Whole,
    /// The connection breaks.
    Cut,
    /// Nothing more comes, for as long as the client waits.
    Stall,
    /// The last piece comes again and again.
    Endless,
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A whole answer: status, headers, body.
    Say(u16, Vec<(&'static str, String)>, String),
    /// A stream: its type, its pieces as they go over the network, and how it ends.
    Stream(&'static str, Vec<Vec<u8>>, End),
    /// It takes the request and says nothing.
    Silence,
    /// It hands the request on to a server, and that one's answer back: all of it, or so many bytes
    /// of it before the connection breaks.
    #[allow(dead_code, reason = "only beside a real server")]
    Forward(String, usize),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: Value,
    bytes: Vec<u8>,
}

/// What is told of connections.
#[derive(Debug, Default)]
struct Counts {
    open: usize,
    ended_by_client: usize,
}

/// The server.
pub(crate) struct FaultServer {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    counts: watch::Receiver<Counts>,
    task: JoinHandle<()>,
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FaultServer {
    /// Does one act after the other, a request each; the last one again and again. A list of models
    /// is answered with `models`, or with 404.
    pub(crate) async fn start(models: Option<Value>, acts: Vec<Act>) -> FaultServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (counts_in, counts) = watch::channel(Counts::default());
        let counts_in = Arc::new(counts_in);
        let remembered = seen.clone();
        let task = tokio::spawn(async move {
            let acts = Arc::new(acts);
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let (models, acts) = (models.clone(), acts.clone());
                let (seen, counts) = (remembered.clone(), counts_in.clone());
                tokio::spawn(async move { serve(stream, models, &acts, &seen, &counts).await });
            }
        });
        FaultServer {
            url,
            seen,
            counts,
            task,
        }
    }

    /// The questions so far, without those for lists of models.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the client has broken off so many connections.
    pub(crate) async fn ended_by_client(&mut self, n: usize) {
        let waiting = self.counts.wait_for(|it| it.ended_by_client >= n);
        let done = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(done.is_ok(), "the connection is still open");
    }

    /// Waits until so many connections are being answered.
    pub(crate) async fn open(&mut self, n: usize) {
        let waiting = self.counts.wait_for(|it| it.open == n);
        let done = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(done.is_ok(), "there never were {n} connections");
    }
}

async fn serve(
    mut stream: TcpStream,
    models: Option<Value>,
    acts: &[Act],
    seen: &Mutex<Vec<Seen>>,
    counts: &watch::Sender<Counts>,
) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    if request.head.starts_with("GET ") {
        let (status, body) = match models {
            Some(models) => (200, models.to_string()),
            None => (404, "{}".to_owned()),
        };
        say(
            &mut stream,
            status,
            &[("content-type", "application/json".to_owned())],
            &body,
        )
        .await;
        return;
    }
    let bytes = request.bytes.clone();
    let act = {
        let mut seen = seen.lock().unwrap();
        seen.push(request);
        acts[(seen.len() - 1).min(acts.len() - 1)].clone()
    };
    counts.send_modify(|it| it.open += 1);
    let is_broken_off = perform(&mut stream, act, &bytes).await;
    counts.send_modify(|it| {
        it.open -= 1;
        it.ended_by_client += usize::from(is_broken_off);
    });
}

/// Whether it was the client that ended it.
async fn perform(stream: &mut TcpStream, act: Act, request: &[u8]) -> bool {
    let (kind, pieces, end) = match act {
        Act::Say(status, headers, body) => {
            say(stream, status, &headers, &body).await;
            return false;
        }
        Act::Silence => return wait_for_client(stream).await,
        Act::Forward(url, n_bytes) => {
            forward(stream, &url, request, n_bytes).await;
            return false;
        }
        Act::Stream(kind, pieces, end) => (kind, pieces, end),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\
         connection: close\r\n\r\n"
    );
    if stream.write_all(head.as_bytes()).await.is_err() {
        return true;
    }
    let mut last = Vec::new();
    for piece in pieces {
        last = chunk(&piece);
        if stream.write_all(&last).await.is_err() {
            return true;
        }
        // So that the pieces arrive as pieces.
        let _ = stream.flush().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    match end {
        End::Whole => {
            let _ = stream.write_all(b"0\r\n\r\n").await;
            false
        }
        End::Cut => false,
        End::Stall => wait_for_client(stream).await,
        End::Endless => loop {
            if stream.write_all(&last).await.is_err() {
                return true;
            }
        },
    }
}

async fn forward(stream: &mut TcpStream, url: &str, request: &[u8], n_bytes: usize) {
    let address = url.strip_prefix("http://").unwrap();
    let mut server = TcpStream::connect(address).await.unwrap();
    // Its answer ends when its connection does.
    let line_end = request.iter().position(|it| *it == b'\n').unwrap() + 1;
    let (line, rest) = request.split_at(line_end);
    let request = [line, b"connection: close\r\n", rest].concat();
    server.write_all(&request).await.unwrap();
    let mut answer = server.take(n_bytes as u64);
    let _ = tokio::io::copy(&mut answer, stream).await;
}

fn chunk(piece: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
    chunk.extend_from_slice(piece);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

async fn wait_for_client(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    // It sends nothing more; when reading ends, it is gone.
    let _ = stream.read(&mut byte).await;
    true
}

async fn say(stream: &mut TcpStream, status: u16, headers: &[(&'static str, String)], body: &str) {
    let mut head = format!(
        "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("connection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let n = stream.read(&mut buffer).await.ok().filter(|it| *it > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|it| {
                it.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        if bytes.len() < end + 4 + length {
            continue;
        }
        let body = serde_json::from_slice(&bytes[end + 4..]).unwrap_or(Value::Null);
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        return Some(Seen {
            path,
            head,
            body,
            bytes,
        });
    }
}
