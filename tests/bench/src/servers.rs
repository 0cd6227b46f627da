//! ComfyUI servers: what we add to each job, beside a bare client of the protocol, and how much more
//! four of them draw than one. The servers are real.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    process::{ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use storycore_comfyui::{
    Graph, Job, Ledger, Placement, Pool, PoolOptions, ServerOptions, pool::Health,
};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{Rounds, Row, Times, interleaved, time, timed},
    process::{Home, Peer, env_or},
};

/// A client that does no more than it must: hands a graph in, waits for its end, fetches the file.
const BARE_CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/comfyui_client.py");
const ROUNDS: Rounds = Rounds {
    warm_up: 5,
    counted: 60,
};
const OVERHEAD_MAX: Duration = Duration::from_millis(15);
const N_SERVERS: usize = 4;
const SCALING_MIN: f64 = 3.6;
const N_SCENES: usize = 40;
/// What a picture takes on a server that sleeps, in seconds.
const SLEEP_S: f64 = 1.0;
const START_MAX: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);
const EVENTS_LEN_MAX: usize = 64;

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let mut servers = Vec::new();
    for _ in 0..N_SERVERS {
        servers.push(Comfyui::start()?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let pools = servers
        .iter()
        .map(|it| runtime.block_on(pool(it)))
        .collect::<anyhow::Result<Vec<Pool>>>()?;
    let overhead = overhead(&runtime, &servers[0], &pools[0])?;
    drop(pools);
    Ok(vec![overhead, scaling(&servers)?])
}

/// From handing a job in until its picture is here, without the time that the server says it took.
fn overhead(runtime: &Runtime, server: &Comfyui, pool: &Pool) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir()?;
    let mut bare = BareClient::start(server)?;
    // Every picture has a color of its own, so that the server's cache knows none.
    let mut color = 0;
    let ours = || {
        color += 1;
        runtime.block_on(beyond_the_server(pool, folder.path(), color))
    };
    let (ours, peer) = interleaved(ROUNDS, ours, || bare.job())?;
    let told = |it: &Times| {
        let (median, late) = (it.median(), it.percentile(95));
        format!("{} (p95 {})", time(median), time(late))
    };
    let what = "a ComfyUI job, beyond the server's own time; a bare aiohttp client";
    let ratio = peer.median().as_secs_f64() / ours.median().as_secs_f64();
    Ok(Row::new(what, told(&ours))
        .target("≤ 15 ms", ours.median() <= OVERHEAD_MAX)
        .peer(told(&peer), ratio))
}

async fn beyond_the_server(pool: &Pool, folder: &Path, color: u32) -> anyhow::Result<Duration> {
    let job = Job {
        graph: Graph::from_json(&graph(color))?,
        uploads: Vec::new(),
        wanted: Vec::new(),
        note: Map::new(),
        folder: folder.to_owned(),
    };
    let (events, mut heard) = mpsc::channel(EVENTS_LEN_MAX);
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    let began = Instant::now();
    let finished = pool
        .run(&job, &Unkept, &events, &CancellationToken::new())
        .await?;
    let took = began.elapsed();
    Ok(took.saturating_sub(finished.took))
}

/// A plain picture, saved.
fn graph(color: u32) -> Value {
    json!({
        "1": {"class_type": "EmptyImage",
              "inputs": {"width": 64, "height": 48, "batch_size": 1, "color": color}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "b"}},
    })
}

