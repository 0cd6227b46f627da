//! The load: connections that send a request, wait for its answer and send the next, the same for
//! us and for every peer.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

/// Who is called.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Sent as a bearer token, if there is one.
    pub(crate) token: Option<String>,
}

/// How it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    WebSocket,
    Http,
}

/// What a load came to.
pub(crate) struct Load {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) per_second: f64,
}

/// Calls for so long over so many connections, after a warm-up.
pub(crate) async fn run(
    server: &Server,
    via: Via,
    request: &str,
    n_connections: usize,
    length: Duration,
) -> anyhow::Result<Load> {
    let mut tasks = JoinSet::new();
    let start = Instant::now() + length / 4;
    for _ in 0..n_connections {
        let (server, request) = (server.clone(), request.to_owned());
        tasks.spawn(async move {
            let mut connection = Connection::open(&server, via).await?;
            let mut latencies = Vec::new();
            loop {
                let sent = Instant::now();
                if sent >= start + length {
                    return anyhow::Ok(latencies);
                }
                connection.call(&request).await?;
                if sent >= start {
                    latencies.push(sent.elapsed());
                }
            }
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    let per_second = latencies.len() as f64 / length.as_secs_f64();
    Ok(Load {
        latencies,
        per_second,
    })
}

enum Connection {
    WebSocket(Box<Socket>),
    Http(HttpConnection),
}

impl Connection {
    async fn open(server: &Server, via: Via) -> anyhow::Result<Connection> {
        Ok(match via {
            Via::WebSocket => Connection::WebSocket(Box::new(Socket::open(server).await?)),
            Via::Http => Connection::Http(HttpConnection::open(server).await?),
        })
    }

    async fn call(&mut self, request: &str) -> anyhow::Result<()> {
        match self {
            Connection::WebSocket(socket) => {
                socket.send(request).await?;
                socket.receive().await?;
                Ok(())
            }
            Connection::Http(http) => http.call(request).await,
        }
    }
}

/// A WebSocket.
pub(crate) struct Socket(FragmentCollector<TcpStream>);

impl Socket {
    /// Shakes hands.
    pub(crate) async fn open(server: &Server) -> anyhow::Result<Socket> {
        let mut stream = connect(server).await?;
        let token = server.token.as_ref();
        let bearer = token
            .map(|it| format!("authorization: Bearer {it}\r\n"))
            .unwrap_or_default();
        let request = format!(
            "GET /rpc HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{bearer}\r\n",
            server.port
        );
        stream.write_all(request.as_bytes()).await?;
        // The head is read byte by byte, so that no frame behind it is.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.context("the handshake was cut")?);
        }
        let head = String::from_utf8_lossy(&head);
        if !head.starts_with("HTTP/1.1 101") {
            bail!("no WebSocket: {head}");
        }
        let mut socket = WebSocket::after_handshake(stream, Role::Client);
        socket.set_max_message_size(1 << 30);
        Ok(Socket(FragmentCollector::new(socket)))
    }

    /// Sends a text.
    pub(crate) async fn send(&mut self, text: &str) -> anyhow::Result<()> {
        let frame = Frame::text(Payload::Owned(text.as_bytes().to_vec()));
        Ok(self.0.write_frame(frame).await?)
    }

    /// Waits for a text.
    pub(crate) async fn receive(&mut self) -> anyhow::Result<Vec<u8>> {
        loop {
            let frame = self.0.read_frame().await?;
            match frame.opcode {
                OpCode::Text | OpCode::Binary => return Ok(frame.payload.to_vec()),
                OpCode::Close => bail!("closed: {}", String::from_utf8_lossy(&frame.payload)),
                OpCode::Continuation | OpCode::Ping | OpCode::Pong => {}
            }
        }
    }
}

/// HTTP/1.1 that stays open. It understands answers with a length, which all we call give.
struct HttpConnection {
    stream: TcpStream,
    head: String,
    buffer: Vec<u8>,
}

impl HttpConnection {
    async fn open(server: &Server) -> anyhow::Result<HttpConnection> {
        let token = server.token.as_ref();
        let bearer = token
            .map(|it| format!("authorization: Bearer {it}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "POST /rpc HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\n{bearer}",
            server.port
        );
        Ok(HttpConnection {
            stream: connect(server).await?,
            head,
            buffer: Vec::new(),
        })
    }

    async fn call(&mut self, request: &str) -> anyhow::Result<()> {
        let text = format!(
            "{}content-length: {}\r\n\r\n{request}",
            self.head,
            request.len()
        );
        self.stream.write_all(text.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(whole) = whole_answer(&self.buffer)? {
                if whole != self.buffer.len() {
                    bail!("more than one answer came");
                }
                return Ok(());
            }
        }
    }
}

/// The length of the answer, as soon as its head is there and its body, too.
fn whole_answer(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head_len) = bytes
        .windows(4)
        .position(|it| it == b"\r\n\r\n")
        .map(|it| it + 4)
    else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..head_len])?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("{}", String::from_utf8_lossy(bytes));
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    });
    let whole = head_len + length.context("the answer has no length")??;
    Ok((bytes.len() >= whole).then_some(whole))
}

async fn connect(server: &Server) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
