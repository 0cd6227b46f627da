//! The port: JSON-RPC over WebSocket and HTTP, assets, and the page.
//!
//! | path | what |
//! | --- | --- |
//! | `GET /rpc` with an upgrade | a WebSocket, subprotocol `storycore.v1` |
//! | `POST /rpc` | one JSON-RPC request or batch |
//! | `GET /assets/{project}/{blob}` | an asset; with `?thumb=320`, a small JPEG of it |
//! | `GET /previews/{project}/{run}/{step}/{item}` | the newest picture of an unfinished result |
//! | `POST /takes/{project}/{shot}?name=…` | `take/import` of the body; `&lock=false` only selects |
//! | `GET /open?token=…` | lets a browser in |
//! | `GET /healthz` | `ok` |
//! | any other `GET` | the page |

use std::{
    convert::Infallible,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fastwebsockets::upgrade::UpgradeFut;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use storycore_schema::{Error, ErrorKind, Role};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    Connection, Context, STOPPING,
    assets::{self, Assets, Wanted},
    page, pause_accepting, previews,
    rpc::{self, Rpc},
    uploads::{self, Upload, Uploads},
    websocket::{PROTOCOL, WebSocketFrames},
};
use crate::{
    call::Client,
    session::{
        self, Peer,
        correlation::Correlation,
        message::{Id, error_text},
        writer::Framing,
    },
    trust::{Denied, Trust, protocols},
};

/// What the port needs besides what every transport does.
pub struct HttpOptions {
    /// Decides who is let in.
    pub trust: Arc<Trust>,
    /// Where assets come from.
    pub assets: Arc<dyn Assets>,
    /// Where uploads go while they come in.
    pub uploads: Arc<dyn Uploads>,
}

type Answer = Response<Full<Bytes>>;

struct Port {
    context: Context,
    options: HttpOptions,
    number: u16,
    correlation: Arc<Correlation>,
}

/// A WebSocket that begins when its HTTP response is out.
struct Upgrade {
    stream: UpgradeFut,
    role: Role,
}

/// What one connection keeps from request to request.
#[derive(Default)]
struct Visit {
    upgrade: Mutex<Option<Upgrade>>,
    client: Mutex<Option<Arc<Client>>>,
}

impl Visit {
    fn take_upgrade(&self) -> Option<Upgrade> {
        let mut upgrade = self.upgrade.lock().unwrap_or_else(PoisonError::into_inner);
        upgrade.take()
    }

    /// Who calls over this connection: made once for a role.
    fn client(&self, role: Role, context: &Context) -> Arc<Client> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = kept.as_ref().filter(|it| it.role == role) {
            return client.clone();
        }
        let client = Client::new("http", role, None, &context.limits);
        *kept = Some(client.clone());
        client
    }
}

/// Serves a port until the context's shutdown.
pub async fn serve_http(context: Context, listener: TcpListener, options: HttpOptions) {
    let number = listener.local_addr().map_or(0, |it| it.port());
    let shutdown = context.shutdown.clone();
    let port = Arc::new(Port {
        context,
        options,
        number,
        correlation: Arc::new(Correlation::new()),
    });
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => match port.context.connections.enter() {
                    Ok(connection) => {
                        connections.spawn(port.clone().serve(stream, connection));
                    }
                    Err(error) => port.turn_away(stream, &error),
                },
                Err(error) => pause_accepting("http", &error).await,
            },
            Some(_) = connections.join_next() => {}
            () = shutdown.cancelled() => break,
        }
    }
    let _ = tokio::time::timeout(STOPPING, connections.join_all()).await;
}

