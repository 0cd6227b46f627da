//! A small call through the whole daemon, beside an echo on bare `fastwebsockets` and on FastAPI.
//!
//! The peers get a request of another length and echo it, so that as many bytes go back and forth.

use std::{path::Path, process::Command, time::Duration};

use anyhow::Context as _;
use serde_json::{Value, json};
use storycore_tests::sample_dir;
use tokio::runtime::Runtime;

use crate::{
    harness::{Row, Times, time},
    load::{self, Load, Server, Via},
    process::{Daemon, Home, Peer, env_or},
};

const ROUND: Duration = Duration::from_millis(1_200);
const N_ROUNDS: usize = 5;
const P50_MAX: Duration = Duration::from_micros(30);

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let home = Home::new()?;
    let daemon = home.start()?;
    let (request, echoed) = requests(&home, &daemon)?;
    let ours = Server {
        port: daemon.port,
        token: Some(daemon.token.clone()),
    };
    let (_raw, raw) = raw()?;
    let (_fastapi, fastapi) = fastapi()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let bench = Bench {
        runtime,
        request,
        echoed,
    };
    let mut rows = web_socket(&bench, &ours, &raw, &fastapi)?;
    rows.extend(http(&bench, &ours, &fastapi)?);
    daemon.stop()?;
    Ok(rows)
}

fn web_socket(
    bench: &Bench,
    ours: &Server,
    raw: &Server,
    fastapi: &Server,
) -> anyhow::Result<Vec<Row>> {
    let [one, raw_one, fastapi_one] = bench.rounds([ours, raw, fastapi], Via::WebSocket, 1)?;
    let [many, raw_many, fastapi_many] = bench.rounds([ours, raw, fastapi], Via::WebSocket, 16)?;
    let share = many.per_second / raw_many.per_second;
    let times = many.per_second / fastapi_many.per_second;
    Ok(vec![
        against(
            "WebSocket call, 1 connection; fastwebsockets echo",
            &one,
            &raw_one,
        )
        .target("p50 ≤ 30 µs", one.times.median() <= P50_MAX),
        against(
            "WebSocket call, 1 connection; FastAPI echo",
            &one,
            &fastapi_one,
        ),
        against(
            "WebSocket call, 16 connections; fastwebsockets echo",
            &many,
            &raw_many,
        )
        .target("≥ 0.7 of the peer", share >= 0.7),
        against(
            "WebSocket call, 16 connections; FastAPI echo",
            &many,
            &fastapi_many,
        )
        .target("≥ 3× the peer", times >= 3.0),
    ])
}

fn http(bench: &Bench, ours: &Server, fastapi: &Server) -> anyhow::Result<Vec<Row>> {
    let [one, fastapi_one] = bench.rounds([ours, fastapi], Via::Http, 1)?;
    let [many, fastapi_many] = bench.rounds([ours, fastapi], Via::Http, 16)?;
    let times = many.per_second / fastapi_many.per_second;
    Ok(vec![
        against("HTTP call, 1 connection; FastAPI echo", &one, &fastapi_one),
        against(
            "HTTP call, 16 connections; FastAPI echo",
            &many,
            &fastapi_many,
        )
        .target("≥ 8× the peer", times >= 8.0),
    ])
}

fn against(what: &str, ours: &Told, peer: &Told) -> Row {
    Row::new(what, ours.told()).peer(peer.told(), ours.per_second / peer.per_second)
}

/// What some rounds came to.
struct Told {
    times: Times,
    per_second: f64,
}

impl Told {
    fn new(loads: Vec<Load>) -> Told {
        let mut rates: Vec<f64> = loads.iter().map(|it| it.per_second).collect();
        rates.sort_by(f64::total_cmp);
        let latencies = loads.into_iter().flat_map(|it| it.latencies).collect();
        Told {
            times: Times::new(latencies),
            per_second: rates[rates.len() / 2],
        }
    }

    fn told(&self) -> String {
        let (p50, p99) = (self.times.median(), self.times.percentile(99));
        format!(
            "{:.0} a second (p50 {}, p99 {})",
            self.per_second,
            time(p50),
            time(p99)
        )
    }
}

/// Who calls, and what for.
struct Bench {
    runtime: Runtime,
    /// What we are sent.
    request: String,
    /// What peers are sent.
    echoed: String,
}

impl Bench {
    /// Each server in turn, over and over, so that all meet the same machine. Ours has a token.
    fn rounds<const N: usize>(
        &self,
        servers: [&Server; N],
        via: Via,
        n_connections: usize,
    ) -> anyhow::Result<[Told; N]> {
        let mut loads = servers.map(|_| Vec::new());
        for _ in 0..N_ROUNDS {
            for (server, loads) in servers.iter().zip(&mut loads) {
                let is_ours = server.token.is_some();
                let request = if is_ours { &self.request } else { &self.echoed };
                let load = load::run(server, via, request, n_connections, ROUND);
                loads.push(self.runtime.block_on(load)?);
            }
        }
        Ok(loads.map(Told::new))
    }
}

/// A query with a short answer on the sample film, and a call to echo that is as long as the query
/// and its answer are on average.
fn requests(home: &Home, daemon: &Daemon) -> anyhow::Result<(String, String)> {
    let folder = home.path().join("film");
    copy_dir(&sample_dir(), &folder)?;
    let project = daemon.open(&folder)?;
    let method = "project/get";
    let call = |params: &Value| {
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
    };
    let mut params = json!({"project": project});
    let request = call(&params);
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": daemon.call(method, &params)?});
    let more = answer.to_string().len().saturating_sub(request.len()) / 2;
    params["more"] = Value::from("x".repeat(more.saturating_sub(",\"more\":\"\"".len())));
    Ok((request, call(&params)))
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_dir(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("read {}", from.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

fn raw() -> anyhow::Result<(Peer, Server)> {
    let mut command = Command::new(std::env::current_exe()?);
    let (peer, port) = Peer::serving(command.arg("serve-raw"))?;
    Ok((peer, Server { port, token: None }))
}

fn fastapi() -> anyhow::Result<(Peer, Server)> {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/fastapi_app.py");
    let mut command = Command::new(env_or("STORYCORE_TEST_PYTHON", "python3"));
    let (peer, port) = Peer::serving(command.arg(app))?;
    Ok((peer, Server { port, token: None }))
}
