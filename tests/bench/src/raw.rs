//! `storycore-bench serve-raw`: an echo on bare `fastwebsockets`, as fast as our WebSockets could be
//! if the daemon did nothing.

use std::convert::Infallible;

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, OpCode, WebSocketError, upgrade};
use http_body_util::Empty;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// Prints its port and serves until it is ended.
pub(crate) fn serve() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(stream));
        }
    })
}

async fn connection(stream: TcpStream) {
    let serving = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(shake_hands))
        .with_upgrades();
    if let Err(error) = serving.await {
        eprintln!("raw: {error}");
    }
}

async fn shake_hands(
    mut request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, WebSocketError> {
    let (answer, socket) = upgrade::upgrade(&mut request)?;
    tokio::spawn(async move {
        // A client that goes away is the usual end.
        let _: Result<Infallible, WebSocketError> = echo(socket).await;
    });
    Ok(answer)
}

async fn echo(socket: upgrade::UpgradeFut) -> Result<Infallible, WebSocketError> {
    let mut socket = FragmentCollector::new(socket.await?);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            OpCode::Close => return Err(WebSocketError::ConnectionClosed),
            OpCode::Continuation | OpCode::Ping | OpCode::Pong => {}
        }
    }
}