async fn pool(server: &Comfyui) -> anyhow::Result<Pool> {
    let options = ServerOptions::new("desk", server.url());
    let pool = Pool::start(PoolOptions::usual("bench"), vec![options], Vec::new())?;
    let began = Instant::now();
    let is_up = |pool: &Pool| {
        let servers = pool.status().servers;
        servers
            .iter()
            .all(|it| matches!(it.health, Health::Up { .. }))
    };
    while !is_up(&pool) {
        if began.elapsed() > START_MAX {
            bail!("ComfyUI does not answer: {:?}", pool.status());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(pool)
}

/// Nobody takes these jobs up again.
struct Unkept;

impl Ledger for Unkept {
    fn placed(&self, _placement: Placement) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// A film whose pictures take a second each, drawn by one server and by all.
fn scaling(servers: &[Comfyui]) -> anyhow::Result<Row> {
    let (one, n_shots) = drawing(&servers[..1], "one")?;
    let (all, _) = drawing(servers, "all")?;
    let times = one.as_secs_f64() / all.as_secs_f64();
    let what = format!("{n_shots} pictures of {SLEEP_S} s each by {N_SERVERS} servers; by one");
    Ok(Row::new(what, time(all))
        .target("≥ 3.6× one", times >= SCALING_MIN)
        .peer(time(one), times))
}

/// How long the whole film takes the daemon.
fn drawing(servers: &[Comfyui], name: &str) -> anyhow::Result<(Duration, u64)> {
    let home = Home::new()?;
    let mut settings = String::new();
    for (n, server) in servers.iter().enumerate() {
        settings += &format!(
            "[[comfyui]]\nname = \"s{n}\"\nurl = \"{}\"\n\n",
            server.url()
        );
    }
    write(&home.path().join("config/daemon.toml"), &settings)?;
    let folder = home.path().join(name);
    let mut script = "Title: Low Tide\n\n".to_owned();
    for n in 1..=N_SCENES {
        script += &format!("INT. BOATHOUSE {n} - NIGHT #{n}#\n\nMAYA planes plank {n}.\n\n");
    }
    write(&folder.join("script/film.fountain"), &script)?;
    write(&folder.join("workflows/slow.toml"), &workflow(name))?;
    write(&folder.join("workflows/slow.json"), &sleeping().to_string())?;
    let daemon = home.start()?;
    let project = daemon.open(&folder)?;
    until_up(&daemon, servers.len())?;
    let (took, run) = timed(|| -> anyhow::Result<Value> {
        let params = json!({"project": project, "workflow": "slow.toml"});
        let run = daemon.call("workflow/start", &params)?["value"].clone();
        daemon.call("run/wait", &json!({"project": project, "id": run["id"]}))
    });
    let run = run?;
    let n_shots = run["total"].as_u64().context("a count")?;
    if run["failed"] != 0 || run["reused"] != 0 {
        bail!("not every picture was drawn: {run}");
    }
    daemon.stop()?;
    Ok((took, n_shots))
}

fn until_up(daemon: &crate::process::Daemon, n: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let listed = daemon.call("server/list", &json!({}))?;
        let text = listed.to_string();
        if text.matches("\"up\"").count() >= n {
            return Ok(());
        }
        if began.elapsed() > START_MAX {
            bail!("the servers are not up: {text}");
        }
        std::thread::sleep(POLL);
    }
}

/// `name` is in the pictures, so that no server knows one from before.
fn workflow(name: &str) -> String {
    let seed = name.len();
    format!(
        "name = \"slow\"\n\n[[steps]]\nid = \"panel\"\nuses = \"comfyui\"\neach = \"shot\"\n\
         graph = \"slow.json\"\ntake = true\nwith = {{ seed = \"{{{{ shot.seed + {seed} }}}}\" }}\n"
    )
}

fn sleeping() -> Value {
    json!({
        "1": {"class_type": "EmptyImage",
              "inputs": {"width": 64, "height": 48, "batch_size": 1, "color": 0}},
        "2": {"class_type": "StorycoreSleep", "_meta": {"title": "seed"},
              "inputs": {"image": ["1", 0], "seconds": SLEEP_S, "steps": 4, "seed": 0}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "s"}},
    })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::create_dir_all(path.parent().context("a folder")?)?;
    Ok(fs::write(path, text)?)
}

/// A real server, in folders of its own.
struct Comfyui {
    _process: Peer,
    port: u16,
    _folder: TempDir,
}

impl Comfyui {
    /// Starts one; it answers some seconds later.
    fn start() -> anyhow::Result<Comfyui> {
        let run = std::env::var_os("STORYCORE_TEST_COMFYUI")
            .context("STORYCORE_TEST_COMFYUI names no server; `cargo xtask bench` sets it")?;
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(run);
        command.arg(port.to_string()).arg(folder.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Comfyui {
            _process: Peer::spawn(&mut command)?,
            port,
            _folder: folder,
        })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// The peer: a process that does one job for each line it reads.
struct BareClient {
    _process: Peer,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl BareClient {
    fn start(server: &Comfyui) -> anyhow::Result<BareClient> {
        let python = env_or("STORYCORE_TEST_PYTHON", "python3");
        let mut command = Command::new(python);
        command.arg(BARE_CLIENT).arg(server.url());
        let mut process = Peer::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let asks = process.child.stdin.take().context("no input")?;
        let answers = process.child.stdout.take().context("no output")?;
        Ok(BareClient {
            _process: process,
            asks,
            answers: BufReader::new(answers),
        })
    }

    fn job(&mut self) -> anyhow::Result<Duration> {
        writeln!(self.asks)?;
        self.asks.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let seconds: f64 = line.trim().parse().context("the bare client has ended")?;
        Ok(Duration::from_secs_f64(seconds.max(0.0)))
    }
}
