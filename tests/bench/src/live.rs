//! The daemon as a page meets it: how soon it hears of a save, how many hear of one change, what
//! the daemon weighs, and how soon it is there.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use storycore_tests::sample_dir;
use tokio::{runtime::Runtime, sync::Notify, task::JoinSet};

use crate::{
    calls::copy_dir,
    film,
    harness::{Row, Times, mebibytes, time, timed},
    load::{Server, Socket},
    process::{Daemon, Home},
};

/// What `watch_debounce_ms` is by default.
const DEBOUNCE: Duration = Duration::from_millis(20);
const MIB: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes the times.
pub(crate) fn run() -> anyhow::Result<Vec<Row>> {
    let home = Home::new()?;
    let feature = home.path().join("feature");
    film::generated(150_000).write_to(&feature)?;
    let short = home.path().join("short");
    copy_dir(&sample_dir(), &short)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut rows = start(&home)?;
    rows.push(save(&home, &runtime, &feature)?);
    for (n_subscribers, most) in [(100, 3), (1_000, 40)] {
        rows.push(fan_out(
            &home,
            &runtime,
            &short,
            n_subscribers,
            Duration::from_millis(most),
        )?);
    }
    rows.push(flood(&home, &runtime, &feature)?);
    rows.extend(weight(&home, &feature)?);
    Ok(rows)
}

/// From starting the process to its first answer, and what it weighs then.
fn start(home: &Home) -> anyhow::Result<Vec<Row>> {
    home.start()?.stop()?;
    let (mut times, mut weights) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        let (took, daemon) = timed(|| home.start());
        let daemon = daemon?;
        times.push(took);
        std::thread::sleep(Duration::from_millis(200));
        weights.push(daemon.resident_bytes()?);
        daemon.stop()?;
    }
    let times = Times::new(times);
    let ours = format!(
        "{} (p95 {})",
        time(times.median()),
        time(times.percentile(95))
    );
    let weight = weights.into_iter().max().unwrap_or_default();
    Ok(vec![
        Row::new("warm start to first answer", ours)
            .target("≤ 20 ms", times.median() <= Duration::from_millis(20)),
        Row::new("resident memory, idle", mebibytes(weight)).target("≤ 15 MB", weight <= 15 * MIB),
    ])
}

