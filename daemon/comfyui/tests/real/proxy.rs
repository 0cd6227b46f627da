//! A proxy that does what networks, and proxies, do: answers pages of its own, loses answers, cuts
//! sockets, or leaves them open and deaf. One request a connection, so that each is known.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

/// What is done with a request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// This is answered in its place.
    Answer(&'static str),
    /// It goes through, and the answer is lost.
    LoseAnswer,
    /// Nothing comes back, and the connection stays.
    Hang,
    /// It goes through after a while.
    Delay(Duration),
    /// The answer ends after so many bytes.
    Truncate(u64),
    /// The answer has no end.
    Endless,
}

/// Which requests get a fault, and how often it is left to happen.
struct Rule {
    begins: &'static str,
    fault: Fault,
    left: usize,
}

#[derive(Default)]
struct Plan {
    rules: Vec<Rule>,
    /// What the header `Authorization` has to be.
    authorization: Option<String>,
    /// The first lines of what the server has answered.
    passed: Vec<String>,
}

/// What open sockets do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sockets {
    Work,
    /// Nothing comes through any more, and neither side is told.
    Deaf(u64),
    /// The client is cut off; the server's side stays open.
    HalfCut(u64),
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    upstream: u16,
    plan: Arc<Mutex<Plan>>,
    sockets: watch::Sender<(u64, Sockets)>,
    tls: Option<TlsAcceptor>,
    accepting: Option<JoinHandle<()>>,
    cut: watch::Sender<u64>,
}

impl Proxy {
    pub(crate) async fn start(upstream: u16) -> Proxy {
        Proxy::start_with(upstream, None).await
    }

