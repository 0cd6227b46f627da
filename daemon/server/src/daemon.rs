//! TEMPORARY STUB of the daemon, so that its life can be tested before it exists. To be replaced
//! whole; only `DaemonOptions` and the signature of `run_daemon` are meant.

use std::time::Instant;

use serde_json::{Value, json};
use storycore_schema::{Error, Limits, error::ErrorKind, system::PROTOCOL_VERSION};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc,
};

use crate::{
    discovery::Claim,
    observability::LogControl,
    platform::{self, Dirs},
    settings::DaemonSettings,
};

/// All the daemon is given.
pub struct DaemonOptions {
    /// The right to be the daemon, with the bound socket.
    pub claim: Claim,
    /// What a person has set.
    pub settings: DaemonSettings,
    /// Steers the log.
    pub log: LogControl,
    /// Where to keep what.
    pub dirs: Dirs,
}

/// Serves until `system/shutdown`, SIGTERM, or nobody has come for `idle_exit_ms`.
pub async fn run_daemon(mut options: DaemonOptions) -> Result<(), Error> {
    let io = |error: std::io::Error| Error::unavailable(error.to_string());
    let Some(listener) = options.claim.take_listener() else {
        return Err(Error::internal("the socket was taken before"));
    };
    listener.set_nonblocking(true).map_err(io)?;
    let listener = UnixListener::from_std(listener).map_err(io)?;
    options.claim.publish("http://127.0.0.1:0", "stub")?;
    let (stop, mut stopped) = mpsc::channel::<()>(1);
    let born = Instant::now();
    loop {
        tokio::select! {
            _ = stopped.recv() => return Ok(()),
            it = platform::terminated() => return it.map_err(io),
            it = listener.accept() => {
                let (stream, _) = it.map_err(io)?;
                tokio::spawn(serve(stream, stop.clone(), born));
            }
        }
    }
}

async fn serve(stream: UnixStream, stop: mpsc::Sender<()>, born: Instant) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            length = line.trim().strip_prefix("Content-Length: ")?.parse().ok()?;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).await.ok()?;
        let request: Value = serde_json::from_slice(&body).ok()?;
        let Some(id) = request.get("id") else {
            continue;
        };
        let method = request["method"].as_str()?;
        let reply = match answer(method, born) {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(error) => {
                json!({"jsonrpc": "2.0", "id": id, "error": error.to_object(Some("r-1"))})
            }
        };
        let reply = reply.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{reply}", reply.len());
        writer.write_all(frame.as_bytes()).await.ok()?;
        if method == "system/shutdown" {
            stop.send(()).await.ok()?;
        }
    }
}

fn answer(method: &str, born: Instant) -> Result<Value, Error> {
    let version = env!("CARGO_PKG_VERSION");
    match method {
        "initialize" => {
            Ok(json!({"version": version, "protocol": PROTOCOL_VERSION, "role": "admin"}))
        }
        "system/status" => Ok(json!({
            "version": version,
            "protocol": PROTOCOL_VERSION,
            "pid": std::process::id(),
            "uptimeMs": u64::try_from(born.elapsed().as_millis()).unwrap_or(u64::MAX),
            "openProjects": 0,
            "connections": 1,
            "memoryBytes": platform::resident_bytes(),
            "limits": Limits::default(),
            "methods": [],
        })),
        "system/shutdown" => Ok(Value::Null),
        "project/list" => Ok(json!([])),
        other => Err(Error::new(
            ErrorKind::UnknownMethod,
            format!("no method {other}"),
        )),
    }
}