/// From the return of the write to the patch.
fn save(home: &Home, runtime: &Runtime, folder: &Path) -> anyhow::Result<Row> {
    let daemon = home.start()?;
    let project = daemon.open(folder)?;
    let path = folder.join("script/film.fountain");
    let text = std::fs::read_to_string(&path)?;
    let line = text
        .lines()
        .find(|it| it.ends_with('?'))
        .context("somebody asks something")?;
    let times = runtime.block_on(async {
        let mut socket = subscribe(&daemon, &project).await?;
        let mut times = Vec::new();
        for round in 0..30 {
            let words = format!("Who counts the gulls, {round} times?");
            std::fs::write(&path, text.replacen(line, &words, 1))?;
            let saved = Instant::now();
            loop {
                let message = tokio::time::timeout(PATIENCE, socket.receive()).await??;
                if find(&message, words.as_bytes()) {
                    break;
                }
            }
            times.push(saved.elapsed());
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        anyhow::Ok(Times::new(times))
    })?;
    std::fs::write(&path, &text)?;
    daemon.stop()?;
    let beyond = times.median().saturating_sub(DEBOUNCE);
    let ours = format!(
        "20 ms + {} (p95 20 ms + {})",
        time(beyond),
        time(times.percentile(95).saturating_sub(DEBOUNCE))
    );
    Ok(Row::new("save → page told, 150 kB", ours)
        .target("≤ debounce + 15 ms", beyond <= Duration::from_millis(15)))
}

/// From the request that changes something to the last subscriber's patch.
fn fan_out(
    home: &Home,
    runtime: &Runtime,
    folder: &Path,
    n_subscribers: usize,
    most: Duration,
) -> anyhow::Result<Row> {
    const N_CHANGES: u64 = 60;
    let daemon = home.start()?;
    let project = daemon.open(folder)?;
    let scenes = daemon.call("scene/list", &json!({"project": project}))?;
    let scene = scenes[0]["id"].clone();
    let times = runtime.block_on(async {
        let crowd = Arc::new(Crowd::default());
        let mut subscribers = JoinSet::new();
        for _ in 0..n_subscribers {
            let mut socket = subscribe(&daemon, &project).await?;
            let crowd = crowd.clone();
            subscribers.spawn(async move { crowd.hear(&mut socket, N_CHANGES).await });
        }
        let mut sender = Socket::open(&server(&daemon)).await?;
        let mut times = Vec::new();
        for change in 1..=N_CHANGES {
            let looks_at = if change % 2 == 1 { scene.clone() } else { Value::Null };
            let params = json!({"project": project, "client": "bench", "scene": looks_at});
            let request =
                json!({"jsonrpc": "2.0", "id": change, "method": "selection/set", "params": params});
            let sent = Instant::now();
            sender.send(&request.to_string()).await?;
            let heard = crowd.wait(n_subscribers * usize::try_from(change)?);
            tokio::time::timeout(PATIENCE, heard).await.context("somebody was skipped")?;
            times.push(sent.elapsed());
            sender.receive().await?;
        }
        while let Some(told) = subscribers.join_next().await {
            told??;
        }
        anyhow::Ok(Times::new(times[10..].to_vec()))
    })?;
    daemon.stop()?;
    let ours = format!(
        "{} (p95 {}); every revision reached all",
        time(times.median()),
        time(times.percentile(95))
    );
    Ok(
        Row::new(format!("one change to {n_subscribers} subscribers"), ours)
            .target(format!("≤ {} ms", most.as_millis()), times.median() <= most),
    )
}

/// Counts what subscribers hear.
#[derive(Default)]
struct Crowd {
    heard: AtomicUsize,
    wanted: AtomicUsize,
    enough: Notify,
}

impl Crowd {
    async fn wait(&self, heard: usize) {
        self.wanted.store(heard, Ordering::Release);
        while self.heard.load(Ordering::Acquire) < heard {
            self.enough.notified().await;
        }
    }

    /// Hears so many changes, each exactly one revision after the last.
    async fn hear(&self, socket: &mut Socket, n_changes: u64) -> anyhow::Result<()> {
        let last = AtomicU64::new(0);
        for _ in 0..n_changes {
            let message = socket.receive().await?;
            if self.heard.fetch_add(1, Ordering::AcqRel) + 1 >= self.wanted.load(Ordering::Acquire)
            {
                self.enough.notify_one();
            }
            let message: Value = serde_json::from_slice(&message)?;
            ensure!(
                message["method"] == "state/changed",
                "unexpected: {message}"
            );
            let revision = message["params"]["revision"]
                .as_u64()
                .context("a revision")?;
            let before = last.swap(revision, Ordering::Relaxed);
            ensure!(
                before == 0 || revision == before + 1,
                "skipped from {before} to {revision}"
            );
        }
        Ok(())
    }
}

/// A client that asks for the whole state of a long film over and over, and never reads.
fn flood(home: &Home, runtime: &Runtime, folder: &Path) -> anyhow::Result<Row> {
    let daemon = home.start()?;
    let project = daemon.open(folder)?;
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "state/get", "params": {"project": project}
    });
    let request = request.to_string();
    let (before, most) = runtime.block_on(async {
        // One answer that is read, so that what every answer needs is there before.
        let mut socket = Socket::open(&server(&daemon)).await?;
        socket.send(&request).await?;
        socket.receive().await?;
        let before = daemon.resident_bytes()?;
        let flooding = tokio::spawn(async move {
            while socket.send(&request).await.is_ok() {}
            // Kept open: a connection that ends gives everything back.
            std::future::pending::<()>().await;
        });
        let mut most = before;
        for _ in 0..300 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            most = most.max(daemon.resident_bytes()?);
        }
        flooding.abort();
        anyhow::Ok((before, most))
    })?;
    daemon
        .call("system/status", &json!({}))
        .context("the daemon does not answer any more")?;
    daemon.stop()?;
    let grown = most - before;
    Ok(Row::new(
        "memory that a flood takes whose sender never reads",
        mebibytes(grown),
    )
    .target("≤ 32 MB", grown <= 32 * MIB))
}

/// Memory with a long film open: undrawn, after drawing all of it, and drawn after a restart.
fn weight(home: &Home, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let settle = || std::thread::sleep(Duration::from_millis(500));
    let daemon = home.start()?;
    let project = daemon.open(folder)?;
    settle();
    let opened = daemon.resident_bytes()?;
    let (took, rendered) = timed(|| daemon.call("shot/render", &json!({"project": project})));
    let drawn = rendered?["done"].as_u64().unwrap_or_default();
    settle();
    let after = daemon.resident_bytes()?;
    daemon.stop()?;
    let daemon = home.start()?;
    let (opening, project) = timed(|| daemon.open(folder));
    project?;
    settle();
    let reopened = daemon.resident_bytes()?;
    daemon.stop()?;
    let told = format!(
        "{} (undrawn {}, right after drawing {})",
        mebibytes(reopened),
        mebibytes(opened),
        mebibytes(after)
    );
    let per_second = drawn as f64 / took.as_secs_f64();
    Ok(vec![
        Row::new("resident memory, drawn 120-page film open", told)
            .target("≤ 60 MB", reopened.max(opened) <= 60 * MIB),
        Row::new(
            format!("a first drawing of the whole film, {drawn} panels, each on disk"),
            format!("{} ({per_second:.0} a second)", time(took)),
        ),
        Row::new("opening it again, drawn", time(opening)),
    ])
}

fn server(daemon: &Daemon) -> Server {
    Server {
        port: daemon.port,
        token: Some(daemon.token.clone()),
    }
}

/// A WebSocket that is told of every change of a film.
async fn subscribe(daemon: &Daemon, project: &str) -> anyhow::Result<Socket> {
    let mut socket = Socket::open(&server(daemon)).await?;
    let params = json!({"project": project});
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "state/subscribe", "params": params});
    socket.send(&request.to_string()).await?;
    let answer = socket.receive().await?;
    ensure!(
        find(&answer, b"\"revision\""),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    Ok(socket)
}

fn find(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|it| it == words)
}