    pub(crate) async fn start_with(upstream: u16, tls: Option<TlsAcceptor>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            upstream,
            plan: Arc::default(),
            sockets: watch::Sender::new((0, Sockets::Work)),
            tls,
            accepting: None,
            cut: watch::Sender::new(0),
        };
        proxy.accept(listener);
        proxy
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.port)
    }

    /// The next `times` requests that begin so (`POST /prompt`) get this fault.
    pub(crate) fn plan(&self, begins: &'static str, fault: Fault, times: usize) {
        let left = times;
        self.plan.lock().unwrap().rules.push(Rule {
            begins,
            fault,
            left,
        });
    }

    pub(crate) fn clear(&self) {
        self.plan.lock().unwrap().rules.clear();
    }

    pub(crate) fn ask_for(&self, authorization: &str) {
        self.plan.lock().unwrap().authorization = Some(authorization.to_owned());
    }

    /// How many requests that begin so the server has answered.
    pub(crate) fn passed(&self, begins: &str) -> usize {
        let plan = self.plan.lock().unwrap();
        plan.passed
            .iter()
            .filter(|it| it.starts_with(begins))
            .count()
    }

    /// Cuts every connection there is, sockets too.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|it| *it += 1);
    }

    /// Sockets that are open now hear nothing any more.
    pub(crate) fn deafen(&self) {
        self.sockets.send_modify(|it| it.1 = Sockets::Deaf(it.0));
    }

    /// Sockets that are open now are gone for the client; the server does not know.
    pub(crate) fn half_cut(&self) {
        self.sockets.send_modify(|it| it.1 = Sockets::HalfCut(it.0));
    }

    /// Nobody listens any more, and what was open is cut.
    pub(crate) async fn go_down(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            let _ = accepting.await;
        }
        self.cut();
    }

    pub(crate) async fn come_up(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.accept(listener);
    }

    fn accept(&mut self, listener: TcpListener) {
        let (plan, upstream, tls) = (self.plan.clone(), self.upstream, self.tls.clone());
        let (sockets, cut) = (self.sockets.clone(), self.cut.clone());
        self.accepting = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (plan, tls) = (plan.clone(), tls.clone());
                let (sockets, mut cut) = (sockets.clone(), cut.subscribe());
                tokio::spawn(async move {
                    let serving = async {
                        match tls {
                            None => serve(stream, upstream, plan, sockets).await,
                            Some(tls) => match tls.accept(stream).await {
                                Ok(stream) => serve(stream, upstream, plan, sockets).await,
                                Err(_) => Ok(()),
                            },
                        }
                    };
                    tokio::select! {
                        _ = serving => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
        self.cut();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(
    mut client: S,
    upstream: u16,
    plan: Arc<Mutex<Plan>>,
    sockets: watch::Sender<(u64, Sockets)>,
) -> io::Result<()> {
    let (head, rest) = read_head(&mut client).await?;
    let Some(fault) = fault(&plan, &head) else {
        let refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        client.write_all(refused.as_bytes()).await?;
        return client.shutdown().await;
    };
    match fault {
        Some(Fault::Answer(text)) => {
            client.write_all(text.as_bytes()).await?;
            return client.shutdown().await;
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Delay(pause)) => sleep(pause).await,
        Some(Fault::Endless) => return endless(client).await,
        _ => {}
    }
    let server = TcpStream::connect(("127.0.0.1", upstream)).await?;
    if head.to_lowercase().contains("upgrade: websocket") {
        return socket(client, server, &head, sockets).await;
    }
    let (mut from_server, mut to_server) = server.into_split();
    to_server.write_all(closing(&head).as_bytes()).await?;
    to_server.write_all(&rest).await?;
    let length = header(&head, "content-length").and_then(|it| it.parse::<u64>().ok());
    let left = length.unwrap_or_default().saturating_sub(rest.len() as u64);
    let (mut from_client, mut to_client) = tokio::io::split(client);
    copy(&mut (&mut from_client).take(left), &mut to_server).await?;
    let bytes_max = match fault {
        Some(Fault::LoseAnswer) => {
            let mut lost = Vec::new();
            from_server.read_to_end(&mut lost).await?;
            return Ok(());
        }
        Some(Fault::Truncate(bytes)) => bytes,
        _ => u64::MAX,
    };
    from_server.peek(&mut [0]).await?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    plan.lock().unwrap().passed.push(line);
    copy(&mut from_server.take(bytes_max), &mut to_client).await?;
    to_client.shutdown().await
}

async fn endless<S: AsyncWrite + Unpin>(mut client: S) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[";
    client.write_all(head.as_bytes()).await?;
    loop {
        client.write_all(&[b' '; 16_384]).await?;
    }
}

/// None for a request without the password that is asked for.
#[expect(
    clippy::option_option,
    reason = "refused, or served with or without a fault"
)]
fn fault(plan: &Mutex<Plan>, head: &str) -> Option<Option<Fault>> {
    let mut plan = plan.lock().unwrap();
    let line = head.lines().next().unwrap_or_default().to_owned();
    if let Some(wanted) = &plan.authorization
        && header(head, "authorization").as_ref() != Some(wanted)
    {
        return None;
    }
    let rule = plan
        .rules
        .iter_mut()
        .find(|it| it.left > 0 && line.starts_with(it.begins));
    Some(rule.map(|it| {
        it.left -= 1;
        it.fault.clone()
    }))
}

async fn socket<S: AsyncRead + AsyncWrite + Unpin>(
    client: S,
    mut server: TcpStream,
    head: &str,
    sockets: watch::Sender<(u64, Sockets)>,
) -> io::Result<()> {
    let mut own = 0;
    sockets.send_modify(|it| {
        it.0 += 1;
        own = it.0;
    });
    server.write_all(head.as_bytes()).await?;
    let mut client = Some(client);
    let mut state = sockets.subscribe();
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        let (_, now) = *state.borrow_and_update();
        let is_deaf = matches!(now, Sockets::Deaf(until) if own <= until);
        if matches!(now, Sockets::HalfCut(until) if own <= until) {
            client = None;
        }
        tokio::select! {
            n = server.read(&mut down) => match (n?, &mut client) {
                (0, _) => return Ok(()),
                (n, Some(client)) if !is_deaf => client.write_all(&down[..n]).await?,
                _ => {}
            },
            n = read_from(&mut client, &mut up) => match n? {
                0 => return Ok(()),
                n => server.write_all(&up[..n]).await?,
            },
            _ = state.changed() => {}
        }
    }
}

async fn read_from<S: AsyncRead + Unpin>(from: &mut Option<S>, to: &mut [u8]) -> io::Result<usize> {
    match from {
        Some(from) => from.read(to).await,
        None => std::future::pending().await,
    }
}

async fn read_head<S: AsyncRead + Unpin>(from: &mut S) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n");
        if let Some(end) = end {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        match from.read(&mut chunk).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|it| it.split_once(':'));
    let found = lines.find(|it| it.0.trim().eq_ignore_ascii_case(name));
    found.map(|it| it.1.trim().to_owned())
}

/// The head with the server asked to close the connection after its answer.
fn closing(head: &str) -> String {
    let kept = head.trim_end().lines().filter(|it| {
        let name = it.split(':').next().unwrap_or_default();
        !name.eq_ignore_ascii_case("connection")
    });
    let lines: Vec<&str> = kept.chain(["Connection: close"]).collect();
    format!("{}\r\n\r\n", lines.join("\r\n"))
}