impl Port {
    async fn serve(self: Arc<Port>, stream: TcpStream, connection: Connection) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection may be slow");
        }
        let visit = Arc::new(Visit::default());
        let service = service_fn(|request| {
            let (port, visit) = (self.clone(), visit.clone());
            async move { Ok::<_, Infallible>(port.respond(request, &visit).await) }
        });
        let limits = &self.context.limits;
        let header_bytes_max = usize::try_from(limits.header_bytes_max).unwrap_or(usize::MAX);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(limits.handshake_ms_max))
            // The server library takes no less.
            .max_buf_size(header_bytes_max.max(8 << 10));
        let mut serving = pin!(
            http.serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
        );
        let served = tokio::select! {
            served = serving.as_mut() => served,
            () = self.context.shutdown.cancelled() => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "an HTTP connection broke");
        }
        let upgrade = visit.take_upgrade();
        if let Some(upgrade) = upgrade {
            self.serve_web_socket(upgrade).await;
        }
        drop(connection);
    }

    async fn serve_web_socket(&self, upgrade: Upgrade) {
        let upgraded = match upgrade.stream.await {
            Ok(socket) => socket.into_inner().into_inner(),
            Err(error) => return tracing::debug!(%error, "a WebSocket did not begin"),
        };
        // The plain TCP stream splits into halves that share no lock.
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
            return tracing::error!("a WebSocket came over something that is no TCP stream");
        };
        let (input, output) = parts.io.into_inner().into_split();
        let input = std::io::Cursor::new(parts.read_buf).chain(input);
        let peer = Peer {
            name: "websocket",
            role: upgrade.role,
            framing: Framing::WebSocket,
        };
        let frames = WebSocketFrames::new(input, &self.context.limits);
        session::run(&self.context, peer, frames, output).await;
    }

    async fn respond(&self, request: Request<Incoming>, visit: &Visit) -> Answer {
        let mut answer = match self.route(request, visit).await {
            Ok(answer) => answer,
            Err(denied) => self.deny(&denied),
        };
        for (name, value) in ALWAYS {
            answer.headers_mut().insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        answer
    }

    async fn route(&self, request: Request<Incoming>, visit: &Visit) -> Result<Answer, Denied> {
        let trust = &self.options.trust;
        trust.check_source(request.headers(), self.number)?;
        let path = request.uri().path();
        match (request.method(), path) {
            // One session speaks both; editors in pages look for the second.
            (&Method::GET, "/rpc" | "/lsp") => {
                let role = trust.authenticate(request.headers(), self.number)?;
                upgrade(request, role, visit)
            }
            (&Method::POST, "/rpc") => {
                let role = trust.authenticate(request.headers(), self.number)?;
                self.call(request, role, visit).await
            }
            (&Method::POST | &Method::PUT, path) if uploads::is_upload(path) => {
                let role = trust.authenticate(request.headers(), self.number)?;
                self.upload(request, role, visit).await
            }
            (&Method::GET, "/open") => self.open(request.uri().query().unwrap_or_default()),
            (&Method::GET | &Method::HEAD, "/healthz") => Ok(Response::new(Full::from("ok\n"))),
            (&Method::GET | &Method::HEAD, _) => match Wanted::parse(path, request.uri().query()) {
                Some(asset) => {
                    trust.authenticate(request.headers(), self.number)?;
                    let assets = &*self.options.assets;
                    let answer = assets::respond(assets, asset, request.headers()).await;
                    answer.map_err(|(status, error)| Denied { status, error })
                }
                None if previews::is_preview(path) => {
                    trust.authenticate(request.headers(), self.number)?;
                    Ok(previews::respond(&*self.options.assets, path))
                }
                None => Ok(page::respond(path, request.headers())),
            },
            (method, _) => Err(Denied {
                status: StatusCode::METHOD_NOT_ALLOWED,
                error: Error::new(ErrorKind::InvalidRequest, format!("no {method} here"))
                    .hint("send JSON-RPC with POST to /rpc"),
            }),
        }
    }

    async fn call(
        &self,
        request: Request<Incoming>,
        role: Role,
        visit: &Visit,
    ) -> Result<Answer, Denied> {
        // A form of a foreign page can be sent without asking us first, but not with this type.
        let content_type = request.headers().get(header::CONTENT_TYPE);
        if !jsonrpsee::server::http::is_json(content_type) {
            return Err(Denied {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                error: Error::new(ErrorKind::InvalidRequest, "the body is not said to be JSON")
                    .hint("send `content-type: application/json`"),
            });
        }
        Ok(rpc::respond(self.rpc(role, visit), request).await)
    }

    async fn upload(
        &self,
        request: Request<Incoming>,
        role: Role,
        visit: &Visit,
    ) -> Result<Answer, Denied> {
        let upload = Upload {
            rpc: self.rpc(role, visit),
            uploads: &*self.options.uploads,
        };
        let answer = upload.respond(request).await;
        answer.map_err(|(status, error)| Denied { status, error })
    }

    fn rpc(&self, role: Role, visit: &Visit) -> Rpc {
        Rpc {
            dispatch: self.context.dispatch.clone(),
            client: visit.client(role, &self.context),
            correlation: self.correlation.clone(),
            limits: self.context.limits.clone(),
        }
    }

    fn open(&self, query: &str) -> Result<Answer, Denied> {
        let opened = self.options.trust.open(query, self.number)?;
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::SEE_OTHER;
        let headers = [
            (header::SET_COOKIE, opened.cookie),
            (header::LOCATION, opened.location),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ];
        for (name, value) in headers {
            let value = HeaderValue::try_from(value).ok();
            answer.headers_mut().extend(value.map(|it| (name, it)));
        }
        Ok(answer)
    }

    fn deny(&self, denied: &Denied) -> Answer {
        let correlation_id = self.correlation.next();
        tracing::info!(%correlation_id, status = %denied.status, error = %denied.error, "refused");
        let text = error_text(&Id::null(), &denied.error, &correlation_id);
        let mut answer = Response::new(Full::new(text));
        *answer.status_mut() = denied.status;
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if denied.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }

    /// Answers a connection there is no room for.
    fn turn_away(&self, stream: TcpStream, error: &Error) {
        tracing::warn!(%error, "a client was refused");
        let text = error_text(&Id::null(), error, &self.correlation.next());
        let mut answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            text.len()
        )
        .into_bytes();
        answer.extend_from_slice(&text);
        self.context.connections.refuse(stream, answer);
    }
}

/// Sent with every answer: guess no types, give no foreign page our files, tell no foreign server
/// our addresses.
const ALWAYS: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
];

fn upgrade(mut request: Request<Incoming>, role: Role, visit: &Visit) -> Result<Answer, Denied> {
    let begun = if fastwebsockets::upgrade::is_upgrade_request(&request) {
        fastwebsockets::upgrade::upgrade(&mut request).ok()
    } else {
        None
    };
    let Some((answer, stream)) = begun else {
        return Err(Denied {
            status: StatusCode::UPGRADE_REQUIRED,
            error: Error::new(ErrorKind::InvalidRequest, "this is no WebSocket handshake")
                .hint("open a WebSocket (version 13), or send JSON-RPC with POST"),
        });
    };
    let mut answer = answer.map(|_| Full::default());
    if protocols(request.headers()).any(|it| it == PROTOCOL) {
        let value = HeaderValue::from_static(PROTOCOL);
        answer
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, value);
    }
    let upgrade = Some(Upgrade { stream, role });
    *visit.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = upgrade;
    Ok(answer)
}
