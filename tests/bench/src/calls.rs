//! A small call through the whole daemon, beside an echo on bare `fastwebsockets` and on FastAPI.
//!
//! The peers get our request and send back as much; our answer is the longer one.

use std::{path::Path, process::Command, time::Duration};

use anyhow::Context as _;
use serde_json::json;
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
    let request = request(&home, &daemon)?;
    let ours = Server {
        port: daemon.port,
        token: Some(daemon.token.clone()),
    };
    let (_raw, raw) = raw()?;
    let (_fastapi, fastapi) = fastapi()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let bench = Bench { runtime, request };
    let mut rows = Vec::new();

    let [one, raw_one, fastapi_one] = bench.rounds([&ours, &raw, &fastapi], Via::WebSocket, 1)?;
    let p50 = one.times.median();
    rows.push(
        Row::new(
            "WebSocket call, 1 connection; fastwebsockets echo",
            one.told(),
        )
        .peer(raw_one.told(), one.per_second / raw_one.per_second)
        .target("p50 ≤ 30 µs", p50 <= P50_MAX),
    );
    rows.push(against(
        "WebSocket call, 1 connection; FastAPI echo",
        &one,
        &fastapi_one,
    ));

    let [many, raw_many, fastapi_many] =
        bench.rounds([&ours, &raw, &fastapi], Via::WebSocket, 16)?;
    let share = many.per_second / raw_many.per_second;
    rows.push(
        against(
            "WebSocket call, 16 connections; fastwebsockets echo",
            &many,
            &raw_many,
        )
        .target("≥ 0.7 of the peer", share >= 0.7),
    );
    let times = many.per_second / fastapi_many.per_second;
    rows.push(
        against(
            "WebSocket call, 16 connections; FastAPI echo",
            &many,
            &fastapi_many,
        )
        .target("≥ 3× the peer", times >= 3.0),
    );

    let [one, fastapi_one] = bench.rounds([&ours, &fastapi], Via::Http, 1)?;
    rows.push(against(
        "HTTP call, 1 connection; FastAPI echo",
        &one,
        &fastapi_one,
    ));
    let [many, fastapi_many] = bench.rounds([&ours, &fastapi], Via::Http, 16)?;
    let times = many.per_second / fastapi_many.per_second;
    rows.push(
        against(
            "HTTP call, 16 connections; FastAPI echo",
            &many,
            &fastapi_many,
        )
        .target("≥ 8× the peer", times >= 8.0),
    );
    daemon.stop()?;
    Ok(rows)
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
    request: String,
}

impl Bench {
    /// Each server in turn, over and over, so that all meet the same machine.
    fn rounds<const N: usize>(
        &self,
        servers: [&Server; N],
        via: Via,
        n_connections: usize,
    ) -> anyhow::Result<[Told; N]> {
        let mut loads = servers.map(|_| Vec::new());
        for _ in 0..N_ROUNDS {
            for (server, loads) in servers.iter().zip(&mut loads) {
                let load = load::run(server, via, &self.request, n_connections, ROUND);
                loads.push(self.runtime.block_on(load)?);
            }
        }
        Ok(loads.map(Told::new))
    }
}

/// A query with a short answer, on the sample film.
fn request(home: &Home, daemon: &Daemon) -> anyhow::Result<String> {
    let folder = home.path().join("film");
    copy_dir(&sample_dir(), &folder)?;
    let project = daemon.open(&folder)?;
    let params = json!({"project": project});
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "project/get", "params": params});
    Ok(request.to_string())
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
