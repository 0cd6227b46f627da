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
    // A client that sleeps while its one call is under way times how fast the machine wakes.
    let awake = (n_connections == 1).then(|| tokio::spawn(stay_awake()));
    let start = Instant::now() + length / 4;
    for _ in 0..n_connections {
        let (server, request) = (server.clone(), request.to_owned());
        tasks.spawn(async move {
            let mut connection = Connection::open(&server, via, &request).await?;
            let mut latencies = Vec::new();
            loop {
                let sent = Instant::now();
                if sent >= start + length {
                    return anyhow::Ok(latencies);
                }
                connection.call().await?;
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
    if let Some(awake) = awake {
        awake.abort();
    }
    let per_second = latencies.len() as f64 / length.as_secs_f64();
    Ok(Load {
        latencies,
        per_second,
    })
}

async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// A connection that sends the same bytes again and again. It does as little as a client can,
/// because it takes its time from the same processors as who it calls.
struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
    whole: fn(&[u8]) -> anyhow::Result<Option<usize>>,
}

impl Connection {
    async fn open(server: &Server, via: Via, request: &str) -> anyhow::Result<Connection> {
        let (stream, request, whole): (_, _, fn(&[u8]) -> _) = match via {
            Via::WebSocket => (
                shake_hands(server).await?,
                masked_frame(request),
                whole_frame,
            ),
            Via::Http => (
                connect(server).await?,
                http_request(server, request),
                whole_answer,
            ),
        };
        Ok(Connection {
            stream,
            request,
            buffer: Vec::with_capacity(64 << 10),
            whole,
        })
    }

    async fn call(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(whole) = (self.whole)(&self.buffer)? {
                if whole != self.buffer.len() {
                    bail!("more than one answer came");
                }
                return Ok(());
            }
        }
    }
}

/// A text frame from a client (RFC 6455 §5.2), masked with a key that never changes.
fn masked_frame(text: &str) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(len) if len < 126 => frame.push(0x80 | len as u8),
        len => {
            frame.push(0x80 | 126);
            frame.extend(len.unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(
        text.bytes()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// The length of a server's text frame, as soon as it is whole.
fn whole_frame(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let (head_len, len) = match bytes {
        [0x81, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        [0x81, len, ..] if *len < 126 => (2, usize::from(*len)),
        [0x81] | [0x81, 126, ..] | [] => return Ok(None),
        other => bail!("no short text: {}", String::from_utf8_lossy(other)),
    };
    Ok((bytes.len() >= head_len + len).then_some(head_len + len))
}

fn http_request(server: &Server, body: &str) -> Vec<u8> {
    let token = server.token.as_ref();
    let bearer = token
        .map(|it| format!("authorization: Bearer {it}\r\n"))
        .unwrap_or_default();
    let text = format!(
        "POST /rpc HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\n{bearer}\
         content-length: {}\r\n\r\n{body}",
        server.port,
        body.len()
    );
    text.into_bytes()
}

/// The length of an HTTP answer, as soon as its head is there and its body, too. Its length must be
/// given, as all we call do.
fn whole_answer(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head_len) = memchr::memmem::find(bytes, b"\r\n\r\n").map(|it| it + 4) else {
        return Ok(None);
    };
    if !bytes.starts_with(b"HTTP/1.1 200") {
        bail!("{}", String::from_utf8_lossy(bytes));
    }
    let name = b"\ncontent-length: ";
    let at = memchr::memmem::find(&bytes[..head_len], name).context("the answer has no length")?;
    let digits = bytes[at + name.len()..]
        .iter()
        .take_while(|it| it.is_ascii_digit());
    let length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Ok((bytes.len() >= head_len + length).then_some(head_len + length))
}

/// A WebSocket.
pub(crate) struct Socket(FragmentCollector<TcpStream>);

impl Socket {
    /// Shakes hands.
    pub(crate) async fn open(server: &Server) -> anyhow::Result<Socket> {
        let mut socket = WebSocket::after_handshake(shake_hands(server).await?, Role::Client);
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

async fn shake_hands(server: &Server) -> anyhow::Result<TcpStream> {
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
    Ok(stream)
}

async fn connect(server: &Server) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
